//! What a contract makes of rows.

use crate::testing::*;
use crate::*;
use arrow::array::{AsArray, RecordBatch};
use jcw_project::{Contract, DuplicateHeaders, Format, Key, Kind, Origin, Reference, STATUS_MISSING, Severity, Version};
use proptest::prelude::*;
use std::sync::LazyLock;

const DFE: [&str; 7] =
    ["x=unavailable", "z=not_applicable", "c=suppressed", "low=low", "-=zero=0", "..=not_available", "~=low"];

fn one(kind: Kind) -> Contract {
    contract(vec![column("a", kind)])
}

/// `value|status` of each cell in a column of that kind with those symbols.
fn golden(kind: Kind, symbols: &[&str], cells: &[&str]) -> Vec<String> {
    let contract = contract(vec![column("id", Kind::Text), with_symbols(column("a", kind), symbols)]);
    let rows: Vec<_> = cells.iter().map(|cell| vec![Some("r"), Some(*cell)]).collect();
    let checked = check(&contract, &batch(&["id", "a"], &rows));
    assert_eq!(checked.rejected_rows, 0);
    shown(&checked.accepted)
        .iter()
        .map(|row| row.split('|').skip(1).take(2).collect::<Vec<_>>().join("|"))
        .collect()
}

#[test]
fn a_symbol_never_becomes_zero_or_a_silent_null() {
    let cells = ["12", "x", "z", "c", "low", " - ", "..", "~", "", "0", " x\u{a0}"];
    let expected = [
        "12|ok", "NULL|unavailable", "NULL|not_applicable", "NULL|suppressed", "NULL|low", "0|zero",
        "NULL|not_available", "NULL|low", "NULL|missing", "0|ok", "NULL|unavailable",
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
        ["NULL|suppressed", "NULL|not_submitted", "NULL|not_submitted", "368|ok", "0|ok"],
    );
}

#[test]
fn symbols_work_in_every_kind() {
    let cells = ["x"];
    let kinds = [
        Kind::Text, Kind::Integer, Kind::Decimal { scale: 2 }, Kind::Percentage, date(&["%d/%m/%Y"]),
        Kind::Timestamp { formats: vec!["%+".into()], time_zone: chrono_tz::Europe::London },
        Kind::Boolean { yes: vec![], no: vec![] }, codes(&["A"]), Kind::OrganisationCode, Kind::NhsNumber,
    ];
    for kind in kinds {
        assert_eq!(golden(kind.clone(), &["x=unavailable"], &cells), ["NULL|unavailable"], "{kind:?}");
    }
}

#[test]
fn what_only_resembles_a_symbol_is_rejected_not_guessed() {
    let contract = contract(vec![with_symbols(column("a", Kind::Integer), &DFE)]);
    let checked = check(&contract, &table("a", &["X", "lo", "...", "x1", "--", "n/a", "#N/A"]));
    assert_eq!(checked.rejected_rows, 7);
    assert_eq!(checked.accepted.num_rows(), 0);
}

#[test]
fn a_symbol_without_a_declaration_is_rejected() {
    let checked = check(&one(Kind::Integer), &table("a", &["x", "-", "..", "5", "", "NULL"]));
    assert_eq!(rejects(&checked.rejected), ["2 a.type", "3 a.type", "4 a.type"]);
    assert_eq!(shown(&checked.accepted), ["5|5", "NULL|6", "NULL|7"]);
}

#[test]
fn every_kind_keeps_good_cells_and_rejects_bad_ones() {
    let timestamp = Kind::Timestamp { formats: vec!["%+".into(), "%d/%m/%Y %H:%M".into()], time_zone: chrono_tz::Europe::London };
    let yes_no = Kind::Boolean { yes: vec!["Y".into(), "Yes".into()], no: vec!["N".into(), "No".into()] };
    for (kind, good, bad) in [
        (Kind::Text, vec![("  a b ", "a b"), ("<script>", "<script>")], vec![]),
        (Kind::Integer, vec![("1,234", "1234"), ("-71", "-71"), ("12.0", "12")], vec!["1.5", "1,23", "1e3", "abc", "-0"]),
        (Kind::Decimal { scale: 2 }, vec![("£1,234.56", "1234.56"), ("(123.45)", "-123.45"), ("123-", "-123.00")], vec!["1.234,56", "£ -", "NaN"]),
        (Kind::Percentage, vec![("45%", "45.0000"), ("24.1", "24.1000")], vec!["45 per cent"]),
        (date(&["%d/%m/%Y", "%d-%b-%Y"]), vec![("03/04/2026", "2026-04-03"), ("3-Apr-2026", "2026-04-03")], vec!["31/02/2026", "00/00/0000", "2026-04-03"]),
        (timestamp, vec![("2026-07-01T12:00:00+00:00", "2026-07-01T12:00:00Z"), ("01/07/2026 12:00", "2026-07-01T11:00:00Z"), ("01/07/2026 24:00", "2026-07-01T23:00:00Z")], vec!["01/07/2026 24:01", "01/07/2026"]),
        (yes_no, vec![("y", "true"), ("YES", "true"), ("No", "false")], vec!["X", "1", "true"]),
        (codes(&["ASD", "slcn"]), vec![("asd ", "ASD"), ("SLCN", "slcn")], vec!["AS", "OTH"]),
        (Kind::OrganisationCode, vec![("r1l", "R1L")], vec!["R1L!"]),
        (Kind::NhsNumber, vec![("401 023 2137", "4010232137"), ("943-476-5919", "9434765919")], vec!["4010232138", "401023213", "1111111111"]),
    ] {
        let contract = one(kind.clone());
        let cells: Vec<_> = good.iter().map(|(cell, _)| vec![Some(*cell)]).chain(bad.iter().map(|cell| vec![Some(*cell)])).collect();
        let checked = check(&contract, &batch(&["a"], &cells));
        let values: Vec<String> = shown(&checked.accepted).iter().map(|row| row.split('|').next().unwrap().to_owned()).collect();
        let expected: Vec<&str> = good.iter().map(|(_, value)| *value).collect();
        assert_eq!(values, expected, "{kind:?}");
        assert_eq!(checked.rejected_rows, bad.len(), "{kind:?}");
        assert_eq!(checked.accepted.schema(), contract.table_schema());
        assert_eq!(checked.accepted.column_by_name("_extract").unwrap().as_string::<i32>().value(0), "ab12");
    }
}

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
    let checked = check(&contract, &table("nhs_number|need|born_on|plans|pounds", &["9434765918|ASDX|31/02/2011|71|1.234"]));
    let reasons = texts(&checked.rejected, "reason");
    assert_eq!(
        reasons,
        [
            "nhs_number has a wrong check digit",
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
    assert_eq!(values[0], r#"{"nhs_number":"9434765918","need":"ASDX","born_on":"31/02/2011","plans":"71","pounds":"1.234"}"#);
    assert_eq!((checked.received, checked.rejected_rows, checked.rejected.num_rows()), (1, 1, 5));
    assert_eq!(checked.rejected.schema(), reject_schema());
}

#[test]
fn a_required_cell_that_is_blank_rejects_its_row_but_a_symbol_fills_it() {
    let mut plain = column("a", Kind::Text);
    plain.required = true;
    let mut symbols = with_symbols(column("b", Kind::Integer), &["x=unavailable"]);
    symbols.required = true;
    let checked = check(&contract(vec![plain, symbols]), &table("a|b", &["v|1", "|1", "v|x", "v|", "NULL|NULL", " \u{a0}|1"]));
    assert_eq!(rejects(&checked.rejected), ["3 a.required", "5 b.required", "6 a.required", "6 b.required", "7 a.required"]);
    assert_eq!(shown(&checked.accepted), ["v|1|ok|2", "v|NULL|unavailable|4"]);
}

#[test]
fn ranges_and_patterns_judge_whole_values() {
    let mut number = column("n", Kind::Integer);
    (number.min, number.max) = (Some(-71.0), Some(100.0));
    let mut period = column("p", Kind::Text);
    period.pattern = Some(placed(r"\d{4}(\d{2})?"));
    let mut either = column("e", Kind::Text);
    either.pattern = Some(placed("a|b"));
    let checked = check(&contract(vec![number, period, either]), &table("n|p|e", &["-71|2024|a", "101|202425|b", "-72|20245|ab", "|| "]));
    assert_eq!(rejects(&checked.rejected), ["3 n.range", "4 n.range", "4 p.pattern", "4 e.pattern"]);
    assert_eq!(shown(&checked.accepted), ["-71|2024|a|2", "NULL|NULL|NULL|5"]);
}

#[test]
fn a_column_that_warns_loads_the_row_and_counts_the_breach() {
    let mut number = with_symbols(column("n", Kind::Integer), &["x=unavailable"]);
    number.severity = Severity::Warn;
    number.max = Some(10.0);
    let mut need = column("need", codes(&["ASD"]));
    need.severity = Severity::Warn;
    need.required = true;
    let checked = check(&contract(vec![number, need]), &table("n|need", &["abc|ASD", "11|asd", "1|NEW", "oops|"]));
    assert_eq!(shown(&checked.accepted), ["NULL|invalid|ASD|2", "11|ok|ASD|3", "1|ok|NEW|4", "NULL|invalid|NULL|5"]);
    assert_eq!(checked.rejected.num_rows(), 0);
    let warned: Vec<_> = checked.warned().map(|count| (count.rule.as_str(), count.rows, count.first_row)).collect();
    assert_eq!(warned, [("n.type", 2, 2), ("n.range", 1, 3), ("need.required", 1, 5), ("need.code", 1, 4)]);
}

#[test]
fn what_was_rounded_doubtful_or_for_tests_is_reported() {
    let contract = contract(vec![
        column("d", Kind::Decimal { scale: 2 }),
        column("t", Kind::Timestamp { formats: vec![], time_zone: chrono_tz::Europe::London }),
        column("n", Kind::NhsNumber),
    ]);
    let checked = check(&contract, &table("d|t|n", &["33.3333333333333|2026-03-29T01:30:00|999 000 0018"]));
    let warned: Vec<_> = checked.warned().map(|count| count.rule.as_str()).collect();
    assert_eq!(warned, ["d.rounded", "t.clock-change", "n.test-number"]);
    assert_eq!(shown(&checked.accepted), ["33.33|2026-03-29T01:30:00Z|9990000018|2"]);
}

#[test]
fn a_breach_that_rejects_the_file_is_told_apart() {
    let mut period = column("p", Kind::Integer);
    period.severity = Severity::RejectFile;
    let checked = check(&contract(vec![period]), &table("p", &["1", "x", "y"]));
    let breaches: Vec<_> = checked.file_breaches().map(|count| (count.rule.as_str(), count.rows)).collect();
    assert_eq!(breaches, [("p.type", 2)]);
    assert_eq!(texts(&checked.rejected, "severity"), ["reject_file", "reject_file"]);
}

#[test]
fn real_dates_of_sheets_are_dates_whatever_the_formats_say() {
    let mut contract = one(date(&["%d/%m/%Y"]));
    let cells = ["03/04/2026", "2026-04-03", "2026-04-03T00:00:00", "2026-04-03T00:00:01"];
    assert_eq!(check(&contract, &table("a", &cells)).rejected_rows, 3);
    contract.layout.format = Format::Xlsx;
    let checked = check(&contract, &table("a", &cells));
    assert_eq!(shown(&checked.accepted), ["2026-04-03|2", "2026-04-03|3", "2026-04-03|4"]);
}

#[test]
fn columns_are_bound_by_name_wherever_they_stand() {
    let mut contract = contract(vec![column("nhs_number", Kind::Text), column("la_code", Kind::Text)]);
    contract.columns[1].aliases = vec!["LA".into(), "New LA code".into()];
    for labels in ["nhs_number|la_code", "\u{feff}NHS Number|la\u{a0}", "new  la-code|NHS_NUMBER"] {
        let bound = bind(&compile(&contract), &table(labels, &[]));
        assert!(bound.warnings().is_empty());
        assert_eq!(bound.absent(&contract).count(), 0);
        let checked = check(&contract, &table(labels, &["1|2"]));
        let expected = if labels.starts_with("new") { "2|1|2" } else { "1|2|2" };
        assert_eq!(shown(&checked.accepted), [expected]);
    }
}

#[test]
fn a_missing_column_rejects_the_file_and_says_what_was_found() {
    let contract = contract(vec![column("requests_received", Kind::Integer), column("la_code", Kind::Text)]);
    let faults = compile(&contract).bind(&["request_received", "other"]).unwrap_err();
    let rules: Vec<_> = faults.iter().map(|fault| (fault.rule.as_str(), fault.column.as_deref().unwrap())).collect();
    assert_eq!(rules, [("column.missing", "requests_received"), ("column.missing", "la_code")]);
    assert_eq!(
        faults[0].message,
        "column \"requests_received\" is not in the file; \"request_received\" looks like it: add it to the column's aliases if it is. The file's labels are \"request_received\", \"other\""
    );
}

#[test]
fn an_optional_column_left_out_is_null_and_missing() {
    let mut optional = with_symbols(column("b", Kind::Integer), &["=not_submitted"]);
    optional.optional = true;
    let contract = contract(vec![column("a", Kind::Text), optional]);
    let checked = check(&contract, &table("a|extra", &["1|2"]));
    assert_eq!(shown(&checked.accepted), [format!("1|NULL|{STATUS_MISSING}|2")]);
    let bound = compile(&contract).bind(&["a", "extra"]).unwrap();
    assert_eq!(bound.absent(&contract).collect::<Vec<_>>(), ["b"]);
    assert_eq!(bound.warnings()[0].rule, "column.unknown");
}

#[test]
fn a_label_that_comes_twice_is_refused_or_compared() {
    let mut contract = contract(vec![column("a", Kind::Text)]);
    for labels in [["a", " A"], ["x", "x"]] {
        let labels = ["a", labels[0], labels[1]];
        let labels = if labels[1] == "a" { &labels[1..] } else { &labels[..] };
        assert_eq!(compile(&contract).bind(labels).unwrap_err()[0].rule, "header.duplicate");
    }
    contract.layout.duplicate_headers = DuplicateHeaders::Identical;
    let checked = check(&contract, &table("a|A", &["1|1", "1|2", "1 | 1", "|NULL"]));
    assert_eq!(rejects(&checked.rejected), ["3 duplicate-header"]);
    assert_eq!(texts(&checked.rejected, "row_values"), [r#"{"a":"1","A":"2"}"#]);
    assert_eq!(checked.accepted.num_rows(), 3);
}

#[test]
fn a_file_without_a_header_is_bound_by_position_and_width() {
    let mut contract = contract(vec![column("code", Kind::Text), column("name", Kind::Text), column("month", Kind::Text)]);
    contract.columns[2].from = Some(Origin::FileName(placed("(?<month>.+)")));
    contract.layout.headerless = true;
    let checked = check(&contract, &table("column_1|column_2|month", &["R1L|EPUT|2023-04"]));
    assert_eq!(shown(&checked.accepted), ["R1L|EPUT|2023-04|2"]);
    assert_eq!(compile(&contract).bind(&["1", "2", "3", "month"]).unwrap_err()[0].rule, "column.count");
}

#[test]
fn the_version_is_what_the_header_shows() {
    let mut contract = contract(vec![column("a", Kind::Text)]);
    contract.versions = vec![
        Version { id: placed("2026"), shows: vec!["New Thing".into()] },
        Version { id: placed("2025"), shows: vec!["pc_decsion_4weeks".into()] },
    ];
    let checked = check(&contract, &table("a|PC_decsion_4weeks", &["1|2"]));
    assert_eq!(texts(&checked.accepted, "_version"), ["2025"]);
    let bound = compile(&contract).bind(&["a"]).unwrap();
    assert_eq!((bound.version(), bound.warnings()[0].rule.as_str()), (None, "version.unknown"));
    assert_eq!(texts(&check(&contract, &table("a", &["1"])).accepted, "_version"), ["NULL"]);
}

#[test]
fn rules_compare_columns_and_null_keeps_the_row() {
    let mut contract = contract(vec![
        with_symbols(column("received", Kind::Integer), &["x=unavailable"]),
        column("a", Kind::Integer),
        column("b", Kind::Integer),
        column("from_on", date(&[])),
        column("to_on", date(&[])),
    ]);
    contract.rules = vec![
        rule("received-is-sum", "received = a + b", Severity::RejectRow),
        rule("in-order", "to_on >= from_on", Severity::Warn),
        rule("in-a-month", "to_on <= from_on + interval '1 month'", Severity::RejectFile),
        rule("known", "received_status = 'ok' or a = 0", Severity::RejectRow),
    ];
    let checked = check(&contract, &table("received|a|b|from_on|to_on", &[
        "3|1|2|2026-01-31|2026-02-28",
        "4|1|2|2026-01-31|2026-01-30",
        "x|0|2|2026-01-31|",
        "x|1|2|2026-01-31|2026-03-01",
    ]));
    assert_eq!(rejects(&checked.rejected), ["3 received-is-sum", "5 in-a-month", "5 known"]);
    assert_eq!(texts(&checked.rejected, "reason")[0], "received = a + b does not hold");
    assert_eq!(checked.accepted.num_rows(), 2);
    assert_eq!(checked.warned().map(|count| (count.rule.as_str(), count.rows)).collect::<Vec<_>>(), [("in-order", 1)]);
    assert_eq!(checked.file_breaches().count(), 1);
}

#[test]
fn a_rule_that_fails_on_one_row_costs_that_row_alone() {
    let mut contract = contract(vec![column("a", Kind::Integer), column("b", Kind::Integer)]);
    contract.rules = vec![rule("ratio", "a / b <= 1", Severity::RejectRow)];
    let checked = check(&contract, &table("a|b", &["1|2", "1|0", "4|2", "2|2"]));
    assert_eq!(rejects(&checked.rejected), ["3 ratio", "4 ratio"]);
    assert_eq!(texts(&checked.rejected, "reason")[0], "the rule could not be worked out for this row");
    assert_eq!(checked.accepted.num_rows(), 2);
}

#[test]
fn an_expression_makes_a_column_of_the_declared_type() {
    let mut month = column("data_month", date(&[]));
    month.from = Some(Origin::Expression(placed("date_trunc('month', report_month) - interval '2 months'")));
    month.required = true;
    let mut year = column("data_year", Kind::Integer);
    year.from = Some(Origin::Expression(placed("extract(year from data_month)")));
    let contract = contract(vec![month, column("report_month", date(&[])), year]);
    let checked = check(&contract, &table("report_month", &["2023-06-15", "2024-01-31", ""]));
    assert_eq!(shown(&checked.accepted), ["2023-04-01|2023-06-15|2023|2", "2023-11-01|2024-01-31|2023|3"]);
    assert_eq!(rejects(&checked.rejected), ["4 data_month.required"]);
}

#[test]
fn a_value_that_no_other_table_knows_breaks_the_reference() {
    let mut contract = contract(vec![column("la", Kind::Text), column("on_day", date(&[]))]);
    let reference = |id: &str, column: &str, severity| Reference {
        id: placed(id), column: placed(column), table: placed("seed.area"), to: placed("code"), severity, message: "the area is not known".into(),
    };
    contract.references = vec![reference("known-area", "la", Severity::RejectRow), reference("known-day", "on_day", Severity::Warn)];
    assert!(matches!(Checker::compile(&contract, References::new()), Err(Error::ReferenceNotLoaded { .. })));
    let mut references = References::new();
    references.add("known-area", ["E06000033", "E10000012"]);
    references.add("known-day", ["2026-01-01"]);
    let checker = Checker::compile(&contract, references).unwrap();
    let batch = table("la|on_day", &["E06000033|2026-01-01", "e06000033|", "|2026-01-02", "E99|"]);
    let checked = checker.check(&bind(&checker, &batch), &batch, &DELIVERY, Keys::Ignore).unwrap();
    assert_eq!(rejects(&checked.rejected), ["3 known-area", "5 known-area"]);
    assert_eq!(checked.warned().map(|count| (count.rule.as_str(), count.first_row)).collect::<Vec<_>>(), [("known-day", 4)]);
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
    let mut check = rule("decided-after-received", "outcom_date >= received", Severity::Warn);
    check.check.place.column = 12;
    check.check.place.length = check.check.value.len() + 2;
    contract.rules = vec![
        check,
        rule("today", "received <= now()", Severity::Warn),
        rule("many", "count(a) > 1", Severity::Warn),
        rule("number", "b + 1", Severity::Warn),
        rule("broken", "b +", Severity::Warn),
    ];
    contract.key = Some(Key { id: "key".into(), columns: vec![placed("outcome_dates")] });
    let found = check_rules(&contract);
    let said: Vec<String> = found.iter().map(|diagnostic| format!("{} {}", diagnostic.message, diagnostic.hint.clone().unwrap_or_default())).collect();
    for part in [
        "column \"a\": its pattern is no regex",
        "column \"b\": its symbol \"-\" stands for \"nought\"",
        "column \"outcome_date\" takes both day/month and month/day",
        "column \"received\": its format \"%Q\"",
        "the key names column \"outcome_dates\", which this contract does not have did you mean \"outcome_date\"?",
        "rule \"decided-after-received\" names column \"outcom_date\", which this contract does not have did you mean \"outcome_date\"?",
        "rule \"today\" uses now",
        "rule \"many\" uses count, which needs more than one row",
        "rule \"number\" is not a yes-or-no question",
        "rule \"broken\" does not plan",
    ] {
        assert!(said.iter().any(|said| said.contains(part)), "{part}\n{said:#?}");
    }
    assert_eq!(found.len(), 10);
    let slip = found.iter().find(|diagnostic| diagnostic.message.contains("outcom_date\"")).unwrap();
    assert_eq!((slip.place.column, slip.place.length), (13, "outcom_date".len()));
    contract.columns.remove(0);
    assert!(matches!(Checker::compile(&contract, References::new()), Err(Error::Contract { .. })));
}

#[test]
fn a_batch_that_was_not_bound_is_refused() {
    let checker = compile(&one(Kind::Text));
    let binding = checker.bind(&["a"]).unwrap();
    let other = table("b", &["1"]);
    assert!(matches!(checker.check(&binding, &other, &DELIVERY, Keys::Ignore), Err(Error::Batch { .. })));
}

#[test]
fn malformed_rows_become_rejects() {
    let rows = [MalformedRow { row: 7, rule: "csv.ragged".into(), reason: "the record has 3 fields".into(), text: "a,\"b".into() }];
    let rejected = reject_malformed(&DELIVERY, &rows).unwrap();
    assert_eq!(rejects(&rejected), ["7 csv.ragged"]);
    assert_eq!(texts(&rejected, "row_values"), [r#"{"line":"a,\"b"}"#]);
}

// Keys.

fn keyed() -> Contract {
    let mut contract = contract(vec![
        column("k", Kind::Text),
        with_symbols(column("n", Kind::Integer), &["x=unavailable", "c=suppressed"]),
        column("other", Kind::Text),
    ]);
    contract.key = Some(Key { id: "key".into(), columns: vec![placed("k"), placed("n")] });
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
        let checked = checker.check(&binding, part, &DELIVERY, Keys::Collect).unwrap();
        early.add(&checked.key_hashes).unwrap();
        index.add(&checker.key_hashes(&binding, part).unwrap()).unwrap();
    }
    let suspects = early.finish();
    let all = index.finish();
    assert!(suspects.len() <= all.len());
    let mut withheld = Withheld::new(1 << 20);
    let mut counts = RuleCounts::default();
    let (mut accepted, mut rejected, mut received) = (Vec::new(), Vec::new(), 0);
    for part in &parts {
        let checked = checker.check(&binding, part, &DELIVERY, Keys::Withhold(&suspects)).unwrap();
        assert_eq!(checked.received, checked.accepted.num_rows() + checked.rejected_rows + checked.withheld_rows());
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
    let rows: std::collections::BTreeSet<&str> = rejected.iter().map(|row| row.split('|').nth(5).unwrap()).collect();
    assert_eq!(received, accepted.len() + settled.duplicates + rows.len());
    File { accepted, rejected, duplicates: settled.duplicates, counts }
}

#[test]
fn a_key_that_comes_twice_is_kept_once_or_rejected_whole() {
    let file = table("k|n|other", &[
        "a|1|p", "b|1|p", "a|1|p", "c|1|p", "c|1|q", "b|2|p", "|x|p", "NULL|x|p", "|x|q", "d|bad|p", "d|bad|p", " a|1.0|p ", "|c|p",
    ]);
    let found = whole_file(&compile(&keyed()), &file, &[100], false);
    assert_eq!(found.accepted, ["a|1|ok|p|2", "b|1|ok|p|3", "b|2|ok|p|7"]);
    assert_eq!(found.duplicates, 2);
    let by_key: Vec<_> = found.rejected.iter().filter(|row| row.contains("|key|")).collect();
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
    index.add(&[hashes[0], hashes[0], hashes[1], hashes[1]]).unwrap();
    let suspects = index.finish();
    let checked = checker.check(&binding, &file, &DELIVERY, Keys::Withhold(&suspects)).unwrap();
    assert_eq!((checked.accepted.num_rows(), checked.withheld_rows()), (0, 2));
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
    let checked = checker.check(&binding, &file, &DELIVERY, Keys::Withhold(&index.finish())).unwrap();
    assert!(matches!(Withheld::new(10).add(checked.withheld.unwrap()), Err(Error::TooManyKeys { limit: 10 })));
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
    contract.rules = vec![rule("ratio", "12 / n > 2", Severity::RejectRow), rule("q-is-small", "other = 'p' or n < 3", Severity::Warn)];
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

    #[test]
    fn no_cell_stops_the_program(cells in prop::collection::vec("\\PC{0,12}", 4), number in "[-+£(),.0-9%eE ]{0,20}") {
        let contract = contract(vec![
            with_symbols(column("a", Kind::Integer), &DFE),
            column("b", Kind::Percentage),
            column("c", Kind::Timestamp { formats: vec!["%+".into(), "%A %j %Y".into()], time_zone: chrono_tz::Europe::London }),
            column("d", codes(&["A", "é"])),
            column("e", Kind::NhsNumber),
        ]);
        let rows = [cells.iter().chain([&number]).map(|cell| Some(cell.as_str())).collect::<Vec<_>>(), vec![Some(number.as_str()); 5]];
        let checked = check(&contract, &batch(&["a", "b", "c", "d", "e"], &rows));
        prop_assert_eq!(checked.accepted.num_rows() + checked.rejected_rows, 2);
    }
}

#[test]
fn an_empty_batch_is_no_trouble() {
    let checked = check(&everything(), &table("k|n|other|day|Other", &[]));
    assert_eq!((checked.received, checked.accepted.num_rows(), checked.rejected.num_rows()), (0, 0, 0));
    let settled = Withheld::new(0).finish(&compile(&everything()), &DELIVERY).unwrap();
    assert_eq!(settled.accepted.num_rows(), 0);
}
