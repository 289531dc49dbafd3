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
use jcw_project::Role;
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

    /// From now on the roles are these; who has lost a right loses what is on its way.
    pub fn follow(&self, roles: &[Role]) {
        self.logins.follow(roles);
        self.governor.follow(roles);
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
        let user = match shown {
            Credential::Password { user, .. } => Some(user),
            Credential::Bearer(_) | Credential::Certificate(_) => None,
        };
        let known = self.noted(door, user, address(on), known);
        self.numbers.log_in(door, known.is_ok());
        if known.is_ok() {
            self.knows(on);
        }
        known
    }

    /// The same, with a row of the query log where somebody was not let in. A name
    /// that nobody has is not in it: it may be a password, typed into the wrong field.
    pub(crate) fn noted<T>(
        &self,
        door: Door,
        user: Option<&str>,
        from: Option<IpAddr>,
        known: Result<T, LoginError>,
    ) -> Result<T, LoginError> {
        if let Err(LoginError::Refused | LoginError::TooMany { .. }) = &known {
            let user = user.filter(|user| self.logins.has_user(user));
            self.governor.refused_log_in(user, Some(door), from);
        }
        known
    }

    /// A session that ends with the login: its running questions too.
    pub(crate) fn hold(&self, session: Session, pass: &Pass) -> Session {
        session.only_while(self.holds(pass))
    }

    /// Whether an answer on its way may go on. What a provider has vouched for is not
    /// taken back by then.
    pub(crate) fn holds(&self, pass: &Pass) -> impl Fn() -> bool + Send + Sync + use<> {
        let (logins, pass) = (self.logins.clone(), pass.clone());
        let owner = pass.principal();
        let is_vouched = owner.is_some_and(|owner| owner.method == Method::Provider);
        move || is_vouched || !matches!(logins.still(&pass), Err(LoginError::Refused))
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
