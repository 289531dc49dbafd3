//! How batches leave: as Arrow IPC messages that every client takes (under the
//! 16 MiB that ADBC allows, whatever the width of a row), none so small that
//! there are more headers than rows.

use super::error::{Result, ours};
use arrow::array::{Array as _, RecordBatch};
use arrow::buffer::Buffer;
use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::{IpcWriteOptions, StreamEncoder};
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

/// One message: its head, and a body in parts that are the batch's own buffers.
pub(super) struct Message {
    /// What Arrow calls the metadata.
    pub(super) head: Bytes,
    /// In order, padding and all.
    pub(super) body: Vec<Buffer>,
}

/// Turns batches of one schema into messages.
pub(super) struct Batches {
    schema: SchemaRef,
    writer: StreamEncoder,
    gathered: Vec<RecordBatch>,
    gathered_bytes: usize,
    ready: VecDeque<Message>,
}

impl Batches {
    /// The first message tells the schema.
    pub(super) fn new(schema: SchemaRef) -> Result<Self> {
        let first: FlightData = SchemaAsIpc::new(&schema, &IpcWriteOptions::default()).into();
        let first = Message {
            head: first.data_header,
            body: Vec::new(),
        };
        let mut writer = StreamEncoder::try_new(&schema).map_err(ours)?;
        // Its own schema message comes with the first batch; ours has been made.
        let nothing = RecordBatch::new_empty(schema.clone());
        writer.encode(&nothing).map_err(ours)?;
        Ok(Batches {
            ready: VecDeque::from([first]),
            schema,
            writer,
            gathered: Vec::new(),
            gathered_bytes: 0,
        })
    }

    /// The next message, if there is one.
    pub(super) fn next(&mut self) -> Option<Message> {
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
        let encoded = self.writer.encode(batch).map_err(ours)?;
        self.ready.push_back(Message::of(encoded)?);
        Ok(())
    }
}

impl Message {
    /// Of the parts of one message of an IPC stream: a mark, the length of the
    /// head, the head, the body.
    fn of(encoded: Vec<Buffer>) -> Result<Message> {
        const MARK: usize = 8;
        let mut parts = encoded.into_iter();
        let mut head = Vec::new();
        let mut length = usize::MAX;
        while head.len() < length {
            let part = parts
                .next()
                .ok_or_else(|| ours("a message without an end"))?;
            head.extend_from_slice(&part);
            if let Some(told) = head.get(4..MARK).and_then(|told| told.try_into().ok()) {
                length = MARK + u32::from_le_bytes(told) as usize;
            }
        }
        if head.len() > length {
            return Err(ours("a head that is not its own part"));
        }
        Ok(Message {
            head: Bytes::from(head).slice(MARK..),
            body: parts.collect(),
        })
    }

    /// Bytes of the body.
    pub(super) fn body_length(&self) -> usize {
        self.body.iter().map(|part| part.len()).sum()
    }
}

impl From<Message> for FlightData {
    fn from(message: Message) -> Self {
        let mut body = Vec::with_capacity(message.body_length());
        for part in &message.body {
            body.extend_from_slice(part);
        }
        FlightData {
            data_body: body.into(),
            data_header: message.head,
            ..FlightData::default()
        }
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
        let mut out = Batches::new(batches[0].schema()).unwrap();
        for batch in batches {
            out.push(batch).unwrap();
        }
        out.flush().unwrap();
        std::iter::from_fn(|| out.next())
            .map(FlightData::from)
            .collect()
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
        let refused = (Batches::new(batch.schema()).unwrap().push(batch)).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    }
}
