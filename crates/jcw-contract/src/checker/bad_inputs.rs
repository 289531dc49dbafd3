//! Cells of real extracts that went wrong somewhere, each with what becomes of
//! it.

use crate::testing::*;
use jcw_project::{Column, Kind, Severity};

fn london() -> Kind {
    Kind::Timestamp {
        formats: vec!["%d/%m/%Y %H:%M".into()],
        time_zone: chrono_tz::Europe::London,
    }
}

/// What one cell of one column becomes: its value, or the rule it broke.
fn fate(column: &Column, cell: &str) -> String {
    let checked = check(
        &contract(vec![column.clone()]),
        &batch(&[&column.name.value], &[vec![Some(cell)]]),
    );
    match rejects(&checked.rejected).first() {
        Some(reject) => reject.split_once(' ').unwrap().1.to_owned(),
        None => shown(&checked.accepted)[0]
            .strip_suffix("|2")
            .unwrap()
            .to_owned(),
    }
}

fn fates(kind: Kind, cells: &[(&str, &str)]) {
    for (cell, expected) in cells {
        assert_eq!(
            fate(&column("c", kind.clone()), cell),
            *expected,
            "{cell:?}"
        );
    }
}

#[test]
fn an_accent_on_its_own_matches_one_on_its_letter() {
    fates(
        codes(&["Café"]),
        &[("CAFE\u{301}", "Café"), ("Cafe", "c.code")],
    );
    let mut school = column("école", Kind::Text);
    school.aliases = vec!["Créche".into()];
    let checked = check(
        &contract(vec![school]),
        &batch(&["Cre\u{301}che"], &[vec![Some("Ze\u{301}")]]),
    );
    assert_eq!(
        shown(&checked.accepted),
        ["Ze\u{301}|2"],
        "free text is kept as it came"
    );
}

#[test]
fn a_code_that_lost_its_zero_or_became_a_date_is_no_code() {
    fates(
        codes(&["01", "02", "1/2"]),
        &[
            (" 01\u{a0}", "01"),
            ("1", "c.code"),
            ("1.0", "c.code"),
            ("001", "c.code"),
            ("2026-02-01", "c.code"),
            ("1-Feb", "c.code"),
        ],
    );
    let mut urn = column("urn", Kind::Text);
    urn.pattern = Some(placed("[0-9]{6}"));
    assert_eq!(fate(&urn, "012345"), "012345");
    assert_eq!(fate(&urn, "12345"), "urn.pattern");
    assert_eq!(fate(&urn, "TRUE"), "urn.pattern");
}

#[test]
fn codes_are_found_whatever_their_case_and_the_space_around_them() {
    fates(
        codes(&["ASD", "slcn"]),
        &[("asd ", "ASD"), ("\tSlCn", "slcn"), ("A SD", "c.code")],
    );
}

#[test]
fn an_unknown_code_of_a_column_that_warns_stays_to_be_seen() {
    let mut need = with_symbols(column("need", codes(&["ASD"])), &["x=unavailable"]);
    need.severity = Severity::Warn;
    let checked = check(&contract(vec![need]), &table("need", &["ASD", "DOWN", "x"]));
    assert_eq!(
        shown(&checked.accepted),
        ["ASD|ok|2", "DOWN|invalid|3", "NULL|unavailable|4"]
    );
    let warned: Vec<_> = (checked.warned())
        .map(|count| (count.rule.as_str(), count.rows))
        .collect();
    assert_eq!(warned, [("need.code", 1)]);
}

#[test]
fn a_date_with_day_and_month_changed_over_says_so() {
    fates(
        date(&["%d/%m/%Y"]),
        &[
            ("03/04/2026", "2026-04-03"),
            ("04/25/2026", "c.day-month"),
            ("31/02/2026", "c.type"),
            ("25/25/2026", "c.type"),
            ("00/00/0000", "c.type"),
        ],
    );
    fates(date(&[]), &[("2026-25-04", "c.type")]);
    fates(london(), &[("04/25/2026 10:00", "c.day-month")]);
    let both = date(&["%d/%m/%Y", "%m/%d/%Y"]);
    fates(both, &[("04/25/2026", "2026-04-25")]);
}

#[test]
fn a_day_that_stands_for_no_day_is_a_blank_that_is_reported() {
    fates(
        date(&["%d/%m/%Y"]),
        &[
            ("01/01/1900", "NULL"),
            ("31/12/9999", "NULL"),
            ("01/01/1753", "NULL"),
            ("30/12/1899", "NULL"),
            ("02/01/1900", "1900-01-02"),
            ("30/12/9999", "9999-12-30"),
        ],
    );
    fates(london(), &[("01/01/1900 00:00", "NULL")]);
    let mut born = column("born_on", date(&[]));
    born.required = true;
    assert_eq!(fate(&born, "1900-01-01"), "born_on.required");
    let open_ended = with_symbols(column("to_on", date(&[])), &["9999-12-31=open"]);
    assert_eq!(fate(&open_ended, "9999-12-31"), "NULL|open");
    assert_eq!(fate(&open_ended, "1900-01-01"), "NULL|missing");
    let checked = check(
        &contract(vec![column("to_on", date(&[]))]),
        &table("to_on", &["9999-12-31"]),
    );
    let warned: Vec<_> = checked.warned().map(|count| count.rule.as_str()).collect();
    assert_eq!(warned, ["to_on.filler"]);
}

#[test]
fn midnight_at_the_end_is_the_next_day_and_a_gap_in_the_clock_is_bridged() {
    fates(
        london(),
        &[
            ("28/03/2026 24:00", "2026-03-29T00:00:00Z"),
            ("30/06/2026 24:00", "2026-06-30T23:00:00Z"),
            ("29/03/2026 01:30", "2026-03-29T01:30:00Z"),
            ("25/10/2026 01:30", "2026-10-25T00:30:00Z"),
            ("25/10/2026 24:01", "c.type"),
        ],
    );
    fates(
        date(&["%d/%m/%Y %H:%M"]),
        &[("31/12/2025 24:00", "2026-01-01")],
    );
}

#[test]
fn yes_and_no_are_what_the_column_says_they_are() {
    let default = Kind::Boolean {
        yes: Vec::new(),
        no: Vec::new(),
    };
    fates(
        default,
        &[
            ("Y", "true"),
            ("Yes", "true"),
            ("TRUE", "true"),
            ("1", "true"),
            ("n", "false"),
            ("0", "false"),
            ("X", "c.type"),
            ("2", "c.type"),
            ("-1", "c.type"),
        ],
    );
    let crosses = Kind::Boolean {
        yes: vec!["x".into()],
        no: vec!["-".into()],
    };
    fates(crosses, &[("X", "true"), ("-", "false"), ("Y", "c.type")]);
}

#[test]
fn numbers_are_never_guessed() {
    fates(
        Kind::Decimal { scale: 2 },
        &[
            ("£1,234.56", "1234.56"),
            ("(123.45)", "-123.45"),
            ("123-", "-123.00"),
            ("1.234,56", "c.type"),
            ("1e3", "c.type"),
            ("£ -", "c.type"),
            ("NaN", "c.type"),
            ("Infinity", "c.type"),
            ("-0", "c.type"),
            ("1e400", "c.type"),
            ("TRUE", "c.type"),
            ("1,5", "c.type"),
        ],
    );
    let mut share = column("c", Kind::Percentage);
    (share.min, share.max) = (Some(0.0), Some(100.0));
    assert_eq!(fate(&share, "45%"), "45.0000");
    assert_eq!(fate(&share, "145"), "c.range");
    assert_eq!(fate(&share, "4,5"), "c.type");
}

#[test]
fn identifiers_lose_their_separators_and_nothing_else() {
    fates(
        Kind::NhsNumber,
        &[
            ("401-023-2137", "4010232137"),
            ("4010232137.0", "4010232137"),
            ("4.01E+09", "c.type"),
            ("401023213", "c.type"),
            ("40102321370", "c.type"),
            ("4444444444", "c.type"),
            ("9990000018", "c.test-number"),
        ],
    );
    fates(
        Kind::Upn,
        &[
            ("b801200005001", "B801200005001"),
            ("L88212341900a", "L88212341900A"),
            ("I801200005001", "c.type"),
            ("UN1", "c.type"),
        ],
    );
    let upn = with_symbols(column("upn", Kind::Upn), &["UN1=unknown"]);
    assert_eq!(fate(&upn, "UN1"), "NULL|unknown");
}

#[test]
fn a_partner_is_told_the_rule_the_column_and_what_is_expected() {
    let mut columns = vec![
        column("lea", Kind::Text),
        column("sex", codes(&["1", "2", "9", "X"])),
        column("age", Kind::Integer),
        column("born_on", date(&["%d/%m/%Y"])),
        column("upn", Kind::Upn),
    ];
    columns[0].pattern = Some(placed("[0-9]{3}"));
    (columns[2].min, columns[2].max) = (Some(0.0), Some(25.0));
    let checked = check(
        &contract(columns),
        &table(
            "lea|sex|age|born_on|upn",
            &["88Z|M|77|12/31/2014|Q207000016049"],
        ),
    );
    let reasons = texts(&checked.rejected, "reason");
    assert_eq!(
        reasons,
        [
            "lea does not have the form [0-9]{3} (a regular expression)",
            "sex is not one of the codes 1, 2, 9, X",
            "age is not between 0 and 25",
            "born_on has day and month the other way round than the contract; the dates of the file that could be either cannot be trusted",
            "upn has a wrong check letter",
        ]
    );
    for cell in ["88Z", "M,", "77", "12/31/2014", "Q207"] {
        assert!(reasons.iter().all(|reason| !reason.contains(cell)));
    }
}
