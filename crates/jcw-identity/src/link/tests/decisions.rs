//! What a person decides stands above every rule.

use super::*;

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
