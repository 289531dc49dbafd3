//! An answer as the body of a response: written as the client reads. What goes
//! wrong in its first piece is a [`Problem`]; after it the body is broken off,
//! which every client of HTTP tells from its end.

use super::ask::Choices;
use super::encoding::{CsvOptions, Encoding};
use super::format::Format;
use super::parameter;
use super::problem::Problem;
use arrow::error::ArrowError;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{HeaderName, HeaderValue, header};
use jcw_govern::{Answer, GovernError, Kind, Session};
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
    session: &Session,
    sql: &str,
    parameters: &[Value],
    format: Format,
    choices: &Choices,
) -> Result<Response, Problem> {
    let begun = begin(session, sql, parameters, format, choices).await?;
    Ok(begun.respond(session, format))
}

/// An answer that has begun well.
struct Begun {
    answer: Answer,
    encoding: Encoding,
    /// The first piece, and whether there is more: what goes wrong in a short
    /// answer is told properly.
    first: Option<(Bytes, bool)>,
}

async fn begin(
    session: &Session,
    sql: &str,
    parameters: &[Value],
    format: Format,
    choices: &Choices,
) -> Result<Begun, GovernError> {
    let statement = parameter::prepare(session, sql, parameters).await?;
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
    let mut begun = Begun {
        answer: statement.run(values).await?,
        encoding,
        first: None,
    };
    begun.first = Some(begun.piece().await?);
    Ok(begun)
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
    fn respond(self, session: &Session, format: Format) -> Response {
        let body = Body::from_stream(stream::try_unfold(Some(self), async |begun| {
            let Some(mut begun) = begun else {
                return Ok(None);
            };
            match begun.piece().await {
                Ok((piece, is_more)) => Ok(Some((piece, is_more.then_some(begun)))),
                Err(error) => {
                    tracing::debug!(kind = ?error.kind, "an answer was broken off");
                    // What came before is sent first.
                    tokio::task::yield_now().await;
                    Err(error)
                }
            }
        }));
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
    async fn piece(&mut self) -> Result<(Bytes, bool), GovernError> {
        if let Some(first) = self.first.take() {
            return Ok(first);
        }
        while self.encoding.waiting() < PIECE {
            let Some(batch) = self.answer.next().await.transpose()? else {
                self.encoding.finish().map_err(unwritten)?;
                return Ok((self.encoding.take(), false));
            };
            self.encoding.write(&batch).map_err(unwritten)?;
        }
        Ok((self.encoding.take(), true))
    }
}
