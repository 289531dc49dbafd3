//! Reads the columns of a contract.

use super::{Setting, codes, symbols};
use crate::contract::{Classification, Column, Kind, Origin, Severity};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::Placed;
use crate::value::{
    boolean, choice, count, filled, list, map, name, number, placed_text, regex, text, time_zone,
    word,
};
use crate::yaml::{Node, Value};
use chrono::format::{Item, StrftimeItems};
use std::collections::BTreeMap;

pub(crate) const SEVERITIES: [(&str, Severity); 3] = [
    ("reject_row", Severity::RejectRow),
    ("reject_file", Severity::RejectFile),
    ("warn", Severity::Warn),
];

const CLASSIFICATIONS: [(&str, Classification); 5] = [
    ("open", Classification::Open),
    ("quasi", Classification::Quasi),
    ("sensitive", Classification::Sensitive),
    ("local_id", Classification::LocalId),
    ("identifier", Classification::Identifier),
];

/// The types by name; what else they need is read beside them.
const TYPES: [(&str, Type); 12] = [
    ("text", Type::Text),
    ("integer", Type::Integer),
    ("decimal", Type::Decimal),
    ("percentage", Type::Percentage),
    ("date", Type::Date),
    ("timestamp", Type::Timestamp),
    ("boolean", Type::Boolean),
    ("code", Type::Code),
    ("organisation_code", Type::OrganisationCode),
    ("nhs_number", Type::NhsNumber),
    ("upn", Type::Upn),
    ("uln", Type::Uln),
];

#[derive(Clone, Copy, PartialEq)]
enum Type {
    Text,
    Integer,
    Decimal,
    Percentage,
    Date,
    Timestamp,
    Boolean,
    Code,
    OrganisationCode,
    NhsNumber,
    Upn,
    Uln,
}

/// The names that a contract's columns have, also those of columns in which
/// something else is wrong, so that nobody is told that they do not exist.
pub(crate) struct Declared {
    pub(crate) names: Vec<Placed<String>>,
    /// `false`: there is a column whose name could not be read.
    pub(crate) whole: bool,
}

/// The columns that one item declares: one with `name`, several alike with
/// `names`.
pub(crate) fn read(
    node: &Node,
    setting: &Setting<'_>,
    declared: &mut Declared,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<Column>> {
    let whole = std::mem::replace(&mut declared.whole, false);
    let mut fields = Fields::of("a column", node, problems)?;
    let names = if fields.entry("names").is_some() {
        fields.forbid("name", "`names` stands for it");
        fields.forbid(
            "aliases",
            "columns declared together have none; declare them one by one",
        );
        fields.optional("names", filled(name))
    } else {
        fields.required("name", name).map(|name| vec![name])
    };
    declared.names.extend(names.iter().flatten().cloned());
    declared.whole = whole && names.is_some();

    let kind = kind(&mut fields, setting);
    let aliases = fields.optional("aliases", list(word)).unwrap_or_default();
    let optional = fields.optional("optional", boolean).unwrap_or(false);
    let required = fields.optional("required", boolean).unwrap_or(false);
    let read_symbols = |node: &Node, problems: &mut _| {
        symbols::of_column(node, setting.symbols.as_ref(), problems)
    };
    let symbols = fields.optional("symbols", read_symbols).unwrap_or_default();
    let min = fields.optional("min", number);
    let max = fields.optional("max", number);
    let pattern = fields.optional("pattern", regex);
    let from = fields.optional("from", origin);
    let fill_down = fields.optional("fill_down", boolean).unwrap_or(false);
    let severity = fields
        .optional("severity", choice(&SEVERITIES))
        .unwrap_or_default();
    let classification = fields
        .optional("classification", choice(&CLASSIFICATIONS))
        .unwrap_or_default();
    let description = fields.optional("description", text).unwrap_or_default();

    let mut wrong = |key: &'static str, message: &str, hint: &str| {
        if let Some(entry) = fields.entry(key) {
            let place = entry.value.place.clone();
            fields
                .problems()
                .push(Diagnostic::error(place, message).hint(hint));
        }
    };
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        wrong(
            "max",
            "the largest value is below the smallest",
            "swap `min` and `max`",
        );
    }
    if optional && required {
        let hint = "take out `required` if a file may leave the column out, else `optional`";
        wrong(
            "optional",
            "a column cannot be both optional and required",
            hint,
        );
    }
    fields.finish();

    let (names, kind) = (names?, kind?);
    let column = |name: Placed<String>| Column {
        place: name.place.clone(),
        from: from.clone().map(|from| of_same_name(from, &name)),
        name,
        kind: kind.clone(),
        aliases: aliases.clone(),
        optional,
        required,
        symbols: symbols.clone(),
        min,
        max,
        pattern: pattern.clone(),
        fill_down,
        severity,
        classification,
        description: description.clone(),
    };
    Some(names.into_iter().map(column).collect())
}

/// The type, and what belongs to that type alone.
fn kind(fields: &mut Fields<'_, '_>, setting: &Setting<'_>) -> Option<Kind> {
    let Some(kind) = fields.required("type", choice(&TYPES)) else {
        // What they mean hangs on the type; nobody can say that they are wrong.
        for key in ["scale", "formats", "time_zone", "yes", "no", "codes"] {
            fields.entry(key);
        }
        return None;
    };
    let is_number = matches!(kind, Type::Integer | Type::Decimal | Type::Percentage);
    let belongs = [
        ("min", is_number, "only numbers have it"),
        ("max", is_number, "only numbers have it"),
        ("scale", kind == Type::Decimal, "only a decimal has it"),
        (
            "formats",
            matches!(kind, Type::Date | Type::Timestamp),
            "only dates and timestamps have it",
        ),
        (
            "time_zone",
            kind == Type::Timestamp,
            "only a timestamp has it",
        ),
        ("yes", kind == Type::Boolean, "only a boolean has it"),
        ("no", kind == Type::Boolean, "only a boolean has it"),
        ("codes", kind == Type::Code, "only a code has it"),
    ];
    for (key, does, because) in belongs {
        if !does {
            fields.forbid(key, because);
        }
    }
    Some(match kind {
        Type::Text => Kind::Text,
        Type::Integer => Kind::Integer,
        Type::Decimal => Kind::Decimal {
            scale: fields.optional("scale", scale).unwrap_or(2),
        },
        Type::Percentage => Kind::Percentage,
        Type::Date => Kind::Date {
            formats: fields
                .optional("formats", filled(date_format))
                .unwrap_or_else(|| vec!["%Y-%m-%d".into()]),
        },
        Type::Timestamp => Kind::Timestamp {
            formats: fields
                .optional("formats", filled(date_format))
                .unwrap_or_else(|| vec!["%+".into()]),
            time_zone: fields
                .optional("time_zone", time_zone)
                .unwrap_or(setting.time_zone),
        },
        Type::Boolean => Kind::Boolean {
            yes: fields
                .optional("yes", list(word))
                .unwrap_or_else(|| words(&["yes", "y", "true", "1"])),
            no: fields
                .optional("no", list(word))
                .unwrap_or_else(|| words(&["no", "n", "false", "0"])),
        },
        Type::Code => Kind::Code {
            codes: fields.required("codes", |node, problems| {
                codes::of_column(node, setting.codes.as_ref(), problems)
            })?,
        },
        Type::OrganisationCode => Kind::OrganisationCode,
        Type::NhsNumber => Kind::NhsNumber,
        Type::Upn => Kind::Upn,
        Type::Uln => Kind::Uln,
    })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn scale(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<i8> {
    let scale: i8 = count(node, problems)?;
    if scale > 18 {
        let message = "a decimal keeps at most 18 digits after the point";
        problems.push(Diagnostic::error(node.place.clone(), message));
        return None;
    }
    Some(scale)
}

fn date_format(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let format = text(node, problems)?;
    if StrftimeItems::new(&format).any(|item| item == Item::Error) {
        let message = "this is not a date format";
        let hint = "use %Y year, %m month, %d day, %H hour, %M minute, %S second: '%d/%m/%Y'";
        problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
        return None;
    }
    Some(format)
}

/// `row_number`, `sheet`, `header`, or a mapping with one key that says where
/// to look. Of a `header` that names no column, [`of_same_name`] knows the name.
fn origin(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Origin> {
    if matches!(node.value, Value::Scalar(_)) {
        let word = choice(&[("row_number", 'r'), ("sheet", 's'), ("header", 'h')])(node, problems)?;
        return Some(match word {
            'r' => Origin::RowNumber,
            's' => Origin::Sheet(BTreeMap::new()),
            _ => Origin::Header {
                column: Placed::new(String::new(), node.place.clone()),
                value: None,
            },
        });
    }
    let mut fields = Fields::of("an origin", node, problems)?;
    let file_name = fields
        .optional("file_name", with_capture)
        .map(Origin::FileName);
    let sheet = fields
        .optional("sheet", map(word))
        .map(|names| Origin::Sheet(names.into_iter().collect()));
    let header = fields
        .optional("header", name)
        .map(|column| Origin::Header {
            column,
            value: None,
        });
    let expression = fields
        .optional("expression", placed_text)
        .map(Origin::Expression);
    let found = [file_name, sheet, header, expression];
    if found.iter().flatten().count() > 1 {
        let place = fields.place();
        let message = "a value comes from one place, and this names several";
        fields.problems().push(
            Diagnostic::error(place, message)
                .hint("keep one of file_name, sheet, header, expression"),
        );
    }
    fields.finish();
    found.into_iter().flatten().next()
}

/// `from: header` takes the column that is called like the one it stands in.
fn of_same_name(from: Origin, name: &Placed<String>) -> Origin {
    match from {
        Origin::Header { column, value } if column.is_empty() => Origin::Header {
            column: Placed::new(name.value.clone(), column.place),
            value,
        },
        from => from,
    }
}

fn with_capture(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Placed<String>> {
    let pattern = regex(node, problems)?;
    let captures = regex::Regex::new(&pattern).map_or(0, |regex| regex.captures_len());
    if captures < 2 {
        let message = "this regular expression captures nothing";
        let hint = "put what the column takes in brackets named like it: `(?<month>\\d{4}-\\d{2})`";
        problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
        return None;
    }
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{problems_when, project};

    const FILE: &str = "schemas/council/requests.yaml";
    const AREA: &str = "{name: area, type: text, required: true}";

    fn told_of(column: &str) -> Vec<String> {
        problems_when(FILE, AREA, column)
    }

    #[test]
    fn the_example_is_read() {
        let columns = project(&[]).contracts.remove(0).columns;
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "time_period",
                "area",
                "received",
                "refused",
                "month",
                "is_open",
                "band",
                "rate"
            ]
        );
        assert_eq!(columns[3].place.column, 23);
        assert_eq!(
            columns[5].kind,
            Kind::Boolean {
                yes: words(&["Y", "1", "true"]),
                no: words(&["N", "0", "false"])
            }
        );
        assert_eq!(columns[7].kind, Kind::Decimal { scale: 4 });
        assert!(
            matches!(&columns[6].from, Some(Origin::Sheet(names)) if names["Table 4"] == "total")
        );
    }

    #[test]
    fn a_type_brings_its_own_keys_and_no_others() {
        assert_eq!(
            told_of("{name: area, type: txt, required: true, codes: [a]}"),
            [
                "schemas/council/requests.yaml:8:24: \"txt\" is not one of the choices here; did you mean \"text\"?"
            ]
        );
        assert_eq!(
            told_of("{name: area, type: text, required: true, min: 3}"),
            [
                "schemas/council/requests.yaml:8:46: the key \"min\" has no meaning here: only numbers have it; take it out"
            ]
        );
        assert_eq!(
            told_of("{name: area, type: code, required: true}"),
            [
                "schemas/council/requests.yaml:8:6: a column needs the key \"codes\"; add a line `codes: ...`"
            ]
        );
        assert_eq!(
            told_of("{name: area, type: date, formats: ['%Q']}"),
            [
                "schemas/council/requests.yaml:8:41: this is not a date format; use %Y year, %m month, %d day, %H hour, %M minute, %S second: '%d/%m/%Y'"
            ]
        );
    }

    #[test]
    fn regular_expressions_compile_and_capture() {
        let told = told_of("{name: area, type: text, pattern: '(a'}");
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("schemas/council/requests.yaml:8:40: this regular expression does not compile: unclosed group"), "{told:?}");
        let told = told_of("{name: area, type: text, from: {file_name: 'a'}}");
        assert!(
            told[0].starts_with(
                "schemas/council/requests.yaml:8:49: this regular expression captures nothing"
            ),
            "{told:?}"
        );
    }

    #[test]
    fn contradictions_are_told() {
        assert_eq!(
            told_of("{name: area, type: integer, optional: true, required: true, min: 3, max: 2}"),
            [
                "schemas/council/requests.yaml:8:43: a column cannot be both optional and required; take out `required` if a file may leave the column out, else `optional`",
                "schemas/council/requests.yaml:8:78: the largest value is below the smallest; swap `min` and `max`",
            ]
        );
        assert_eq!(
            told_of("{name: area, type: text, from: {sheet: {a: b}, expression: x}}"),
            [
                "schemas/council/requests.yaml:8:37: a value comes from one place, and this names several; keep one of file_name, sheet, header, expression"
            ]
        );
        assert_eq!(
            told_of("{name: area, type: text, from: row_numbr}"),
            [
                "schemas/council/requests.yaml:8:36: \"row_numbr\" is not one of the choices here; did you mean \"row_number\"?"
            ]
        );
    }
}
