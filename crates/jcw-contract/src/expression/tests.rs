//! Rules over several columns, and columns made of others.

use crate::testing::*;
use jcw_project::{Kind, Origin, Severity};

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
        rule(
            "in-a-month",
            "to_on <= from_on + interval '1 month'",
            Severity::RejectFile,
        ),
        rule(
            "known",
            "received_status = 'ok' or a = 0",
            Severity::RejectRow,
        ),
    ];
    let checked = check(
        &contract,
        &table(
            "received|a|b|from_on|to_on",
            &[
                "3|1|2|2026-01-31|2026-02-28",
                "4|1|2|2026-01-31|2026-01-30",
                "x|0|2|2026-01-31|",
                "x|1|2|2026-01-31|2026-03-01",
            ],
        ),
    );
    assert_eq!(
        rejects(&checked.rejected),
        ["3 received-is-sum", "5 in-a-month", "5 known"]
    );
    assert_eq!(
        texts(&checked.rejected, "reason")[0],
        "received = a + b does not hold"
    );
    assert_eq!(checked.accepted.num_rows(), 2);
    assert_eq!(
        checked
            .warned()
            .map(|count| (count.rule.as_str(), count.rows))
            .collect::<Vec<_>>(),
        [("in-order", 1)]
    );
    assert_eq!(checked.file_breaches().count(), 1);
}

#[test]
fn a_rule_that_fails_on_one_row_costs_that_row_alone() {
    let mut contract = contract(vec![column("a", Kind::Integer), column("b", Kind::Integer)]);
    contract.rules = vec![rule("ratio", "a / b <= 1", Severity::RejectRow)];
    let checked = check(&contract, &table("a|b", &["1|2", "1|0", "4|2", "2|2"]));
    assert_eq!(rejects(&checked.rejected), ["3 ratio", "4 ratio"]);
    assert_eq!(
        texts(&checked.rejected, "reason")[0],
        "the rule could not be worked out for this row"
    );
    assert_eq!(checked.accepted.num_rows(), 2);
}

#[test]
fn an_expression_makes_a_column_of_the_declared_type() {
    let mut month = column("data_month", date(&[]));
    month.from = Some(Origin::Expression(placed(
        "date_trunc('month', report_month) - interval '2 months'",
    )));
    month.required = true;
    let mut year = column("data_year", Kind::Integer);
    year.from = Some(Origin::Expression(placed("extract(year from data_month)")));
    let contract = contract(vec![month, column("report_month", date(&[])), year]);
    let checked = check(
        &contract,
        &table("report_month", &["2023-06-15", "2024-01-31", ""]),
    );
    assert_eq!(
        shown(&checked.accepted),
        [
            "2023-04-01|2023-06-15|2023|2",
            "2023-11-01|2024-01-31|2023|3"
        ]
    );
    assert_eq!(rejects(&checked.rejected), ["4 data_month.required"]);
}
