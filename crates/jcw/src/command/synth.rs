//! `jcw synth`: made-up extracts of all partners, as many as asked for.

use crate::exit::Exit;
use crate::output;
use anyhow::{Context, bail};
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use jcw_synth::Faults;
use jcw_synth::world::World;
use std::io::IsTerminal;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Make up extracts of all partners, and the truth to hold a warehouse against
///
/// Writes what the council, its health providers and the board would send about
/// so many children, who do not exist, in the shapes of their real files:
/// `extracts/` holds the sources of a warehouse (`JCW_SOURCES`), `shapes/` the
/// same deliveries in their other shapes, `truth/` who is who, whose each row is, every
/// fault that was planted, and what the figures are. The same arguments give the same
/// bytes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many children there are over all the years
    #[arg(long, value_name = "N", default_value_t = 2_000,
          value_parser = clap::value_parser!(u64).range(1..=2_000_000))]
    children: u64,
    /// Another number makes another area of the same kind
    #[arg(long, value_name = "S", default_value_t = 882)]
    seed: u64,
    /// First and last calendar year
    #[arg(long, value_name = "A..B", default_value = "2023..2024", value_parser = years)]
    years: RangeInclusive<i32>,
    /// Share of the rows that are spoilt, from 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = share)]
    mess: f64,
    /// Leave out the spoilt rows that a contract keeps back
    ///
    /// What is let through is the same, so a warehouse must come to the same
    /// figures.
    #[arg(long)]
    accepted_only: bool,
    /// Where everything goes: an empty folder, or one that is not there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    let out = args.out.display();
    if args.out.exists() {
        let mut entries = (args.out.read_dir())
            .with_context(|| format!("could not look into {out}; is it a folder?"))?;
        if entries.next().is_some() {
            bail!("{out} is not empty; name a folder that is, or one that is not there yet");
        }
    }
    let world = World::new(args.children, args.seed, args.years)?;
    let bar = match std::io::stderr().is_terminal() {
        true => ProgressBar::new(world.family_count()),
        false => ProgressBar::hidden(),
    };
    bar.set_style(ProgressStyle::with_template(
        "{bar:30} {human_pos} of {human_len} families, {eta} to go",
    )?);
    let faults = Faults {
        share: args.mess,
        refused_are_sent: !args.accepted_only,
    };
    let written = jcw_synth::write_world(&world, faults, &args.out, &mut |families| {
        bar.set_position(families);
    })?;
    bar.finish_and_clear();

    for folder in ["extracts", "shapes", "truth"] {
        let of_it = (written.files.iter()).filter(|(path, _)| path.starts_with(folder));
        let (files, bytes) = of_it.fold((0, 0), |(files, sum), (_, size)| (files + 1, sum + size));
        output::say(&format!(
            "{}: {} files, {}",
            args.out.join(folder).display(),
            HumanCount(files),
            HumanBytes(bytes)
        ))?;
    }
    output::say(&format!(
        "{} faults planted, listed in {}",
        HumanCount(written.faults),
        args.out.join("truth/faults.csv").display()
    ))?;
    for path in &written.left_out {
        output::say(&format!(
            "{path} is left out: one of its tables has more rows than a sheet can have"
        ))?;
    }
    Ok(Exit::Done)
}

/// `2022..2024`, or one year.
pub(super) fn years(text: &str) -> Result<RangeInclusive<i32>, String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let year = |text: &str| {
        text.trim_start_matches('=')
            .trim()
            .parse::<i32>()
            .map_err(|_| "years are written as in 2022..2024".to_owned())
    };
    Ok(year(first)?..=year(last)?)
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("the share is a number from 0 to 1, such as 0.01".to_owned()),
    }
}
