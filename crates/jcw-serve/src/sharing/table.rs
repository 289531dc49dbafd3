//! A table as the protocol tells it: lines of JSON, one for the protocol, one for
//! the columns, one for each file with its address.

use super::address::Address;
use super::refusal::{Refusal, Result};
use super::shelf::{Asker, SCHEMA, SHARE, Shelf};
use super::ticket::{GOOD_FOR, Ticket};
use crate::house::House;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jcw_govern::ReleaseChoice;
use jcw_lake::{ListedFile, Listing};
use jcw_login::Pass;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const VERSION: HeaderName = HeaderName::from_static("delta-table-version");
const CAPABILITIES: HeaderName = HeaderName::from_static("delta-sharing-capabilities");
const END: HeaderName = HeaderName::from_static("includeendstreamaction");

type Place = Path<(String, String, String)>;

/// From when on a client wants the version.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Since {
    starting_timestamp: Option<DateTime<Utc>>,
}

/// What a client wants of a table. Hints on rows are not taken: clients filter
/// what they get anyway.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wanted {
    limit_hint: Option<u64>,
    predicate_hints: Option<Vec<String>>,
    json_predicate_hints: Option<String>,
    version: Option<u64>,
    timestamp: Option<DateTime<Utc>>,
    starting_version: Option<u64>,
    ending_version: Option<u64>,
}

/// The version that a table has: the number of the release.
pub(super) async fn version(
    State(house): State<House>,
    asker: Asker,
    Path(place): Place,
    since: std::result::Result<Query<Since>, QueryRejection>,
) -> Result<Response> {
    let wrong = |_| Refusal::malformed("startingTimestamp is as in 2026-03-31T00:00:00Z");
    let Query(since) = since.map_err(wrong)?;
    let (shelf, table) = found(&house, asker, &place, ReleaseChoice::Newest).await?;
    let version = match since.starting_timestamp {
        None => shelf.version(),
        Some(since) => first_since(&house, table, since).await?,
    };
    Ok(([(VERSION, HeaderValue::from(version))], "").into_response())
}

/// The first release with the table at or after a moment.
async fn first_since(house: &House, table: &str, since: DateTime<Utc>) -> Result<u64> {
    let releases = house.governor.lake().releases().await;
    let mut releases = releases.map_err(Refusal::unavailable)?.into_iter();
    let full = format!("{SCHEMA}.{table}");
    let first = releases
        .find(|release| release.created_at >= since && release.contents.tables.contains_key(&full));
    Ok(first.ok_or_else(Refusal::missing)?.sequence)
}

/// What a table's columns are.
pub(super) async fn metadata(
    State(house): State<House>,
    asker: Asker,
    Path(place): Place,
    headers: HeaderMap,
) -> Result<Response> {
    let (shelf, table) = found(&house, asker, &place, ReleaseChoice::Newest).await?;
    let listing = shelf.listing(&house, table).await?;
    let lines = vec![protocol(), columns(table, &listing, shelf.version())];
    Ok(respond(&shelf, &headers, lines, None))
}

/// A table's files.
pub(super) async fn query(
    State(house): State<House>,
    asker: Asker,
    address: Address,
    Path(place): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    let wanted = wanted(&body)?;
    let release = match (wanted.version, wanted.timestamp) {
        (Some(_), Some(_)) => {
            return Err(Refusal::malformed(
                "version and timestamp are asked for apart",
            ));
        }
        (Some(version), None) => ReleaseChoice::Named(version.to_string()),
        (None, Some(moment)) => newest_at(&house, moment).await?,
        (None, None) => ReleaseChoice::Newest,
    };
    let pass = asker.pass.clone();
    let (shelf, table) = found(&house, asker, &place, release).await?;
    let listing = shelf.listing(&house, table).await?;
    // What really leaves is noted file by file.
    shelf.gives(table, 0, 0)?.gives(0)?;
    let until = Utc::now() + GOOD_FOR;
    let mut lines = vec![protocol(), columns(table, &listing, shelf.version())];
    let mut rows = 0;
    for file in &listing.files {
        if wanted.limit().is_some_and(|limit| rows >= limit) {
            break;
        }
        rows += file.rows;
        let sealed = ticket(&house, &pass, &shelf, table, file, until)?;
        lines.push(line(file, address.of_file(&sealed), until));
    }
    Ok(respond(&shelf, &headers, lines, Some(until)))
}

/// Changes are not shared: a release replaces the one before.
pub(super) async fn changes(
    State(house): State<House>,
    asker: Asker,
    Path(place): Place,
) -> Result<Response> {
    found(&house, asker, &place, ReleaseChoice::Newest).await?;
    Err(Refusal::malformed(
        "changes are not shared; read the table as it is, or by version",
    ))
}

impl Wanted {
    /// Rows that are enough, where no filter takes some of them away.
    fn limit(&self) -> Option<u64> {
        let has_hints = self.json_predicate_hints.is_some()
            || (self.predicate_hints.as_ref()).is_some_and(|hints| !hints.is_empty());
        self.limit_hint.filter(|_| !has_hints)
    }
}

fn wanted(body: &Bytes) -> Result<Wanted> {
    let wanted: Wanted = match body.is_empty() {
        true => Wanted::default(),
        false => serde_json::from_slice(body)
            .map_err(|_| Refusal::malformed("the body is not what the protocol says"))?,
    };
    if wanted.starting_version.is_some() || wanted.ending_version.is_some() {
        return Err(Refusal::malformed(
            "changes between versions are not shared",
        ));
    }
    Ok(wanted)
}

/// A table of the shelf, in the share and schema that there are.
async fn found<'p>(
    house: &House,
    asker: Asker,
    (share, schema, table): &'p (String, String, String),
    release: ReleaseChoice,
) -> Result<(Shelf, &'p str)> {
    let shelf = Shelf::of(house, asker, release).await?;
    let is_it = share.eq_ignore_ascii_case(SHARE) && schema.eq_ignore_ascii_case(SCHEMA);
    match is_it && shelf.has(table) {
        true => Ok((shelf, table)),
        false => Err(Refusal::missing()),
    }
}

/// The newest release at a moment.
async fn newest_at(house: &House, moment: DateTime<Utc>) -> Result<ReleaseChoice> {
    let releases = house
        .governor
        .lake()
        .releases()
        .await
        .map_err(Refusal::unavailable)?;
    let mut past = releases.into_iter().rev();
    let found = past.find(|release| release.created_at <= moment);
    Ok(ReleaseChoice::Named(found.ok_or_else(Refusal::missing)?.id))
}

fn protocol() -> Value {
    json!({"protocol": {"minReaderVersion": 1}})
}

fn columns(table: &str, listing: &Listing, version: u64) -> Value {
    json!({"metaData": {
        "id": listing.id,
        "name": table,
        "format": {"provider": "parquet"},
        "schemaString": listing.schema,
        "partitionColumns": listing.partition_by,
        "configuration": {},
        "version": version,
        "size": listing.files.iter().map(|file| file.size).sum::<u64>(),
        "numFiles": listing.files.len(),
    }})
}

fn line(file: &ListedFile, url: String, until: DateTime<Utc>) -> Value {
    let mut id = Sha256::digest(file.path.as_ref())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    id.truncate(32);
    let period = file.period.iter();
    let period: serde_json::Map<_, _> = period
        .map(|(column, value)| (column.clone(), json!(value)))
        .collect();
    json!({"file": {
        "url": url,
        "id": id,
        "partitionValues": period,
        "size": file.size,
        "stats": file.statistics,
        "expirationTimestamp": until.timestamp_millis(),
    }})
}

fn ticket(
    house: &House,
    pass: &Pass,
    shelf: &Shelf,
    table: &str,
    file: &ListedFile,
    until: DateTime<Utc>,
) -> Result<String> {
    let ticket = Ticket {
        pass: pass.clone(),
        release: shelf.session().release().id.clone(),
        table: table.to_owned(),
        path: file.path.to_string(),
        size: file.size,
        rows: file.rows,
        until: until.timestamp(),
    };
    let sealed = ticket.seal(house.logins.key());
    sealed.ok_or_else(|| Refusal::unavailable("an address cannot be signed"))
}

/// Lines of JSON, and at their end a mark that they are all there, for clients
/// that know it.
fn respond(
    shelf: &Shelf,
    asked: &HeaderMap,
    mut lines: Vec<Value>,
    until: Option<DateTime<Utc>>,
) -> Response {
    let capabilities = asked
        .get(CAPABILITIES)
        .and_then(|known| known.to_str().ok());
    let knows_end = capabilities.is_some_and(|known| {
        let mut known = known.split(';').map(str::trim);
        known.any(|known| known.eq_ignore_ascii_case("includeendstreamaction=true"))
    });
    let until = until.filter(|_| knows_end);
    if let Some(until) = until {
        lines.push(json!({"endStreamAction": {
            "minUrlExpirationTimestamp": until.timestamp_millis(),
        }}));
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let content = [(header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8")];
    let mut response = (StatusCode::OK, content, text).into_response();
    let headers = response.headers_mut();
    headers.insert(VERSION, HeaderValue::from(shelf.version()));
    let mut answered = "responseformat=parquet".to_owned();
    if until.is_some() {
        answered.push_str(";includeendstreamaction=true");
        headers.insert(END, HeaderValue::from_static("true"));
    }
    if let (Some(_), Ok(answered)) = (capabilities, HeaderValue::from_str(&answered)) {
        headers.insert(CAPABILITIES, answered);
    }
    response
}
