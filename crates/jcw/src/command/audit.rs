//! `jcw audit`: who asked what, and whether anybody has changed what is kept of it.

use crate::cli::{Format, Global};
use crate::exit::Exit;
use crate::home;
use crate::output::{self, Rows};
use futures::StreamExt as _;
use jcw_govern::{Noted, QUERY_LOG};
use jcw_lake::{SessionSettings, session};
use jcw_login::ServerKey;

/// See who asked what, and check that nobody has changed it
///
/// Every question at every door, answered or refused, and every failed attempt
/// to log in is a row of the table `jcw.query_log`, and every row of a server is
/// chained to the one before by a hash. The table does not hold the SQL, but a
/// fingerprint that is the same for queries that differ only in their literals.
/// Rows reach the lake within two seconds or so.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Check every row's hash and every server's chain; exits with 1 at the first
    /// that is wrong, and says where it is. With the servers' key (`JCW_SERVE_KEY`
    /// or `JCW_SERVE_KEY_FILE`), also that servers with this key wrote it
    Verify {
        /// A row that was noted elsewhere, as `verify` printed it, must still be
        /// there: SERVER:SEQUENCE:HASH; may be given several times
        #[arg(long = "head", value_name = "ROW")]
        heads: Vec<Noted>,
    },
    /// Show the newest rows, the newest last
    Tail {
        /// How many
        #[arg(short = 'n', long, default_value_t = 20)]
        rows: usize,
        /// How rows are printed
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    match args.what {
        What::Verify { heads } => verify(global, &heads).await,
        What::Tail { rows, format } => tail(global, rows, format).await,
    }
}

async fn verify(global: &Global, heads: &[Noted]) -> anyhow::Result<Exit> {
    let lake = home::lake_alone(global).await?;
    let key = ServerKey::named()?;
    match jcw_govern::verify_log(&lake, heads, key.as_ref()).await? {
        Ok(whole) => {
            let chains = whole.chains.iter().map(|chain| {
                let (server, sequence, hash) = (&chain.server_id, chain.sequence, &chain.hash);
                let sealed = match chain.sealed {
                    Some(row) => format!(", sealed up to row {row}"),
                    None => String::new(),
                };
                format!(
                    "\nThe last row of server {server} is {sequence}{sealed}. Note it elsewhere, \
                     and ask with it later: --head {server}:{sequence}:{hash}"
                )
            });
            output::say(&format!(
                "The query log is whole: {} {}.{}",
                whole.rows,
                if whole.rows == 1 { "row" } else { "rows" },
                chains.collect::<String>()
            ))?;
            Ok(Exit::Done)
        }
        Err(broken) => {
            let place = match &broken.place {
                Some((file, row)) => format!("{file}, row {row}: "),
                None => String::new(),
            };
            output::say(&format!(
                "The query log is broken. {place}row {} of server {}: {}.",
                broken.sequence, broken.server_id, broken.reason
            ))?;
            Ok(Exit::Failed)
        }
    }
}

async fn tail(global: &Global, most: usize, format: Format) -> anyhow::Result<Exit> {
    let lake = home::lake_alone(global).await?;
    let Some(table) = lake.table(QUERY_LOG).await? else {
        output::say("Nobody has asked anything yet.")?;
        return Ok(Exit::Done);
    };
    let catalog = lake.empty_catalog();
    catalog.add(QUERY_LOG, table.provider()?)?;
    let context = session(catalog, &SessionSettings::default())?;
    // A person reads a few columns; a program gets all.
    let columns = match format {
        Format::Table => "ended_at, principal, role, door, purpose, release, tables, rows, outcome",
        _ => "*",
    };
    let sql = format!(
        "select {columns} from (select * from {QUERY_LOG} order by ended_at desc, sequence desc \
         limit {most}) order by ended_at, sequence"
    );
    let mut stream = context.sql(&sql).await?.execute_stream().await?;
    let mut rows = Rows::to_stdout(format, stream.schema())?;
    while let Some(batch) = stream.next().await {
        rows.write(&batch?)?;
    }
    rows.finish()?;
    Ok(Exit::Done)
}
