//! What becomes of rows that share a key, and of a file however it is split.

use crate::testing::*;
use crate::*;
use arrow::array::RecordBatch;
use jcw_project::{Contract, DuplicateHeaders, Key, Kind, Origin, Severity};
use proptest::prelude::*;
use std::sync::LazyLock;

fn keyed() -> Contract {
    let mut contract = contract(vec![
        column("k", Kind::Text),
        with_symbols(
            column("n", Kind::Integer),
            &["x=unavailable", "c=suppressed"],
        ),
        column("other", Kind::Text),
    ]);
    contract.key = Some(Key {
        id: "key".into(),
        columns: vec![placed("k"), placed("n")],
    });
    contract
}

/// A whole file through both passes, in batches of the given sizes.
struct File {
    accepted: Vec<String>,
    rejected: Vec<String>,
    duplicates: usize,
    counts: RuleCounts,
}

fn whole_file(checker: &Checker, file: &RecordBatch, sizes: &[usize], is_backwards: bool) -> File {
    let binding = bind(checker, file);
    let mut parts = Vec::new();
    let (mut from, mut turn) = (0, 0);
    while from < file.num_rows() {
        let size = sizes[turn % sizes.len()].min(file.num_rows() - from);
        parts.push(file.slice(from, size));
        (from, turn) = (from + size, turn + 1);
    }
    if is_backwards {
        parts.reverse();
    }
    let mut index = KeyIndex::new(1 << 20);
    let mut early = KeyIndex::new(1 << 20);
    for part in &parts {
        let checked = checker
            .check(&binding, part, &DELIVERY, Keys::Collect)
            .unwrap();
        early.add(&checked.key_hashes).unwrap();
        index
            .add(&checker.key_hashes(&binding, part).unwrap())
            .unwrap();
    }
    let suspects = early.finish();
    let all = index.finish();
    assert!(suspects.len() <= all.len());
    let mut withheld = Withheld::new(1 << 20);
    let mut counts = RuleCounts::default();
    let (mut accepted, mut rejected, mut received) = (Vec::new(), Vec::new(), 0);
    for part in &parts {
        let checked = checker
            .check(&binding, part, &DELIVERY, Keys::Withhold(&suspects))
            .unwrap();
        assert_eq!(
            checked.received,
            checked.accepted.num_rows() + checked.rejected_rows + checked.withheld_rows()
        );
        received += checked.received;
        accepted.extend(shown(&checked.accepted));
        rejected.extend(shown(&checked.rejected));
        counts.add(&checked.counts);
        if let Some(rows) = checked.withheld {
            withheld.add(rows).unwrap();
        }
    }
    let settled = withheld.finish(checker, &DELIVERY).unwrap();
    accepted.extend(shown(&settled.accepted));
    rejected.extend(shown(&settled.rejected));
    accepted.sort();
    rejected.sort();
    let rows: std::collections::BTreeSet<&str> = rejected
        .iter()
        .map(|row| row.split('|').nth(5).unwrap())
        .collect();
    assert_eq!(received, accepted.len() + settled.duplicates + rows.len());
    File {
        accepted,
        rejected,
        duplicates: settled.duplicates,
        counts,
    }
}

#[test]
fn a_key_that_comes_twice_is_kept_once_or_rejected_whole() {
    let file = table(
        "k|n|other",
        &[
            "a|1|p",
            "b|1|p",
            "a|1|p",
            "c|1|p",
            "c|1|q",
            "b|2|p",
            "|x|p",
            "NULL|x|p",
            "|x|q",
            "d|bad|p",
            "d|bad|p",
            " a|1.0|p ",
            "|c|p",
        ],
    );
    let found = whole_file(&compile(&keyed()), &file, &[100], false);
    assert_eq!(found.accepted, ["a|1|ok|p|2", "b|1|ok|p|3", "b|2|ok|p|7"]);
    assert_eq!(found.duplicates, 2);
    let by_key: Vec<_> = found
        .rejected
        .iter()
        .filter(|row| row.contains("|key|"))
        .collect();
    assert_eq!(by_key.len(), 6, "{by_key:#?}");
    assert!(by_key[0].contains("rows of the file have the same k, n but differ elsewhere"));
}

#[test]
fn rows_withheld_for_a_shared_hash_alone_are_let_go() {
    let checker = compile(&keyed());
    let file = table("k|n|other", &["a|1|p", "b|1|p"]);
    let binding = bind(&checker, &file);
    let hashes = checker.key_hashes(&binding, &file).unwrap();
    let mut index = KeyIndex::new(1 << 20);
    index
        .add(&[hashes[0], hashes[0], hashes[1], hashes[1]])
        .unwrap();
    let suspects = index.finish();
    let checked = checker
        .check(&binding, &file, &DELIVERY, Keys::Withhold(&suspects))
        .unwrap();
    assert_eq!(
        (checked.accepted.num_rows(), checked.withheld_rows()),
        (0, 2)
    );
    let mut withheld = Withheld::new(1 << 20);
    withheld.add(checked.withheld.unwrap()).unwrap();
    let settled = withheld.finish(&checker, &DELIVERY).unwrap();
    assert_eq!(shown(&settled.accepted), ["a|1|ok|p|2", "b|1|ok|p|3"]);
    assert_eq!((settled.rejected_rows, settled.duplicates), (0, 0));
}

#[test]
fn too_many_withheld_rows_are_an_error_not_a_crash() {
    let checker = compile(&keyed());
    let file = table("k|n|other", &["a|1|p", "a|1|p"]);
    let binding = bind(&checker, &file);
    let hashes = checker.key_hashes(&binding, &file).unwrap();
    let mut index = KeyIndex::new(1 << 20);
    index.add(&hashes).unwrap();
    let checked = checker
        .check(&binding, &file, &DELIVERY, Keys::Withhold(&index.finish()))
        .unwrap();
    assert!(matches!(
        Withheld::new(10).add(checked.withheld.unwrap()),
        Err(Error::TooManyKeys { limit: 10 })
    ));
}

/// A contract with every kind of rule.
fn everything() -> Contract {
    let mut contract = keyed();
    contract.columns[1].max = Some(6.0);
    contract.columns[2].kind = codes(&["p", "q"]);
    let mut day = column("day", date(&["%d/%m/%Y"]));
    day.severity = Severity::Warn;
    contract.columns.push(day);
    let mut twice = column("twice", Kind::Integer);
    twice.from = Some(Origin::Expression(placed("n * 2")));
    contract.columns.push(twice);
    contract.rules = vec![
        rule("ratio", "12 / n > 2", Severity::RejectRow),
        rule("q-is-small", "other = 'p' or n < 3", Severity::Warn),
    ];
    contract.layout.duplicate_headers = DuplicateHeaders::Identical;
    contract
}

static EVERYTHING: LazyLock<Checker> = LazyLock::new(|| compile(&everything()));

proptest! {
    #[test]
    fn how_a_file_is_split_never_changes_what_becomes_of_a_row(
        cells in prop::collection::vec((0usize..4, 0usize..9, 0usize..4, 0usize..4, 0usize..12), 0..40),
        sizes in prop::collection::vec(1usize..9, 1..4),
        is_backwards: bool,
    ) {
        let rows: Vec<Vec<Option<&str>>> = cells.iter().map(|(k, n, other, day, twin)| {
            let other = ["p", "q", "P ", "bad"][*other];
            vec![
                [Some("a"), Some("b"), Some(""), None][*k],
                Some(["0", "1", "2", "3.0", "7", "x", "c", "bad", ""][*n]),
                Some(other),
                Some(["01/02/2026", "31/02/2026", "", "1/2/2026"][*day]),
                Some(if *twin == 0 { "other" } else { other }),
            ]
        }).collect();
        let file = batch(&["k", "n", "other", "day", "Other"], &rows);
        let checker = &*EVERYTHING;
        let whole = whole_file(checker, &file, &[1000], false);
        let split = whole_file(checker, &file, &sizes, is_backwards);
        prop_assert_eq!(&whole.accepted, &split.accepted);
        prop_assert_eq!(&whole.rejected, &split.rejected);
        prop_assert_eq!(whole.duplicates, split.duplicates);
        prop_assert_eq!(&whole.counts, &split.counts);
    }

    #[test]
    fn keys_are_judged_as_a_slow_reading_would(cells in prop::collection::vec((0usize..3, 0usize..3, 0usize..2), 0..25)) {
        let rows: Vec<Vec<Option<&str>>> = cells.iter()
            .map(|(k, n, other)| vec![Some(["a", "b", ""][*k]), Some(["1", "2", "x"][*n]), Some(["p", "q"][*other])])
            .collect();
        let found = whole_file(&compile(&keyed()), &batch(&["k", "n", "other"], &rows), &[4], true);
        let (mut accepted, mut rejected, mut duplicates) = (0, 0, 0);
        for (row, (k, n, other)) in cells.iter().enumerate() {
            let same_key: Vec<_> = cells.iter().enumerate().filter(|(_, cell)| (cell.0, cell.1) == (*k, *n)).collect();
            if same_key.iter().any(|(_, cell)| cell.2 != *other) {
                rejected += 1;
            } else if same_key[0].0 == row {
                accepted += 1;
                let kept = found.accepted.iter().filter(|kept| kept.ends_with(&format!("|{}", row + 2))).count();
                prop_assert_eq!(kept, 1, "the first of equal rows is kept");
            } else {
                duplicates += 1;
            }
        }
        prop_assert_eq!((found.accepted.len(), found.rejected.len(), found.duplicates), (accepted, rejected, duplicates));
    }
}

#[test]
fn an_empty_batch_is_no_trouble() {
    let checked = check(&everything(), &table("k|n|other|day|Other", &[]));
    assert_eq!(
        (
            checked.received,
            checked.accepted.num_rows(),
            checked.rejected.num_rows()
        ),
        (0, 0, 0)
    );
    let settled = Withheld::new(0)
        .finish(&compile(&everything()), &DELIVERY)
        .unwrap();
    assert_eq!(settled.accepted.num_rows(), 0);
}
