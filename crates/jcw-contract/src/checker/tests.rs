//! What a contract makes of rows.

use super::cells::{DFE, one};
use crate::testing::*;
use crate::*;
use jcw_project::{Format, Kind, Reference, Severity};
use proptest::prelude::*;

#[test]
fn a_reason_helps_and_never_holds_the_cell() {
    let mut contract = contract(vec![
        column("nhs_number", Kind::NhsNumber),
        column("need", codes(&["ASD", "SLCN"])),
        column("born_on", date(&["%d/%m/%Y"])),
        column("plans", Kind::Integer),
        column("pounds", Kind::Decimal { scale: 2 }),
    ]);
    contract.columns[3].max = Some(10.0);
    let checked = check(
        &contract,
        &table(
            "nhs_number|need|born_on|plans|pounds",
            &["9434765918|ASDX|31/02/2011|71|1.234"],
        ),
    );
    let reasons = texts(&checked.rejected, "reason");
    assert_eq!(
        reasons,
        [
            "nhs_number has the check digit of a unique learner number (ULN), not of an NHS number",
            "need is not one of the codes ASD, SLCN",
            "born_on is not a date that exists, written dd/mm/yyyy",
            "plans is more than 10",
            "pounds has more than 2 digits after the point; the contract would have to keep more",
        ]
    );
    for cell in ["9434765918", "ASDX", "31/02/2011", "71", "1.234"] {
        assert!(reasons.iter().all(|reason| !reason.contains(cell)));
    }
    let values = texts(&checked.rejected, "row_values");
    assert_eq!(
        values[0],
        r#"{"nhs_number":"9434765918","need":"ASDX","born_on":"31/02/2011","plans":"71","pounds":"1.234"}"#
    );
    assert_eq!(
        (
            checked.received,
            checked.rejected_rows,
            checked.rejected.num_rows()
        ),
        (1, 1, 5)
    );
    assert_eq!(checked.rejected.schema(), reject_schema());
}

#[test]
fn a_required_cell_that_is_blank_rejects_its_row_but_a_symbol_fills_it() {
    let mut plain = column("a", Kind::Text);
    plain.required = true;
    let mut symbols = with_symbols(column("b", Kind::Integer), &["x=unavailable"]);
    symbols.required = true;
    let checked = check(
        &contract(vec![plain, symbols]),
        &table("a|b", &["v|1", "|1", "v|x", "v|", "NULL|NULL", " \u{a0}|1"]),
    );
    assert_eq!(
        rejects(&checked.rejected),
        [
            "3 a.required",
            "5 b.required",
            "6 a.required",
            "6 b.required",
            "7 a.required"
        ]
    );
    assert_eq!(
        shown(&checked.accepted),
        ["v|1|ok|2", "v|NULL|unavailable|4"]
    );
}

#[test]
fn ranges_and_patterns_judge_whole_values() {
    let mut number = column("n", Kind::Integer);
    (number.min, number.max) = (Some(-71.0), Some(100.0));
    let mut period = column("p", Kind::Text);
    period.pattern = Some(placed(r"\d{4}(\d{2})?"));
    let mut either = column("e", Kind::Text);
    either.pattern = Some(placed("a|b"));
    let checked = check(
        &contract(vec![number, period, either]),
        &table(
            "n|p|e",
            &["-71|2024|a", "101|202425|b", "-72|20245|ab", "|| "],
        ),
    );
    assert_eq!(
        rejects(&checked.rejected),
        ["3 n.range", "4 n.range", "4 p.pattern", "4 e.pattern"]
    );
    assert_eq!(
        shown(&checked.accepted),
        ["-71|2024|a|2", "NULL|NULL|NULL|5"]
    );
}

#[test]
fn a_column_that_warns_loads_the_row_and_counts_the_breach() {
    let mut number = with_symbols(column("n", Kind::Integer), &["x=unavailable"]);
    number.severity = Severity::Warn;
    number.max = Some(10.0);
    let mut need = column("need", codes(&["ASD"]));
    need.severity = Severity::Warn;
    need.required = true;
    let checked = check(
        &contract(vec![number, need]),
        &table("n|need", &["abc|ASD", "11|asd", "1|NEW", "oops|"]),
    );
    assert_eq!(
        shown(&checked.accepted),
        [
            "NULL|invalid|ASD|2",
            "11|ok|ASD|3",
            "1|ok|NEW|4",
            "NULL|invalid|NULL|5"
        ]
    );
    assert_eq!(checked.rejected.num_rows(), 0);
    let warned: Vec<_> = checked
        .warned()
        .map(|count| (count.rule.as_str(), count.rows, count.first_row))
        .collect();
    assert_eq!(
        warned,
        [
            ("n.type", 2, 2),
            ("n.range", 1, 3),
            ("need.required", 1, 5),
            ("need.code", 1, 4)
        ]
    );
}

#[test]
fn what_was_rounded_doubtful_or_for_tests_is_reported() {
    let contract = contract(vec![
        column("d", Kind::Decimal { scale: 2 }),
        column(
            "t",
            Kind::Timestamp {
                formats: vec![],
                time_zone: chrono_tz::Europe::London,
            },
        ),
    ]);
    let checked = check(
        &contract,
        &table("d|t", &["33.3333333333333|2026-03-29T01:30:00"]),
    );
    let warned: Vec<_> = checked.warned().map(|count| count.rule.as_str()).collect();
    assert_eq!(warned, ["d.rounded", "t.clock-change"]);
    assert_eq!(shown(&checked.accepted), ["33.33|2026-03-29T01:30:00Z|2"]);
}

#[test]
fn a_test_number_is_nobodys_and_is_not_kept() {
    let contract = contract(vec![column("n", Kind::NhsNumber)]);
    let checked = check(&contract, &table("n", &["999 000 0018", "4010232137"]));
    assert_eq!(rejects(&checked.rejected), ["2 n.test-number"]);
    assert_eq!(
        texts(&checked.rejected, "reason"),
        ["n begins with 9, which is kept for tests and never issued"]
    );
    assert_eq!(shown(&checked.accepted), ["4010232137|3"]);
}

#[test]
fn a_breach_that_rejects_the_file_is_told_apart() {
    let mut period = column("p", Kind::Integer);
    period.severity = Severity::RejectFile;
    let checked = check(&contract(vec![period]), &table("p", &["1", "x", "y"]));
    let breaches: Vec<_> = checked
        .file_breaches()
        .map(|count| (count.rule.as_str(), count.rows))
        .collect();
    assert_eq!(breaches, [("p.type", 2)]);
    assert_eq!(
        texts(&checked.rejected, "severity"),
        ["reject_file", "reject_file"]
    );
}

#[test]
fn real_dates_of_sheets_are_dates_whatever_the_formats_say() {
    let mut contract = one(date(&["%d/%m/%Y"]));
    let cells = [
        "03/04/2026",
        "2026-04-03",
        "2026-04-03T00:00:00",
        "2026-04-03T00:00:01",
    ];
    assert_eq!(check(&contract, &table("a", &cells)).rejected_rows, 3);
    contract.layout.format = Format::Xlsx;
    let checked = check(&contract, &table("a", &cells));
    assert_eq!(
        shown(&checked.accepted),
        ["2026-04-03|2", "2026-04-03|3", "2026-04-03|4"]
    );
}

#[test]
fn a_value_that_no_other_table_knows_breaks_the_reference() {
    let mut contract = contract(vec![column("la", Kind::Text), column("on_day", date(&[]))]);
    let reference = |id: &str, column: &str, severity| Reference {
        id: placed(id),
        columns: vec![placed(column)],
        table: placed("seed.area"),
        to: vec![placed("code")],
        severity,
        message: "the area is not known".into(),
    };
    contract.references = vec![
        reference("known-area", "la", Severity::RejectRow),
        reference("known-day", "on_day", Severity::Warn),
    ];
    assert!(matches!(
        Checker::compile(&contract, References::new()),
        Err(Error::ReferenceNotLoaded { .. })
    ));
    let mut references = References::new();
    references.add("known-area", ["E06000033", "E10000012"]);
    references.add("known-day", ["2026-01-01"]);
    let checker = Checker::compile(&contract, references).unwrap();
    let batch = table(
        "la|on_day",
        &["E06000033|2026-01-01", "e06000033|", "|2026-01-02", "E99|"],
    );
    let checked = checker
        .check(&bind(&checker, &batch), &batch, &DELIVERY, Keys::Ignore)
        .unwrap();
    assert_eq!(rejects(&checked.rejected), ["3 known-area", "5 known-area"]);
    assert_eq!(
        checked
            .warned()
            .map(|count| (count.rule.as_str(), count.first_row))
            .collect::<Vec<_>>(),
        [("known-day", 4)]
    );
}

#[test]
fn what_a_contract_has_wrong_is_said_without_a_file() {
    let mut bad = column("a", Kind::Integer);
    bad.pattern = Some(placed("(unclosed"));
    let mut symbol = with_symbols(column("b", Kind::Integer), &["-=zero=nought"]);
    symbol.aliases = vec!["x".into()];
    let mut contract = contract(vec![
        bad,
        symbol,
        column("outcome_date", date(&["%d/%m/%Y", "%m/%d/%Y"])),
        column("received", date(&["%Q"])),
    ]);
    let mut check = rule(
        "decided-after-received",
        "outcom_date >= received",
        Severity::Warn,
    );
    check.check.place.column = 12;
    check.check.place.length = check.check.value.len() + 2;
    contract.rules = vec![
        check,
        rule("today", "received <= now()", Severity::Warn),
        rule("many", "count(a) > 1", Severity::Warn),
        rule("number", "b + 1", Severity::Warn),
        rule("broken", "b +", Severity::Warn),
    ];
    let found = check_rules(&contract);
    let said: Vec<String> = found
        .iter()
        .map(|diagnostic| {
            format!(
                "{} {}",
                diagnostic.message,
                diagnostic.hint.clone().unwrap_or_default()
            )
        })
        .collect();
    for part in [
        "column \"a\": its pattern is no regex",
        "column \"b\": its symbol \"-\" stands for \"nought\"",
        "column \"outcome_date\" takes both day/month and month/day",
        "column \"received\": its format \"%Q\"",
        "rule \"decided-after-received\" names column \"outcom_date\", which this contract does not have did you mean \"outcome_date\"?",
        "rule \"today\" uses now",
        "rule \"many\" uses count, which needs more than one row",
        "rule \"number\" is not a yes-or-no question",
        "rule \"broken\" does not plan",
    ] {
        assert!(
            said.iter().any(|said| said.contains(part)),
            "{part}\n{said:#?}"
        );
    }
    assert_eq!(found.len(), 9);
    let slip = found
        .iter()
        .find(|diagnostic| diagnostic.message.contains("outcom_date\""))
        .unwrap();
    assert_eq!(
        (slip.place.column, slip.place.length),
        (13, "outcom_date".len())
    );
    contract.columns.remove(0);
    assert!(matches!(
        Checker::compile(&contract, References::new()),
        Err(Error::Contract { .. })
    ));
}

#[test]
fn a_batch_that_was_not_bound_is_refused() {
    let checker = compile(&one(Kind::Text));
    let binding = checker.bind(&["a"]).unwrap();
    let other = table("b", &["1"]);
    assert!(matches!(
        checker.check(&binding, &other, &DELIVERY, Keys::Ignore),
        Err(Error::Batch { .. })
    ));
}

#[test]
fn malformed_rows_become_rejects() {
    let rows = [MalformedRow {
        row: 7,
        rule: "csv.ragged".into(),
        reason: "the record has 3 fields".into(),
        text: "a,\"b".into(),
    }];
    let rejected = reject_malformed(&DELIVERY, &rows).unwrap();
    assert_eq!(rejects(&rejected), ["7 csv.ragged"]);
    assert_eq!(texts(&rejected, "row_values"), [r#"{"line":"a,\"b"}"#]);
}

proptest! {
    #[test]
    fn no_cell_stops_the_program(cells in prop::collection::vec("\\PC{0,12}", 4), number in "[-+£(),.0-9%eE ]{0,20}") {
        let contract = contract(vec![
            with_symbols(column("a", Kind::Integer), &DFE),
            column("b", Kind::Percentage),
            column("c", Kind::Timestamp { formats: vec!["%+".into(), "%A %j %Y".into()], time_zone: chrono_tz::Europe::London }),
            column("d", codes(&["A", "é"])),
            column("e", Kind::NhsNumber),
            column("f", Kind::Upn),
            column("g", Kind::Uln),
        ]);
        let rows = [cells.iter().chain([&number]).chain(&cells[..2]).map(|cell| Some(cell.as_str())).collect::<Vec<_>>(), vec![Some(number.as_str()); 7]];
        let checked = check(&contract, &batch(&["a", "b", "c", "d", "e", "f", "g"], &rows));
        prop_assert_eq!(checked.accepted.num_rows() + checked.rejected_rows, 2);
    }
}
