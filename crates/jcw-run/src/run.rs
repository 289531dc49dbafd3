//! A run takes the lake's lease, pulls what is new, loads it, builds and tests
//! the models, and publishes a release; or finds that nothing has changed and
//! does nothing.
//!
//! A run can be killed at any moment. What it had committed stays and is found
//! again by the next run; what it had not is not there; and readers go on with
//! the last release until a new one is published in one step.

mod again;

use crate::error::Error;
use crate::identify::identify;
use crate::key_ring::KeyRing;
use crate::ledger::{Ledger, RunRow, record_runs, served};
use crate::load::{Loader, Prepared, SPOOL};
use crate::lot::Lot;
use crate::outcome::Outcome;
use crate::progress::{Progress, Watcher};
use crate::pull::{Look, Pulled};
use crate::retain::remove;
use crate::unit::Unit;
use crate::{memory, publish, report, seeds};
use chrono::{DateTime, Utc};
use jcw_lake::{Lake, LakeError, Lease};
use jcw_model::Options;
use jcw_project::{Project, Source};
use std::collections::BTreeSet;
use std::time::Duration;

/// What to run.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which sources to pull.
    pub which: Which,
    /// First characters of the SHA-256 of files to load although they were held.
    pub accept: Vec<String>,
}

/// Which sources to pull.
#[derive(Debug, Clone)]
pub enum Which {
    /// Every source.
    All,
    /// These, as `partner/name` or `partner`.
    Named(Vec<String>),
    /// Those whose last scheduled instant before this moment was not served.
    Due(DateTime<Utc>),
}

/// Note of a lake by which its vault knows it.
const LAKE_NOTE: &str = "lake";

/// Name of the lease that lets one run at a time write to a lake.
const LEASE: &str = "run";

/// How long after its last sign of life a run on another machine is given up.
const LEASE_TIME: Duration = Duration::from_secs(300);

/// Runs the whole job.
pub async fn run(
    project: &Project,
    lake: &Lake,
    request: Request,
    watcher: &dyn Watcher,
) -> Result<Outcome, Error> {
    let keys = KeyRing::of(project, lake).await?;
    let due = due(project, lake, &request.which, &keys).await?;
    if due.is_empty() && matches!(request.which, Which::Due(_)) {
        return Ok(Outcome::nothing_due());
    }
    let mut run = Run::begin(project, lake, request.accept, &keys, watcher);
    let lease = run.lease().await?;
    let result = run.whole(&due).await;
    lease.release().await?;
    result.map(|()| run.outcome)
}

/// Builds models from what is loaded, and publishes when none is left out.
pub async fn build(
    project: &Project,
    lake: &Lake,
    select: &[String],
    watcher: &dyn Watcher,
) -> Result<Outcome, Error> {
    let keys = KeyRing::of(project, lake).await?;
    let mut run = Run::begin(project, lake, Vec::new(), &keys, watcher);
    let lease = run.lease().await?;
    let result = async {
        claim_vault(lake).await?;
        let mut ledger = Ledger::read(lake).await?;
        run.load_again(&mut ledger).await?;
        run.build_and_publish(&ledger, select).await
    }
    .await;
    lease.release().await?;
    result.map(|()| run.outcome)
}

/// A vault is one lake's: with another's it would lose what that one needs. What
/// a killed run was reading there is deleted.
pub(crate) async fn claim_vault(lake: &Lake) -> Result<(), Error> {
    let vault = lake.vault()?;
    let own = match lake.note(LAKE_NOTE).await? {
        Some(own) => own,
        None => {
            let own = uuid::Uuid::new_v4().to_string();
            lake.put_note(LAKE_NOTE, own.clone()).await?;
            own
        }
    };
    match vault.note(LAKE_NOTE).await? {
        None => vault.put_note(LAKE_NOTE, own).await?,
        Some(whose) if whose == own => {}
        Some(_) => {
            return Err(Error::OthersVault {
                vault: vault.url().to_string(),
            });
        }
    }
    if let Some(folder) = vault.folder() {
        // There is mostly none.
        let _ = std::fs::remove_dir_all(folder.join(SPOOL));
    }
    Ok(())
}

/// Pulls and loads every source, and leaves it at that.
pub(crate) async fn pull_only(
    project: &Project,
    lake: &Lake,
    keys: &KeyRing,
    watcher: &dyn Watcher,
) -> Result<Outcome, Error> {
    let mut run = Run::begin(project, lake, Vec::new(), keys, watcher);
    let mut ledger = Ledger::read(lake).await?;
    for due in in_order(project, project.sources.iter(), keys) {
        run.pull_and_load(&mut ledger, &due).await?;
        ledger.save(lake).await?;
    }
    Ok(run.outcome)
}

/// A source to pull, and the scheduled instant that this serves.
struct Due<'a> {
    source: &'a Source,
    unit: Unit<'a>,
    instant: Option<DateTime<Utc>>,
}

async fn due<'a>(
    project: &'a Project,
    lake: &Lake,
    which: &Which,
    keys: &KeyRing,
) -> Result<Vec<Due<'a>>, Error> {
    let now = match which {
        Which::All => return Ok(in_order(project, project.sources.iter(), keys)),
        Which::Named(names) => {
            let named = named(project, names)?;
            return Ok(in_order(project, named.into_iter(), keys));
        }
        Which::Due(now) => *now,
    };
    let served = served(lake).await?;
    let mut due = in_order(
        project,
        project
            .sources
            .iter()
            .filter(|source| source.schedule.is_some()),
        keys,
    );
    for one in &mut due {
        let Some(schedule) = &one.source.schedule else {
            continue;
        };
        let last = served
            .iter()
            .find(|(id, _)| *id == one.source.id.value)
            .map(|(_, at)| *at);
        if crate::schedule::is_due(schedule, last, now)? {
            one.instant = crate::schedule::previous(schedule, now)?;
        }
    }
    due.retain(|one| one.instant.is_some());
    Ok(due)
}

/// Sources with what they bring; a table that others refer to is loaded before them.
fn in_order<'a>(
    project: &'a Project,
    sources: impl Iterator<Item = &'a Source>,
    keys: &KeyRing,
) -> Vec<Due<'a>> {
    let mut due: Vec<_> = sources
        .filter_map(|source| {
            Some(Due {
                source,
                unit: Unit::named(project, &source.contract, keys)?,
                instant: None,
            })
        })
        .collect();
    due.sort_by_key(|one| (one.unit.refers_outside(), one.source.id.value.clone()));
    due
}

fn named<'a>(project: &'a Project, names: &[String]) -> Result<Vec<&'a Source>, Error> {
    let mut chosen: Vec<&Source> = Vec::new();
    for name in names {
        let is_meant = |source: &&Source| source.id.value == *name || source.partner == *name;
        let meant: Vec<&Source> = project.sources.iter().filter(is_meant).collect();
        if meant.is_empty() {
            let known = project
                .sources
                .iter()
                .map(|source| source.id.value.as_str());
            let hint = jcw_project::did_you_mean(name, known)
                .map(|near| format!("; did you mean {near}?"))
                .unwrap_or_default();
            return Err(Error::Usage(format!("there is no source {name}{hint}")));
        }
        chosen.extend(meant);
    }
    chosen.sort_by_key(|source| &source.id.value);
    chosen.dedup_by_key(|source| &source.id.value);
    Ok(chosen)
}

/// Takes the lease by which one run at a time writes.
pub(crate) async fn take_lease(lake: &Lake, run_id: &str) -> Result<Lease, Error> {
    match lake.lease(LEASE, run_id, LEASE_TIME).await {
        Ok(lease) => Ok(lease),
        Err(LakeError::Held { machine, since, .. }) => Err(Error::Busy {
            holder: machine,
            since: since.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        }),
        Err(LakeError::LostRace { .. }) => Err(Error::Busy {
            holder: "a run that began at the same moment".to_owned(),
            since: Utc::now().format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        }),
        Err(error) => Err(error.into()),
    }
}

/// A run in hand.
struct Run<'a> {
    project: &'a Project,
    lake: &'a Lake,
    accept: Vec<String>,
    keys: &'a KeyRing,
    watcher: &'a dyn Watcher,
    outcome: Outcome,
    /// Contracts that have changed and refuse what stands: their tables hold what
    /// was judged by the contracts of before.
    aside: BTreeSet<String>,
}

impl<'a> Run<'a> {
    fn begin(
        project: &'a Project,
        lake: &'a Lake,
        accept: Vec<String>,
        keys: &'a KeyRing,
        watcher: &'a dyn Watcher,
    ) -> Self {
        Run {
            project,
            lake,
            accept,
            keys,
            watcher,
            outcome: Outcome::begin(Utc::now()),
            aside: BTreeSet::new(),
        }
    }

    async fn lease(&self) -> Result<Lease, Error> {
        take_lease(self.lake, &self.outcome.run_id).await
    }

    async fn whole(&mut self, due: &[Due<'_>]) -> Result<(), Error> {
        claim_vault(self.lake).await?;
        let mut ledger = Ledger::read(self.lake).await?;
        self.load_again(&mut ledger).await?;
        let mut served = Vec::new();
        for one in due {
            if self.is_aside(&one.unit) {
                continue;
            }
            match self.pull_and_load(&mut ledger, one).await {
                Ok(()) => served.push(one),
                // Somebody else writes to the lake: nothing more may be written.
                Err(Error::Lake(error)) if error.is_lost_race() => return Err(error.into()),
                Err(error) if error.is_about_key() => return Err(error),
                // One partner's trouble is not another's.
                Err(error) => self
                    .outcome
                    .failed_sources
                    .push(format!("{}: {error}", one.source.id.value)),
            }
            ledger.save(self.lake).await?;
        }
        report::write(self.project, self.lake, &self.outcome).await?;
        self.build_and_publish(&ledger, &[]).await?;
        let removed = remove(self.project, self.lake, &ledger, &self.outcome.run_id).await;
        if let Ok(removals) = &removed {
            self.outcome.removed.clone_from(removals);
        }
        self.record(&served).await?;
        removed.map(drop)
    }

    async fn pull_and_load(&mut self, ledger: &mut Ledger, due: &Due<'_>) -> Result<(), Error> {
        let look = Look {
            source: due.source,
            unit: &due.unit,
            root: &self.project.root,
            lake: self.lake,
            run_id: &self.outcome.run_id,
            accept: &self.accept,
            watcher: self.watcher,
        };
        let Pulled {
            lots,
            settled,
            unchanged,
            waiting,
            missing,
        } = look.pull(ledger).await?;
        self.outcome.unchanged_files += unchanged;
        self.outcome.waiting += waiting;
        self.outcome.miss(&due.source.id, missing);
        let first = ledger.extracts().len();
        settled.into_iter().for_each(|extract| ledger.note(extract));
        self.load(ledger, due, lots).await?;
        let news = ledger.extracts()[first..].to_vec();
        for extract in &news {
            tracing::info!(
                source = %extract.source,
                file = %extract.file,
                status = %extract.status,
                received = extract.received,
                accepted = extract.accepted,
                rejected = extract.rejected,
                "file received"
            );
            self.watcher.saw(Progress::Received {
                source: extract.source.clone(),
                file: extract.file.clone(),
                status: extract.status_word(),
                accepted: extract.accepted as u64,
                rejected: extract.rejected as u64,
            });
        }
        self.outcome.received.extend(news);
        Ok(())
    }

    /// Loads what has arrived, one delivery after another, each judged by how
    /// the tables stand when its turn comes.
    async fn load(&self, ledger: &mut Ledger, due: &Due<'_>, lots: Vec<Lot>) -> Result<(), Error> {
        if lots.is_empty() {
            return Ok(());
        }
        let (source, unit) = (due.source, &due.unit);
        let prepared = Loader::prepare(self.project, self.lake, unit, self.keys, self.watcher);
        let loader = match prepared.await? {
            Prepared::Ready(loader) => loader,
            Prepared::Missing(table) => {
                let reason = format!(
                    "the contract refers to {table}, which has not been loaded yet; it is tried again in the next run"
                );
                for lot in lots {
                    let told = lot.refused("held", "reference.missing", &reason).await?;
                    told.into_iter().for_each(|extract| ledger.note(extract));
                }
                return Ok(());
            }
        };
        for mut lot in lots {
            let mark = lot.mark();
            let stands = ledger.still_stands(&source.id, &mark, &unit.hash);
            lot.is_known = ledger.extracts().iter().any(|e| e.mark() == Some(&mark));
            let told = match stands.is_empty() {
                true => loader.load(lot, ledger, &self.accept).await?,
                false => lot.duplicate(ledger).await?,
            };
            told.into_iter().for_each(|extract| ledger.note(extract));
        }
        Ok(())
    }

    async fn build_and_publish(&mut self, ledger: &Ledger, select: &[String]) -> Result<(), Error> {
        let (project, lake, watcher) = (self.project, self.lake, self.watcher);
        let people = identify(project, lake, ledger, self.keys, &self.outcome.run_id).await?;
        let mut draft = publish::draft(project, ledger, &people, &self.outcome.run_id);
        publish::keep_contracts(lake, &mut draft, &self.aside).await?;
        if select.is_empty()
            && let Some(current) = publish::is_published(lake, &draft).await?
        {
            self.outcome.release = Some(current.id);
            return Ok(());
        }
        let plan = crate::plan(project)?;
        let seeds = seeds::read_all(project)?;
        let inputs = publish::inputs(project, ledger, lake, &people, seeds).await?;
        let options = Options {
            run_id: self.outcome.run_id.clone(),
            selected: Some(plan.select(select)?),
            threads: std::thread::available_parallelism().map_or(2, |n| n.get()),
            memory: memory::for_models(project.warehouse.memory),
            spill: None,
        };
        let report = jcw_model::build(&plan, lake, &inputs, &options, &|event| {
            publish::tell(watcher, event)
        })
        .await?;
        self.outcome.take_in(&report);
        tracing::info!(
            built = self.outcome.built,
            unchanged = self.outcome.unchanged_models,
            "models built"
        );
        // What a selection leaves out may be out of date: a release would be a mixture.
        self.outcome.selected = !select.is_empty();
        if !report.is_publishable() || self.outcome.selected {
            self.outcome.release = lake.current_release().await?.map(|release| release.id);
            return Ok(());
        }
        let release = publish::publish(lake, &plan, draft, &inputs.sources, &report).await?;
        watcher.saw(Progress::Published {
            release: release.id.clone(),
        });
        self.outcome.published = true;
        self.outcome.release = Some(release.id);
        Ok(())
    }

    async fn record(&self, due: &[&Due<'_>]) -> Result<(), Error> {
        let row = |one: Option<&Due<'_>>| RunRow {
            run_id: self.outcome.run_id.clone(),
            source: one.map(|due| due.source.id.value.clone()),
            scheduled_for: one.and_then(|due| due.instant),
            started_at: self.outcome.started_at,
            ended_at: Utc::now(),
            outcome: self.outcome.word().to_owned(),
            release: self.outcome.release.clone(),
        };
        let mut rows: Vec<_> = due
            .iter()
            .filter(|one| one.instant.is_some())
            .map(|one| row(Some(*one)))
            .collect();
        if !self.outcome.did_nothing() {
            rows.push(row(None));
        }
        if rows.is_empty() {
            Ok(())
        } else {
            record_runs(self.lake, &rows).await
        }
    }
}
