//! A checker is a contract made ready to judge rows. It is made once for a
//! contract, shared by threads, and keeps nothing between batches, so that the
//! same row is always judged alike, whatever stands around it.

mod checked;
mod judge;

use crate::bind::{self, Binding, FileFault, labels_of};
use crate::breach::{Breaches, RuleBook, RuleEntry, RuleNumber};
use crate::column::ColumnReader;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::expression::{Expression, Planner};
use crate::key::{Keys, hash_rows};
use crate::reference::{ReferenceReader, References};
use crate::reject::SourceRows;
use crate::table::TypedLayout;
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
pub use checked::Checked;
use jcw_project::{Contract, Origin, ROW_COLUMN, Severity};

/// A compiled contract.
#[derive(Debug)]
pub struct Checker {
    contract: Contract,
    table_schema: SchemaRef,
    /// Declared columns with their status columns, all nullable: what
    /// expressions see.
    typed_schema: SchemaRef,
    book: RuleBook,
    columns: Vec<ColumnReader>,
    /// Place of each declared column in the table.
    places: Vec<usize>,
    computed: Vec<Computed>,
    rules: Vec<(RuleNumber, Expression)>,
    references: Vec<ReferenceReader>,
    twin_rule: RuleNumber,
    /// Places in the table of the key's columns.
    key: Vec<usize>,
}

/// A column made by an expression.
#[derive(Debug)]
struct Computed {
    column: usize,
    rule: RuleNumber,
    expression: Expression,
    /// Fields of the typed table as far as it is made by then.
    schema: SchemaRef,
}

impl Checker {
    /// Compiles a contract. `references` holds the known values of every
    /// reference that the contract declares.
    ///
    /// # Errors
    /// [`Error::Contract`] when something declared cannot be carried out (which
    /// [`check_rules`](crate::check_rules) would have said with its place),
    /// [`Error::ReferenceNotLoaded`] when values are missing.
    pub fn compile(contract: &Contract, references: References) -> Result<Checker, Error> {
        let broken = |problem: String| Error::Contract {
            contract: contract.id.value.clone(),
            problem,
        };
        let mut book = RuleBook::default();
        let mut columns = Vec::new();
        for column in &contract.columns {
            let reader = ColumnReader::compile(column, contract.layout.format, &mut book).map_err(
                |problem| broken(format!("column \"{}\": {problem}", column.name.value)),
            )?;
            columns.push(reader);
        }
        let twin_rule = book.add(RuleEntry {
            id: "duplicate-header".to_owned(),
            column: None,
            severity: Severity::RejectRow,
            reason: "columns of the same label hold different text in this row".to_owned(),
        });
        let layout = TypedLayout::of(contract);
        let planner = Planner::new();
        let mut computed = Vec::new();
        for (position, column) in contract.columns.iter().enumerate() {
            let Some(Origin::Expression(sql)) = &column.from else {
                continue;
            };
            let schema = layout.visible_to(contract, position);
            let data_type = column.kind.data_type();
            let name = &column.name.value;
            computed.push(Computed {
                column: position,
                rule: book.add_for(
                    name,
                    "expression",
                    column.severity,
                    "could not be worked out from the other columns of the row",
                ),
                expression: planner
                    .plan_value(sql, &schema, &data_type)
                    .map_err(|problem| {
                        broken(format!(
                            "the expression of column \"{name}\" {}",
                            problem.message
                        ))
                    })?,
                schema,
            });
        }
        let mut rules = Vec::new();
        for rule in &contract.rules {
            let number = book.add(RuleEntry {
                id: rule.id.value.clone(),
                column: None,
                severity: rule.severity,
                reason: rule.message.clone(),
            });
            let expression =
                planner
                    .plan_check(&rule.check, &layout.schema)
                    .map_err(|problem| {
                        broken(format!("rule \"{}\" {}", rule.id.value, problem.message))
                    })?;
            rules.push((number, expression));
        }
        let place_of = |name: &str| {
            (contract
                .columns
                .iter()
                .position(|column| column.name.value == name))
            .map(|column| layout.places[column])
            .ok_or_else(|| broken(format!("there is no column \"{name}\"")))
        };
        let references = references.compile(contract, &mut book, place_of)?;
        let key = match &contract.key {
            None => Vec::new(),
            Some(key) => key
                .columns
                .iter()
                .map(|name| place_of(name))
                .collect::<Result<_, _>>()?,
        };
        Ok(Checker {
            contract: contract.clone(),
            table_schema: contract.table_schema(),
            typed_schema: layout.schema,
            book,
            columns,
            places: layout.places,
            computed,
            rules,
            references,
            twin_rule,
            key,
        })
    }

    /// The contract compiled.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// The schema of accepted rows.
    pub fn table_schema(&self) -> SchemaRef {
        self.table_schema.clone()
    }

    /// Finds the contract's columns among a file's labels (without `_row`).
    ///
    /// # Errors
    /// All that is wrong with the header, at once. Nothing of the file may load.
    pub fn bind(&self, labels: &[&str]) -> Result<Binding, Vec<FileFault>> {
        bind::bind(&self.contract, labels)
    }

    /// As [`bind`](Self::bind), with the labels of a text batch.
    ///
    /// # Errors
    /// As `bind`.
    pub fn bind_schema(&self, schema: &Schema) -> Result<Binding, Vec<FileFault>> {
        self.bind(&labels_of(schema))
    }

    /// Judges every row of a text batch.
    ///
    /// # Errors
    /// [`Error::Batch`] when the batch is not what was bound,
    /// [`Error::Arrow`] when Arrow fails.
    pub fn check(
        &self,
        binding: &Binding,
        batch: &RecordBatch,
        delivery: &Delivery,
        keys: Keys,
    ) -> Result<Checked, Error> {
        let source = self.source_rows(binding, batch)?;
        self.judge(binding, batch.num_rows(), &source, delivery, keys)
            .map_err(|error| self.arrow_error(error))
    }

    /// Which of the labels bound the key is read from, by place: the others may
    /// be null in a batch for [`key_hashes`](Self::key_hashes).
    pub fn key_labels(&self, binding: &Binding) -> Vec<bool> {
        let mut is_read = vec![self.computes_key(); binding.labels.len()];
        for (column, place) in binding.columns.iter().enumerate() {
            if let Some(place) = place
                && self.is_key(column)
            {
                is_read[*place] = true;
            }
        }
        is_read
    }

    /// Hashes of the keys of all rows, rejected ones too, reading no more
    /// columns than the key needs. Empty when the contract has no key.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn key_hashes(&self, binding: &Binding, batch: &RecordBatch) -> Result<Vec<u64>, Error> {
        if self.key.is_empty() {
            return Ok(Vec::new());
        }
        let source = self.source_rows(binding, batch)?;
        let rows = batch.num_rows();
        let mut breaches = Breaches::new(&self.book);
        let needs_all = self.computes_key();
        let table = self
            .typed(binding, rows, &source, &mut breaches, |column| {
                needs_all || self.is_key(column)
            })
            .map_err(|error| self.arrow_error(error))?;
        self.hash_keys(&table, rows)
            .map_err(|error| self.arrow_error(error))
    }

    /// Whether a column of the key is made by an expression.
    fn computes_key(&self) -> bool {
        self.computed
            .iter()
            .any(|computed| self.is_key(computed.column))
    }

    fn is_key(&self, column: usize) -> bool {
        self.key.contains(&self.places[column])
    }

    fn hash_keys(&self, table: &[ArrayRef], rows: usize) -> Result<Vec<u64>, ArrowError> {
        let columns: Vec<ArrayRef> = self.key.iter().map(|place| table[*place].clone()).collect();
        hash_rows(&columns, rows).map_err(|error| ArrowError::ExternalError(Box::new(error)))
    }

    fn source_rows<'a>(
        &self,
        binding: &'a Binding,
        batch: &'a RecordBatch,
    ) -> Result<SourceRows<'a>, Error> {
        let broken = |problem: &str| Error::Batch {
            contract: self.contract.id.value.clone(),
            problem: problem.to_owned(),
        };
        let schema = batch.schema_ref();
        if labels_of(schema) != binding.labels {
            return Err(broken(
                "a batch has other columns than those that were bound; bind again when the header changes",
            ));
        }
        let mut cells = Vec::with_capacity(binding.labels.len());
        let mut rows = None;
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            if field.name() == ROW_COLUMN {
                rows = column.as_primitive_opt::<Int64Type>();
            } else {
                let text = column.as_string_view_opt();
                cells.push(
                    text.ok_or_else(|| broken("a column of the batch is not text (Utf8View)"))?,
                );
            }
        }
        let rows = rows.ok_or_else(|| broken("the batch has no column _row of type Int64"))?;
        Ok(SourceRows {
            labels: &binding.json_labels,
            cells,
            rows: rows.values(),
        })
    }

    pub(crate) fn key_rule(&self) -> &str {
        self.contract
            .key
            .as_ref()
            .map_or("key", |key| key.id.as_str())
    }

    pub(crate) fn key_names(&self) -> Vec<&str> {
        self.key
            .iter()
            .map(|place| self.typed_schema.field(*place).name().as_str())
            .collect()
    }

    /// The key's columns of accepted rows.
    pub(crate) fn key_columns(&self, rows: &RecordBatch) -> Vec<ArrayRef> {
        self.key
            .iter()
            .map(|place| rows.column(*place).clone())
            .collect()
    }

    /// The declared columns of accepted rows, status columns included.
    pub(crate) fn declared_columns(&self, rows: &RecordBatch) -> Vec<ArrayRef> {
        rows.columns()[..self.typed_schema.fields().len()].to_vec()
    }

    pub(crate) fn arrow_error(&self, source: ArrowError) -> Error {
        Error::Arrow {
            contract: self.contract.id.value.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod bad_inputs;
#[cfg(test)]
mod cells;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod timing;
