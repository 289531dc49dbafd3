//! What linkage promises, on small areas.

use super::*;
use chrono::NaiveDate;
use proptest::prelude::*;

/// Valid NHS numbers of the range that was never issued.
const NHS: [&str; 4] = ["5790211755", "5765520316", "5530952429", "5901322878"];
const UPN: [&str; 2] = ["B801200005001", "P207000016049"];

fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// A record of the council, with all that it knows.
fn council<'a>(person_ref: &'a str, local_id: &'a str, forename: &'a str) -> Record<'a> {
    Record {
        person_ref,
        source: "council.ehcna_case",
        scope: "council",
        local_id: Some(local_id),
        surname: Some("Marmere"),
        forename: Some(forename),
        birth_date: day("2014-05-03"),
        sex: Some("M"),
        postcode: Some("SS1 4TJ"),
        ..Record::default()
    }
}

/// A record of a provider, who sends no names.
fn provider<'a>(person_ref: &'a str, local_id: &'a str, nhs_number: &'a str) -> Record<'a> {
    Record {
        person_ref,
        source: "eput.patient",
        scope: "eput",
        local_id: Some(local_id),
        nhs_number: Some(nhs_number),
        nhs_number_status: Some("01"),
        birth_date: day("2014-05-03"),
        sex: Some("1"),
        postcode: Some("SS1 4TJ"),
        ..Record::default()
    }
}

fn linked_by(records: &[Record<'_>], decisions: &Decisions) -> Links {
    let mut all = Records::new();
    for record in records {
        all.add(record);
    }
    link(&all, decisions, &Settings::default())
}

fn linked(records: &[Record<'_>]) -> Links {
    linked_by(records, &Decisions::default())
}

fn cluster(links: &Links, person_ref: &str) -> u32 {
    let link = links
        .links
        .iter()
        .find(|link| &*link.person_ref == person_ref);
    link.unwrap().cluster
}

fn class(links: &Links, person_ref: &str) -> MatchClass {
    let link = links
        .links
        .iter()
        .find(|link| &*link.person_ref == person_ref);
    link.unwrap().class
}

fn are_one(links: &Links, a: &str, b: &str) -> bool {
    cluster(links, a) == cluster(links, b)
}

#[test]
fn a_verified_nhs_number_ties_whatever_else_changed() {
    let moved = Record {
        source: "nelft.patient",
        scope: "nelft",
        local_id: Some("9"),
        postcode: Some("SS9 1AA"),
        sex: None,
        ..provider("b", "", NHS[0])
    };
    let links = linked(&[provider("a", "1", NHS[0]), moved]);
    assert!(are_one(&links, "a", "b"));
    assert_eq!(class(&links, "b"), MatchClass::NhsNumber);
    assert!(links.clusters[0].has_verified_nhs_number);
    assert!(links.clusters[0].anchor.starts_with("nhs\u{1f}"));
}

#[test]
fn an_untraced_number_ties_only_with_a_birthday_or_a_name() {
    let untraced = Record {
        nhs_number_status: None,
        postcode: None,
        source: "commissioner.package",
        scope: "commissioner",
        local_id: None,
        ..provider("b", "", NHS[0])
    };
    let other_day = Record {
        birth_date: day("2009-11-30"),
        ..untraced
    };
    assert!(are_one(
        &linked(&[provider("a", "1", NHS[0]), untraced]),
        "a",
        "b"
    ));
    assert!(!are_one(
        &linked(&[provider("a", "1", NHS[0]), other_day]),
        "a",
        "b"
    ));
}

#[test]
fn numbers_kept_for_tests_tie_nobody() {
    let test = |person_ref, birth_date| Record {
        birth_date,
        postcode: None,
        ..provider(person_ref, person_ref, "9434765919")
    };
    let links = linked(&[test("a", day("2014-05-03")), test("b", day("2010-01-01"))]);
    assert!(!are_one(&links, "a", "b") && !links.clusters[0].has_verified_nhs_number);
}

#[test]
fn two_verified_numbers_are_never_one_person() {
    let named = |record| Record {
        surname: Some("Marmere"),
        forename: Some("Noah"),
        ..record
    };
    let elsewhere = Record {
        source: "nelft.patient",
        scope: "nelft",
        ..provider("b", "7", NHS[1])
    };
    // Nor by way of a third that is like both.
    let links = linked(&[
        named(provider("a", "1", NHS[0])),
        named(elsewhere),
        council("c", "C1", "Noah"),
    ]);
    assert!(!are_one(&links, "a", "b"));
}

#[test]
fn a_wrong_nhs_number_in_one_file_leaves_both_children_alone() {
    let theirs = |person_ref| Record {
        birth_date: day("2008-01-17"),
        postcode: Some("SS9 8ZW"),
        ..provider(person_ref, "2", NHS[1])
    };
    // The second child's row of one month carries the first one's number.
    let wrong = Record {
        nhs_number: Some(NHS[0]),
        ..theirs("wrong")
    };
    let also_mine = Record {
        postcode: Some("SS2 2AA"),
        ..provider("mine too", "1", NHS[0])
    };
    let links = linked(&[
        provider("mine", "1", NHS[0]),
        also_mine,
        theirs("theirs"),
        wrong,
    ]);
    assert!(
        are_one(&links, "wrong", "theirs"),
        "by the provider's own number"
    );
    assert!(!are_one(&links, "wrong", "mine"));
    assert!(links.reviews.is_empty() || links.reviews.len() == 1);
}

#[test]
fn a_pupil_number_is_carried_and_a_temporary_one_is_not() {
    let pupil = |person_ref, upn, local_id| Record {
        upn: Some(upn),
        surname: None,
        forename: None,
        postcode: None,
        sex: None,
        source: "council.attendance",
        ..council(person_ref, local_id, "")
    };
    let links = linked(&[pupil("a", UPN[0], "C1"), pupil("b", UPN[0], "C2")]);
    assert!(are_one(&links, "a", "b"));
    assert_eq!(class(&links, "a"), MatchClass::Carried);
    let links = linked(&[
        pupil("a", "L88212341900A", "C1"),
        pupil("b", "L88212341900A", "C2"),
    ]);
    assert!(!are_one(&links, "a", "b"));
    // A second permanent number forbids nothing.
    let links = linked(&[pupil("a", UPN[0], "C1"), pupil("b", UPN[1], "C1")]);
    assert!(are_one(&links, "a", "b"));
}

#[test]
fn a_local_id_given_to_another_child_is_two_children() {
    let later = Record {
        surname: Some("Quarden"),
        birth_date: day("2019-02-28"),
        source: "council.suspension",
        ..council("b", "C1", "Amina")
    };
    let links = linked(&[council("a", "C1", "Noah"), later]);
    assert!(!are_one(&links, "a", "b"));
    assert!(
        links
            .local_ids
            .iter()
            .any(|id| id.is_reused && &*id.local_id == "C1")
    );
    let elsewhere = Record {
        source: "eput.patient",
        scope: "eput",
        birth_date: day("2011-07-09"),
        ..council("c", "C1", "Ruth")
    };
    let links = linked(&[council("a", "C1", "Noah"), elsewhere]);
    assert!(
        !are_one(&links, "a", "c"),
        "every partner counts for itself"
    );
}

/// A row that says nothing but the council's number.
fn silent<'a>(person_ref: &'a str, local_id: &'a str) -> Record<'a> {
    Record {
        person_ref,
        source: "council.attendance",
        scope: "council",
        local_id: Some(local_id),
        ..Record::default()
    }
}

#[test]
fn a_row_with_a_reused_number_alone_is_nobodys_until_somebody_says() {
    let later = Record {
        surname: Some("Quarden"),
        birth_date: day("2019-02-28"),
        source: "council.suspension",
        ..council("b", "C1", "Amina")
    };
    let mine = council("a", "C1", "Noah");
    assert!(are_one(&linked(&[mine, silent("s", "C1")]), "a", "s"));
    let links = linked(&[mine, later, silent("s", "C1"), silent("t", "C1")]);
    for other in ["a", "b"] {
        assert!(!are_one(&links, "s", other) && !are_one(&links, "t", other));
        assert!(links.reviews.iter().any(|review| {
            let pair = [&*review.a, &*review.b];
            pair.contains(&"s") && pair.contains(&other)
        }));
    }
}

#[test]
fn a_number_copied_to_a_nameless_twin_does_not_make_them_one() {
    let brother = provider("brother", "R1L:S:100", NHS[0]);
    for status in ["01", "02"] {
        let sister = Record {
            nhs_number_status: Some(status),
            sex: Some("2"),
            ..provider("sister", "R1L:S:101", NHS[0])
        };
        let links = linked(&[brother, sister]);
        assert!(!are_one(&links, "brother", "sister"), "{status}");
        assert_eq!(links.reviews.len(), 1, "{status}");
    }
    let untraced = |local_id| Record {
        nhs_number_status: Some("02"),
        ..provider("other", local_id, NHS[0])
    };
    let links = linked(&[brother, untraced("R1L:S:101")]);
    assert!(!are_one(&links, "brother", "other"));
    assert_eq!(links.reviews.len(), 1);
    // Registered again, years later.
    let links = linked(&[brother, untraced("R1L:S:9000")]);
    assert!(are_one(&links, "brother", "other"));
}

#[test]
fn two_systems_of_one_partner_count_for_themselves() {
    let in_one = Record {
        nhs_number: None,
        ..provider("a", "R1L:SystmOne:9993115", "")
    };
    let in_other = Record {
        source: "eput.contract",
        local_id: Some("EPUT:9993115"),
        person_ref: "b",
        ..in_one
    };
    let another_child = Record {
        local_id: Some("R1L:SystmOne:9993116"),
        ..in_other
    };
    assert!(are_one(&in_town(&[in_one, in_other]), "a", "b"));
    assert!(!are_one(&in_town(&[in_one, another_child]), "a", "b"));
}

#[test]
fn names_and_birthday_tie_across_partners() {
    let tracker = Record {
        source: "eput.tracker",
        scope: "eput",
        local_id: None,
        surname: None,
        forename: None,
        full_name: Some("Jean-Luc van der Marmere"),
        ..council("b", "", "")
    };
    let links = linked(&[council("a", "C1", "Jean Luc"), tracker]);
    assert!(are_one(&links, "a", "b"));
    assert_eq!(class(&links, "b"), MatchClass::Deterministic);
}

/// A town around the children whom a test is about, so that there is something
/// to learn from.
fn town() -> Vec<[String; 4]> {
    let surnames = [
        "Thornley", "Pelldon", "Cornwick", "Ketholt", "Langford", "Oakmere",
    ];
    let forenames = ["Amelia", "Oscar", "Ruth", "Kofi", "Isla", "Yusuf", "Edith"];
    (0..120usize)
        .map(|place| {
            [
                surnames[place * 7 % 6].to_owned() + ["", "son", "by"][place % 3],
                forenames[place * 5 % 7].to_owned(),
                (NaiveDate::default() + chrono::Days::new(13_000 + 41 * place as u64)).to_string(),
                format!(
                    "SS{} {}A{}",
                    place % 9,
                    place % 7,
                    &"ABDEFGHJ"[place % 8..=place % 8]
                ),
            ]
        })
        .collect()
}

fn in_town(records: &[Record<'_>]) -> Links {
    let town = town();
    let ids: Vec<[String; 3]> = (0..town.len())
        .map(|place| {
            [
                format!("c{place}"),
                format!("p{place}"),
                format!("T{:05}", place * 13),
            ]
        })
        .collect();
    let mut all = Records::new();
    for ([surname, forename, born, postcode], [a, b, id]) in town.iter().zip(&ids) {
        let resident = Record {
            person_ref: a,
            local_id: Some(id),
            surname: Some(surname),
            forename: Some(forename),
            birth_date: day(born),
            postcode: Some(postcode),
            sex: Some("F"),
            ..council("", "", "")
        };
        all.add(&resident);
        all.add(&Record {
            person_ref: b,
            source: "eput.patient",
            scope: "eput",
            surname: None,
            forename: None,
            ..resident
        });
    }
    for record in records {
        all.add(record);
    }
    link(&all, &Decisions::default(), &Settings::default())
}

#[test]
fn a_misspelt_swapped_or_moved_child_is_found() {
    let base = Record {
        source: "eput.tracker",
        scope: "eput",
        local_id: None,
        ..council("b", "", "Szymon")
    };
    let variants = [
        (
            "misspelt",
            Record {
                forename: Some("Szymno"),
                ..base
            },
        ),
        (
            "misspelt surname",
            Record {
                surname: Some("Marmeer"),
                ..base
            },
        ),
        (
            "swapped",
            Record {
                surname: Some("Szymon"),
                forename: Some("Marmere"),
                ..base
            },
        ),
        (
            "moved",
            Record {
                postcode: Some("SS9 9ZZ"),
                ..base
            },
        ),
        (
            "day and month",
            Record {
                birth_date: day("2014-03-05"),
                ..base
            },
        ),
        (
            "another surname",
            Record {
                surname: Some("Quarden"),
                ..base
            },
        ),
        (
            "no name",
            Record {
                surname: None,
                forename: None,
                ..base
            },
        ),
    ];
    for (what, record) in variants {
        let links = in_town(&[council("a", "C1", "Szymon"), record]);
        assert!(are_one(&links, "a", "b"), "{what}");
    }
    let stranger = Record {
        birth_date: day("2009-10-30"),
        postcode: Some("SS9 9ZZ"),
        ..base
    };
    assert!(!are_one(
        &in_town(&[council("a", "C1", "Szymon"), stranger]),
        "a",
        "b"
    ));
}

#[test]
fn a_town_is_linked_whole() {
    let links = in_town(&[]);
    let right =
        (0..120).filter(|place| are_one(&links, &format!("c{place}"), &format!("p{place}")));
    assert_eq!((right.count(), links.clusters.len()), (120, 120));
}

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

fn decision(a: &str, b: &str, verdict: Verdict) -> Decision {
    Decision {
        a: Mention::read(a),
        b: Mention::read(b),
        verdict,
        by: "A. Reviewer".to_owned(),
        at: "2026-11-22T10:00:00Z".to_owned(),
        why: "asked the school".to_owned(),
    }
}

#[test]
fn what_a_person_decides_stands_until_they_decide_again() {
    let records = [
        provider("a", "1", NHS[0]),
        Record {
            local_id: Some("2"),
            ..provider("b", "2", NHS[0])
        },
        Record {
            birth_date: day("2001-01-01"),
            ..council("c", "C9", "Ruth")
        },
    ];
    let mut decisions = Decisions::default();
    assert!(are_one(&linked_by(&records, &decisions), "a", "b"));
    decisions
        .all
        .push(decision("a", "eput:2", Verdict::Different));
    let links = linked_by(&records, &decisions);
    assert!(!are_one(&links, "a", "b"), "split");
    assert_ne!(links.clusters[0].anchor, links.clusters[1].anchor);
    decisions.all.push(decision("eput:2", "a", Verdict::Same));
    decisions
        .all
        .push(decision("a", "council:C9", Verdict::Same));
    let links = linked_by(&records, &decisions);
    assert!(
        are_one(&links, "a", "b") && are_one(&links, "a", "c"),
        "taken back; tied"
    );
    assert_eq!(class(&links, "c"), MatchClass::Decided);
}

#[test]
fn a_decision_of_a_record_stands_when_more_is_said_of_the_person() {
    let (mine, other) = (provider("a", "1", NHS[0]), provider("b", "2", NHS[0]));
    let mut decisions = Decisions::default();
    let mut apart = decision("a", "b", Verdict::Different);
    apart.a = apart.a.found_in(&mine).unwrap();
    assert_eq!(
        (apart.a.to_string(), apart.b.found_in(&mine)),
        ("a@eput:1".into(), None)
    );
    assert_eq!(Mention::read("a@eput:1"), apart.a);
    assert!(Mention::read("eput:1").found_in(&mine).is_some());
    assert!(Mention::read("nelft:1").found_in(&mine).is_none());
    decisions.all.push(apart);
    let links = linked_by(&[mine, other], &decisions);
    assert!(!are_one(&links, "a", "b") && links.n_unmatched_decisions == 0);
    let more = Record {
        person_ref: "new",
        postcode: Some("SS9 1AA"),
        ..mine
    };
    let links = linked_by(&[more, other], &decisions);
    assert!(!are_one(&links, "new", "b") && links.n_unmatched_decisions == 0);
    let links = linked_by(&[more], &decisions);
    assert_eq!(links.n_unmatched_decisions, 1);
}

#[test]
fn decisions_are_read_as_they_were_written() {
    let mut decisions = Decisions::default();
    decisions
        .all
        .push(decision("council:C1", "xyz", Verdict::Different));
    decisions.all[0].why = "a \"comma\", and\na line".to_owned();
    let text = decisions.write().unwrap();
    assert_eq!(Decisions::read(&text).unwrap(), decisions);
    let renamed = decisions.renamed(|old| (old == "xyz").then(|| "new".to_owned()));
    assert_eq!(renamed.all[0].b, Mention::PersonRef("new".into()));
    assert!(Decisions::read("a,b,verdict,by,at,why\nx,y,maybe,,,\n").is_err());
}

#[test]
fn every_person_has_an_anchor_of_their_own() {
    let links = in_town(&[
        provider("a", "1", NHS[0]),
        Record {
            birth_date: day("2001-01-01"),
            ..provider("b", "2", NHS[0])
        },
    ]);
    let anchors: std::collections::BTreeSet<&str> = links
        .clusters
        .iter()
        .map(|cluster| &*cluster.anchor)
        .collect();
    assert_eq!(anchors.len(), links.clusters.len());
    assert!(!anchors.contains(""));
}

#[test]
fn expectation_and_maximisation_finds_what_the_pairs_were_made_with() {
    use super::level::{BIRTH_DATE, FIELDS, FORENAME, POSTCODE, SEX};
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
    let found = super::model::expect_and_maximise(&patterns, &u, &rule, 200);
    for (field, wanted) in [(BIRTH_DATE, 0.9), (SEX, 0.97), (POSTCODE, 0.7)] {
        let share = found[field][0] / found[field].iter().sum::<f64>();
        assert!((share - wanted).abs() < 0.01, "{field}: {share}");
    }
    assert_eq!(found[FORENAME], [0.0; 5]);
}

/// Each link in a line, its weight to the last bit.
fn summary(links: &Links) -> Vec<String> {
    (links.links.iter())
        .map(|link| {
            let anchor = &links.clusters[link.cluster as usize].anchor;
            let weight = link.weight.map(f64::to_bits);
            format!(
                "{} {} {anchor:?} {:?} {weight:?}",
                link.person_ref, link.source, link.class
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_records_does_not_matter(seed in any::<u64>(), children in 4usize..14) {
        let mut chance = seed | 1;
        let mut draw = move |below: usize| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (chance >> 33) as usize % below
        };
        let names = ["Noah", "Felix", "Noel", "Felicity", "Hugo"];
        let days = ["2014-05-03", "2014-03-05", "2015-05-03", "2010-10-10"];
        let postcodes = ["SS1 4TJ", "SS1 4TK", "SS9 8ZW"];
        let refs: Vec<String> = (0..children).map(|place| format!("r{place:02}")).collect();
        let ids: Vec<String> = (0..children).map(|_| draw(6).to_string()).collect();
        let mut records: Vec<Record> = (refs.iter().zip(&ids))
            .map(|(person_ref, id)| {
                let mut record = match draw(2) {
                    0 => council(person_ref, id, names[draw(5)]),
                    _ => provider(person_ref, id, NHS[draw(4)]),
                };
                record.birth_date = day(days[draw(4)]);
                record.postcode = Some(postcodes[draw(3)]);
                if draw(4) == 0 {
                    record.nhs_number_status = Some("02");
                }
                record
            })
            .collect();
        let before = linked(&records);
        for place in (1..records.len()).rev() {
            records.swap(place, draw(place + 1));
        }
        let after = linked(&records);
        prop_assert_eq!(summary(&before), summary(&after));
        prop_assert_eq!(&before.reviews, &after.reviews);
        prop_assert_eq!(&before.local_ids.len(), &after.local_ids.len());
        // Never two verified numbers, unless somebody said so.
        for cluster in 0..before.clusters.len() as u32 {
            let numbers: std::collections::BTreeSet<&str> = (before.links.iter())
                .filter(|link| link.cluster == cluster)
                .filter_map(|link| records.iter().find(|record| *record.person_ref == *link.person_ref))
                .filter(|record| record.nhs_number_status == Some("01"))
                .filter_map(|record| record.nhs_number)
                .collect();
            let disputed = before.reviews.iter().any(|review| review.reason.contains("verified"));
            prop_assert!(numbers.len() < 2 || disputed, "{numbers:?}");
        }
    }
}
