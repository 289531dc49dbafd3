//! A reference is a promise that a value exists in another table. The known
//! values are loaded before the file is checked; a row in which one of the
//! reference's columns is null refers to nothing and breaks no promise.

use crate::breach::{Breaches, RuleBook, RuleEntry, RuleNumber};
use crate::error::Error;
use crate::known_values::KnownValues;
use crate::text;
use arrow::array::ArrayRef;
use arrow::error::ArrowError;
use jcw_project::Contract;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Known values by the id of the reference.
#[derive(Debug, Default)]
pub struct References {
    values: HashMap<String, KnownValues>,
}

impl References {
    /// None known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The texts that exist for one reference to one column, exact; dates are
    /// `YYYY-MM-DD`. A second call adds to the first.
    pub fn add(
        &mut self,
        id: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) {
        let texts: Vec<String> = values.into_iter().map(Into::into).collect();
        let texts = texts.iter().map(|value| text::trim(value));
        self.add_known(id, KnownValues::of_texts(texts));
    }

    /// The keys that exist for one reference, in the order of its columns. A
    /// second call adds to the first.
    pub fn add_known(&mut self, id: impl Into<String>, known: KnownValues) {
        match self.values.entry(id.into()) {
            Entry::Vacant(free) => {
                free.insert(known);
            }
            Entry::Occupied(mut taken) => taken.get_mut().merge(known),
        }
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
            let known = self
                .values
                .remove(id)
                .ok_or_else(|| Error::ReferenceNotLoaded {
                    contract: contract.id.value.clone(),
                    reference: id.to_owned(),
                    table: reference.table.value.clone(),
                })?;
            let column = match reference.columns.as_slice() {
                [only] => Some(only.value.clone()),
                _ => None,
            };
            readers.push(ReferenceReader {
                rule: book.add(RuleEntry {
                    id: id.to_owned(),
                    column,
                    severity: reference.severity,
                    reason: reference.message.clone(),
                }),
                places: (reference.columns.iter())
                    .map(|column| place_of(column))
                    .collect::<Result<_, _>>()?,
                known,
            });
        }
        Ok(readers)
    }
}

/// One reference, ready to look values up.
#[derive(Debug)]
pub(crate) struct ReferenceReader {
    rule: RuleNumber,
    /// Places of its columns in the typed table.
    places: Vec<usize>,
    known: KnownValues,
}

impl ReferenceReader {
    pub(crate) fn check(
        &self,
        table: &[ArrayRef],
        breaches: &mut Breaches,
    ) -> Result<(), ArrowError> {
        let columns: Vec<ArrayRef> = (self.places.iter())
            .map(|place| table[*place].clone())
            .collect();
        for (row, is_unknown) in self.known.are_unknown(&columns)?.enumerate() {
            if is_unknown {
                breaches.add(row, self.rule, None);
            }
        }
        Ok(())
    }
}
