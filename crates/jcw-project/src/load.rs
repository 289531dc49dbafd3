//! Finds a project's files, has each read by the reader of its noun, and has
//! the whole checked.

use crate::diagnostic::{Diagnostic, Level};
use crate::expand::Environment;
use crate::file::{File, Role, find, hex, stem};
use crate::place::Place;
use crate::read::contract::For;
use crate::read::{
    Setting, action, codes, contract, delivery, identity, metric, model, provider, role, source,
    symbols, unit_test, warehouse,
};
use crate::suggest;
use crate::{
    Action, Contract, Delivery, Identity, Metric, Model, Project, Seed, Source, UnitTests,
    Warehouse, check,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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
        let sound = draft
            .diagnostics
            .iter()
            .all(|diagnostic| diagnostic.level < Level::Error);
        (draft.project.filter(|_| sound), draft.diagnostics)
    }
}

impl Draft {
    /// Reads the project under `root` as far as it goes.
    pub fn read(root: &Path, environment: &dyn Environment) -> Draft {
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        let mut problems = Vec::new();
        let files = find(&root, &mut problems);
        let mut reading = Reading::new(root, environment, &files, problems);
        for (role, path) in &files {
            if reading.take(role, path).is_none() {
                reading.unread.extend(role.makes(&stem(path)));
            }
        }
        reading.finish(&files)
    }
}

/// What has been read so far.
struct Reading<'e> {
    root: PathBuf,
    setting: Setting<'e>,
    warehouse: Option<Warehouse>,
    identity: Identity,
    sources: Vec<Source>,
    contracts: Vec<Contract>,
    deliveries: Vec<Delivery>,
    models: Vec<Model>,
    metrics: Vec<Metric>,
    actions: Vec<Action>,
    roles: Vec<crate::Role>,
    providers: Vec<crate::Provider>,
    unit_tests: Vec<UnitTests>,
    /// By stem; `None` where there is a file that could not be read.
    seed_contracts: BTreeMap<String, Option<Contract>>,
    seed_tables: BTreeMap<String, PathBuf>,
    unread: BTreeSet<String>,
    problems: Vec<Diagnostic>,
}

impl<'e> Reading<'e> {
    fn new(
        root: PathBuf,
        environment: &'e dyn Environment,
        files: &[(Role, PathBuf)],
        mut problems: Vec<Diagnostic>,
    ) -> Self {
        let has = |wanted: Role| files.iter().any(|(role, _)| *role == wanted);
        if !has(Role::Warehouse) {
            let place = Place::start_of("pipelines/warehouse.yaml");
            let message = "there is no such file, and every project has one";
            let hint =
                "`jcw init` makes one; if the project is elsewhere, say where with --project";
            problems.push(Diagnostic::error(place, message).hint(hint));
        }
        let setting = Setting {
            environment,
            symbols: (!has(Role::Symbols)).then(BTreeMap::new),
            codes: (!has(Role::Codes)).then(BTreeMap::new),
            time_zone: chrono_tz::Europe::London,
        };
        Reading {
            root,
            setting,
            warehouse: None,
            identity: Identity::default(),
            sources: Vec::new(),
            contracts: Vec::new(),
            deliveries: Vec::new(),
            models: Vec::new(),
            metrics: Vec::new(),
            actions: Vec::new(),
            roles: vec![crate::Role::commissioner()],
            providers: Vec::new(),
            unit_tests: Vec::new(),
            seed_contracts: BTreeMap::new(),
            seed_tables: BTreeMap::new(),
            unread: BTreeSet::new(),
            problems,
        }
    }

    /// Reads one file. `None` when what it stands for could not be made.
    fn take(&mut self, role: &Role, path: &Path) -> Option<()> {
        let stem = stem(path);
        if *role == Role::SeedTable {
            self.seed_tables.insert(stem, path.to_owned());
            return Some(());
        }
        if *role == Role::Seed {
            self.seed_contracts.insert(stem.clone(), None);
        }
        let file = File::open(&self.root, path, &mut self.problems)?;
        match role {
            Role::Delivery { name, .. } => file.check_name(name, &mut self.problems),
            _ if role.makes(&stem).is_some() => file.check_name(&stem, &mut self.problems),
            _ => {}
        }
        let (setting, problems) = (&mut self.setting, &mut self.problems);
        match role {
            Role::Warehouse => {
                let warehouse = warehouse::read(&file, setting.environment, problems)?;
                setting.time_zone = warehouse.time_zone;
                self.warehouse = Some(warehouse);
            }
            Role::Identity => {
                self.identity = identity::read(&file, &self.root, setting.environment, problems)?;
            }
            Role::Roles => self.roles = role::read(&file, setting.environment, problems)?,
            Role::Access => {
                self.providers = provider::read(&file, setting.environment, problems)?;
            }
            Role::Symbols => {
                setting.symbols = Some(symbols::read(&file, setting.environment, problems)?);
            }
            Role::Codes => {
                setting.codes = Some(codes::read(&file, setting.environment, problems)?);
            }
            Role::Contract { partner, delivery } => {
                let of = match delivery {
                    None => For::Extract { partner },
                    Some(delivery) => For::Table { partner, delivery },
                };
                self.contracts
                    .push(contract::read(&file, &of, setting, problems)?);
            }
            Role::Delivery { partner, name } => {
                let read = delivery::read(&file, partner, name, setting, problems);
                self.deliveries.push(read?);
            }
            Role::Seed => {
                let contract = contract::read(&file, &For::Seed, setting, problems)?;
                self.seed_contracts.insert(stem, Some(contract));
            }
            Role::SeedTable => {}
            Role::Source { partner } => {
                self.sources
                    .push(source::read(&file, partner, setting, problems)?);
            }
            Role::Model { layer } => self
                .models
                .push(model::read(&file, *layer, setting, problems)?),
            Role::Metric => self.metrics.push(metric::read(&file, setting, problems)?),
            Role::Action => self.actions.push(action::read(&file, setting, problems)?),
            Role::UnitTests { folder } => {
                let tests = unit_test::read(&file, folder, setting, problems)?;
                self.unit_tests.push(tests);
            }
        }
        Some(())
    }

    /// Puts the nouns in order and checks them against each other.
    fn finish(mut self, files: &[(Role, PathBuf)]) -> Draft {
        self.sources.sort_by(|a, b| a.id.value.cmp(&b.id.value));
        self.contracts.sort_by(|a, b| a.id.value.cmp(&b.id.value));
        self.deliveries.sort_by(|a, b| a.id.value.cmp(&b.id.value));
        self.models.sort_by(|a, b| a.name.value.cmp(&b.name.value));
        self.metrics.sort_by(|a, b| a.id.value.cmp(&b.id.value));
        self.actions.sort_by(|a, b| a.id.value.cmp(&b.id.value));
        self.unit_tests.sort_by(|a, b| a.of.value.cmp(&b.of.value));
        let (mut unread, mut problems) = (self.unread, self.problems);
        let seeds = seeds(
            &self.root,
            self.seed_contracts,
            self.seed_tables,
            &mut unread,
            &mut problems,
        );
        self.deliveries
            .iter_mut()
            .for_each(|delivery| delivery.hash = whole_hash(delivery, &self.contracts));
        let (root, sources) = (self.root, self.sources);
        let (contracts, deliveries) = (self.contracts, self.deliveries);
        let (models, metrics) = (self.models, self.metrics);
        let (actions, unit_tests) = (self.actions, self.unit_tests);
        let (roles, providers) = (self.roles, self.providers);
        let mut identity = self.identity;
        identity.key_file =
            identity::key_file(&root, self.setting.environment).or(identity.key_file);
        let project = self.warehouse.map(|warehouse| Project {
            deliveries,
            root,
            warehouse,
            identity,
            sources,
            contracts,
            seeds,
            models,
            metrics,
            actions,
            roles,
            providers,
            unit_tests,
        });
        if let Some(project) = &project {
            check::folders(&project.warehouse, files, &mut problems);
            check::project(project, &unread, &mut problems);
        }
        problems.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
        problems.dedup();
        Draft {
            project,
            unread,
            diagnostics: problems,
        }
    }
}

/// SHA-256 of the delivery's own hash and of those of its contracts, in the
/// order of its tables.
fn whole_hash(delivery: &Delivery, contracts: &[Contract]) -> String {
    let mut hasher = Sha256::new_with_prefix(&delivery.hash);
    for table in &delivery.tables {
        let id = delivery.contract_id(table);
        let its = contracts.iter().filter(|contract| contract.id.value == id);
        its.for_each(|contract| hasher.update(&contract.hash));
    }
    hex(hasher.finalize())
}

/// Each CSV with the contract beside it; neither may stand alone.
fn seeds(
    root: &Path,
    mut contracts: BTreeMap<String, Option<Contract>>,
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
                None => {
                    format!("write pipelines/seeds/{stem}.yaml, which says what its columns are")
                }
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
                problems.push(Diagnostic::error(
                    Place::start_of(path),
                    format!("cannot read this file: {error}"),
                ));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{draft, environment, problems, sound, write};
    use proptest::prelude::*;

    #[test]
    fn a_sound_project_has_no_problems_and_loads_the_same_twice() {
        let (one, two) = (draft(&[]), draft(&[]));
        assert_eq!(one.diagnostics, []);
        assert!(one.unread.is_empty());
        let (one, two) = (one.project.unwrap(), two.project.unwrap());
        let shown = |project: &Project| {
            format!(
                "{:?}",
                (
                    &project.sources,
                    &project.contracts,
                    &project.models,
                    &project.metrics
                )
            )
        };
        assert_eq!(shown(&one), shown(&two));
        assert_eq!(one.seeds[0].name, "seed.area");
        assert_eq!(one.seeds[0].contract.id.value, "seed/area");
    }

    #[test]
    fn a_project_with_an_error_does_not_load_and_one_with_a_warning_does() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in crate::testing::SOUND {
            write(root.path(), path, text.as_bytes());
        }
        write(root.path(), "pipelines/council/old.yml", b"");
        let (project, diagnostics) = Project::load(root.path(), &environment);
        assert_eq!(
            diagnostics
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            ["pipelines/council/old.yml:1:1: this file is not read; name it old.yaml"]
        );
        assert!(project.is_some());
        write(root.path(), "pipelines/metrics/E99.yaml", b"id: E99");
        assert!(Project::load(root.path(), &environment).0.is_none());
    }

    #[test]
    fn problems_in_many_files_are_told_at_once_in_the_order_of_the_files() {
        let told = problems(&[
            (
                "pipelines/metrics/E03.yaml",
                Some(&sound("pipelines/metrics/E03.yaml").replace("unit:", "unt:")),
            ),
            (
                "pipelines/warehouse.yaml",
                Some(&sound("pipelines/warehouse.yaml").replace("lake:", "lak:")),
            ),
            ("schemas/symbols.yaml", Some("dfe: [x]\n")),
        ]);
        let files: Vec<&str> = told
            .iter()
            .map(|told| told.split(':').next().unwrap())
            .collect();
        let expected = [
            "pipelines/metrics/E03.yaml",
            "pipelines/metrics/E03.yaml",
            "pipelines/warehouse.yaml",
            "pipelines/warehouse.yaml",
            "schemas/symbols.yaml",
        ];
        assert_eq!(files, expected, "{told:#?}");
    }

    #[test]
    fn a_table_without_a_file_that_could_be_read_is_unread() {
        let draft = draft(&[
            ("schemas/council/requests.yaml", Some("columns: [")),
            ("pipelines/models/metrics/request.sql", Some("")),
        ]);
        assert_eq!(
            draft.unread.into_iter().collect::<Vec<_>>(),
            ["council.requests", "metrics.request"]
        );
        assert_eq!(draft.diagnostics.len(), 2, "{:?}", draft.diagnostics);
    }

    #[test]
    fn folders_belong_to_partners_and_files_have_names_sql_can_say() {
        let source = sound("pipelines/council/requests.yaml");
        assert_eq!(
            problems(&[
                ("pipelines/epu/waits.yaml", Some(source)),
                ("pipelines/eput/Waits.yaml", Some(source))
            ]),
            [
                "pipelines/epu/waits.yaml:1:1: the folder \"epu\" is not that of a partner; did you mean \"eput\"?",
                "pipelines/eput/Waits.yaml:1:1: \"Waits\" cannot be the name of a table or a source; rename the file: use lower-case letters, digits and underscores, and begin with a letter",
            ]
        );
    }

    #[test]
    fn a_seed_has_a_table_and_a_contract() {
        assert_eq!(
            problems(&[
                ("pipelines/seeds/area.csv", None),
                ("pipelines/seeds/years.csv", Some("a\n"))
            ]),
            [
                "pipelines/seeds/area.yaml:1:1: the seed \"area\" has no table; put it beside this file: pipelines/seeds/area.csv",
                "pipelines/seeds/years.csv:1:1: the seed \"years\" has no contract; write pipelines/seeds/years.yaml, which says what its columns are",
            ]
        );
    }

    #[test]
    fn a_contract_that_no_source_uses_is_a_warning() {
        let draft = draft(&[("pipelines/council/requests.yaml", None)]);
        assert_eq!(draft.diagnostics.len(), 1);
        assert_eq!(draft.diagnostics[0].level, Level::Warning);
    }

    #[test]
    fn text_that_is_not_utf_8_and_a_byte_order_mark() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in crate::testing::SOUND {
            write(root.path(), path, format!("\u{feff}{text}").as_bytes());
        }
        assert_eq!(Draft::read(root.path(), &environment).diagnostics, []);
        write(
            root.path(),
            "schemas/symbols.yaml",
            b"a: {x: y}\nb: {\xe9: y}\n",
        );
        let told = Draft::read(root.path(), &environment).diagnostics;
        assert_eq!(
            told[0].to_string(),
            "schemas/symbols.yaml:2:1: this line is not UTF-8 text; save the file as UTF-8"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn any_text_in_any_file_gives_problems_and_never_a_panic(
            file in 0usize..crate::testing::SOUND.len(),
            cut in 0usize..800,
            length in 0usize..20,
            put in r"([-\[\]{}:,#&*!|>'%@`<?~a-z0-9$ \n\t\r]|\PC){0,12}",
        ) {
            let (path, text) = crate::testing::SOUND[file];
            let mut changed: Vec<char> = text.chars().collect();
            let start = cut.min(changed.len());
            let end = (start + length).min(changed.len());
            changed.splice(start..end, put.chars());
            let changed: String = changed.into_iter().collect();
            for problem in draft(&[(path, Some(&changed))]).diagnostics {
                // Rendering must survive it too.
                prop_assert!(problem.render(Some(&changed), true).contains(&problem.place.file.display().to_string()));
            }
        }
    }
}
