//! What every batch of one table has in common: its labels, the columns that
//! are the same in every row, and how it is unpivoted.

use crate::header::Header;
use crate::label::fold;
use crate::plan::{FromHeader, Plan};
use crate::read_error::ReadError;
use crate::reader::ROW_LABEL;
use crate::unpivot::{Unpivot, read_labels};
use arrow::array::{
    ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringViewArray, StringViewBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

/// How columns of text become a batch.
#[derive(Debug)]
pub(crate) struct Columns {
    /// For each column read, its position in a row of the file.
    pub(crate) positions: Vec<usize>,
    unpivot: Option<Unpivot>,
    constants: Vec<Option<String>>,
    schema: SchemaRef,
}

impl Columns {
    /// For a table in the sheet named, or in a file without sheets.
    pub(crate) fn new(
        plan: &Plan,
        header: &Header,
        sheet: Option<&str>,
    ) -> Result<Self, ReadError> {
        let positions: Vec<usize> = header
            .labels
            .iter()
            .enumerate()
            .filter(|(_, label)| label.is_some())
            .map(|(position, _)| position)
            .collect();
        let mut labels = read_labels(header);
        labels.extend(added_labels(plan));
        let unpivot = Unpivot::new(plan, &labels, positions.len())?;
        if let Some(unpivot) = &unpivot {
            labels = unpivot.labels(&labels);
        }
        let mut constants = Vec::new();
        // What the file itself shows needs no one else's word.
        let is_shown = |labels: &[String]| {
            let mut shown = header.labels.iter().flatten();
            shown.any(|label| labels.contains(&fold(label)))
        };
        for column in &plan.from_file_name {
            if is_shown(&column.labels) {
                continue;
            }
            if let Some(pattern) = &column.unmatched {
                return Err(ReadError::FileName {
                    column: column.name.clone(),
                    pattern: pattern.clone(),
                });
            }
            labels.push(column.name.clone());
            constants.push(column.text.clone());
        }
        for column in &plan.columns {
            if let Some(FromHeader { value: Some(text) }) = &column.from_header
                && !is_shown(&column.labels)
            {
                labels.push(column.name.clone());
                constants.push(Some(text.clone()));
            }
        }
        for (name, meanings) in &plan.from_sheet {
            labels.push(name.clone());
            constants.push(
                sheet.map(|sheet| meanings.get(sheet).map_or(sheet, String::as_str).to_owned()),
            );
        }
        let mut fields: Vec<Field> = labels
            .into_iter()
            .map(|label| Field::new(label, DataType::Utf8View, true))
            .collect();
        fields.push(Field::new(ROW_LABEL, DataType::Int64, false));
        Ok(Columns {
            positions,
            unpivot,
            constants,
            schema: Arc::new(Schema::new(fields)),
        })
    }

    /// The schema, where each column read is one column of the batch.
    pub(crate) fn schema_of_rows(&self) -> Option<&SchemaRef> {
        self.unpivot.is_none().then_some(&self.schema)
    }

    /// A batch of the columns read, then the added ones, and the rows' numbers.
    pub(crate) fn batch(
        &self,
        mut columns: Vec<ArrayRef>,
        rows: Vec<i64>,
    ) -> Result<RecordBatch, ReadError> {
        let mut rows = Int64Array::from(rows);
        if let Some(unpivot) = &self.unpivot {
            (columns, rows) = unpivot.apply(&columns, &rows)?;
        }
        let count = rows.len();
        columns.extend(
            self.constants
                .iter()
                .map(|text| constant(text.as_deref(), count)),
        );
        columns.push(Arc::new(rows));
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            columns,
            &options,
        )?)
    }
}

/// Labels of the columns that reading adds to each row, in their order.
pub(crate) fn added_labels(plan: &Plan) -> impl Iterator<Item = String> + '_ {
    let sub_heading = plan
        .layout
        .sub_heading
        .iter()
        .map(|name| name.value.clone());
    sub_heading.chain(plan.row_numbers.iter().cloned())
}

/// The added columns of a file that has no sub-headings and whose rows are
/// numbered by where they stand.
pub(crate) fn added_columns<'r>(
    plan: &'r Plan,
    rows: &'r [i64],
) -> impl Iterator<Item = ArrayRef> + 'r {
    let sub_heading = plan
        .layout
        .sub_heading
        .iter()
        .map(|_| constant(None, rows.len()));
    let numbers = || {
        Arc::new(
            rows.iter()
                .map(|row| Some(row.to_string()))
                .collect::<StringViewArray>(),
        ) as ArrayRef
    };
    sub_heading.chain(plan.row_numbers.iter().map(move |_| numbers()))
}

fn constant(text: Option<&str>, count: usize) -> ArrayRef {
    let Some(text) = text else {
        return Arc::new(StringViewArray::new_null(count));
    };
    let mut builder = StringViewBuilder::with_capacity(count).with_deduplicate_strings();
    for _ in 0..count {
        builder.append_value(text);
    }
    Arc::new(builder.finish())
}
