//! `jcw contract`: what is asked of the partners.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output};
use jcw_contract::Document;
use jcw_project::{Project, did_you_mean};
use std::path::PathBuf;

/// Show what is asked of the partners
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show a contract, or a delivery and all of its tables, as you would send
    /// it to the partner
    Show(Show),
    /// Try files against their contract, alone: nothing is sent or kept
    ///
    /// A report says which rows would be kept back and by which rule, naming
    /// them by the partner's own row ids only.
    Check(Check),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// Such as `council/plan_audit` or `council/sen2`
    #[arg(value_name = "NAME")]
    name: String,
    /// The files: all of one delivery, where it has several
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How the report is written
    #[arg(long, value_name = "FORM", value_enum, default_value = "text")]
    format: ReportForm,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ReportForm {
    /// For a terminal.
    Text,
    /// One line for each file, rule and row, for a spreadsheet.
    Csv,
    /// One file for a browser or an e-mail.
    Html,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Such as `council/plan_audit`, `council/sen2` or `council/sen2_person`;
    /// all are listed when none is named
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// How it is written
    #[arg(long, value_name = "FORM", value_enum, default_value = "text")]
    format: Form,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    /// For a terminal.
    Text,
    /// One file for a browser or an e-mail.
    Html,
    /// Markdown.
    Md,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let project = home::project(global)?;
    match args.command {
        Command::Show(args) => show(&project, &args),
        Command::Check(args) => check(&project, &args).await,
    }
}

async fn check(project: &Project, args: &Check) -> anyhow::Result<Exit> {
    let files: Vec<PathBuf> = args
        .files
        .iter()
        .map(std::path::absolute)
        .collect::<Result<_, _>>()?;
    let trial = jcw_run::try_out(project, &args.name, &files, &jcw_run::Nobody).await?;
    match args.format {
        ReportForm::Text => output::say(trial.text.trim_end())?,
        ReportForm::Html => output::say(trial.html.trim_end())?,
        ReportForm::Csv => output::say(String::from_utf8_lossy(&trial.csv).trim_end())?,
    }
    Ok(match trial.is_clean() {
        true => Exit::Done,
        false => Exit::Incomplete,
    })
}

fn show(project: &Project, args: &Show) -> anyhow::Result<Exit> {
    let Some(name) = &args.name else {
        let mut table = output::lines(["contract", "what it is"]);
        for (id, description) in named(project) {
            table.add_row([id, description]);
        }
        output::say(&table.to_string())?;
        return Ok(Exit::Done);
    };
    let Some(document) = Document::of(project, name) else {
        return Err(jcw_run::Error::Usage(unknown(project, name)).into());
    };
    let written = match args.format {
        Form::Text => document.text(),
        Form::Html => document.html(),
        Form::Md => document.markdown(),
    };
    output::say(written.trim_end())?;
    Ok(Exit::Done)
}

/// Contracts and deliveries by id; a delivery stands for its tables.
fn named(project: &Project) -> Vec<(&String, &String)> {
    let alone = project
        .contracts
        .iter()
        .filter(|contract| project.delivery_of(contract).is_none())
        .map(|contract| (&contract.id.value, &contract.description));
    let deliveries = project
        .deliveries
        .iter()
        .map(|delivery| (&delivery.id.value, &delivery.description));
    let mut named: Vec<_> = alone.chain(deliveries).collect();
    named.sort();
    named
}

fn unknown(project: &Project, name: &str) -> String {
    let tables = project.contracts.iter().map(|contract| &contract.id.value);
    let deliveries = project.deliveries.iter().map(|delivery| &delivery.id.value);
    let hint = match did_you_mean(name, tables.chain(deliveries)) {
        Some(near) => format!("did you mean {near}?"),
        None => "`jcw contract show` lists them".to_owned(),
    };
    format!("there is no contract or delivery {name}; {hint}")
}
