//! A query is a planned question on its way: its plan, its bounds and its place.
//! It runs on the engine and hands batches to its reader one by one.

use super::engine::{Engine, stopping};
use super::stop::{Stop, stoppable};
use crate::admission::Place;
use crate::allowed::check_leaves;
use crate::error::{GovernError, Kind, Result};
use crate::growth::share;
use crate::log::Read;
use crate::outlet::outlet_batch;
use crate::planned::{Improved, Planned};
use crate::refusal::of_running;
use crate::scope::Scope;
use crate::session::Still;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionConfig;
use futures::StreamExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Batches that are ready before the reader asks. More would let a slow reader
/// hold memory; fewer would let a quick one wait.
const READY: usize = 2;

/// How often it is looked whether whoever asked may still have the answer.
const LOOK: Duration = Duration::from_secs(2);

/// A planned question.
pub(super) struct Query {
    pub(super) plan: Arc<dyn ExecutionPlan>,
    pub(super) context: Arc<TaskContext>,
    pub(super) schema: SchemaRef,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) reader: Duration,
    /// Whether whoever asked may still have the answer.
    pub(super) still: Option<Still>,
    pub(super) stop: Stop,
    /// The parent of what cancels it: the server ends everything.
    pub(super) ending: CancellationToken,
    pub(super) place: Place,
}

/// A query that runs, as its reader sees it.
pub(crate) struct Running {
    /// Batches as they come; closed when the query has ended.
    pub(crate) batches: mpsc::Receiver<RecordBatch>,
    /// How it ended, once `batches` is closed; nothing when it broke.
    pub(crate) end: Arc<Mutex<Option<Result<()>>>>,
    /// Stops it.
    pub(crate) cancel: CancellationToken,
    ending: CancellationToken,
    deadline: Instant,
    still: Option<Still>,
}

/// The plan as it will run within that memory, how, and what it reads.
pub(super) async fn physical(
    scope: &Scope,
    planned: &Planned,
    plan: &LogicalPlan,
    memory: u64,
    stop: &Stop,
) -> Result<(Arc<dyn ExecutionPlan>, SessionConfig, Read)> {
    let mut state = scope.starting();
    let improved = planned.improved(|| {
        let mut read = Read::tables(plan, scope.default_schema());
        let plan = state.optimize(plan).map_err(of_run)?;
        read.columns(&plan);
        Ok(Improved { plan, read })
    })?;
    share(&improved.plan, &mut state, memory)?;
    let state = &state;
    let physical = (state.query_planner())
        .create_physical_plan(&improved.plan, state)
        .await
        .map_err(of_run)?;
    check_leaves(&physical, scope.capability())?;
    let plan = stoppable(physical, stop).map_err(of_run)?;
    Ok((plan, state.config().clone(), improved.read.clone()))
}

impl Query {
    /// Starts it on the engine.
    pub(super) fn start(self, engine: &Engine) -> Result<Running> {
        let (sender, batches) = mpsc::channel(READY);
        let end = Arc::new(Mutex::new(None));
        let running = Running {
            batches,
            end: end.clone(),
            cancel: self.stop.cancel.clone(),
            ending: self.ending.clone(),
            deadline: self.stop.deadline,
            still: self.still.clone(),
        };
        let deadline = running.deadline;
        engine.run(async move {
            let ended = tokio::select! {
                biased;
                () = self.stop.cancel.cancelled() => Err(cancelled(&self.ending)),
                () = tokio::time::sleep_until(deadline) => Err(too_long()),
                () = taken_back(self.still.as_ref()) => Err(nobody()),
                ended = self.hand_over(&sender) => ended,
            };
            // A join that was stopped fails, and means this.
            let ended = match ended {
                Err(_) if self.stop.cancel.is_cancelled() => Err(cancelled(&self.ending)),
                Err(_) if Instant::now() >= deadline => Err(too_long()),
                ended => ended,
            };
            *end.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
            // The place and the plan's memory go before the reader hears of the end.
            drop((self.plan, self.context, self.place));
            drop(sender);
        })?;
        Ok(running)
    }

    async fn hand_over(&self, sender: &mpsc::Sender<RecordBatch>) -> Result<()> {
        let mut stream = execute_stream(self.plan.clone(), self.context.clone()).map_err(of_run)?;
        let (mut rows, mut bytes) = (0_u64, 0_u64);
        while let Some(batch) = stream.next().await {
            let batch = outlet_batch(&self.schema, &batch.map_err(of_run)?)?;
            if batch.num_rows() == 0 {
                continue;
            }
            rows += batch.num_rows() as u64;
            bytes += size(&batch);
            if rows > self.rows || bytes > self.bytes {
                return Err(self.too_much(rows > self.rows));
            }
            match tokio::time::timeout(self.reader, sender.send(batch)).await {
                Ok(Ok(())) => (),
                Ok(Err(_)) => return Err(cancelled(&self.ending)),
                Err(_) => {
                    let message =
                        "the answer was not read for too long; ask again, and read it as it comes";
                    return Err(GovernError::new(Kind::Cancelled, message));
                }
            }
        }
        Ok(())
    }

    fn too_much(&self, is_rows: bool) -> GovernError {
        let most = match is_rows {
            true => format!("{} rows", self.rows),
            false => format!("{} MiB", self.bytes >> 20),
        };
        let message = format!(
            "the answer has more than the {most} that your role may fetch at once; filter, aggregate or ask in parts"
        );
        GovernError::new(Kind::Limit, message)
    }
}

impl Running {
    /// Why it ends although its plan has not: it was stopped, or took too long.
    /// Does not wait for the engine, whose operators may be slow to notice.
    pub(crate) fn stopped(&self) -> impl Future<Output = GovernError> + Send + 'static {
        let (cancel, ending) = (self.cancel.clone(), self.ending.clone());
        let (deadline, still) = (self.deadline, self.still.clone());
        async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => cancelled(&ending),
                () = taken_back(still.as_ref()) => nobody(),
                () = tokio::time::sleep_until(deadline) => too_long(),
            }
        }
    }
}

/// Bytes of the rows alone, without what their buffers hold besides.
pub(crate) fn size(batch: &RecordBatch) -> u64 {
    let columns = batch.columns().iter();
    let sizes = columns.map(|column| {
        let sliced = column.to_data().get_slice_memory_size();
        sliced.unwrap_or_else(|_| column.get_array_memory_size())
    });
    sizes.sum::<usize>() as u64
}

/// Waits until whoever asked may not have the answer any more.
async fn taken_back(still: Option<&Still>) {
    let Some(still) = still else {
        return std::future::pending().await;
    };
    while still() {
        tokio::time::sleep(LOOK).await;
    }
}

fn nobody() -> GovernError {
    let message = "your login does not hold any more, or your rights have changed; log in again";
    GovernError::new(Kind::Unauthenticated, message)
}

fn cancelled(ending: &CancellationToken) -> GovernError {
    match ending.is_cancelled() {
        true => stopping(),
        false => GovernError::new(Kind::Cancelled, "the query was cancelled"),
    }
}

fn too_long() -> GovernError {
    let message = "the query took longer than your role may; ask for less at once";
    GovernError::new(Kind::Time, message)
}

/// An error of planning or running, for the person who asked.
fn of_run(error: DataFusionError) -> GovernError {
    of_running(&error)
}
