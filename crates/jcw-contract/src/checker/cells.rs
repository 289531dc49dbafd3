//! What a contract makes of cells: every symbol, every kind.

use crate::testing::*;
use arrow::array::AsArray;
use jcw_project::{Contract, Kind};

pub(super) const DFE: [&str; 7] = [
    "x=unavailable",
    "z=not_applicable",
    "c=suppressed",
    "low=low",
    "-=zero=0",
    "..=not_available",
    "~=low",
];

pub(super) fn one(kind: Kind) -> Contract {
    contract(vec![column("a", kind)])
}

/// `value|status` of each cell in a column of that kind with those symbols.
fn golden(kind: Kind, symbols: &[&str], cells: &[&str]) -> Vec<String> {
    let contract = contract(vec![
        column("id", Kind::Text),
        with_symbols(column("a", kind), symbols),
    ]);
    let rows: Vec<_> = cells
        .iter()
        .map(|cell| vec![Some("r"), Some(*cell)])
        .collect();
    let checked = check(&contract, &batch(&["id", "a"], &rows));
    assert_eq!(checked.rejected_rows, 0);
    shown(&checked.accepted)
        .iter()
        .map(|row| row.split('|').skip(1).take(2).collect::<Vec<_>>().join("|"))
        .collect()
}

#[test]
fn a_symbol_never_becomes_zero_or_a_silent_null() {
    let cells = [
        "12", "x", "z", "c", "low", " - ", "..", "~", "", "0", " x\u{a0}",
    ];
    let expected = [
        "12|ok",
        "NULL|unavailable",
        "NULL|not_applicable",
        "NULL|suppressed",
        "NULL|low",
        "0|zero",
        "NULL|not_available",
        "NULL|low",
        "NULL|missing",
        "0|ok",
        "NULL|unavailable",
    ];
    assert_eq!(golden(Kind::Integer, &DFE, &cells), expected);
    let decimals = golden(Kind::Percentage, &DFE, &cells);
    assert_eq!(decimals[0], "12.0000|ok");
    assert_eq!(decimals[5], "0.0000|zero");
    assert_eq!(decimals[8], "NULL|missing");
}

#[test]
fn the_sitreps_star_is_suppressed_and_its_blank_is_not_submitted() {
    let symbols = ["*=suppressed", "=not_submitted"];
    assert_eq!(
        golden(Kind::Integer, &symbols, &["*", "", "  ", "368", "0"]),
        [
            "NULL|suppressed",
            "NULL|not_submitted",
            "NULL|not_submitted",
            "368|ok",
            "0|ok"
        ],
    );
}

#[test]
fn symbols_work_in_every_kind() {
    let cells = ["x"];
    let kinds = [
        Kind::Text,
        Kind::Integer,
        Kind::Decimal { scale: 2 },
        Kind::Percentage,
        date(&["%d/%m/%Y"]),
        Kind::Timestamp {
            formats: vec!["%+".into()],
            time_zone: chrono_tz::Europe::London,
        },
        Kind::Boolean {
            yes: vec![],
            no: vec![],
        },
        codes(&["A"]),
        Kind::OrganisationCode,
        Kind::NhsNumber,
    ];
    for kind in kinds {
        assert_eq!(
            golden(kind.clone(), &["x=unavailable"], &cells),
            ["NULL|unavailable"],
            "{kind:?}"
        );
    }
}

#[test]
fn what_only_resembles_a_symbol_is_rejected_not_guessed() {
    let contract = contract(vec![with_symbols(column("a", Kind::Integer), &DFE)]);
    let checked = check(
        &contract,
        &table("a", &["X", "lo", "...", "x1", "--", "n/a", "#N/A"]),
    );
    assert_eq!(checked.rejected_rows, 7);
    assert_eq!(checked.accepted.num_rows(), 0);
}

#[test]
fn a_symbol_without_a_declaration_is_rejected() {
    let checked = check(
        &one(Kind::Integer),
        &table("a", &["x", "-", "..", "5", "", "NULL"]),
    );
    assert_eq!(
        rejects(&checked.rejected),
        ["2 a.type", "3 a.type", "4 a.type"]
    );
    assert_eq!(shown(&checked.accepted), ["5|5", "NULL|6", "NULL|7"]);
}

#[test]
fn every_kind_keeps_good_cells_and_rejects_bad_ones() {
    let timestamp = Kind::Timestamp {
        formats: vec!["%+".into(), "%d/%m/%Y %H:%M".into()],
        time_zone: chrono_tz::Europe::London,
    };
    let yes_no = Kind::Boolean {
        yes: vec!["Y".into(), "Yes".into()],
        no: vec!["N".into(), "No".into()],
    };
    for (kind, good, bad) in [
        (
            Kind::Text,
            vec![("  a b ", "a b"), ("<script>", "<script>")],
            vec![],
        ),
        (
            Kind::Integer,
            vec![("1,234", "1234"), ("-71", "-71"), ("12.0", "12")],
            vec!["1.5", "1,23", "1e3", "abc", "-0"],
        ),
        (
            Kind::Decimal { scale: 2 },
            vec![
                ("£1,234.56", "1234.56"),
                ("(123.45)", "-123.45"),
                ("123-", "-123.00"),
            ],
            vec!["1.234,56", "£ -", "NaN"],
        ),
        (
            Kind::Percentage,
            vec![("45%", "45.0000"), ("24.1", "24.1000")],
            vec!["45 per cent"],
        ),
        (
            date(&["%d/%m/%Y", "%d-%b-%Y"]),
            vec![("03/04/2026", "2026-04-03"), ("3-Apr-2026", "2026-04-03")],
            vec!["31/02/2026", "00/00/0000", "2026-04-03"],
        ),
        (
            timestamp,
            vec![
                ("2026-07-01T12:00:00+00:00", "2026-07-01T12:00:00Z"),
                ("01/07/2026 12:00", "2026-07-01T11:00:00Z"),
                ("01/07/2026 24:00", "2026-07-01T23:00:00Z"),
            ],
            vec!["01/07/2026 24:01", "01/07/2026"],
        ),
        (
            yes_no,
            vec![("y", "true"), ("YES", "true"), ("No", "false")],
            vec!["X", "1", "true"],
        ),
        (
            codes(&["ASD", "slcn"]),
            vec![("asd ", "ASD"), ("SLCN", "slcn")],
            vec!["AS", "OTH"],
        ),
        (Kind::OrganisationCode, vec![("r1l", "R1L")], vec!["R1L!"]),
        (
            Kind::NhsNumber,
            vec![
                ("401 023 2137", "4010232137"),
                ("401-023-2137.0", "4010232137"),
            ],
            vec![
                "4010232138",
                "401023213",
                "1111111111",
                "9434765919",
                "4.01E+09",
            ],
        ),
        (
            Kind::Upn,
            vec![
                ("b801200005001", "B801200005001"),
                ("L882 1234 1900a", "L88212341900A"),
            ],
            vec!["Q207000016049", "UN1", "4010232137"],
        ),
        (
            Kind::Uln,
            vec![("927 630 8686", "9276308686")],
            vec!["9276308685", "4010232137", "0276308686"],
        ),
    ] {
        let contract = one(kind.clone());
        let cells: Vec<_> = good
            .iter()
            .map(|(cell, _)| vec![Some(*cell)])
            .chain(bad.iter().map(|cell| vec![Some(*cell)]))
            .collect();
        let checked = check(&contract, &batch(&["a"], &cells));
        let values: Vec<String> = shown(&checked.accepted)
            .iter()
            .map(|row| row.split('|').next().unwrap().to_owned())
            .collect();
        let expected: Vec<&str> = good.iter().map(|(_, value)| *value).collect();
        assert_eq!(values, expected, "{kind:?}");
        assert_eq!(checked.rejected_rows, bad.len(), "{kind:?}");
        assert_eq!(checked.accepted.schema(), contract.table_schema());
        assert_eq!(
            checked
                .accepted
                .column_by_name("_extract")
                .unwrap()
                .as_string::<i32>()
                .value(0),
            "ab12"
        );
    }
}
