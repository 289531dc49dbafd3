//! A build makes the tables of a plan in the lake: seeds first, then each model
//! when all it reads is there, as many at a time as there are cores. Rows are
//! staged, tested, and only then committed; a table whose identity is that of
//! rows already there is passed over without reading any.

use crate::identity;
use crate::make::{Made, Maker};
use crate::plan::{Node, Plan};
use crate::report::{Report, TableOutcome, TableReport};
use crate::tables::{Kind, Tables};
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::TrackConsumersPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use jcw_lake::{Lake, LakeError, Provenance, Scope, SpillPool};
use jcw_project::Materialised;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What a build starts from.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Source tables with the version to read. A declared source table that is
    /// not here was never delivered and is read as a table without rows.
    pub sources: BTreeMap<String, u64>,
    /// Seeds by table name, `seed.area`.
    pub seeds: BTreeMap<String, SeedRows>,
    /// What the last release pins: a table of the same identity is not made
    /// again, and not even opened.
    pub released: BTreeMap<String, Released>,
}

/// A seed, read and typed.
#[derive(Debug, Clone)]
pub struct SeedRows {
    /// SHA-256 (hex) of the file's bytes.
    pub hash: String,
    /// Its rows, with the columns that its contract declares.
    pub batches: Vec<RecordBatch>,
}

/// A table of the last release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// As the report of its build said.
    pub identity: String,
    /// None for a view.
    pub version: Option<u64>,
    /// Rows of that version.
    pub rows: Option<u64>,
}

/// How a build is done.
#[derive(Debug, Clone)]
pub struct Options {
    /// Goes into every commit.
    pub run_id: String,
    /// Tables to make, from [`Plan::select`]; none means all.
    pub selected: Option<BTreeSet<String>>,
    /// Cores to use.
    pub threads: usize,
    /// Bytes that all models together may hold before they spill to disk.
    pub memory: usize,
    /// Where they spill; the system's folder for temporary files unless said.
    pub spill: Option<PathBuf>,
}

/// What happens during a build, for a progress display.
#[derive(Debug, Clone, Copy)]
pub enum Event<'e> {
    /// Work on a table has begun.
    Started {
        /// The table.
        table: &'e str,
    },
    /// A table is settled.
    Finished(&'e TableReport),
}

/// A build that could not be begun or gone on with. A model that fails is no
/// such error: it is in the report.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The lake refused.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The engine refused its settings.
    #[error("cannot start the query engine: {0}")]
    Engine(#[from] DataFusionError),
    /// A fault of the program, or the program is being ended.
    #[error("the build stopped in the middle: {0}")]
    Stopped(String),
    /// A declared seed was not handed in.
    #[error(
        "{table} is read by {by}, and its rows were not read; this is a fault of the program, not of the project"
    )]
    NoSeed {
        /// The seed.
        table: String,
        /// A model that reads it.
        by: String,
    },
    /// A table that the selection leaves out was never made.
    #[error("{by} reads {table}, which was never built; build it too, with `jcw build +{by}`")]
    NeverBuilt {
        /// The table upstream.
        table: String,
        /// The selected table.
        by: String,
    },
}

/// Makes the tables of `plan` in `lake`.
///
/// Models run on the caller's runtime, so it should be a multi-threaded one.
///
/// # Errors
/// When the build cannot be begun: the lake cannot be read, a seed is missing,
/// a table upstream of the selection was never made. What happens to single
/// tables is in the report.
pub async fn build(
    plan: &Plan,
    lake: &Lake,
    inputs: &Inputs,
    options: &Options,
    progress: &(dyn Fn(Event<'_>) + Send + Sync),
) -> Result<Report, BuildError> {
    let plan = Arc::new(plan.clone());
    let runtime = runtime(options)?;
    let mut build = Build {
        tables: Arc::new(Tables::new(
            plan.clone(),
            lake.clone(),
            runtime,
            options.memory,
            options.threads.max(1),
        )),
        plan,
        lake,
        inputs,
        options,
        progress,
        reports: BTreeMap::new(),
    };
    build.settle_sources();
    build.make_seeds().await?;
    build.settle_not_selected().await?;
    build.make_models().await?;
    Ok(build.report())
}

fn runtime(options: &Options) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    let named = NonZeroUsize::MIN.saturating_add(4);
    let pool = TrackConsumersPool::new(SpillPool::new(options.memory), named);
    let builder = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool));
    match &options.spill {
        Some(folder) => builder.with_temp_file_path(folder),
        None => builder,
    }
    .build_arc()
}

struct Build<'b> {
    plan: Arc<Plan>,
    lake: &'b Lake,
    inputs: &'b Inputs,
    options: &'b Options,
    progress: &'b (dyn Fn(Event<'_>) + Send + Sync),
    tables: Arc<Tables>,
    reports: BTreeMap<String, TableReport>,
}

impl Build<'_> {
    fn settle_sources(&self) {
        for (name, table) in &self.plan.declared {
            if name.starts_with("seed.") {
                continue;
            }
            let version = self.inputs.sources.get(name).copied();
            let kind = match version {
                Some(version) => Kind::Stored(version),
                None => Kind::Empty(table.schema.clone()),
            };
            self.tables.settle(name, identity::of_source(version), kind);
        }
    }

    async fn make_seeds(&mut self) -> Result<(), BuildError> {
        let seeds: Vec<String> = self
            .plan
            .declared
            .keys()
            .filter(|name| name.starts_with("seed."))
            .cloned()
            .collect();
        for name in seeds {
            let Some(rows) = self.inputs.seeds.get(&name) else {
                match self
                    .plan
                    .nodes
                    .iter()
                    .find(|node| node.needs.contains(&name))
                {
                    Some(node) => {
                        return Err(BuildError::NoSeed {
                            table: name,
                            by: node.name.clone(),
                        });
                    }
                    None => continue,
                }
            };
            let report = self.make_seed(&name, rows).await?;
            if let Some(version) = report.version {
                self.tables
                    .settle(&name, report.identity.clone(), Kind::Stored(version));
            }
            self.finish(report);
        }
        Ok(())
    }

    async fn make_seed(&self, name: &str, rows: &SeedRows) -> Result<TableReport, BuildError> {
        let began = Instant::now();
        let schema = &self.plan.declared[name].schema;
        let identity = identity::of_seed(&rows.hash, schema);
        if let Some(there) = self.there(name, &identity).await? {
            return Ok(unchanged(name, identity, there, began));
        }
        (self.progress)(Event::Started { table: name });
        let stage = self.lake.stage(name, schema, &[]).await?;
        let batches = futures::stream::iter(rows.batches.iter().cloned().map(Ok::<_, LakeError>));
        let staged = stage.write_all(batches).await?;
        let provenance = Provenance {
            run_id: self.options.run_id.clone(),
            model_hash: Some(identity.clone()),
            ..Provenance::default()
        };
        let committed = self
            .lake
            .commit(staged, Scope::Everything, provenance)
            .await?;
        Ok(TableReport {
            table: name.to_owned(),
            outcome: TableOutcome::Built,
            version: Some(committed.version),
            rows: Some(committed.added_rows),
            identity,
            took: began.elapsed(),
            failures: Vec::new(),
        })
    }

    /// The version of `table` that has this identity already: that of the last
    /// release, or one made by a run that did not come to its end.
    async fn there(&self, table: &str, identity: &str) -> Result<Option<Released>, LakeError> {
        if let Some(released) = self.inputs.released.get(table)
            && released.identity == identity
        {
            return Ok(Some(released.clone()));
        }
        newest_if(self.lake, table, identity).await
    }

    /// Tables that were not asked for stand as they are.
    async fn settle_not_selected(&mut self) -> Result<(), BuildError> {
        let Some(selected) = &self.options.selected else {
            return Ok(());
        };
        let plan = self.plan.clone();
        for node in plan
            .nodes
            .iter()
            .filter(|node| !selected.contains(&node.name))
        {
            let began = Instant::now();
            let there = match node.materialised {
                Materialised::View => Some(Released {
                    identity: self.tables.identity_of(node),
                    version: None,
                    rows: None,
                }),
                Materialised::Table => self.last(&node.name).await?,
            };
            if there.is_none()
                && let Some(by) = plan
                    .nodes
                    .iter()
                    .find(|by| selected.contains(&by.name) && by.needs.contains(&node.name))
            {
                return Err(BuildError::NeverBuilt {
                    table: node.name.clone(),
                    by: by.name.clone(),
                });
            }
            let there = there.unwrap_or(Released {
                identity: String::new(),
                version: None,
                rows: None,
            });
            let kind = match there.version {
                Some(version) => Kind::Stored(version),
                None => Kind::View,
            };
            self.tables.settle(&node.name, there.identity.clone(), kind);
            self.finish(TableReport {
                outcome: TableOutcome::NotSelected,
                ..unchanged(&node.name, there.identity.clone(), there, began)
            });
        }
        Ok(())
    }

    /// A table as the last release has it, or as the lake has it.
    async fn last(&self, table: &str) -> Result<Option<Released>, LakeError> {
        if let Some(released) = self.inputs.released.get(table)
            && released.version.is_some()
        {
            return Ok(Some(released.clone()));
        }
        let Some(found) = self.lake.table(table).await? else {
            return Ok(None);
        };
        let provenance = found.provenance().await?.unwrap_or_default();
        Ok(Some(Released {
            identity: provenance.model_hash.unwrap_or_default(),
            version: Some(found.version()),
            rows: Some(found.rows()),
        }))
    }

    async fn make_models(&mut self) -> Result<(), BuildError> {
        let plan = self.plan.clone();
        let mut waiting: Vec<&Node> = plan
            .nodes
            .iter()
            .filter(|node| !self.reports.contains_key(&node.name))
            .collect();
        let mut running: JoinSet<Result<TableReport, BuildError>> = JoinSet::new();
        loop {
            let mut ready = self.take_ready(&mut waiting);
            while running.len() < self.options.threads.max(1) && !ready.is_empty() {
                let node = ready.remove(0);
                let alone = running.is_empty() && ready.is_empty();
                self.start(node, alone, &mut running);
            }
            // Those that found no free core wait their turn, first in the queue.
            waiting.splice(0..0, ready);
            match running.join_next().await {
                Some(Ok(report)) => self.settle(report?),
                Some(Err(stopped)) => return Err(BuildError::Stopped(stopped.to_string())),
                None if waiting.is_empty() => return Ok(()),
                None => {}
            }
        }
    }

    /// Takes out of `waiting` the nodes whose inputs are all settled; those
    /// with a fault upstream, and those that are there already, are settled at
    /// once and may make others ready.
    fn take_ready<'n>(&mut self, waiting: &mut Vec<&'n Node>) -> Vec<&'n Node> {
        let mut ready = Vec::new();
        let mut later = Vec::new();
        for node in std::mem::take(waiting) {
            if let Some(by) = self.fault_above(node) {
                self.settle(TableReport {
                    table: node.name.clone(),
                    outcome: TableOutcome::Stopped { by },
                    version: None,
                    rows: None,
                    identity: String::new(),
                    took: Duration::ZERO,
                    failures: Vec::new(),
                });
            } else if !node.needs.iter().all(|need| self.tables.is_settled(need)) {
                later.push(node);
            } else if let Some(released) = self.released_as(node) {
                self.settle(unchanged(
                    &node.name,
                    released.identity.clone(),
                    released,
                    Instant::now(),
                ));
            } else {
                ready.push(node);
            }
        }
        *waiting = later;
        ready
    }

    fn fault_above(&self, node: &Node) -> Option<String> {
        node.needs.iter().find_map(|need| {
            let report = self.reports.get(need)?;
            match &report.outcome {
                TableOutcome::Stopped { by } => Some(by.clone()),
                outcome if outcome.is_good() => None,
                _ => Some(need.clone()),
            }
        })
    }

    fn released_as(&self, node: &Node) -> Option<Released> {
        let released = self.inputs.released.get(&node.name)?;
        (released.identity == self.tables.identity_of(node)).then(|| released.clone())
    }

    fn start(
        &self,
        node: &Node,
        alone: bool,
        running: &mut JoinSet<Result<TableReport, BuildError>>,
    ) {
        (self.progress)(Event::Started { table: &node.name });
        let maker = Maker {
            plan: self.plan.clone(),
            lake: self.lake.clone(),
            tables: self.tables.clone(),
            node: node.clone(),
            identity: self.tables.identity_of(node),
            run_id: self.options.run_id.clone(),
            // Several models at a time use the cores better than several tasks
            // in one: nothing is exchanged between them.
            is_divided: alone,
        };
        running.spawn(async move {
            let began = Instant::now();
            if maker.node.materialised == Materialised::Table
                && let Some(there) =
                    newest_if(&maker.lake, &maker.node.name, &maker.identity).await?
            {
                return Ok(unchanged(&maker.node.name, maker.identity, there, began));
            }
            let made = maker.make().await;
            Ok(maker.report(made, began))
        });
    }

    fn settle(&mut self, report: TableReport) {
        if report.outcome.is_good() {
            let kind = match report.version {
                Some(version) => Kind::Stored(version),
                None => Kind::View,
            };
            self.tables
                .settle(&report.table, report.identity.clone(), kind);
        }
        self.finish(report);
    }

    fn finish(&mut self, report: TableReport) {
        (self.progress)(Event::Finished(&report));
        self.reports.insert(report.table.clone(), report);
    }

    fn report(mut self) -> Report {
        let seeds: Vec<String> = self
            .reports
            .keys()
            .filter(|name| name.starts_with("seed."))
            .cloned()
            .collect();
        let names = seeds
            .into_iter()
            .chain(self.plan.nodes.iter().map(|node| node.name.clone()));
        Report {
            tables: names
                .filter_map(|name| self.reports.remove(&name))
                .collect(),
        }
    }
}

impl Maker {
    fn report(self, made: Made, began: Instant) -> TableReport {
        let (outcome, version, rows, failures) = match made {
            Made::Table {
                version,
                rows,
                failures,
            } => (TableOutcome::Built, Some(version), Some(rows), failures),
            Made::View { failures } => (TableOutcome::Built, None, None, failures),
            Made::Held { failures } => (TableOutcome::Held, None, None, failures),
            Made::Failed(message) => (TableOutcome::Failed(message), None, None, Vec::new()),
        };
        TableReport {
            table: self.node.name,
            outcome,
            version,
            rows,
            identity: self.identity,
            took: began.elapsed(),
            failures,
        }
    }
}

/// The newest version of a table, if it has this identity.
async fn newest_if(
    lake: &Lake,
    table: &str,
    identity: &str,
) -> Result<Option<Released>, LakeError> {
    let Some(found) = lake.table(table).await? else {
        return Ok(None);
    };
    let made_as = found
        .provenance()
        .await?
        .and_then(|provenance| provenance.model_hash);
    Ok((made_as.as_deref() == Some(identity)).then(|| Released {
        identity: identity.to_owned(),
        version: Some(found.version()),
        rows: Some(found.rows()),
    }))
}

fn unchanged(table: &str, identity: String, there: Released, began: Instant) -> TableReport {
    TableReport {
        table: table.to_owned(),
        outcome: TableOutcome::Unchanged,
        version: there.version,
        rows: there.rows,
        identity,
        took: began.elapsed(),
        failures: Vec::new(),
    }
}
