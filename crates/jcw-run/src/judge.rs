//! A judge takes the rows of one file through its contract and writes them
//! down: what keeps it to one stage, what does not to another. There are as many
//! as there are cores, and at the end their work is gathered.

use crate::Error;
use crate::ledger::Warning;
use crate::pieces::{Halt, Worker};
use crate::sides::Sides;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, TimestampMicrosecondType};
use chrono::DateTime;
use jcw_contract::{
    Binding, Checked, Checker, Delivery, FileFault, Keys, KnownValues, MalformedRow, RuleCounts,
    Suspects, Withheld, WithheldRows, reject_malformed,
};
use jcw_extract::Piece;
use jcw_identity::Gate;
use jcw_lake::{Period, Stage, StageWriter, StagedFile};
use jcw_project::Severity;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most memory that finding repeated keys may take, in bytes: 256 MiB is a key
/// for each of 32 million rows.
pub(crate) const KEY_MEMORY: usize = 256 << 20;

/// What every worker of one file knows.
pub(crate) struct Job {
    pub(crate) checker: Arc<Checker>,
    pub(crate) source: String,
    pub(crate) run: String,
    pub(crate) table: String,
    pub(crate) extract: String,
    pub(crate) file: String,
    pub(crate) suspects: Suspects,
    pub(crate) watch: Watch,
    pub(crate) gate: Arc<Gate>,
}

/// What is to be noted of the rows that load.
#[derive(Debug, Default, Clone)]
pub(crate) struct Watch {
    /// Sets of columns that other tables of the delivery refer to.
    pub(crate) keys: Vec<Vec<String>>,
    /// The column that says when the delivery was made.
    pub(crate) as_of: Option<String>,
    /// The period columns, for which it says so.
    pub(crate) periods: Vec<String>,
    /// Whether the rows are the delivery's header.
    pub(crate) is_header: bool,
}

/// What was noted of the rows that load.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// Values of the sets of columns that were asked for, in their order.
    pub(crate) keys: Vec<KnownValues>,
    /// For each period when the delivery was made, as text that sorts by time.
    pub(crate) as_of: BTreeMap<Period, String>,
    /// The header's first rows, two at most.
    pub(crate) header: Vec<RecordBatch>,
}

impl Witness {
    fn new(watch: &Watch) -> Self {
        Witness {
            keys: watch.keys.iter().cloned().map(KnownValues::new).collect(),
            ..Witness::default()
        }
    }

    fn see(&mut self, watch: &Watch, accepted: &RecordBatch) -> Result<(), Error> {
        if accepted.num_rows() == 0 {
            return Ok(());
        }
        for known in &mut self.keys {
            known.add(accepted)?;
        }
        if let Some(column) = watch
            .as_of
            .as_ref()
            .and_then(|name| accepted.column_by_name(name))
        {
            self.see_as_of(&instants(column)?, &watch.periods, accepted)?;
        }
        if watch.is_header && self.header.len() < 2 {
            self.header
                .push(accepted.slice(0, accepted.num_rows().min(2)));
        }
        Ok(())
    }

    fn see_as_of(
        &mut self,
        as_of: &StringArray,
        periods: &[String],
        accepted: &RecordBatch,
    ) -> Result<(), Error> {
        let mut columns = Vec::with_capacity(periods.len());
        for name in periods {
            if let Some(column) = accepted.column_by_name(name) {
                columns.push(cast(column, &DataType::Utf8)?);
            }
        }
        let is_like = |one: usize, other: usize| {
            let same = |column: &StringArray| text(column, one) == text(column, other);
            same(as_of) && columns.iter().all(|column| same(column.as_string::<i32>()))
        };
        for row in 0..accepted.num_rows() {
            // The rows of one delivery are mostly alike in this.
            if row > 0 && is_like(row, row - 1) || as_of.is_null(row) {
                continue;
            }
            let period = columns
                .iter()
                .map(|column| text(column.as_string::<i32>(), row).map(str::to_owned))
                .collect();
            self.take_later(period, as_of.value(row));
        }
        Ok(())
    }

    fn take_later(&mut self, period: Period, as_of: &str) {
        let latest = self.as_of.entry(period).or_default();
        if latest.as_str() < as_of {
            as_of.clone_into(latest);
        }
    }

    fn merge(&mut self, other: Witness) {
        for (mine, theirs) in self.keys.iter_mut().zip(other.keys) {
            mine.merge(theirs);
        }
        for (period, as_of) in other.as_of {
            self.take_later(period, &as_of);
        }
        self.header.extend(other.header);
    }
}

fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// Dates and instants as text that sorts by time.
fn instants(column: &ArrayRef) -> Result<StringArray, Error> {
    if !matches!(column.data_type(), DataType::Timestamp(_, _)) {
        return Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone());
    }
    let unit = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let instants = cast(column, &unit)?;
    let texts = instants
        .as_primitive::<TimestampMicrosecondType>()
        .iter()
        .map(|micros| {
            let at = DateTime::from_timestamp_micros(micros?)?;
            Some(at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
        });
    Ok(texts.collect())
}

/// A file that went through its contract, written but not yet visible.
pub(crate) struct Judged {
    pub(crate) accepted: Sides<Vec<StagedFile>>,
    pub(crate) rejects: Sides<Vec<StagedFile>>,
    pub(crate) tally: Tally,
    pub(crate) version: Option<String>,
    pub(crate) warnings: BTreeSet<Warning>,
    pub(crate) witness: Witness,
}

impl Judged {
    /// A table that has no rows.
    pub(crate) fn nothing(watch: &Watch) -> Self {
        Judged {
            accepted: Sides::default(),
            rejects: Sides::default(),
            tally: Tally::default(),
            version: None,
            warnings: BTreeSet::new(),
            witness: Witness::new(watch),
        }
    }

    /// Takes note of rows that load.
    pub(crate) fn see(&mut self, watch: &Watch, accepted: &RecordBatch) -> Result<(), Halt> {
        self.witness.see(watch, accepted).map_err(Halt::Run)
    }
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    pub(crate) received: u64,
    pub(crate) accepted: u64,
    pub(crate) rejected: u64,
    pub(crate) duplicate: u64,
    /// Accepted, and left out because what stands of their period is newer.
    pub(crate) outdated: u64,
    pub(crate) rules: RuleCounts,
}
impl Job {
    pub(crate) fn delivery<'a>(&'a self, sheet: Option<&'a str>) -> Delivery<'a> {
        Delivery {
            source: &self.source,
            run: &self.run,
            table: &self.table,
            extract: &self.extract,
            file: &self.file,
            sheet,
        }
    }
}

/// How the labels of each table met so far bind to the contract's columns.
#[derive(Default)]
struct Bindings {
    known: Vec<(SchemaRef, Arc<Binding>)>,
}

impl Bindings {
    fn of(&mut self, checker: &Checker, schema: &SchemaRef) -> Result<Arc<Binding>, Halt> {
        if let Some((_, binding)) = self
            .known
            .iter()
            .find(|(known, _)| Arc::ptr_eq(known, schema) || known == schema)
        {
            return Ok(Arc::clone(binding));
        }
        let binding = checker.bind_schema(schema).map_err(|faults| Halt::Rule {
            rule: faults
                .first()
                .map_or_else(|| "header".to_owned(), |fault| fault.rule.clone()),
            reason: faults
                .iter()
                .map(|fault| fault.message.as_str())
                .collect::<Vec<_>>()
                .join("; "),
            status: "rejected",
        })?;
        let binding = Arc::new(binding);
        self.known.push((Arc::clone(schema), Arc::clone(&binding)));
        Ok(binding)
    }
}

/// Reads keys only.
pub(crate) struct KeyReader {
    checker: Arc<Checker>,
    bindings: Bindings,
    pub(crate) hashes: Vec<Vec<u64>>,
}

impl KeyReader {
    pub(crate) fn new(checker: &Arc<Checker>) -> Self {
        KeyReader {
            checker: Arc::clone(checker),
            bindings: Bindings::default(),
            hashes: Vec::new(),
        }
    }
}

impl Worker for KeyReader {
    async fn take(&mut self, piece: Piece) -> Result<(), Halt> {
        let wanted = match piece.schema() {
            None => None,
            Some(schema) => {
                let binding = self.bindings.of(&self.checker, schema)?;
                Some(self.checker.key_labels(&binding))
            }
        };
        let is_wanted = |place: usize| wanted.as_ref().is_none_or(|wanted| wanted[place]);
        let rows = piece.into_rows_with(is_wanted).map_err(Halt::File)?;
        let binding = self.bindings.of(&self.checker, rows.batch.schema_ref())?;
        self.hashes.push(
            self.checker
                .key_hashes(&binding, &rows.batch)
                .map_err(run)?,
        );
        Ok(())
    }
}

/// Checks rows and writes them down.
pub(crate) struct Judge {
    job: Arc<Job>,
    bindings: Bindings,
    data: Sides<StageWriter>,
    rejects: Sides<StageWriter>,
    withheld: Vec<WithheldRows>,
    tally: Tally,
    version: Option<String>,
    warnings: BTreeSet<Warning>,
    witness: Witness,
}

impl Judge {
    pub(crate) fn new(job: &Arc<Job>, data: &Sides<Stage>, rejects: &Sides<Stage>) -> Self {
        Judge {
            job: Arc::clone(job),
            bindings: Bindings::default(),
            data: data.writers(),
            rejects: rejects.writers(),
            withheld: Vec::new(),
            tally: Tally::default(),
            version: None,
            warnings: BTreeSet::new(),
            witness: Witness::new(&job.watch),
        }
    }
}

impl Worker for Judge {
    async fn take(&mut self, piece: Piece) -> Result<(), Halt> {
        let rows = piece.into_rows().map_err(Halt::File)?;
        let job = Arc::clone(&self.job);
        let delivery = job.delivery(rows.sheet.as_deref());
        let binding = self.bindings.of(&job.checker, rows.batch.schema_ref())?;
        self.warnings
            .extend(binding.warnings().iter().cloned().map(of_file));
        self.version = self
            .version
            .take()
            .or_else(|| binding.version().map(str::to_owned));
        let keys = Keys::Withhold(&job.suspects);
        let checked = job
            .checker
            .check(&binding, &rows.batch, &delivery, keys)
            .map_err(run)?;
        let Checked {
            accepted,
            rejected,
            rejected_rows,
            withheld,
            received,
            ref counts,
            ..
        } = checked;
        if let Some(breach) = counts
            .iter()
            .find(|count| count.severity == Severity::RejectFile)
        {
            return Err(Halt::Rule {
                rule: breach.rule.clone(),
                reason: format!("{} (first in row {})", breach.reason, breach.first_row),
                status: "rejected",
            });
        }
        self.tally.received += (received + rows.malformed.len()) as u64;
        self.tally.accepted += accepted.num_rows() as u64;
        self.tally.rejected += (rejected_rows + rows.malformed.len()) as u64;
        self.tally.rules.add(counts);
        self.witness.see(&job.watch, &accepted).map_err(Halt::Run)?;
        self.data.write_rows(&job.gate, &accepted).await?;
        self.rejects.write_rejects(&rejected).await?;
        if !rows.malformed.is_empty() {
            let malformed: Vec<MalformedRow> = rows
                .malformed
                .into_iter()
                .map(|m| MalformedRow {
                    row: m.row,
                    rule: m.rule.to_owned(),
                    reason: m.reason,
                    text: m.text,
                })
                .collect();
            let batch =
                reject_malformed(&delivery, &malformed).map_err(|error| Halt::Run(error.into()))?;
            self.rejects.write_rejects(&batch).await?;
        }
        self.withheld.extend(withheld);
        Ok(())
    }
}

/// What all workers of a file did.
pub(crate) struct Gathered {
    pub(crate) judged: Judged,
    pub(crate) withheld: Withheld,
}

pub(crate) async fn gather(workers: Vec<Judge>, watch: &Watch) -> Result<Gathered, Halt> {
    let mut gathered = Gathered {
        judged: Judged::nothing(watch),
        withheld: Withheld::new(KEY_MEMORY),
    };
    for worker in workers {
        let judged = &mut gathered.judged;
        judged.accepted.append(worker.data.close().await?);
        judged.rejects.append(worker.rejects.close().await?);
        judged.tally.received += worker.tally.received;
        judged.tally.accepted += worker.tally.accepted;
        judged.tally.rejected += worker.tally.rejected;
        judged
            .tally
            .rules
            .add(&worker.tally.rules.iter().cloned().collect::<Vec<_>>());
        judged.warnings.extend(worker.warnings);
        judged.witness.merge(worker.witness);
        judged.version = judged.version.take().or(worker.version);
        for part in worker.withheld {
            gathered.withheld.add(part).map_err(run)?;
        }
    }
    Ok(gathered)
}

pub(crate) fn of_file(fault: FileFault) -> Warning {
    Warning {
        rule: fault.rule,
        message: fault.message,
        rows: 0,
        first_row: None,
    }
}

pub(crate) fn run(error: jcw_contract::Error) -> Halt {
    Halt::Run(error.into())
}

pub(crate) fn lake(error: jcw_lake::LakeError) -> Halt {
    Halt::Run(error.into())
}
