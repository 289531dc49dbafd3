//! A rule over the columns of one row, as the partners' specifications have it:
//! how to tell that a row breaks it, and how to make one that does. Told apart
//! from the contracts, so that each can be wrong without the other.

use super::cell;
use crate::writer::record::Record;
use crate::writer::table::Kind;

/// One rule of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// As in `jcw.reject`.
    pub(crate) id: &'static str,
    /// A row that breaks it is rejected, and not merely queried.
    pub(crate) rejects: bool,
    pub(crate) breaks: fn(&Row) -> bool,
    /// Makes a row break it; `false`: not this one.
    pub(crate) plant: fn(&mut Record, &Context) -> bool,
}

impl Rule {
    /// A rule for which a row is rejected.
    pub(crate) const fn new(
        id: &'static str,
        breaks: fn(&Row) -> bool,
        plant: fn(&mut Record, &Context) -> bool,
    ) -> Rule {
        Rule {
            id,
            rejects: true,
            breaks,
            plant,
        }
    }

    /// A rule that only queries a row.
    pub(crate) const fn query(
        id: &'static str,
        breaks: fn(&Row) -> bool,
        plant: fn(&mut Record, &Context) -> bool,
    ) -> Rule {
        Rule {
            id,
            rejects: false,
            breaks,
            plant,
        }
    }
}

/// What a delivery says about all of its rows. Dates are `YYYY-MM-DD`, so that
/// they compare as texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// First day that it is about.
    pub(crate) from: String,
    /// Last day that it is about: census day, end of the month, day of the
    /// extract.
    pub(crate) to: String,
    /// Day on which it was made.
    pub(crate) made: String,
    /// Year of the collection; decides which columns there are.
    pub(crate) year: i32,
    /// Who made it.
    pub(crate) provider: &'static str,
}

/// A row as a contract sees it: cells that are not of their kind are null.
pub(crate) struct Row<'a> {
    pub(crate) record: &'a Record,
    pub(crate) context: &'a Context,
}

impl<'a> Row<'a> {
    /// The value of a column, if it has one.
    pub(crate) fn value(&self, column: &str) -> Option<&'a str> {
        let table = self.record.table;
        let place = table.place(column);
        debug_assert!(place.is_some(), "{} has no column {column}", table.name);
        let place = place?;
        let cell = self.record.cell(place);
        is_of_kind(table.columns[place].kind, cell).then_some(cell)
    }

    /// The column has a value.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.value(column).is_some()
    }

    /// The column's value is this.
    pub(crate) fn is(&self, column: &str, value: &str) -> bool {
        self.value(column) == Some(value)
    }

    /// The column's value is one of these.
    pub(crate) fn is_in(&self, column: &str, values: &[&str]) -> bool {
        self.value(column)
            .is_some_and(|value| values.contains(&value))
    }

    /// Both columns have values and the first is the smaller one.
    pub(crate) fn is_before(&self, column: &str, other: &str) -> bool {
        matches!((self.value(column), self.value(other)), (Some(a), Some(b)) if a < b)
    }

    /// The column has a value that is later than this day.
    pub(crate) fn is_after(&self, column: &str, day: &str) -> bool {
        self.value(column).is_some_and(|value| value > day)
    }

    /// The column has a value that is earlier than this day.
    pub(crate) fn is_earlier(&self, column: &str, day: &str) -> bool {
        self.value(column).is_some_and(|value| value < day)
    }

    /// The column's value as a number.
    pub(crate) fn number(&self, column: &str) -> Option<f64> {
        self.value(column)?.parse().ok()
    }
}

/// What a planted code looks like; no set has it.
pub(crate) const NO_CODE: &str = "#9";

fn is_of_kind(kind: Kind, cell: &str) -> bool {
    if cell.is_empty() {
        return false;
    }
    match kind {
        Kind::Text => true,
        Kind::Integer => cell.parse::<i64>().is_ok(),
        // Contracts keep two digits after the point.
        Kind::Decimal => {
            let digits = cell.split_once('.').map_or(0, |(_, digits)| digits.len());
            digits <= 2 && cell.parse::<f64>().is_ok()
        }
        Kind::Date | Kind::BritishDate | Kind::DateTime => cell::is_real_date(cell),
        Kind::Flag => cell == "1" || cell == "0",
        Kind::Code => cell != NO_CODE,
        Kind::Organisation => cell.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        Kind::NhsNumber => {
            let is_whole = cell::weighted_sum(cell).is_some_and(|sum| sum % 11 == 0);
            is_whole && !cell.starts_with("999")
        }
        Kind::Upn => cell::upn_letter(cell).is_some_and(|letter| cell.starts_with(letter)),
    }
}

/// Puts another text into a cell that is filled; `false`: it is not, or the
/// text is the same.
pub(crate) fn put(record: &mut Record, column: &str, text: Option<String>) -> bool {
    match text {
        Some(text) if !record.get(column).is_empty() && record.get(column) != text => {
            record.set(column, &text);
            true
        }
        _ => false,
    }
}

/// Takes a cell's text away; `false`: it had none.
pub(crate) fn blank(record: &mut Record, column: &str) -> bool {
    put(record, column, Some(String::new()))
}

/// Makes the later of two dates the earlier; `false`: one is blank, or both are
/// the same.
pub(crate) fn swap_dates(record: &mut Record, later: &str, earlier: &str) -> bool {
    let (end, start) = (record.get(later).to_owned(), record.get(earlier).to_owned());
    let can = !end.is_empty() && !start.is_empty() && end > start;
    if can {
        record.set(later, &start);
        record.set(earlier, &end);
    }
    can
}

/// Moves a date by whole years; `false`: there is none.
pub(crate) fn put_moved(record: &mut Record, column: &str, years: i32) -> bool {
    let other = cell::moved(record.get(column), years);
    put(record, column, other)
}
