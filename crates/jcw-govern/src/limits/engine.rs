//! The engine is where queries are planned and run, on threads of their own: an
//! operator that works long without a pause does not keep a door waiting, and a
//! plan that is deep finds a stack that is large.

use crate::error::{GovernError, Kind, Result};
use std::future::Future;
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// Bytes; only what is used of it is real memory.
const STACK: usize = 64 << 20;

/// Threads that plan, at most. Their number is bounded by admission already; the
/// rest read files for them.
const PLANNERS: usize = 96;

/// A thread that has planned nothing for so long goes, and its memory with it.
const IDLE: Duration = Duration::from_secs(1);

/// Threads for planning and running.
#[derive(Debug)]
pub(crate) struct Engine {
    running: Background,
    planning: Background,
}

impl Engine {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) fn start() -> Result<Engine> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let mut running = Builder::new_multi_thread();
        running.worker_threads(cores).thread_name("jcw-engine");
        let mut planning = Builder::new_multi_thread();
        (planning.worker_threads(1))
            .thread_name("jcw-planner")
            .thread_keep_alive(IDLE)
            .max_blocking_threads(PLANNERS);
        Ok(Engine {
            running: Background::start(running)?,
            planning: Background::start(planning)?,
        })
    }

    /// Starts a query.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        query: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>> {
        Ok(self.running.handle()?.spawn(query))
    }

    /// Plans on a thread of its own, and gives up waiting after `time`. The
    /// thread itself cannot be stopped; `held` is dropped when it is done.
    pub(crate) async fn plan<T: Send + 'static>(
        &self,
        time: Duration,
        held: impl Send + 'static,
        planning: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let handle = self.planning.handle()?;
        let inside = handle.clone();
        let task = handle.spawn_blocking(move || {
            let planned = inside.block_on(planning);
            drop(held);
            planned
        });
        match tokio::time::timeout(time, task).await {
            Ok(Ok(planned)) => planned,
            Ok(Err(failed)) => {
                tracing::error!(is_panic = failed.is_panic(), "planning a query failed");
                Err(GovernError::new(
                    Kind::Internal,
                    "the query could not be planned; tell those who run the warehouse",
                ))
            }
            Err(_) => Err(GovernError::new(
                Kind::Time,
                "the query is too complicated to plan; ask for less at once",
            )),
        }
    }
}

/// A runtime that may be dropped anywhere, and waits for nothing then.
#[derive(Debug)]
struct Background(Option<Runtime>);

impl Background {
    fn start(mut builder: Builder) -> Result<Background> {
        let built = builder.enable_all().thread_stack_size(STACK).build();
        match built {
            Ok(runtime) => Ok(Background(Some(runtime))),
            Err(error) => {
                tracing::error!(%error, "no threads for queries");
                Err(stopping())
            }
        }
    }

    fn handle(&self) -> Result<&Handle> {
        self.0.as_ref().map(Runtime::handle).ok_or_else(stopping)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What is said to everybody who asks while the server stops.
pub(super) fn stopping() -> GovernError {
    GovernError::new(
        Kind::Unavailable,
        "the server is stopping; ask again in a moment",
    )
}
