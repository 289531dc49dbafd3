//! An example is a value that a field would take and that nobody can mistake
//! for a person's: NHS numbers begin with 5, which none issued does, and pupils
//! are at a school that no local authority has.

use chrono::{DateTime, Utc};
use jcw_project::{Column, Kind};
use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};
use std::fmt::Write;

/// Tuesday, 17 September 2024, 09:30 UTC.
const MOMENT: i64 = 1_726_565_400;
const NHS_NUMBER: &str = "500 000 0013";
const ULN: &str = "5000000004";
const UPN: &str = "A000000000000";

/// Texts that most patterns of text ask for one of.
const TEXTS: [&str; 8] = [
    "Example",
    "EXAMPLE-1",
    "2024",
    "202425",
    "2024/25",
    "2024-09",
    "2024-25",
    "ZZ99 9ZZ",
];

/// A text that `column` takes.
pub(super) fn of(column: &Column) -> String {
    if let Some(pattern) = &column.pattern {
        return shaped(pattern);
    }
    match &column.kind {
        Kind::Text => text(&column.name).to_owned(),
        Kind::Integer => within(column, 12.0, 0),
        Kind::Decimal { scale } => within(column, 12.5, usize::from(scale.unsigned_abs().min(2))),
        Kind::Percentage => within(column, 12.5, 1),
        Kind::Date { formats } | Kind::Timestamp { formats, .. } => formats
            .iter()
            .find_map(|format| moment(format))
            .unwrap_or_default(),
        Kind::Boolean { yes, no } => yes.first().or(no.first()).cloned().unwrap_or_default(),
        Kind::Code { codes } => codes.keys().next().cloned().unwrap_or_default(),
        Kind::OrganisationCode => "ZZ999".to_owned(),
        Kind::NhsNumber => NHS_NUMBER.to_owned(),
        Kind::Upn => UPN.to_owned(),
        Kind::Uln => ULN.to_owned(),
    }
}

/// A moment, written in a format of dates or of timestamps.
pub(super) fn moment(format: &str) -> Option<String> {
    let moment: DateTime<Utc> = DateTime::from_timestamp(MOMENT, 0)?;
    let mut text = String::new();
    write!(text, "{}", moment.format(format)).ok()?;
    Some(text)
}

fn within(column: &Column, usual: f64, decimals: usize) -> String {
    let least = column.min.unwrap_or(f64::NEG_INFINITY);
    let most = column.max.unwrap_or(f64::INFINITY);
    let number = match usual >= least && usual <= most {
        true => usual,
        false if least.is_finite() => least,
        false => most,
    };
    format!("{number:.decimals$}")
}

fn text(name: &str) -> &'static str {
    match name {
        name if name.contains("postcode") => "ZZ99 9ZZ",
        name if name.ends_with("_id") => "EXAMPLE-1",
        _ => "Example",
    }
}

/// A text that `pattern` takes.
fn shaped(pattern: &str) -> String {
    let whole = Regex::new(&format!("^(?:{pattern})$"));
    let fits = |text: &str| whole.as_ref().is_ok_and(|whole| whole.is_match(text));
    if let Some(text) = TEXTS.into_iter().find(|text| fits(text)) {
        return text.to_owned();
    }
    let mut text = String::new();
    if let Ok(hir) = regex_syntax::parse(pattern) {
        spell(&hir, &mut text);
    }
    text
}

/// The shortest text that a pattern takes, of the first letters it allows.
fn spell(pattern: &Hir, out: &mut String) {
    match pattern.kind() {
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let first = class.ranges().first().map(|range| range.start());
            let plain = "0AaBb".chars().find(|wanted| {
                let mut ranges = class.ranges().iter();
                ranges.any(|range| range.start() <= *wanted && *wanted <= range.end())
            });
            out.extend(plain.or(first));
        }
        HirKind::Class(Class::Bytes(class)) => {
            out.extend(
                class
                    .ranges()
                    .first()
                    .map(|range| char::from(range.start())),
            );
        }
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                spell(&repetition.sub, out);
            }
        }
        HirKind::Capture(capture) => spell(&capture.sub, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| spell(part, out)),
        HirKind::Alternation(parts) => parts.iter().take(1).for_each(|part| spell(part, out)),
        HirKind::Empty | HirKind::Look(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::{is_nhs_number, is_test_nhs_number, is_uln, is_upn};
    use crate::testing::{DELIVERY, batch, column, contract};
    use crate::{Checker, Keys, References};
    use jcw_project::{Draft, Origin, ProcessEnvironment};
    use std::path::Path;

    #[test]
    fn no_number_could_be_a_persons() {
        assert!(is_nhs_number(NHS_NUMBER) && NHS_NUMBER.starts_with('5'));
        assert!(!is_test_nhs_number(NHS_NUMBER));
        assert!(is_upn(UPN) && is_uln(ULN));
    }

    #[test]
    fn a_text_has_the_shape_that_is_asked_for() {
        assert_eq!(shaped(r"\d{4}(\d{2})?"), "2024");
        assert_eq!(shaped(r"\d{3}"), "000");
        assert_eq!(shaped("(CYP|MHS)[0-9]{2}x*"), "CYP00");
        assert_eq!(shaped("[^a]b"), "0b");
    }

    #[test]
    fn a_number_keeps_to_its_limits() {
        let mut column = column("a", Kind::Integer);
        assert_eq!(of(&column), "12");
        column.min = Some(100.0);
        assert_eq!(of(&column), "100");
        (column.min, column.max) = (None, Some(5.0));
        assert_eq!(of(&column), "5");
    }

    #[test]
    fn the_example_of_every_contract_breaks_no_rule_about_one_field() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let project = Draft::read(&root, &ProcessEnvironment).project.unwrap();
        for declared in &project.contracts {
            let shown: Vec<_> = declared
                .columns
                .iter()
                .filter(|column| !matches!(column.from, Some(Origin::Expression(_))))
                .cloned()
                .collect();
            let labels: Vec<&str> = shown.iter().map(|column| column.name.as_str()).collect();
            let values: Vec<String> = shown.iter().map(of).collect();
            let row = values.iter().map(|value| Some(value.as_str())).collect();
            let contract = contract(shown.clone());
            let checker = Checker::compile(&contract, References::new()).unwrap();
            let batch = batch(&labels, &[row]);
            let binding = checker.bind_schema(&batch.schema()).unwrap();
            let checked = checker
                .check(&binding, &batch, &DELIVERY, Keys::Ignore)
                .unwrap();
            assert_eq!(
                checked.counts.len(),
                0,
                "{}: {:?}",
                declared.id.value,
                checked.counts
            );
        }
    }
}
