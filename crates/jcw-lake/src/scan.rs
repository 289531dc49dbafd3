//! A [`Scan`] is a fixed list of Parquet files, read as one table: the files of
//! one version of a Delta table, or those of a stage that is not yet visible.
//!
//! The lake's tables are capped at a protocol without deletion vectors and
//! column mapping, so a version *is* its list of files; reading staged and
//! published rows in the same way is what makes a test on staged rows mean
//! something.

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::cast::as_boolean_array;
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Result, ScalarValue, Statistics};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::ObjectStore;
use object_store::path::Path;
use std::sync::Arc;
use url::Url;

/// One Parquet file of a table.
#[derive(Debug, Clone)]
pub(crate) struct DataFile {
    /// From the root of the store.
    pub(crate) path: Path,
    /// In bytes.
    pub(crate) size: u64,
    /// Exact.
    pub(crate) rows: u64,
    /// In the order of the table's partition columns, in Delta's text form.
    pub(crate) partition: Vec<Option<String>>,
}

/// A fixed list of files as a table.
#[derive(Debug)]
pub(crate) struct Scan {
    /// In declared order.
    schema: SchemaRef,
    /// The same columns, those of the files first, then the partition columns.
    columns: TableSchema,
    /// Where each declared column is among `columns`.
    positions: Vec<usize>,
    partition_fields: Vec<Arc<Field>>,
    files: Vec<DataFile>,
    store: Arc<dyn ObjectStore>,
    store_url: ObjectStoreUrl,
}

impl Scan {
    pub(crate) fn new(
        schema: SchemaRef,
        partition_by: &[String],
        files: Vec<DataFile>,
        store: Arc<dyn ObjectStore>,
        url: &Url,
    ) -> Result<Scan> {
        let (in_path, in_file): (Vec<_>, Vec<_>) = schema
            .fields()
            .iter()
            .cloned()
            .partition(|field| partition_by.contains(field.name()));
        // In the order of `partition_by`, which is the order of the files' values.
        let partition_fields: Vec<Arc<Field>> = partition_by
            .iter()
            .filter_map(|name| in_path.iter().find(|field| field.name() == name).cloned())
            .collect();
        let file_schema = Arc::new(Schema::new(in_file));
        let columns = TableSchema::builder(file_schema)
            .with_table_partition_cols(partition_fields.clone())
            .build();
        let positions = schema
            .fields()
            .iter()
            .map(|field| columns.table_schema().index_of(field.name()))
            .collect::<std::result::Result<_, _>>()?;
        let store_url = ObjectStoreUrl::parse(&url[..url::Position::BeforePath])?;
        Ok(Scan {
            schema,
            columns,
            positions,
            partition_fields,
            files,
            store,
            store_url,
        })
    }

    fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    fn partitioned_file(&self, file: &DataFile) -> Result<PartitionedFile> {
        let values = file
            .partition
            .iter()
            .zip(&self.partition_fields)
            .map(|(text, field)| partition_value(text.as_deref(), field.data_type()))
            .collect::<Result<Vec<_>>>()?;
        let statistics = self.statistics(file.rows, file.size);
        let mut partitioned = PartitionedFile::new(file.path.as_ref(), file.size);
        // The path is already an object's name; it must not be parsed again,
        // because a name may hold an encoded character of its own.
        partitioned.object_meta.location = file.path.clone();
        Ok(partitioned
            .with_partition_values(values)
            .with_statistics(Arc::new(statistics)))
    }

    /// Whether a filter is decided by a file's period alone.
    fn is_about_periods(&self, filter: &Expr) -> bool {
        let is_period = |name: &str| {
            self.partition_fields
                .iter()
                .any(|field| field.name() == name)
        };
        !filter.is_volatile()
            && filter
                .column_refs()
                .iter()
                .all(|column| is_period(&column.name))
    }

    /// The files whose periods pass the filters that are about periods.
    fn files_of_periods(&self, session: &dyn Session, filters: &[Expr]) -> Result<Vec<&DataFile>> {
        let about_periods = filters
            .iter()
            .filter(|filter| self.is_about_periods(filter))
            .cloned();
        let Some(filter) = conjunction(about_periods) else {
            return Ok(self.files.iter().collect());
        };
        let columns = self
            .partition_fields
            .iter()
            .enumerate()
            .map(|(index, field)| {
                let text = |file: &DataFile| file.partition.get(index).cloned().flatten();
                ScalarValue::iter_to_array(
                    self.files
                        .iter()
                        .map(|file| partition_value(text(file).as_deref(), field.data_type()))
                        .collect::<Result<Vec<_>>>()?,
                )
            });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let schema = Arc::new(Schema::new(self.partition_fields.clone()));
        let options = RecordBatchOptions::new().with_row_count(Some(self.files.len()));
        let periods = RecordBatch::try_new_with_options(schema.clone(), columns, &options)?;
        let filter = session.create_physical_expr(filter, &DFSchema::try_from(schema)?)?;
        let passes = filter.evaluate(&periods)?.into_array(self.files.len())?;
        let passes = as_boolean_array(&passes)?;
        Ok(self
            .files
            .iter()
            .zip(passes)
            .filter(|(_, pass)| *pass == Some(true))
            .map(|(file, _)| file)
            .collect())
    }

    fn statistics(&self, rows: u64, bytes: u64) -> Statistics {
        let mut statistics = Statistics::new_unknown(self.columns.table_schema());
        statistics.num_rows = Precision::Exact(usize::try_from(rows).unwrap_or(usize::MAX));
        statistics.total_byte_size =
            Precision::Inexact(usize::try_from(bytes).unwrap_or(usize::MAX));
        statistics
    }
}

#[async_trait]
impl TableProvider for Scan {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters
            .iter()
            .map(|filter| match self.is_about_periods(filter) {
                true => TableProviderFilterPushDown::Exact,
                false => TableProviderFilterPushDown::Inexact,
            })
            .collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        session
            .runtime_env()
            .register_object_store(self.store_url.as_ref(), self.store.clone());
        let wanted: Vec<usize> = match projection {
            Some(projection) => projection
                .iter()
                .map(|&index| self.positions[index])
                .collect(),
            None => self.positions.clone(),
        };
        let wanted_files = self.files_of_periods(session, filters)?;
        if wanted_files.is_empty() {
            // A scan of no files has no partitions, which no aggregate can read.
            let schema = datafusion::common::project_schema(&self.schema, projection)?;
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let files = wanted_files
            .iter()
            .map(|file| self.partitioned_file(file))
            .collect::<Result<Vec<_>>>()?;
        let groups = FileGroup::new(files).split_files(session.config().target_partitions());
        let global = session.config().options().execution.parquet.clone();
        let options = TableParquetOptions {
            global,
            ..Default::default()
        };
        let source = ParquetSource::new(self.columns.clone()).with_table_parquet_options(options);
        let bytes = wanted_files.iter().map(|file| file.size).sum();
        let rows = wanted_files.iter().map(|file| file.rows).sum();
        let config = FileScanConfigBuilder::new(self.store_url.clone(), Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(self.statistics(rows, bytes))
            .with_projection_indices(Some(wanted))?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    fn statistics(&self) -> Option<Statistics> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = Precision::Exact(usize::try_from(self.rows()).unwrap_or(usize::MAX));
        Some(statistics)
    }
}

fn partition_value(text: Option<&str>, kind: &DataType) -> Result<ScalarValue> {
    match (text, kind) {
        (None, _) => ScalarValue::try_from(kind),
        // Delta cannot tell an empty text from none.
        (Some(""), _) => ScalarValue::try_from(kind),
        (Some(text), kind) => ScalarValue::try_from_string(text.to_owned(), kind),
    }
}
