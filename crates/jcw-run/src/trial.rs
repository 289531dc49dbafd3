//! A trial takes a partner's files through their contract in a lake of its own
//! that is thrown away: what would be kept back, before anything is sent.

use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::outcome::Outcome;
use crate::progress::Watcher;
use crate::report;
use crate::run::pull_only;
use jcw_lake::Lake;
use jcw_project::{Contract, Placed, Project, Source};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// What became of the files, in the words that a partner is sent.
#[derive(Debug)]
pub struct Trial {
    /// One for each file and table.
    pub outcome: Outcome,
    /// For a terminal.
    pub text: String,
    /// A page.
    pub html: String,
    /// A table.
    pub csv: Vec<u8>,
}

impl Trial {
    /// Every file would load, and every row of it.
    pub fn is_clean(&self) -> bool {
        let received = &self.outcome.received;
        !received.is_empty()
            && received
                .iter()
                .all(|e| e.status == "loaded" && e.rejected == 0)
    }
}

/// Tries files against the contract or delivery `id`. References to source
/// tables that are not part of it are left out: there is nothing to compare
/// with.
pub async fn try_out(
    project: &Project,
    id: &str,
    files: &[PathBuf],
    watcher: &dyn Watcher,
) -> Result<Trial, Error> {
    let project = alone(project, id, files)?;
    let folder = TempDir::new().map_err(Error::Disk)?;
    let within = |name: &str| folder.path().join(name).display().to_string();
    let vault = Lake::open_vault(&within("vault")).await?;
    let lake = Lake::open(&within("lake")).await?.with_vault(&vault)?;
    let keys = KeyRing::of_nobody()?;
    let outcome = pull_only(&project, &lake, &keys, watcher).await?;
    if let Some(reason) = outcome.failed_sources.first() {
        return Err(Error::Usage(reason.clone()));
    }
    if let Some(missing) = outcome.missing.first() {
        return Err(Error::Usage(missing.clone()));
    }
    let written = report::write_out(&project, &lake, &outcome).await?;
    let Some((text, html, csv)) = written.into_iter().next() else {
        return Err(Error::Usage("no file was named".to_owned()));
    };
    Ok(Trial {
        outcome,
        text,
        html,
        csv,
    })
}

/// The project with nothing but the files and what they are held to.
fn alone(project: &Project, id: &str, files: &[PathBuf]) -> Result<Project, Error> {
    let source = project
        .sources
        .iter()
        .find(|source| *source.contract == *id);
    let Some(source) = source else {
        let known = project
            .sources
            .iter()
            .map(|source| source.contract.as_str());
        let hint = jcw_project::did_you_mean(id, known)
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        return Err(Error::Usage(format!(
            "no source delivers by a contract {id}{hint}"
        )));
    };
    let place = source.contract.place.clone();
    let mut alone = project.clone();
    alone.models.clear();
    alone.metrics.clear();
    alone.sources = vec![Source {
        files: files
            .iter()
            .map(|file| Placed::new(file.display().to_string(), place.clone()))
            .collect(),
        settle: Duration::ZERO,
        schedule: None,
        ..source.clone()
    }];
    let seeds: Vec<String> = alone.seeds.iter().map(|seed| seed.name.clone()).collect();
    let own: Vec<String> = (project.tables_of(source).into_iter())
        .map(Contract::table)
        .collect();
    for contract in &mut alone.contracts {
        contract.references.retain(|reference| {
            let table = &reference.table.value;
            seeds.contains(table) || own.contains(table)
        });
    }
    Ok(alone)
}
