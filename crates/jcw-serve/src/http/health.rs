//! Whether the server lives, and whether it can answer.

use super::problem::Problem;
use crate::house::House;
use axum::extract::State;
use futures::TryStreamExt as _;
use http::StatusCode;
use jcw_govern::{Asking, Door, GovernError, Method, Principal, ReleaseChoice};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long one look is good for: anybody may ask, and it costs a query.
const GOOD_FOR: Duration = Duration::from_secs(2);
/// Longest that a look may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// When it was last looked, and whether all was well.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look(Arc<Mutex<Option<(Instant, bool)>>>);

/// The server lives.
#[utoipa::path(
    get, path = "/healthz", tag = "Health",
    responses((status = 200, description = "It lives.", body = String)),
)]
pub(super) async fn is_alive() -> &'static str {
    "alive\n"
}

/// The server can answer.
///
/// A query is really asked of the newest release.
#[utoipa::path(
    get, path = "/readyz", tag = "Health",
    responses(
        (status = 200, description = "It can answer.", body = String),
        (status = 503, response = super::openapi::ProblemResponse),
    ),
)]
pub(super) async fn is_ready(State(house): State<House>) -> Result<&'static str, Problem> {
    let mut known = house.look.0.lock().await;
    let fresh = known.filter(|(at, _)| at.elapsed() < GOOD_FOR);
    let is_well = match fresh {
        Some((_, is_well)) => is_well,
        None => {
            let asked = tokio::time::timeout(PATIENCE, ask(&house)).await;
            let is_well = matches!(asked, Ok(Ok(())));
            if let Ok(Err(error)) = asked {
                tracing::warn!(%error, "the server is not ready");
            }
            *known = Some((Instant::now(), is_well));
            is_well
        }
    };
    match is_well && !house.closing.is_cancelled() {
        true => Ok("ready\n"),
        false => {
            let detail = "no query can be answered now; the server's own log says why";
            Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                detail,
            ))
        }
    }
}

/// Asks as somebody of the role that reads least.
async fn ask(house: &House) -> Result<(), GovernError> {
    let asking = Asking {
        door: Door::Server,
        purpose: Some("readiness".into()),
        release: ReleaseChoice::Newest,
    };
    let session = house.governor.session(narrowest(house), asking).await?;
    let table = session.visible().tables.keys().next();
    let sql = match table {
        Some(table) => format!("select 1 as ready from {table} limit 1"),
        None => "select 1 as ready".to_owned(),
    };
    let statement = session.prepare(&sql).await?;
    let _: Vec<_> = statement.run(Vec::new()).await?.try_collect().await?;
    Ok(())
}

fn narrowest(house: &House) -> Principal {
    let role = house.governor.narrowest();
    Principal {
        name: "readiness".into(),
        role: role.map(|role| role.id.value).unwrap_or_default(),
        attributes: BTreeMap::new(),
        method: Method::CommandLine,
    }
}
