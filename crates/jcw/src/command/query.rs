//! `jcw query`: SQL over one release.

use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::home;
use crate::output::Rows;
use futures::StreamExt;

/// Ask the newest release in SQL
///
/// Tables are named `schema.table`, such as `published.metric_value`;
/// `jcw query "show tables"` lists them. A query sees one release from
/// beginning to end, whatever is published meanwhile.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The query
    sql: String,
    /// The release to ask instead of the current one; `jcw releases` lists them
    #[arg(long, value_name = "ID")]
    release: Option<String>,
    /// How rows are printed
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let lake = home::lake_alone(global).await?;
    let mut stream = jcw_run::query(&lake, args.release.as_deref(), &args.sql).await?;
    let mut rows = Rows::to_stdout(args.format, stream.schema())?;
    while let Some(batch) = stream.next().await {
        rows.write(&batch?)?;
    }
    rows.finish()?;
    Ok(Exit::Done)
}
