//! `jcw releases`: what was published, newest first.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output};

/// List the releases
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How rows are printed
    #[arg(long, value_enum, default_value = "table")]
    format: crate::cli::Format,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let lake = home::lake_alone(global).await?;
    output::print(args.format, jcw_run::releases(&lake).await?)?;
    Ok(Exit::Done)
}
