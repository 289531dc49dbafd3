//! `jcw run`: the whole job, from the partners' files to a release.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output, watch};
use jcw_run::{Outcome, Request, Which};

/// Pull what is new, check it, build, test, and publish a release
///
/// Does only what is needed: files already loaded are not read again, models
/// over unchanged inputs are not built again, and when nothing has changed
/// nothing is published. It is safe to run again at any time, also after it
/// was killed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Sources to pull, as `partner/name` or `partner`; all when none is named
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Only the sources whose schedule says that they are due
    #[arg(long, conflicts_with = "sources")]
    due: bool,
    /// Load a file that was held because its number of rows is far from the
    /// last delivery's; the first characters of its SHA-256
    #[arg(long, value_name = "SHA256", value_parser = sha256_prefix)]
    accept: Vec<String>,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let (project, lake) = home::ready(global).await?;
    let request = Request {
        which: match (args.due, args.sources.is_empty()) {
            (true, _) => Which::Due(chrono::Utc::now()),
            (false, true) => Which::All,
            (false, false) => Which::Named(args.sources),
        },
        accept: args.accept,
    };
    let watcher = watch::watcher();
    let outcome = jcw_run::run(&project, &lake, request, watcher.as_ref()).await?;
    drop(watcher);
    tell(&outcome)
}

/// Eight or more hexadecimal digits: fewer could mean another file too.
fn sha256_prefix(text: &str) -> Result<String, String> {
    if text.len() < 8 || text.len() > 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(
            "give at least the first 8 characters of the file's SHA-256, as `jcw status` shows it"
                .to_owned(),
        );
    }
    Ok(text.to_lowercase())
}

/// Says how a run ended, and what exit code that is.
pub(crate) fn tell(outcome: &Outcome) -> anyhow::Result<Exit> {
    for extract in outcome.trouble() {
        output::say(&format!(
            "{} {}: {}",
            extract.status,
            extract.url,
            extract
                .reason
                .as_deref()
                .unwrap_or("no reason was recorded"),
        ))?;
    }
    for failure in &outcome.failed_tests {
        output::say(&format!("failed {failure}"))?;
    }
    for failure in &outcome.failed_sources {
        output::say(&format!("failed {failure}"))?;
    }
    for failure in &outcome.failed_models {
        output::say(&format!("failed {failure}"))?;
    }
    output::say(&outcome.to_string())?;
    Ok(
        if !outcome.failed_models.is_empty() || !outcome.failed_sources.is_empty() {
            Exit::Failed
        } else if outcome.is_stopped() {
            Exit::TestFailed
        } else if outcome.trouble().next().is_some() {
            Exit::Incomplete
        } else {
            Exit::Done
        },
    )
}
