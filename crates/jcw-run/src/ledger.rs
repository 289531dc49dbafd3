//! The ledger is what the warehouse remembers of its own work: every file it
//! received and what became of each row (`jcw.extract`), and every run
//! (`jcw.run`). Both are ordinary tables of the lake, so they can be queried
//! like any other, and nothing else remembers anything.
//!
//! A table's own Delta log comes first: a load is done when its commit is, and
//! the ledger says so. Where a run was killed between the two, the table is not
//! at the version that the ledger knows, and the next run loads what stands again.
//! The same holds for what the vault says of the people of a table.

use crate::Error;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use jcw_lake::{Lake, Provenance, Scope, SessionSettings, session};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// One file received from a partner, and what became of it.
///
/// For every row of the table: `received = accepted + rejected + duplicate +
/// outdated`.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Extract {
    /// When it was taken in.
    pub received_at: DateTime<Utc>,
    /// The run that took it in.
    pub run_id: String,
    /// The source it came from.
    pub source: String,
    /// The partner it came from.
    pub partner: String,
    /// The table it goes to.
    pub table_name: String,
    /// Hash of the contract it was held against.
    pub contract_hash: String,
    /// Where it was, without credentials.
    pub url: String,
    /// Its name.
    pub file: String,
    /// SHA-256 (hex) of its bytes; none when it was not fetched.
    pub sha256: Option<String>,
    /// What its rows are marked with where it came as one of the several files
    /// of a delivery; none where the SHA-256 is the mark.
    #[serde(default)]
    pub delivery: Option<String>,
    /// When the partner made it, where the contract has a column that says so:
    /// a JSON array with a text that sorts by time for each of the periods, or
    /// one for the whole table.
    #[serde(default)]
    pub as_of: Option<String>,
    /// Rows left out because what stands of their period was made later.
    #[serde(default)]
    pub outdated: Option<i64>,
    /// Its size in bytes.
    pub size: Option<i64>,
    /// When the partner last changed it, as its store says.
    pub modified: Option<DateTime<Utc>>,
    /// The store's mark of this version of it, where there is one.
    pub etag: Option<String>,
    /// `loaded`, `duplicate`, `outdated`, `held` or `rejected`.
    pub status: String,
    /// For a file held or rejected: the rule it broke.
    pub rule: Option<String>,
    /// For a file held or rejected: why, and what to do.
    pub reason: Option<String>,
    /// Version of the form that its header showed.
    pub version: Option<String>,
    /// Rows in the file.
    pub received: i64,
    /// Rows loaded.
    pub accepted: i64,
    /// Rows kept back with a reason.
    pub rejected: i64,
    /// Rows that say again exactly what another row said.
    pub duplicate: i64,
    /// Rows of earlier deliveries that this one replaced.
    pub superseded: i64,
    /// Rows that loaded although a rule warned.
    pub warned: i64,
    /// What is odd about the file though it loaded: a JSON array of [`Warning`]s.
    pub warnings: String,
    /// Values of the period columns it covers, each a JSON array; empty when it
    /// covers the whole table.
    pub periods: String,
    /// Version of the table that its commit made.
    pub table_version: Option<i64>,
    /// The same of the vault's table of that name; none where the table is about
    /// nobody, and in what was noted before 2026-11-22.
    #[serde(default)]
    pub vault_version: Option<i64>,
}

/// Something odd about a file that loaded all the same.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// The rule: a contract's, or the reader's, such as `csv.encoding`.
    pub rule: String,
    /// One sentence, without a value of any row.
    pub message: String,
    /// How many rows it concerns; 0 when it concerns the file.
    pub rows: u64,
    /// The first of them.
    pub first_row: Option<i64>,
}

/// One run, or one source's share of a run by schedule.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct RunRow {
    /// Unique; sorts by time.
    pub run_id: String,
    /// The source, for a row about one.
    pub source: Option<String>,
    /// The scheduled instant that was served, for a run by schedule.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// `published`, `unchanged` or `failed`.
    pub outcome: String,
    /// The release it published.
    pub release: Option<String>,
}

/// Name of the table of [`Extract`]s.
pub const EXTRACT_TABLE: &str = "jcw.extract";
/// Name of the table of [`RunRow`]s.
pub const RUN_TABLE: &str = "jcw.run";
/// Name of the table of rejected rows.
pub const REJECT_TABLE: &str = "jcw.reject";

/// What the warehouse remembers.
#[derive(Debug)]
pub(crate) struct Ledger {
    extracts: Vec<Extract>,
    /// How many of them are in the lake; the rest is noted and not yet saved.
    saved: usize,
}

impl Ledger {
    /// Reads it from the lake; a new lake has an empty one.
    pub(crate) async fn read(lake: &Lake) -> Result<Self, Error> {
        Self::read_at(lake, None).await
    }

    /// Reads it as it was at a version of [`EXTRACT_TABLE`]; as it is now unless
    /// said.
    pub(crate) async fn read_at(lake: &Lake, version: Option<u64>) -> Result<Self, Error> {
        let mut extracts: Vec<Extract> = read_rows(lake, EXTRACT_TABLE, version).await?;
        extracts.sort_by(|a, b| (a.received_at, &a.run_id).cmp(&(b.received_at, &b.run_id)));
        let saved = extracts.len();
        Ok(Ledger { extracts, saved })
    }

    /// Every file received, oldest first.
    pub(crate) fn extracts(&self) -> &[Extract] {
        &self.extracts
    }

    /// The newest row about the file at `url` of `source`.
    pub(crate) fn last_seen(&self, source: &str, url: &str) -> Option<&Extract> {
        self.extracts
            .iter()
            .rev()
            .find(|e| e.source == source && e.url == url)
    }

    /// The load of these bytes under this contract into each of its tables, if
    /// all its rows still stand; empty if not. Bytes that have since been
    /// replaced, wholly or in part, are news when they come again: a partner who
    /// takes a correction back sends them.
    pub(crate) fn still_stands(
        &self,
        source: &str,
        mark: &str,
        contract_hash: &str,
    ) -> Vec<&Extract> {
        let is_it = |extract: &&Extract| {
            extract.source == source
                && extract.mark() == Some(mark)
                && extract.contract_hash == contract_hash
        };
        self.standing_whole().into_iter().filter(is_it).collect()
    }

    /// The loads of which all rows stand, in every table they went to.
    pub(crate) fn standing_whole(&self) -> Vec<&Extract> {
        fn load(extract: &Extract) -> (&str, Option<&str>, &str) {
            (&extract.source, extract.mark(), &extract.contract_hash)
        }
        let mut tables: HashMap<_, HashSet<&str>> = HashMap::new();
        let loaded = self.extracts.iter().filter(|e| e.status == "loaded");
        for extract in loaded {
            let its = tables.entry(load(extract)).or_default();
            its.insert(&extract.table_name);
        }
        let mut standing = self.standing_periods();
        standing.retain(|(extract, periods)| *periods == extract.period_keys());
        for (extract, _) in &standing {
            if let Some(its) = tables.get_mut(&load(extract)) {
                its.remove(extract.table_name.as_str());
            }
        }
        standing
            .into_iter()
            .map(|(extract, _)| extract)
            .filter(|extract| tables.get(&load(extract)).is_some_and(HashSet::is_empty))
            .collect()
    }

    /// The newest version of `table` that a load is recorded for.
    pub(crate) fn last_version(&self, table: &str) -> Option<i64> {
        self.extracts
            .iter()
            .filter(|e| e.table_name == table)
            .filter_map(|e| e.table_version)
            .max()
    }

    /// The version of the vault's `table` that came with the newest of the lake's.
    pub(crate) fn last_vault_version(&self, table: &str) -> Option<i64> {
        let loads = self.extracts.iter().filter(|e| e.table_name == table);
        loads.max_by_key(|e| e.table_version)?.vault_version
    }

    /// The newest load into `table`.
    pub(crate) fn last_load(&self, table: &str) -> Option<&Extract> {
        self.extracts
            .iter()
            .rev()
            .find(|e| e.table_name == table && e.status == "loaded")
    }

    /// The loads of which rows still stand, oldest first.
    pub(crate) fn standing(&self) -> Vec<&Extract> {
        self.standing_periods()
            .into_iter()
            .map(|(extract, _)| extract)
            .collect()
    }

    /// The same, with the periods that have not been delivered again since. A
    /// load that was done again, or judged under a later contract, is the past.
    pub(crate) fn standing_periods(&self) -> Vec<(&Extract, Vec<String>)> {
        let mut covered: HashSet<(&str, String)> = HashSet::new();
        let mut judged: HashMap<(&str, Option<&str>, &str), &Extract> = HashMap::new();
        let mut standing = Vec::new();
        for extract in self
            .extracts
            .iter()
            .rev()
            .filter(|e| e.status != "duplicate" && e.status != "outdated")
        {
            let later = judged
                .entry((&extract.source, extract.mark(), &extract.table_name))
                .or_insert(extract);
            let is_past = !std::ptr::eq(*later, extract)
                && (later.status == "loaded" || later.contract_hash != extract.contract_hash);
            let table = extract.table_name.as_str();
            if extract.status != "loaded" || is_past || covered.contains(&(table, String::new())) {
                continue;
            }
            let mut periods = extract.period_keys();
            periods.retain(|period| !covered.contains(&(table, period.clone())));
            if !periods.is_empty() {
                covered.extend(periods.iter().map(|period| (table, period.clone())));
                standing.push((extract, periods));
            }
        }
        standing.reverse();
        standing
    }

    /// For each table the version that its last load made.
    pub(crate) fn versions(&self) -> BTreeMap<String, i64> {
        let mut versions = BTreeMap::new();
        for extract in &self.extracts {
            if let Some(version) = extract.table_version {
                let newest = versions
                    .entry(extract.table_name.clone())
                    .or_insert(version);
                *newest = version.max(*newest);
            }
        }
        versions
    }

    /// Notes what became of a file; [`save`](Ledger::save) puts it in the lake.
    pub(crate) fn note(&mut self, extract: Extract) {
        self.extracts.push(extract);
    }

    /// Puts what was noted in the lake, in one commit.
    pub(crate) async fn save(&mut self, lake: &Lake) -> Result<(), Error> {
        let rows = &self.extracts[self.saved..];
        if !rows.is_empty() {
            append_rows(lake, EXTRACT_TABLE, extract_schema(), rows).await?;
            self.saved = self.extracts.len();
        }
        Ok(())
    }
}

impl Extract {
    /// Records that the file as a whole was not loaded.
    pub(crate) fn refuse(&mut self, status: &str, rule: &str, reason: String) {
        self.status = status.to_owned();
        self.rule = Some(rule.to_owned());
        self.reason = Some(reason);
    }

    /// What its rows are marked with, in its table and among the rejects.
    pub fn mark(&self) -> Option<&str> {
        self.delivery.as_deref().or(self.sha256.as_deref())
    }

    /// Records that these bytes were loaded before.
    pub(crate) fn duplicate_of(mut self, twin: &Extract) -> Extract {
        self.status = "duplicate".to_owned();
        self.received = twin.received;
        self.duplicate = twin.received;
        self.version = twin.version.clone();
        self
    }

    /// The warnings, read again.
    pub fn warnings(&self) -> Vec<Warning> {
        serde_json::from_str(&self.warnings).unwrap_or_default()
    }

    /// The status as a word that lives as long as the program.
    pub(crate) fn status_word(&self) -> &'static str {
        match self.status.as_str() {
            "loaded" => "loaded",
            "duplicate" => "duplicate",
            "outdated" => "outdated",
            "held" => "held",
            _ => "rejected",
        }
    }

    /// Every value of the period columns, as text.
    pub(crate) fn period_texts(&self) -> Vec<String> {
        let periods =
            serde_json::from_str::<Vec<Vec<Option<String>>>>(&self.periods).unwrap_or_default();
        periods.into_iter().flatten().flatten().collect()
    }

    /// The periods covered, each as text; one empty text for the whole table.
    pub(crate) fn period_keys(&self) -> Vec<String> {
        period_keys(&self.periods)
    }

    /// When the partner made what it holds of a period.
    pub(crate) fn as_of(&self, period: &str) -> Option<String> {
        let texts: Vec<Option<String>> = serde_json::from_str(self.as_of.as_deref()?).ok()?;
        let place = self.period_keys().iter().position(|key| key == period)?;
        texts.get(place).or(texts.first()).cloned().flatten()
    }
}

/// Periods as the ledger keeps them, each as text of its own; one empty text
/// for the whole table.
pub(crate) fn period_keys(periods: &str) -> Vec<String> {
    match serde_json::from_str::<Vec<serde_json::Value>>(periods) {
        Ok(periods) if !periods.is_empty() => periods.iter().map(ToString::to_string).collect(),
        _ => vec![String::new()],
    }
}

/// The newest scheduled instant served, by source.
pub(crate) async fn served(lake: &Lake) -> Result<Vec<(String, DateTime<Utc>)>, Error> {
    let rows: Vec<RunRow> = read_rows(lake, RUN_TABLE, None).await?;
    let mut served = BTreeMap::new();
    for row in rows {
        if let (Some(source), Some(at)) = (row.source, row.scheduled_for) {
            let newest = served.entry(source).or_insert(at);
            *newest = at.max(*newest);
        }
    }
    Ok(served.into_iter().collect())
}

/// Adds rows about runs.
pub(crate) async fn record_runs(lake: &Lake, rows: &[RunRow]) -> Result<(), Error> {
    append_rows(lake, RUN_TABLE, run_schema(), rows).await
}

pub(crate) async fn read_rows<T: DeserializeOwned>(
    lake: &Lake,
    name: &str,
    version: Option<u64>,
) -> Result<Vec<T>, Error> {
    let table = match version {
        Some(version) => Some(lake.table_at(name, version).await?),
        None => lake.table(name).await?,
    };
    let Some(table) = table else {
        return Ok(Vec::new());
    };
    let context = session(lake.empty_catalog(), &SessionSettings::default())?;
    let batches: Vec<RecordBatch> = context
        .read_table(table.provider()?)?
        .execute_stream()
        .await?
        .try_collect()
        .await?;
    let mut writer = arrow::json::writer::ArrayWriter::new(Vec::new());
    for batch in &batches {
        writer.write(batch)?;
    }
    writer.finish()?;
    let text = writer.into_inner();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(&text).map_err(|error| Error::Ledger {
        table: name.to_owned(),
        reason: error.to_string(),
    })
}

/// Adds rows to one of the warehouse's own books, and now and then puts its small files
/// together: it is appended to as long as there is a warehouse.
pub(crate) async fn append_rows<T: Serialize>(
    lake: &Lake,
    name: &str,
    schema: SchemaRef,
    rows: &[T],
) -> Result<(), Error> {
    let batch = batch_of(&schema, rows)?;
    if batch.num_rows() == 0 {
        return Ok(());
    }
    let stage = lake.stage(name, &schema, &[]).await?;
    let mut writer = stage.writer();
    writer.write(&batch).await?;
    let staged = stage.finish(writer.close().await?);
    let commit = lake.commit(staged, Scope::Append, Provenance::default());
    let appended = commit.await?;
    if let Err(error) = lake.compact(name, appended).await {
        tracing::warn!(%error, "small files of {name} stay as they are");
    }
    Ok(())
}

/// Rows as columns.
pub(crate) fn batch_of<T: Serialize>(schema: &SchemaRef, rows: &[T]) -> Result<RecordBatch, Error> {
    let mut decoder = arrow::json::ReaderBuilder::new(Arc::clone(schema))
        .with_batch_size(rows.len().max(1))
        .build_decoder()?;
    decoder.serialize(rows)?;
    let batch = decoder.flush()?;
    Ok(batch.unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(schema))))
}

fn extract_schema() -> SchemaRef {
    schema(&[
        ("received_at", instant(), false),
        ("run_id", DataType::Utf8, false),
        ("source", DataType::Utf8, false),
        ("partner", DataType::Utf8, false),
        ("table_name", DataType::Utf8, false),
        ("contract_hash", DataType::Utf8, false),
        ("url", DataType::Utf8, false),
        ("file", DataType::Utf8, false),
        ("sha256", DataType::Utf8, true),
        ("size", DataType::Int64, true),
        ("modified", instant(), true),
        ("etag", DataType::Utf8, true),
        ("status", DataType::Utf8, false),
        ("rule", DataType::Utf8, true),
        ("reason", DataType::Utf8, true),
        ("version", DataType::Utf8, true),
        ("received", DataType::Int64, false),
        ("accepted", DataType::Int64, false),
        ("rejected", DataType::Int64, false),
        ("duplicate", DataType::Int64, false),
        ("superseded", DataType::Int64, false),
        ("warned", DataType::Int64, false),
        ("warnings", DataType::Utf8, false),
        ("periods", DataType::Utf8, false),
        ("table_version", DataType::Int64, true),
        ("delivery", DataType::Utf8, true),
        ("as_of", DataType::Utf8, true),
        ("outdated", DataType::Int64, true),
        ("vault_version", DataType::Int64, true),
    ])
}

fn run_schema() -> SchemaRef {
    schema(&[
        ("run_id", DataType::Utf8, false),
        ("source", DataType::Utf8, true),
        ("scheduled_for", instant(), true),
        ("started_at", instant(), false),
        ("ended_at", instant(), false),
        ("outcome", DataType::Utf8, false),
        ("release", DataType::Utf8, true),
    ])
}

pub(crate) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

pub(crate) fn schema(fields: &[(&str, DataType, bool)]) -> SchemaRef {
    Arc::new(Schema::new(
        fields
            .iter()
            .map(|(name, data_type, nullable)| Field::new(*name, data_type.clone(), *nullable))
            .collect::<Vec<_>>(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_runs_are_few_files_and_none_is_forgotten() {
        let lake = Lake::open("memory:///lake").await.unwrap();
        for run in 0..40 {
            let at = DateTime::from_timestamp(run, 0).unwrap();
            let row = RunRow {
                run_id: format!("{run}"),
                source: Some("council/requests".into()),
                scheduled_for: Some(at),
                started_at: at,
                ended_at: at,
                outcome: "unchanged".into(),
                release: None,
            };
            record_runs(&lake, &[row]).await.unwrap();
        }
        let table = lake.table(RUN_TABLE).await.unwrap().unwrap();
        let files = table.by_file().unwrap().len();
        assert!(files < 20, "{files} files");
        assert_eq!(table.rows(), 40);
        let newest = DateTime::from_timestamp(39, 0).unwrap();
        let served = served(&lake).await.unwrap();
        assert_eq!(served, [("council/requests".to_owned(), newest)]);
    }
}
