//! The [`Register`] is where versions of [`Access`] are kept: the newest one is
//! read, and an edit makes the next one or begins again.

use crate::access::Access;
use crate::{LoginError, key};
use jcw_lake::Lake;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions, PutPayload};

const FOLDER: &str = "access";
/// Versions that stay: those of before hold passwords of people who have left.
const VERSIONS_KEPT: u64 = 2;
/// How often an edit begins again when others were quicker.
const ATTEMPTS: usize = 50;

/// Where versions are kept.
#[derive(Debug, Clone)]
pub(crate) struct Register {
    lake: Lake,
}

impl Register {
    pub(crate) fn of(lake: &Lake) -> Register {
        Register { lake: lake.clone() }
    }

    /// The newest version; nobody where there is none yet.
    pub(crate) async fn read(&self) -> Result<Access, LoginError> {
        // A version may be emptied, for a newer one, between the list and the read.
        for _ in 0..ATTEMPTS {
            let Some(newest) = self.sequences().await?.last().copied() else {
                return Ok(Access::default());
            };
            match self.version(newest).await? {
                Some(access) => return Ok(access),
                None => tokio::task::yield_now().await,
            }
        }
        Err(unavailable("the newest version of access/ cannot be found"))
    }

    /// The newest version, if it is not the one in hand.
    pub(crate) async fn newer_than(&self, sequence: u64) -> Result<Option<Access>, LoginError> {
        match self.sequences().await?.last() {
            Some(newest) if *newest != sequence => self.read().await.map(Some),
            _ => Ok(None),
        }
    }

    /// Changes what stands: `change` is given the newest version, with the number
    /// that the next one has, and may be given a newer one when somebody else
    /// was quicker.
    pub(crate) async fn edit<T>(
        &self,
        change: impl Fn(&mut Access) -> Result<T, LoginError>,
    ) -> Result<T, LoginError> {
        for attempt in 0..ATTEMPTS {
            let mut access = self.read().await?;
            access.sequence += 1;
            if access.disguise.is_empty() {
                access.disguise = key::random()?.to_vec();
            }
            let answer = change(&mut access)?;
            if self.create(&access).await? {
                return Ok(answer);
            }
            tokio::time::sleep(std::time::Duration::from_millis(attempt as u64)).await;
        }
        Err(unavailable("others kept changing users; run again"))
    }

    /// Whether it is now the newest version.
    async fn create(&self, access: &Access) -> Result<bool, LoginError> {
        let bytes = serde_json::to_vec_pretty(access).map_err(unavailable)?;
        let options = PutOptions {
            mode: PutMode::Create,
            ..Default::default()
        };
        let path = path(access.sequence);
        let made = (self.lake.store()).put_opts(&path, bytes.into(), options);
        match made.await {
            Ok(_) => {}
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::Precondition { .. },
            ) => return Ok(false),
            Err(error) => return Err(unavailable(error)),
        }
        self.empty_what_is_over(access.sequence).await?;
        Ok(true)
    }

    /// Versions of before are emptied and not deleted: a number that was free again
    /// could be taken by an edit of a version long past.
    async fn empty_what_is_over(&self, newest: u64) -> Result<(), LoginError> {
        let kept = newest.saturating_sub(VERSIONS_KEPT);
        for (old, size) in self.listed().await? {
            if old <= kept && size > 0 {
                let emptied = self.lake.store().put(&path(old), PutPayload::new()).await;
                emptied.map_err(unavailable)?;
            }
        }
        Ok(())
    }

    async fn version(&self, sequence: u64) -> Result<Option<Access>, LoginError> {
        let found = match self.lake.store().get(&path(sequence)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        let bytes = found.bytes().await.map_err(unavailable)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let access = serde_json::from_slice(&bytes).map_err(unavailable)?;
        Ok(Some(access))
    }

    /// Oldest first.
    async fn sequences(&self) -> Result<Vec<u64>, LoginError> {
        let listed = self.listed().await?;
        Ok(listed.into_iter().map(|(sequence, _)| sequence).collect())
    }

    /// Numbers of versions and their sizes in bytes, oldest first.
    async fn listed(&self) -> Result<Vec<(u64, u64)>, LoginError> {
        let folder = Path::from(FOLDER);
        let listed = (self.lake.store().list_with_delimiter(Some(&folder))).await;
        let objects = listed.map_err(unavailable)?.objects;
        let numbered = objects.iter().filter_map(|object| {
            let number = object.location.filename()?.strip_suffix(".json")?;
            Some((number.parse().ok()?, object.size))
        });
        let mut versions: Vec<(u64, u64)> = numbered.collect();
        versions.sort_unstable();
        Ok(versions)
    }
}

fn path(sequence: u64) -> Path {
    Path::from(FOLDER).join(format!("{sequence:08}.json"))
}

fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LoginError {
    LoginError::Unavailable(error.into())
}
