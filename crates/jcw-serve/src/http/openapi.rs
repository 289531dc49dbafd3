//! The OpenAPI document, made from the handlers themselves.

use super::ask::Ask;
use super::caller::Caller;
use super::release::Releases;
use super::{health, metric, numbers, query, release};
use axum::Json;
use serde::Serialize;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi, ToResponse, ToSchema};

/// Everything that this door answers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Joint commissioning warehouse",
        description = "Read-only queries of published releases. Every call says who asks, by Basic (user and password) or Bearer (token); what is answered is what the caller's role may see."
    ),
    paths(
        query::by_body, query::by_address, metric::list, metric::values, release::list,
        document, health::is_alive, health::is_ready, numbers::text,
    ),
    components(schemas(Ask, Releases, ProblemBody), responses(ProblemResponse)),
    modifiers(&Security),
)]
pub(super) struct Document;

/// Why there is no answer, as RFC 9457 writes it.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// `urn:jcw:problem:` and the kind.
    r#type: String,
    /// The status in words.
    title: String,
    /// As in the status line.
    status: u16,
    /// A sentence for the person who asked.
    detail: String,
    /// A word: `syntax`, `no_table`, `no_column`, `refused`, `limit`.
    kind: String,
    /// Where in the SQL, from 1.
    line: Option<u64>,
    /// Where in the SQL, from 1.
    column: Option<u64>,
}

/// Why there is no answer.
#[derive(ToResponse)]
#[response(
    description = "Why there is no answer: 400 for the query or the request, 401 for nobody known, 403 for what is never allowed, 404 for what is not there for the caller, 429 over a limit.",
    content_type = "application/problem+json"
)]
#[expect(dead_code, reason = "it only describes what `Problem` writes")]
pub(super) struct ProblemResponse(ProblemBody);

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let password = SecurityScheme::Http(Http::new(HttpAuthScheme::Basic));
        let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("password", password);
        components.add_security_scheme("token", token);
    }
}

/// This document.
#[utoipa::path(
    get, path = "/v1/openapi.json", tag = "Health",
    responses(
        (status = 200, description = "OpenAPI 3.1.", body = serde_json::Value),
        (status = "default", response = ProblemResponse),
    ),
    security(("password" = []), ("token" = [])),
)]
pub(super) async fn document(_: Caller) -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
