//! [`Releases`] knows which release is the newest without asking the store at
//! every question: it looks for the next one twice a second. What is open of a
//! release is shared by everybody who asks it, and kept while it is in use.

use crate::described::Descriptions;
use crate::error::{GovernError, Kind, Result};
use crate::held::Holding;
use crate::policy::{Policy, PolicyKey};
use crate::release_tables::ReleaseTables;
use crate::roles;
use crate::scope::Scope;
use crate::session::ReleaseChoice;
use chrono::{DateTime, NaiveDate, Utc};
use datafusion::execution::runtime_env::RuntimeEnv;
use jcw_lake::{Lake, LakeError, Release};
use jcw_login::Principal;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// How often the next release is looked for.
const PERIOD: Duration = Duration::from_millis(500);
/// Releases that stay open.
const RELEASES: usize = 8;
/// Scopes that stay open, over all releases.
const SCOPES: usize = 256;

/// See the module.
#[derive(Debug)]
pub(crate) struct Releases {
    lake: Lake,
    descriptions: Arc<Descriptions>,
    runtime: Arc<RuntimeEnv>,
    known: Mutex<Known>,
    holding: Arc<Holding>,
}

#[derive(Debug, Default)]
struct Known {
    newest: Option<Arc<Release>>,
    /// When each was published, as far as somebody has asked.
    published: BTreeMap<u64, DateTime<Utc>>,
    /// Most recently used last.
    open: VecDeque<(u64, Arc<ReleaseTables>)>,
    scopes: VecDeque<((u64, PolicyKey), Arc<Scope>)>,
}

impl Releases {
    /// Reads the newest release, and goes on to look for the next.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub(crate) async fn open(
        lake: Lake,
        descriptions: Descriptions,
        runtime: Arc<RuntimeEnv>,
    ) -> Result<Arc<Releases>> {
        let newest = lake.current_release().await.map_err(unavailable)?;
        let holding = Arc::new(Holding::default());
        if let Some(newest) = &newest {
            holding.is_newest(newest.sequence);
        }
        let releases = Arc::new(Releases {
            lake,
            descriptions: Arc::new(descriptions),
            runtime,
            known: Mutex::new(Known {
                newest: newest.map(Arc::new),
                ..Known::default()
            }),
            holding,
        });
        tokio::spawn(watch(Arc::downgrade(&releases)));
        Ok(releases)
    }

    /// The release of that choice.
    ///
    /// # Errors
    /// [`Kind::NoRelease`] when there is none.
    pub(crate) async fn choose(&self, choice: &ReleaseChoice) -> Result<Arc<Release>> {
        let newest = self.lock().newest.clone();
        let found = match choice {
            ReleaseChoice::Newest => match newest {
                Some(newest) => Some(newest),
                None => self.newer().await?,
            },
            ReleaseChoice::Named(id) => self.named(id).await?,
            ReleaseChoice::AsOf(day) => match newest {
                Some(newest) => self.as_of(newest, *day).await?,
                None => None,
            },
        };
        found.ok_or_else(|| {
            GovernError::new(
                Kind::NoRelease,
                "there is no such release; ask for the newest, or for one that `jcw releases` lists",
            )
        })
    }

    /// What a principal in `role` sees of a release.
    ///
    /// # Errors
    /// When the release cannot be understood.
    pub(crate) fn scope(
        &self,
        release: &Arc<Release>,
        role: &roles::Known,
        principal: &Principal,
    ) -> Result<Arc<Scope>> {
        let key = (release.sequence, PolicyKey::of(role, principal));
        let mut known = self.lock();
        if let Some(scope) = recent(&mut known.scopes, &key) {
            return Ok(scope);
        }
        let tables = match recent(&mut known.open, &release.sequence) {
            Some(tables) => tables,
            None => {
                let (described, holding) = (self.descriptions.clone(), self.holding.clone());
                let tables = ReleaseTables::new(release.clone(), &self.lake, described, holding);
                let tables = Arc::new(tables.map_err(unavailable)?);
                keep(&mut known.open, release.sequence, tables.clone(), RELEASES);
                tables
            }
        };
        let policy = Policy::new(&role.role, principal);
        let scope = Scope::new(policy, tables, self.runtime.clone());
        keep(&mut known.scopes, key, scope.clone(), SCOPES);
        Ok(scope)
    }

    async fn named(&self, id: &str) -> Result<Option<Arc<Release>>> {
        let Ok(number) = id.trim().trim_start_matches('r').parse::<u64>() else {
            return Ok(None);
        };
        self.numbered(number).await
    }

    async fn numbered(&self, number: u64) -> Result<Option<Arc<Release>>> {
        {
            let known = self.lock();
            let open = known.open.iter().find(|(open, _)| *open == number);
            if let Some((_, tables)) = open {
                return Ok(Some(tables.release().clone()));
            }
        }
        match self.lake.release(&number.to_string()).await {
            Ok(release) => Ok(Some(Arc::new(release))),
            Err(LakeError::Missing { .. }) => Ok(None),
            Err(error) => Err(unavailable(error)),
        }
    }

    /// The newest that had been published by the end of that day. Numbers rise
    /// with time, so few have to be read.
    async fn as_of(&self, newest: Arc<Release>, day: NaiveDate) -> Result<Option<Arc<Release>>> {
        if newest.created_at.date_naive() <= day {
            return Ok(Some(newest));
        }
        let (mut low, mut high) = (0, newest.sequence);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.published(middle).await? {
                Some(at) if at.date_naive() > day => high = middle,
                Some(_) => low = middle,
                // Somebody has taken it away; go on below.
                None => high = middle,
            }
        }
        match low {
            0 => Ok(None),
            number => self.numbered(number).await,
        }
    }

    async fn published(&self, number: u64) -> Result<Option<DateTime<Utc>>> {
        if let Some(at) = self.lock().published.get(&number) {
            return Ok(Some(*at));
        }
        let Some(release) = self.numbered(number).await? else {
            return Ok(None);
        };
        self.lock().published.insert(number, release.created_at);
        Ok(Some(release.created_at))
    }

    /// Looks for releases after the newest known.
    async fn newer(&self) -> Result<Option<Arc<Release>>> {
        let known = self.lock().newest.clone();
        let found = match &known {
            None => self
                .lake
                .current_release()
                .await
                .map_err(unavailable)?
                .map(Arc::new),
            Some(newest) => {
                let mut found = None;
                let mut next = newest.sequence + 1;
                while let Some(release) = self.numbered(next).await? {
                    found = Some(release);
                    next += 1;
                }
                found
            }
        };
        if let Some(found) = &found {
            self.holding.is_newest(found.sequence);
            let mut known = self.lock();
            let is_newer = |newest: &Arc<Release>| newest.sequence < found.sequence;
            if known.newest.as_ref().is_none_or(is_newer) {
                known.newest = Some(found.clone());
            }
        }
        Ok(found.or(known))
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends when nobody needs it any more.
async fn watch(releases: Weak<Releases>) {
    loop {
        tokio::time::sleep(PERIOD).await;
        let Some(releases) = releases.upgrade() else {
            return;
        };
        // What is known goes on to be served while the store is away.
        let _ = releases.newer().await;
    }
}

fn recent<K: PartialEq, V: Clone>(kept: &mut VecDeque<(K, V)>, key: &K) -> Option<V> {
    let at = kept.iter().rposition(|(known, _)| known == key)?;
    let entry = kept.remove(at)?;
    let value = entry.1.clone();
    kept.push_back(entry);
    Some(value)
}

fn keep<K, V>(kept: &mut VecDeque<(K, V)>, key: K, value: V, most: usize) {
    kept.push_back((key, value));
    while kept.len() > most {
        kept.pop_front();
    }
}

pub(crate) fn unavailable(error: impl std::error::Error) -> GovernError {
    tracing::warn!(%error, "the lake cannot be read");
    GovernError::new(
        Kind::Unavailable,
        "the warehouse cannot be read now; try again",
    )
}
