//! Finds a project's files, has each read by the reader of its noun, and has
//! the whole checked.

use crate::diagnostic::{Diagnostic, Level};
use crate::expand::Environment;
use crate::file::{File, Role, find, hex, stem};
use crate::place::Place;
use crate::read::{Setting, contract, metric, model, source, symbols, warehouse};
use crate::seed::Seed;
use crate::suggest;
use crate::{Project, check};
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
        let mut draft = read(root, &files, environment, &mut problems);
        problems.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
        problems.dedup();
        draft.diagnostics = problems;
        draft
    }
}

fn read(
    root: PathBuf,
    files: &[(Role, PathBuf)],
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> Draft {
    let mut setting = Setting {
        environment,
        symbols: Some(BTreeMap::new()),
        time_zone: chrono_tz::Europe::London,
    };
    let mut warehouse = None;
    let (mut sources, mut contracts, mut models, mut metrics) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
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
        let made = role.makes(&stem(path));
        let Some(file) = File::open(&root, path, problems) else {
            unread.extend(made);
            if *role == Role::Symbols {
                setting.symbols = None;
            }
            continue;
        };
        if made.is_some() {
            file.check_name(problems);
        }
        let was_read = match role {
            Role::Warehouse => {
                warehouse = warehouse::read(&file, environment, problems);
                setting.time_zone = warehouse
                    .as_ref()
                    .map_or(setting.time_zone, |warehouse| warehouse.time_zone);
                warehouse.is_some()
            }
            Role::Symbols => {
                setting.symbols = symbols::read(&file, environment, problems);
                setting.symbols.is_some()
            }
            Role::Contract { partner } => keep(
                &mut contracts,
                contract::read(&file, partner, &setting, problems),
            ),
            Role::Source { partner } => keep(
                &mut sources,
                source::read(&file, partner, &setting, problems),
            ),
            Role::Model { layer } => {
                keep(&mut models, model::read(&file, *layer, &setting, problems))
            }
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

    check::folders(
        warehouse.as_ref(),
        files
            .iter()
            .filter_map(|(role, path)| Some((role.partner()?, path.as_path()))),
        problems,
    );
    let project = warehouse.map(|warehouse| Project {
        root,
        warehouse,
        sources,
        contracts,
        seeds,
        models,
        metrics,
    });
    if let Some(project) = &project {
        check::project(project, &unread, problems);
    }
    Draft {
        project,
        unread,
        diagnostics: Vec::new(),
    }
}

fn keep<T>(kept: &mut Vec<T>, read: Option<T>) -> bool {
    let was_read = read.is_some();
    kept.extend(read);
    was_read
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
