//! An answer as the body of a response: written as the client reads. What goes
//! wrong before its first bytes is a [`Problem`]; after them the body is broken
//! off, which every client of HTTP tells from its end.

use super::ask::Choices;
use super::encoding::{CsvOptions, Encoding};
use super::format::Format;
use super::parameter;
use super::problem::Problem;
use crate::metrics::{Counted, Numbers};
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{HeaderName, HeaderValue, header};
use jcw_govern::{Answer, Door, GovernError, Kind, Session};
use serde_json::Value;

/// A piece of a body, in bytes, more or less.
const PIECE: usize = 64 << 10;
/// Which release the answer is of.
const RELEASE: HeaderName = HeaderName::from_static("x-jcw-release");

/// Asks a session, and answers.
///
/// # Errors
/// When it goes wrong before the first bytes.
pub(super) async fn answer(
    numbers: &Numbers,
    session: &Session,
    sql: &str,
    parameters: &[Value],
    format: Format,
    choices: &Choices,
) -> Result<Response, Problem> {
    let mut counted = numbers.question(Door::Http);
    match begin(session, sql, parameters, format, choices).await {
        Ok(begun) => Ok(begun.respond(session, format, counted)),
        Err(error) => {
            counted.failed(error.kind);
            Err(error.into())
        }
    }
}

/// An answer that has begun well.
struct Begun {
    answer: Answer,
    encoding: Encoding,
    /// None when there are no rows at all.
    first: Option<RecordBatch>,
}

async fn begin(
    session: &Session,
    sql: &str,
    parameters: &[Value],
    format: Format,
    choices: &Choices,
) -> Result<Begun, GovernError> {
    let statement = session.prepare(sql).await?;
    if format == Format::Json {
        names_differ(statement.schema().fields())?;
    }
    let values = parameter::values(&statement, parameters)?;
    let csv = CsvOptions {
        bom: choices.bom,
        escape: choices.escape,
    };
    let release = &session.release().id;
    let encoding = Encoding::begin(format, statement.schema(), release, csv).map_err(unwritten)?;
    let mut answer = statement.run(values).await?;
    let first = answer.next().await.transpose()?;
    Ok(Begun {
        answer,
        encoding,
        first,
    })
}

/// A JSON object has a name once.
fn names_differ(fields: &arrow::datatypes::Fields) -> Result<(), GovernError> {
    let mut names: Vec<&String> = fields.iter().map(|field| field.name()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => {
            let message = format!("two columns are called \"{}\"; name one with `as`", pair[0]);
            Err(GovernError::new(Kind::Value, message))
        }
    }
}

fn unwritten(error: ArrowError) -> GovernError {
    match error {
        ArrowError::NotYetImplemented(message) => GovernError::new(Kind::Unsupported, message),
        error => {
            tracing::warn!(%error, "an answer cannot be written");
            GovernError::new(Kind::Unsupported, "this format cannot hold such columns")
        }
    }
}

impl Begun {
    fn respond(self, session: &Session, format: Format, counted: Counted) -> Response {
        let body = Body::from_stream(stream::try_unfold(
            Some((self, counted)),
            async |state| match state {
                None => Ok(None),
                Some((mut begun, mut counted)) => match begun.piece(&mut counted).await {
                    Ok((piece, true)) => Ok(Some((piece, Some((begun, counted))))),
                    Ok((piece, false)) => {
                        counted.answered();
                        Ok(Some((piece, None)))
                    }
                    Err(error) => {
                        counted.failed(error.kind);
                        tracing::debug!(kind = ?error.kind, "an answer was broken off");
                        Err(error)
                    }
                },
            },
        ));
        let mut response = body.into_response();
        let headers = response.headers_mut();
        let content = HeaderValue::from_static(format.content_type());
        headers.insert(header::CONTENT_TYPE, content);
        if let Ok(release) = HeaderValue::from_str(&session.release().id) {
            headers.insert(RELEASE, release);
        }
        response
    }

    /// Some more of the body, and whether there is more.
    async fn piece(&mut self, counted: &mut Counted) -> Result<(Bytes, bool), GovernError> {
        let mut is_more = true;
        while is_more && self.encoding.waiting() < PIECE {
            let next = match self.first.take() {
                Some(first) => Some(first),
                None => self.answer.next().await.transpose()?,
            };
            match next {
                Some(batch) => {
                    counted.gave(batch.num_rows(), 0);
                    self.encoding.write(&batch).map_err(unwritten)?;
                }
                None => {
                    self.encoding.finish().map_err(unwritten)?;
                    is_more = false;
                }
            }
        }
        let piece = self.encoding.take();
        counted.gave(0, piece.len());
        Ok((piece, is_more))
    }
}
