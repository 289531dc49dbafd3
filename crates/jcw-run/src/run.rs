//! A run takes the lake's lease, pulls what is new, loads it, builds and tests
//! the models, and publishes a release; or finds that nothing has changed and
//! does nothing.
//!
//! A run can be killed at any moment. What it had committed stays and is found
//! again by the next run; what it had not is not there; and readers go on with
//! the last release until a new one is published in one step.

use crate::error::Error;
use crate::ledger::{Extract, Ledger, RunRow, record_runs, served};
use crate::load::{Loader, Prepared};
use crate::progress::{Progress, Watcher};
use crate::pull::{Arrival, Pulled, pull};
use crate::outcome::Outcome;
use crate::{publish, seeds};
use chrono::{DateTime, Utc};
use jcw_lake::{Lake, LakeError, Lease};
use jcw_model::Options;
use jcw_project::{Contract, Project, Source};
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

/// Name of the lease that lets one run at a time write to a lake.
const LEASE: &str = "run";

/// How long after its last sign of life a run on another machine is given up.
const LEASE_TIME: Duration = Duration::from_secs(300);

/// Most memory that all models together hold before they spill to disk, in bytes.
const MODEL_MEMORY: usize = 1 << 30;

/// Runs the whole job.
pub async fn run(
    project: &Project,
    lake: &Lake,
    request: Request,
    watcher: &dyn Watcher,
) -> Result<Outcome, Error> {
    let due = due(project, lake, &request.which).await?;
    if due.is_empty() && matches!(request.which, Which::Due(_)) {
        return Ok(Outcome::nothing_due());
    }
    let mut outcome = Outcome::begin(Utc::now());
    let lease = lease(lake, &outcome.run_id).await?;
    let result = async {
        let mut ledger = Ledger::read(lake).await?;
        pull_and_load(project, lake, &mut ledger, &due, &request.accept, &mut outcome, watcher).await?;
        build_and_publish(project, lake, &ledger, &[], &mut outcome, watcher).await?;
        record(lake, &due, &outcome).await?;
        Ok(outcome)
    }
    .await;
    lease.release().await?;
    result
}

/// Builds models from what is loaded, and publishes.
pub async fn build(
    project: &Project,
    lake: &Lake,
    select: &[String],
    watcher: &dyn Watcher,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome::begin(Utc::now());
    let lease = lease(lake, &outcome.run_id).await?;
    let result = async {
        let ledger = Ledger::read(lake).await?;
        build_and_publish(project, lake, &ledger, select, &mut outcome, watcher).await?;
        Ok(outcome)
    }
    .await;
    lease.release().await?;
    result
}

/// A source to pull, and the scheduled instant that this serves.
struct Due<'a> {
    source: &'a Source,
    contract: &'a Contract,
    instant: Option<DateTime<Utc>>,
}

async fn due<'a>(project: &'a Project, lake: &Lake, which: &Which) -> Result<Vec<Due<'a>>, Error> {
    let sources = match which {
        Which::All => project.sources.iter().map(|source| (source, None)).collect(),
        Which::Named(names) => named(project, names)?,
        Which::Due(now) => due_by_schedule(project, lake, *now).await?,
    };
    let mut due: Vec<_> = sources
        .into_iter()
        .filter_map(|(source, instant)| {
            let contract = project.contracts.iter().find(|c| *c.id == *source.contract)?;
            Some(Due {
                source,
                contract,
                instant,
            })
        })
        .collect();
    // A table that others refer to is loaded before them.
    due.sort_by_key(|d| (!d.contract.references.is_empty(), d.source.id.value.clone()));
    Ok(due)
}

fn named<'a>(
    project: &'a Project,
    names: &[String],
) -> Result<Vec<(&'a Source, Option<DateTime<Utc>>)>, Error> {
    let mut chosen = Vec::new();
    for name in names {
        let before = chosen.len();
        chosen.extend(
            project.sources.iter().filter(|s| s.id.value == *name || s.partner == *name).map(|s| (s, None)),
        );
        if chosen.len() == before {
            let known = project.sources.iter().map(|s| s.id.value.as_str());
            let hint = jcw_project::did_you_mean(name, known)
                .map(|near| format!("; did you mean {near}?"))
                .unwrap_or_default();
            return Err(Error::Usage(format!("there is no source {name}{hint}")));
        }
    }
    Ok(chosen)
}

async fn due_by_schedule<'a>(
    project: &'a Project,
    lake: &Lake,
    now: DateTime<Utc>,
) -> Result<Vec<(&'a Source, Option<DateTime<Utc>>)>, Error> {
    let served = served(lake).await?;
    let mut due = Vec::new();
    for source in &project.sources {
        let Some(schedule) = &source.schedule else { continue };
        let last = served.iter().find(|(id, _)| *id == source.id.value).map(|(_, at)| *at);
        if crate::schedule::is_due(schedule, last, now)? {
            due.push((source, crate::schedule::previous(schedule, now)?));
        }
    }
    Ok(due)
}

async fn pull_and_load(
    project: &Project,
    lake: &Lake,
    ledger: &mut Ledger,
    due: &[Due<'_>],
    accept: &[String],
    outcome: &mut Outcome,
    watcher: &dyn Watcher,
) -> Result<(), Error> {
    for Due { source, contract, .. } in due {
        let Pulled {
            arrivals,
            settled,
            unchanged,
        } = pull(source, contract, &project.root, lake, ledger, &outcome.run_id, accept, watcher).await?;
        outcome.unchanged_files += unchanged;
        let mut news = settled;
        if !arrivals.is_empty() {
            news.extend(load(project, lake, ledger, source, contract, arrivals, accept, watcher).await?);
        }
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
            watcher.saw(Progress::Received {
                source: extract.source.clone(),
                file: extract.file.clone(),
                status: extract.status_word(),
                accepted: extract.accepted as u64,
                rejected: extract.rejected as u64,
            });
        }
        ledger.record(lake, news.clone()).await?;
        outcome.received.extend(news);
    }
    Ok(())
}

async fn load(
    project: &Project,
    lake: &Lake,
    ledger: &Ledger,
    source: &Source,
    contract: &Contract,
    arrivals: Vec<Arrival>,
    accept: &[String],
    watcher: &dyn Watcher,
) -> Result<Vec<Extract>, Error> {
    let loader = match Loader::prepare(project, lake, source, contract, watcher).await? {
        Prepared::Ready(loader) => loader,
        Prepared::Missing(table) => {
            let reason = format!("the contract refers to {table}, which has not been loaded yet; it is tried again in the next run");
            return Ok(arrivals.into_iter().map(|arrival| arrival.refused("held", "reference.missing", &reason)).collect());
        }
    };
    let mut last = ledger.last_load(&contract.table()).map(|e| e.received);
    let mut loaded = Vec::new();
    for arrival in arrivals {
        let extract = loader.load(arrival, last, accept).await?;
        if extract.status == "loaded" {
            last = Some(extract.received);
        }
        loaded.push(extract);
    }
    Ok(loaded)
}

async fn build_and_publish(
    project: &Project,
    lake: &Lake,
    ledger: &Ledger,
    select: &[String],
    outcome: &mut Outcome,
    watcher: &dyn Watcher,
) -> Result<(), Error> {
    let draft = publish::draft(project, &ledger.standing(), &outcome.run_id);
    if select.is_empty()
        && let Some(current) = publish::is_published(lake, &draft).await?
    {
        outcome.release = Some(current.id);
        return Ok(());
    }
    let plan = crate::plan(project)?;
    let inputs = publish::inputs(project, lake, seeds::read_all(project)?).await?;
    let options = Options {
        run_id: outcome.run_id.clone(),
        selected: Some(plan.select(select)?),
        threads: std::thread::available_parallelism().map_or(2, |n| n.get()),
        memory: MODEL_MEMORY,
        spill: None,
    };
    let report = jcw_model::build(&plan, lake, &inputs, &options, &|event| publish::tell(watcher, event)).await?;
    outcome.take_in(&report);
    if !report.is_publishable() {
        outcome.release = lake.current_release().await?.map(|release| release.id);
        return Ok(());
    }
    tracing::info!(built = outcome.built, unchanged = outcome.unchanged_models, "models built");
    let release = publish::publish(lake, &plan, draft, &inputs.sources, &report).await?;
    watcher.saw(Progress::Published {
        release: release.id.clone(),
    });
    outcome.published = true;
    outcome.release = Some(release.id);
    Ok(())
}

async fn record(lake: &Lake, due: &[Due<'_>], outcome: &Outcome) -> Result<(), Error> {
    let row = |source: Option<&Due<'_>>| RunRow {
        run_id: outcome.run_id.clone(),
        source: source.map(|d| d.source.id.value.clone()),
        scheduled_for: source.and_then(|d| d.instant),
        started_at: outcome.started_at,
        ended_at: Utc::now(),
        outcome: outcome.word().to_owned(),
        release: outcome.release.clone(),
    };
    let mut rows: Vec<_> = due.iter().filter(|d| d.instant.is_some()).map(|d| row(Some(d))).collect();
    if !outcome.did_nothing() {
        rows.push(row(None));
    }
    if rows.is_empty() { Ok(()) } else { record_runs(lake, &rows).await }
}

async fn lease(lake: &Lake, run_id: &str) -> Result<Lease, Error> {
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
