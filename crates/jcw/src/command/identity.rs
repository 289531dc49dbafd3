//! `jcw identity`: the key by which people are known, and who is who.

use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::{home, output, watch};
use jcw_identity::link::{Decision, Mention, Verdict};
use jcw_identity::{Key, KeyError};
use std::path::PathBuf;

/// Make and change the key by which people are known, and see to who is who
///
/// The lake has pseudonyms in the place of what names people, made with a key
/// that only this project has. Without the key nobody can tell whose they are,
/// not even by trying every NHS number there is. All but `new-key` need the
/// vault.
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
    /// Remove from the vault what is older than the project keeps it
    ///
    /// How long that is says `vault_retention` in pipelines/warehouse.yaml; a
    /// run does this at its end too. Files on which tables rest stay unless it
    /// says `standing`. Every removal is noted in the table jcw.removal.
    Retain {
        /// Say what would go, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// How rows are printed
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Say how records were tied to people, and how many are known to whom
    Report {
        /// Who is who, by their numbers: `truth/people.csv` of `jcw synth`. The
        /// report then says how often linkage was right
        #[arg(long, value_name = "FILE")]
        truth: Option<PathBuf>,
        /// How rows are printed
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// List the pairs of records of which a person should decide
    Review {
        /// Show what the records say, which names people
        #[arg(long)]
        show_people: bool,
        /// How rows are printed
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Decide that two records are of one person, or of two
    ///
    /// A decision stands above every rule, from the next run on; a later one
    /// about the same two takes its place.
    Decide {
        /// A record's pseudonym, or a partner's own number: `council:C1000001`
        #[arg(value_name = "RECORD")]
        a: String,
        /// The other
        #[arg(value_name = "OTHER")]
        b: String,
        /// `same` or `different`
        #[arg(value_name = "VERDICT", value_parser = verdict)]
        verdict: Verdict,
        /// Why
        #[arg(long, value_name = "TEXT")]
        why: String,
        /// Who says so
        #[arg(long, value_name = "NAME", env = "USER", default_value = "")]
        by: String,
    },
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    match args.command {
        Command::NewKey { file } => {
            jcw_run::refuse_inside(&file)?;
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
        Command::Retain { dry_run, format } => {
            let (project, lake) = home::ready(global).await?;
            if project.warehouse.vault_retention.is_for_ever() {
                output::say(NO_RETENTION)?;
                return Ok(Exit::Done);
            }
            let removed = jcw_run::retain(&project, &lake, dry_run).await?;
            let is_table = format == Format::Table;
            if is_table && removed.removals.is_empty() {
                output::say("Nothing is older than the vault keeps it.")?;
                return Ok(Exit::Done);
            }
            output::print(format, removed.rows)?;
            if is_table {
                output::say(match dry_run {
                    true => "This would go; nothing was changed.",
                    false => "This was removed, and is noted in jcw.removal.",
                })?;
            }
            Ok(Exit::Done)
        }
        Command::Report { truth, format } => {
            let (project, lake) = home::ready(global).await?;
            let rows = jcw_run::identity_report(&project, &lake, truth.as_deref()).await?;
            output::print(format, rows)?;
            Ok(Exit::Done)
        }
        Command::Review {
            show_people,
            format,
        } => {
            let (project, lake) = home::ready(global).await?;
            match jcw_run::identity_reviews(&project, &lake, show_people).await? {
                Some(rows) => output::print(format, rows)?,
                None => output::say("Nobody's records have been linked yet; `jcw run` does that.")?,
            }
            Ok(Exit::Done)
        }
        Command::Decide {
            a,
            b,
            verdict,
            why,
            by,
        } => {
            let (project, lake) = home::ready(global).await?;
            let decision = Decision {
                a: Mention::read(&a),
                b: Mention::read(&b),
                verdict,
                by,
                at: chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                why,
            };
            jcw_run::decide(&project, &lake, decision).await?;
            output::say("Noted in the vault; the next run follows it.")?;
            Ok(Exit::Done)
        }
    }
}

const NO_RETENTION: &str = "The vault keeps everything for ever: `vault_retention` in pipelines/warehouse.yaml says how long, and is not there. An example: vault_retention: {landed: 400 days, rejects: 400 days}";

fn verdict(word: &str) -> Result<Verdict, String> {
    Verdict::of(word).ok_or_else(|| "write `same` or `different`".to_owned())
}
