//! The commands, one file each: its arguments (`Args`), what it does (`run`),
//! and how it says so.

pub(crate) mod audit;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod contract;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod identity;
pub(crate) mod init;
pub(crate) mod lineage;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod query;
pub(crate) mod releases;
pub(crate) mod rollback;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod synth;
pub(crate) mod test;
pub(crate) mod token;
pub(crate) mod user;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use std::time::Duration;

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // A server's few looks a second go to idle threads in turn and would keep
        // all of a busy hour's, with their memory, for ever.
        .thread_keep_alive(Duration::from_secs(1))
        .build()?;
    let global = &cli.global;
    runtime.block_on(async {
        match cli.command {
            Command::Demo(args) => demo::run(global, args).await,
            Command::Identity(args) => identity::run(global, args).await,
            Command::Init(args) => init::run(args),
            Command::Check(args) => check::run(global, args).await,
            Command::Contract(args) => contract::run(global, args).await,
            Command::Run(args) => run::run(global, args).await,
            Command::Build(args) => build::run(global, args).await,
            Command::Page(args) => page::run(global, args).await,
            Command::Query(args) => query::run(global, args).await,
            Command::Status(args) => status::run(global, args).await,
            Command::Releases(args) => releases::run(global, args).await,
            Command::Rollback(args) => rollback::run(global, args).await,
            Command::Explain(args) => explain::run(global, args).await,
            Command::Lineage(args) => lineage::run(global, args),
            Command::Metrics(args) => metrics::run(global, args).await,
            Command::Schedule(args) => schedule::run(global, args).await,
            Command::Audit(args) => audit::run(global, args).await,
            Command::Serve(args) => serve::run(global, args).await,
            Command::User(args) => user::run(global, args).await,
            Command::Token(args) => token::run(global, args).await,
            Command::Synth(args) => synth::run(args),
            Command::Test(args) => test::run(global, args).await,
            Command::Completions(args) => completions::run(args),
        }
    })
}
