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
use crate::table::{LINES_KEY, log_entry, newest_version};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

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
    /// Sets torn log entries aside, and deletes what killed runs left half
    /// landed. To be called by the holder of the lease: a
    /// reader must not move what a writer is writing. Object stores write whole
    /// objects or nothing, so there can be no torn entry there.
    ///
    /// # Errors
    /// [`LakeError::Missing`] when a release pins a torn version.
    pub async fn check_logs(&self) -> Result<Vec<Quarantined>> {
        self.landing().sweep().await?;
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
        let Some(version) = newest_version(self, name).await? else {
            return Ok(None);
        };
        let bytes = self
            .read(&log_entry(name, version))
            .await?
            .unwrap_or_default();
        Ok(fault(&bytes).map(|reason| (version, reason)))
    }

    async fn refuse_if_released(&self, table: &str, version: u64) -> Result<()> {
        let releases = self.releases().await?;
        let pins = |release: &&Release| {
            release
                .contents
                .tables
                .get(table)
                .is_some_and(|pin| pin.version >= version)
        };
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

    async fn quarantine(
        &self,
        name: &TableName,
        version: u64,
        reason: String,
    ) -> Result<Quarantined> {
        let from = log_entry(name, version);
        let kept_at = Path::from(format!(
            "quarantine/{name}/{version:020}-{}.json",
            uuid::Uuid::now_v7()
        ));
        self.store()
            .rename(&from, &kept_at)
            .await
            .doing(|| format!("moving {from} to {kept_at}"))?;
        tracing::warn!(table = %name, version, reason, %kept_at, "a log entry that was never acknowledged was set aside");
        Ok(Quarantined {
            table: name.to_string(),
            version,
            reason,
            kept_at: kept_at.to_string(),
        })
    }
}

/// What is wrong with a log entry, if anything.
fn fault(entry: &[u8]) -> Option<String> {
    if entry.is_empty() {
        return Some("it is empty".into());
    }
    let mut lines = 0;
    let mut commit_info = None;
    for line in entry.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
        let Ok(mut action) = serde_json::from_slice::<serde_json::Value>(line) else {
            return Some("it is torn in the middle of a line".into());
        };
        lines += 1;
        commit_info =
            commit_info.or_else(|| action.get_mut("commitInfo").map(serde_json::Value::take));
    }
    let Some(commit_info) = commit_info else {
        return Some("it does not say who committed it".into());
    };
    // Other programs neither count their lines nor end the last one.
    let expected = commit_info.get(LINES_KEY)?.as_u64()?;
    (lines != expected || !entry.ends_with(b"\n"))
        .then(|| format!("it has {lines} of its {expected} lines"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{load, number, on_disk};
    use crate::{Contents, Pin};

    fn tear(folder: &std::path::Path, version: u64, keep: impl Fn(&[u8]) -> usize) {
        let entry = folder.join(format!("tables/a/b/_delta_log/{version:020}.json"));
        let bytes = std::fs::read(&entry).unwrap();
        std::fs::write(&entry, &bytes[..keep(&bytes)]).unwrap();
    }

    #[tokio::test]
    async fn a_torn_newest_entry_is_set_aside_and_the_table_reads_on() {
        let torn: [fn(&[u8]) -> usize; 4] = [
            |_| 0,
            |bytes| bytes.len() / 2,
            |bytes| bytes.len() - 1,
            |bytes| bytes.iter().position(|&b| b == b'\n').unwrap(),
        ];
        for keep in torn {
            let (folder, lake) = on_disk().await;
            load(&lake, "a.b", &[("2024", 1)]).await;
            load(&lake, "a.b", &[("2024", 2)]).await;
            tear(folder.path(), 1, keep);
            let found = lake.check_logs().await.unwrap();
            assert_eq!((found.len(), found[0].version), (1, 1));
            assert!(folder.path().join(&found[0].kept_at).is_file());
            assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 1);
            assert_eq!(load(&lake, "a.b", &[("2024", 3)]).await.version, 1);
            assert_eq!(lake.check_logs().await.unwrap(), []);
        }
    }

    #[tokio::test]
    async fn an_acknowledged_version_that_is_torn_is_never_mended_in_silence() {
        let (folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2024", 1)]).await;
        let mut contents = Contents::default();
        contents.tables.insert(
            "a.b".into(),
            Pin {
                version: 0,
                rows: 1,
            },
        );
        lake.publish(contents).await.unwrap();
        tear(folder.path(), 0, |_| 0);
        for _ in 0..2 {
            let refused = lake.check_logs().await.unwrap_err();
            assert!(refused.to_string().contains("r00000001"), "{refused}");
        }
    }

    proptest::proptest! {
        #[test]
        fn however_an_entry_is_torn_it_is_noticed(cut in 0usize..1000, runs in ".{0,20}") {
            let info = serde_json::json!({"commitInfo": {LINES_KEY: 3, "run_id": runs}});
            let whole = format!("{info}\n{{\"add\":{{\"path\":\"x\"}}}}\n{{\"add\":{{\"path\":\"y\"}}}}\n");
            let cut = cut % whole.len();
            proptest::prop_assert_eq!(fault(whole.as_bytes()), None);
            proptest::prop_assert!(fault(&whole.as_bytes()[..cut]).is_some());
        }
    }

    #[tokio::test]
    async fn another_programs_entry_without_a_last_newline_is_whole() {
        assert_eq!(fault(br#"{"commitInfo":{"engineInfo":"another"}}"#), None);
        assert!(fault(br#"{"add":{}}"#).is_some());
    }

    #[tokio::test]
    async fn what_a_killed_run_left_half_landed_is_deleted() {
        let (folder, lake) = on_disk().await;
        std::fs::create_dir_all(folder.path().join("landing/ab")).unwrap();
        std::fs::write(folder.path().join("landing/incoming#123"), "half").unwrap();
        std::fs::write(folder.path().join("landing/ab/abcd"), "whole").unwrap();
        lake.check_logs().await.unwrap();
        assert!(!folder.path().join("landing/incoming#123").exists());
        assert!(folder.path().join("landing/ab/abcd").exists());
    }
}
