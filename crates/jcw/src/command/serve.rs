//! `jcw serve`: the doors of the warehouse.

use crate::cli::Global;
use crate::exit::Exit;
use crate::roles::RolesFile;
use crate::{home, output};
use jcw_govern::{Capacity, Governor, Settings};
use jcw_login::Logins;
use jcw_serve::{Addresses, Crowd, House, Server, TlsFiles};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Serve the releases to people and their tools
///
/// Flight SQL for BI tools, the Postgres wire for everything that speaks it,
/// HTTP and Delta Sharing for the rest. `jcw user add` makes a user; what a role
/// may see is in `pipelines/roles.yaml`, which the server follows. Stops when told to (Ctrl-C, SIGTERM),
/// after those inside have their answers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where Arrow Flight SQL is served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    flight_addr: SocketAddr,
    /// Where the Postgres wire is served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5433")]
    postgres_addr: SocketAddr,
    /// Where HTTP and Delta Sharing are served
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    http_addr: SocketAddr,
    /// Where clients see the HTTP door, if a proxy stands before it; addresses of
    /// Delta Sharing's files begin with it
    #[arg(long, value_name = "URL")]
    http_url: Option<String>,
    /// A site whose pages may read answers of the HTTP door; none may otherwise
    #[arg(long, value_name = "ORIGIN")]
    http_allow_origin: Vec<String>,
    /// The certificate chain, PEM; read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Who signs clients' certificates, PEM; clients may then log in with one
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_client_authority: Option<PathBuf>,
    /// Serve without TLS at an address that is not loopback: something else
    /// encrypts
    #[arg(long)]
    plain_text: bool,
    /// How long what a client was promised by Flight SQL may be fetched, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    ticket_life: u64,
    /// How many connections there may be at all doors together
    #[arg(long, value_name = "NUMBER", default_value_t = 2000)]
    connections: usize,
    /// How many of them may come from one address; behind a proxy all do
    #[arg(long, value_name = "NUMBER", default_value_t = 500)]
    connections_per_address: usize,
    /// How long an answer is kept for a reader who takes nothing of it, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    reader_patience: u64,
    /// How long a question may be planned, in seconds; what takes longer is too
    /// complicated
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 5,
        env = "JCW_PLANNING_PATIENCE"
    )]
    planning_patience: u64,
    /// How long those inside may go on when the server is told to stop, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    patience: u64,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let file = RolesFile::of(&home::root(global)?);
    let (project, lake) = home::served(global).await?;
    let logins = Logins::open(&project, &lake).await?;
    let reader = Duration::from_secs(args.reader_patience);
    let settings = Settings {
        capacity: Capacity {
            reader,
            planning: Duration::from_secs(args.planning_patience),
            ..Capacity::default()
        },
        memory: Some(jcw_run::memory_to_use(project.warehouse.memory)),
        ..Settings::default()
    };
    let governor = Governor::open(project, lake, settings).await?;
    let tls = args.tls_certificate.zip(args.tls_key);
    let tls = tls.map(|(certificate, key)| TlsFiles {
        certificate,
        key,
        client_authority: args.tls_client_authority,
    });
    let addresses = Addresses {
        flight: Some(args.flight_addr),
        postgres: Some(args.postgres_addr),
        http: Some(args.http_addr),
    };
    let mut house = House::new(governor, logins);
    house.origins = args.http_allow_origin.into();
    house.http_address = args.http_url;
    house.crowd = Crowd::new(args.connections, args.connections_per_address);
    house.reader = reader;
    house.ticket_life = Duration::from_secs(args.ticket_life);
    let following = tokio::spawn(file.follow(house.clone()));
    let server = Server::open(house, addresses, tls.as_ref(), args.plain_text).await?;
    let at = server.addresses();
    for (door, address) in [
        ("flight", at.flight),
        ("postgres", at.postgres),
        ("http", at.http),
    ] {
        if let Some(address) = address {
            output::say(&format!("{door} {address}"))?;
        }
    }
    told_to_stop().await?;
    following.abort();
    server.close(Duration::from_secs(args.patience)).await;
    Ok(Exit::Done)
}

async fn told_to_stop() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt?,
        _ = terminate.recv() => (),
    }
    Ok(())
}
