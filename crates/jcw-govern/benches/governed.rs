//! What governance costs: the same questions of the same release, through a
//! governed session (role, row filter, allow-list, limits, query log) and by the
//! engine alone over the same files, in turn, in one process, without a wire. Both give
//! batches of the types that clients take, as any door has to.
//!
//! ```sh
//! cargo bench -p jcw-govern --bench governed -- PROJECT ROLE [NAME=VALUE]...
//! ```
//!
//! `PROJECT` is a project with a released lake, such as the one that
//! `tests/bench/serve.py` makes. Prints Markdown.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use datafusion::arrow::array::RecordBatch;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt as _;
use jcw_govern::{
    Asking, Door, Governor, Method, Principal, ReleaseChoice, Settings, outlet_batch, outlet_schema,
};
use jcw_lake::{Lake, SessionSettings};
use jcw_project::{ProcessEnvironment, Project};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

/// A question, and how often it is asked of each.
const QUESTIONS: [(&str, &str, usize); 6] = [
    ("select 1", "select 1", 2_000),
    (
        "published metric",
        "select value from published.metric_value where metric_id = 'B01' and area_code = 'E06000033' and period = '2024-07'",
        1_000,
    ),
    (
        "filtered aggregate",
        "select area_code, count(*) as n, sum(minutes) as minutes from published.contact where team = 'Speech and language therapy' group by area_code order by area_code",
        30,
    ),
    ("whole table", "select * from published.contact", 10),
    // What bounds the growth of texts costs, where texts are all there is.
    (
        "texts put together",
        "select sum(length(concat('a', value, 'b', value))) as n from generate_series(1, 1000000)",
        10,
    ),
    (
        "texts written larger",
        "select sum(length(upper(concat('a', value)))) as n from generate_series(1, 1000000)",
        10,
    ),
];

/// The two take turns in rounds, so that a busy moment does not fall on one.
const ROUNDS: usize = 10;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Cargo's own flag.
    let mut given = std::env::args().skip(1).filter(|word| word != "--bench");
    let (Some(root), Some(role)) = (given.next(), given.next()) else {
        return Err("say a project and a role".into());
    };
    let (project, problems) = Project::load(Path::new(&root), &ProcessEnvironment);
    let project = project.ok_or_else(|| format!("{problems:?}"))?;
    let address = Path::new(&root).join(&project.warehouse.lake.value);
    let lake = Lake::open(&address.to_string_lossy()).await?;
    let release = lake.current_release().await?.ok_or("nothing is released")?;
    let plain = jcw_lake::session(lake.catalog(&release)?, &SessionSettings::default())?;
    let governor = Governor::open(project, lake, Settings::default()).await?;
    let attributes = given.filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    let principal = Principal {
        name: "benchmark".to_owned(),
        role,
        attributes: attributes.collect(),
        method: Method::CommandLine,
    };
    println!("| | governed, ms | the engine alone, ms | governance costs |\n|---|---:|---:|---:|");
    for (name, sql, times) in QUESTIONS {
        let (mut governed, mut alone) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            for _ in 0..times.div_ceil(ROUNDS) {
                let began = Instant::now();
                let rows = ask(&governor, &principal, sql).await?;
                let took = began.elapsed();
                let began = Instant::now();
                let expected = ask_alone(&plain, sql).await?;
                let took_alone = began.elapsed();
                if rows != expected {
                    return Err(format!("{name}: {rows} rows, and {expected} of the engine").into());
                }
                // The first round warms both.
                if round > 0 {
                    governed.push(took);
                    alone.push(took_alone);
                }
            }
        }
        let median = |took: &mut Vec<std::time::Duration>| {
            took.sort();
            1e3 * took
                .get(took.len() / 2)
                .map_or(0.0, |took| took.as_secs_f64())
        };
        let (governed, alone) = (median(&mut governed), median(&mut alone));
        let costs = 100.0 * (governed / alone - 1.0);
        println!("| {name} | {governed:.2} | {alone:.2} | {costs:.0} % |");
    }
    governor.close().await?;
    Ok(())
}

async fn ask(governor: &Governor, who: &Principal, sql: &str) -> Result<usize, Box<dyn Error>> {
    let asking = Asking {
        door: Door::CommandLine,
        purpose: None,
        release: ReleaseChoice::Newest,
    };
    let session = governor.session(who.clone(), asking).await?;
    let answer = session.prepare(sql).await?.run(Vec::new()).await?;
    let batches: Vec<RecordBatch> = answer.try_collect().await?;
    Ok(batches.iter().map(RecordBatch::num_rows).sum())
}

async fn ask_alone(engine: &SessionContext, sql: &str) -> Result<usize, Box<dyn Error>> {
    let mut answer = engine.sql(sql).await?.execute_stream().await?;
    let schema = outlet_schema(&answer.schema());
    let mut rows = 0;
    while let Some(batch) = answer.try_next().await? {
        rows += outlet_batch(&schema, &batch)?.num_rows();
    }
    Ok(rows)
}
