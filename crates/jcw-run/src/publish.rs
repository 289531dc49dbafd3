//! Publishing pins one version of every table, with what it was made from, in
//! one release. Two releases that would say the same are not both published.

use crate::error::Error;
use crate::ledger::{EXTRACT_TABLE, Extract, Ledger, REJECT_TABLE};
use crate::progress::{Progress, Watcher};
use jcw_lake::{Contents, Lake, Note, Pin, Release, ReleasedExtract, View};
use jcw_model::{Inputs, Plan, Released, Report, SeedRows, TableOutcome};
use jcw_project::{Materialised, Project, Seed};
use std::collections::{BTreeMap, BTreeSet};

/// What a release of the project as it is now would be made from.
pub(crate) fn draft(
    project: &Project,
    ledger: &Ledger,
    people: &BTreeMap<String, u64>,
    run_id: &str,
) -> Contents {
    // A table that was loaded again from the same files is another version.
    let loads = ledger
        .versions()
        .into_iter()
        .map(|(table, version)| (format!("{LOAD}{table}"), version.to_string()))
        .chain(
            people
                .iter()
                .map(|(table, version)| (format!("{LOAD}{table}"), version.to_string())),
        );
    let mut extracts: Vec<ReleasedExtract> = ledger.standing().into_iter().map(released).collect();
    extracts.sort_by(|a, b| {
        (a.received_at, &a.table, &a.sha256).cmp(&(b.received_at, &b.table, &b.sha256))
    });
    Contents {
        run_id: run_id.to_owned(),
        note: Note::Publish,
        extracts,
        metrics: metrics(project),
        rules: rules(project).into_iter().chain(loads).collect(),
        ..Contents::default()
    }
}

/// Leaves these contracts as the last release has them: it is by those that the
/// rows of their tables were judged.
pub(crate) async fn keep_contracts(
    lake: &Lake,
    draft: &mut Contents,
    contracts: &BTreeSet<String>,
) -> Result<(), Error> {
    if contracts.is_empty() {
        return Ok(());
    }
    let releases = lake.releases().await?;
    let before = last_published(&releases);
    for contract in contracts {
        let name = format!("contract {contract}");
        let hash = before.and_then(|release| release.contents.rules.get(&name));
        match hash {
            Some(hash) => draft.rules.insert(name, hash.clone()),
            None => draft.rules.remove(&name),
        };
    }
    Ok(())
}

/// The last release that was not rolled back to.
fn last_published(releases: &[Release]) -> Option<&Release> {
    let mut newest_first = releases.iter().rev();
    newest_first.find(|release| release.contents.note == Note::Publish)
}

/// Whether a release was made by this very project, whatever was loaded since.
pub(crate) fn is_of(project: &Project, contents: &Contents) -> bool {
    let theirs = contents
        .rules
        .iter()
        .filter(|(name, _)| !name.starts_with(LOAD));
    theirs.eq(rules(project).iter()) && contents.metrics == metrics(project)
}

/// What the rules say of a source table's last load begins with this.
const LOAD: &str = "load ";

/// Hash of each metric's definition.
pub(crate) fn metrics(project: &Project) -> BTreeMap<String, String> {
    project
        .metrics
        .iter()
        .map(|metric| (metric.id.value.clone(), metric.hash.clone()))
        .collect()
}

/// Hash of everything else in the project that decides a figure, and the
/// version of this program.
pub(crate) fn rules(project: &Project) -> BTreeMap<String, String> {
    let contracts = project
        .contracts
        .iter()
        .map(|c| (format!("contract {}", c.id.value), c.hash.clone()));
    let seeds = project.seeds.iter().map(|s| (s.name.clone(), seed_hash(s)));
    let models = project
        .models
        .iter()
        .map(|m| (format!("model {}", m.name.value), m.hash.clone()));
    let actions = project
        .actions
        .iter()
        .map(|a| (format!("action {}", a.id.value), a.hash.clone()));
    let engine = std::iter::once(("jcw".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
    contracts
        .chain(seeds)
        .chain(models)
        .chain(actions)
        .chain(engine)
        .collect()
}

/// What decides a seed's rows: its file and its contract.
pub(crate) fn seed_hash(seed: &Seed) -> String {
    format!("{}{}", seed.hash, seed.contract.hash)
}

fn released(extract: &Extract) -> ReleasedExtract {
    ReleasedExtract {
        source: extract.source.clone(),
        table: extract.table_name.clone(),
        file: extract.file.clone(),
        sha256: extract.sha256.clone().unwrap_or_default(),
        received_at: extract.received_at,
    }
}

/// Whether the last release that was published, not rolled back to, was made
/// from the same things. A roll-back is a person's decision: it stands until
/// there is something new.
pub(crate) async fn is_published(lake: &Lake, draft: &Contents) -> Result<Option<Release>, Error> {
    let releases = lake.releases().await?;
    let is_same = last_published(&releases).is_some_and(|release| {
        let last = &release.contents;
        last.extracts == draft.extracts
            && last.metrics == draft.metrics
            && last.rules == draft.rules
    });
    Ok(releases.into_iter().next_back().filter(|_| is_same))
}

/// The source tables as the ledger's last loads left them, who is who, and the
/// seeds.
pub(crate) async fn inputs(
    project: &Project,
    ledger: &Ledger,
    lake: &Lake,
    people: &BTreeMap<String, u64>,
    seeds: BTreeMap<String, SeedRows>,
) -> Result<Inputs, Error> {
    let mut sources = people.clone();
    let is_ours = |table: &String| project.contracts.iter().any(|c| c.table() == *table);
    for (table, version) in ledger.versions() {
        if is_ours(&table) {
            sources.insert(table, version as u64);
        }
    }
    let current = lake
        .current_release()
        .await?
        .map(|release| release.contents)
        .unwrap_or_default();
    let released = current.models.into_iter().map(|(name, identity)| {
        let pin = current.tables.get(&name);
        let released = Released {
            identity,
            version: pin.map(|pin| pin.version),
            rows: pin.map(|pin| pin.rows),
        };
        (name, released)
    });
    Ok(Inputs {
        sources,
        seeds,
        released: released.collect(),
    })
}

/// Publishes what was built.
pub(crate) async fn publish(
    lake: &Lake,
    plan: &Plan,
    mut draft: Contents,
    sources: &BTreeMap<String, u64>,
    report: &Report,
) -> Result<Release, Error> {
    for (name, version) in sources {
        let rows = lake.table_at(name, *version).await?.rows();
        draft.tables.insert(
            name.clone(),
            Pin {
                version: *version,
                rows,
            },
        );
    }
    for table in &report.tables {
        if let (Some(version), Some(rows)) = (table.version, table.rows) {
            draft
                .tables
                .insert(table.table.clone(), Pin { version, rows });
        }
        draft
            .models
            .insert(table.table.clone(), table.identity.clone());
    }
    let reads = plan.nodes().iter();
    draft.reads = reads
        .map(|node| (node.name.clone(), node.reads.clone()))
        .collect();
    for name in [EXTRACT_TABLE, REJECT_TABLE] {
        if let Some(version) = lake.newest_version(name).await? {
            draft.ledger.insert(name.to_owned(), version);
        }
    }
    let views = plan
        .nodes()
        .iter()
        .filter(|node| node.materialised == Materialised::View);
    // A view over a table of which nothing was ever delivered has nothing to show.
    for node in views {
        let is_there = |name: &String| {
            draft.tables.contains_key(name) || draft.views.iter().any(|view| view.name == *name)
        };
        if node.reads.iter().all(is_there) {
            draft.views.push(View {
                name: node.name.clone(),
                sql: node.sql.clone(),
            });
        }
    }
    Ok(lake.publish(draft).await?)
}

/// Passes on what the models say of their progress.
pub(crate) fn tell(watcher: &dyn Watcher, event: jcw_model::Event<'_>) {
    match event {
        jcw_model::Event::Started { table, .. } => watcher.saw(Progress::Building {
            model: table.to_owned(),
        }),
        jcw_model::Event::Finished(report) => {
            let unchanged = match report.outcome {
                TableOutcome::Built if report.version.is_some() => false,
                TableOutcome::Unchanged => true,
                _ => return,
            };
            watcher.saw(Progress::Built {
                model: report.table.clone(),
                rows: report.rows.unwrap_or(0),
                unchanged,
            });
        }
    }
}
