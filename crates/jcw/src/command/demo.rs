//! `jcw demo`: the whole way, on made-up extracts.

use super::synth::years;
use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output, watch};
use anyhow::{Context, bail};
use jcw_run::{Request, Which};
use jcw_synth::Faults;
use jcw_synth::world::World;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Show the whole way on a made-up Southend
///
/// Makes up 2,500 children over four years and what three partners would send
/// about them, with some rows spoilt, beside small published tables. Pulls and
/// checks it all, finds out who is who, builds every model, publishes a
/// release, and writes the page that a commissioner reads first. Nobody in it
/// exists; the names of places are real so that the tables read like real ones.
/// Takes some minutes; fewer children and years take less.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the made-up extracts go
    #[arg(long, value_name = "DIR", default_value = "extracts")]
    out: PathBuf,
    /// How many children there are over all the years
    #[arg(long, value_name = "N", default_value_t = 2_500,
          value_parser = clap::value_parser!(u64).range(1..=50_000))]
    children: u64,
    /// First and last calendar year
    #[arg(long, value_name = "A..B", default_value = "2022..2025", value_parser = years)]
    years: RangeInclusive<i32>,
    /// Where the page goes
    #[arg(long, value_name = "FILE", default_value = "demo.html")]
    page: PathBuf,
}

/// Says to people, and to the next demo, that a folder holds nothing real.
const MARK: &str = "MADE-UP.txt";

/// The demo's own key for pseudonyms of people who do not exist.
const KEY: &str = "identity.key";

/// The made-up area is always the same one.
const SEED: u64 = 882;

/// Share of its rows that are spoilt.
const MESS: f64 = 0.01;

const REMARK: &str =
    "Everything on this page is made up by `jcw demo`: none of these children exists.";

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<Exit> {
    let root = home::root(global)?;
    let extracts = root.join(&args.out);
    if extracts.exists() && !extracts.join(MARK).exists() {
        bail!(
            "{} holds files that are not the demo's; name another folder, as in `jcw demo --out demo-extracts`",
            extracts.display()
        );
    }
    let key = extracts.join(KEY);
    let variables = [
        ("JCW_SOURCES", extracts.as_path()),
        ("JCW_IDENTITY_KEY_FILE", key.as_path()),
    ];
    let (project, lake) = home::ready_with(global, &variables).await?;
    if SHOWN
        .iter()
        .any(|shown| !project.metrics.iter().any(|metric| *metric.id == *shown))
    {
        bail!(
            "the demo shows the figures of the Southend project; run it in a checkout of the repository"
        );
    }
    if !jcw_run::came_from(&lake, &extracts).await? {
        bail!(
            "the lake at {} holds extracts that are not the demo's; name another, as in `jcw demo --lake demo-lake`",
            lake.url()
        );
    }
    make_up(&args, &extracts)?;
    if !key.exists() {
        jcw_identity::Key::create(&key)?;
    }

    output::say(&format!("Running the whole job into {}", lake.url()))?;
    let request = Request {
        which: Which::All,
        accept: Vec::new(),
    };
    let watcher = watch::watcher();
    let outcome = jcw_run::run(&project, &lake, request, watcher.as_ref()).await?;
    drop(watcher);
    output::say(&format!("\n{outcome}\n"))?;
    if outcome.is_stopped() {
        return super::run::tell(&outcome);
    }

    let page = jcw_run::page(&project, &lake, REMARK).await?;
    let file = root.join(&args.page);
    std::fs::write(&file, &page.html)
        .with_context(|| format!("could not write {}", file.display()))?;
    output::say("What a commissioner looks at first (made-up figures)")?;
    for line in &page.lines {
        output::say(&format!("  {line}"))?;
    }
    output::say(&format!("\nThe page: {}\n", file.display()))?;
    output::say(NEXT)?;
    Ok(Exit::Done)
}

/// Metrics that the demo shows.
const SHOWN: [&str; 6] = ["E01", "E13", "E17", "H14", "H15", "J01"];

/// Writes the made-up extracts, unless they are there.
fn make_up(args: &Args, extracts: &Path) -> anyhow::Result<()> {
    let (first, last) = (args.years.start(), args.years.end());
    let made = format!(
        "Everything in this folder is made up by `jcw demo`: {} children, {first} to {last}.\n",
        args.children
    );
    let mark = extracts.join(MARK);
    match std::fs::read_to_string(&mark) {
        Ok(there) if there == made => return Ok(()),
        Ok(there) if !there.is_empty() => bail!(
            "{} holds another demo's extracts; name another folder with --out, and another lake with --lake",
            extracts.display()
        ),
        _ => {}
    }
    output::say(&format!(
        "Making up {} children, {first} to {last}, and what three partners send about them, into {}",
        args.children,
        extracts.display()
    ))?;
    std::fs::create_dir_all(extracts)?;
    // Empty until all is there: a demo that was stopped here begins again.
    std::fs::write(&mark, "")?;
    jcw_synth::write_demo(extracts)?;
    let world = World::new(args.children, SEED, args.years.clone())?;
    let beside = extracts.with_extension("being-made");
    if beside.exists() {
        std::fs::remove_dir_all(&beside)?;
    }
    let faults = Faults {
        share: MESS,
        refused_are_sent: true,
    };
    jcw_synth::write_world(&world, faults, &beside, &mut |_| {})?;
    take_over(&beside.join("extracts"), extracts)?;
    // The other shapes of the same deliveries, and the truth, are `jcw synth`'s.
    std::fs::remove_dir_all(&beside)?;
    std::fs::write(&mark, made)?;
    Ok(())
}

/// Moves files to the same places below another folder. Of the two submissions
/// that a provider makes for each month, the first is left behind: the second
/// replaces it.
fn take_over(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in from.read_dir()? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if path.is_dir() {
            take_over(&path, &to.join(name))?;
        } else if !name.to_string_lossy().contains("_primary_") {
            std::fs::rename(&path, to.join(name))?;
        }
    }
    Ok(())
}

const NEXT: &str = r#"What to try next
  jcw status                             what came in, and what became of every row
  jcw status --rejects                   what was kept back, and why
  jcw explain E13                        where a figure comes from, down to the file and its SHA-256
  jcw query "select * from published.action_progress"
  jcw lineage published.metric_value     what it is made from
  jcw test core.ehc_case                 every clock on its last day and the day after
In a checkout, put `cargo run --` in place of `jcw`."#;
