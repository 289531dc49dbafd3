//! `jcw test`: what models make of made-up rows, held against what they should.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output};

/// Test models and metrics on made-up rows, without data and without a lake
///
/// Each file `pipelines/tests/<layer>/<model>.yaml` gives rows of the tables
/// that a model reads, and the rows that it must make of them:
///
///     description: The six weeks to a decision
///     tests:
///       - name: A decision on day 42 is within time
///         given:
///           staging.request: [{request: A, received_on: 2024-01-01, decided_on: 2024-02-12}]
///         expect:
///           - {request: A, days_to_decision: 42, is_within_six_weeks: true}
///
/// Columns that are not named are null where they are given and not looked at
/// where they are expected. Ends with exit code 3 when a test does not hold.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Models, layers or tags as for `jcw build`, or metrics; all tests when
    /// nothing is named
    #[arg(value_name = "SELECT")]
    select: Vec<String>,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let root = home::root(global)?;
    let project = home::project(global)?;
    let reports = jcw_run::unit_tests(&project, &args.select, &|_| {}).await?;
    if reports.is_empty() {
        output::say("No unit tests are written for this; put them into pipelines/tests/")?;
        return Ok(Exit::Done);
    }
    let mut table = output::lines(["tests of", "tests", "failed", "seconds"]);
    for report in &reports {
        home::tell(&root, &report.differences)?;
        table.add_row([
            report.of.clone(),
            report.tests.to_string(),
            report.failed.to_string(),
            format!("{:.1}", report.took.as_secs_f64()),
        ]);
    }
    output::say(&table.to_string())?;
    let tests: usize = reports.iter().map(|report| report.tests).sum();
    let failed: usize = reports.iter().map(|report| report.failed).sum();
    output::say(&match failed {
        0 => format!("{tests} unit tests hold"),
        failed => format!("{failed} of {tests} unit tests do not hold"),
    })?;
    Ok(match failed {
        0 => Exit::Done,
        _ => Exit::TestFailed,
    })
}
