//! A partner's own number is one child's, until it is given to another.

use super::*;

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
