//! `jcw status`: what was received, and what became of every row.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output};

/// Show what was received and what became of every row
///
/// For every extract: received = accepted + rejected + duplicate. `closes` says
/// whether that holds, by counting the rows again in the tables.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show rejected rows: how many by source, file, rule and column
    #[arg(long)]
    rejects: bool,
    /// Show what is odd about files that loaded all the same
    #[arg(long, conflicts_with = "rejects")]
    warnings: bool,
    /// How rows are printed
    #[arg(long, value_enum, default_value = "table")]
    format: crate::cli::Format,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let lake = home::lake_alone(global).await?;
    let rows = match args {
        Args { rejects: true, .. } => match jcw_run::rejects(&lake).await? {
            Some(rows) => rows,
            None => {
                output::say("No row was rejected.")?;
                return Ok(Exit::Done);
            }
        },
        Args { warnings: true, .. } => jcw_run::warnings(&lake).await?,
        _ => jcw_run::status(&lake).await?,
    };
    output::print(args.format, rows)?;
    Ok(Exit::Done)
}
