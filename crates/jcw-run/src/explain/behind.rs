//! What stood behind a figure when its release was published: the models that
//! prepared it, the seeds and the source tables they came from, as the release
//! keeps them, each with whether the project's files still say the same.
//!
//! A release holds the rows of a model and the hash of its SQL, not the SQL, but
//! for models that are views. So what has changed since is named with the hash by
//! which the text of then is known.

use crate::definition::Definition;
use crate::error::Error;
use crate::publish;
use jcw_lake::Release;
use jcw_project::{Basis, Project, counted_table};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What stood behind a figure.
#[derive(Debug, Clone)]
pub(super) struct Behind {
    /// Nearest first.
    models: Vec<Stood>,
    seeds: Vec<Stood>,
    /// Source tables.
    pub(super) sources: Vec<String>,
    /// Contracts of the source tables that have changed since.
    contracts: Vec<Stood>,
}

/// Something of the project as it stood then.
#[derive(Debug, Clone)]
struct Stood {
    name: String,
    since: Since,
}

/// What has become of it.
#[derive(Debug, Clone)]
enum Since {
    Same,
    /// Its hash of then.
    Changed(String),
    /// The release holds what it was: of a view its SQL, of a seed its rows.
    ChangedAndHeld,
    Gone,
}

impl Behind {
    /// What stood behind a metric on a basis.
    pub(super) fn of(
        project: &Project,
        release: &Release,
        definition: &Definition,
        basis: Basis,
    ) -> Result<Behind, Error> {
        let today;
        let reads = match has_reads(release) {
            true => &release.contents.reads,
            false => {
                let plan = crate::plan(project)?;
                let nodes = plan.nodes().iter();
                today = nodes
                    .map(|node| (node.name.clone(), node.reads.clone()))
                    .collect();
                &today
            }
        };
        let nearest = match basis {
            Basis::PersonLevel => counted_table(&definition.id),
            Basis::Published => {
                let part = definition.on(basis).next();
                part.map_or("", |part| part.word("model")).to_owned()
            }
        };
        let tables = upstream(reads, &nearest);
        let (models, declared): (Vec<&str>, Vec<&str>) =
            (tables.into_iter()).partition(|name| reads.contains_key(*name));
        let (seeds, sources): (Vec<&str>, Vec<&str>) =
            (declared.into_iter()).partition(|name| name.starts_with("seed."));
        let rules = Rules::of(project, release);
        let contracts = sources.iter().map(|table| rules.contract(table));
        Ok(Behind {
            models: models.into_iter().map(|name| rules.model(name)).collect(),
            seeds: seeds.into_iter().map(|name| rules.seed(name)).collect(),
            contracts: contracts
                .filter(|contract| !matches!(contract.since, Since::Same))
                .collect(),
            sources: sources.into_iter().map(str::to_owned).collect(),
        })
    }
}

/// What is to be known before all else of a release that is not of today.
pub(super) fn remarks(
    project: &Project,
    release: &Release,
    definition: &Definition,
) -> Vec<String> {
    let mut remarks = Vec::new();
    let version = definition.word("version");
    let today = project.metrics.iter().find(|m| m.id.value == definition.id);
    match today.map(|metric| metric.version.value.to_string()) {
        None => remarks.push(format!(
            "The project's files no longer define {}; what follows is version {version}.",
            definition.id
        )),
        Some(now) if now != version => remarks.push(format!(
            "The project's files now define version {now} of {}; what follows is version {version}.",
            definition.id
        )),
        Some(_) => {}
    }
    if !has_reads(release) {
        remarks.push(
            "This release does not hold what its models read: the models and files below are those that the project's files name today.".to_owned(),
        );
    }
    if release.contents.ledger.is_empty() {
        remarks.push(
            "This release does not hold the ledger as it was: counts of rows are those of the last time its files were judged.".to_owned(),
        );
    }
    remarks
}

/// Whether a release says what its models read; one of an earlier program does not.
fn has_reads(release: &Release) -> bool {
    !release.contents.reads.is_empty()
}

/// A table and all it was made from, nearest first: each before what it read.
fn upstream<'r>(reads: &'r BTreeMap<String, Vec<String>>, nearest: &'r str) -> Vec<&'r str> {
    fn follow<'r>(
        reads: &'r BTreeMap<String, Vec<String>>,
        table: &'r str,
        seen: &mut BTreeSet<&'r str>,
        made: &mut Vec<&'r str>,
    ) {
        if seen.insert(table) {
            for read in reads.get(table).into_iter().flatten() {
                follow(reads, read, seen, made);
            }
            made.push(table);
        }
    }
    let mut made = Vec::new();
    follow(reads, nearest, &mut BTreeSet::new(), &mut made);
    made.reverse();
    made
}

/// The hashes of a release beside those of today.
struct Rules<'r> {
    release: &'r Release,
    today: BTreeMap<String, String>,
    /// Tables of what is counted, with whether their definition is the same.
    counted: BTreeMap<String, Since>,
}

impl<'r> Rules<'r> {
    fn of(project: &Project, release: &'r Release) -> Self {
        let today = publish::metrics(project);
        let counted = release.contents.metrics.iter().map(|(id, then)| {
            let since = since(Some(then), today.get(id));
            (counted_table(id), since)
        });
        Rules {
            release,
            counted: counted.collect(),
            today: publish::rules(project),
        }
    }

    fn model(&self, name: &str) -> Stood {
        let since = match self.counted.get(name) {
            Some(since) => since.clone(),
            None => self.since(&format!("model {name}")),
        };
        let mut views = self.release.contents.views.iter();
        let is_held = views.any(|view| view.name == name);
        Stood::new(name, since, is_held)
    }

    fn seed(&self, name: &str) -> Stood {
        Stood::new(name, self.since(name), true)
    }

    /// The contract of a source table: `council/cases` of `council.cases`.
    fn contract(&self, table: &str) -> Stood {
        let is_its = |key: &&String| key.replace('/', ".") == format!("contract {table}");
        let key = self.release.contents.rules.keys().find(is_its);
        let since = key.map_or(Since::Same, |key| self.since(key));
        let name = key.and_then(|key| key.strip_prefix("contract "));
        Stood::new(name.unwrap_or(table), since, false)
    }

    fn since(&self, key: &str) -> Since {
        since(self.release.contents.rules.get(key), self.today.get(key))
    }
}

/// What no hash was kept of is made by the program itself.
fn since(then: Option<&String>, today: Option<&String>) -> Since {
    match (then, today) {
        (Some(_), None) => Since::Gone,
        (Some(then), Some(today)) if then != today => Since::Changed(then.clone()),
        _ => Since::Same,
    }
}

impl Stood {
    fn new(name: &str, since: Since, is_held: bool) -> Stood {
        Stood {
            name: name.to_owned(),
            since: match since {
                Since::Changed(_) if is_held => Since::ChangedAndHeld,
                since => since,
            },
        }
    }
}

impl fmt::Display for Stood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        match &self.since {
            Since::Same => Ok(()),
            Since::Gone => write!(f, "  (no longer in the project)"),
            Since::ChangedAndHeld => write!(f, "  (changed since; the release holds it)"),
            Since::Changed(hash) => write!(
                f,
                "  (changed since; the lake does not hold its text of then, SHA-256 {hash})"
            ),
        }
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = |heading: &str, list: &[Stood]| {
            if !list.is_empty() {
                writeln!(f, "\n{heading}")?;
            }
            list.iter().try_for_each(|one| writeln!(f, "  {one}"))
        };
        list("Models, nearest first", &self.models)?;
        list("Seeds", &self.seeds)?;
        list("Contracts that have changed since", &self.contracts)
    }
}
