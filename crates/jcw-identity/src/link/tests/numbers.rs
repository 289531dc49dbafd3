//! Numbers tie what bears them, as far as they can be trusted.

use super::*;

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
