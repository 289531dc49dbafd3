//! Reading a part, as any file is read.

use super::part::{EXTRA_COLUMNS, part_columns};
use super::{RECORD_ID, XmlPart};
use crate::columns::{Columns, added_columns};
use crate::header::Header;
use crate::plan::Plan;
use crate::read_error::ReadError;
use crate::reader::{Malformed, Piece, Reader, Rows};
use crate::tally::{Summary, Tally, Warning};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringViewArray,
};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use arrow::ipc::reader::FileReader;
use jcw_project::{Contract, Limits};
use std::collections::VecDeque;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

/// Reads a part.
pub(super) struct PartReader {
    tally: Arc<Tally>,
    batches: FileReader<BufReader<File>>,
    shape: Arc<Shape>,
    warnings: Vec<Warning>,
    /// A part without records still says which columns it has.
    is_first: bool,
}

struct Shape {
    plan: Plan,
    columns: Columns,
    /// How many columns are elements of the file.
    shown: usize,
    numbers: VecDeque<Number>,
}

/// A column that holds a record's number.
#[derive(Debug, Clone, Copy)]
enum Number {
    Own,
    Parents,
}

/// A batch of records, not yet rows.
pub(crate) struct XmlPiece {
    batch: RecordBatch,
    shape: Arc<Shape>,
}

impl PartReader {
    pub(super) fn new(
        part: &XmlPart,
        contract: &Contract,
        limits: &Limits,
        file_name: &str,
    ) -> Result<Self, ReadError> {
        let plan = Plan::new(contract, limits, &[file_name])?;
        let width = part_columns(contract).count();
        let mut places: Vec<usize> = part.shown.iter().map(|(place, _)| *place).collect();
        let mut labels: Vec<String> = part.shown.iter().map(|(_, label)| label.clone()).collect();
        if part.records == 0 {
            places = (0..width).collect();
            labels = part_columns(contract)
                .map(|column| column.name.value.clone())
                .collect();
        }
        let shown = labels.len();
        let mut numbers = VecDeque::new();
        let own = Some((RECORD_ID, Number::Own));
        let parents = part.parent.as_deref().map(|label| (label, Number::Parents));
        for (label, number) in own.into_iter().chain(parents) {
            // Under the label as the contract has it, should there be no records.
            let is_wanted = plan.column(label).is_some();
            let is_there = labels.iter().any(|known| {
                plan.column(known).map(|column| &column.name)
                    == plan.column(label).map(|column| &column.name)
            });
            if is_wanted && !(is_there && part.records == 0) {
                labels.push(label.to_owned());
                numbers.push_back(number);
            }
        }
        let header = Header::new(&plan, labels)?;
        let columns = Columns::new(&plan, &header, None)?;
        places.extend(width..width + EXTRA_COLUMNS);
        let file = File::open(&part.path).map_err(|source| ReadError::Io {
            doing: "reading a part of it",
            source,
        })?;
        Ok(PartReader {
            tally: Arc::new(Tally::default()),
            batches: FileReader::try_new(BufReader::new(file), Some(places))?,
            shape: Arc::new(Shape {
                plan,
                columns,
                shown,
                numbers,
            }),
            warnings: part.warnings.clone(),
            is_first: true,
        })
    }
}

impl Reader for PartReader {
    fn next_piece(&mut self) -> Option<Result<Piece, ReadError>> {
        let batch = match self.batches.next() {
            Some(Ok(batch)) => batch,
            Some(Err(error)) => return Some(Err(error.into())),
            None if self.is_first => RecordBatch::new_empty(self.batches.schema()),
            None => return None,
        };
        self.is_first = false;
        let shape = Arc::clone(&self.shape);
        Some(Ok(Piece::xml(&self.tally, XmlPiece { batch, shape })))
    }

    fn finish(self: Box<Self>) -> Result<Summary, ReadError> {
        let mut summary = self.tally.summary();
        summary.warnings.extend(self.warnings);
        Ok(summary)
    }
}

impl XmlPiece {
    pub(crate) fn schema(&self) -> Option<&SchemaRef> {
        self.shape.columns.schema_of_rows()
    }

    pub(crate) fn into_rows(self) -> Result<Rows, ReadError> {
        let Shape {
            plan,
            columns,
            shown,
            numbers,
        } = &*self.shape;
        let records = self.batch.num_rows() as i64;
        let malformed = malformed(&self.batch, *shown);
        let batch = if malformed.is_empty() {
            self.batch
        } else {
            let faults = self.batch.column(shown + 2);
            let is_row: BooleanArray = (0..faults.len())
                .map(|row| Some(faults.is_null(row)))
                .collect();
            filter_record_batch(&self.batch, &is_row)?
        };
        let mut texts = batch.columns()[..*shown]
            .iter()
            .map(|column| cast(column, &DataType::Utf8View))
            .collect::<Result<Vec<_>, _>>()?;
        let number = |place: usize| batch.column(shown + place).as_primitive::<Int64Type>();
        for wanted in numbers {
            texts.push(match wanted {
                Number::Own => as_text(number(0)),
                Number::Parents => as_text(number(1)),
            });
        }
        let rows: Vec<i64> = number(0).values().to_vec();
        texts.extend(added_columns(plan, &rows));
        Ok(Rows {
            batch: columns.batch(texts, rows)?,
            malformed,
            records,
            sheet: None,
        })
    }
}

fn malformed(batch: &RecordBatch, shown: usize) -> Vec<Malformed> {
    let numbers = batch.column(shown).as_primitive::<Int64Type>();
    let faults = batch.column(shown + 2).as_string::<i32>();
    let texts = batch.column(shown + 3).as_string::<i32>();
    if faults.null_count() == faults.len() {
        return Vec::new();
    }
    let of_row = |row: usize| {
        let label = faults.is_valid(row).then(|| faults.value(row))?;
        Some(Malformed::new(
            numbers.value(row),
            "xml.repeated",
            format!("the element {label} stands more than once in the record"),
            texts.value(row).as_bytes(),
        ))
    };
    (0..faults.len()).filter_map(of_row).collect()
}

fn as_text(numbers: &Int64Array) -> ArrayRef {
    let texts = numbers
        .iter()
        .map(|number| number.map(|number| number.to_string()));
    Arc::new(texts.collect::<StringViewArray>())
}
