//! The [`Register`] is where versions of [`Access`] are kept: the newest one is
//! read, and an edit makes the next one or begins again.

use crate::LoginError;
use crate::access::Access;
use jcw_lake::Lake;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions};

const FOLDER: &str = "access";
/// Versions that stay: those of before hold passwords of people who have left.
const VERSIONS_KEPT: usize = 2;
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
        // A version may be deleted, for a newer one, between the list and the read.
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
        let sequences = self.sequences().await?;
        // Ours may have filled the place of one that was deleted meanwhile.
        if sequences.last() != Some(&access.sequence) {
            let _ = self.lake.store().delete(&path).await;
            return Ok(false);
        }
        let superfluous = sequences.len().saturating_sub(VERSIONS_KEPT);
        for old in &sequences[..superfluous] {
            let _ = self.lake.store().delete(&self::path(*old)).await;
        }
        Ok(true)
    }

    async fn version(&self, sequence: u64) -> Result<Option<Access>, LoginError> {
        let found = match self.lake.store().get(&path(sequence)).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(unavailable(error)),
        };
        let bytes = found.bytes().await.map_err(unavailable)?;
        let access = serde_json::from_slice(&bytes).map_err(unavailable)?;
        Ok(Some(access))
    }

    /// Oldest first.
    async fn sequences(&self) -> Result<Vec<u64>, LoginError> {
        let folder = Path::from(FOLDER);
        let listed = (self.lake.store().list_with_delimiter(Some(&folder))).await;
        let mut sequences: Vec<u64> = listed
            .map_err(unavailable)?
            .objects
            .iter()
            .filter_map(|object| object.location.filename()?.strip_suffix(".json"))
            .filter_map(|number| number.parse().ok())
            .collect();
        sequences.sort_unstable();
        Ok(sequences)
    }
}

fn path(sequence: u64) -> Path {
    Path::from(FOLDER).join(format!("{sequence:08}.json"))
}

fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LoginError {
    LoginError::Unavailable(error.into())
}
