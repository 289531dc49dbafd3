//! Loading takes one lot through its contracts into its source tables: for each
//! table one pass to see whether keys repeat and one to check and write, parents
//! before those that refer to them; then the commits, rejects first. A lot
//! either loads whole, less its rejected rows, or not at all.

use crate::error::Error;
use crate::judge::{Judged, Watch};
use crate::key_ring::KeyRing;
use crate::ledger::{Extract, Ledger, REJECT_TABLE};
use crate::lot::Lot;
use crate::pieces::Halt;
use crate::progress::Watcher;
use crate::references::Outside;
use crate::sides::Sides;
use crate::table::{Rows, TableLoader};
use crate::unit::Unit;
use crate::weighed::Weighed;
use jcw_contract::{KnownValues, References, header_values};
use jcw_extract::{ReadError, Standing, XmlTable, take_apart};
use jcw_identity::Gate;
use jcw_lake::{Lake, LocalFile, Stage, Staged, StagedFile};
use jcw_project::{Contract, Format, Limits, Origin, Placed, Project, Reference, Severity};
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;

/// Folder of the vault for what is read and not kept.
pub(crate) const SPOOL: &str = "spool";

/// Loads lots of one unit.
pub(crate) struct Loader<'a> {
    pub(crate) lake: &'a Lake,
    project: &'a Project,
    pub(crate) unit: &'a Unit<'a>,
    outside: Outside,
    gates: Vec<Arc<Gate>>,
    watcher: &'a dyn Watcher,
}

/// What a load begins from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// The tables as they stand; the lot replaces its own periods.
    AsItStands,
    /// Nothing: every lot is being loaded again, and this is the first.
    Afresh,
    /// What a killed run left, which nobody was told of: it is as good as nothing.
    OverRemains,
}

/// A loader, or what it lacks.
pub(crate) enum Prepared<'a> {
    /// Lots can be loaded.
    Ready(Loader<'a>),
    /// A contract refers to this table, and nothing has been loaded into it yet.
    Missing(String),
}

impl<'a> Loader<'a> {
    /// Makes the contracts ready, with the values they refer to in other tables.
    pub(crate) async fn prepare(
        project: &'a Project,
        lake: &'a Lake,
        unit: &'a Unit<'a>,
        keys: &KeyRing,
        watcher: &'a dyn Watcher,
    ) -> Result<Prepared<'a>, Error> {
        let gates = keys.gates(&unit.tables, lake).await?;
        let outside = match Outside::read(project, lake, unit).await? {
            Ok(outside) => outside,
            Err(missing) => return Ok(Prepared::Missing(missing)),
        };
        Ok(Prepared::Ready(Loader {
            lake,
            project,
            unit,
            outside,
            gates,
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
                let status = status_of(&error);
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
            true => Start::OverRemains,
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
        let rejects = Sides::of_rejects(self.lake, REJECT_TABLE)
            .await
            .map_err(crate::judge::lake)?;
        let mut locals = Vec::with_capacity(lot.files.len());
        for (_, file) in &lot.files {
            locals.push(file.incoming.local().await.map_err(crate::judge::lake)?);
        }
        let opened = self.open(lot, &locals).await?;
        let (mut tables, mut rejected) = (Vec::new(), Sides::default());
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
        rejects: &Sides<Stage>,
        tables: &mut Vec<(Sides<Staged>, Judged)>,
        rejected: &mut Sides<Vec<StagedFile>>,
    ) -> Result<(), Halt> {
        let mut known: BTreeMap<(String, Vec<String>), KnownValues> = BTreeMap::new();
        let mut header = None;
        for (number, table) in self.unit.tables.iter().enumerate() {
            let name = table.contract.table();
            let watch = self.watch(number);
            let stage = Sides::of_rows(self.lake, table.contract)
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
                        Arc::clone(&self.gates[number]),
                        watch.clone(),
                        self.watcher,
                    )?;
                    let judged = match loader
                        .judge(&rows, file, &lot.mark(), &stage, rejects)
                        .await
                    {
                        // A month in which nobody was discharged is no fault.
                        Err(Halt::File(ReadError::NoRows)) if number > 0 => Judged::nothing(&watch),
                        judged => judged.map_err(|halt| named(halt, lot, number))?,
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
            rejected.append(std::mem::take(&mut judged.rejects));
            if number == 0 {
                header = one_header(table.contract, &judged);
            }
            let accepted = std::mem::take(&mut judged.accepted);
            let is_empty = judged.tally.accepted == 0;
            tables.push((stage.finish(accepted), judged));
            if let (Some(warning), Some((_, judged))) = (
                counted.map_err(|halt| named(halt, lot, number))?,
                tables.last_mut(),
            ) {
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
        let folder = self.spool().map_err(Halt::Run)?;
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

    /// A folder for what is read and not kept: in the vault where that is on this
    /// machine, for a killed run leaves it behind.
    fn spool(&self) -> Result<TempDir, Error> {
        let vault = self.lake.vault()?;
        let Some(folder) = vault.folder() else {
            return TempDir::new().map_err(Error::Disk);
        };
        let spool = folder.join(SPOOL);
        std::fs::create_dir_all(&spool).map_err(Error::Disk)?;
        TempDir::new_in(spool).map_err(Error::Disk)
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
        tables: &[(Sides<Staged>, Judged)],
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
    fn whole(&self, tables: Vec<(Sides<Staged>, Judged)>, rejects: Sides<Staged>) -> Weighed {
        let columns = periods(self.unit.header());
        let header = tables.first();
        let covered = match (columns.is_empty(), header) {
            (true, _) => vec![Vec::new()],
            (false, Some((staged, _))) => staged.lake.periods(),
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
}

/// Where the rows of each table of a lot are, and what holds them while they
/// are read.
struct Opened {
    rows: Vec<Option<Rows>>,
    /// Tables taken out of an XML file.
    folder: Option<TempDir>,
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

/// Says which of several files is meant, where the refusal is one for all.
fn named(halt: Halt, lot: &Lot, table: usize) -> Halt {
    let file = (lot.files.len() > 1)
        .then(|| lot.files.iter().find(|(held, _)| *held == Some(table)))
        .flatten();
    let Some((_, file)) = file else {
        return halt;
    };
    let name = &file.extract.file;
    match halt {
        Halt::Run(error) => Halt::Run(error),
        Halt::File(error) => Halt::Rule {
            rule: error.rule().to_owned(),
            status: status_of(&error),
            reason: format!("{name}: {error}"),
        },
        Halt::Rule {
            rule,
            reason,
            status,
        } => Halt::Rule {
            rule,
            status,
            reason: format!("{name}: {reason}"),
        },
    }
}

fn status_of(error: &ReadError) -> &'static str {
    match error.standing() {
        Standing::Held => "held",
        Standing::Rejected => "rejected",
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

fn names(columns: &[jcw_project::Placed<String>]) -> Vec<String> {
    columns.iter().map(|column| column.value.clone()).collect()
}

fn periods(contract: &Contract) -> Vec<String> {
    names(&contract.period)
}
