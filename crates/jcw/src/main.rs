//! `jcw`: the joint commissioning warehouse from the command line.
//!
//! `main` parses, runs, and turns what went wrong into a message and an exit
//! code; each command is a file under `command/`.

mod cli;
mod command;
mod exit;
mod home;
mod output;
mod roles;
mod watch;

use clap::Parser;
use std::process::ExitCode;

// The default allocator gives memory back slowly under many threads; a run's
// peak is a promise here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    cli.global.start_logging();
    match command::run(cli) {
        Ok(code) => code.into(),
        Err(error) if exit::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            exit::Exit::of(&error).into()
        }
    }
}
