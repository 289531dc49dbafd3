//! The log check looks, before a run begins, at the newest entry of every
//! table's log on a local disk. A machine that lost power while an entry was
//! being written may have left it empty or torn; such an entry was never
//! acknowledged, and is moved to `quarantine/`.
//!
//! Should a release pin a version that is torn, then it *was* acknowledged and
//! the disk has lost it. That is never mended in silence: the check refuses.

use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::release::Release;
use crate::table::{PROVENANCE_KEY, log_entry, log_version};
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _};

/// A log entry that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The table.
    pub table: String,
    /// The version that the entry would have made.
    pub version: u64,
    /// What is wrong with it.
    pub reason: String,
    /// Where it is kept, from the root of the lake.
    pub kept_at: String,
}

impl Lake {
    /// Sets torn log entries aside. To be called by the holder of the lease: a
    /// reader must not move what a writer is writing. Object stores write whole
    /// objects or nothing, so there is nothing to look for there.
    ///
    /// # Errors
    /// [`LakeError::Missing`] when a release pins a torn version.
    pub async fn check_logs(&self) -> Result<Vec<Quarantined>> {
        let mut quarantined = Vec::new();
        if self.disk().is_none() {
            return Ok(quarantined);
        }
        for table in self.tables().await? {
            let name = TableName::parse(&table)?;
            while let Some((version, reason)) = self.torn_entry(&name).await? {
                self.refuse_if_released(&table, version).await?;
                quarantined.push(self.quarantine(&name, version, reason).await?);
            }
        }
        Ok(quarantined)
    }

    /// The newest log entry, if something is wrong with it.
    async fn torn_entry(&self, name: &TableName) -> Result<Option<(u64, String)>> {
        let log = name.location().join("_delta_log");
        let entries: Vec<_> =
            self.store().list(Some(&log)).try_collect().await.doing(|| format!("listing {log}"))?;
        let newest = entries.iter().filter_map(|entry| log_version(entry.location.filename()?)).max();
        let Some(version) = newest else { return Ok(None) };
        let bytes = self.read(&log_entry(name, version)).await?.unwrap_or_default();
        Ok(fault(&bytes).map(|reason| (version, reason)))
    }

    async fn refuse_if_released(&self, table: &str, version: u64) -> Result<()> {
        let releases = self.releases().await?;
        let pins = |release: &&Release| release.contents.tables.get(table).is_some_and(|pin| pin.version >= version);
        match releases.iter().find(pins) {
            None => Ok(()),
            Some(release) => Err(LakeError::Missing {
                what: format!("version {version} of {table}, which release {} shows,", release.id),
                advice: "the disk has lost what it said it had kept; restore the lake from its copy, or load \
                         the files in its landing area into a new lake"
                    .into(),
            }),
        }
    }

    async fn quarantine(&self, name: &TableName, version: u64, reason: String) -> Result<Quarantined> {
        let from = log_entry(name, version);
        let kept_at = Path::from(format!("quarantine/{name}/{version:020}-{}.json", uuid::Uuid::now_v7()));
        self.store().rename(&from, &kept_at).await.doing(|| format!("moving {from} to {kept_at}"))?;
        tracing::warn!(table = %name, version, reason, %kept_at, "a log entry that was never acknowledged was set aside");
        Ok(Quarantined { table: name.to_string(), version, reason, kept_at: kept_at.to_string() })
    }
}

/// What is wrong with a log entry, if anything.
fn fault(entry: &[u8]) -> Option<String> {
    if entry.is_empty() {
        return Some("it is empty".into());
    }
    let mut is_ours = false;
    let mut has_commit_info = false;
    for line in entry.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
        let Ok(action) = serde_json::from_slice::<serde_json::Value>(line) else {
            return Some("it is torn in the middle of a line".into());
        };
        if let Some(info) = action.get("commitInfo") {
            has_commit_info = true;
            is_ours = info.get(PROVENANCE_KEY).is_some();
        }
    }
    // Other programs leave the last newline out; the lake never does.
    match (has_commit_info, is_ours, entry.ends_with(b"\n")) {
        (false, ..) => Some("it does not say who committed it".into()),
        (true, true, false) => Some("it is torn at the end of a line".into()),
        _ => None,
    }
}
