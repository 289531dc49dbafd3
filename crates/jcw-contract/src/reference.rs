//! A reference is a promise that a value exists in another table. The known
//! values are loaded before the file is checked; null refers to nothing and
//! breaks no promise.

use crate::breach::{Breaches, RuleBook, RuleEntry, RuleNumber};
use crate::error::Error;
use crate::lookup::Lookup;
use crate::text;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use jcw_project::Contract;
use std::collections::HashMap;

/// Known values by the id of the reference, as text, exact. Dates are
/// `YYYY-MM-DD`.
#[derive(Debug, Default)]
pub struct References {
    values: HashMap<String, Vec<String>>,
}

impl References {
    /// None known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The values that exist for one reference. A second call adds to the first.
    pub fn add(
        &mut self,
        id: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) {
        let known = self.values.entry(id.into()).or_default();
        known.extend(values.into_iter().map(Into::into));
    }

    pub(crate) fn compile(
        mut self,
        contract: &Contract,
        book: &mut RuleBook,
        place_of: impl Fn(&str) -> Result<usize, Error>,
    ) -> Result<Vec<ReferenceReader>, Error> {
        let mut readers = Vec::new();
        for reference in &contract.references {
            let id = reference.id.value.as_str();
            let mut values = self
                .values
                .remove(id)
                .ok_or_else(|| Error::ReferenceNotLoaded {
                    contract: contract.id.value.clone(),
                    reference: id.to_owned(),
                    table: reference.table.value.clone(),
                })?;
            values.sort_unstable();
            values.dedup();
            readers.push(ReferenceReader {
                rule: book.add(RuleEntry {
                    id: id.to_owned(),
                    column: Some(reference.columns[0].value.clone()),
                    severity: reference.severity,
                    reason: reference.message.clone(),
                }),
                place: place_of(&reference.columns[0])?,
                known: Lookup::exact(values.iter().map(|value| text::trim(value))),
            });
        }
        Ok(readers)
    }
}

/// One reference, ready to look values up.
#[derive(Debug)]
pub(crate) struct ReferenceReader {
    rule: RuleNumber,
    place: usize,
    known: Lookup,
}

impl ReferenceReader {
    /// Place of the column in the typed table.
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    pub(crate) fn check(
        &self,
        column: &ArrayRef,
        breaches: &mut Breaches,
    ) -> Result<(), ArrowError> {
        let text = cast(column, &DataType::Utf8)?;
        let text = text.as_string::<i32>();
        for row in 0..text.len() {
            if text.is_valid(row) && self.known.find(text.value(row)).is_none() {
                breaches.add(row, self.rule, None);
            }
        }
        Ok(())
    }
}
