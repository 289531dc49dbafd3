//! The gate stands between the contract and the lake: typed rows come in, and go
//! out as rows that name nobody, for the lake, and as what names somebody, for
//! the vault.

use crate::canonical;
use crate::key::{Domain, Key};
use crate::postcode::Postcodes;
use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, RecordBatch, StringArray, StringBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, SchemaRef};
use arrow::error::ArrowError;
use chrono::Datelike as _;
use jcw_project::{
    BIRTH_MONTH_COLUMN, Classification, Contract, EXTRACT_COLUMN, LSOA_COLUMN, PERSON_REF_COLUMN,
    Person, ROW_COLUMN,
};
use std::sync::Arc;

/// Whether rows of a contract hold what must be made pseudonyms of.
pub fn needs_key(contract: &Contract) -> bool {
    let is_local_id =
        |column: &jcw_project::Column| column.classification == Classification::LocalId;
    contract.person.is_some() || contract.columns.iter().any(is_local_id)
}

/// The gate of one contract.
#[derive(Debug)]
pub struct Gate {
    /// `None`: there is nothing to make pseudonyms of.
    key: Option<Key>,
    postcodes: Option<Arc<Postcodes>>,
    /// The partner, within whom what a row says of a person means the same.
    scope: String,
    table: String,
    lake: SchemaRef,
    vault: Option<SchemaRef>,
    local_ids: Vec<String>,
    person: Person,
    /// Columns that tell the rows apart.
    row_key: Vec<String>,
}

/// Rows that went through the gate.
#[derive(Debug)]
pub struct Passed {
    /// By [`Contract::lake_schema`].
    pub lake: RecordBatch,
    /// By [`Contract::vault_schema`], where the rows are about somebody.
    pub vault: Option<RecordBatch>,
}

/// Rows do not pass. No message holds a value of one.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// There is nothing to make pseudonyms with.
    #[error("{table} has columns that only pseudonyms may stand for, and there is no key")]
    NoKey {
        /// The table.
        table: String,
    },
    /// A row lacks a column of its contract, or has it in another type.
    #[error("{table}.{column} is not as the contract has it")]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Arrow does not put rows together.
    #[error("putting together rows of {table}: {error}")]
    Arrow {
        /// The table.
        table: String,
        /// What it says; it speaks of types and lengths.
        #[source]
        error: ArrowError,
    },
}

impl Gate {
    /// A gate for the rows of a contract. `postcodes` may be left out; areas are
    /// not known then.
    ///
    /// # Errors
    /// [`GateError::NoKey`] where there is something to make pseudonyms of and
    /// no key.
    pub fn new(
        contract: &Contract,
        key: Option<&Key>,
        postcodes: Option<Arc<Postcodes>>,
    ) -> Result<Gate, GateError> {
        if key.is_none() && needs_key(contract) {
            return Err(GateError::NoKey {
                table: contract.table(),
            });
        }
        let local_ids = (contract.columns.iter())
            .filter(|column| column.classification == Classification::LocalId)
            .map(|column| column.name.value.clone());
        let row_key = contract.key.iter().flat_map(|key| &key.columns);
        let mut row_key: Vec<String> = row_key.map(|column| column.value.clone()).collect();
        if row_key.is_empty() {
            row_key = vec![EXTRACT_COLUMN.to_owned(), ROW_COLUMN.to_owned()];
        }
        Ok(Gate {
            key: key.cloned(),
            postcodes,
            scope: contract.partner.clone(),
            table: contract.table(),
            lake: contract.lake_schema(),
            vault: contract.vault_schema(),
            local_ids: local_ids.collect(),
            person: contract.person.clone().unwrap_or_default(),
            row_key,
        })
    }

    /// Takes typed rows ([`Contract::table_schema`]) apart.
    ///
    /// # Errors
    /// When they are not as the contract has them.
    pub fn pass(&self, rows: &RecordBatch) -> Result<Passed, GateError> {
        let refs = match &self.vault {
            Some(_) => Some(self.person_refs(rows)?),
            None => None,
        };
        let mut columns = Vec::with_capacity(self.lake.fields().len());
        for field in self.lake.fields() {
            columns.push(match (field.name().as_str(), &refs) {
                (PERSON_REF_COLUMN, Some(refs)) => Arc::clone(refs),
                (BIRTH_MONTH_COLUMN, Some(_)) => self.birth_months(rows)?,
                (LSOA_COLUMN, Some(_)) => self.lsoas(rows)?,
                (name, _) if self.local_ids.iter().any(|column| column == name) => {
                    self.pseudonyms(rows, name)?
                }
                (name, _) => Arc::clone(self.column(rows, name)?),
            });
        }
        let lake = self.batch(&self.lake, columns)?;
        let vault = match (&self.vault, refs) {
            (Some(schema), Some(refs)) => Some(self.vault_rows(rows, schema, &lake, refs)?),
            _ => None,
        };
        Ok(Passed { lake, vault })
    }

    /// The period as the lake has it, what names the person as the partner wrote
    /// it, and where the row came from.
    fn vault_rows(
        &self,
        rows: &RecordBatch,
        schema: &SchemaRef,
        lake: &RecordBatch,
        refs: ArrayRef,
    ) -> Result<RecordBatch, GateError> {
        let roles = self.person.roles();
        let mut columns = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let role = roles.iter().find(|(role, _)| role == field.name());
            columns.push(match (field.name().as_str(), role) {
                (PERSON_REF_COLUMN, _) => Arc::clone(&refs),
                (_, Some((_, Some(column)))) => {
                    let column = self.column(rows, &column.value)?;
                    cast(column, field.data_type()).map_err(|error| self.arrow(error))?
                }
                (name, _) => Arc::clone(self.column(lake, name)?),
            });
        }
        self.batch(schema, columns)
    }

    fn pseudonyms(&self, rows: &RecordBatch, name: &str) -> Result<ArrayRef, GateError> {
        let texts = self.texts(rows, name)?;
        let key = self.key()?;
        let mut pseudonyms = StringBuilder::with_capacity(texts.len(), texts.len() * 26);
        for text in &texts {
            let text = text.filter(|text| !text.trim().is_empty());
            pseudonyms.append_option(text.map(|text| key.local_id(text)));
        }
        Ok(Arc::new(pseudonyms.finish()))
    }

    /// What each row says of its person, made one pseudonym. A row that says too
    /// little to be told from another person's is told by its own key, or two
    /// children of one street would be one.
    fn person_refs(&self, rows: &RecordBatch) -> Result<ArrayRef, GateError> {
        let key = self.key()?;
        let said = Said::read(self, rows)?;
        let mut row_key = Vec::with_capacity(self.row_key.len());
        for column in &self.row_key {
            row_key.push(self.texts(rows, column)?);
        }
        let mut refs = StringBuilder::with_capacity(rows.num_rows(), rows.num_rows() * 26);
        for row in 0..rows.num_rows() {
            let said = said.of(row);
            let mut fields = vec![Some(self.scope.as_bytes())];
            fields.extend(said.iter().map(|value| value.as_deref().map(str::as_bytes)));
            if !names_somebody(&said) {
                fields.push(Some(self.table.as_bytes()));
                let key = row_key.iter().map(|texts| value(texts, row));
                fields.extend(key.map(|text| text.map(str::as_bytes)));
            }
            refs.append_value(key.pseudonym(Domain::PersonRef, fields));
        }
        Ok(Arc::new(refs.finish()))
    }

    fn birth_months(&self, rows: &RecordBatch) -> Result<ArrayRef, GateError> {
        let column = self.role(rows, self.person.birth_date.as_ref())?;
        let column = cast(&column, &DataType::Date32).map_err(|error| self.arrow(error))?;
        let dates = column.as_primitive::<Date32Type>();
        let months: Date32Array = (dates.iter())
            .map(|days| {
                let month = Date32Type::to_naive_date_opt(days?)?.with_day(1)?;
                Some(Date32Type::from_naive_date(month))
            })
            .collect();
        Ok(Arc::new(months))
    }

    fn lsoas(&self, rows: &RecordBatch) -> Result<ArrayRef, GateError> {
        let column = self.role(rows, self.person.postcode.as_ref())?;
        let column = self.as_text(&column)?;
        let lsoas: StringArray = (column.iter())
            .map(|postcode| self.postcodes.as_ref()?.lsoa(postcode?))
            .collect();
        Ok(Arc::new(lsoas))
    }

    fn role(
        &self,
        rows: &RecordBatch,
        column: Option<&jcw_project::Placed<String>>,
    ) -> Result<ArrayRef, GateError> {
        let name = column.map_or("", |column| column.value.as_str());
        self.column(rows, name).cloned()
    }

    fn column<'r>(&self, rows: &'r RecordBatch, name: &str) -> Result<&'r ArrayRef, GateError> {
        rows.column_by_name(name).ok_or_else(|| GateError::Column {
            table: self.table.clone(),
            column: name.to_owned(),
        })
    }

    fn texts(&self, rows: &RecordBatch, name: &str) -> Result<StringArray, GateError> {
        self.as_text(self.column(rows, name)?)
    }

    fn as_text(&self, column: &ArrayRef) -> Result<StringArray, GateError> {
        let texts = cast(column, &DataType::Utf8).map_err(|error| self.arrow(error))?;
        Ok(texts.as_string::<i32>().clone())
    }

    fn batch(&self, schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch, GateError> {
        let mut typed = Vec::with_capacity(columns.len());
        for (field, column) in schema.fields().iter().zip(columns) {
            typed.push(match column.data_type() == field.data_type() {
                true => column,
                false => cast(&column, field.data_type()).map_err(|error| self.arrow(error))?,
            });
        }
        RecordBatch::try_new(Arc::clone(schema), typed).map_err(|error| self.arrow(error))
    }

    fn key(&self) -> Result<&Key, GateError> {
        self.key.as_ref().ok_or_else(|| GateError::NoKey {
            table: self.table.clone(),
        })
    }

    fn arrow(&self, error: ArrowError) -> GateError {
        GateError::Arrow {
            table: self.table.clone(),
            error,
        }
    }
}

/// What rows say of their persons: a column a role.
struct Said {
    roles: Vec<(&'static str, Option<StringArray>)>,
}

/// The places of what is said, after the two names have been taken apart.
const SAID: [&str; 10] = [
    "local_id",
    "nhs_number",
    "nhs_number_status",
    "upn",
    "uln",
    "surname",
    "forename",
    "birth_date",
    "sex",
    "postcode",
];

impl Said {
    fn read(gate: &Gate, rows: &RecordBatch) -> Result<Said, GateError> {
        let mut roles = Vec::new();
        for (role, column) in gate.person.roles() {
            let texts = match column {
                Some(column) => Some(gate.texts(rows, &column.value)?),
                None => None,
            };
            roles.push((role, texts));
        }
        Ok(Said { roles })
    }

    /// The canonical values of a row, in the order of [`SAID`].
    fn of(&self, row: usize) -> [Option<String>; SAID.len()] {
        let mut said = [const { None }; SAID.len()];
        let mut put = |role: &str, value: Option<String>| {
            if let (Some(place), Some(value)) = (SAID.iter().position(|one| *one == role), value) {
                said[place] = Some(value);
            }
        };
        for (role, texts) in &self.roles {
            let Some(text) = texts.as_ref().and_then(|texts| value(texts, row)) else {
                continue;
            };
            match *role {
                "nhs_number" => put(role, canonical::nhs_number(text)),
                "upn" => put(role, canonical::upn(text)),
                "uln" => put(role, canonical::uln(text)),
                "surname" | "forename" => put(role, canonical::name(text)),
                "full_name" => {
                    let (forename, surname) = canonical::full_name(text);
                    put("forename", forename);
                    put("surname", surname);
                }
                "sex" => put(role, canonical::sex(text).map(str::to_owned)),
                "postcode" => put(role, canonical::postcode(text)),
                _ => put(role, canonical::local_id(text)),
            }
        }
        said
    }
}

/// A number of the person's, or a name and a date of birth.
fn names_somebody(said: &[Option<String>; SAID.len()]) -> bool {
    let is_said = |role: &str| {
        let place = SAID.iter().position(|one| *one == role);
        place.is_some_and(|place| said[place].is_some())
    };
    ["local_id", "nhs_number", "upn", "uln"]
        .into_iter()
        .any(is_said)
        || is_said("surname") && is_said("forename") && is_said("birth_date")
}

fn value(texts: &StringArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row))
}

#[cfg(test)]
mod tests;
