//! A [`Table`] is one version of one Delta table. It never changes: a later
//! commit is another `Table`.

use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::provenance::Provenance;
use crate::scan::{DataFile, Scan};
use crate::stage::Period;
use crate::types::stored_schema;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use deltalake::kernel::{EagerSnapshot, LogicalFileView};
use futures::TryStreamExt as _;
use object_store::ObjectStore as _;
use object_store::path::Path;
use std::sync::Arc;

/// One version of one table.
#[derive(Debug, Clone)]
pub struct Table {
    lake: Lake,
    name: TableName,
    version: u64,
    schema: SchemaRef,
    partition_by: Vec<String>,
    files: Vec<DataFile>,
    snapshot: EagerSnapshot,
}

/// One commit of a table, as its log tells it.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The version that it made.
    pub version: u64,
    /// UTC, by the clock of the machine that committed.
    pub committed_at: Option<chrono::DateTime<chrono::Utc>>,
    /// None for a commit that another program made.
    pub provenance: Option<Provenance>,
}

impl Lake {
    /// The newest version of a table, or none when nothing was ever committed.
    ///
    /// # Errors
    /// When the log cannot be read, or the table uses a feature outside the
    /// protocol that the lake writes.
    pub async fn table(&self, name: &str) -> Result<Option<Table>> {
        Table::open(self, TableName::parse(name)?, None).await
    }

    /// The newest version of a table, without reading it; `None` when there is
    /// no such table.
    pub async fn newest_version(&self, name: &str) -> Result<Option<u64>> {
        newest_version(self, &TableName::parse(name)?).await
    }

    /// A table as it stood at one version.
    ///
    /// # Errors
    /// [`LakeError::Missing`] when that version is not in the lake: a release
    /// that pins it can then not be read, and must not be guessed at.
    pub async fn table_at(&self, name: &str, version: u64) -> Result<Table> {
        let name = TableName::parse(name)?;
        Table::open(self, name.clone(), Some(version))
            .await?
            .ok_or_else(|| LakeError::Missing {
                what: format!("version {version} of {name}"),
                advice:
                    "restore the lake from its copy, or roll back to a release that can be read"
                        .into(),
            })
    }

    /// Every table of the lake, by name.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub async fn tables(&self) -> Result<Vec<String>> {
        let doing = || "listing the lake's tables".to_owned();
        let schemas = self
            .store()
            .list_with_delimiter(Some(&Path::from("tables")))
            .await
            .doing(doing)?;
        let mut names = Vec::new();
        for schema in schemas.common_prefixes {
            let tables = self
                .store()
                .list_with_delimiter(Some(&schema))
                .await
                .doing(doing)?;
            for table in tables.common_prefixes {
                if let (Some(schema), Some(table)) = (schema.filename(), table.filename()) {
                    names.push(format!("{schema}.{table}"));
                }
            }
        }
        names.sort();
        Ok(names)
    }
}

impl Table {
    pub(crate) async fn open(
        lake: &Lake,
        name: TableName,
        version: Option<u64>,
    ) -> Result<Option<Table>> {
        let log = lake.log_store(&name);
        let open = async || EagerSnapshot::try_new(log.as_ref(), version).await;
        let mut opened = open().await;
        if opened.is_err() {
            // Only now is it worth a listing to tell a table that is not there
            // from one that cannot be read, or that was made in this instant.
            match newest_version(lake, &name).await? {
                None => return Ok(None),
                Some(newest) if version.is_some_and(|wanted| wanted > newest) => return Ok(None),
                Some(_) => opened = open().await,
            }
        }
        let snapshot = opened.doing(|| format!("reading the log of {name}"))?;
        if version.is_some_and(|wanted| wanted != snapshot.version()) {
            return Ok(None);
        }
        Ok(Some(Table::from_snapshot(lake, name, snapshot)?))
    }

    fn from_snapshot(lake: &Lake, name: TableName, snapshot: EagerSnapshot) -> Result<Table> {
        let protocol = snapshot.protocol();
        if protocol.min_reader_version() > 1 {
            return Err(LakeError::Foreign {
                table: name.to_string(),
                reason: format!(
                    "it needs reader version {}, and the lake's tables need 1; another program has upgraded it",
                    protocol.min_reader_version()
                ),
            });
        }
        let schema = stored_schema(&name.to_string(), &snapshot.arrow_schema())?;
        let partition_by: Vec<String> = snapshot.metadata().partition_columns().to_vec();
        let root = lake.table_root(&name);
        let mut files = Vec::new();
        for view in snapshot.log_data().iter() {
            let Some(rows) = view.num_records() else {
                return Err(LakeError::Foreign {
                    table: name.to_string(),
                    reason: "a file has no row count in the log; another program has written it"
                        .into(),
                });
            };
            let values = view.partition_values_map();
            files.push(DataFile {
                path: below(&root, &view.object_store_path()),
                size: u64::try_from(view.size()).unwrap_or_default(),
                rows: rows as u64,
                partition: partition_by
                    .iter()
                    .map(|c| values.get(c).cloned().flatten())
                    .collect(),
            });
        }
        // The log lists files in no order that means anything; a table must read
        // the same way every time.
        files.sort_by(|a, b| (&a.partition, &a.path).cmp(&(&b.partition, &b.path)));
        let version = snapshot.version();
        Ok(Table {
            lake: lake.clone(),
            name,
            version,
            schema,
            partition_by,
            files,
            snapshot,
        })
    }

    /// `council.dfe_requests`.
    pub fn name(&self) -> String {
        self.name.to_string()
    }

    /// Counts from 0.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// In declared order, in stored types; equal to what a scan returns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The columns by which the table is cut into folders, its period columns.
    pub fn partition_by(&self) -> &[String] {
        &self.partition_by
    }

    /// Exact.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Rows by period, exact; one entry with no values for a table without periods.
    pub fn rows_by_period(&self) -> std::collections::BTreeMap<Period, u64> {
        let mut rows = std::collections::BTreeMap::new();
        for file in &self.files {
            *rows.entry(file.partition.clone()).or_insert(0) += file.rows;
        }
        rows
    }

    /// Parquet bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The rows of this version, for DataFusion.
    ///
    /// # Errors
    /// When the schema does not fit the engine.
    pub fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        let scan = Scan::new(
            self.schema.clone(),
            &self.partition_by,
            self.files.clone(),
            self.lake.root().clone(),
            self.lake.url(),
        )
        .doing(|| format!("opening {}", self.name))?;
        Ok(Arc::new(scan))
    }

    /// The rows of each of its files alone, for whoever must say in which file a
    /// row stands. Files are named from the root of the lake's store.
    ///
    /// # Errors
    /// As [`Table::provider`].
    pub fn by_file(&self) -> Result<Vec<(String, Arc<dyn TableProvider>)>> {
        let files = self.files.iter().map(|file| {
            let alone = self.of_files(vec![file.clone()]);
            Ok((file.path.to_string(), alone.provider()?))
        });
        files.collect()
    }

    /// The same version, as if it had these of its files alone.
    pub(crate) fn of_files(&self, files: Vec<DataFile>) -> Table {
        Table {
            files,
            ..self.clone()
        }
    }

    /// Where a file of the log is, from the root of the store.
    pub(crate) fn place_of(&self, file: &LogicalFileView) -> Path {
        below(&self.lake.table_root(&self.name), &file.object_store_path())
    }

    /// The same table at another version.
    ///
    /// # Errors
    /// As [`Lake::table_at`].
    pub async fn at(&self, version: u64) -> Result<Table> {
        self.lake.table_at(&self.name.to_string(), version).await
    }

    /// What this version was made from; none when another program made it.
    ///
    /// # Errors
    /// When the log entry cannot be read.
    pub async fn provenance(&self) -> Result<Option<Provenance>> {
        Ok(read_commit(&self.lake, &self.name, self.version)
            .await?
            .and_then(|commit| commit.provenance))
    }

    /// The commits up to this version, newest first, at most `limit`.
    ///
    /// # Errors
    /// When a log entry cannot be read.
    pub async fn history(&self, limit: usize) -> Result<Vec<Commit>> {
        let mut commits = Vec::new();
        for version in (0..=self.version).rev().take(limit) {
            match read_commit(&self.lake, &self.name, version).await? {
                Some(commit) => commits.push(commit),
                None => break,
            }
        }
        Ok(commits)
    }

    pub(crate) fn files(&self) -> &[DataFile] {
        &self.files
    }

    pub(crate) fn snapshot(&self) -> &EagerSnapshot {
        &self.snapshot
    }

    /// Its folder, from the root of the lake.
    pub(crate) fn location(&self) -> Path {
        self.name.location()
    }
}

/// The highest version in the log, from names alone.
pub(crate) async fn newest_version(lake: &Lake, name: &TableName) -> Result<Option<u64>> {
    let log = name.location().join("_delta_log");
    let entries: Vec<_> = lake
        .store()
        .list(Some(&log))
        .try_collect()
        .await
        .doing(|| format!("listing {log}"))?;
    Ok(entries
        .iter()
        .filter_map(|entry| log_version(entry.location.filename()?))
        .max())
}

/// The version of a log entry's name, `00000000000000000012.json`.
fn log_version(file: &str) -> Option<u64> {
    let digits = file.strip_suffix(".json")?;
    (digits.len() == 20).then(|| digits.parse().ok()).flatten()
}

/// Where a version's log entry is, from the root of the lake.
pub(crate) fn log_entry(name: &TableName, version: u64) -> Path {
    name.location()
        .join("_delta_log")
        .join(format!("{version:020}.json"))
}

/// A commit by its log entry; none when there is no such entry.
pub(crate) async fn read_commit(
    lake: &Lake,
    name: &TableName,
    version: u64,
) -> Result<Option<Commit>> {
    let path = log_entry(name, version);
    let Some(bytes) = lake.read(&path).await? else {
        return Ok(None);
    };
    let corrupt = |reason: String| LakeError::Corrupt {
        what: path.to_string(),
        reason,
    };
    for line in bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
        let action: serde_json::Value =
            serde_json::from_slice(line).map_err(|error| corrupt(error.to_string()))?;
        let Some(info) = action.get("commitInfo") else {
            continue;
        };
        let provenance = match info.get(PROVENANCE_KEY) {
            Some(found) => Some(
                serde_json::from_value(found.clone())
                    .map_err(|error| corrupt(error.to_string()))?,
            ),
            None => None,
        };
        let committed_at = info
            .get("timestamp")
            .and_then(serde_json::Value::as_i64)
            .and_then(chrono::DateTime::from_timestamp_millis);
        return Ok(Some(Commit {
            version,
            committed_at,
            provenance,
        }));
    }
    Ok(Some(Commit {
        version,
        committed_at: None,
        provenance: None,
    }))
}

/// Under this name a commit's log entry holds its [`Provenance`].
pub(crate) const PROVENANCE_KEY: &str = "jcw";

/// Under this name it holds how many lines the entry has, so that one torn
/// between two lines is noticed as well.
pub(crate) const LINES_KEY: &str = "jcwLines";

fn below(root: &Path, path: &Path) -> Path {
    path.parts()
        .fold(root.clone(), |path, part| path.join(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;
    use crate::testing::{batch, number, on_disk, staged, write};

    #[tokio::test]
    async fn a_commit_tells_where_its_rows_came_from() {
        let (_folder, lake) = on_disk().await;
        for run in ["one", "two", "three"] {
            let staged = staged(&lake, "a.b", &[("2024", 1)]).await;
            let provenance = Provenance {
                run_id: run.into(),
                ..Default::default()
            };
            lake.commit(staged, Scope::Everything, provenance)
                .await
                .unwrap();
        }
        let table = lake.table("a.b").await.unwrap().unwrap();
        let newest = table.provenance().await.unwrap().unwrap();
        assert_eq!(
            (
                newest.run_id.as_str(),
                newest.added_rows,
                newest.superseded_rows
            ),
            ("three", 1, 1)
        );
        assert_eq!(table.history(2).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_long_log_stays_quick_and_readable() {
        let (folder, lake) = on_disk().await;
        for n in 0..53 {
            let rows = batch(&[("x", n)]);
            let staged = write(
                lake.stage("jcw.run", &rows.schema(), &[]).await.unwrap(),
                &[rows],
            )
            .await;
            lake.commit(staged, Scope::Append, Provenance::default())
                .await
                .unwrap();
        }
        assert!(
            folder
                .path()
                .join("tables/jcw/run/_delta_log/_last_checkpoint")
                .is_file()
        );
        assert_eq!(
            number(&lake, "jcw.run", "select count(*) from jcw.run").await,
            53
        );
        let table = lake.table("jcw.run").await.unwrap().unwrap();
        assert_eq!(table.at(10).await.unwrap().rows(), 11);
        assert_eq!(table.schema().field(0).name(), "period");
    }
}
