//! Loading takes one landed file through its contract into its source table:
//! one pass to see whether keys repeat, one to check and write, and then two
//! commits, rejects first. A file either loads whole, less its rejected rows,
//! or not at all.

use crate::error::Error;
use crate::judge::{
    Gathered, Job, Judge, Judged, KEY_MEMORY, KeyReader, Tally, gather, of_file, run, write_one,
};
use crate::ledger::{Extract, REJECT_TABLE, Warning};
use crate::pieces::{Halt, work_through};
use crate::progress::{Progress, Watcher};
use crate::pull::Arrival;
use crate::references;
use jcw_contract::{Checker, KeyIndex, Suspects, Withheld, check_row_count, reject_schema};
use jcw_extract::{Reader, Standing};
use jcw_lake::{ExtractUsed, Lake, Provenance, Scope, Stage};
use jcw_project::{Contract, Limits, Project, Severity};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Loads files of one source.
pub(crate) struct Loader<'a> {
    lake: &'a Lake,
    limits: Limits,
    contract: &'a Contract,
    checker: Arc<Checker>,
    watcher: &'a dyn Watcher,
    workers: usize,
}

/// How the source table stood after the load before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Last {
    /// How many rows that delivery had.
    pub(crate) rows: Option<RowsBefore>,
    /// The newest version that the ledger knows.
    pub(crate) version: Option<i64>,
    /// What the load begins from.
    pub(crate) start: Start,
}

/// The rows of the delivery before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowsBefore {
    pub(crate) received: u64,
    /// Accepted, and duplicates of accepted ones.
    pub(crate) kept: u64,
}

/// What a load begins from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// The table as it stands; the delivery replaces its own periods.
    AsItStands,
    /// Nothing: every delivery is being loaded again, and this is the first.
    Afresh,
}

/// A loader, or what it lacks.
pub(crate) enum Prepared<'a> {
    /// Files can be loaded.
    Ready(Loader<'a>),
    /// The contract refers to this table, and nothing has been loaded into it yet.
    Missing(String),
}

/// What is too large to be what this contract describes: as the source that
/// delivers it says.
fn limits(project: &Project, contract: &Contract) -> Limits {
    let source = project
        .sources
        .iter()
        .find(|source| *source.contract == *contract.id);
    source.map_or_else(Limits::default, |source| source.limits)
}
/// Where a file's rows are written, and what is known of them.
struct Stages {
    data: Stage,
    rejects: Stage,
    start: Start,
    /// The bytes were here before, and may have left rejects under an older contract.
    is_again: bool,
}
impl<'a> Loader<'a> {
    /// Makes the contract ready, with the values it refers to in other tables.
    pub(crate) async fn prepare(
        project: &Project,
        lake: &'a Lake,
        contract: &'a Contract,
        watcher: &'a dyn Watcher,
    ) -> Result<Prepared<'a>, Error> {
        let references = match references::read(project, lake, contract).await? {
            Ok(references) => references,
            Err(missing) => return Ok(Prepared::Missing(missing)),
        };
        Ok(Prepared::Ready(Loader {
            lake,
            limits: limits(project, contract),
            contract,
            checker: Arc::new(Checker::compile(contract, references)?),
            watcher,
            workers: std::thread::available_parallelism().map_or(2, |n| n.get()),
        }))
    }

    /// Loads one file.
    pub(crate) async fn load(
        &self,
        arrival: Arrival,
        last: Last,
        accept: &[String],
    ) -> Result<Extract, Error> {
        let Arrival {
            mut extract,
            incoming,
        } = arrival;
        let sha256 = incoming.sha256().to_owned();
        if let Some(done) = self.recover(&extract, &sha256, last.version).await? {
            incoming.kept().await?;
            return Ok(done);
        }
        let local = incoming.local().await?;
        let is_accepted = accept
            .iter()
            .any(|prefix| sha256.starts_with(prefix.as_str()));
        let last_start = last.start;
        let last = last.rows.filter(|_| !is_accepted);
        let (data, rejects) = self.stages().await?;
        let judged = self
            .judge(&extract, &sha256, local.path(), last, &data, &rejects)
            .await;
        // Nothing is said of a file whose bytes are not safe.
        let landed = incoming.kept().await?;
        let judged = match judged {
            Ok(judged) => judged,
            Err(Halt::Run(error)) => return Err(error),
            Err(Halt::File(error)) => {
                let status = match error.standing() {
                    Standing::Held => "held",
                    Standing::Rejected => "rejected",
                };
                extract.refuse(status, error.rule(), error.to_string());
                return Ok(extract);
            }
            Err(Halt::Rule {
                rule,
                reason,
                status,
            }) => {
                extract.refuse(status, &rule, reason);
                return Ok(extract);
            }
        };
        let stages = Stages {
            data,
            rejects,
            start: last_start,
            is_again: !landed.is_new,
        };
        self.commit(extract, &sha256, judged, stages).await
    }

    /// Why the contract does not take a file that was loaded before; nothing is
    /// written that stays.
    pub(crate) async fn refuses(&self, extract: &Extract) -> Result<Option<String>, Error> {
        let sha256 = extract.sha256.as_deref().unwrap_or_default();
        let local = self.lake.landing().verified(sha256).await?;
        let (data, rejects) = self.stages().await?;
        match self
            .judge(extract, sha256, local.path(), None, &data, &rejects)
            .await
        {
            Ok(judged) => {
                let is_empty = judged.tally.accepted == 0;
                data.finish(judged.accepted).abandon().await;
                rejects.finish(judged.rejects).abandon().await;
                Ok(is_empty.then(|| "not one of its rows keeps it".to_owned()))
            }
            Err(Halt::File(error)) => Ok(Some(error.to_string())),
            Err(Halt::Rule { reason, .. }) => Ok(Some(reason)),
            Err(Halt::Run(error)) => Err(error),
        }
    }

    async fn stages(&self) -> Result<(Stage, Stage), Error> {
        let table = self.contract.table();
        let data = self
            .lake
            .stage(&table, &self.contract.table_schema(), &self.periods())
            .await?;
        let rejects = self
            .lake
            .stage(REJECT_TABLE, &reject_schema(), &["extract".to_owned()])
            .await?;
        Ok((data, rejects))
    }

    /// A load that was committed by a run that did not live to say so.
    async fn recover(
        &self,
        extract: &Extract,
        sha256: &str,
        recorded: Option<i64>,
    ) -> Result<Option<Extract>, Error> {
        let Some(table) = self.lake.table(&self.contract.table()).await? else {
            return Ok(None);
        };
        let is_this = |provenance: &Provenance| {
            provenance
                .extracts
                .iter()
                .any(|used| used.sha256 == sha256 && used.source == extract.source)
                && provenance.model_hash.as_deref() == Some(self.contract.hash.as_str())
        };
        let Some(commit) = table.find_commit(is_this).await? else {
            return Ok(None);
        };
        // An older commit is one that later deliveries have replaced.
        if recorded.is_some_and(|recorded| commit.version as i64 <= recorded) {
            return Ok(None);
        }
        let Some(provenance) = commit.provenance else {
            return Ok(None);
        };
        let Ok(mut done) = serde_json::from_value::<Extract>(provenance.extra) else {
            return Ok(None);
        };
        done.table_version = Some(commit.version as i64);
        done.superseded = provenance.superseded_rows as i64;
        done.run_id = extract.run_id.clone();
        Ok(Some(done))
    }

    async fn judge(
        &self,
        extract: &Extract,
        sha256: &str,
        path: &Path,
        last: Option<RowsBefore>,
        data: &Stage,
        rejects: &Stage,
    ) -> Result<Judged, Halt> {
        let suspects = self.suspects(extract, path).await?;
        let job = Arc::new(Job {
            checker: Arc::clone(&self.checker),
            source: extract.source.clone(),
            run: extract.run_id.clone(),
            extract: sha256.to_owned(),
            file: extract.file.clone(),
            suspects,
        });
        let workers = (0..self.workers)
            .map(|_| Judge::new(&job, data, rejects))
            .collect();
        let (workers, summary) = work_through(self.open(&extract.file, path)?, workers).await?;
        let mut judged = gather(workers).await?;
        self.settle(&job, &mut judged, data, rejects).await?;
        let mut judged = judged.judged;
        judged
            .warnings
            .extend(summary.warnings.into_iter().map(|warning| Warning {
                rule: warning.rule.to_owned(),
                message: warning.message,
                rows: warning.count,
                first_row: warning.row,
            }));
        self.watcher.saw(Progress::Checked {
            source: extract.source.clone(),
            file: extract.file.clone(),
            rows: judged.tally.received,
        });
        let fault = self.contract.row_count.as_ref().and_then(|rule| {
            // What is kept is what counts: a file as long as ever whose dates
            // have changed their form is as broken as a short one.
            let tally = &judged.tally;
            let kept = tally.accepted + tally.duplicate;
            check_row_count(rule, tally.received, last.map(|last| last.received))
                .or_else(|| check_row_count(rule, kept, last.map(|last| last.kept)))
        });
        if let Some(fault) = fault {
            if fault.severity != Severity::RejectFile {
                judged.warnings.insert(of_file(fault));
                return Ok(judged);
            }
            return Err(Halt::Rule {
                rule: fault.rule,
                reason: format!(
                    "{}; to load it, run `jcw run --accept {}`",
                    fault.message,
                    &sha256[..12.min(sha256.len())]
                ),
                status: "held",
            });
        }
        Ok(judged)
    }

    /// Keys that stand in more than one row.
    async fn suspects(&self, extract: &Extract, path: &Path) -> Result<Suspects, Halt> {
        if self.contract.key.is_none() {
            return Ok(Suspects::default());
        }
        let workers = (0..self.workers)
            .map(|_| KeyReader::new(&self.checker))
            .collect();
        let (workers, _) = work_through(self.open(&extract.file, path)?, workers).await?;
        let mut index = KeyIndex::new(KEY_MEMORY);
        for worker in workers {
            for hashes in worker.hashes {
                index
                    .add(&hashes)
                    .map_err(|error| Halt::Run(error.into()))?;
            }
        }
        Ok(index.finish())
    }

    /// Decides about the rows whose key is not theirs alone.
    async fn settle(
        &self,
        job: &Job,
        gathered: &mut Gathered,
        data: &Stage,
        rejects: &Stage,
    ) -> Result<(), Halt> {
        let withheld = std::mem::replace(&mut gathered.withheld, Withheld::new(KEY_MEMORY));
        let settled = withheld
            .finish(&self.checker, &job.delivery(None))
            .map_err(run)?;
        let judged = &mut gathered.judged;
        judged.tally.accepted += settled.accepted.num_rows() as u64;
        judged.tally.rejected += settled.rejected_rows as u64;
        judged.tally.duplicate += settled.duplicates as u64;
        judged
            .accepted
            .extend(write_one(data, &settled.accepted).await?);
        judged
            .rejects
            .extend(write_one(rejects, &settled.rejected).await?);
        Ok(())
    }

    /// Makes the file visible to models: rejects first, so that a run killed in
    /// between leaves a file that is not loaded, and whose rejects the next run
    /// writes again over these.
    async fn commit(
        &self,
        mut extract: Extract,
        sha256: &str,
        judged: Judged,
        stages: Stages,
    ) -> Result<Extract, Error> {
        let Judged {
            accepted,
            rejects: rejected,
            tally,
            version,
            warnings,
        } = judged;
        extract.status = "loaded".to_owned();
        extract.received = tally.received as i64;
        extract.accepted = tally.accepted as i64;
        extract.rejected = tally.rejected as i64;
        extract.duplicate = tally.duplicate as i64;
        extract.warned = tally
            .rules
            .iter()
            .filter(|c| c.severity == Severity::Warn)
            .map(|c| c.rows as i64)
            .sum();
        extract.version = version;
        extract.warnings = told(&extract, &tally, warnings);
        if !rejected.is_empty() || stages.is_again {
            let scope = Scope::Periods {
                columns: vec!["extract".to_owned()],
                values: vec![vec![Some(sha256.to_owned())]],
            };
            let provenance = Provenance {
                run_id: extract.run_id.clone(),
                ..Provenance::default()
            };
            self.lake
                .commit(stages.rejects.finish(rejected), scope, provenance)
                .await?;
        }
        if tally.accepted == 0 {
            extract.refuse("rejected", "delivery.no_row_kept", format!(
                "not one of the {} rows keeps the contract, so what was loaded before stays; `jcw status --rejects` says which rules they break",
                tally.received
            ));
            return Ok(extract);
        }
        let staged = stages.data.finish(accepted);
        if !self.contract.period.is_empty() {
            extract.periods =
                serde_json::to_string(&staged.periods()).unwrap_or_else(|_| "[]".to_owned());
        }
        let scope = if self.contract.period.is_empty() || stages.start == Start::Afresh {
            Scope::Everything
        } else {
            Scope::staged_periods(&staged)
        };
        let provenance = Provenance {
            run_id: extract.run_id.clone(),
            extracts: vec![ExtractUsed {
                source: extract.source.clone(),
                sha256: sha256.to_owned(),
                file: extract.file.clone(),
                rows: tally.accepted,
            }],
            model_hash: Some(self.contract.hash.clone()),
            extra: serde_json::to_value(&extract).unwrap_or_default(),
            ..Provenance::default()
        };
        let committed = self.lake.commit(staged, scope, provenance).await?;
        extract.table_version = Some(committed.version as i64);
        extract.superseded = committed.superseded_rows as i64;
        Ok(extract)
    }

    fn open(&self, file: &str, path: &Path) -> Result<Box<dyn Reader>, Halt> {
        jcw_extract::open(self.contract, &self.limits, file, path).map_err(Halt::File)
    }

    fn periods(&self) -> Vec<String> {
        self.contract
            .period
            .iter()
            .map(|column| column.value.clone())
            .collect()
    }
}
/// Everything odd about the file, as the ledger keeps it; the log is told too.
fn told(extract: &Extract, tally: &Tally, mut warnings: BTreeSet<Warning>) -> String {
    let warned = tally
        .rules
        .iter()
        .filter(|count| count.severity == Severity::Warn);
    warnings.extend(warned.map(|count| Warning {
        rule: count.rule.clone(),
        message: count.reason.clone(),
        rows: count.rows,
        first_row: Some(count.first_row),
    }));
    for Warning {
        rule,
        message,
        rows,
        ..
    } in &warnings
    {
        tracing::info!(source = %extract.source, file = %extract.file, %rule, rows, "{message}");
    }
    serde_json::to_string(&warnings).unwrap_or_else(|_| "[]".to_owned())
}
