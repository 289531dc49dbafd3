//! Limits: how much of the machine a question may take. It waits its turn in the
//! [queue](crate::admission), is planned and run on the [engine](engine)'s own
//! threads, within its [memory](pool), its time and the length of answer that its
//! role allows, and no faster than its reader takes the batches. Whatever ends
//! it, its memory and its place are free again.

mod engine;
mod pool;
mod query;
mod spill;
mod stop;
#[cfg(test)]
mod tests;

pub(crate) use query::{Running, size};

use crate::admission::{Admission, Bounds, Full, Place};
use crate::answer::Answer;
use crate::error::{GovernError, Kind, Result};
use crate::log::Question;
use crate::planned::Planned;
use crate::session::Session;
use datafusion::execution::TaskContext;
use datafusion::execution::disk_manager::{DiskManager, DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::logical_expr::LogicalPlan;
use engine::{Engine, stopping};
use jcw_project::RoleLimits;
use pool::{QueryPool, ServerMemory};
use spill::Spill;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use stop::Stop;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Bounds for all sessions of a server together, and those that no role says.
#[derive(Debug, Clone)]
pub struct Capacity {
    /// Bytes that all questions together may hold before they spill.
    pub memory: usize,
    /// Bytes that they may spill to disk.
    pub spill: u64,
    /// Questions that run at once.
    pub running: usize,
    /// Questions that may wait besides.
    pub waiting: usize,
    /// Longest that a question may wait for its turn to be prepared, and again to
    /// run, in all queues before that together: shorter than the patience of the
    /// clients that wait with it.
    pub wait: Duration,
    /// Longest that planning may take.
    pub planning: Duration,
    /// Longest that an answer is kept ready for a reader who takes nothing.
    pub reader: Duration,
    /// Most bytes that one answer may have.
    pub answer: u64,
}

impl Default for Capacity {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Capacity {
            memory: 2 << 30,
            spill: 20 << 30,
            running: (2 * cores).max(8),
            waiting: 1_000,
            wait: Duration::from_secs(30),
            planning: Duration::from_secs(5),
            reader: Duration::from_secs(60),
            answer: 8 << 30,
        }
    }
}

/// How busy a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Questions that run.
    pub running: usize,
    /// Questions that wait.
    pub waiting: usize,
    /// Bytes that running questions hold.
    pub memory: usize,
    /// Bytes that they may hold.
    pub most_memory: usize,
}

/// What bounds the questions of one server.
#[derive(Debug)]
pub(crate) struct Limits {
    capacity: Capacity,
    admission: Admission,
    planning: Admission,
    engine: Engine,
    memory: Arc<ServerMemory>,
    disk: Arc<DiskManager>,
    _spill: Spill,
    /// Nobody new is taken in.
    closing: CancellationToken,
    /// Whatever still runs is ended.
    ending: CancellationToken,
}

/// One person's questions that are planned at once, and that wait to be.
const OWN_PLANNING: Bounds = Bounds {
    running: 4,
    waiting: 64,
};

/// Everybody's.
const ALL_PLANNING: Bounds = Bounds {
    running: 16,
    waiting: 1_000,
};

impl Limits {
    /// Starts the engine.
    ///
    /// # Errors
    /// When there are no threads or no private folder to spill into.
    pub(crate) fn start(capacity: Capacity) -> Result<Limits> {
        let spill = Spill::open(&std::env::temp_dir()).map_err(|error| no_spill(&error))?;
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![spill.path().to_owned()]))
            .with_max_temp_directory_size(capacity.spill)
            .build()
            .map_err(|error| no_spill(&error))?;
        Ok(Limits {
            admission: Admission::new(Bounds {
                running: capacity.running,
                waiting: capacity.waiting,
            }),
            planning: Admission::new(ALL_PLANNING),
            engine: Engine::start()?,
            memory: ServerMemory::new(capacity.memory),
            disk: Arc::new(disk),
            _spill: spill,
            closing: CancellationToken::new(),
            ending: CancellationToken::new(),
            capacity,
        })
    }

    /// How busy the server is.
    pub(crate) fn load(&self) -> Load {
        let (running, waiting) = self.admission.load();
        Load {
            running,
            waiting,
            memory: self.memory.held(),
            most_memory: self.memory.most(),
        }
    }

    /// New questions are refused from now on.
    pub(crate) fn stop_taking(&self) {
        self.closing.cancel();
    }

    /// Ends what still runs.
    pub(crate) fn end_running(&self) {
        self.closing.cancel();
        self.ending.cancel();
    }

    /// Runs what plans a question on a thread with a large stack, for a bounded
    /// time.
    ///
    /// # Errors
    /// What planning gives; [`Kind::Limit`] when too many are being planned,
    /// [`Kind::Time`] when it takes too long.
    pub(crate) async fn plan<T: Send + 'static>(
        &self,
        person: &str,
        planning: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.plan_by(self.turn(), person, planning).await
    }

    /// The same, its turn to come by then.
    async fn plan_by<T: Send + 'static>(
        &self,
        turn: Instant,
        person: &str,
        planning: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        if self.closing.is_cancelled() {
            return Err(stopping());
        }
        let place = self
            .wait(turn, &self.planning, person, OWN_PLANNING)
            .await?;
        (self.engine)
            .plan(self.capacity.planning, place, planning)
            .await
    }

    /// When the turn of a question that is asked now must have come.
    fn turn(&self) -> Instant {
        Instant::now() + self.capacity.wait
    }

    /// Runs a planned question when its turn comes: `plan` is that of `planned`,
    /// with values for its parameters.
    ///
    /// # Errors
    /// When it is not admitted, cannot be planned, or the server stops.
    pub(crate) async fn answer(
        &self,
        session: &Session,
        planned: Arc<Planned>,
        plan: LogicalPlan,
        mut question: Question,
    ) -> Result<Answer> {
        let schema = planned.schema.clone();
        let begun = self.begin(session, planned, plan, &mut question).await;
        match begun {
            Ok(running) => Ok(Answer::new(schema, running, question)),
            Err(error) => Err(question.failed(error)),
        }
    }

    async fn begin(
        &self,
        session: &Session,
        known: Arc<Planned>,
        plan: LogicalPlan,
        question: &mut Question,
    ) -> Result<query::Running> {
        let person = &session.principal.name;
        let role = session.limits();
        let own = Bounds {
            running: role.running,
            waiting: role.waiting,
        };
        let turn = self.turn();
        let place = self.wait(turn, &self.admission, person, own).await?;
        question.admitted();
        let stop = Stop {
            began: Instant::now(),
            cancel: self.ending.child_token(),
            deadline: Instant::now() + role.time,
        };
        let (scope, its) = (session.scope.clone(), stop.clone());
        let memory = role.memory.min(self.memory.most() as u64);
        let schema = known.schema.clone();
        let planned = self.plan_by(turn, person, async move {
            let planned = query::physical(&scope, &known, &plan, memory, &its).await;
            planned.map(|plan| (plan, scope))
        });
        let ((physical, config, read), scope) = planned.await?;
        let state = scope.running();
        question.reads(read);
        question.begin()?;
        let context = TaskContext::from(state)
            .with_session_config(config)
            .with_runtime(self.own_memory(state, role));
        let query = query::Query {
            plan: physical,
            context: Arc::new(context),
            schema,
            rows: role.rows,
            bytes: self.capacity.answer,
            reader: self.capacity.reader,
            still: Some(Arc::new(session.stays())),
            stop,
            ending: self.ending.clone(),
            place,
        };
        query.start(&self.engine)
    }

    /// The engine's surroundings with this query's own bound on memory.
    fn own_memory(
        &self,
        state: &datafusion::execution::SessionState,
        role: &RoleLimits,
    ) -> Arc<RuntimeEnv> {
        let most = usize::try_from(role.memory).unwrap_or(usize::MAX);
        Arc::new(RuntimeEnv {
            memory_pool: Arc::new(QueryPool::new(most, self.memory.clone())),
            disk_manager: self.disk.clone(),
            ..state.runtime_env().as_ref().clone()
        })
    }

    async fn wait(
        &self,
        turn: Instant,
        queue: &Admission,
        person: &str,
        own: Bounds,
    ) -> Result<Place> {
        let admitted = tokio::select! {
            biased;
            () = self.closing.cancelled() => return Err(stopping()),
            admitted = tokio::time::timeout_at(turn, queue.admit(person, own)) => admitted,
        };
        let message = match admitted {
            Ok(Ok(place)) => return Ok(place),
            Ok(Err(Full::Person)) => {
                "you have too many questions running and waiting; let some of them end first"
            }
            Ok(Err(Full::Server)) => "the server is busy; ask again in a minute",
            Err(_) => {
                "the server is busy and the question's turn did not come; ask again in a minute"
            }
        };
        Err(GovernError::new(Kind::Limit, message))
    }
}

fn no_spill(error: &(dyn std::error::Error + 'static)) -> GovernError {
    tracing::error!(error, "no folder to spill into");
    GovernError::new(
        Kind::Unavailable,
        "the server has no folder for what does not fit in memory",
    )
}
