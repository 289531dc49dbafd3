//! Taking a file apart with every core: one thread finds where pieces begin
//! and end, the others turn them into rows and do what is to be done with them.
//! Only a few pieces are in memory at a time, however large the file.

use crate::Error;
use jcw_extract::{Piece, ReadError, Reader, Summary};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

/// Why a file was not taken in, or not to its end.
pub(crate) enum Halt {
    /// The file: it is held or rejected, and the run goes on.
    File(ReadError),
    /// A rule that rejects the whole file was broken.
    Rule {
        /// The rule.
        rule: String,
        /// What the partner is told.
        reason: String,
        /// `held` or `rejected`.
        status: &'static str,
    },
    /// The machine: the run stops.
    Run(Error),
}

/// What one of the parallel workers does with rows.
pub(crate) trait Worker: Send + 'static {
    /// Takes one piece.
    fn take(&mut self, piece: Piece) -> impl Future<Output = Result<(), Halt>> + Send;
}

/// Feeds every piece of `reader` to one of the workers and gives them back
/// when all is read, with what the reader says of the whole.
pub(crate) async fn work_through<W: Worker>(
    reader: Box<dyn Reader>,
    workers: Vec<W>,
) -> Result<(Vec<W>, Summary), Halt> {
    let (pieces, queue) = mpsc::channel::<Piece>(workers.len() * 2);
    let queue = Arc::new(Mutex::new(queue));
    let finder = tokio::task::spawn_blocking(move || find(reader, &pieces));
    let tasks: Vec<_> = workers
        .into_iter()
        .map(|worker| tokio::spawn(drain(worker, Arc::clone(&queue))))
        .collect();
    // The workers hold the queue's only ends, so that a reader whose workers
    // have all stopped stops too.
    drop(queue);
    let mut done = Vec::with_capacity(tasks.len());
    let mut halt = None;
    for task in tasks {
        match task.await {
            Ok(Ok(worker)) => done.push(worker),
            Ok(Err(first)) => halt = halt.or(Some(first)),
            Err(error) => halt = halt.or(Some(Halt::Run(error.into()))),
        }
    }
    let reader = match finder.await {
        Ok(found) => found,
        Err(error) => return Err(Halt::Run(error.into())),
    };
    // What the reader found wrong comes first: it is about the file as such.
    let reader = reader.map_err(Halt::File)?;
    match halt {
        Some(halt) => Err(halt),
        None => Ok((done, reader.finish().map_err(Halt::File)?)),
    }
}

fn find(
    mut reader: Box<dyn Reader>,
    pieces: &mpsc::Sender<Piece>,
) -> Result<Box<dyn Reader>, ReadError> {
    while let Some(piece) = reader.next_piece() {
        if pieces.blocking_send(piece?).is_err() {
            break;
        }
    }
    Ok(reader)
}

async fn drain<W: Worker>(
    mut worker: W,
    queue: Arc<Mutex<mpsc::Receiver<Piece>>>,
) -> Result<W, Halt> {
    loop {
        let piece = queue.lock().await.recv().await;
        let Some(piece) = piece else {
            return Ok(worker);
        };
        worker.take(piece).await?;
    }
}
