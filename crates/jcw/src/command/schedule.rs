//! `jcw schedule`: run what is due, for ever; or show when that will be.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output, watch};
use chrono::Utc;
use chrono_tz::Tz;
use jcw_run::{Request, Which};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Run what is due, for ever; or show when that will be
///
/// The same as `jcw run --due` from cron every minute, in one process. Stops
/// at the end of the run in hand on Ctrl-C or SIGTERM.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the next instants, in local time and in UTC
    Preview {
        /// How many for each source
        #[arg(long, default_value_t = 5)]
        count: usize,
    },
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let project = home::project(global)?;
    if let Some(Command::Preview { count }) = args.command {
        let mut table = output::lines(["source", "local time", "zone", "UTC"]);
        for instant in jcw_run::upcoming(&project, Utc::now(), count)? {
            table.add_row([
                instant.source.clone(),
                instant
                    .at
                    .with_timezone(&instant.zone)
                    .format("%a %Y-%m-%d %H:%M")
                    .to_string(),
                zone(&instant.zone, instant.at),
                instant.at.format("%Y-%m-%d %H:%M").to_string(),
            ]);
        }
        output::say(&table.to_string())?;
        return Ok(Exit::Done);
    }
    let (project, lake) = home::ready(global).await?;
    let mut stop = Stop::listen()?;
    loop {
        let request = Request {
            which: Which::Due(Utc::now()),
            accept: Vec::new(),
        };
        let watcher = watch::watcher();
        match jcw_run::run(&project, &lake, request, watcher.as_ref()).await {
            Ok(outcome) if outcome.did_nothing() => {}
            Ok(outcome) => {
                super::run::tell(&outcome)?;
            }
            // Another runner has the lake: what is due is being done.
            Err(jcw_run::Error::Busy { .. }) => {}
            Err(error) => output::error(&error.into()),
        }
        drop(watcher);
        let minute =
            std::time::Duration::from_secs(60 - Utc::now().timestamp().rem_euclid(60) as u64);
        tokio::select! {
            () = tokio::time::sleep(minute) => {}
            () = stop.asked() => return Ok(Exit::Done),
        }
    }
}

/// The zone's name with the offset in force: `Europe/London (BST)`.
fn zone(zone: &Tz, at: chrono::DateTime<Utc>) -> String {
    format!("{} ({})", zone.name(), at.with_timezone(zone).format("%Z"))
}

/// Ctrl-C or SIGTERM, listened for from the start, so that one that comes
/// during a run ends the process after it and not in its middle.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> anyhow::Result<Self> {
        Ok(Stop {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
