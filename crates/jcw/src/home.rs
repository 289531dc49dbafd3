//! The project and its lake, as the global options name them: what nearly
//! every command begins by opening.

use crate::cli::Global;
use anyhow::Context;
use jcw_lake::Lake;
use jcw_project::{Diagnostic, Level, Project};
use std::io::Write;
use std::path::PathBuf;

/// A project that may not run, as its problems, already told.
#[derive(Debug, thiserror::Error)]
#[error("{errors} {} in the project; nothing was run", if *errors == 1 { "problem" } else { "problems" })]
pub(crate) struct Invalid {
    errors: usize,
}

/// Where the project is, absolute.
pub(crate) fn root(global: &Global) -> anyhow::Result<PathBuf> {
    global
        .project
        .canonicalize()
        .with_context(|| format!("there is no folder {}", global.project.display()))
}

/// The project, if every one of its files is right; else all problems are
/// told and the error counts them.
pub(crate) fn project(global: &Global) -> anyhow::Result<Project> {
    let root = root(global)?;
    let (project, problems) = jcw_run::check(&root, &jcw_project::ProcessEnvironment);
    tell(&root, &problems)?;
    let errors = problems.iter().filter(|p| p.level == Level::Error).count();
    project.filter(|_| errors == 0).ok_or_else(|| Invalid { errors }.into())
}

/// The lake that the options or the project name.
pub(crate) async fn lake(global: &Global, project: &Project) -> anyhow::Result<Lake> {
    let url = global.lake.as_deref().unwrap_or(&project.warehouse.lake);
    Ok(jcw_run::open_lake(url, &project.root).await?)
}

/// Prints problems with the lines they stand in.
pub(crate) fn tell(root: &std::path::Path, problems: &[Diagnostic]) -> anyhow::Result<()> {
    let mut stderr = std::io::stderr().lock();
    for problem in problems {
        writeln!(stderr, "{}\n", problem.render(root))?;
    }
    Ok(())
}
