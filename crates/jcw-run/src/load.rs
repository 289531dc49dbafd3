//! Loading takes one lot through its contracts into its source tables: for each
//! table one pass to see whether keys repeat and one to check and write, parents
//! before those that refer to them; then the commits, rejects first. A lot
//! either loads whole, less its rejected rows, or not at all.

use crate::error::Error;
use crate::judge::{Judged, Tally, Watch};
use crate::ledger::{Extract, Ledger, REJECT_TABLE, Warning};
use crate::lot::Lot;
use crate::pieces::Halt;
use crate::progress::Watcher;
use crate::references::Outside;
use crate::table::{Rows, TableLoader};
use crate::unit::Unit;
use jcw_contract::{KnownValues, References, header_values, reject_schema};
use jcw_extract::{ReadError, Standing, XmlTable, take_apart};
use jcw_lake::{
    ExtractUsed, Lake, LocalFile, Period, Provenance, Scope, Stage, Staged, StagedFile,
};
use jcw_project::{Contract, Format, Limits, Origin, Placed, Project, Reference, Severity};
use std::collections::{BTreeMap, BTreeSet};
use tempfile::TempDir;

/// Loads lots of one unit.
pub(crate) struct Loader<'a> {
    lake: &'a Lake,
    project: &'a Project,
    unit: &'a Unit<'a>,
    outside: Outside,
    watcher: &'a dyn Watcher,
}

/// What a load begins from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// The tables as they stand; the lot replaces its own periods.
    AsItStands,
    /// Nothing: every lot is being loaded again, and this is the first.
    Afresh,
}

/// A loader, or what it lacks.
pub(crate) enum Prepared<'a> {
    /// Lots can be loaded.
    Ready(Loader<'a>),
    /// A contract refers to this table, and nothing has been loaded into it yet.
    Missing(String),
}

/// A lot that went through its contracts, written but not yet visible.
struct Weighed {
    /// One for each table of the unit; the header's alone, when none of its
    /// rows was kept.
    tables: Vec<(Staged, Judged)>,
    rejects: Staged,
    /// The periods it covers, none where the tables have none, and when the
    /// partner made what it has of each.
    periods: Vec<(Period, Option<String>)>,
    /// Columns that name a period.
    columns: Vec<String>,
}

impl<'a> Loader<'a> {
    /// Makes the contracts ready, with the values they refer to in other tables.
    pub(crate) async fn prepare(
        project: &'a Project,
        lake: &'a Lake,
        unit: &'a Unit<'a>,
        watcher: &'a dyn Watcher,
    ) -> Result<Prepared<'a>, Error> {
        let outside = match Outside::read(project, lake, unit).await? {
            Ok(outside) => outside,
            Err(missing) => return Ok(Prepared::Missing(missing)),
        };
        Ok(Prepared::Ready(Loader {
            lake,
            project,
            unit,
            outside,
            watcher,
        }))
    }

    /// Loads one lot that has arrived.
    pub(crate) async fn load(
        &self,
        lot: Lot,
        ledger: &Ledger,
        accept: &[String],
    ) -> Result<Vec<Extract>, Error> {
        let last = Some(ledger).filter(|_| !lot.is_accepted(accept));
        let weighed = match self.weigh(&lot, last).await {
            Ok(weighed) => weighed,
            Err(Halt::Run(error)) => return Err(error),
            // Nothing is said of a file whose bytes are not safe.
            Err(Halt::File(error)) => {
                let status = match error.standing() {
                    Standing::Held => "held",
                    Standing::Rejected => "rejected",
                };
                return lot.refused(status, error.rule(), &error.to_string()).await;
            }
            Err(Halt::Rule {
                rule,
                reason,
                status,
            }) => return lot.refused(status, &rule, &reason).await,
        };
        if weighed.keeps_nothing() {
            return self.refuse_all(lot, weighed).await;
        }
        let start = match self.is_left_over(ledger).await? {
            true => Start::Afresh,
            false => Start::AsItStands,
        };
        self.commit_current(lot, weighed, &ledger.standing_periods(), start)
            .await
    }

    /// Whether the tables hold what a killed run left of a delivery that nobody
    /// remembers, and nothing else.
    async fn is_left_over(&self, ledger: &Ledger) -> Result<bool, Error> {
        for table in self.unit.table_names() {
            if ledger.last_version(&table).is_some() {
                return Ok(false);
            }
            if self.lake.newest_version(&table).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Loads again a lot that was loaded before, after those `told` of.
    pub(crate) async fn load_over(
        &self,
        lot: Lot,
        told: &[Extract],
    ) -> Result<Vec<Extract>, Error> {
        let start = match told.is_empty() {
            true => Start::Afresh,
            false => Start::AsItStands,
        };
        let standing: Vec<_> = told
            .iter()
            .filter(|extract| extract.status == "loaded")
            .map(|extract| (extract, extract.period_keys()))
            .collect();
        match self.weigh(&lot, None).await {
            Ok(weighed) => self.commit_current(lot, weighed, &standing, start).await,
            Err(Halt::Run(error)) => Err(error),
            Err(Halt::File(error)) => {
                lot.refused("rejected", error.rule(), &error.to_string())
                    .await
            }
            Err(Halt::Rule { rule, reason, .. }) => lot.refused("rejected", &rule, &reason).await,
        }
    }

    /// Why the contracts do not take a lot that was loaded before; nothing is
    /// written that stays.
    pub(crate) async fn refuses(&self, lot: &Lot) -> Result<Option<String>, Error> {
        match self.weigh(lot, None).await {
            Ok(weighed) => {
                let is_empty = weighed.keeps_nothing();
                weighed.abandon().await;
                Ok(is_empty.then(|| "not one of its rows keeps it".to_owned()))
            }
            Err(Halt::File(error)) => Ok(Some(error.to_string())),
            Err(Halt::Rule { reason, .. }) => Ok(Some(reason)),
            Err(Halt::Run(error)) => Err(error),
        }
    }

    /// Takes every table through its contract.
    async fn weigh(&self, lot: &Lot, last: Option<&Ledger>) -> Result<Weighed, Halt> {
        let rejects = self
            .lake
            .stage(REJECT_TABLE, &reject_schema(), &["extract".to_owned()])
            .await
            .map_err(crate::judge::lake)?;
        let mut locals = Vec::with_capacity(lot.files.len());
        for (_, file) in &lot.files {
            locals.push(file.incoming.local().await.map_err(crate::judge::lake)?);
        }
        let opened = self.open(lot, &locals).await?;
        let (mut tables, mut rejected) = (Vec::new(), Vec::new());
        let judged = self
            .judge_tables(lot, last, opened, &rejects, &mut tables, &mut rejected)
            .await;
        let weighed = self.whole(tables, rejects.finish(rejected));
        match judged {
            Ok(()) => Ok(weighed),
            // Rows of a lot that does not load stay nowhere.
            Err(halt) => {
                weighed.abandon().await;
                Err(halt)
            }
        }
    }

    /// The header first, then parents before children.
    async fn judge_tables(
        &self,
        lot: &Lot,
        last: Option<&Ledger>,
        mut opened: Opened,
        rejects: &Stage,
        tables: &mut Vec<(Staged, Judged)>,
        rejected: &mut Vec<StagedFile>,
    ) -> Result<(), Halt> {
        let mut known: BTreeMap<(String, Vec<String>), KnownValues> = BTreeMap::new();
        let mut header = None;
        for (number, table) in self.unit.tables.iter().enumerate() {
            let name = table.contract.table();
            let watch = self.watch(number);
            let stage = self
                .lake
                .stage(
                    &name,
                    &table.contract.table_schema(),
                    &periods(table.contract),
                )
                .await
                .map_err(crate::judge::lake)?;
            let mut counted = Ok(None);
            let mut judged = match opened.rows[number].take() {
                None => Judged::nothing(&watch),
                Some(mut rows) => {
                    rows.fill_in(header.as_ref());
                    rows.refer_to_header(number, self.unit.header());
                    let file = &lot.files[rows.file].1.extract;
                    let loader = TableLoader::new(
                        &rows.contract,
                        self.references(&rows.contract, &known),
                        watch.clone(),
                        self.watcher,
                    )?;
                    let judged = match loader
                        .judge(&rows, file, &lot.mark(), &stage, rejects)
                        .await
                    {
                        // A month in which nobody was discharged is no fault.
                        Err(Halt::File(ReadError::NoRows)) if number > 0 => Judged::nothing(&watch),
                        judged => judged?,
                    };
                    if let Some(ledger) = last {
                        counted = loader.check_row_count(&judged.tally, ledger, file);
                    }
                    judged
                }
            };
            for (columns, values) in watch.keys.iter().zip(&judged.witness.keys) {
                known.insert((name.clone(), columns.clone()), values.clone());
            }
            rejected.append(&mut judged.rejects);
            if number == 0 {
                header = one_header(table.contract, &judged);
            }
            let accepted = std::mem::take(&mut judged.accepted);
            let is_empty = judged.tally.accepted == 0;
            tables.push((stage.finish(accepted), judged));
            if let (Some(warning), Some((_, judged))) = (counted?, tables.last_mut()) {
                judged.warnings.insert(warning);
            }
            if number == 0 && is_empty {
                return Ok(());
            }
        }
        self.check_totals(&header, tables)
    }

    /// Where the rows of each table are.
    async fn open(&self, lot: &Lot, locals: &[LocalFile]) -> Result<Opened, Halt> {
        let mut opened = Opened {
            rows: Vec::with_capacity(self.unit.tables.len()),
            folder: None,
        };
        for (number, table) in self.unit.tables.iter().enumerate() {
            let part = self.unit.part(lot.shape, number);
            let file = match (self.unit.delivery(), part) {
                (Some(_), None) => None,
                _ => lot.file_of(number),
            };
            opened.rows.push(file.map(|file| {
                let mut contract = table.contract.clone();
                if let Some(part) = part {
                    contract.layout = part.layout.clone();
                }
                Rows {
                    contract,
                    limits: self.limits(lot),
                    file,
                    name: lot.files[file].1.extract.file.clone(),
                    path: locals[file].path().to_owned(),
                    part: None,
                }
            }));
        }
        self.take_apart(&mut opened, self.limits(lot)).await?;
        Ok(opened)
    }

    /// What is too large to be what it claims to be: as the lot's source says.
    fn limits(&self, lot: &Lot) -> Limits {
        let id = lot.files.first().map(|(_, file)| &file.extract.source);
        let mut sources = self.project.sources.iter();
        sources
            .find(|source| Some(&source.id.value) == id)
            .map_or_else(Limits::default, |source| source.limits)
    }

    /// Takes an XML file apart into its tables, once for all of them.
    async fn take_apart(&self, opened: &mut Opened, limits: Limits) -> Result<(), Halt> {
        let is_xml = |rows: &Rows| rows.contract.layout.format == Format::Xml;
        let Some(path) = opened
            .rows
            .iter()
            .flatten()
            .find(|rows| is_xml(rows))
            .map(|rows| rows.path.clone())
        else {
            return Ok(());
        };
        let folder = TempDir::new().map_err(|error| Halt::Run(Error::Disk(error)))?;
        let names: Vec<String> = (self.unit.tables.iter())
            .map(|table| table.name.to_owned())
            .collect();
        let contracts: Vec<(usize, Contract)> = (opened.rows.iter().enumerate())
            .filter_map(|(number, rows)| Some((number, rows.as_ref()?.contract.clone())))
            .collect();
        let into = folder.path().to_owned();
        let parts = tokio::task::spawn_blocking(move || {
            let tables: Vec<XmlTable<'_>> = contracts
                .iter()
                .map(|(number, contract)| XmlTable {
                    name: &names[*number],
                    contract,
                })
                .collect();
            take_apart(&tables, &limits, &path, &into)
        })
        .await
        .map_err(|error| Halt::Run(error.into()))?
        .map_err(Halt::File)?;
        for part in parts {
            let place = (self.unit.tables.iter()).position(|table| table.name == part.name);
            if let Some(rows) = place.and_then(|place| opened.rows[place].as_mut()) {
                rows.part = Some(part);
            }
        }
        opened.folder = Some(folder);
        Ok(())
    }

    /// What is to be noted of a table's rows for the tables that come after it.
    fn watch(&self, number: usize) -> Watch {
        let name = self.unit.tables[number].contract.table();
        let mut keys: Vec<Vec<String>> = (self.unit.tables.iter())
            .flat_map(|table| &table.contract.references)
            .filter(|reference| reference.table.value == name)
            .map(|reference| names(&reference.to))
            .collect();
        let periods = periods(self.unit.header());
        if number == 0 && self.unit.delivery().is_some() && !periods.is_empty() {
            keys.push(periods.clone());
        }
        keys.sort_unstable();
        keys.dedup();
        let as_of = &self.unit.tables[number].contract.as_of;
        Watch {
            keys,
            as_of: as_of
                .as_ref()
                .filter(|_| number == 0)
                .map(|column| column.value.clone()),
            periods,
            is_header: number == 0 && self.unit.delivery().is_some(),
        }
    }

    /// The values that a table's references may name.
    fn references(
        &self,
        contract: &Contract,
        known: &BTreeMap<(String, Vec<String>), KnownValues>,
    ) -> References {
        let mut references = References::new();
        for reference in &contract.references {
            let there = (reference.table.value.clone(), names(&reference.to));
            let values = known.get(&there).or_else(|| self.outside.get(&there));
            if let Some(values) = values {
                references.add_known(reference.id.value.clone(), values.clone());
            }
        }
        references
    }

    /// The header says how many rows there should be.
    fn check_totals(
        &self,
        header: &Option<BTreeMap<String, String>>,
        tables: &[(Staged, Judged)],
    ) -> Result<(), Halt> {
        let (Some(delivery), Some(header)) = (self.unit.delivery(), header) else {
            return Ok(());
        };
        for total in &delivery.totals {
            let stated = header.get(&total.column.value);
            let place = (self.unit.tables.iter()).position(|t| t.name == total.table.value);
            let (Some(stated), Some(place)) = (stated, place) else {
                continue;
            };
            let Some((_, judged)) = tables.get(place) else {
                continue;
            };
            let received = judged.tally.received;
            if *stated != received.to_string() {
                return Err(Halt::Rule {
                    rule: total.id.value.clone(),
                    reason: format!(
                        "{} (the header states {stated} rows of {}, and there are {received})",
                        total.message, total.table.value
                    ),
                    status: "rejected",
                });
            }
        }
        Ok(())
    }

    /// The periods that all tables replace are the header's.
    fn whole(&self, tables: Vec<(Staged, Judged)>, rejects: Staged) -> Weighed {
        let columns = periods(self.unit.header());
        let header = tables.first();
        let covered = match (columns.is_empty(), header) {
            (true, _) => vec![Vec::new()],
            (false, Some((staged, _))) => staged.periods(),
            (false, None) => Vec::new(),
        };
        let periods = covered.into_iter().map(|period| {
            let as_of = header.and_then(|(_, judged)| judged.witness.as_of.get(&period));
            (period, as_of.cloned())
        });
        Weighed {
            periods: periods.collect(),
            tables,
            rejects,
            columns,
        }
    }

    /// Commits what of a lot is not older than what stands of its period.
    async fn commit_current(
        &self,
        lot: Lot,
        mut weighed: Weighed,
        standing: &[(&Extract, Vec<String>)],
        start: Start,
    ) -> Result<Vec<Extract>, Error> {
        let mine = &lot.files[0].1.extract;
        let mut older = Vec::new();
        let mut newest = None;
        for (period, as_of) in &weighed.periods {
            let newer = as_of
                .as_deref()
                .and_then(|as_of| self.newer(standing, &key_of(period), as_of, mine));
            if let Some(newer) = newer {
                older.push(period.clone());
                newest = Some(newer);
            }
        }
        if let Some(newest) = newest
            && older.len() == weighed.periods.len()
        {
            let reason = format!(
                "{} of {} was made later and stands; this one is kept but not loaded",
                newest.file, newest.source
            );
            weighed.abandon().await;
            return lot.refused("outdated", "delivery.older", &reason).await;
        }
        weighed.leave_out(&older).await;
        self.commit(lot, weighed, start).await
    }

    /// A delivery that stands, covers the period, and was made later; of two
    /// made at the same moment, the one that its own partner has sent.
    fn newer<'e>(
        &self,
        standing: &[(&'e Extract, Vec<String>)],
        period: &str,
        as_of: &str,
        mine: &Extract,
    ) -> Option<&'e Extract> {
        let table = self.unit.header().table();
        let owner = &self.unit.header().partner;
        let covers = standing.iter().filter(|(extract, periods)| {
            extract.table_name == table && periods.iter().any(|covered| covered == period)
        });
        covers
            .map(|(extract, _)| *extract)
            .find(|extract| match extract.as_of(period) {
                Some(theirs) if theirs == as_of => {
                    extract.partner == *owner && mine.partner != *owner
                }
                Some(theirs) => theirs.as_str() > as_of,
                None => false,
            })
    }

    /// A lot whose header keeps none of its rows: what was loaded before stays,
    /// and the rejects say why.
    async fn refuse_all(&self, lot: Lot, weighed: Weighed) -> Result<Vec<Extract>, Error> {
        let delivery = Some(lot.mark());
        let mut tallies: Vec<Judged> = Vec::new();
        for (staged, judged) in weighed.tables {
            staged.abandon().await;
            tallies.push(judged);
        }
        let files = self.commit_rejects(lot, weighed.rejects).await?;
        let header = self.unit.header().table();
        let mut told = Vec::with_capacity(files.len());
        for (_, mut extract) in files {
            extract.delivery.clone_from(&delivery);
            if let Some(judged) = tallies.first().filter(|_| extract.table_name == header) {
                extract.take_in(judged);
            }
            let reason = format!(
                "not one of the {} rows keeps the contract, so what was loaded before stays; `jcw status --rejects` says which rules they break",
                tallies.first().map_or(0, |judged| judged.tally.received)
            );
            extract.refuse("rejected", "delivery.no_row_kept", reason);
            told.push(extract);
        }
        Ok(told)
    }

    /// Puts the lot's rejects in their table, over those that an earlier try
    /// has left; gives back what is known of its files.
    async fn commit_rejects(
        &self,
        lot: Lot,
        rejects: Staged,
    ) -> Result<Vec<(Option<usize>, Extract)>, Error> {
        let mark = lot.mark();
        let mut is_again = false;
        let mut run_id = String::new();
        let mut files = Vec::with_capacity(lot.files.len());
        for (table, file) in lot.files {
            is_again |= !file.incoming.kept().await?.is_new;
            run_id.clone_from(&file.extract.run_id);
            files.push((table, file.extract));
        }
        if rejects.rows() > 0 || is_again {
            let scope = Scope::Periods {
                columns: vec!["extract".to_owned()],
                values: vec![vec![Some(mark)]],
            };
            let provenance = Provenance {
                run_id,
                ..Provenance::default()
            };
            self.lake.commit(rejects, scope, provenance).await?;
        }
        Ok(files)
    }

    /// Makes the lot visible to models: rejects first, so that a run killed in
    /// between leaves files that are not loaded, and whose rejects the next run
    /// writes again over these.
    async fn commit(
        &self,
        lot: Lot,
        weighed: Weighed,
        start: Start,
    ) -> Result<Vec<Extract>, Error> {
        let delivery = Some(lot.mark());
        let (periods, as_of) = weighed.as_kept();
        let scope = match (start, weighed.columns.is_empty()) {
            (Start::AsItStands, false) => Scope::Periods {
                columns: weighed.columns,
                values: weighed
                    .periods
                    .into_iter()
                    .map(|(period, _)| period)
                    .collect(),
            },
            _ => Scope::Everything,
        };
        let files = self.commit_rejects(lot, weighed.rejects).await?;
        let mut loaded = Vec::with_capacity(self.unit.tables.len());
        for (number, (staged, judged)) in weighed.tables.into_iter().enumerate() {
            let holds = |held: &Option<usize>| held.is_none_or(|held| held == number);
            let file = files
                .iter()
                .find(|(held, _)| holds(held))
                .unwrap_or(&files[0]);
            let mut extract = Extract {
                table_name: self.unit.tables[number].contract.table(),
                delivery: delivery.clone(),
                as_of: as_of.clone(),
                periods: periods.clone(),
                ..file.1.clone()
            };
            extract.take_in(&judged);
            let provenance = Provenance {
                run_id: extract.run_id.clone(),
                extracts: vec![ExtractUsed {
                    source: extract.source.clone(),
                    sha256: extract.sha256.clone().unwrap_or_default(),
                    file: extract.file.clone(),
                    rows: judged.tally.accepted,
                }],
                model_hash: Some(self.unit.hash.to_owned()),
                ..Provenance::default()
            };
            let committed = self.lake.commit(staged, scope.clone(), provenance).await?;
            extract.table_version = Some(committed.version as i64);
            extract.superseded = committed.superseded_rows as i64;
            loaded.push(extract);
        }
        Ok(loaded)
    }
}

/// Where the rows of each table of a lot are, and what holds them while they
/// are read.
struct Opened {
    rows: Vec<Option<Rows>>,
    /// Tables taken out of an XML file.
    folder: Option<TempDir>,
}

impl Weighed {
    async fn abandon(self) {
        for (staged, _) in self.tables {
            staged.abandon().await;
        }
        self.rejects.abandon().await;
    }

    /// Leaves out what it has of some periods.
    async fn leave_out(&mut self, periods: &[Period]) {
        if periods.is_empty() {
            return;
        }
        self.periods.retain(|(period, _)| !periods.contains(period));
        for (staged, judged) in &mut self.tables {
            let rows = staged.leave_out(periods).await;
            judged.tally.accepted -= rows;
            judged.tally.outdated += rows;
        }
    }

    /// Its periods and when each was made, as the ledger keeps them.
    fn as_kept(&self) -> (String, Option<String>) {
        let as_of: Vec<&Option<String>> = self.periods.iter().map(|(_, as_of)| as_of).collect();
        let as_of = (as_of.iter().any(|as_of| as_of.is_some()))
            .then(|| serde_json::to_string(&as_of).unwrap_or_default());
        let periods: Vec<&Period> = match self.columns.is_empty() {
            true => Vec::new(),
            false => self.periods.iter().map(|(period, _)| period).collect(),
        };
        let periods = serde_json::to_string(&periods).unwrap_or_else(|_| "[]".to_owned());
        (periods, as_of)
    }

    fn keeps_nothing(&self) -> bool {
        self.tables
            .first()
            .is_none_or(|(_, header)| header.tally.accepted == 0)
    }
}

impl Rows {
    /// Rows of a period that the header does not name belong to no delivery.
    fn refer_to_header(&mut self, number: usize, header: &Contract) {
        if number > 0 && !header.period.is_empty() {
            self.contract.references.push(Reference {
                id: Placed::new("delivery.period".to_owned(), self.contract.id.place.clone()),
                columns: header.period.clone(),
                table: Placed::new(header.table(), self.contract.id.place.clone()),
                to: header.period.clone(),
                severity: Severity::RejectRow,
                message: "the header names no such period, or was not accepted for it".to_owned(),
            });
        }
    }

    /// Gives the columns that are the header's their values.
    fn fill_in(&mut self, header: Option<&BTreeMap<String, String>>) {
        for column in &mut self.contract.columns {
            if let Some(Origin::Header { column, value }) = &mut column.from {
                *value = header.and_then(|header| header.get(&column.value).cloned());
            }
        }
    }
}

impl Extract {
    /// Records what became of a table's rows.
    fn take_in(&mut self, judged: &Judged) {
        let tally = &judged.tally;
        self.status = "loaded".to_owned();
        self.received = tally.received as i64;
        self.accepted = tally.accepted as i64;
        self.rejected = tally.rejected as i64;
        self.duplicate = tally.duplicate as i64;
        self.outdated = Some(tally.outdated as i64);
        self.warned = tally
            .rules
            .iter()
            .filter(|c| c.severity == Severity::Warn)
            .map(|c| c.rows as i64)
            .sum();
        self.version.clone_from(&judged.version);
        self.warnings = told(self, tally, judged.warnings.clone());
    }
}

/// The header's values, where it has one row.
fn one_header(contract: &Contract, judged: &Judged) -> Option<BTreeMap<String, String>> {
    match judged.witness.header.as_slice() {
        [only] if only.num_rows() == 1 && judged.tally.rejected == 0 => {
            Some(header_values(contract, only))
        }
        _ => None,
    }
}

/// A period as the ledger's rows name it.
fn key_of(period: &Period) -> String {
    match period.is_empty() {
        true => String::new(),
        false => serde_json::to_string(period).unwrap_or_default(),
    }
}

fn names(columns: &[jcw_project::Placed<String>]) -> Vec<String> {
    columns.iter().map(|column| column.value.clone()).collect()
}

fn periods(contract: &Contract) -> Vec<String> {
    names(&contract.period)
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
