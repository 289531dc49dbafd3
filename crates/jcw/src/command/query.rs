//! `jcw query`: SQL over one release, as whoever can read its files, or as
//! somebody else would be answered.

use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::home;
use crate::output::Rows;
use futures::StreamExt;
use jcw_govern::{
    Asking, Capacity, Door, GovernError, Governor, Method, Principal, ReleaseChoice, Settings,
};
use jcw_login::Logins;

/// Ask the newest release in SQL
///
/// Tables are named `schema.table`, such as `published.metric_value`;
/// `jcw query "show tables"` lists them. A query sees one release from
/// beginning to end, whatever is published meanwhile.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The query
    sql: String,
    /// The release to ask instead of the current one; `jcw releases` lists them
    #[arg(long, value_name = "ID")]
    release: Option<String>,
    /// Answer as this user would be answered, and write it into the query log
    #[arg(long = "as", value_name = "USER", conflicts_with = "role")]
    user: Option<String>,
    /// Answer as anybody in this role would be
    #[arg(long)]
    role: Option<String>,
    /// An attribute that row filters compare with: area=E06000033
    #[arg(long, value_name = "NAME=VALUE", requires = "role", value_parser = attribute)]
    attribute: Vec<(String, String)>,
    /// How rows are printed
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    if args.user.is_some() || args.role.is_some() {
        return governed(global, args).await;
    }
    let lake = home::lake_alone(global).await?;
    let mut stream = jcw_run::query(&lake, args.release.as_deref(), &args.sql).await?;
    let mut rows = Rows::to_stdout(args.format, stream.schema())?;
    while let Some(batch) = stream.next().await {
        rows.write(&batch?)?;
    }
    rows.finish()?;
    Ok(Exit::Done)
}

/// Through the same session as every door of the server.
async fn governed(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let (project, lake) = home::served(global).await?;
    let principal = match (&args.user, args.role) {
        (Some(user), _) => Logins::open(&project, &lake).await?.stand_in(user)?,
        (None, role) => Principal {
            name: "command line".to_owned(),
            role: role.unwrap_or_default(),
            attributes: args.attribute.into_iter().collect(),
            method: Method::CommandLine,
        },
    };
    let asking = Asking {
        door: Door::CommandLine,
        purpose: None,
        release: args
            .release
            .map_or(ReleaseChoice::Newest, ReleaseChoice::Named),
    };
    let settings = Settings {
        capacity: Capacity {
            // Nobody else waits for the planner here.
            planning: std::time::Duration::from_secs(60),
            ..Capacity::default()
        },
        ..Settings::default()
    };
    let governor = Governor::open(project, lake, settings).await?;
    let answered = answer(&governor, principal, asking, &args.sql, args.format).await;
    if let Err(error) = governor.close().await {
        // The row is on this machine; whoever asks next brings it in.
        tracing::warn!(%error, "the query log goes into the lake with the next question");
    }
    answered.map(|()| Exit::Done)
}

async fn answer(
    governor: &Governor,
    principal: Principal,
    asking: Asking,
    sql: &str,
    format: Format,
) -> anyhow::Result<()> {
    let session = governor.session(principal, asking).await?;
    let statement = session.prepare(sql).await.map_err(placed)?;
    let mut answer = statement.run(Vec::new()).await.map_err(placed)?;
    let mut rows = Rows::to_stdout(format, answer.schema().clone())?;
    while let Some(batch) = answer.next().await {
        rows.write(&batch.map_err(placed)?)?;
    }
    rows.finish()
}

fn placed(error: GovernError) -> anyhow::Error {
    match error.spot {
        Some(spot) => anyhow::anyhow!("line {}, column {}: {error}", spot.line, spot.column),
        None => error.into(),
    }
}

fn attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
