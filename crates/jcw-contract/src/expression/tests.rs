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

/// The answers of one expression over `s` (text), `n` (whole number), `a` and
/// `b` (dates), `d` (decimal) and `t` (timestamp).
fn answers(sql: &str, rows: &[&str]) -> Vec<String> {
    let kind = Kind::Text;
    let mut answer = column("answer", kind);
    answer.from = Some(Origin::Expression(placed(sql)));
    let contract = contract(vec![
        column("s", Kind::Text),
        column("n", Kind::Integer),
        column("a", date(&[])),
        column("b", date(&[])),
        column("d", Kind::Decimal { scale: 2 }),
        answer,
    ]);
    let checked = check(&contract, &table("s|n|a|b|d", rows));
    assert_eq!(
        texts(&checked.rejected, "reason"),
        [""; 0],
        "{sql} in {rows:?}"
    );
    texts(&checked.accepted, "answer")
}

#[test]
fn what_rules_need_of_sql_is_there() {
    let row = "B801200005001|3|2024-02-29|2024-04-11|12.50";
    for (sql, answer) in [
        ("coalesce(null, s)", "B801200005001"),
        ("nullif(n, 3)", "NULL"),
        ("regexp_like(s, '^[A-Z][0-9]{12}$')", "true"),
        ("regexp_replace(s, '[0-9]+', '-')", "B-"),
        ("substr(s, 2, 3)", "801"),
        ("left(s, 1) || '-' || right(s, 3)", "B-001"),
        ("upper(trim(lower(s)))", "B801200005001"),
        ("length(s)", "13"),
        ("strpos(s, '801')", "2"),
        ("split_part('a:b', ':', 2)", "b"),
        ("lpad(cast(n as varchar), 3, '0')", "003"),
        ("s like 'B%'", "true"),
        ("s in ('A', 'B801200005001')", "true"),
        ("n in (1, 2)", "false"),
        ("n between 1 and 3", "true"),
        ("case when n > 2 then 'many' else 'few' end", "many"),
        ("cast(substr(s, 2, 3) as bigint) + n", "804"),
        ("try_cast(s as bigint) is null", "true"),
        ("'R1L' || ':' || n", "R1L:3"),
        ("concat('R1L', ':', n)", "R1L:3"),
        ("concat_ws(':', 'R1L', s)", "R1L:B801200005001"),
        ("a <= b and not (b < a)", "true"),
        ("b <= a + interval '6 weeks'", "true"),
        ("b <= a + interval '41 days'", "false"),
        ("b - a <= 42", "true"),
        ("b - a", "42"),
        ("a + 42 = b", "true"),
        ("date_part('year', a)", "2024"),
        ("extract(month from b)", "4"),
        ("date_trunc('month', b) = date '2024-04-01'", "true"),
        ("make_date(2024, 8, 31) > a", "true"),
        ("a is distinct from b", "true"),
        ("round(d / 5, 1)", "2.5"),
        ("is_upn(s)", "true"),
        ("upn_check_letter(s) = left(s, 1)", "true"),
        ("is_temporary_upn(s)", "false"),
        ("is_nhs_number('401 023 2137')", "true"),
        ("is_test_nhs_number('9434765919')", "true"),
        ("is_uln('9276308686') and not is_uln(s)", "true"),
        ("is_postcode('SS11 7XX')", "true"),
        ("is_upn(null) is null", "true"),
        ("is_uln(n)", "false"),
        ("'x' || null is null", "true"),
        ("concat('x', null)", "x"),
        (
            "(null is not distinct from null) and n is not distinct from 3",
            "true",
        ),
    ] {
        assert_eq!(answers(sql, &[row]), [answer], "{sql}");
    }
}

/// The form that documents and contracts use for it.
#[test]
fn age_in_years_at_31_august_is_a_subtraction_and_a_comparison() {
    let sql = "n - date_part('year', a) - case when date_part('month', a) > 8 then 1 else 0 end";
    let ages = answers(
        sql,
        &[
            "|2024|2010-08-31||",
            "|2024|2010-09-01||",
            "|2024|2008-02-29||",
            "|2024|2024-09-30||",
            "|2024|||",
        ],
    );
    assert_eq!(ages, ["14", "13", "16", "-1", "NULL"]);
}

#[test]
fn functions_answer_for_each_row() {
    assert_eq!(
        answers(
            "upn_check_letter(s)",
            &["Q207000016049||||", "||||", "UN1||||", "L88212341900A||||"]
        ),
        ["P", "NULL", "NULL", "L"]
    );
}
