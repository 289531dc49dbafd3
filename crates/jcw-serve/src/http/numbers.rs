//! `/metrics`: what Prometheus reads. There is no name in it, but how busy a
//! warehouse is is nobody's business outside: a caller on this machine needs no
//! password, all others do, and so does whoever comes through a proxy on this
//! machine.

use super::caller::Caller;
use super::problem::Problem;
use crate::house::{House, address};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use jcw_govern::Door;
use std::net::IpAddr;

/// As Prometheus knows it.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the doors have counted, for Prometheus.
///
/// Off this machine it needs somebody who may log in.
#[utoipa::path(
    get, path = "/metrics", tag = "Health",
    responses(
        (status = 200, description = "OpenMetrics.", body = String, content_type = "application/openmetrics-text"),
        (status = "default", response = super::openapi::ProblemResponse),
    ),
    security((), ("password" = []), ("token" = [])),
)]
pub(super) async fn text(
    State(house): State<House>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    if !is_of_this_machine(&parts.headers, address(&parts.extensions)) {
        Caller::known(&house, Door::Http, &parts).await?;
    }
    let text = house
        .numbers
        .text(house.governor.load(), house.crowd.size());
    let text = text.map_err(|_| {
        let detail = "the numbers cannot be written";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    })?;
    Ok(([(header::CONTENT_TYPE, TEXT)], text).into_response())
}

fn is_of_this_machine(headers: &HeaderMap, from: Option<IpAddr>) -> bool {
    let proxies = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    let is_passed_on = proxies.iter().any(|name| headers.contains_key(*name));
    from.is_some_and(|from| from.to_canonical().is_loopback()) && !is_passed_on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_itself_needs_no_password() {
        let none = HeaderMap::new();
        let from = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert!(is_of_this_machine(&none, from("127.0.0.1")));
        assert!(is_of_this_machine(&none, from("::1")));
        assert!(is_of_this_machine(&none, from("::ffff:127.0.0.1")));
        assert!(!is_of_this_machine(&none, from("10.0.0.7")));
        assert!(!is_of_this_machine(&none, None));
        let mut proxied = HeaderMap::new();
        proxied.insert(
            "x-forwarded-for",
            http::HeaderValue::from_static("10.0.0.7"),
        );
        assert!(!is_of_this_machine(&proxied, from("127.0.0.1")));
    }
}
