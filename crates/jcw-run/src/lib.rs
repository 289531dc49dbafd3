//! Runs: what is due, pull, check, land, build, test, release, and the ledger
//! of it all.
//!
//! This crate ties the others together and knows nothing that one of them
//! could know alone. [`check`] reads a project; [`run`] does the whole job and
//! returns an [`Outcome`]; [`query`], [`status`], [`explain`] and their like
//! answer a person from the lake.

mod definition;
mod error;
mod explain;
mod identify;
mod judge;
mod key_ring;
mod ledger;
mod load;
mod lot;
mod memory;
mod outcome;
mod page;
mod people;
mod pieces;
mod progress;
mod publish;
mod pull;
mod references;
mod report;
mod retain;
mod rotation;
mod run;
mod schedule;
mod seeds;
mod sides;
mod table;
mod trial;
mod unit;
mod unit_tests;
mod views;
mod weighed;

pub use definition::{Definition, Definitions, changed_without_a_version};
pub use error::Error;
pub use explain::{Cell, Explanation, explain};
pub use key_ring::refuse_inside;
pub use ledger::{EXTRACT_TABLE, Extract, REJECT_TABLE, RUN_TABLE, RunRow, Warning};
pub use memory::for_models as memory_to_use;
pub use outcome::{FailedTest, Outcome};
pub use page::{Page, page};
pub use people::{decide, identity_report, identity_reviews};
pub use progress::{Nobody, Progress, Watcher};
pub use retain::{REMOVAL_TABLE, Removal, Removed, retain};
pub use rotation::rotate;
pub use run::{Request, Which, build, run};
pub use schedule::{Instant, ScheduleError};
pub use trial::{Trial, try_out};
pub use unit_tests::unit_tests;
pub use views::{query, query_all, rejects, releases, rollback, status, warnings};

use chrono::{DateTime, Utc};
use jcw_lake::Lake;
use jcw_model::Plan;
use jcw_project::{Diagnostic, Draft, Environment, Level, Project};
use std::path::Path;

/// Reads and checks a whole project: its files, its contracts' rules, its
/// models and metrics. The project is given when it may run.
pub fn check(root: &Path, environment: &dyn Environment) -> (Option<Project>, Vec<Diagnostic>) {
    let draft = Draft::read(root, environment);
    let mut problems = draft.diagnostics.clone();
    if let Some(project) = &draft.project {
        problems.extend(project.contracts.iter().flat_map(jcw_contract::check_rules));
    }
    problems.extend(jcw_model::check_draft(&draft));
    problems.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
    problems.dedup();
    let is_right = !problems.iter().any(|problem| problem.level == Level::Error);
    (draft.project.filter(|_| is_right), problems)
}

/// Whether the last release was made by this very project, which is then known
/// to be right: planning every query again would be most of what a run with
/// nothing to do does.
pub async fn is_released(project: &Project, lake: &Lake) -> Result<bool, Error> {
    let current = lake.current_release().await?;
    Ok(current.is_some_and(|release| publish::is_of(project, &release.contents)))
}

/// The plan of a project that is right.
pub fn plan(project: &Project) -> Result<Plan, Error> {
    Plan::new(project)
        .map_err(|_| Error::Usage("the project has problems; `jcw check` tells them".into()))
}

/// Opens the lake at a URL, or at a path relative to `folder`, without its vault:
/// for who reads.
pub async fn open_lake(url: &str, folder: &Path) -> Result<Lake, Error> {
    Ok(Lake::open(&address(url, folder)).await?)
}

/// Opens a lake's vault likewise.
pub async fn open_vault(url: &str, folder: &Path) -> Result<Lake, Error> {
    Ok(Lake::open_vault(&address(url, folder)).await?)
}

fn address(url: &str, folder: &Path) -> String {
    match url.contains("://") {
        true => url.to_owned(),
        false => folder.join(url).to_string_lossy().into_owned(),
    }
}

/// Whether everything in the lake came from files below `folder`. A lake with
/// nothing in it did.
pub async fn came_from(lake: &Lake, folder: &Path) -> Result<bool, Error> {
    let ledger = ledger::Ledger::read(lake).await?;
    let folder = folder.to_string_lossy();
    Ok(ledger
        .extracts()
        .iter()
        .all(|extract| extract.url.contains(folder.as_ref())))
}

/// The next `count` scheduled instants of every source, soonest first.
pub fn upcoming(
    project: &Project,
    now: DateTime<Utc>,
    count: usize,
) -> Result<Vec<Instant>, Error> {
    let mut upcoming = Vec::new();
    for source in &project.sources {
        let Some(schedule) = &source.schedule else {
            continue;
        };
        for at in schedule::next(schedule, now, count)? {
            upcoming.push(Instant {
                source: source.id.value.clone(),
                at,
                zone: schedule.time_zone,
            });
        }
    }
    upcoming.sort_by(|a, b| (a.at, &a.source).cmp(&(b.at, &b.source)));
    Ok(upcoming)
}
