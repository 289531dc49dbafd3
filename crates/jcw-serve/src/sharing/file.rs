//! A file of a shared table, streamed from the lake, whole or a range of it.

use super::refusal::{Refusal, Result};
use super::shelf::{Asker, Shelf};
use super::ticket::Ticket;
use crate::house::{House, address};
use crate::http::caller::Caller;
use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use futures::{Stream, TryStream, TryStreamExt as _, future};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jcw_govern::{Door, GovernError, Kind, Parcel, ReleaseChoice};
use object_store::{GetOptions, GetRange, ObjectStore as _};
use std::ops::Range;

/// Gives a file to whom its address was given.
pub(super) async fn give(
    State(house): State<House>,
    Path(sealed): Path<String>,
    request: Request,
) -> Result<Response> {
    let (parts, _) = request.into_parts();
    let ticket = Ticket::open(house.logins.key(), &sealed, Utc::now());
    let ticket = ticket.ok_or_else(Refusal::no_ticket)?;
    house
        .logins
        .still(&ticket.pass)
        .map_err(|_| Refusal::no_ticket())?;
    house.knows(&parts.extensions);
    let owner = ticket.pass.principal().ok_or_else(Refusal::no_ticket)?;
    // Clients show nothing here, for other servers' addresses lead elsewhere; who
    // shows something must be the owner.
    if parts.headers.contains_key(header::AUTHORIZATION) {
        let caller = Caller::known(&house, Door::Sharing, &parts).await?;
        let (shown, owner) = (&caller.principal, &owner);
        if (&shown.name, &shown.role) != (&owner.name, &owner.role) {
            return Err(Refusal::no_ticket());
        }
    }
    let asker = Asker {
        principal: owner,
        pass: ticket.pass.clone(),
        purpose: None,
        from: address(&parts.extensions),
    };
    let release = ReleaseChoice::Named(ticket.release.clone());
    let shelf = Shelf::of(&house, asker, release).await?;
    if !shelf.has(&ticket.table) {
        return Err(Refusal::missing());
    }
    let range = match wanted(&parts.headers, &ticket) {
        Wanted::Whole => None,
        Wanted::Part(range) => Some(range),
        Wanted::Nothing => return Ok(unsatisfiable(&ticket)),
    };
    let body = match parts.method == Method::HEAD {
        true => Body::empty(),
        false => stream(&house, &shelf, &ticket, range.clone()).await?,
    };
    Ok(respond(&ticket, range, body))
}

/// What of a file is wanted.
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// A range that it does not have.
    Nothing,
}

/// One range; several at once are answered with the whole, as HTTP allows.
fn wanted(headers: &HeaderMap, ticket: &Ticket) -> Wanted {
    let Some(range) = headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok())
    else {
        return Wanted::Whole;
    };
    let known = headers.get(header::IF_RANGE);
    if known.is_some_and(|known| known.as_bytes() != tag(ticket).as_bytes()) {
        return Wanted::Whole;
    }
    match part(range, ticket.size) {
        Some(Some(range)) => Wanted::Part(range),
        Some(None) => Wanted::Nothing,
        None => Wanted::Whole,
    }
}

/// `bytes=0-99`, `bytes=100-`, `bytes=-8` of `size` bytes: none where that is not
/// one range, `Some(None)` where there are no such bytes.
fn part(range: &str, size: u64) -> Option<Option<Range<u64>>> {
    let (first, last) = range.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse::<u64>().ok(),
        false => None,
    };
    let range = match (first, last) {
        ("", last) => size.saturating_sub(number(last)?)..size,
        (first, "") => number(first)?..size,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some((range.start < range.end).then_some(range))
}

/// It never changes: its name is a new one each time.
fn tag(ticket: &Ticket) -> String {
    let name = ticket.path.rsplit('/').next().unwrap_or_default();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("\"{name}\"")
}

async fn stream(
    house: &House,
    shelf: &Shelf,
    ticket: &Ticket,
    range: Option<Range<u64>>,
) -> Result<Body> {
    let path = object_store::path::Path::parse(&ticket.path).map_err(Refusal::unavailable)?;
    let options = GetOptions {
        range: range.clone().map(GetRange::Bounded),
        ..GetOptions::default()
    };
    let found = house.governor.lake().store().get_opts(&path, options).await;
    let found = found.map_err(Refusal::unavailable)?;
    let range = range.unwrap_or(0..ticket.size);
    let rows = match range == (0..ticket.size) {
        true => ticket.rows,
        // How many rows a part holds is not known.
        false => 0,
    };
    let parcel = shelf.gives(&ticket.table, rows, range.end - range.start)?;
    let still = shelf.session().stays();
    Ok(Body::from_stream(only_while(
        still,
        parcel,
        found.into_stream(),
    )))
}

/// Breaks a file off between two of its pieces once its owner may not have it any
/// more: an answer that is not whole is an error to every client.
fn only_while<S>(
    still: impl Fn() -> bool,
    mut parcel: Parcel,
    pieces: S,
) -> impl Stream<Item = std::result::Result<Bytes, BoxError>>
where
    S: TryStream<Ok = Bytes, Error: std::error::Error + Send + Sync + 'static>,
{
    pieces.map_err(BoxError::from).and_then(move |piece| {
        let left = match still() {
            true => parcel.gives(piece.len() as u64),
            false => Err(parcel.breaks_off(GovernError::new(
                Kind::Unauthenticated,
                "its owner may not have the file any more",
            ))),
        };
        future::ready(left.map(|()| piece).map_err(BoxError::from))
    })
}

fn respond(ticket: &Ticket, range: Option<Range<u64>>, body: Body) -> Response {
    let length = range
        .as_ref()
        .map_or(ticket.size, |range| range.end - range.start);
    let status = match range {
        None => StatusCode::OK,
        Some(_) => StatusCode::PARTIAL_CONTENT,
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let content = HeaderValue::from_static("application/vnd.apache.parquet");
    headers.insert(header::CONTENT_TYPE, content);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Ok(tag) = HeaderValue::from_str(&tag(ticket)) {
        headers.insert(header::ETAG, tag);
    }
    let said =
        range.map(|range| format!("bytes {}-{}/{}", range.start, range.end - 1, ticket.size));
    if let Some(Ok(said)) = said.map(|said| HeaderValue::from_str(&said)) {
        headers.insert(header::CONTENT_RANGE, said);
    }
    response
}

fn unsatisfiable(ticket: &Ticket) -> Response {
    let said = format!("bytes */{}", ticket.size);
    (
        StatusCode::RANGE_NOT_SATISFIABLE,
        [(header::CONTENT_RANGE, said)],
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_that_the_file_has() {
        assert_eq!(part("bytes=0-9", 100), Some(Some(0..10)));
        assert_eq!(part("bytes=90-", 100), Some(Some(90..100)));
        assert_eq!(part("bytes=-8", 100), Some(Some(92..100)));
        assert_eq!(part("bytes=-800", 100), Some(Some(0..100)));
        assert_eq!(
            part("bytes=0-18446744073709551615", 100),
            Some(Some(0..100))
        );
        assert_eq!(part("bytes=100-", 100), Some(None));
        assert_eq!(part("bytes=-0", 100), Some(None));
        for other in [
            "bytes=0-1,5-6",
            "rows=0-1",
            "bytes=9-0",
            "bytes=-",
            "bytes=+1-2",
            "bytes=a-b",
        ] {
            assert_eq!(part(other, 100), None, "{other}");
        }
    }
}
