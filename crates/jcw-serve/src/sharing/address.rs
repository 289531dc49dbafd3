//! Where the client sees this server, as it said itself: the protocol wants whole
//! addresses of files.

use super::refusal::{Refusal, Result};
use crate::house::House;
use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use http::uri::Authority;

/// `https://warehouse.example:8080`.
pub(super) struct Address(String);

impl Address {
    /// Of a file of this server.
    pub(super) fn of_file(&self, ticket: &str) -> String {
        format!("{}/sharing/files/{ticket}", self.0)
    }
}

impl FromRequestParts<House> for Address {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self> {
        if let Some(address) = &house.http_address {
            return Ok(Address(address.trim_end_matches('/').to_owned()));
        }
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let host: Option<Authority> = match parts.uri.authority() {
            Some(authority) => Some(authority.clone()),
            None => host.and_then(|host| host.parse().ok()),
        };
        let host = host.ok_or_else(|| Refusal::malformed("there is no Host"))?;
        let scheme = match house.is_encrypted {
            true => "https",
            false => "http",
        };
        Ok(Address(format!("{scheme}://{host}")))
    }
}
