//! How batches leave: as Arrow IPC messages that every client takes (under the
//! 16 MiB that ADBC allows, whatever the width of a row), none so small that
//! there are more headers than rows.

use super::error::{Result, ours};
use arrow::array::{Array as _, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow_flight::{FlightData, IpcMessage, SchemaAsIpc};
use bytes::Bytes;
use std::collections::VecDeque;
use tonic::Status;

/// Batches are put together until they are so large.
const ENOUGH: usize = 256 << 10;
/// Larger ones are cut.
const PLENTY: usize = 4 << 20;
/// A message that a client may refuse: its default is 16 MiB, headers and all.
const TOO_MUCH: usize = (16 << 20) - (64 << 10);

/// Turns batches of one schema into messages.
pub(super) struct Batches {
    schema: SchemaRef,
    options: IpcWriteOptions,
    writer: IpcDataGenerator,
    dictionaries: DictionaryTracker,
    context: IpcWriteContext,
    gathered: Vec<RecordBatch>,
    gathered_bytes: usize,
    ready: VecDeque<FlightData>,
}

impl Batches {
    /// The first message tells the schema.
    pub(super) fn new(schema: SchemaRef) -> Self {
        let options = IpcWriteOptions::default();
        let first = SchemaAsIpc::new(&schema, &options).into();
        Batches {
            ready: VecDeque::from([first]),
            schema,
            options,
            writer: IpcDataGenerator::default(),
            dictionaries: DictionaryTracker::new(false),
            context: IpcWriteContext::default(),
            gathered: Vec::new(),
            gathered_bytes: 0,
        }
    }

    /// The next message, if there is one.
    pub(super) fn next(&mut self) -> Option<FlightData> {
        self.ready.pop_front()
    }

    /// Takes a batch in.
    ///
    /// # Errors
    /// RESOURCE_EXHAUSTED when one row alone is more than a client takes.
    pub(super) fn push(&mut self, batch: RecordBatch) -> Result<()> {
        let bytes = weight(&batch)?;
        if bytes >= ENOUGH {
            self.flush()?;
            return self.write(&batch, bytes);
        }
        if batch.num_rows() > 0 {
            self.gathered.push(batch);
            self.gathered_bytes += bytes;
        }
        match self.gathered_bytes >= ENOUGH {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Lets out what was gathered.
    pub(super) fn flush(&mut self) -> Result<()> {
        let bytes = std::mem::take(&mut self.gathered_bytes);
        let gathered = std::mem::take(&mut self.gathered);
        match gathered.as_slice() {
            [] => Ok(()),
            [one] => self.write(one, bytes),
            several => {
                let one = concat_batches(&self.schema, several).map_err(ours)?;
                self.write(&one, bytes)
            }
        }
    }

    fn write(&mut self, batch: &RecordBatch, bytes: usize) -> Result<()> {
        let rows = batch.num_rows();
        if bytes > PLENTY && rows > 1 {
            let half = rows / 2;
            for part in [batch.slice(0, half), batch.slice(half, rows - half)] {
                let bytes = weight(&part)?;
                self.write(&part, bytes)?;
            }
            return Ok(());
        }
        if bytes > TOO_MUCH {
            return Err(Status::resource_exhausted(
                "a single row is larger than clients take (16 MiB); ask for fewer or shorter columns",
            ));
        }
        let (dictionaries, message) = self
            .writer
            .encode(
                batch,
                &mut self.dictionaries,
                &self.options,
                &mut self.context,
            )
            .map_err(ours)?;
        self.ready
            .extend(dictionaries.into_iter().map(FlightData::from));
        self.ready.push_back(message.into());
        Ok(())
    }
}

/// What a batch takes on the wire, but for headers.
fn weight(batch: &RecordBatch) -> Result<usize> {
    let mut bytes = 0;
    for column in batch.columns() {
        bytes += column.to_data().get_slice_memory_size().map_err(ours)?;
    }
    Ok(bytes)
}

/// A schema as messages carry it: encapsulated, as Flight wants it.
pub(super) fn schema_bytes(schema: &Schema) -> Result<Bytes> {
    let options = IpcWriteOptions::default();
    let IpcMessage(bytes) = SchemaAsIpc::new(schema, &options)
        .try_into()
        .map_err(ours)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{DataType, Field};
    use arrow_flight::decode::FlightRecordBatchStream;
    use futures::{StreamExt as _, TryStreamExt as _};
    use prost::Message as _;
    use std::sync::Arc;

    fn messages(batches: Vec<RecordBatch>) -> Vec<FlightData> {
        let mut out = Batches::new(batches[0].schema());
        for batch in batches {
            out.push(batch).unwrap();
        }
        out.flush().unwrap();
        std::iter::from_fn(|| out.next()).collect()
    }

    async fn read(messages: Vec<FlightData>) -> Vec<RecordBatch> {
        let messages = futures::stream::iter(messages.into_iter().map(Ok));
        let read = FlightRecordBatchStream::new_from_flight_data(messages.boxed());
        read.try_collect().await.unwrap()
    }

    fn numbers(range: std::ops::Range<i64>) -> RecordBatch {
        let numbers = Int64Array::from_iter_values(range);
        RecordBatch::try_from_iter([("number", Arc::new(numbers) as _)]).unwrap()
    }

    #[tokio::test]
    async fn small_batches_are_put_together_and_nothing_is_lost() {
        let small: Vec<_> = (0..1000).map(|n| numbers(n * 10..n * 10 + 10)).collect();
        let sent = messages(small);
        assert_eq!(sent.len(), 2, "the schema and one batch");
        let read = read(sent).await;
        let back = concat_batches(&read[0].schema(), &read).unwrap();
        assert_eq!(back, numbers(0..10_000));
    }

    #[tokio::test]
    async fn no_message_is_over_16_mib_whatever_the_width_of_a_row() {
        // Ten rows of nearly everything and many of nearly nothing.
        let texts: Vec<String> = (0..2000)
            .map(|row| "x".repeat(if row % 200 == 7 { 3 << 20 } else { 10 }))
            .collect();
        let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, true)]));
        let texts = Arc::new(StringArray::from(texts));
        let batch = RecordBatch::try_new(schema, vec![texts]).unwrap();
        let sent = messages(vec![batch.clone()]);
        let largest = sent.iter().map(FlightData::encoded_len).max().unwrap();
        assert!(largest < 8 << 20, "{largest}");
        let read = read(sent).await;
        assert_eq!(concat_batches(&batch.schema(), &read).unwrap(), batch);
    }

    #[test]
    fn a_row_that_no_client_takes_is_refused() {
        let text = Arc::new(StringArray::from(vec!["x".repeat(17 << 20)]));
        let batch = RecordBatch::try_from_iter([("text", text as _)]).unwrap();
        let refused = Batches::new(batch.schema()).push(batch).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    }
}
