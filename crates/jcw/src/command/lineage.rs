//! `jcw lineage`: what a model or a column is made from.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output};
use jcw_model::{Origin, Plan};

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
    let plan = jcw_run::plan(&project)?;
    let words: Vec<&str> = args.name.splitn(3, '.').collect();
    match words.as_slice() {
        [layer, model] => models(&plan, &format!("{layer}.{model}"))?,
        [layer, model, column] => columns(&plan, &format!("{layer}.{model}"), column)?,
        _ => return Err(jcw_run::Error::Usage("name a model, as in `core.area`, or a column, as in `core.area.area_code`".into()).into()),
    }
    Ok(Exit::Done)
}

fn models(plan: &Plan, name: &str) -> anyhow::Result<()> {
    let lineage = plan.lineage(name, None).map_err(jcw_run::Error::from)?;
    let upstream = plan.upstream(name);
    output::say(&format!("{name} is made from"))?;
    for table in &upstream {
        let what = plan.node(table).map_or("what a partner sends, or a seed", |node| node.description.as_str());
        output::say(&format!("  {table}: {what}"))?;
    }
    let columns: Vec<&str> = lineage.columns.iter().map(|column| column.column.as_str()).collect();
    output::say(&format!("Its columns: {}", columns.join(", ")))
}

fn columns(plan: &Plan, name: &str, column: &str) -> anyhow::Result<()> {
    let lineage = plan.lineage(name, Some(column)).map_err(jcw_run::Error::from)?;
    for found in &lineage.columns {
        output::say(&format!("{name}.{} is made from", found.column))?;
        list("", &found.made_from)?;
        list("all the way up, ", &found.sources)?;
    }
    list("its rows are decided by ", &lineage.decided_by)
}

fn list(label: &str, origins: &[Origin]) -> anyhow::Result<()> {
    for origin in origins {
        output::say(&format!("  {label}{}.{}", origin.table, origin.column))?;
    }
    Ok(())
}
