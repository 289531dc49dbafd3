//! `jcw build`: models from what is already loaded.

use super::run::tell;
use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, watch};

/// Build models from what is already loaded, and publish a release
///
/// Names, layers, tags and their neighbours can be selected:
/// `core.area`, `staging`, `tag:council`, `+published.metric_value` (it and all
/// that it is made from), `core.area+` (it and all that is made from it). A
/// selection is built and tested but not published: what it leaves out may be
/// out of date, and a release is never a mixture.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to build; everything when nothing is named
    #[arg(value_name = "SELECT")]
    select: Vec<String>,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let (project, lake) = home::ready(global).await?;
    let watcher = watch::watcher();
    let outcome = jcw_run::build(&project, &lake, &args.select, watcher.as_ref()).await?;
    drop(watcher);
    tell(&outcome)
}
