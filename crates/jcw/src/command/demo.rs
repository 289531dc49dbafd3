//! `jcw demo`: the whole way, on made-up extracts.

use crate::cli::Global;
use crate::exit::Exit;
use crate::{home, output, watch};
use anyhow::bail;
use jcw_run::{Request, Which};
use std::path::PathBuf;

/// Show the whole way on made-up extracts of three partners
///
/// Writes small, made-up extracts in the shapes of the real files, with a few
/// faults planted, pulls and checks them, builds every model, publishes a
/// release, and shows what a commissioner would look at first. The figures are
/// invented; the names of places are real so that the tables read like real ones.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the made-up extracts go
    #[arg(long, value_name = "DIR", default_value = "extracts")]
    out: PathBuf,
}

/// Says to people, and to the next demo, that a folder holds nothing real.
const MARK: &str = "MADE-UP.txt";

/// The demo's own key for pseudonyms of people who do not exist.
const KEY: &str = "identity.key";

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

    output::say(&format!(
        "Writing made-up extracts to {}",
        extracts.display()
    ))?;
    let demo = jcw_synth::write_demo(&extracts)?;
    std::fs::write(
        extracts.join(MARK),
        "Every figure in this folder is made up by `jcw demo`.\n",
    )?;

    output::say(&format!(
        "Running the whole job on {} files with {} planted faults into {}",
        demo.extracts.len(),
        demo.planted.len(),
        lake.url(),
    ))?;
    if !key.exists() {
        jcw_identity::Key::create(&key)?;
    }
    let request = Request {
        which: Which::All,
        accept: Vec::new(),
    };
    let watcher = watch::watcher();
    let outcome = jcw_run::run(&project, &lake, request, watcher.as_ref()).await?;
    drop(watcher);
    output::say(&format!("\n{outcome}\n"))?;

    show(
        &lake,
        "What a commissioner looks at first (made-up figures)",
        FIRST_LOOK,
    )
    .await?;
    show(
        &lake,
        "Children waiting for EPUT's services (made-up figures)",
        WAITS,
    )
    .await?;
    show(&lake, "What was kept back, and why", REJECTED).await?;
    for extract in outcome.trouble() {
        output::say(&format!(
            "  {} {}: {}",
            extract.status,
            extract.file,
            extract.reason.as_deref().unwrap_or_default()
        ))?;
    }
    output::say(NEXT)?;
    if outcome.is_stopped() {
        return super::run::tell(&outcome);
    }
    Ok(Exit::Done)
}

/// Metrics that the demo shows.
const SHOWN: [&str; 7] = ["E01", "E03", "E05", "E13", "E20", "E28", "H01"];

async fn show(lake: &jcw_lake::Lake, title: &str, sql: &str) -> anyhow::Result<()> {
    let (schema, batches) = jcw_run::query_all(lake, None, sql).await?;
    output::say(&format!("{title}\n{}\n", output::table(&schema, &batches)?))
}

const FIRST_LOOK: &str = "
    select d.name as measure, v.period, round(v.value, 1) as \"Southend\", round(c.england_value, 1) as \"England\",
           round(c.region_value, 1) as \"East of England\", v.unit, v.status
    from published.metric_value v
    join published.metric_definition d
      on d.metric_id = v.metric_id and d.basis = v.basis and d.part = v.part
    left join published.metric_comparison c
      on c.metric_id = v.metric_id and c.part = v.part and c.area_code = v.area_code
     and c.period = v.period and c.breakdown_topic = v.breakdown_topic and c.breakdown = v.breakdown
    where v.area_code = 'E06000033' and v.breakdown = 'Total' and v.basis = 'published'
      and v.metric_id in ('E01', 'E03', 'E05', 'E13', 'E20', 'E28')
      and v.period in (select max(period) from published.metric_value w
                       where w.metric_id = v.metric_id and w.area_code = 'E06000033' and w.basis = 'published')
    order by v.metric_id";

const WAITS: &str = "
    select v.period as month, v.breakdown as service, v.numerator as waiting, v.status
    from published.metric_value v
    where v.metric_id = 'H01' and v.area_code = 'R1L' and v.basis = 'published'
      and v.breakdown in ('Community paediatric service', 'Therapy interventions: Occupational therapy',
                          'Therapy interventions: Speech and language')
      and v.period = (select max(period) from published.metric_value where metric_id = 'H01' and basis = 'published')
    order by service";

const REJECTED: &str = "
    select source, file, \"row\" as \"line\", rule, \"column\", reason from jcw.reject
    order by source, file, \"row\" limit 20";

const NEXT: &str = r#"What to try next
  jcw status                             what came in, and what became of every row
  jcw explain E03                        where a figure comes from, down to the file and its SHA-256
  jcw query "select * from published.metric_value where metric_id = 'E13' limit 5"
  jcw lineage published.metric_value     what it is made from
  jcw run                                again: nothing is new, so nothing is done
In a checkout, put `cargo run --` in place of `jcw`."#;
