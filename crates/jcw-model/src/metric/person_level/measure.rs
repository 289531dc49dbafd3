//! What is taken together in each step of a query, and how.

use super::super::expression::Checked;
use super::Measured;
use arrow::datatypes::DataType;

/// What the rows of a cell are taken together by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// Added up.
    Sum,
    /// Each distinct value counts once, where it is true of one of its rows.
    Distinct,
    /// A percentile of their values; its share.
    Percentile(f64),
}

/// Columns that are taken together step by step.
pub(super) struct Measures {
    /// Name, and SQL over the model's columns.
    pub(super) columns: Vec<(String, String)>,
    /// How rows of the model are taken together.
    pub(super) first: &'static str,
    /// How what was taken together is so again.
    pub(super) later: &'static str,
    /// Whether each row goes on saying what value is counted.
    pub(super) has_key: bool,
    /// The value whose percentile is taken, SQL.
    pub(super) value: String,
}

impl Measures {
    pub(super) fn of(parts: &[&Measured<'_>], way: Way) -> Measures {
        if let Way::Percentile(_) = way {
            let value = parts.first().map(|measured| number(&measured.numerator));
            return Measures {
                columns: vec![("n_0".to_owned(), "1".to_owned())],
                first: "sum",
                later: "sum",
                has_key: true,
                value: value.unwrap_or_default(),
            };
        }
        let mut columns = Vec::new();
        for (nth, measured) in parts.iter().enumerate() {
            columns.push((format!("n_{nth}"), number(&measured.numerator)));
            if let Some(denominator) = &measured.denominator {
                columns.push((format!("d_{nth}"), number(denominator)));
            }
        }
        let is_distinct = matches!(way, Way::Distinct);
        let together = if is_distinct { "max" } else { "sum" };
        Measures {
            columns,
            first: together,
            later: together,
            has_key: is_distinct,
            value: String::new(),
        }
    }

    pub(super) fn names(&self) -> Vec<String> {
        let names = self.columns.iter().map(|(name, _)| name.clone());
        let key = self.has_key.then(|| "counted".to_owned());
        key.into_iter().chain(names).collect()
    }
}

/// True counts one; whole numbers are added as such, whatever their width.
fn number(checked: &Checked) -> String {
    match &checked.found {
        DataType::Boolean => format!("case when ({}) then 1 else 0 end", checked.sql),
        found if found.is_integer() => format!("cast(({}) as bigint)", checked.sql),
        DataType::Null => "cast(null as bigint)".to_owned(),
        _ => format!("({})", checked.sql),
    }
}

/// Rows taken together by `keys`, and by the value that is counted, if any.
pub(super) fn grouped(from: &str, keys: &[String], measures: &Measures, together: &str) -> String {
    let mut keys = keys.to_vec();
    keys.extend(measures.has_key.then(|| "counted".to_owned()));
    let keys = keys.join(", ");
    let columns = measures.columns.iter();
    let columns: Vec<String> = columns
        .map(|(name, _)| format!("{together}({name}) as {name}"))
        .collect();
    format!(
        "select {keys}, {}\n  from {from}\n  group by {keys}",
        columns.join(", ")
    )
}

/// Common table expressions, one after another.
#[derive(Default)]
pub(super) struct Steps {
    named: Vec<(&'static str, String)>,
    pub(super) last: &'static str,
}

impl Steps {
    pub(super) fn add(&mut self, name: &'static str, sql: String) {
        self.named.push((name, sql));
        self.last = name;
    }

    pub(super) fn with(&self) -> String {
        let steps = self.named.iter();
        let steps: Vec<String> = steps
            .map(|(name, sql)| format!("{name} as (\n  {sql}\n)"))
            .collect();
        format!("with {}\n", steps.join(",\n"))
    }
}

pub(super) fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
