//! The command line's shape: every command and option, with the help that a
//! newcomer reads first.

use crate::command;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::io::IsTerminal;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// A warehouse for the joint commissioning of services for children with
/// special educational needs and disabilities.
///
/// Partners' files go in, checked figures come out. `jcw demo` shows the whole
/// way on a made-up area; `jcw check` tells what is wrong with a
/// project before anything runs.
#[derive(Debug, Parser)]
#[command(name = "jcw", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  something failed; the message says what
  2  the project's files or the arguments are wrong; nothing was run
  3  a data test failed, and nothing was published; or a unit test failed
  4  published, but a file was held back or rejected
  5  another run has the lake
  6  the key for pseudonyms is missing, or is not the lake's";

/// Options that every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The folder that holds `pipelines/` and `schemas/`
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "JCW_PROJECT",
        default_value = "."
    )]
    pub(crate) project: PathBuf,
    /// Where the lake is, instead of what `pipelines/warehouse.yaml` says: a
    /// path from the folder you stand in, or an object-store URL
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) lake: Option<String>,
    /// Where what names people is kept, instead of what `pipelines/warehouse.yaml`
    /// says; `<lake>-vault` where neither says
    #[arg(long, global = true, value_name = "URL", env = "JCW_VAULT")]
    pub(crate) vault: Option<String>,
    /// Say more of what is being done; twice for more still
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// How log lines on standard error are written
    #[arg(
        long,
        global = true,
        value_name = "FORM",
        value_enum,
        default_value = "text"
    )]
    pub(crate) log: LogForm,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogForm {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// Comma-separated, with a header.
    Csv,
    /// One JSON array of objects.
    Json,
    /// Parquet; standard output must be a file or a pipe.
    Parquet,
}

/// The commands, in the order a newcomer needs them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole way on made-up extracts of three partners
    Demo(command::demo::Args),
    /// Start a project in a folder
    Init(command::init::Args),
    /// Check every file of the project, without data and without a lake
    Check(command::check::Args),
    /// Show what is asked of the partners
    Contract(command::contract::Args),
    /// Pull what is new, check it, build, test, and publish a release
    Run(command::run::Args),
    /// Build models from what is already loaded, and publish a release
    Build(command::build::Args),
    /// Write the page of the newest release
    Page(command::page::Args),
    /// Ask the newest release in SQL
    Query(command::query::Args),
    /// Serve the releases to people and their tools
    Serve(command::serve::Args),
    /// Say who may log in
    User(command::user::Args),
    /// Make and end tokens, with which programs log in
    Token(command::token::Args),
    /// See who asked what, and check that nobody has changed it
    Audit(command::audit::Args),
    /// Show what was received and what became of every row
    Status(command::status::Args),
    /// List the releases
    Releases(command::releases::Args),
    /// Make an earlier release the current one
    Rollback(command::rollback::Args),
    /// List the metrics, or show the whole definition of one
    Metrics(command::metrics::Args),
    /// Show where a figure comes from
    Explain(command::explain::Args),
    /// Show what a model or a column is made from
    Lineage(command::lineage::Args),
    /// Make and change the key by which people are known
    Identity(command::identity::Args),
    /// Run what is due, for ever; or show when that will be
    Schedule(command::schedule::Args),
    /// Make up extracts of all partners, and the truth to hold a warehouse against
    Synth(command::synth::Args),
    /// Test models on made-up rows, without data and without a lake
    Test(command::test::Args),
    /// Print a completion script for a shell
    Completions(command::completions::Args),
}

impl Global {
    /// Sends log lines to standard error. `RUST_LOG` wins over `-v`.
    pub(crate) fn start_logging(&self) {
        let ours = match self.verbose {
            0 => "warn",
            1 => "info",
            _ => "debug",
        };
        let crates = [
            "jcw",
            "jcw_run",
            "jcw_extract",
            "jcw_identity",
            "jcw_contract",
            "jcw_govern",
            "jcw_login",
            "jcw_serve",
            "jcw_lake",
            "jcw_model",
        ];
        let mut level: String = crates
            .iter()
            .map(|name| format!("{name}={ours},"))
            .collect();
        // The table library calls it an error that a table is not there yet.
        level.push_str("delta_kernel=off,buoyant_kernel=off,warn");
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
        let log = tracing_subscriber::fmt()
            .with_ansi(std::io::stderr().is_terminal())
            .with_env_filter(filter)
            .with_writer(std::io::stderr);
        match self.log {
            LogForm::Text => log.with_target(false).init(),
            LogForm::Json => log.json().init(),
        }
    }
}
