//! A [`Governor`] is what all sessions of a server share: the lake, the
//! project's roles, the memory, the queue and the query log.

use crate::error::{GovernError, Kind, Result};
use crate::limits::{Capacity, Limits, Load};
use crate::log::{self, QueryLog};
use crate::outlet::outlet_schema;
use crate::session::{Asking, Door, ReleaseChoice, Session};
use crate::visible::{Visible, VisibleColumn, VisibleTable};
use datafusion::catalog::CatalogProvider as _;
use jcw_lake::{CATALOG, Lake, Release, SessionSettings, session};
use jcw_login::Principal;
use jcw_project::{Project, RoleLimits};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

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
    settings: Settings,
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
        let shared = Shared {
            limits: Limits::start(capacity)?,
            log: QueryLog::open(&lake, &spool).await?,
            project,
            lake,
            settings,
        };
        Ok(Governor {
            shared: Arc::new(shared),
        })
    }

    /// The project whose releases are served.
    pub fn project(&self) -> &Project {
        &self.shared.project
    }

    /// The lake, for doors that hand out files of it (Delta Sharing).
    pub fn lake(&self) -> &Lake {
        &self.shared.lake
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
        let release = self.release(&asking.release).await?;
        let catalog = (self.shared.lake.catalog(&release)).map_err(unavailable)?;
        let settings = SessionSettings {
            threads: None,
            memory: self.shared.settings.memory,
        };
        let context = session(catalog.clone(), &settings).map_err(unavailable)?;
        context.register_catalog(CATALOG, catalog.clone());
        let mut tables = BTreeMap::new();
        for schema_name in ["published"] {
            let Some(schema) = catalog.schema(schema_name) else {
                continue;
            };
            for name in schema.table_names() {
                let found = schema.table(&name).await.map_err(unavailable)?;
                let Some(provider) = found else { continue };
                let schema = outlet_schema(&provider.schema());
                let table = VisibleTable {
                    schema_name: schema_name.to_owned(),
                    columns: vec![
                        VisibleColumn {
                            remarks: None,
                            is_nullable: true
                        };
                        schema.fields().len()
                    ],
                    schema,
                    name: name.clone(),
                    remarks: None,
                    primary_key: Vec::new(),
                    foreign_keys: Vec::new(),
                    is_view: false,
                };
                tables.insert(format!("{schema_name}.{name}"), table);
            }
        }
        let role = self.shared.project.role(&principal.role);
        let limits = role.map_or_else(RoleLimits::default, |role| role.limits.clone());
        Ok(Session {
            governor: self.clone(),
            principal: Arc::new(principal),
            asking: Arc::new(asking),
            release: Arc::new(release),
            context,
            visible: Arc::new(Visible { tables }),
            limits,
        })
    }

    async fn release(&self, choice: &ReleaseChoice) -> Result<Release> {
        let lake = &self.shared.lake;
        let found = match choice {
            ReleaseChoice::Newest => lake.current_release().await.map_err(unavailable)?,
            ReleaseChoice::Named(id) => lake.release(id).await.ok(),
            ReleaseChoice::AsOf(day) => {
                let releases = lake.releases().await.map_err(unavailable)?;
                let mut past = releases.into_iter().rev();
                past.find(|release| release.created_at.date_naive() <= *day)
            }
        };
        found.ok_or_else(|| {
            GovernError::new(
                Kind::NoRelease,
                "there is no such release; ask for the newest, or for one that `jcw releases` lists",
            )
        })
    }
}

fn unavailable(error: impl std::error::Error) -> GovernError {
    tracing::warn!(%error, "the lake cannot be read");
    GovernError::new(Kind::Unavailable, "the warehouse cannot be read now; try again")
}
