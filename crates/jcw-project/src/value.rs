//! Readers of single values, handed to [`Fields`](crate::fields::Fields): each
//! takes a node and gives a typed value, or notes what is wrong with it.

use crate::diagnostic::Diagnostic;
use crate::place::Placed;
use crate::suggest;
use crate::yaml::{Node, Scalar, ScalarKind, Value};
use std::str::FromStr;
use std::time::Duration;

type Problems = Vec<Diagnostic>;

fn wrong(
    node: &Node,
    problems: &mut Problems,
    message: impl Into<String>,
    hint: impl Into<String>,
) {
    problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
}

fn scalar<'n>(node: &'n Node, expected: &str, problems: &mut Problems) -> Option<&'n Scalar> {
    match &node.value {
        Value::Scalar(scalar) => Some(scalar),
        _ => {
            wrong(
                node,
                problems,
                format!("this must be {expected}, and it is {}", node.kind()),
                "write one value",
            );
            None
        }
    }
}

/// Words for a reader, or SQL: text, not blank.
pub(crate) fn placed_text(node: &Node, problems: &mut Problems) -> Option<Placed<String>> {
    let scalar = scalar(node, "a text", problems)?;
    if scalar.kind != ScalarKind::Text {
        let hint = format!(
            "put it in quotes if it is meant as text: \"{}\"",
            scalar.written
        );
        wrong(
            node,
            problems,
            format!("this must be a text, and it is {}", node.kind()),
            hint,
        );
        return None;
    }
    if scalar.text.trim().is_empty() {
        wrong(
            node,
            problems,
            "this text is blank",
            "write what it should say, or take the key out",
        );
        return None;
    }
    Some(Placed::new(
        scalar.text.trim_end().to_owned(),
        node.place.clone(),
    ))
}

/// Words for a reader.
pub(crate) fn text(node: &Node, problems: &mut Problems) -> Option<String> {
    Some(placed_text(node, problems)?.value.trim().to_owned())
}

/// A code or a label as it is written: `01`, `Y`, `2025`, `true`; may be blank.
pub(crate) fn placed_word(node: &Node, problems: &mut Problems) -> Option<Placed<String>> {
    let scalar = scalar(node, "a word", problems)?;
    if scalar.kind == ScalarKind::Null {
        let hint = format!("put it in quotes: \"{}\"", scalar.written);
        wrong(node, problems, "YAML takes this for nothing at all", hint);
        return None;
    }
    Some(Placed::new(scalar.text.clone(), node.place.clone()))
}

/// A code or a label as it is written.
pub(crate) fn word(node: &Node, problems: &mut Problems) -> Option<String> {
    Some(placed_word(node, problems)?.value)
}

/// A name SQL can use without quotes: lower-case letters, digits, underscores.
pub(crate) fn name(node: &Node, problems: &mut Problems) -> Option<Placed<String>> {
    let name = placed_word(node, problems)?;
    if !is_name(&name) {
        let message = format!("\"{}\" cannot be a name here", written(node));
        wrong(node, problems, message, NAME_HINT);
        return None;
    }
    Some(name)
}

/// What [`is_name`] asks, for a hint.
pub(crate) const NAME_HINT: &str =
    "use lower-case letters, digits and underscores, and begin with a letter";

/// Whether SQL can use `name` without quotes.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The text as the file has it: expanded variables are never quoted.
fn written(node: &Node) -> &str {
    match &node.value {
        Value::Scalar(scalar) => &scalar.written,
        _ => "",
    }
}

/// `true` or `false`.
pub(crate) fn boolean(node: &Node, problems: &mut Problems) -> Option<bool> {
    let scalar = scalar(node, "true or false", problems)?;
    match scalar.kind {
        ScalarKind::Boolean(value) => Some(value),
        _ => parsed(
            node,
            scalar,
            problems,
            "true or false",
            "write true or false",
        ),
    }
}

/// A whole number, not negative.
pub(crate) fn count<T: TryFrom<i64> + FromStr>(node: &Node, problems: &mut Problems) -> Option<T> {
    let expected = "a whole number, 0 or more";
    let scalar = scalar(node, expected, problems)?;
    if let ScalarKind::Integer(value) = scalar.kind
        && let Ok(value) = T::try_from(value)
    {
        return Some(value);
    }
    parsed(node, scalar, problems, expected, "write digits only")
}

/// A number.
pub(crate) fn number(node: &Node, problems: &mut Problems) -> Option<f64> {
    let scalar = scalar(node, "a number", problems)?;
    match scalar.kind {
        ScalarKind::Integer(value) => Some(value as f64),
        ScalarKind::Float(value) if value.is_finite() => Some(value),
        _ => parsed(
            node,
            scalar,
            problems,
            "a number",
            "write digits, with a point for decimals",
        ),
    }
}

/// A value that an environment variable brought in is text to YAML: it is
/// read here. Any other text is a wrong type.
fn parsed<T: FromStr>(
    node: &Node,
    scalar: &Scalar,
    problems: &mut Problems,
    expected: &str,
    hint: &str,
) -> Option<T> {
    let expanded = scalar.kind == ScalarKind::Text && scalar.text != scalar.written;
    let value = if expanded {
        scalar.text.trim().parse().ok()
    } else {
        None
    };
    if value.is_none() {
        wrong(
            node,
            problems,
            format!("this must be {expected}, and it is {}", node.kind()),
            hint,
        );
    }
    value
}

/// Each item of a list, by `read`. Items that cannot be read are noted and left out.
pub(crate) fn list<T>(
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> impl FnOnce(&Node, &mut Problems) -> Option<Vec<T>> {
    move |node, problems| match &node.value {
        Value::List(items) => Some(
            items
                .iter()
                .filter_map(|item| read(item, problems))
                .collect(),
        ),
        _ => {
            let hint = "write `[one, another]`, or one `- item` a line";
            wrong(
                node,
                problems,
                format!("this must be a list, and it is {}", node.kind()),
                hint,
            );
            None
        }
    }
}

/// A list with at least one item.
pub(crate) fn filled<T>(
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> impl FnOnce(&Node, &mut Problems) -> Option<Vec<T>> {
    move |node, problems| {
        if matches!(&node.value, Value::List(items) if items.is_empty()) {
            wrong(
                node,
                problems,
                "this list is empty",
                "write at least one item",
            );
            return None;
        }
        list(read)(node, problems)
    }
}

/// Each value of a mapping, by `read`, with its key.
pub(crate) fn map<T>(
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> impl FnOnce(&Node, &mut Problems) -> Option<Vec<(String, T)>> {
    move |node, problems| match &node.value {
        Value::Map(entries) => {
            let read = |entry: &crate::yaml::Entry| {
                Some((entry.key.clone(), read(&entry.value, problems)?))
            };
            Some(entries.iter().filter_map(read).collect())
        }
        _ => {
            let hint = "write `{key: value}`, or one `key: value` a line";
            wrong(
                node,
                problems,
                format!("this must be a mapping, and it is {}", node.kind()),
                hint,
            );
            None
        }
    }
}

/// One of a few words.
pub(crate) fn choice<T: Copy>(
    choices: &'static [(&'static str, T)],
) -> impl Fn(&Node, &mut Problems) -> Option<T> {
    move |node, problems| {
        let text = word(node, problems)?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let names = choices.iter().map(|(name, _)| *name);
        let hint = suggest::hint(written(node), "choices", names);
        wrong(
            node,
            problems,
            format!("\"{}\" is not one of the choices here", written(node)),
            hint,
        );
        None
    }
}

/// A regular expression that compiles.
pub(crate) fn regex(node: &Node, problems: &mut Problems) -> Option<Placed<String>> {
    let text = placed_text(node, problems)?;
    match regex::Regex::new(&text) {
        Ok(_) => Some(text),
        Err(error) => {
            // The library draws the expression too; the excerpt does that here.
            let error = error.to_string();
            let why = error
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            let hint = "in YAML put a regular expression in single quotes; there a backslash stands for itself";
            wrong(
                node,
                problems,
                format!("this regular expression does not compile: {why}"),
                hint,
            );
            None
        }
    }
}

/// An IANA time zone: `Europe/London`.
pub(crate) fn time_zone(node: &Node, problems: &mut Problems) -> Option<chrono_tz::Tz> {
    let text = text(node, problems)?;
    if let Ok(zone) = text.parse() {
        return Some(zone);
    }
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let hint = match suggest::did_you_mean(written(node), names) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "write an IANA name such as Europe/London".into(),
    };
    wrong(
        node,
        problems,
        format!("there is no time zone \"{}\"", written(node)),
        hint,
    );
    None
}

/// Bytes: `2 GiB`, `500 KiB`, `4096 B`.
pub(crate) fn size(node: &Node, problems: &mut Problems) -> Option<u64> {
    let units = [
        ("B", 1),
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
    ];
    measured(
        node,
        &units,
        problems,
        "a size",
        "write a number and B, KiB, MiB or GiB: 2 GiB",
    )
}

/// A span of time: `2 s`, `5 m`, `1 h`.
pub(crate) fn duration(node: &Node, problems: &mut Problems) -> Option<Duration> {
    let units = [("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    let milliseconds = measured(
        node,
        &units,
        problems,
        "a span of time",
        "write a number and s, m or h: 2 s",
    )?;
    Some(Duration::from_millis(milliseconds))
}

/// Whole days: `1 day`, `400 days`.
pub(crate) fn days(node: &Node, problems: &mut Problems) -> Option<u64> {
    measured(
        node,
        &[("day", 1), ("days", 1)],
        problems,
        "a time to keep something",
        "write a number of days: 400 days",
    )
}

/// A number and a unit, as a whole number of the smallest unit.
fn measured(
    node: &Node,
    units: &[(&str, u64)],
    problems: &mut Problems,
    what: &str,
    hint: &str,
) -> Option<u64> {
    let text = word(node, problems)?;
    let text = text.trim();
    let split = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (amount, unit) = text.split_at(split);
    let factor = units
        .iter()
        .find(|(name, _)| *name == unit)
        .map(|(_, factor)| *factor);
    let amount = amount
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|amount| *amount >= 0.0);
    match (amount, factor) {
        (Some(amount), Some(factor)) => Some((amount * factor as f64).round() as u64),
        _ => {
            wrong(
                node,
                problems,
                format!("\"{}\" is not {what}", written(node)),
                hint,
            );
            None
        }
    }
}
