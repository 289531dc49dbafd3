//! Retention removes from the vault what the project keeps no longer
//! (`vault_retention`): files as they were received, rejected rows as they came,
//! reports to partners, and data files that the vault's tables have left behind.
//! What the tables of today rest on stays unless the project says that
//! expressly, and so does a held file of which somebody has yet to decide.
//!
//! A removal is noted in `jcw.removal` before it is done, so that nothing goes
//! without a word; what a killed run had noted and not done the next one does.
//! The lake's own rows stay, by which `jcw status` adds up.

use crate::error::Error;
use crate::ledger::{
    Extract, Ledger, REJECT_TABLE, append_rows, batch_of, instant, read_rows, schema,
};
use crate::run::{claim_vault, take_lease};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use chrono::{DateTime, TimeDelta, Utc};
use jcw_contract::reject_schema;
use jcw_lake::{Lake, Lying, Provenance, Scope};
use jcw_project::{Project, Retention};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;

/// Name of the table of [`Removal`]s.
pub const REMOVAL_TABLE: &str = "jcw.removal";

/// Something that was removed from the vault because its time was over.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct Removal {
    /// When.
    pub removed_at: DateTime<Utc>,
    /// The run that did it.
    pub run_id: String,
    /// `landed`: a file as received; `rejects`: the rejected rows of a delivery
    /// as they came; `reports`: what partners were told of a run; `left_behind`:
    /// data files that a table of the vault shows no longer.
    pub what: String,
    /// The file's name, the run, or the table.
    pub name: String,
    /// The source it came from.
    pub source: Option<String>,
    /// SHA-256 of a file as received; of rejects what they were marked with.
    pub mark: Option<String>,
    /// When it was last received, or else written.
    pub received_at: DateTime<Utc>,
    /// Rejected rows.
    pub rows: Option<i64>,
    /// Files that went.
    pub files: i64,
    /// Their size.
    pub bytes: i64,
    /// Whether tables rested on it.
    pub was_standing: bool,
}

/// What was removed, as rows for a person.
#[derive(Debug)]
pub struct Removed {
    /// One for each thing that went, or would.
    pub removals: Vec<Removal>,
    /// The same as columns, named as in [`Removal`].
    pub rows: RecordBatch,
}

/// Removes what is older than the project keeps it. `is_trial`: says what would
/// go, and changes nothing.
pub async fn retain(project: &Project, lake: &Lake, is_trial: bool) -> Result<Removed, Error> {
    let run_id = uuid::Uuid::now_v7().to_string();
    let removals = if is_trial {
        let ledger = Ledger::read(lake).await?;
        let over = Over::find(project, lake, &ledger, &run_id).await?;
        over.things.into_iter().map(|one| one.removal).collect()
    } else {
        let lease = take_lease(lake, &run_id).await?;
        let removed = async {
            claim_vault(lake).await?;
            let ledger = Ledger::read(lake).await?;
            remove(project, lake, &ledger, &run_id).await
        }
        .await;
        lease.release().await?;
        removed?
    };
    let rows = batch_of(&removal_schema(), &removals)?;
    Ok(Removed { removals, rows })
}

/// The same within a run.
pub(crate) async fn remove(
    project: &Project,
    lake: &Lake,
    ledger: &Ledger,
    run_id: &str,
) -> Result<Vec<Removal>, Error> {
    let over = Over::find(project, lake, ledger, run_id).await?;
    let unnoted: Vec<Removal> = over.unnoted().cloned().collect();
    append_rows(lake, REMOVAL_TABLE, removal_schema(), &unnoted).await?;
    over.remove(&lake.vault()?, run_id).await?;
    Ok(unnoted)
}

/// Why landed bytes are not there.
pub(crate) async fn why_gone(lake: &Lake, sha256: &str) -> Result<String, Error> {
    let removals: Vec<Removal> = read_rows(lake, REMOVAL_TABLE, None).await?;
    let mut its =
        (removals.iter()).filter(|one| one.what == LANDED && one.mark.as_deref() == Some(sha256));
    Ok(match its.next_back() {
        Some(removal) => format!(
            "was removed from the vault's landing area on {}, as `vault_retention` in pipelines/warehouse.yaml says",
            removal.removed_at.format("%-d %B %Y")
        ),
        None => "is not in the vault's landing area".to_owned(),
    })
}

/// How much of what was removed: `2 files as received, 1 report`.
pub(crate) fn in_words(removals: &[Removal]) -> String {
    let counts = [
        (LANDED, "file as received", "files as received"),
        (REJECTS, "file's rejected rows", "files' rejected rows"),
        (REPORTS, "run's reports", "runs' reports"),
        (LEFT_BEHIND, "table's earlier rows", "tables' earlier rows"),
    ];
    let said = counts.iter().filter_map(|(what, one, several)| {
        match removals.iter().filter(|r| r.what == *what).count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {several}")),
        }
    });
    said.collect::<Vec<_>>().join(", ")
}

/// Where landed bytes belong, as a person finds them.
pub(crate) fn place_of(sha256: &str) -> String {
    let folder = sha256.get(..2).unwrap_or_default();
    format!("landing/{folder}/{sha256}")
}

const LANDED: &str = "landed";
const REJECTS: &str = "rejects";
const REPORTS: &str = "reports";
const LEFT_BEHIND: &str = "left_behind";

/// What is over.
#[derive(Default)]
struct Over {
    things: Vec<Thing>,
}

/// One thing that is over.
struct Thing {
    removal: Removal,
    objects: Vec<Lying>,
    /// A killed run has noted it, or it was taken in again for nothing.
    is_noted: bool,
}

impl Over {
    async fn find(
        project: &Project,
        lake: &Lake,
        ledger: &Ledger,
        run_id: &str,
    ) -> Result<Over, Error> {
        let retention = project.warehouse.vault_retention;
        if retention.is_for_ever() {
            return Ok(Over::default());
        }
        let removals: Vec<Removal> = read_rows(lake, REMOVAL_TABLE, None).await?;
        let mut find = Find {
            retention,
            vault: lake.vault()?,
            files: Files::of(ledger),
            noted: removals.iter().map(noted).collect(),
            run_id,
            now: Utc::now(),
            things: Vec::new(),
        };
        find.landed().await?;
        find.rejects().await?;
        find.reports().await?;
        find.left_behind().await?;
        Ok(Over {
            things: find.things,
        })
    }

    fn unnoted(&self) -> impl Iterator<Item = &Removal> {
        let unnoted = self.things.iter().filter(|one| !one.is_noted);
        unnoted.map(|one| &one.removal)
    }

    /// The rows of rejects first: a table never shows a file that is gone.
    async fn remove(self, vault: &Lake, run_id: &str) -> Result<(), Error> {
        let with_rows = (self.things.iter())
            .filter(|one| one.removal.what == REJECTS && one.removal.rows > Some(0));
        let marks: Vec<_> = with_rows
            .map(|one| vec![one.removal.mark.clone()])
            .collect();
        if !marks.is_empty() {
            let by_extract = vec![MARK_COLUMN.to_owned()];
            let stage = vault
                .stage(REJECT_TABLE, &reject_schema(), &by_extract)
                .await?;
            let scope = Scope::Periods {
                columns: by_extract,
                values: marks,
            };
            let provenance = Provenance {
                run_id: run_id.to_owned(),
                ..Provenance::default()
            };
            let nothing = stage.finish(Vec::new());
            vault.commit(nothing, scope, provenance).await?;
        }
        for thing in self.things {
            for object in &thing.objects {
                vault.delete(object).await?;
            }
            let (what, name) = (&thing.removal.what, &thing.removal.name);
            tracing::info!(%what, %name, bytes = thing.removal.bytes, "removed from the vault");
        }
        Ok(())
    }
}

/// Column by which rejects are cut into folders.
const MARK_COLUMN: &str = "extract";

/// By what a removal is known again: what, and of what.
type Of = (String, String);

/// With when it was last done.
fn noted(removal: &Removal) -> (Of, DateTime<Utc>) {
    let of = removal.mark.as_ref().unwrap_or(&removal.name);
    ((removal.what.clone(), of.clone()), removal.removed_at)
}

/// A search for what is over.
struct Find<'f> {
    retention: Retention,
    vault: Lake,
    files: Files<'f>,
    noted: HashMap<Of, DateTime<Utc>>,
    run_id: &'f str,
    now: DateTime<Utc>,
    things: Vec<Thing>,
}

impl Find<'_> {
    async fn landed(&mut self) -> Result<(), Error> {
        for one in self.vault.landed().await? {
            let known = self.files.by_sha256.get(one.name()).copied();
            let (is_standing, at) = known.map_or((false, one.modified), Known::state);
            if self.is_over(self.retention.of_landed(is_standing), at) {
                let mark = one.name().to_owned();
                let removal = self.removal(LANDED, mark, known, at);
                self.add(removal, vec![one]);
            }
        }
        Ok(())
    }

    async fn rejects(&mut self) -> Result<(), Error> {
        if self.retention.rejects.is_none() {
            return Ok(());
        }
        // A folder has the first characters of the mark.
        let mut by_folder: BTreeMap<String, Vec<Lying>> = BTreeMap::new();
        let column = format!("{MARK_COLUMN}=");
        for one in self.vault.data_files(REJECT_TABLE).await? {
            let mut parts = one.parts().into_iter();
            let folder = parts.find_map(|part| Some(part.strip_prefix(&column)?.to_owned()));
            if let Some(folder) = folder.filter(|folder| !folder.is_empty()) {
                by_folder.entry(folder).or_default().push(one);
            }
        }
        let table = self.vault.table(REJECT_TABLE).await?;
        let rows = table
            .map(|table| table.rows_by_period())
            .unwrap_or_default();
        let rows: BTreeMap<&str, u64> = (rows.iter())
            .filter_map(|(period, rows)| Some((period.first()?.as_deref()?, *rows)))
            .collect();
        for (folder, mut objects) in by_folder {
            let known = begins_with(&self.files.by_mark, &folder);
            let shown = begins_with(&rows, &folder);
            let (is_standing, at) =
                known.map_or((false, newest(&objects)), |(_, known)| known.state());
            if !self.is_over(self.retention.of_rejects(is_standing), at) {
                continue;
            }
            if shown.is_none() {
                objects.retain(|one| !one.is_shown);
            }
            if objects.is_empty() {
                continue;
            }
            let mark = (shown.map(|(mark, _)| mark))
                .or(known.map(|(mark, _)| mark))
                .unwrap_or(&folder);
            let known = known.map(|(_, known)| known);
            let mut removal = self.removal(REJECTS, mark.to_owned(), known, at);
            removal.rows = Some(shown.map_or(0, |(_, rows)| rows as i64));
            self.add(removal, objects);
        }
        Ok(())
    }

    async fn reports(&mut self) -> Result<(), Error> {
        let mut by_run: BTreeMap<String, Vec<Lying>> = BTreeMap::new();
        for one in self.vault.reports().await? {
            let run = one.parts().get(1).cloned().unwrap_or_default();
            by_run.entry(run).or_default().push(one);
        }
        for (run, objects) in by_run {
            let at = newest(&objects);
            if self.is_over(self.retention.rejects, at) {
                let mut removal = self.removal(REPORTS, run.clone(), None, at);
                (removal.name, removal.mark) = (run, None);
                self.add(removal, objects);
            }
        }
        Ok(())
    }

    /// Versions of a vault's table that nothing asks for: `rejects` goes by itself.
    async fn left_behind(&mut self) -> Result<(), Error> {
        if self.retention.landed.is_none() {
            return Ok(());
        }
        for table in self.vault.tables().await? {
            if table == REJECT_TABLE {
                continue;
            }
            let mut objects = self.vault.data_files(&table).await?;
            objects
                .retain(|one| !one.is_shown && self.is_over(self.retention.landed, one.modified));
            if !objects.is_empty() {
                let at = newest(&objects);
                let mut removal = self.removal(LEFT_BEHIND, table.clone(), None, at);
                (removal.name, removal.mark) = (table, None);
                self.add(removal, objects);
            }
        }
        Ok(())
    }

    fn is_over(&self, days: Option<u64>, at: DateTime<Utc>) -> bool {
        let kept = days.and_then(|days| TimeDelta::try_days(i64::try_from(days).ok()?));
        kept.is_some_and(|kept| self.now.signed_duration_since(at) >= kept)
    }

    fn removal(
        &self,
        what: &str,
        mark: String,
        known: Option<Known<'_>>,
        at: DateTime<Utc>,
    ) -> Removal {
        Removal {
            removed_at: self.now,
            run_id: self.run_id.to_owned(),
            what: what.to_owned(),
            name: known.map_or("", |known| known.file).to_owned(),
            source: known.map(|known| known.source.to_owned()),
            mark: Some(mark),
            received_at: at,
            rows: None,
            files: 0,
            bytes: 0,
            was_standing: known.is_some_and(|known| known.is_standing),
        }
    }

    fn add(&mut self, mut removal: Removal, objects: Vec<Lying>) {
        removal.files = objects.len() as i64;
        removal.bytes = objects.iter().map(|one| one.size as i64).sum();
        // A table leaves files behind again and again.
        let is_noted = removal.what != LEFT_BEHIND
            && (self.noted.get(&noted(&removal).0)).is_some_and(|at| *at >= removal.received_at);
        self.things.push(Thing {
            removal,
            objects,
            is_noted,
        });
    }
}

fn newest(objects: &[Lying]) -> DateTime<Utc> {
    let ages = objects.iter().map(|one| one.modified);
    ages.max().unwrap_or_default()
}

/// What the ledger knows of files.
struct Files<'l> {
    by_sha256: HashMap<&'l str, Known<'l>>,
    by_mark: BTreeMap<&'l str, Known<'l>>,
}

/// What it knows of one.
#[derive(Clone, Copy)]
struct Known<'l> {
    source: &'l str,
    file: &'l str,
    /// When it came last.
    received_at: DateTime<Utc>,
    /// Rows of its delivery stand in some table, or somebody has yet to decide.
    is_standing: bool,
}

impl<'l> Files<'l> {
    fn of(ledger: &'l Ledger) -> Self {
        let standing: HashSet<_> = (ledger.standing().into_iter())
            .map(|extract| (&extract.source, extract.mark()))
            .collect();
        let mut newest: HashMap<_, &Extract> = HashMap::new();
        for extract in ledger.extracts() {
            newest.insert((&extract.source, &extract.url), extract);
        }
        let waits = |extract: &Extract| {
            let last = newest.get(&(&extract.source, &extract.url));
            extract.status == "held" && last.is_some_and(|last| last.sha256 == extract.sha256)
        };
        let mut files = Files {
            by_sha256: HashMap::new(),
            by_mark: BTreeMap::new(),
        };
        for extract in ledger.extracts() {
            let known = Known {
                source: &extract.source,
                file: &extract.file,
                received_at: extract.received_at,
                is_standing: standing.contains(&(&extract.source, extract.mark()))
                    || waits(extract),
            };
            if let Some(sha256) = extract.sha256.as_deref() {
                files.by_sha256.entry(sha256).or_insert(known).join(known);
            }
            if let Some(mark) = extract.mark() {
                files.by_mark.entry(mark).or_insert(known).join(known);
            }
        }
        files
    }
}

/// The first entry of a name that begins so.
fn begins_with<'m, T: Copy>(all: &BTreeMap<&'m str, T>, first: &str) -> Option<(&'m str, T)> {
    let from = (Bound::Included(first), Bound::Unbounded);
    let (name, one) = all.range::<str, _>(from).next()?;
    name.starts_with(first).then_some((*name, *one))
}

impl Known<'_> {
    fn join(&mut self, other: Self) {
        self.received_at = self.received_at.max(other.received_at);
        self.is_standing |= other.is_standing;
    }

    fn state(self) -> (bool, DateTime<Utc>) {
        (self.is_standing, self.received_at)
    }
}

fn removal_schema() -> SchemaRef {
    schema(&[
        ("removed_at", instant(), false),
        ("run_id", DataType::Utf8, false),
        ("what", DataType::Utf8, false),
        ("name", DataType::Utf8, false),
        ("source", DataType::Utf8, true),
        ("mark", DataType::Utf8, true),
        ("received_at", instant(), false),
        ("rows", DataType::Int64, true),
        ("files", DataType::Int64, false),
        ("bytes", DataType::Int64, false),
        ("was_standing", DataType::Boolean, false),
    ])
}
