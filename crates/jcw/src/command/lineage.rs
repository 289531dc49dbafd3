//! `jcw lineage`: what a model or a column is made from.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output};

/// Show what a model or a column is made from
///
/// `published.metric_comparison` shows tables, and
/// `published.metric_comparison.value` columns, as far back as the partners'
/// files. Read from the query plans, not from text.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// `layer.model` or `layer.model.column`
    #[arg(value_name = "MODEL[.COLUMN]")]
    name: String,
}

pub(crate) fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let project = home::project(global)?;
    let tree = jcw_model::lineage(&project, &args.name).map_err(jcw_run::Error::from)?;
    output::say(tree.to_string().trim_end())?;
    Ok(Exit::Done)
}
