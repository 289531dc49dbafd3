//! Weights are found in the data themselves.

#[test]
fn expectation_and_maximisation_finds_what_the_pairs_were_made_with() {
    use crate::link::level::{BIRTH_DATE, FIELDS, FORENAME, POSTCODE, SEX};
    // Pairs that agree on the family name: one in twenty of one person.
    let m = [
        (FORENAME, 0.8),
        (BIRTH_DATE, 0.9),
        (SEX, 0.97),
        (POSTCODE, 0.7),
    ];
    let mut u = [[0.0; 5]; FIELDS];
    let chance = [
        (FORENAME, 0.01, 4),
        (BIRTH_DATE, 0.001, 4),
        (SEX, 0.5, 2),
        (POSTCODE, 0.002, 4),
    ];
    for (field, agrees, worst) in chance {
        u[field] = [1e-7; 5];
        (u[field][0], u[field][worst - 1]) = (agrees, 1.0 - agrees);
    }
    let mut patterns = Vec::new();
    for agreeing in 0..16u32 {
        let mut levels = [0; FIELDS];
        let (mut one, mut two) = (0.05, 0.95);
        for (place, ((field, in_one), (_, in_two, worst))) in m.iter().zip(chance).enumerate() {
            let agrees = agreeing >> place & 1 == 1;
            levels[*field] = if agrees { 1 } else { worst as u8 };
            one *= if agrees { *in_one } else { 1.0 - in_one };
            two *= if agrees { in_two } else { 1.0 - in_two };
        }
        patterns.push((levels, 1e6 * (one + two)));
    }
    let rule = [jcw_project::BlockingField::Surname];
    // The rule blocks on names, so that it is silent on the given name.
    let found = crate::link::model::expect_and_maximise(&patterns, &u, &rule, 200);
    for (field, wanted) in [(BIRTH_DATE, 0.9), (SEX, 0.97), (POSTCODE, 0.7)] {
        let share = found[field][0] / found[field].iter().sum::<f64>();
        assert!((share - wanted).abs() < 0.01, "{field}: {share}");
    }
    assert_eq!(found[FORENAME], [0.0; 5]);
}
