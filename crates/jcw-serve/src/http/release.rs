//! The releases that a caller may know of: those in which there is a table that
//! they can read now.

use super::caller::Caller;
use super::problem::Problem;
use crate::house::House;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use http::StatusCode;
use jcw_govern::ReleaseChoice;
use jcw_lake::Note;
use serde::Serialize;
use utoipa::ToSchema;

/// One release.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listed {
    /// By which it is asked for.
    #[schema(example = "r00000012")]
    id: String,
    /// Counts up.
    number: u64,
    /// UTC.
    published_at: DateTime<Utc>,
    /// It is what is seen when none is asked for.
    is_newest: bool,
    /// The release to which this one went back.
    #[serde(skip_serializing_if = "Option::is_none")]
    rolled_back_to: Option<String>,
}

/// All of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Releases {
    /// Newest first.
    releases: Vec<Listed>,
}

/// The releases that may be asked for.
#[utoipa::path(
    get, path = "/v1/releases", tag = "Releases",
    responses(
        (status = 200, description = "Newest first.", body = Releases),
        (status = "default", response = super::openapi::ProblemResponse),
    ),
    security(("password" = []), ("token" = [])),
)]
pub(super) async fn list(State(house): State<House>, caller: Caller) -> Result<Response, Problem> {
    let session = caller.session(&house, ReleaseChoice::Newest, None).await?;
    let releases = house.governor.lake().releases().await.map_err(|error| {
        tracing::warn!(%error, "releases cannot be listed");
        let detail = "the warehouse cannot be read now; try again";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    })?;
    let newest = session.release().sequence;
    let visible = &session.visible().tables;
    let is_known = |release: &&jcw_lake::Release| {
        let contents = &release.contents;
        let is_view = |name: &String| contents.views.iter().any(|view| view.name == *name);
        (release.sequence <= newest)
            && visible
                .keys()
                .any(|name| contents.tables.contains_key(name) || is_view(name))
    };
    let listed = releases
        .iter()
        .rev()
        .filter(is_known)
        .map(|release| Listed {
            id: release.id.clone(),
            number: release.sequence,
            published_at: release.created_at,
            is_newest: release.sequence == newest,
            rolled_back_to: match &release.contents.note {
                Note::Publish => None,
                Note::Rollback { of } => Some(of.clone()),
            },
        });
    let releases = listed.collect();
    Ok(Json(Releases { releases }).into_response())
}
