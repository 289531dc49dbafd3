//! A [`Governor`] is what all sessions of a server share: the lake, the
//! project's roles, the memory, the queue and the query log.

use crate::described::Descriptions;
use crate::error::{GovernError, Kind, Result};
use crate::limits::{Capacity, Limits, Load};
use crate::log::{self, Ended, QueryLog};
use crate::releases::{Releases, unavailable};
use crate::roles::Roles;
use crate::session::{Asking, Door, Session};
use datafusion::execution::runtime_env::RuntimeEnv;
use jcw_lake::Lake;
use jcw_login::{Principal, ServerKey};
use jcw_project::{Project, Role};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long questions that are ended have for their rows.
const SETTLES: Duration = Duration::from_secs(5);

/// How much of the machine all sessions together may use, and where what is not
/// in the lake yet is kept.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// In bytes, for all queries at once; as `capacity` says unless given.
    pub memory: Option<usize>,
    /// All other bounds.
    pub capacity: Capacity,
    /// The folder in which rows of the query log wait for the lake; `spool` in a
    /// lake on this machine unless said, else `.jcw/spool` in the project.
    pub spool: Option<PathBuf>,
}

/// What all sessions of a server share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Governor {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    project: Project,
    lake: Lake,
    roles: Roles,
    releases: Arc<Releases>,
    limits: Limits,
    log: QueryLog,
}

impl Governor {
    /// Reads the project's roles and the lake's newest release.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn open(project: Project, lake: Lake, settings: Settings) -> Result<Governor> {
        let mut capacity = settings.capacity.clone();
        capacity.memory = settings.memory.unwrap_or(capacity.memory);
        let spool = settings.spool.clone();
        let spool = spool.unwrap_or_else(|| log::spool_of(&lake, &project.root));
        let key = ServerKey::named().map_err(|error| {
            GovernError::new(
                Kind::Unavailable,
                format!("the query log cannot be sealed: {error}"),
            )
        })?;
        let described = Descriptions::of(&project);
        let runtime = Arc::new(RuntimeEnv::default());
        let shared = Shared {
            releases: Releases::open(lake.clone(), described, runtime).await?,
            limits: Limits::start(capacity)?,
            log: QueryLog::open(&lake, &spool, key).await?,
            roles: Roles::new(&project.roles),
            project,
            lake,
        };
        Ok(Governor {
            shared: Arc::new(shared),
        })
    }

    /// The project whose releases are served; its roles were those of the start.
    pub fn project(&self) -> &Project {
        &self.shared.project
    }

    /// The lake, for doors that hand out files of it (Delta Sharing).
    pub fn lake(&self) -> &Lake {
        &self.shared.lake
    }

    /// From now on the roles are these. What is on its way to somebody whose role says
    /// something else now, ends.
    pub fn follow(&self, roles: &[Role]) {
        self.shared.roles.become_these(roles);
    }

    /// The role whose members may see least, to try what everybody may.
    pub fn narrowest(&self) -> Option<Role> {
        let all = self.shared.roles.all();
        let roles = all.values().map(|known| &known.role);
        let breadth = |role: &&Role| (role.reads.len(), role.reads.iter().any(|r| r.value == "*"));
        roles.min_by_key(breadth).cloned()
    }

    pub(crate) fn roles(&self) -> &Roles {
        &self.shared.roles
    }

    /// Tells of every question that has ended; only the first who asks is told.
    pub fn watch(&self, told: impl Fn(&Ended) + Send + Sync + 'static) {
        self.shared.log.watch.begin(Box::new(told));
    }

    /// How busy it is.
    pub fn load(&self) -> Load {
        self.shared.limits.load()
    }

    /// Refuses every new question from now on; those that run go on.
    pub fn stop_taking(&self) {
        self.shared.limits.stop_taking();
    }

    /// Ends every question that still runs, and puts the query log into the lake.
    ///
    /// # Errors
    /// When the lake cannot be written; the spool then keeps the rows for the
    /// next start.
    pub async fn close(&self) -> Result<()> {
        self.shared.limits.end_running();
        self.shared.log.settle(SETTLES).await;
        self.shared.log.flush().await
    }

    /// Notes in the query log that somebody could not log in. `name` only of a
    /// user that there is: what is typed into the wrong field may be a password.
    pub fn refused_log_in(&self, name: Option<&str>, door: Option<Door>, from: Option<IpAddr>) {
        self.shared.log.refused_log_in(name, door, from);
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    pub(crate) fn log(&self) -> &QueryLog {
        &self.shared.log
    }

    /// A session for a principal.
    ///
    /// # Errors
    /// [`Kind::NoRelease`] when there is no such release,
    /// [`Kind::Unauthenticated`] when the role is not there any more.
    pub async fn session(&self, principal: Principal, asking: Asking) -> Result<Session> {
        let known = self.shared.roles.get(&principal.role).ok_or_else(|| {
            let message = "your role is not there any more; ask those who run the warehouse";
            GovernError::new(Kind::Unauthenticated, message)
        })?;
        let releases = &self.shared.releases;
        let release = releases.choose(&asking.release).await?;
        let scope = releases.scope(&release, &known, &principal)?;
        let visible = scope.visible().await.map_err(unavailable)?;
        Ok(Session {
            governor: self.clone(),
            limits: known.role.limits.clone(),
            role: known,
            principal: Arc::new(principal),
            asking: Arc::new(asking),
            release,
            scope,
            visible,
            still: None,
            address: None,
        })
    }
}
