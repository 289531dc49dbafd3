//! `jcw metrics`: what is measured, and what each measure means.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output};
use arrow::array::RecordBatch;
use jcw_run::Definitions;

/// List the metrics, or show the whole definition of one
///
/// As the project's files say it now; with `--release`, as a release keeps it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Such as `E13`; all are listed when none is named
    metric: Option<String>,
    /// The release to ask instead of the project's files
    #[arg(long, value_name = "ID")]
    release: Option<String>,
    /// How it is written
    #[arg(long, value_name = "FORM", value_enum, default_value = "table")]
    format: Form,
}

/// How metrics are written.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    /// For a terminal.
    Table,
    /// Comma-separated, with a header.
    Csv,
    /// One JSON array of objects.
    Json,
    /// Markdown.
    Markdown,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let definitions = match &args.release {
        Some(id) => {
            let lake = home::lake_alone(global).await?;
            Definitions::of_release(&lake, Some(id)).await?
        }
        None => Definitions::of_project(&home::project(global)?)?,
    };
    match &args.metric {
        Some(metric) => show(&definitions, metric, args.format)?,
        None => list(definitions.list()?, args.format)?,
    }
    Ok(Exit::Done)
}

fn show(definitions: &Definitions, metric: &str, form: Form) -> anyhow::Result<()> {
    let definition = definitions.find(metric)?;
    match form {
        Form::Table => output::say(definition.to_string().trim_end()),
        Form::Markdown => output::say(definition.markdown().trim_end()),
        Form::Csv => output::print(crate::cli::Format::Csv, definitions.rows(metric)?),
        Form::Json => output::print(crate::cli::Format::Json, definitions.rows(metric)?),
    }
}

fn list(metrics: RecordBatch, form: Form) -> anyhow::Result<()> {
    match form {
        Form::Table => output::print(crate::cli::Format::Table, metrics),
        Form::Csv => output::print(crate::cli::Format::Csv, metrics),
        Form::Json => output::print(crate::cli::Format::Json, metrics),
        Form::Markdown => output::markdown(&metrics),
    }
}
