//! Staged rows are in finished files that no commit mentions yet: they can be
//! asked, left out by the period, committed, or abandoned.

use super::Period;
use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::scan::{DataFile, Scan};
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use deltalake::kernel::Add;
use deltalake::logstore::LogStore as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A finished Parquet file that is not visible yet.
#[derive(Debug, Clone)]
pub struct StagedFile {
    pub(crate) add: Add,
    pub(crate) rows: u64,
}

/// Finished files, ready to be tested and committed.
#[derive(Debug)]
pub struct Staged {
    pub(crate) lake: Lake,
    pub(crate) name: TableName,
    pub(crate) schema: SchemaRef,
    pub(crate) partition_by: Vec<String>,
    pub(crate) base: Option<u64>,
    pub(crate) files: Vec<StagedFile>,
}

impl StagedFile {
    /// Exact.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Staged {
    /// `council.dfe_requests`.
    pub fn table(&self) -> String {
        self.name.to_string()
    }

    /// The table's schema in stored types.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Exact.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Parquet bytes.
    pub fn bytes(&self) -> u64 {
        self.files
            .iter()
            .map(|file| u64::try_from(file.add.size).unwrap_or_default())
            .sum()
    }

    /// The periods that have rows here, in order.
    pub fn periods(&self) -> Vec<Period> {
        let periods: BTreeSet<Period> = self.files.iter().map(|file| self.period(file)).collect();
        periods.into_iter().collect()
    }

    /// Leaves out the rows of some periods, and gives their number.
    pub async fn leave_out(&mut self, periods: &[Period]) -> u64 {
        let files = std::mem::take(&mut self.files);
        let (out, kept): (Vec<_>, Vec<_>) = files
            .into_iter()
            .partition(|file| periods.contains(&self.period(file)));
        self.files = kept;
        self.delete(&out).await;
        out.iter().map(|file| file.rows).sum()
    }

    pub(crate) fn period(&self, file: &StagedFile) -> Period {
        self.partition_by
            .iter()
            .map(|column| file.add.partition_values.get(column).cloned().flatten())
            .collect()
    }

    /// The staged rows, for data tests, exactly as they will be read once visible.
    ///
    /// # Errors
    /// When the schema does not fit the engine.
    pub fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        let root = self.lake.table_root(&self.name);
        let files = self
            .files
            .iter()
            .map(|file| {
                let path = Path::parse(&file.add.path).map_err(|error| LakeError::Corrupt {
                    what: file.add.path.clone(),
                    reason: error.to_string(),
                })?;
                Ok(DataFile {
                    path: path
                        .parts()
                        .fold(root.clone(), |path, part| path.join(part)),
                    size: u64::try_from(file.add.size).unwrap_or_default(),
                    rows: file.rows,
                    partition: self.period(file),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let scan = Scan::new(
            self.schema.clone(),
            &self.partition_by,
            files,
            self.lake.root().clone(),
            self.lake.url(),
        )
        .doing(|| format!("opening the staged rows of {}", self.name))?;
        Ok(Arc::new(scan))
    }

    /// Deletes the files. Not doing so is harmless: no commit mentions them.
    pub async fn abandon(self) {
        self.delete(&self.files).await;
    }

    async fn delete(&self, files: &[StagedFile]) {
        let store = self.lake.log_store(&self.name).object_store(None);
        for file in files {
            if let Ok(path) = Path::parse(&file.add.path)
                && let Err(error) = store.delete(&path).await
            {
                tracing::warn!(file = file.add.path, %error, "an abandoned file was left behind");
            }
        }
    }
}
