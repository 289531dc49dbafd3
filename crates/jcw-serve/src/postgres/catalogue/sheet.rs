//! A sheet is one table of the catalogue while it is filled: columns that are
//! not filled hold what a Postgres would say of something plain.

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::error::DataFusionError;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One table while it is filled.
#[derive(Debug)]
pub(super) struct Sheet {
    schema: SchemaRef,
    rows: usize,
    columns: BTreeMap<&'static str, ArrayRef>,
}

impl Sheet {
    /// With so many rows.
    pub(super) fn new(schema: SchemaRef, rows: usize) -> Sheet {
        Sheet {
            schema,
            rows,
            columns: BTreeMap::new(),
        }
    }

    /// Fills a column with words.
    pub(super) fn words<T: Into<String>>(
        self,
        name: &'static str,
        words: impl IntoIterator<Item = T>,
    ) -> Sheet {
        let words = words.into_iter().map(|word| Some(word.into()));
        let words: StringArray = words.collect();
        self.column(name, Arc::new(words))
    }

    /// Fills a column with numbers.
    pub(super) fn numbers(
        self,
        name: &'static str,
        numbers: impl IntoIterator<Item = i64>,
    ) -> Sheet {
        let numbers = Int64Array::from_iter_values(numbers);
        self.column(name, Arc::new(numbers))
    }

    /// Fills a column with yes and no.
    pub(super) fn facts(self, name: &'static str, facts: impl IntoIterator<Item = bool>) -> Sheet {
        let facts: BooleanArray = facts.into_iter().map(Some).collect();
        self.column(name, Arc::new(facts))
    }

    /// Fills a column.
    pub(super) fn column(mut self, name: &'static str, column: ArrayRef) -> Sheet {
        self.columns.insert(name, column);
        self
    }

    /// The table.
    ///
    /// # Errors
    /// When a column cannot be of its type.
    pub(super) fn table(mut self) -> Result<Arc<dyn TableProvider>, DataFusionError> {
        let fields = self.schema.fields().iter();
        let columns: Result<Vec<ArrayRef>, _> = fields
            .map(|field| match self.columns.remove(field.name().as_str()) {
                Some(column) => cast(&column, field.data_type()),
                None => plain(field.data_type(), field.is_nullable(), self.rows),
            })
            .collect();
        let batch = RecordBatch::try_new(self.schema.clone(), columns?)?;
        Ok(Arc::new(MemTable::try_new(self.schema, vec![vec![batch]])?))
    }
}

/// Nothing, no, nought or an empty word.
fn plain(
    kind: &DataType,
    is_nullable: bool,
    rows: usize,
) -> Result<ArrayRef, arrow::error::ArrowError> {
    let nothing: ArrayRef = match kind {
        DataType::Boolean => Arc::new(BooleanArray::from(vec![false; rows])),
        kind if kind.is_numeric() => Arc::new(Int64Array::from(vec![0; rows])),
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 if !is_nullable => {
            Arc::new(StringArray::from(vec![""; rows]))
        }
        kind => new_null_array(kind, rows),
    };
    cast(&nothing, kind)
}
