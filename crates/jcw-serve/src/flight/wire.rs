//! The wire of DoGet: answers as gRPC frames whose bodies are the batches' own
//! buffers. gRPC's usual way writes each message into one piece and copies that
//! into another, which for answers of gigabytes is most of what a server does.

use super::MOST_RECEIVED;
use super::actions::malformed;
use super::batches::Message;
use super::error::Result;
use super::service::Service;
use arrow::buffer::Buffer;
use arrow_flight::Ticket;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::{BufMut as _, Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt as _};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::StreamBody;
use hyper::body::Frame;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use std::convert::Infallible;
use tonic::Status;
use tonic::metadata::MetadataMap;

/// Where gRPC has this call.
pub(super) const DO_GET: &str = "/arrow.flight.protocol.FlightService/DoGet";

/// A flag and a length before each message of gRPC.
const PREFIX: usize = 5;
/// Smaller buffers are put together: a frame costs more than their copy.
const SMALL: usize = 16 << 10;

/// The call.
pub(super) async fn fetch(State(service): State<Service>, request: Request) -> Response {
    match begin(&service, request).await {
        Ok(answer) => {
            let mut response = Response::new(Body::new(StreamBody::new(frames(answer))));
            let kind = HeaderValue::from_static("application/grpc");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        Err(status) => status.into_http(),
    }
}

async fn begin(service: &Service, request: Request) -> Result<BoxStream<'static, Result<Message>>> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_RECEIVED + PREFIX).await;
    let body = body.map_err(|_| Status::out_of_range("the ticket is too large"))?;
    // A length that is not that of the body, or a compressed message, which was
    // never agreed on.
    let sent = (body.get(..PREFIX)).and_then(|prefix| <[u8; PREFIX]>::try_from(prefix).ok());
    let [0, length @ ..] = sent.ok_or_else(|| malformed("no message"))? else {
        return Err(Status::unimplemented("messages may not be compressed"));
    };
    if u32::from_be_bytes(length) as usize != body.len() - PREFIX {
        return Err(malformed("another length"));
    }
    let ticket = Ticket::decode(body.slice(PREFIX..)).map_err(malformed)?;
    let headers = MetadataMap::from_headers(parts.headers);
    let request = tonic::Request::from_parts(headers, parts.extensions, ticket);
    service.answer(request).await
}

/// The answer's frames, and how it ended.
fn frames(
    answer: BoxStream<'static, Result<Message>>,
) -> impl futures::Stream<Item = Result<Frame<Bytes>, Infallible>> {
    let ended = |status: &Status| {
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            let internal = HeaderValue::from_static("13");
            trailers.insert("grpc-status", internal);
        }
        Frame::trailers(trailers)
    };
    let parts = stream::unfold(Some(answer), move |answer| async move {
        let mut answer = answer?;
        match answer.next().await {
            Some(Ok(message)) => {
                let parts = pieces(message).into_iter().map(Frame::data).collect();
                Some((parts, Some(answer)))
            }
            Some(Err(status)) => Some((vec![ended(&status)], None)),
            None => Some((vec![ended(&Status::ok(""))], None)),
        }
    });
    parts.flat_map(|parts: Vec<_>| stream::iter(parts.into_iter().map(Ok)))
}

/// A message as gRPC and protocol buffers frame it: FlightData with its second
/// field, the head, and its thousandth, the body.
fn pieces(message: Message) -> Vec<Bytes> {
    const HEAD: u32 = 2;
    const BODY: u32 = 1000;
    let mut fields = BytesMut::with_capacity(message.head.len() + 64);
    let length = message.body_length();
    encode_key(HEAD, WireType::LengthDelimited, &mut fields);
    encode_varint(message.head.len() as u64, &mut fields);
    fields.extend_from_slice(&message.head);
    if length > 0 {
        encode_key(BODY, WireType::LengthDelimited, &mut fields);
        encode_varint(length as u64, &mut fields);
    }
    let mut piece = BytesMut::with_capacity(fields.len() + PREFIX + SMALL);
    piece.put_u8(0);
    // Bodies are cut far below four gigabytes.
    piece.put_u32(u32::try_from(fields.len() + length).unwrap_or(u32::MAX));
    piece.extend_from_slice(&fields);
    let mut pieces = Vec::new();
    for part in message.body {
        if part.len() < SMALL {
            piece.extend_from_slice(&part);
            continue;
        }
        if !piece.is_empty() {
            pieces.push(piece.split().freeze());
        }
        pieces.push(Bytes::from_owner(Part(part)));
    }
    if !piece.is_empty() {
        pieces.push(piece.freeze());
    }
    pieces
}

/// A buffer that is sent as it is.
struct Part(Buffer);

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::batches::Batches;
    use super::*;
    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use arrow_flight::FlightData;
    use arrow_flight::decode::FlightRecordBatchStream;
    use futures::TryStreamExt as _;
    use std::sync::Arc;

    fn batch(rows: i64) -> RecordBatch {
        let numbers = Int64Array::from_iter((0..rows).map(|row| (row % 7 > 0).then_some(row)));
        let texts = StringArray::from_iter((0..rows).map(|row| Some(format!("row {row}"))));
        let columns = [
            ("n", Arc::new(numbers) as _),
            ("text", Arc::new(texts) as _),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[tokio::test]
    async fn pieces_are_the_messages_that_grpc_would_have_sent() {
        for (rows, skipped) in [(1, 0), (3, 1), (100_000, 0), (100_000, 12_345)] {
            let batch = batch(rows).slice(skipped, rows as usize - skipped);
            let mut out = Batches::new(batch.schema()).unwrap();
            out.push(batch.clone()).unwrap();
            out.flush().unwrap();
            let mut messages = Vec::new();
            while let Some(message) = out.next() {
                let whole = Bytes::from(pieces(message).concat());
                let length = u32::from_be_bytes(whole[1..PREFIX].try_into().unwrap());
                assert_eq!(length as usize, whole.len() - PREFIX);
                messages.push(Ok(FlightData::decode(whole.slice(PREFIX..)).unwrap()));
            }
            let messages = stream::iter(messages).boxed();
            let read = FlightRecordBatchStream::new_from_flight_data(messages);
            let read: Vec<_> = read.try_collect().await.unwrap();
            let read = arrow::compute::concat_batches(&batch.schema(), &read).unwrap();
            assert_eq!(read, batch);
        }
    }

    #[test]
    fn large_buffers_are_sent_as_they_are() {
        let batch = batch(8192);
        let own = batch.column(0).to_data().buffers()[0].as_ptr();
        let mut out = Batches::new(batch.schema()).unwrap();
        out.push(batch).unwrap();
        out.flush().unwrap();
        out.next();
        let pieces = pieces(out.next().unwrap());
        assert!(pieces.iter().any(|piece| piece.as_ptr() == own));
    }
}
