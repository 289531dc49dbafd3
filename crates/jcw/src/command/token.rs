//! `jcw token`: long secrets with which programs come in place of a person.

use super::user::{desk, listed, words};
use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::output;
use arrow::array::{RecordBatch, TimestampMicrosecondArray};
use chrono::Duration;
use jcw_login::ListedToken;
use std::sync::Arc;

/// Make and end tokens, with which programs log in as a user
///
/// A program shows its token as `Authorization: Bearer ...`, or as the password
/// of the user `token`. It may do what its user may, until it expires or is
/// revoked.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a token and print it, this once
    Add {
        /// By which it is known, as in `power-bi-refresh`
        #[arg(value_name = "NAME")]
        name: String,
        /// Who the program is
        #[arg(long, value_name = "USER")]
        user: String,
        /// How long it is good for: `12h`, `90d`
        #[arg(long, value_name = "TIME", value_parser = span)]
        expires: Duration,
    },
    /// End a token
    Revoke {
        /// Of the token
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// List the tokens, without their secrets
    List {
        /// How rows are printed
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let desk = desk(global).await?;
    match args.command {
        Command::Add {
            name,
            user,
            expires,
        } => output::say(&desk.add_token(&name, &user, expires).await?)?,
        Command::Revoke { name } => {
            desk.revoke(&name).await?;
            output::say(&format!("The token {name} is no good any more."))?;
        }
        Command::List { format } => {
            let tokens = rows(&desk.tokens().await?)?;
            listed(
                format,
                tokens,
                "There is no token yet; `jcw token add` makes one.",
            )?;
        }
    }
    Ok(Exit::Done)
}

fn span(text: &str) -> Result<Duration, String> {
    let wrong = || "write hours or days, as in 12h or 90d".to_owned();
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let span = match unit {
        "h" => Duration::try_hours(number),
        "d" => Duration::try_days(number),
        _ => None,
    };
    span.filter(|span| *span > Duration::zero())
        .ok_or_else(wrong)
}

fn rows(tokens: &[ListedToken]) -> anyhow::Result<RecordBatch> {
    let time = |value: &dyn Fn(&ListedToken) -> i64| -> Arc<TimestampMicrosecondArray> {
        let times = tokens.iter().map(|token| Some(value(token)));
        Arc::new(
            times
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
        )
    };
    Ok(RecordBatch::try_from_iter([
        ("token", words(tokens, |token| token.name.clone()) as _),
        ("user", words(tokens, |token| token.user.clone()) as _),
        ("made_at", time(&|token| token.made.timestamp_micros()) as _),
        (
            "expires_at",
            time(&|token| token.expires.timestamp_micros()) as _,
        ),
    ])?)
}
