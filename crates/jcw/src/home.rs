//! The project and its lake, as the global options name them: what nearly
//! every command begins by opening.

use crate::cli::Global;
use anyhow::Context;
use jcw_lake::Lake;
use jcw_project::{Diagnostic, Environment, Level, Project};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// A project that may not run, as its problems, already told.
#[derive(Debug, thiserror::Error)]
#[error("{errors} {} in the project; nothing was run", if *errors == 1 { "problem" } else { "problems" })]
pub(crate) struct Invalid {
    errors: usize,
}

impl Invalid {
    fn count(problems: &[Diagnostic]) -> Self {
        Invalid {
            errors: problems.iter().filter(|p| p.level == Level::Error).count(),
        }
    }
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
    checked(global, &jcw_project::ProcessEnvironment)
}

/// The project and its lake, for a command that writes. A project that the last
/// release was made by is not checked again.
pub(crate) async fn ready(global: &Global) -> anyhow::Result<(Project, Lake)> {
    ready_in(global, &jcw_project::ProcessEnvironment).await
}

/// The same, with variables set that the process does not have.
pub(crate) async fn ready_with(
    global: &Global,
    variables: &[(&str, &Path)],
) -> anyhow::Result<(Project, Lake)> {
    let process = jcw_project::ProcessEnvironment;
    let environment = |asked: &str| match variables.iter().find(|(name, _)| *name == asked) {
        Some((_, value)) => Some(value.to_string_lossy().into_owned()),
        None => process.get(asked),
    };
    ready_in(global, &environment).await
}

/// The project and its lake without its vault, to be served. A project that the
/// last release was made by is not checked again: a server starts at once.
pub(crate) async fn served(global: &Global) -> anyhow::Result<(Project, Lake)> {
    let process = jcw_project::ProcessEnvironment;
    let lake = lake_alone(global).await?;
    if let (Some(project), _) = Project::load(&root(global)?, &process)
        && jcw_run::is_released(&project, &lake).await?
    {
        return Ok((project, lake));
    }
    Ok((checked(global, &process)?, lake))
}

async fn ready_in(
    global: &Global,
    environment: &(dyn Environment + Sync),
) -> anyhow::Result<(Project, Lake)> {
    let root = root(global)?;
    let (Some(project), _) = Project::load(&root, environment) else {
        return checked(global, environment)
            .and_then(|_| anyhow::bail!("the project changed while it was read; run again"));
    };
    let opened = with_vault(global, &project).await?;
    if jcw_run::is_released(&project, &opened).await? {
        return Ok((project, opened));
    }
    let project = checked(global, environment)?;
    let problems = jcw_run::changed_without_a_version(&project, &opened).await?;
    if !problems.is_empty() {
        tell(&root, &problems)?;
        return Err(Invalid::count(&problems).into());
    }
    Ok((project, opened))
}

/// Definitions that are not those of the current release under the same
/// version. A check makes no lake, and asks none that is not on this machine.
pub(crate) async fn changed_definitions(
    global: &Global,
    project: &Project,
) -> anyhow::Result<Vec<Diagnostic>> {
    let path = match &global.lake {
        Some(url) => std::env::current_dir()?.join(url),
        None => project.root.join(&project.warehouse.lake.value),
    };
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let lake = lake(global, project).await?;
    Ok(jcw_run::changed_without_a_version(project, &lake).await?)
}

fn checked(global: &Global, environment: &dyn Environment) -> anyhow::Result<Project> {
    let root = root(global)?;
    let (project, problems) = jcw_run::check(&root, environment);
    tell(&root, &problems)?;
    project.ok_or_else(|| Invalid::count(&problems).into())
}

/// The lake that the options or the project name.
pub(crate) async fn lake(global: &Global, project: &Project) -> anyhow::Result<Lake> {
    match &global.lake {
        Some(url) => named(url).await,
        None => Ok(jcw_run::open_lake(&project.warehouse.lake, &project.root).await?),
    }
}

/// The lake with its vault, for a command that takes people's rows in or asks
/// who is who.
pub(crate) async fn with_vault(global: &Global, project: &Project) -> anyhow::Result<Lake> {
    let lake = lake(global, project).await?;
    let here = std::env::current_dir()?;
    let (url, folder) = match (&global.vault, &global.lake, &project.warehouse.vault) {
        (Some(url), _, _) => (url.clone(), &here),
        // Two lakes do not share the vault of one.
        (None, Some(lake), _) => (jcw_lake::vault_beside(lake), &here),
        (None, None, Some(vault)) => (vault.value.clone(), &project.root),
        (None, None, None) => (
            jcw_lake::vault_beside(&project.warehouse.lake),
            &project.root,
        ),
    };
    let vault = jcw_run::open_vault(&url, folder).await?;
    Ok(lake.with_vault(&vault)?)
}

/// A lake named on the command line: a path begins where one stands, as for any
/// other program.
async fn named(url: &str) -> anyhow::Result<Lake> {
    Ok(jcw_run::open_lake(url, &std::env::current_dir()?).await?)
}

/// The lake, for commands that need nothing else of the project: with `--lake`
/// they work where there is no project at all.
pub(crate) async fn lake_alone(global: &Global) -> anyhow::Result<Lake> {
    if let Some(url) = &global.lake {
        must_exist(&std::env::current_dir()?.join(url), url)?;
        return named(url).await;
    }
    let root = root(global)?;
    let (project, problems) = Project::load(&root, &jcw_project::ProcessEnvironment);
    let Some(project) = project else {
        tell(&root, &problems)?;
        return Err(Invalid::count(&problems).into());
    };
    must_exist(
        &root.join(&project.warehouse.lake.value),
        &project.warehouse.lake,
    )?;
    Ok(jcw_run::open_lake(&project.warehouse.lake, &root).await?)
}

/// A command that only reads does not make a lake where there is none.
fn must_exist(path: &Path, url: &str) -> anyhow::Result<()> {
    if url.contains("://") || path.is_dir() {
        return Ok(());
    }
    Err(jcw_run::Error::Usage(format!(
        "there is no lake at {}; `jcw run` makes one, and then nothing has been published yet",
        path.display()
    ))
    .into())
}

/// Prints problems with the lines they stand in.
pub(crate) fn tell(root: &Path, problems: &[Diagnostic]) -> anyhow::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let mut stderr = std::io::stderr().lock();
    let is_coloured = std::io::stderr().is_terminal();
    writeln!(
        stderr,
        "{}",
        jcw_project::render(problems, root, is_coloured)
    )?;
    Ok(())
}
