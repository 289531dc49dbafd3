//! [`Logins`] are all ways in which somebody can show who they are.

use crate::{LoginError, Principal};
use jcw_lake::Lake;
use jcw_project::Project;
use std::net::IpAddr;

/// What somebody shows.
#[derive(Debug, Clone, Copy)]
pub enum Credential<'c> {
    /// A name and a password.
    Password {
        /// Of a local user; `token` when the password is a bearer token.
        user: &'c str,
        /// In clear.
        password: &'c str,
    },
    /// A static token, a session's token, or an identity provider's JWT.
    Bearer(&'c str),
    /// The subject of a certificate that the TLS layer has verified.
    Certificate(&'c str),
}

/// Users, tokens and identity providers of one project.
#[derive(Debug)]
pub struct Logins {
    _lake: Lake,
}

impl Logins {
    /// Reads what the project and its lake say of who may log in.
    ///
    /// # Errors
    /// When that cannot be read.
    pub async fn open(_project: &Project, lake: &Lake) -> Result<Logins, LoginError> {
        Ok(Logins {
            _lake: lake.clone(),
        })
    }

    /// Who shows this.
    ///
    /// # Errors
    /// [`LoginError::Refused`] for nobody, without a reason;
    /// [`LoginError::TooMany`] after too many failures.
    pub async fn log_in(
        &self,
        _shown: Credential<'_>,
        _from: Option<IpAddr>,
    ) -> Result<Principal, LoginError> {
        Err(LoginError::Refused)
    }

    /// A token for the time of a session, for somebody who has just logged in;
    /// [`Logins::log_in`] takes it as a [`Credential::Bearer`], on every server
    /// with the same key.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn session_token(&self, _principal: &Principal) -> Result<String, LoginError> {
        Err(LoginError::Refused)
    }
}
