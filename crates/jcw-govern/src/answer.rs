//! An [`Answer`] is the stream of batches that a statement gives.

use crate::error::{GovernError, Kind, Result};
use crate::limits::Running;
use crate::log::Question;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::Stream;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, ready};
use tokio_util::sync::CancellationToken;

/// Batches, each with the schema that the statement promised. It ends with
/// nothing only when it is whole. Dropping it stops the query.
pub struct Answer {
    schema: SchemaRef,
    running: Running,
    stopped: Pin<Box<dyn Future<Output = GovernError> + Send>>,
    /// Taken when the answer has ended and the query log says so.
    question: Option<Question>,
}

/// Stops an answer from elsewhere.
#[derive(Debug, Clone)]
pub struct Cancel(CancellationToken);

impl Cancel {
    /// Stops it; the stream ends with [`Kind::Cancelled`].
    pub fn now(&self) {
        self.0.cancel();
    }
}

impl Answer {
    pub(crate) fn new(schema: SchemaRef, running: Running, question: Question) -> Self {
        Answer {
            schema,
            stopped: Box::pin(running.stopped()),
            running,
            question: Some(question),
        }
    }

    /// What the statement promised.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// A handle to stop it.
    pub fn cancel(&self) -> Cancel {
        Cancel(self.running.cancel.clone())
    }

    /// The query log says how it ended before its reader hears it.
    fn end(&mut self, end: Result<()>) -> Option<Result<RecordBatch>> {
        let question = self.question.take()?;
        match end {
            Ok(()) => question.answered().err().map(Err),
            Err(error) => Some(Err(question.failed(error))),
        }
    }

    fn ended(&self) -> Result<()> {
        let end = self.running.end.lock();
        let end = end.unwrap_or_else(PoisonError::into_inner).take();
        end.unwrap_or_else(|| {
            Err(GovernError::new(
                Kind::Internal,
                "the query broke; tell those who run the warehouse",
            ))
        })
    }
}

impl Stream for Answer {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.question.is_none() {
            return Poll::Ready(None);
        }
        if let Poll::Ready(error) = self.stopped.as_mut().poll(context) {
            self.running.batches.close();
            self.running.cancel.cancel();
            return Poll::Ready(self.end(Err(error)));
        }
        match ready!(self.running.batches.poll_recv(context)) {
            Some(batch) => {
                if let Some(question) = &mut self.question {
                    question.gave(&batch);
                }
                Poll::Ready(Some(Ok(batch)))
            }
            None => {
                let ended = self.ended();
                Poll::Ready(self.end(ended))
            }
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.running.cancel.cancel();
    }
}
