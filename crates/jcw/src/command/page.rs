//! `jcw page`: the page that a commissioner reads first.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output};
use anyhow::Context;
use std::path::PathBuf;

/// Write the page of the newest release: the figures that matter, for a browser
/// or for paper
///
/// Each figure stands with its question, its definition, what one must know
/// before relying on it, how many rows were kept back, and whether what changed
/// is more than chance. One file that needs nothing beside itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the page goes
    #[arg(value_name = "FILE", default_value = "figures.html")]
    file: PathBuf,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let project = home::project(global)?;
    let lake = home::lake(global, &project).await?;
    let page = jcw_run::page(&project, &lake, "").await?;
    std::fs::write(&args.file, &page.html)
        .with_context(|| format!("could not write {}", args.file.display()))?;
    for line in &page.lines {
        output::say(line)?;
    }
    output::say(&format!("The page: {}", args.file.display()))?;
    Ok(Exit::Done)
}
