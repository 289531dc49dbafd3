//! A symbol is a text that stands for something other than a value: `x`, `c`,
//! `..`, ` - `. It must never become 0 or a silent null, so a column with
//! symbols has a status for every row.
//!
//! A symbol is the trimmed text exactly, case and all: `x` is not `X`. A text
//! that is nearly a symbol is no value either and is rejected, never guessed.

use crate::lookup::Lookup;
use crate::text;
use arrow::array::{ArrayRef, StringArray, StringBuilder};
use jcw_project::{STATUS_MISSING, STATUS_OK, Symbol};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The status of a cell whose text is neither a value nor a symbol, in a column
/// whose faults only warn.
pub const STATUS_INVALID: &str = "invalid";

/// Place of a status among those of its column.
pub(crate) type StatusNumber = u16;
pub(crate) const OK: StatusNumber = 0;
pub(crate) const MISSING: StatusNumber = 1;
pub(crate) const INVALID: StatusNumber = 2;

/// The symbols of one column.
#[derive(Debug, Clone)]
pub(crate) struct Symbols {
    texts: Lookup,
    meanings: Vec<(StatusNumber, Option<String>)>,
    statuses: Vec<String>,
    /// Whether any symbol begins with a byte: most cells are done with here.
    begins: [bool; 256],
    has_blank: bool,
}

impl Symbols {
    /// `None`: the column has none.
    pub(crate) fn new(symbols: &BTreeMap<String, Symbol>) -> Option<Symbols> {
        if symbols.is_empty() {
            return None;
        }
        let mut statuses: Vec<String> = [STATUS_OK, STATUS_MISSING, STATUS_INVALID]
            .map(str::to_owned)
            .into();
        let mut meanings = Vec::new();
        for symbol in symbols.values() {
            let number = statuses.iter().position(|status| *status == symbol.status);
            let number = number.unwrap_or_else(|| {
                statuses.push(symbol.status.clone());
                statuses.len() - 1
            });
            let value = symbol
                .value
                .as_deref()
                .map(|value| text::trim(value).to_owned());
            meanings.push((number as StatusNumber, value));
        }
        let texts = Lookup::exact(symbols.keys().map(|symbol| text::trim(symbol)));
        let mut begins = [false; 256];
        for place in 0..texts.len() {
            if let Some(first) = texts.entry(place).as_bytes().first() {
                begins[*first as usize] = true;
            }
        }
        Some(Symbols {
            has_blank: texts.find("").is_some(),
            texts,
            meanings,
            statuses,
            begins,
        })
    }

    /// The status that a trimmed cell stands for, and the value if it has one.
    #[inline]
    pub(crate) fn find(&self, cell: &str) -> Option<(StatusNumber, Option<&str>)> {
        let may_be = match cell.as_bytes().first() {
            Some(first) => self.begins[*first as usize],
            None => self.has_blank,
        };
        if !may_be {
            return None;
        }
        let (status, value) = &self.meanings[self.texts.find(cell)?];
        Some((*status, value.as_deref()))
    }

    /// The status column.
    pub(crate) fn status_array(&self, numbers: &[StatusNumber]) -> ArrayRef {
        match numbers.first() {
            Some(first) if numbers.iter().all(|number| number == first) => {
                repeated(&self.statuses[*first as usize], numbers.len())
            }
            _ => {
                let mut array = StringBuilder::with_capacity(numbers.len(), numbers.len() * 4);
                for number in numbers {
                    array.append_value(&self.statuses[*number as usize]);
                }
                Arc::new(array.finish())
            }
        }
    }
}

/// A column that holds one text in every row.
pub(crate) fn repeated(text: &str, rows: usize) -> ArrayRef {
    Arc::new(StringArray::new_repeated(text, rows))
}
