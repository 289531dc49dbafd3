//! The [`House`] is what the doors share: who may come in, what they may ask,
//! and whether it is time to close.

use crate::crowd::Crowd;
use crate::http::Look;
use crate::metrics::Numbers;
use crate::subject::Subject;
use crate::visit::Visit;
use axum::extract::ConnectInfo;
use http::Extensions;
use jcw_govern::{Capacity, Door, Governor, Session};
use jcw_login::{Credential, Login, LoginError, Logins, Method, Pass};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the doors share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct House {
    /// The way to the data.
    pub governor: Governor,
    /// Who somebody is.
    pub logins: Arc<Logins>,
    /// Cancelled when the house closes: doors take nobody in any more and end
    /// when those inside have left.
    pub closing: CancellationToken,
    /// Everybody inside.
    pub inside: TaskTracker,
    /// Who is connected, and how many may be.
    pub crowd: Crowd,
    /// How long an answer is kept for a reader who takes nothing of it.
    pub reader: Duration,
    /// What the doors count.
    pub numbers: Numbers,
    /// Sites whose pages may read answers of the HTTP door:
    /// `https://dashboards.example`.
    pub origins: Arc<[String]>,
    /// Where clients see the HTTP door, where that is not what they say
    /// themselves: `https://warehouse.example`.
    pub http_address: Option<String>,
    /// Whether the doors speak TLS.
    pub(crate) is_encrypted: bool,
    /// When it was last looked whether the house can answer.
    pub(crate) look: Look,
    /// How long what a client was promised by Flight SQL may be fetched.
    pub ticket_life: Duration,
}

impl House {
    /// A house with open doors.
    pub fn new(governor: Governor, logins: Logins) -> House {
        let log = governor.clone();
        logins.tell(Arc::new(move |user, from| {
            log.refused_log_in(user, None, from)
        }));
        let numbers = Numbers::default();
        let counted = numbers.clone();
        governor.watch(move |ended| counted.ended(ended));
        House {
            governor,
            logins: Arc::new(logins),
            closing: CancellationToken::new(),
            inside: TaskTracker::new(),
            crowd: Crowd::default(),
            reader: Capacity::default().reader,
            numbers,
            origins: Arc::default(),
            http_address: None,
            is_encrypted: false,
            look: Look::default(),
            ticket_life: Duration::from_secs(10 * 60),
        }
    }

    /// Who shows this at a door, on a connection with these extensions: where the
    /// connection has shown the certificate of one user, another is nobody.
    ///
    /// # Errors
    /// When it is nobody.
    pub(crate) async fn log_in(
        &self,
        door: Door,
        shown: Credential<'_>,
        on: &Extensions,
    ) -> Result<Login, LoginError> {
        let known = self.logins.log_in(shown, address(on)).await;
        let known = known.and_then(|login| {
            let certificate = on.get::<Subject>();
            let owner = certificate.and_then(|Subject(subject)| self.logins.owner(subject));
            match owner.is_none_or(|owner| owner == login.principal.name) {
                true => Ok(login),
                false => Err(LoginError::Refused),
            }
        });
        self.numbers.log_in(door, known.is_ok());
        if known.is_ok() {
            self.knows(on);
        }
        known
    }

    /// A session that ends with the login: its running questions too. What a
    /// provider has vouched for is not taken back while an answer is on its way.
    pub(crate) fn hold(&self, session: Session, pass: &Pass) -> Session {
        if session.principal().method == Method::Provider {
            return session;
        }
        let (logins, pass) = (self.logins.clone(), pass.clone());
        session.only_while(move || !matches!(logins.still(&pass), Err(LoginError::Refused)))
    }

    /// Somebody is let in on this connection.
    pub(crate) fn knows(&self, on: &Extensions) {
        if let Some(visit) = on.get::<Arc<Visit>>() {
            visit.is_known();
        }
    }
}

/// Where a call comes from.
pub(crate) fn address(on: &Extensions) -> Option<IpAddr> {
    let from: Option<&ConnectInfo<SocketAddr>> = on.get();
    from.map(|from| from.0.ip())
}
