//! A [`Release`] is what readers see: one version of every table, and what they
//! were made from. It is one object, written once and never changed, so a
//! reader sees all of a release or none of it. The highest number is current;
//! rolling back is one more release, that pins what an older one pinned.

use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use object_store::ObjectStore as _;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What readers see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// `r00000012`.
    pub id: String,
    /// 12; the next release is 13.
    pub sequence: u64,
    /// When it was published.
    pub created_at: DateTime<Utc>,
    /// What it holds.
    #[serde(flatten)]
    pub contents: Contents,
}

/// What a release pins, before it has a number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contents {
    /// The run that published it.
    pub run_id: String,
    /// Why it was published.
    pub note: Note,
    /// Every visible table by name, `published.metric_value`.
    pub tables: BTreeMap<String, Pin>,
    /// The files behind the source tables.
    pub extracts: Vec<ReleasedExtract>,
    /// Hash of each model's SQL, by name.
    pub models: BTreeMap<String, String>,
    /// Hash of each metric's definition, by id.
    pub metrics: BTreeMap<String, String>,
    /// Hash of the project's other rules, by name: contracts, symbol sets.
    pub rules: BTreeMap<String, String>,
    /// SQL of models that are views, by name, in the order in which they can be made.
    pub views: Vec<View>,
    /// What each model read, by its name: models, seeds, source tables. Empty
    /// in releases of before 2026-11-22.
    pub reads: BTreeMap<String, Vec<String>>,
    /// Version of each of the ledger's tables when it was published. Readers get
    /// them as they stand now, an explanation as they stood then. Empty in
    /// releases of before 2026-11-22.
    pub ledger: BTreeMap<String, u64>,
}

/// One version of one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Delta version.
    pub version: u64,
    /// Exact, for people who list releases.
    pub rows: u64,
}

/// A model that is kept as a question, not as rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// `staging.requests`.
    pub name: String,
    /// As it was when the release was made.
    pub sql: String,
}

/// One file behind a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedExtract {
    /// `council/dfe_requests`.
    pub source: String,
    /// `council.dfe_requests`.
    pub table: String,
    /// As it was received.
    pub file: String,
    /// Of its bytes.
    pub sha256: String,
    /// When it was first received.
    pub received_at: DateTime<Utc>,
}

/// Why a release was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A run finished.
    #[default]
    Publish,
    /// A person went back to an older release.
    Rollback {
        /// The release whose tables are pinned again.
        of: String,
    },
}

impl Lake {
    /// Publishes. When another publisher takes the number first, the next one
    /// is tried.
    ///
    /// # Errors
    /// When the store fails, or `contents` pins a version that is not there.
    pub async fn publish(&self, contents: Contents) -> Result<Release> {
        let mut sequence = self
            .newest_release_number()
            .await?
            .map_or(1, |number| number + 1);
        for _ in 0..TRIES {
            let release = Release {
                id: format!("r{sequence:08}"),
                sequence,
                created_at: Utc::now(),
                contents: contents.clone(),
            };
            let path = place(sequence);
            let bytes =
                serde_json::to_vec_pretty(&release).map_err(|error| LakeError::Corrupt {
                    what: path.to_string(),
                    reason: error.to_string(),
                })?;
            match self.create(&path, bytes).await {
                Ok(()) => return Ok(release),
                Err(error) => match self.read_release(sequence).await? {
                    // A store may say no to a write that it has kept.
                    Some(found) if found == release => return Ok(release),
                    Some(_) => sequence += 1,
                    None => return Err(error),
                },
            }
        }
        Err(LakeError::LostRace {
            what: "the list of releases".into(),
        })
    }

    /// Publishes once more what an older release pinned.
    ///
    /// # Errors
    /// [`LakeError::Missing`] when there is no such release or a version that it
    /// pins is gone.
    pub async fn roll_back(&self, to: &str, run_id: &str) -> Result<Release> {
        let old = self.release(to).await?;
        for (table, pin) in &old.contents.tables {
            self.table_at(table, pin.version).await?;
        }
        let note = Note::Rollback { of: old.id };
        self.publish(Contents {
            run_id: run_id.to_owned(),
            note,
            ..old.contents
        })
        .await
    }

    /// What readers see now; none before the first run.
    ///
    /// # Errors
    /// When the store fails or the newest release cannot be understood.
    pub async fn current_release(&self) -> Result<Option<Release>> {
        match self.newest_release_number().await? {
            Some(number) => self.read_release(number).await,
            None => Ok(None),
        }
    }

    /// A release by its id, `r00000012`, or its number, `12`.
    ///
    /// # Errors
    /// [`LakeError::Missing`] when there is none.
    pub async fn release(&self, id: &str) -> Result<Release> {
        let missing = || LakeError::Missing {
            what: format!("release {id}"),
            advice: "list the releases with `jcw releases`".into(),
        };
        let number = id.trim_start_matches('r').parse().map_err(|_| missing())?;
        self.read_release(number).await?.ok_or_else(missing)
    }

    /// Every release, oldest first.
    ///
    /// # Errors
    /// When the store fails or a release cannot be understood.
    pub async fn releases(&self) -> Result<Vec<Release>> {
        let mut releases = Vec::new();
        for number in self.release_numbers().await? {
            releases.extend(self.read_release(number).await?);
        }
        Ok(releases)
    }

    async fn newest_release_number(&self) -> Result<Option<u64>> {
        Ok(self.release_numbers().await?.last().copied())
    }

    async fn release_numbers(&self) -> Result<Vec<u64>> {
        let listed: Vec<_> = self
            .store()
            .list(Some(&Path::from("releases")))
            .try_collect()
            .await
            .doing(|| "listing the releases".into())?;
        let mut numbers: Vec<u64> = listed
            .iter()
            .filter_map(|object| {
                object
                    .location
                    .filename()?
                    .strip_suffix(".json")?
                    .parse()
                    .ok()
            })
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    async fn read_release(&self, number: u64) -> Result<Option<Release>> {
        let path = place(number);
        let Some(bytes) = self.read(&path).await? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| LakeError::Corrupt {
                what: path.to_string(),
                reason: error.to_string(),
            })
    }
}

fn place(number: u64) -> Path {
    Path::from(format!("releases/{number:08}.json"))
}

const TRIES: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{in_memory, load, on_disk};
    use crate::{SessionSettings, session};

    fn pins(tables: &[(&str, u64, u64)]) -> Contents {
        let tables = tables
            .iter()
            .map(|t| {
                (
                    t.0.to_owned(),
                    Pin {
                        version: t.1,
                        rows: t.2,
                    },
                )
            })
            .collect();
        Contents {
            run_id: "run".into(),
            tables,
            ..Default::default()
        }
    }

    #[tokio::test]
    async fn publishers_at_the_same_moment_get_a_number_each() {
        let lake = in_memory();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let lake = lake.clone();
            tasks.spawn(async move { lake.publish(Contents::default()).await.unwrap().sequence });
        }
        let mut numbers = tasks.join_all().await;
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
        assert_eq!(
            lake.current_release().await.unwrap().unwrap().id,
            "r00000008"
        );
    }

    #[tokio::test]
    async fn a_release_shows_its_own_rows_whatever_is_committed_later() {
        let (_folder, lake) = on_disk().await;
        assert!(lake.current_release().await.unwrap().is_none());
        load(&lake, "a.b", &[("2024", 1)]).await;
        let first = lake.publish(pins(&[("a.b", 0, 1)])).await.unwrap();
        load(&lake, "a.b", &[("2024", 2), ("2025", 3)]).await;
        load(&lake, "a.unpublished", &[("2024", 1)]).await;
        let second = lake.publish(pins(&[("a.b", 1, 2)])).await.unwrap();
        assert_eq!(sum(&lake, &first).await, "1");
        assert_eq!(sum(&lake, &second).await, "5");
        let back = lake.roll_back(&first.id, "run-2").await.unwrap();
        assert_eq!(
            (back.sequence, back.contents.note.clone()),
            (
                3,
                Note::Rollback {
                    of: "r00000001".into()
                }
            )
        );
        assert_eq!(
            sum(&lake, &lake.current_release().await.unwrap().unwrap()).await,
            "1"
        );
        let session = session(lake.catalog(&back).unwrap(), &SessionSettings::default()).unwrap();
        assert!(
            session.sql("select * from a.unpublished").await.is_err(),
            "only what is released is there"
        );
        assert_eq!(lake.releases().await.unwrap().len(), 3);
    }

    async fn sum(lake: &Lake, release: &Release) -> String {
        let session = session(lake.catalog(release).unwrap(), &SessionSettings::default()).unwrap();
        let batches = session
            .sql("select sum(n) from a.b")
            .await
            .unwrap()
            .collect()
            .await
            .unwrap();
        arrow::util::display::array_value_to_string(batches[0].column(0), 0).unwrap()
    }

    #[tokio::test]
    async fn a_pinned_version_that_is_gone_or_changed_fails_loudly() {
        let (folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2024", 1)]).await;
        load(&lake, "a.b", &[("2024", 2)]).await;
        let short = lake.publish(pins(&[("a.b", 1, 2)])).await.unwrap();
        let session = session(lake.catalog(&short).unwrap(), &SessionSettings::default()).unwrap();
        let refused = session
            .sql("select * from a.b")
            .await
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("version 1 of a.b with its 2 rows (it has 1)"),
            "{refused}"
        );

        std::fs::remove_file(
            folder
                .path()
                .join("tables/a/b/_delta_log/00000000000000000001.json"),
        )
        .unwrap();
        let gone = lake.table_at("a.b", 1).await.unwrap_err();
        assert!(matches!(gone, LakeError::Missing { .. }), "{gone}");
        assert!(matches!(
            lake.roll_back("1", "run").await.unwrap_err(),
            LakeError::Missing { .. }
        ));
        assert!(matches!(
            lake.release("r7").await.unwrap_err(),
            LakeError::Missing { .. }
        ));
    }
}
