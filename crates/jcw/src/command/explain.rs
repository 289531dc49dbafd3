//! `jcw explain`: where a figure comes from.

use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::{home, output};
use jcw_run::Definitions;

/// Show where a figure comes from
///
/// The definition as the release keeps it, the numerator and denominator, who
/// was counted and who was left out and why, the models they were built by, the
/// files they were built from with their SHA-256, and how many rows of those
/// files were kept back by which rule. All as it was when the release was
/// published; what the project's files say otherwise since is named.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The metric, such as `E03`; all when none is named
    metric: Option<String>,
    /// ONS or organisation code; the project's home area unless said
    #[arg(long)]
    area: Option<String>,
    /// Such as `2024`, `202425` or `2023-04`; the newest unless said
    #[arg(long)]
    period: Option<String>,
    /// Such as `Male`; the total unless said
    #[arg(long)]
    breakdown: Option<String>,
    /// What is published, or what is counted from our own rows; both unless said
    #[arg(long, value_enum)]
    basis: Option<Basis>,
    /// The release to ask instead of the current one
    #[arg(long, value_name = "ID")]
    release: Option<String>,
}

/// What a figure rests on.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Basis {
    /// What a publisher prints.
    Published,
    /// Our own rows, counted.
    #[value(name = "person_level")]
    PersonLevel,
}

impl From<Basis> for jcw_project::Basis {
    fn from(basis: Basis) -> Self {
        match basis {
            Basis::Published => Self::Published,
            Basis::PersonLevel => Self::PersonLevel,
        }
    }
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let project = home::project(global)?;
    let Some(metric) = args.metric else {
        let definitions = match &args.release {
            Some(id) => {
                let lake = home::lake(global, &project).await?;
                Definitions::of_release(&lake, Some(id)).await?
            }
            None => Definitions::of_project(&project)?,
        };
        let names = definitions.list()?.project(&[0, 1, 2])?;
        output::print(Format::Table, names)?;
        return Ok(Exit::Done);
    };
    let lake = home::lake(global, &project).await?;
    let cell = jcw_run::Cell {
        metric,
        area: args.area,
        period: args.period,
        breakdown: args.breakdown,
        basis: args.basis.map(Into::into),
        release: args.release,
    };
    output::say(&jcw_run::explain(&project, &lake, &cell).await?.to_string())?;
    Ok(Exit::Done)
}
