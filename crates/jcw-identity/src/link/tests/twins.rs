//! Twins and siblings have nearly everything in common, and are different
//! children.

use super::*;

#[test]
fn twins_of_whom_one_partner_has_no_names_are_left_to_a_person() {
    let twins = [council("a", "C100", "Noah"), council("b", "C101", "Felix")];
    let nameless = [provider("x", "71", NHS[0]), provider("y", "17", NHS[1])];
    let links = in_town(&[twins[0], twins[1], nameless[0], nameless[1]]);
    let clusters: std::collections::BTreeSet<u32> =
        ["a", "b", "x", "y"].map(|one| cluster(&links, one)).into();
    assert_eq!(clusters.len(), 4, "nobody is tied to either");
    assert!(links.reviews.len() >= 4, "{:?}", links.reviews);
    assert!(
        links
            .reviews
            .iter()
            .all(|review| review.reason.contains("twins"))
    );
}

#[test]
fn a_twin_whom_nobody_else_knows_is_not_taken_for_the_other() {
    // The council has registered both, and knows the home of one alone.
    let twin = Record {
        surname: None,
        forename: None,
        sex: None,
        postcode: None,
        source: "council.attendance",
        ..council("b", "C101", "")
    };
    let links = in_town(&[
        council("a", "C100", "Noah"),
        twin,
        provider("x", "71", NHS[0]),
    ]);
    assert!(!are_one(&links, "a", "x") && !are_one(&links, "a", "b"));
    assert!(
        links
            .reviews
            .iter()
            .any(|review| [&*review.a, &*review.b].contains(&"x"))
    );
    // Where the twin is a girl, there is nothing to confuse.
    let sister = Record {
        sex: Some("F"),
        ..twin
    };
    let links = in_town(&[
        council("a", "C100", "Noah"),
        sister,
        provider("x", "71", NHS[0]),
    ]);
    assert!(are_one(&links, "a", "x"));
}

#[test]
fn tables_about_one_event_decide_between_twins() {
    let twins = [
        council("a", "C100", "Noah"),
        Record {
            source: "council.attendance",
            ..council("b", "C101", "Felix")
        },
    ];
    let advised = Record {
        source: "commissioner.tracker",
        scope: "commissioner",
        local_id: None,
        postcode: None,
        ..provider("y", "", NHS[0])
    };
    let mut records = Records::new();
    for record in [twins[0], twins[1], provider("x", "71", NHS[0]), advised] {
        records.add(&record);
    }
    let tables = ["council.ehcna_case", "commissioner.tracker"]
        .map(str::to_owned)
        .to_vec();
    for (companions, is_tied) in [(vec![tables], true), (Vec::new(), false)] {
        let settings = Settings {
            companions,
            accept: 0.5,
            ..Settings::default()
        };
        let links = link(&records, &Decisions::default(), &settings);
        assert_eq!(are_one(&links, "a", "x"), is_tied);
        assert!(!are_one(&links, "b", "x"));
    }
}

#[test]
fn triplets_with_names_find_themselves() {
    let names = ["Noah", "Felix", "Hugo"];
    let mut records = Vec::new();
    let refs = ["a", "b", "c", "x", "y", "z"];
    for (place, name) in names.iter().enumerate() {
        records.push(council(refs[place], ["C1", "C2", "C3"][place], name));
        records.push(Record {
            source: "eput.tracker",
            scope: "eput",
            surname: Some("Marmere"),
            forename: Some(name),
            ..provider(refs[place + 3], ["7", "8", "9"][place], NHS[place])
        });
    }
    let links = in_town(&records);
    for (council, provider) in [("a", "x"), ("b", "y"), ("c", "z")] {
        assert!(are_one(&links, council, provider));
    }
    assert!(!are_one(&links, "a", "b") && !are_one(&links, "b", "c"));
}

#[test]
fn a_sibling_with_the_same_initial_is_another_child() {
    let sibling = Record {
        source: "eput.tracker",
        scope: "eput",
        local_id: None,
        birth_date: day("2014-05-03"),
        ..council("b", "", "Noel")
    };
    let links = in_town(&[council("a", "C1", "Nathaniel"), sibling]);
    assert!(!are_one(&links, "a", "b"));
}
