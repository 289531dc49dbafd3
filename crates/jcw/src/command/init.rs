//! `jcw init`: a small project that runs, to grow from.

use crate::exit::Exit;
use crate::output;
use anyhow::{Context, bail};
use std::path::PathBuf;

/// Start a project in a folder
///
/// Writes a warehouse with one partner, one source with its contract, two
/// models, one metric and a sample extract, all of which check and run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; made when it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// Every file of the starter, as it is written.
const FILES: [(&str, &str); 7] = [
    (
        "pipelines/warehouse.yaml",
        include_str!("init/warehouse.yaml"),
    ),
    (
        "pipelines/council/requests.yaml",
        include_str!("init/source.yaml"),
    ),
    (
        "schemas/council/requests.yaml",
        include_str!("init/contract.yaml"),
    ),
    (
        "pipelines/models/staging/request.sql",
        include_str!("init/staging.sql"),
    ),
    (
        "pipelines/models/metrics/requests.sql",
        include_str!("init/model.sql"),
    ),
    (
        "pipelines/metrics/R01.yaml",
        include_str!("init/metric.yaml"),
    ),
    ("extracts/requests.csv", include_str!("init/requests.csv")),
];

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    if let Some((path, _)) = FILES
        .iter()
        .find(|(path, _)| args.folder.join(path).exists())
    {
        bail!(
            "{} is there already; choose an empty folder, as in `jcw init warehouse`",
            args.folder.join(path).display()
        );
    }
    for (path, text) in FILES {
        let path = args.folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("making {}", parent.display()))?;
        }
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        output::say(&format!("  wrote {}", path.display()))?;
    }
    output::say(&format!(
        "Now: jcw check --project {0} && jcw run --project {0} && jcw status --project {0}",
        args.folder.display()
    ))?;
    Ok(Exit::Done)
}
