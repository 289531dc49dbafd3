//! An [`Answer`] is the stream of batches that a statement gives.

use crate::error::{GovernError, Kind, Result};
use crate::outlet::outlet_batch;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::physical_plan::SendableRecordBatchStream;
use futures::{Stream, StreamExt as _};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio_util::sync::CancellationToken;

/// Batches, each with the schema that the statement promised. Dropping it stops
/// the query.
pub struct Answer {
    schema: SchemaRef,
    stream: SendableRecordBatchStream,
    cancel: CancellationToken,
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
    pub(crate) fn new(schema: SchemaRef, stream: SendableRecordBatchStream) -> Self {
        Answer {
            schema,
            stream,
            cancel: CancellationToken::new(),
        }
    }

    /// What the statement promised.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// A handle to stop it.
    pub fn cancel(&self) -> Cancel {
        Cancel(self.cancel.clone())
    }
}

impl Stream for Answer {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.cancel.is_cancelled() {
            let error = GovernError::new(Kind::Cancelled, "the query was cancelled");
            return Poll::Ready(Some(Err(error)));
        }
        let next = self.stream.poll_next_unpin(context);
        next.map(|batch| {
            let batch = batch?.map_err(|error| {
                tracing::debug!(%error, "an answer failed");
                GovernError::new(Kind::Value, "the query cannot be answered")
            });
            Some(batch.and_then(|batch| outlet_batch(&self.schema, &batch)))
        })
    }
}
