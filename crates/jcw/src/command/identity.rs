//! `jcw identity`: the key by which people are known, and who is who.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output, watch};
use jcw_identity::{Key, KeyError};
use std::path::PathBuf;

/// Make and change the key by which people are known
///
/// The lake has pseudonyms in the place of what names people, made with a key
/// that only this project has. Without the key nobody can tell whose they are,
/// not even by trying every NHS number there is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key and write it to a file that only you may read
    ///
    /// Keep a copy where the lake and the vault are not. A key that is lost is
    /// replaced with `jcw identity rotate`.
    NewKey {
        /// The file; it must not be there yet
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put the key in hand in the place of the lake's, and publish under it
    ///
    /// Every delivery that stands and says something of people is loaded again
    /// from the vault: no figure changes, and every pseudonym does. What was
    /// published before keeps its pseudonyms until it is removed. When it is
    /// interrupted, run it again.
    Rotate,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    match args.command {
        Command::NewKey { file } => {
            Key::create(&file).map_err(|error| match error {
                KeyError::Exists { .. } => jcw_run::Error::Usage(error.to_string()),
                error => error.into(),
            })?;
            output::say(&format!(
                "Wrote a new key to {}. Name it in JCW_IDENTITY_KEY_FILE, or as key_file in pipelines/identity.yaml, and keep a copy somewhere else.",
                file.display()
            ))?;
            Ok(Exit::Done)
        }
        Command::Rotate => {
            let (project, lake) = home::ready(global).await?;
            let watcher = watch::watcher();
            let outcome = jcw_run::rotate(&project, &lake, watcher.as_ref()).await?;
            drop(watcher);
            super::run::tell(&outcome)
        }
    }
}
