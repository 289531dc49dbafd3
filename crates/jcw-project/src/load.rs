//! Finds a project's files, has each read by the reader of its noun, and has
//! the whole checked.

use crate::diagnostic::{Diagnostic, Level};
use crate::expand::Environment;
use crate::model::Layer;
use crate::place::Place;
use crate::read::{File, Setting, contract, hex, metric, model, source, symbols, warehouse};
use crate::seed::Seed;
use crate::suggest;
use crate::value::{NAME_HINT, is_name};
use crate::{Project, check};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use walkdir::WalkDir;

/// A project as far as it could be read: for `check`, which goes on to plan
/// the SQL of the files that are whole although others are not.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What could be read; `None` when `pipelines/warehouse.yaml` could not.
    pub project: Option<Project>,
    /// Tables (`council.dfe_requests`, `core.area`) and sources
    /// (`council/dfe_requests`) that have a file which could not be read:
    /// whoever misses them has been told enough already.
    pub unread: BTreeSet<String>,
    /// Every problem found, by file and line.
    pub diagnostics: Vec<Diagnostic>,
}

impl Project {
    /// Reads the project under `root`. There is one only when no diagnostic is
    /// an error; warnings come with it.
    pub fn load(root: &Path, environment: &dyn Environment) -> (Option<Project>, Vec<Diagnostic>) {
        let draft = Draft::read(root, environment);
        let sound = draft.diagnostics.iter().all(|diagnostic| diagnostic.level < Level::Error);
        (draft.project.filter(|_| sound), draft.diagnostics)
    }
}

impl Draft {
    /// Reads the project under `root` as far as it goes.
    pub fn read(root: &Path, environment: &dyn Environment) -> Draft {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        let mut problems = Vec::new();
        let files = find(&root, &mut problems);
        let mut draft = read(root, &files, environment, &mut problems);
        problems.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
        problems.dedup();
        draft.diagnostics = problems;
        draft
    }
}

/// What a file of the project is, by where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Warehouse,
    Symbols,
    Contract { partner: String },
    Seed,
    SeedTable,
    Source { partner: String },
    Model { layer: Layer },
    Metric,
}

/// The files under `root`, by role, then by path: the order in which they are read.
fn find(root: &Path, problems: &mut Vec<Diagnostic>) -> Vec<(Role, PathBuf)> {
    let mut files = Vec::new();
    for folder in ["pipelines", "schemas"] {
        let walk = WalkDir::new(root.join(folder)).follow_links(true).sort_by_file_name().into_iter();
        let shown = walk.filter_entry(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
        for entry in shown {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned();
                    match role(&path) {
                        Ok(role) => files.push((role, path)),
                        Err(Some(why)) => problems.push(
                            Diagnostic::warning(Place::start_of(path), "this file is not read").hint(why),
                        ),
                        Err(None) => {}
                    }
                }
                Ok(_) => {}
                Err(error) if error.io_error().is_some_and(|e| e.kind() == std::io::ErrorKind::NotFound) => {}
                Err(error) => {
                    let place = Place::start_of(folder);
                    problems.push(Diagnostic::error(place, format!("cannot look through this folder: {error}")));
                }
            }
        }
    }
    files.sort();
    files
}

/// What the file at `path` is. An error says what it would have to be called,
/// where it looks like one that should be read.
fn role(path: &Path) -> Result<Role, Option<String>> {
    let parts: Vec<&str> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    let (Some(file), extension) = (parts.last(), path.extension().and_then(|e| e.to_str()).unwrap_or_default()) else {
        return Err(None);
    };
    match (&parts[..parts.len() - 1], extension) {
        (_, "yml") => Err(Some(format!("name it {}.yaml", file.trim_end_matches(".yml")))),
        (["pipelines"], "yaml") if *file == "warehouse.yaml" => Ok(Role::Warehouse),
        (["schemas"], "yaml") if *file == "symbols.yaml" => Ok(Role::Symbols),
        (["pipelines", "models", layer, ..], "sql") => match Layer::ALL.iter().find(|known| known.name() == *layer) {
            Some(layer) => Ok(Role::Model { layer: *layer }),
            None => Err(Some("models stand in the folders staging, core, metrics, published".into())),
        },
        (["pipelines", "metrics"], "yaml") => Ok(Role::Metric),
        (["pipelines", "seeds"], "yaml") => Ok(Role::Seed),
        (["pipelines", "seeds"], "csv") => Ok(Role::SeedTable),
        (["pipelines", "models" | "metrics" | "seeds", ..], "yaml") => {
            Err(Some("no YAML file is read in this folder".into()))
        }
        (["pipelines", partner], "yaml") => Ok(Role::Source { partner: (*partner).to_owned() }),
        (["schemas", partner], "yaml") => Ok(Role::Contract { partner: (*partner).to_owned() }),
        (_, "yaml") => Err(Some("a YAML file stands in the folder of a partner, a metric or a seed".into())),
        (_, "sql") => Err(Some("SQL files stand in pipelines/models/<layer>/".into())),
        _ => Err(None),
    }
}

fn read(
    root: PathBuf,
    files: &[(Role, PathBuf)],
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> Draft {
    let mut setting = Setting { environment, symbols: BTreeMap::new(), time_zone: chrono_tz::Europe::London };
    let mut warehouse = None;
    let (mut sources, mut contracts, mut models, mut metrics) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut seed_contracts, mut seed_tables) = (BTreeMap::new(), BTreeMap::new());
    let mut unread = BTreeSet::new();

    if !files.iter().any(|(role, _)| *role == Role::Warehouse) {
        let place = Place::start_of("pipelines/warehouse.yaml");
        let message = "there is no such file, and every project has one";
        let hint = "`jcw init` makes one; if the project is elsewhere, say where with --project";
        problems.push(Diagnostic::error(place, message).hint(hint));
    }
    for (role, path) in files {
        if *role == Role::SeedTable {
            seed_tables.insert(stem(path), path.clone());
            continue;
        }
        let made = made(role, &stem(path));
        let Some(file) = open(&root, path, problems) else {
            unread.extend(made);
            continue;
        };
        if made.is_some() {
            check_name(&file, problems);
        }
        let was_read = match role {
            Role::Warehouse => {
                warehouse = warehouse::read(&file, environment, problems);
                setting.time_zone = warehouse.as_ref().map_or(setting.time_zone, |warehouse| warehouse.time_zone);
                warehouse.is_some()
            }
            Role::Symbols => symbols::read(&file, environment, problems).map(|sets| setting.symbols = sets).is_some(),
            Role::Contract { partner } => keep(&mut contracts, contract::read(&file, partner, &setting, problems)),
            Role::Source { partner } => keep(&mut sources, source::read(&file, partner, &setting, problems)),
            Role::Model { layer } => keep(&mut models, model::read(&file, *layer, &setting, problems)),
            Role::Metric => keep(&mut metrics, metric::read(&file, &setting, problems)),
            Role::Seed => {
                let contract = contract::read(&file, "seed", &setting, problems);
                let was_read = contract.is_some();
                seed_contracts.insert(file.stem.clone(), contract);
                was_read
            }
            Role::SeedTable => true,
        };
        if !was_read {
            unread.extend(made);
        }
    }
    let seeds = seeds(&root, seed_contracts, seed_tables, &mut unread, problems);
    sources.sort_by(|a, b| a.id.value.cmp(&b.id.value));
    contracts.sort_by(|a, b| a.id.value.cmp(&b.id.value));
    models.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    metrics.sort_by(|a, b| a.id.value.cmp(&b.id.value));

    check::folders(warehouse.as_ref(), files.iter().filter_map(|(role, path)| Some((role.partner()?, path.as_path()))), problems);
    let project = warehouse.map(|warehouse| Project { root, warehouse, sources, contracts, seeds, models, metrics });
    if let Some(project) = &project {
        check::project(project, &unread, problems);
    }
    Draft { project, unread, diagnostics: Vec::new() }
}

impl Role {
    /// The partner in whose folder a file stands.
    fn partner(&self) -> Option<&str> {
        match self {
            Role::Source { partner } | Role::Contract { partner } => Some(partner),
            _ => None,
        }
    }
}

/// The table or the source that a file of this role makes.
fn made(role: &Role, stem: &str) -> Option<String> {
    match role {
        Role::Source { partner } => Some(format!("{partner}/{stem}")),
        Role::Contract { partner } => Some(format!("{partner}.{stem}")),
        Role::Seed => Some(format!("seed.{stem}")),
        Role::Model { layer } => Some(format!("{}.{stem}", layer.name())),
        _ => None,
    }
}

fn keep<T>(kept: &mut Vec<T>, read: Option<T>) -> bool {
    let was_read = read.is_some();
    kept.extend(read);
    was_read
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The text of a file, without a byte-order mark.
fn open(root: &Path, path: &Path, problems: &mut Vec<Diagnostic>) -> Option<File> {
    let bytes = match std::fs::read(root.join(path)) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.push(Diagnostic::error(Place::start_of(path), format!("cannot read this file: {error}")));
            return None;
        }
    };
    let shown: PathBuf = path.to_string_lossy().replace('\\', "/").into();
    match String::from_utf8(bytes) {
        Ok(text) => {
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            Some(File { path: shown.into(), stem: stem(path), text })
        }
        Err(error) => {
            let sound = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = sound.iter().filter(|byte| **byte == b'\n').count() + 1;
            let place = Place { line, ..Place::start_of(shown) };
            let hint = "save the file as UTF-8";
            problems.push(Diagnostic::error(place, "this line is not UTF-8 text").hint(hint));
            None
        }
    }
}

/// A file that makes a table or a source is called what SQL can call it.
fn check_name(file: &File, problems: &mut Vec<Diagnostic>) {
    if !is_name(&file.stem) {
        let message = format!("\"{}\" cannot be the name of a table or a source", file.stem);
        problems.push(Diagnostic::error(file.start(), message).hint(format!("rename the file: {NAME_HINT}")));
    }
}

/// Each CSV with the contract beside it; neither may stand alone.
fn seeds(
    root: &Path,
    mut contracts: BTreeMap<String, Option<crate::Contract>>,
    tables: BTreeMap<String, PathBuf>,
    unread: &mut BTreeSet<String>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (stem, path) in tables {
        let name = format!("seed.{stem}");
        let Some(contract) = contracts.remove(&stem) else {
            let place = Place::start_of(path.to_string_lossy().replace('\\', "/"));
            let message = format!("the seed \"{stem}\" has no contract");
            let hint = match suggest::did_you_mean(&stem, contracts.keys()) {
                Some(near) => format!("is pipelines/seeds/{near}.yaml meant to be {stem}.yaml?"),
                None => format!("write pipelines/seeds/{stem}.yaml, which says what its columns are"),
            };
            problems.push(Diagnostic::error(place, message).hint(hint));
            unread.insert(name);
            continue;
        };
        match std::fs::read(root.join(&path)) {
            Ok(bytes) => seeds.extend(contract.map(|contract| Seed {
                name,
                path: root.join(&path),
                contract,
                hash: hex(Sha256::digest(bytes)),
            })),
            Err(error) => {
                problems.push(Diagnostic::error(Place::start_of(path), format!("cannot read this file: {error}")));
                unread.insert(name);
            }
        }
    }
    for (stem, contract) in contracts {
        let place = Place::start_of(format!("pipelines/seeds/{stem}.yaml"));
        let message = format!("the seed \"{stem}\" has no table");
        let hint = format!("put it beside this file: pipelines/seeds/{stem}.csv");
        problems.push(Diagnostic::error(place, message).hint(hint));
        if contract.is_some() {
            unread.insert(format!("seed.{stem}"));
        }
    }
    seeds
}
