//! A [`Visitor`] is whoever is at the other end of one connection: who they are
//! once they have said so, and what they have chosen.

use crate::postgres::Door;
use crate::postgres::cancel::{Registered, Running};
use crate::postgres::catalogue::Setting;
use crate::postgres::cursor::Cursors;
use crate::postgres::error::{error, fatal, governed};
use crate::postgres::scram::Exchange;
use crate::postgres::variable::Variables;
use crate::subject::Subject;
use jcw_govern::{Asking, Books, Door as Entrance, GovernError, Principal, ReleaseChoice, Session};
use jcw_login::Pass;
use pgwire::error::PgWireResult;
use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// Whoever is at the other end.
pub(super) struct Visitor {
    pub(super) door: Arc<Door>,
    pub(super) from: SocketAddr,
    /// Nobody in between can read what is sent.
    pub(super) is_private: bool,
    /// Of the certificate that they showed, if they did.
    pub(super) subject: Option<Subject>,
    /// What runs, for cancel requests.
    pub(super) running: Arc<Running>,
    chosen: Mutex<Chosen>,
}

/// How long a variable keeps its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    Session,
    Transaction,
}

/// What the variables are once a transaction has ended.
#[derive(Debug, Clone)]
struct Ends {
    committed: Variables,
    rolled_back: Variables,
}

/// What a visitor has said and chosen.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// Who it is, and what that rests on; nobody before the login.
    pub(super) login: Option<(Principal, Pass)>,
    /// A login that has begun.
    pub(super) exchange: Option<Exchange>,
    pub(super) registered: Option<Registered>,
    pub(super) database: String,
    /// As they were at the start.
    pub(super) start: Variables,
    pub(super) variables: Variables,
    pub(super) in_transaction: bool,
    ends: Option<Ends>,
    /// The release of the transaction, once it has asked something.
    pinned: Option<String>,
    pub(super) cursors: Cursors,
    /// Names of prepared statements.
    pub(super) statements: BTreeSet<String>,
    /// Names of portals.
    pub(super) portals: BTreeSet<String>,
}

impl Chosen {
    /// A variable, or `all`, is as it was at the start.
    pub(super) fn reset(&mut self, name: &str) {
        self.variables.reset(name, &self.start);
        if let Some(ends) = &mut self.ends {
            ends.committed.reset(name, &self.start);
        }
    }
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl Visitor {
    /// Somebody of whom nothing is known yet.
    pub(super) fn new(
        door: Arc<Door>,
        from: SocketAddr,
        is_encrypted: bool,
        subject: Option<Subject>,
    ) -> Visitor {
        Visitor {
            subject,
            door,
            from,
            is_private: is_encrypted || from.ip().is_loopback(),
            running: Arc::default(),
            chosen: Mutex::default(),
        }
    }

    /// What they have chosen; not to be held while waiting.
    pub(super) fn chosen(&self) -> MutexGuard<'_, Chosen> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A governed session for one statement: the login, the rights and the
    /// release are those of this moment, and within a transaction the release is
    /// that of its first statement.
    ///
    /// # Errors
    /// When the login does not hold any more, or there is no such release.
    pub(super) async fn session(&self) -> PgWireResult<Session> {
        let house = &self.door.house;
        let (principal, pass, asking) = {
            let chosen = self.chosen();
            let (principal, pass) = (chosen.login.as_ref())
                .ok_or_else(|| fatal("28000", "nobody has logged in on this connection"))?;
            (house.logins.still(pass))
                .map_err(|_| fatal("28000", "the login does not hold any more; log in again"))?;
            let pinned = chosen.pinned.clone().map(ReleaseChoice::Named);
            let asking = Asking {
                door: Entrance::Postgres,
                purpose: chosen.variables.purpose(),
                release: pinned.unwrap_or_else(|| chosen.variables.release()),
            };
            (principal.clone(), pass.clone(), asking)
        };
        let session = house.governor.session(principal, asking).await;
        let session = session.map_err(|failed| governed(failed, ""))?;
        let session = house.hold(session, &pass).asked_from(self.from.ip());
        let mut chosen = self.chosen();
        if chosen.in_transaction && chosen.pinned.is_none() {
            chosen.pinned = Some(session.release().id.clone());
        }
        Ok(session)
    }

    /// The catalogue of what this session may see.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) async fn books(&self, session: &Session) -> Result<Books, GovernError> {
        let setting = {
            let chosen = self.chosen();
            Setting {
                database: chosen.database.clone(),
                variables: chosen.variables.all(),
            }
        };
        self.door.catalogue.books(session, setting).await
    }

    /// Sets a variable; a release that is not there is not kept.
    ///
    /// # Errors
    /// When it cannot be set.
    pub(super) async fn set(&self, name: &str, value: &str, lasting: Lasting) -> PgWireResult<()> {
        let is_release = name.eq_ignore_ascii_case("release");
        let before = {
            let mut chosen = self.chosen();
            if is_release && chosen.in_transaction && chosen.pinned.is_some() {
                let message = "a transaction stays with its release; end it first";
                return Err(error("25001", message));
            }
            let before = (chosen.variables.clone(), chosen.ends.clone());
            chosen.variables.set(name, value)?;
            match (lasting, &mut chosen.ends) {
                (Lasting::Session, Some(ends)) => ends.committed.set(name, value)?,
                (Lasting::Session, None) | (Lasting::Transaction, Some(_)) => (),
                // Of no transaction: it has ended with this very statement.
                (Lasting::Transaction, None) => chosen.variables = before.0.clone(),
            }
            before
        };
        if is_release && let Err(failed) = self.session().await {
            let mut chosen = self.chosen();
            (chosen.variables, chosen.ends) = before;
            return Err(failed);
        }
        Ok(())
    }

    /// A transaction begins; within another it is the same.
    pub(super) fn begin_transaction(&self) {
        let mut chosen = self.chosen();
        if chosen.in_transaction {
            return;
        }
        chosen.in_transaction = true;
        chosen.ends = Some(Ends {
            committed: chosen.variables.clone(),
            rolled_back: chosen.variables.clone(),
        });
        chosen.pinned = None;
        chosen.cursors.clear();
    }

    /// A transaction ends; its cursors do, and variables are as they were before it, or
    /// as it has set them.
    pub(super) fn end_transaction(&self, commits: bool) {
        let mut chosen = self.chosen();
        chosen.in_transaction = false;
        if let Some(ends) = chosen.ends.take() {
            chosen.variables = match commits {
                true => ends.committed,
                false => ends.rolled_back,
            };
        }
        chosen.pinned = None;
        chosen.cursors.clear();
    }

    /// When a query that begins now is to end at the latest.
    pub(super) fn until(&self) -> Option<Instant> {
        let timeout = self.chosen().variables.timeout();
        timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }
}
