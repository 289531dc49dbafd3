//! `jcw rollback`: an earlier release becomes the current one.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output};

/// Make an earlier release the current one
///
/// Nothing is deleted: a new release is published that pins what the earlier
/// one pinned, so the history shows that and when it was done.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The release to go back to
    #[arg(value_name = "ID")]
    release: String,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let lake = home::lake_alone(global).await?;
    let release = jcw_run::rollback(&lake, &args.release).await?;
    output::say(&format!(
        "{} now shows what {} showed",
        release.id, args.release
    ))?;
    Ok(Exit::Done)
}
