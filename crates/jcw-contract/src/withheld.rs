//! Withheld rows are those whose key may not be theirs alone. Once the whole
//! file is read they are judged together, exactly:
//!
//! - a key that only one row has: the row is accepted;
//! - rows that are the same in every declared column: the first is accepted,
//!   the others are duplicates;
//! - rows that differ: all are rejected, as nobody can say which is right.

use crate::breach::RuleEntry;
use crate::checker::Checker;
use crate::delivery::Delivery;
use crate::error::Error;
use crate::reject::Rejects;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt64Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use arrow::row::{RowConverter, Rows, SortField};
use jcw_project::{ROW_COLUMN, Severity};

/// Withheld rows of one batch.
#[derive(Debug, Clone)]
pub struct WithheldRows {
    /// The rows as they would be accepted.
    pub(crate) rows: RecordBatch,
    /// The rows as they came, in JSON.
    pub(crate) values: StringArray,
    pub(crate) sheet: Option<String>,
}

impl WithheldRows {
    /// How many.
    pub fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// All withheld rows of a file.
#[derive(Debug)]
pub struct Withheld {
    parts: Vec<WithheldRows>,
    bytes: usize,
    limit: usize,
}

/// What became of the withheld rows.
#[derive(Debug, Clone)]
pub struct Settled {
    /// In the schema of the source table, by sheet and row.
    pub accepted: RecordBatch,
    /// In [`reject_schema`](crate::reject_schema), by sheet and row.
    pub rejected: RecordBatch,
    /// Rows rejected.
    pub rejected_rows: usize,
    /// Rows that said the same as an accepted one.
    pub duplicates: usize,
}

impl Withheld {
    /// Keeps rows up to `limit` bytes in all.
    pub fn new(limit: usize) -> Self {
        Withheld {
            parts: Vec::new(),
            bytes: 0,
            limit,
        }
    }

    /// Adds the withheld rows of one batch, in any order.
    ///
    /// # Errors
    /// [`Error::TooManyKeys`] past the limit.
    pub fn add(&mut self, part: WithheldRows) -> Result<(), Error> {
        if part.is_empty() {
            return Ok(());
        }
        self.bytes += part.rows.get_array_memory_size() + part.values.get_array_memory_size();
        if self.bytes > self.limit {
            return Err(Error::TooManyKeys { limit: self.limit });
        }
        self.parts.push(part);
        Ok(())
    }

    /// Judges the rows. `delivery.sheet` is not looked at: every row knows its own.
    ///
    /// # Errors
    /// [`Error::Arrow`] when the rows cannot be put together.
    pub fn finish(self, checker: &Checker, delivery: &Delivery) -> Result<Settled, Error> {
        self.judge(checker, delivery)
            .map_err(|source| checker.arrow_error(source))
    }

    fn judge(self, checker: &Checker, delivery: &Delivery) -> Result<Settled, ArrowError> {
        let schema = checker.table_schema();
        let rows = concat_batches(&schema, self.parts.iter().map(|part| &part.rows))?;
        let origins = Origins::new(&self.parts, &rows)?;
        let keys = comparable(checker.key_columns(&rows))?;
        let whole = comparable(checker.declared_columns(&rows))?;

        let mut order: Vec<usize> = (0..rows.num_rows()).collect();
        order.sort_by(|a, b| {
            (keys.row(*a).cmp(&keys.row(*b)))
                .then_with(|| origins.place(*a).cmp(&origins.place(*b)))
                .then_with(|| whole.row(*a).cmp(&whole.row(*b)))
        });
        let mut accepted = Vec::new();
        let mut rejected = Vec::new();
        let mut duplicates = 0;
        for group in order.chunk_by(|a, b| keys.row(*a) == keys.row(*b)) {
            let first = group[0];
            if group.iter().all(|row| whole.row(*row) == whole.row(first)) {
                accepted.push(first);
                duplicates += group.len() - 1;
            } else {
                let reason = reason(checker, group, &origins);
                rejected.extend(group.iter().map(|row| (*row, reason.clone())));
            }
        }
        accepted.sort_by_key(|row| origins.place(*row));
        rejected.sort_by(|a, b| {
            (origins.place(a.0).cmp(&origins.place(b.0)))
                .then_with(|| whole.row(a.0).cmp(&whole.row(b.0)))
        });

        let rule = RuleEntry {
            id: checker.key_rule().to_owned(),
            column: None,
            severity: Severity::RejectRow,
            reason: String::new(),
        };
        let mut rejects = Rejects::new(None);
        for (row, reason) in &rejected {
            let (sheet, number) = origins.place(*row);
            rejects.set_sheet(sheet);
            rejects.push(number, &rule, reason, origins.values(*row));
        }
        let accepted = UInt64Array::from_iter_values(accepted.into_iter().map(|row| row as u64));
        Ok(Settled {
            accepted: take_record_batch(&rows, &accepted)?,
            rejected: rejects.finish(delivery)?,
            rejected_rows: rejected.len(),
            duplicates,
        })
    }
}

/// `the file gives time_period, la_code of this row 3 times with other values: rows 4, 9, 12`
fn reason(checker: &Checker, group: &[usize], origins: &Origins) -> String {
    const MOST: usize = 5;
    let rows: Vec<String> = (group.iter().take(MOST))
        .map(|row| match origins.place(*row) {
            (Some(sheet), row) => format!("{row} of sheet {sheet}"),
            (None, row) => row.to_string(),
        })
        .collect();
    let more = if group.len() > MOST {
        " and others"
    } else {
        ""
    };
    format!(
        "{} rows of the file have the same {} but differ elsewhere: rows {}{more}",
        group.len(),
        checker.key_names().join(", "),
        rows.join(", "),
    )
}

/// Where each withheld row stood, and how it came.
struct Origins<'a> {
    rows: &'a [i64],
    parts: &'a [WithheldRows],
    /// For each row its part and its place therein.
    places: Vec<(usize, usize)>,
}

impl<'a> Origins<'a> {
    fn new(parts: &'a [WithheldRows], rows: &'a RecordBatch) -> Result<Self, ArrowError> {
        let column = rows.schema().index_of(ROW_COLUMN)?;
        let places = (parts.iter().enumerate())
            .flat_map(|(part, rows)| (0..rows.len()).map(move |row| (part, row)))
            .collect();
        Ok(Origins {
            rows: rows.column(column).as_primitive::<Int64Type>().values(),
            parts,
            places,
        })
    }

    fn place(&self, row: usize) -> (Option<&'a str>, i64) {
        (
            self.parts[self.places[row].0].sheet.as_deref(),
            self.rows[row],
        )
    }

    fn values(&self, row: usize) -> &'a str {
        let (part, row) = self.places[row];
        self.parts[part].values.value(row)
    }
}

/// Rows that compare as bytes; nulls are equal.
fn comparable(columns: Vec<ArrayRef>) -> Result<Rows, ArrowError> {
    let fields = columns
        .iter()
        .map(|column| SortField::new(column.data_type().clone()))
        .collect();
    RowConverter::new(fields)?.convert_columns(&columns)
}

#[cfg(test)]
mod tests;
