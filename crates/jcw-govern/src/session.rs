//! A [`Session`] is one principal, one release and one door, for as long as the
//! client keeps it. It holds no rows and may be made anew for each call.

use crate::error::Result;
use crate::governor::Governor;
use crate::log::{Asked, Question};
use crate::parcel::Parcel;
use crate::roles::Known;
use crate::scope::Scope;
use crate::statement::Statement;
use crate::visible::Visible;
use chrono::NaiveDate;
use jcw_lake::Release;
use jcw_login::Principal;
use jcw_project::{Role, RoleLimits};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Which release a session sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum ReleaseChoice {
    /// The newest, at the time of each statement.
    #[default]
    Newest,
    /// By its id or number: `r00000012`, `12`.
    Named(String),
    /// The newest that had been published by the end of that day, UTC.
    AsOf(NaiveDate),
}

/// By which door somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// Arrow Flight SQL.
    Flight,
    /// The Postgres wire.
    Postgres,
    /// HTTP.
    Http,
    /// Delta Sharing.
    Sharing,
    /// The command line.
    CommandLine,
    /// None: the server asks itself whether it can answer.
    Server,
}

impl Door {
    /// As the query log writes it.
    pub fn word(self) -> &'static str {
        match self {
            Door::Flight => "flight",
            Door::Postgres => "postgres",
            Door::Http => "http",
            Door::Sharing => "sharing",
            Door::CommandLine => "command_line",
            Door::Server => "server",
        }
    }
}

/// What is known of whoever asks besides who it is.
#[derive(Debug, Clone)]
pub struct Asking {
    /// By which door.
    pub door: Door,
    /// Why, in the asker's words, where they say; kept in the query log.
    pub purpose: Option<String>,
    /// Which release.
    pub release: ReleaseChoice,
}

/// Whether somebody may still have what they have asked for.
pub(crate) type Still = Arc<dyn Fn() -> bool + Send + Sync>;

/// One principal's view of one release.
#[derive(Clone)]
pub struct Session {
    pub(crate) governor: Governor,
    pub(crate) principal: Arc<Principal>,
    pub(crate) asking: Arc<Asking>,
    pub(crate) release: Arc<Release>,
    pub(crate) scope: Arc<Scope>,
    pub(crate) visible: Arc<Visible>,
    pub(crate) role: Arc<Known>,
    pub(crate) limits: RoleLimits,
    pub(crate) still: Option<Still>,
    pub(crate) address: Option<IpAddr>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("principal", &self.principal.name)
            .field("release", &self.release.id)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// The same, of which every question ends soon after this is no longer so: for
    /// logins that are taken back while an answer is on its way.
    pub fn only_while(mut self, still: impl Fn() -> bool + Send + Sync + 'static) -> Session {
        self.still = Some(Arc::new(still));
        self
    }

    /// The same, asked from there: so it stands in the query log.
    pub fn asked_from(mut self, address: impl Into<Option<IpAddr>>) -> Session {
        self.address = address.into();
        self
    }

    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// In which role, as it was when the session began.
    pub fn role(&self) -> &Role {
        &self.role.role
    }

    /// Whether both see the same: they are of one release and one principal, and of the
    /// role in the same words.
    pub fn sees_as(&self, other: &Session) -> bool {
        self.release.id == other.release.id
            && self.principal == other.principal
            && self.role.edition == other.role.edition
    }

    /// Whether what was asked may still be had: the login holds, and the role says what
    /// it said.
    pub fn stays(&self) -> impl Fn() -> bool + Send + Sync + use<> {
        let (governor, role) = (self.governor.clone(), self.role.clone());
        let still = self.still.clone();
        move || governor.roles().stands(&role) && still.as_ref().is_none_or(|still| still())
    }

    /// Which release every statement of this session sees.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// By which door, and why.
    pub fn asking(&self) -> &Asking {
        &self.asking
    }

    /// Everything that metadata may tell this principal.
    pub fn visible(&self) -> &Visible {
        &self.visible
    }

    /// Notes in the query log that a file of a table begins to leave as it is, with
    /// this many rows and bytes. The door that gives it has seen to it that the
    /// principal sees all of the table.
    ///
    /// # Errors
    /// When it cannot be logged: then nothing may be given.
    pub fn gives_file(&self, table: &str, rows: u64, bytes: u64) -> Result<Parcel> {
        Parcel::begin(self, table, rows, bytes)
    }

    /// One read-only query, planned and governed. Nothing is run.
    ///
    /// # Errors
    /// When it is not one query, names what the principal may not see, or does
    /// what nobody may.
    pub async fn prepare(&self, sql: &str) -> Result<Statement> {
        let asked = Asked::now(sql);
        if let Some(known) = Statement::known(self, sql, &asked) {
            asked.planned();
            return Ok(known);
        }
        let (session, text, its) = (self.clone(), sql.to_owned(), asked.clone());
        let planning = async move { Statement::prepare(&session, &text, its).await };
        self.planned(asked, planning).await
    }

    /// Plans within the limits; what is refused stands in the log.
    pub(crate) async fn planned(
        &self,
        asked: Arc<Asked>,
        planning: impl Future<Output = Result<Statement>> + Send + 'static,
    ) -> Result<Statement> {
        let limits = self.governor.limits();
        let prepared = limits.plan(&self.principal.name, planning).await;
        match prepared {
            Ok(statement) => {
                asked.planned();
                Ok(statement)
            }
            Err(error) => Err(Question::new(self, &asked).failed(error)),
        }
    }

    /// Bounds on each of its questions.
    pub(crate) fn limits(&self) -> &RoleLimits {
        &self.limits
    }
}
