//! A planting is one way to spoil a record: one cell so that it is not what its
//! column allows, several so that a rule is broken, or the whole row twice.

use super::rule::{Context, NO_CODE};
use super::{Broken, cell};
use crate::writer::record::Record;
use crate::writer::table::{Column, Kind, Reference, Table};
use std::borrow::Cow;

/// One way to spoil a record of a table.
#[derive(Debug, Clone)]
pub(crate) struct Planting {
    /// The rule of a single column or of the key that it breaks. Rules over
    /// several columns are found out from what the record then is.
    pub(crate) broken: Option<Broken>,
    pub(crate) how: How,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    /// The column's cell becomes what this makes of it and of chance.
    Cell(&'static str, fn(&str, u64) -> Option<String>),
    /// The column's cell, if it is not blank, becomes this text.
    Text(&'static str, &'static str),
    /// Whatever this does; `false`: it could do nothing.
    Rule(fn(&mut Record, &Context) -> bool),
    /// The row belongs to one that is not there.
    Orphan(&'static Reference),
    /// The row stands twice, the second time with this column changed.
    Twin(&'static str),
    /// The row stands twice, which is no fault.
    Copy,
}

impl Planting {
    /// Changes the record; `false`: it has not what this needs.
    pub(crate) fn plant(&self, record: &mut Record, context: &Context, bits: u64) -> bool {
        match self.how {
            How::Cell(column, spoil) => {
                let text = record.get(column);
                match spoil(text, bits) {
                    Some(other) if !text.is_empty() && other != text => {
                        record.set(column, &other);
                        true
                    }
                    _ => false,
                }
            }
            How::Text(column, other) => {
                let is_filled = !record.get(column).is_empty();
                if is_filled {
                    record.set(column, other);
                }
                is_filled
            }
            How::Rule(spoil) => spoil(record, context),
            How::Orphan(reference) => {
                let Some((column, _)) = reference.columns.first() else {
                    return false;
                };
                let is_filled = !record.get(column).is_empty();
                if is_filled {
                    record.set(column, &format!("X{:07}", bits % 10_000_000));
                }
                is_filled
            }
            How::Twin(column) => {
                // Both must be right but for their key, or one of them would
                // be rejected for something else and the other let in.
                let is_right = |record: &Record| {
                    let broken = super::broken_rules(record, context);
                    !broken.iter().any(|broken| broken.rejects)
                };
                is_right(&cell::twin(record, column, &context.to))
            }
            How::Copy => true,
        }
    }

    /// The row stands twice.
    pub(crate) fn repeats(&self) -> bool {
        matches!(self.how, How::Twin(_) | How::Copy)
    }
}

/// Every way to spoil a record of this table.
pub(crate) fn plantings(table: &'static Table) -> Vec<Planting> {
    let mut all: Vec<Planting> = table.columns.iter().flat_map(of_column).collect();
    let mut add = |broken: Option<Broken>, how| all.push(Planting { broken, how });
    for rule in table.rules {
        add(None, How::Rule(rule.plant));
    }
    for reference in table.references.iter().filter(|known| known.is_shown) {
        add(None, How::Orphan(reference));
    }
    if let Some(column) = table.twin {
        let key = Broken {
            rule: Cow::Borrowed(table.key),
            rejects: true,
        };
        add(Some(key), How::Twin(column));
        add(None, How::Copy);
    }
    all
}

/// What can be wrong with any cell of a column's kind.
fn of_column(column: &'static Column) -> Vec<Planting> {
    let name = column.name;
    if column.is_safe {
        return Vec::new();
    }
    let mut all = Vec::new();
    let mut add = |what: &str, how: How| {
        all.push(Planting {
            broken: Some(Broken {
                rule: Cow::Owned(format!("{name}.{what}")),
                rejects: !column.is_queried,
            }),
            how,
        });
    };
    if column.is_required {
        add("required", How::Text(name, ""));
    }
    if let Some(bad) = column.out_of_range {
        add("range", How::Text(name, bad));
    }
    if let Some(bad) = column.misshapen {
        add("pattern", How::Text(name, bad));
    }
    match column.kind {
        Kind::Text => {}
        Kind::Integer => add("type", How::Cell(name, |text, _| Some(format!("{text}O")))),
        Kind::Decimal => {
            add("type", How::Cell(name, |text, _| Some(format!("{text}O"))));
            add("scale", How::Cell(name, |text, _| more_digits(text)));
        }
        Kind::Date => {
            add(
                "type",
                How::Cell(name, |text, bits| match bits % 2 {
                    0 => cell::by_slashes(text),
                    _ => cell::no_such_day(text),
                }),
            );
        }
        Kind::BritishDate | Kind::DateTime => {
            add("type", How::Cell(name, |text, _| cell::no_such_day(text)));
        }
        Kind::Flag => add("type", How::Text(name, "maybe")),
        Kind::Code => add("code", How::Text(name, NO_CODE)),
        Kind::Organisation => {
            add("type", How::Cell(name, |text, _| Some(format!("{text}-"))));
        }
        Kind::NhsNumber => {
            add(
                "type",
                How::Cell(name, |text, _| cell::other_last_digit(text)),
            );
            add(
                "type",
                How::Cell(name, |text, _| cell::learner_number(text)),
            );
            add(
                "test-number",
                How::Cell(name, |text, _| cell::test_number(text)),
            );
        }
        Kind::Upn => add(
            "type",
            How::Cell(name, |text, _| cell::other_first_letter(text)),
        ),
    }
    all
}

/// More digits after the point than anybody keeps.
fn more_digits(text: &str) -> Option<String> {
    let point = if text.contains('.') { "" } else { "." };
    Some(format!("{text}{point}123456"))
}
