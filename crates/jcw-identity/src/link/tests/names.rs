//! Names with a birthday and a postcode tie, also where they were misspelt or
//! the child has moved.

use super::*;

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
