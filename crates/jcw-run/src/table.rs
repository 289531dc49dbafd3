//! One table of a lot on its way through its contract: where its rows are, and
//! what becomes of them.

use crate::error::Error;
use crate::judge::{
    Gathered, Job, Judge, Judged, KEY_MEMORY, KeyReader, Tally, Watch, gather, of_file, run,
};
use crate::ledger::{Extract, Ledger, Warning};
use crate::pieces::{Halt, work_through};
use crate::progress::{Progress, Watcher};
use crate::sides::Sides;
use jcw_contract::{Checker, KeyIndex, References, Suspects, Withheld, check_row_count};
use jcw_extract::{Reader, XmlPart};
use jcw_identity::Gate;
use jcw_lake::Stage;
use jcw_project::{Contract, Limits, Severity};
use std::path::PathBuf;
use std::sync::Arc;

/// The rows of one table, as they come.
pub(crate) struct Rows {
    /// Its contract, with the layout of the shape in which it comes.
    pub(crate) contract: Contract,
    pub(crate) limits: Limits,
    /// Number of its file in the lot.
    pub(crate) file: usize,
    /// The file's name.
    pub(crate) name: String,
    /// The kept copy.
    pub(crate) path: PathBuf,
    /// Its part of an XML file.
    pub(crate) part: Option<XmlPart>,
}

impl Rows {
    fn open(&self) -> Result<Box<dyn Reader>, Halt> {
        match &self.part {
            Some(part) => part.open(&self.contract, &self.limits, &self.name),
            None => jcw_extract::open(&self.contract, &self.limits, &self.name, &self.path),
        }
        .map_err(Halt::File)
    }
}

/// A table's contract made ready for one lot.
pub(crate) struct TableLoader<'a> {
    contract: &'a Contract,
    checker: Arc<Checker>,
    gate: Arc<Gate>,
    watch: Watch,
    watcher: &'a dyn Watcher,
    workers: usize,
}

impl<'a> TableLoader<'a> {
    pub(crate) fn new(
        contract: &'a Contract,
        references: References,
        gate: Arc<Gate>,
        watch: Watch,
        watcher: &'a dyn Watcher,
    ) -> Result<Self, Halt> {
        Ok(TableLoader {
            contract,
            checker: Arc::new(Checker::compile(contract, references).map_err(run)?),
            gate,
            watch,
            watcher,
            workers: std::thread::available_parallelism().map_or(2, |n| n.get()),
        })
    }

    /// Takes every row through the contract and writes it down. `mark` is what
    /// the rows are marked with.
    pub(crate) async fn judge(
        &self,
        rows: &Rows,
        extract: &Extract,
        mark: &str,
        data: &Sides<Stage>,
        rejects: &Sides<Stage>,
    ) -> Result<Judged, Halt> {
        let job = Arc::new(Job {
            checker: Arc::clone(&self.checker),
            source: extract.source.clone(),
            run: extract.run_id.clone(),
            table: self.contract.table(),
            extract: mark.to_owned(),
            file: extract.file.clone(),
            suspects: self.suspects(rows).await?,
            watch: self.watch.clone(),
            gate: Arc::clone(&self.gate),
        });
        let workers = (0..self.workers)
            .map(|_| Judge::new(&job, data, rejects))
            .collect();
        let (workers, summary) = work_through(rows.open()?, workers).await?;
        let mut gathered = gather(workers, &self.watch).await?;
        self.settle(&job, &mut gathered, data, rejects).await?;
        let mut judged = gathered.judged;
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
        Ok(judged)
    }

    /// Compares the number of rows with that of the load before.
    pub(crate) fn check_row_count(
        &self,
        tally: &Tally,
        ledger: &Ledger,
        extract: &Extract,
    ) -> Result<Option<Warning>, Halt> {
        let last = ledger.last_load(&self.contract.table());
        let fault = self.contract.row_count.as_ref().and_then(|rule| {
            // What is kept is what counts: a file as long as ever whose dates
            // have changed their form is as broken as a short one.
            let kept = tally.accepted + tally.duplicate;
            check_row_count(rule, tally.received, last.map(|last| last.received as u64)).or_else(
                || {
                    let kept_before = last.map(|last| (last.accepted + last.duplicate) as u64);
                    check_row_count(rule, kept, kept_before)
                },
            )
        });
        let Some(fault) = fault else {
            return Ok(None);
        };
        if fault.severity != Severity::RejectFile {
            return Ok(Some(of_file(fault)));
        }
        let sha256 = extract.sha256.as_deref().unwrap_or_default();
        Err(Halt::Rule {
            rule: fault.rule,
            reason: format!(
                "{}; to load it, run `jcw run --accept {}`",
                fault.message,
                &sha256[..12.min(sha256.len())]
            ),
            status: "held",
        })
    }

    /// Keys that stand in more than one row.
    async fn suspects(&self, rows: &Rows) -> Result<Suspects, Halt> {
        if self.contract.key.is_none() {
            return Ok(Suspects::default());
        }
        let workers = (0..self.workers)
            .map(|_| KeyReader::new(&self.checker))
            .collect();
        let (workers, _) = work_through(rows.open()?, workers).await?;
        let mut index = KeyIndex::new(KEY_MEMORY);
        for worker in workers {
            for hashes in worker.hashes {
                index
                    .add(&hashes)
                    .map_err(|error| Halt::Run(Error::from(error)))?;
            }
        }
        Ok(index.finish())
    }

    /// Decides about the rows whose key is not theirs alone.
    async fn settle(
        &self,
        job: &Job,
        gathered: &mut Gathered,
        data: &Sides<Stage>,
        rejects: &Sides<Stage>,
    ) -> Result<(), Halt> {
        let withheld = std::mem::replace(&mut gathered.withheld, Withheld::new(KEY_MEMORY));
        let settled = withheld
            .finish(&self.checker, &job.delivery(None))
            .map_err(run)?;
        let judged = &mut gathered.judged;
        judged.tally.accepted += settled.accepted.num_rows() as u64;
        judged.tally.rejected += settled.rejected_rows as u64;
        judged.tally.duplicate += settled.duplicates as u64;
        judged.see(&self.watch, &settled.accepted)?;
        let (mut data, mut rejects) = (data.writers(), rejects.writers());
        data.write_rows(&job.gate, &settled.accepted).await?;
        rejects.write_rejects(&settled.rejected).await?;
        judged.accepted.append(data.close().await?);
        judged.rejects.append(rejects.close().await?);
        Ok(())
    }
}
