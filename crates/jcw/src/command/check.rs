//! `jcw check`: everything that is wrong with the project's files, at once.

use crate::cli::Global;
use crate::exit::Exit;
use crate::home;
use jcw_project::Level;

/// Check every file of the project, without data and without a lake
///
/// Reads `pipelines/` and `schemas/`, plans every model, metric and rule, and
/// prints every problem with its file, line and column and what to do. Where the
/// lake stands on this machine, a metric that counts otherwise than the current
/// release says must be a new version.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(global: &Global, _: Args) -> anyhow::Result<Exit> {
    let root = home::root(global)?;
    let (project, mut problems) = jcw_run::check(&root, &jcw_project::ProcessEnvironment);
    if let Some(project) = &project {
        problems.extend(home::changed_definitions(global, project).await?);
    }
    home::tell(&root, &problems)?;
    let errors = problems.iter().filter(|p| p.level == Level::Error).count();
    let warnings = problems.len() - errors;
    match project {
        Some(project) if errors == 0 => {
            crate::output::say(&format!(
                "{} sources, {} contracts, {} seeds, {} models, {} metrics and {} unit tests are right{}",
                project.sources.len(),
                project.contracts.len(),
                project.seeds.len(),
                project.models.len(),
                project.metrics.len(),
                project
                    .unit_tests
                    .iter()
                    .map(|of| of.tests.len())
                    .sum::<usize>(),
                match warnings {
                    0 => String::new(),
                    1 => ", with 1 warning".to_owned(),
                    n => format!(", with {n} warnings"),
                }
            ))?;
            Ok(Exit::Done)
        }
        _ => {
            crate::output::say(&match errors {
                1 => "1 problem".to_owned(),
                n => format!("{n} problems"),
            })?;
            Ok(Exit::Invalid)
        }
    }
}
