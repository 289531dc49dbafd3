//! `jcw completions`: a completion script for a shell.

use crate::cli::Cli;
use crate::exit::Exit;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

/// Print a completion script: `jcw completions bash > /etc/bash_completion.d/jcw`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "jcw", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}
