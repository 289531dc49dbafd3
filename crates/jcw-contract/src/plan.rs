//! A contract's rules can be tried with no file and no lake: what would stop a
//! file at night is said when the contract is written.

use crate::breach::RuleBook;
use crate::column::ColumnReader;
use crate::expression::{Planner, Problem};
use crate::table::TypedLayout;
use jcw_project::{Contract, Diagnostic, Kind, Origin, Place, Placed};

/// Everything wrong with what a contract's columns and rules say: formats,
/// patterns, symbols, SQL that does not plan.
pub fn check_rules(contract: &Contract) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for column in &contract.columns {
        let name = &column.name.value;
        if let Err(problem) =
            ColumnReader::compile(column, contract.layout.format, &mut RuleBook::default())
        {
            found.push(Diagnostic::error(
                column.place.clone(),
                format!("column \"{name}\": {problem}"),
            ));
        }
        if let Kind::Date { formats } | Kind::Timestamp { formats, .. } = &column.kind
            && has_two_orders(formats)
        {
            let message = format!(
                "column \"{name}\" takes both day/month and month/day, so that 03/04/2026 could be either; the first format wins"
            );
            found.push(
                Diagnostic::warning(column.place.clone(), message)
                    .hint("declare one of the two; another file layout deserves its own contract"),
            );
        }
    }
    check_expressions(contract, &mut found);
    found
}

fn check_expressions(contract: &Contract, found: &mut Vec<Diagnostic>) {
    let has_expressions = contract
        .columns
        .iter()
        .any(|column| matches!(column.from, Some(Origin::Expression(_))));
    if contract.rules.is_empty() && !has_expressions {
        return;
    }
    let layout = TypedLayout::of(contract);
    let planner = Planner::new();
    for (position, column) in contract.columns.iter().enumerate() {
        if let Some(Origin::Expression(sql)) = &column.from {
            let visible = layout.visible_to(contract, position);
            if let Err(problem) = planner.plan_value(sql, &visible, &column.kind.data_type()) {
                let of = format!("the expression of column \"{}\"", column.name.value);
                found.push(diagnostic(&of, sql, problem));
            }
        }
    }
    for rule in &contract.rules {
        if let Err(problem) = planner.plan_check(&rule.check, &layout.schema) {
            found.push(diagnostic(
                &format!("rule \"{}\"", rule.id.value),
                &rule.check,
                problem,
            ));
        }
    }
}

/// Whether some text could be read by one format as day/month and by another as
/// month/day.
fn has_two_orders(formats: &[String]) -> bool {
    let orders: Vec<_> = (formats.iter())
        .filter_map(|format| crate::date::Format::compile(format)?.day_order())
        .collect();
    orders.iter().any(|(day_first, alike)| {
        orders
            .iter()
            .any(|(other_first, other)| day_first != other_first && alike == other)
    })
}

fn diagnostic(of: &str, sql: &Placed<String>, problem: Problem) -> Diagnostic {
    let place = match &problem.name {
        Some(name) => place_within(sql, name),
        None => sql.place.clone(),
    };
    let diagnostic = Diagnostic::error(place, format!("{of} {}", problem.message));
    match problem.hint {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// The place of a name within SQL that stands in one line just as it is read:
/// plain, or in quotes with nothing escaped.
fn place_within(sql: &Placed<String>, name: &str) -> Place {
    let length = sql.value.chars().count();
    let quote = match sql.place.length.checked_sub(length) {
        Some(0) if !sql.value.contains('\n') => 0,
        Some(2) if !sql.value.contains('\n') => 1,
        _ => return sql.place.clone(),
    };
    match find_word(&sql.value, name) {
        None => sql.place.clone(),
        Some(at) => Place {
            column: sql.place.column + quote + sql.value[..at].chars().count(),
            length: name.chars().count().max(1),
            ..sql.place.clone()
        },
    }
}

/// Where `word` stands alone in `sql`, in any case; a byte offset.
fn find_word(sql: &str, word: &str) -> Option<usize> {
    let (sql, word) = (sql.to_ascii_lowercase(), word.to_ascii_lowercase());
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    sql.match_indices(&word)
        .map(|(at, _)| at)
        .find(|at| !sql[..*at].ends_with(is_part) && !sql[at + word.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{column, contract, placed, rule};
    use crate::{Checker, References};
    use jcw_project::{Draft, Level, ProcessEnvironment, Severity};
    use std::path::Path;

    #[test]
    fn the_contracts_of_this_project_hold_what_they_promise() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let project = Draft::read(&root, &ProcessEnvironment).project.unwrap();
        assert!(!project.contracts.is_empty());
        let seeds = project.seeds.iter().map(|seed| &seed.contract);
        for contract in project.contracts.iter().chain(seeds) {
            let errors: Vec<_> = check_rules(contract)
                .into_iter()
                .filter(|found| found.level == Level::Error)
                .collect();
            assert!(errors.is_empty(), "{errors:#?}");
            let mut references = References::new();
            for reference in &contract.references {
                references.add(reference.id.value.clone(), [""; 0]);
            }
            Checker::compile(contract, references).unwrap();
        }
    }

    #[test]
    fn a_name_is_pointed_at_only_where_it_is_sure_to_stand() {
        let sql = |value: &str, length: usize| {
            let mut sql = placed(value);
            (sql.place.column, sql.place.length) = (10, length);
            sql
        };
        let at = |sql: &Placed<String>, name: &str| {
            let place = place_within(sql, name);
            (place.column, place.length)
        };
        assert_eq!(at(&sql("ab = b", 6), "b"), (15, 1));
        assert_eq!(at(&sql("ab = b", 8), "b"), (16, 1));
        assert_eq!(at(&sql("ab = b", 9), "b"), (10, 9));
        assert_eq!(at(&sql("ab = b", 6), "c"), (10, 6));
    }

    #[test]
    fn rules_may_use_what_sql_usually_has() {
        let mut contract = contract(vec![
            column("a", Kind::Decimal { scale: 2 }),
            column("b", Kind::Decimal { scale: 4 }),
            column(
                "on_day",
                Kind::Date {
                    formats: Vec::new(),
                },
            ),
            column("t", Kind::Text),
        ]);
        contract.rules = [
            "abs(a / 60 - b) <= 0.01",
            "round(a) = a",
            "regexp_like(t, '^[0-9]{3}$') = (a is not null)",
            "on_day between date '2020-01-01' and date '2030-01-01' - interval '1 month'",
            "extract(year from on_day) = 2024 or lower(trim(t)) in ('a', 'b')",
            "case when a = 0 then true else b / a < 2 end",
            "coalesce(a, 0) + 1 > 0",
        ]
        .iter()
        .enumerate()
        .map(|(number, sql)| rule(&number.to_string(), sql, Severity::Warn))
        .collect();
        assert_eq!(check_rules(&contract), []);
    }

    #[test]
    fn is_distinct_from_stands_in_brackets() {
        let mut contract = contract(vec![column("a", Kind::Text), column("b", Kind::Text)]);
        for (sql, is_clear) in [
            ("a is distinct from 'OTH' or b is not null", false),
            ("(a is distinct from 'OTH') or b is not null", true),
            ("b is not null or a is distinct from 'OTH'", true),
        ] {
            contract.rules = vec![rule("r", sql, Severity::Warn)];
            assert_eq!(check_rules(&contract).is_empty(), is_clear, "{sql}");
        }
    }
}
