//! A [`Lease`] is the right to write to a lake, held by one run at a time. It is
//! an object made by a create-only write; its number, the epoch, only grows, so
//! that a later writer can be told from an earlier one.
//!
//! A holder renews its lease by rewriting a second object beside it, and its
//! age is judged by the store's clock, never by a machine's. A lease whose
//! holder was killed may be taken at once on the same machine, where its
//! process can be seen to be gone, and elsewhere when it has not been renewed
//! for as long as it said.

use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::machine::Machine;
use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore as _, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The right to write, until it is released or dropped.
#[derive(Debug)]
pub struct Lease {
    lake: Lake,
    name: String,
    epoch: u64,
    is_released: bool,
    renewing: tokio::task::JoinHandle<()>,
}

/// What the lease object says about its holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    run_id: String,
    machine: Machine,
    /// One holder's own mark, by which it knows its object after an answer that
    /// could mean either.
    nonce: String,
    acquired_at: DateTime<Utc>,
    ttl_seconds: u64,
}

impl Lake {
    /// Takes the lease `name` for a run, if nobody holds it. `ttl` is how long
    /// after its last renewal a holder on another machine is given up for dead;
    /// it is renewed three times in that span. Must be called from a Tokio
    /// runtime.
    ///
    /// # Errors
    /// [`LakeError::Held`] says who holds it.
    pub async fn lease(&self, name: &str, run_id: &str, ttl: Duration) -> Result<Lease> {
        let folder = folder(name);
        let found = Epochs::list(self, &folder).await?;
        if let Some(epoch) = found.newest()
            && !found.is_released(epoch)
            && let Some(holder) = read_holder(self, &folder, epoch).await?
            && !self
                .is_dead(&folder, &holder, found.last_sign(epoch))
                .await?
        {
            return Err(LakeError::Held {
                what: name.to_owned(),
                run_id: holder.run_id,
                machine: holder.machine.to_string(),
                since: holder.acquired_at,
                ttl_seconds: holder.ttl_seconds,
            });
        }
        let epoch = found.newest().map_or(1, |epoch| epoch + 1);
        let holder = Holder {
            run_id: run_id.to_owned(),
            machine: Machine::this(),
            nonce: uuid::Uuid::new_v4().to_string(),
            acquired_at: Utc::now(),
            ttl_seconds: ttl.as_secs().max(1),
        };
        self.claim(&folder, epoch, &holder).await?;
        // Somebody slow may have claimed a number that was cleared away.
        let now = Epochs::list(self, &folder).await?;
        if now.newest() != Some(epoch) {
            return Err(LakeError::LostRace {
                what: format!("the lease {name}"),
            });
        }
        now.clear(self).await;
        let renewing = tokio::spawn(renew(self.clone(), beat(&folder, epoch), ttl / 3));
        Ok(Lease {
            lake: self.clone(),
            name: name.to_owned(),
            epoch,
            is_released: false,
            renewing,
        })
    }

    async fn claim(&self, folder: &Path, epoch: u64, holder: &Holder) -> Result<()> {
        let path = object(folder, epoch);
        let bytes = serde_json::to_vec_pretty(holder).map_err(|error| LakeError::Corrupt {
            what: path.to_string(),
            reason: error.to_string(),
        })?;
        match self.create(&path, bytes).await {
            Ok(()) => Ok(()),
            Err(error) => match read_holder(self, folder, epoch).await {
                Ok(Some(found)) if found.nonce == holder.nonce => Ok(()),
                Ok(Some(_)) => Err(LakeError::LostRace {
                    what: format!("the lease {folder}"),
                }),
                _ => Err(error),
            },
        }
    }

    async fn is_dead(
        &self,
        folder: &Path,
        holder: &Holder,
        last_sign: Option<DateTime<Utc>>,
    ) -> Result<bool> {
        if holder.machine.is_gone() {
            return Ok(true);
        }
        let Some(last_sign) = last_sign else {
            return Ok(false);
        };
        let silent = self.store_time(folder).await? - last_sign;
        Ok(silent
            > chrono::Duration::seconds(
                i64::try_from(holder.ttl_seconds).unwrap_or(i64::MAX / 1000),
            ))
    }

    /// The store's own idea of now: the time that it gives to a fresh object.
    async fn store_time(&self, folder: &Path) -> Result<DateTime<Utc>> {
        let clock = folder.clone().join("clock");
        let doing = || format!("asking the store for the time with {clock}");
        self.store()
            .put(&clock, "now\n".into())
            .await
            .doing(doing)?;
        Ok(self.store().head(&clock).await.doing(doing)?.last_modified)
    }
}

impl Lease {
    /// Greater than that of every earlier holder.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Makes sure that nobody has taken the lease since. To be asked before
    /// anything is published: a run that was asleep for long may have been given
    /// up for dead.
    ///
    /// # Errors
    /// [`LakeError::LostRace`] when somebody has.
    pub async fn confirm(&self) -> Result<()> {
        let now = Epochs::list(&self.lake, &folder(&self.name)).await?;
        if now.newest() == Some(self.epoch) && !now.is_released(self.epoch) {
            Ok(())
        } else {
            Err(LakeError::LostRace {
                what: format!("the lease {}", self.name),
            })
        }
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// When the store fails; the lease then ends by itself.
    pub async fn release(mut self) -> Result<()> {
        self.renewing.abort();
        self.is_released = true;
        match self
            .lake
            .create(
                &released(&folder(&self.name), self.epoch),
                b"released\n".to_vec(),
            )
            .await
        {
            Err(error) if !error.is_lost_race() => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
        // A run that failed in a process that goes on, such as a scheduler.
        if !self.is_released
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (lake, object) = (self.lake.clone(), released(&folder(&self.name), self.epoch));
            runtime.spawn(async move {
                let _ = lake.create(&object, b"dropped\n".to_vec()).await;
            });
        }
    }
}

async fn renew(lake: Lake, beat: Path, every: Duration) {
    loop {
        if let Err(error) = lake.store().put(&beat, "here\n".into()).await {
            tracing::warn!(%error, lease = %beat, "the lease could not be renewed; trying again");
        }
        tokio::time::sleep(every).await;
    }
}

async fn read_holder(lake: &Lake, folder: &Path, epoch: u64) -> Result<Option<Holder>> {
    let path = object(folder, epoch);
    let Some(bytes) = lake.read(&path).await? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| LakeError::Corrupt {
            what: path.to_string(),
            reason: error.to_string(),
        })
}

/// The objects of one lease, by epoch.
struct Epochs(BTreeMap<u64, Vec<ObjectMeta>>);

impl Epochs {
    async fn list(lake: &Lake, folder: &Path) -> Result<Epochs> {
        let objects: Vec<_> = lake
            .store()
            .list(Some(folder))
            .try_collect()
            .await
            .doing(|| format!("listing {folder}"))?;
        let mut epochs: BTreeMap<u64, Vec<ObjectMeta>> = BTreeMap::new();
        for object in objects {
            let name = object.location.filename().unwrap_or_default();
            if let Some(epoch) = name
                .split('.')
                .next()
                .and_then(|digits| digits.parse().ok())
            {
                epochs.entry(epoch).or_default().push(object);
            }
        }
        Ok(Epochs(epochs))
    }

    fn newest(&self) -> Option<u64> {
        self.0.last_key_value().map(|(epoch, _)| *epoch)
    }

    fn is_released(&self, epoch: u64) -> bool {
        self.0.get(&epoch).is_some_and(|objects| {
            objects
                .iter()
                .any(|object| object.location.as_ref().ends_with(RELEASED))
        })
    }

    /// When the holder last wrote anything.
    fn last_sign(&self, epoch: u64) -> Option<DateTime<Utc>> {
        self.0
            .get(&epoch)?
            .iter()
            .map(|object| object.last_modified)
            .max()
    }

    /// Deletes what is long past, leaving the newest few for people to read.
    async fn clear(&self, lake: &Lake) {
        let keep = self
            .newest()
            .unwrap_or_default()
            .saturating_sub(EPOCHS_KEPT);
        for object in self.0.range(..keep).flat_map(|(_, objects)| objects) {
            if let Err(error) = lake.store().delete(&object.location).await {
                tracing::debug!(%error, "an old lease object was left behind");
            }
        }
    }
}

fn folder(name: &str) -> Path {
    Path::from_iter(["leases", name])
}

fn object(folder: &Path, epoch: u64) -> Path {
    folder.clone().join(format!("{epoch:08}.json"))
}

fn beat(folder: &Path, epoch: u64) -> Path {
    folder.clone().join(format!("{epoch:08}.beat"))
}

fn released(folder: &Path, epoch: u64) -> Path {
    folder.clone().join(format!("{epoch:08}{RELEASED}"))
}

const RELEASED: &str = ".released";

const EPOCHS_KEPT: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{in_memory, on_disk};

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn one_run_at_a_time_and_the_next_has_a_greater_epoch() {
        let (_folder, lake) = on_disk().await;
        let first = lake.lease("run", "one", MINUTE).await.unwrap();
        first.confirm().await.unwrap();
        let refused = lake.lease("run", "two", MINUTE).await.unwrap_err();
        assert!(
            matches!(&refused, LakeError::Held { run_id, .. } if run_id == "one"),
            "{refused}"
        );
        lake.lease("other", "two", MINUTE).await.unwrap();
        first.release().await.unwrap();
        let second = lake.lease("run", "two", MINUTE).await.unwrap();
        assert_eq!(second.epoch(), 2);
    }

    #[tokio::test]
    async fn a_lease_that_is_dropped_is_given_back() {
        let (_folder, lake) = on_disk().await;
        drop(lake.lease("run", "one", MINUTE).await.unwrap());
        for _ in 0..600 {
            if lake.lease("run", "two", MINUTE).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it is not given back");
    }

    #[tokio::test]
    async fn of_many_that_ask_at_once_one_gets_it() {
        let lake = in_memory();
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..8 {
            let lake = lake.clone();
            tasks.spawn(async move { lake.lease("run", &n.to_string(), MINUTE).await });
        }
        let answers = tasks.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    }

    #[tokio::test]
    async fn a_killed_holder_on_this_machine_is_replaced_at_once() {
        let (_folder, lake) = on_disk().await;
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        put_holder(&lake, Machine::of(child.id()), 3600).await;
        assert!(lake.lease("run", "two", MINUTE).await.is_err());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(lake.lease("run", "two", MINUTE).await.unwrap().epoch(), 2);
    }

    #[tokio::test]
    async fn a_silent_holder_elsewhere_is_replaced_when_its_time_is_up() {
        let lake = in_memory();
        put_holder(&lake, Machine::elsewhere(), 3600).await;
        assert!(lake.lease("run", "two", MINUTE).await.is_err());
        let lake = in_memory();
        put_holder(&lake, Machine::elsewhere(), 1).await;
        tokio::time::sleep(Duration::from_millis(2100)).await;
        let second = lake.lease("run", "two", MINUTE).await.unwrap();
        assert_eq!(second.epoch(), 2);
    }

    #[tokio::test]
    async fn a_holder_that_renews_keeps_its_lease_and_one_that_lost_it_is_told() {
        let mut late = 0;
        let (lake, held) = loop {
            let lake = in_memory();
            let held = lake
                .lease("run", "one", Duration::from_secs(1))
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(2500)).await;
            let beat = beat(&folder("run"), held.epoch());
            let renewed = lake.store().head(&beat).await.unwrap().last_modified;
            let second = lake.lease("run", "two", MINUTE).await;
            // A machine that was too busy to ask before the renewal was old starts over.
            if Utc::now() - renewed < chrono::Duration::seconds(1) {
                assert!(second.is_err());
                break (lake, held);
            }
            late += 1;
            assert!(late < 20, "it is not renewed");
        };
        held.confirm().await.unwrap();
        held.renewing.abort();
        put_object(&lake, 2, Machine::elsewhere(), 60).await;
        assert!(held.confirm().await.unwrap_err().is_lost_race());
    }

    async fn put_holder(lake: &Lake, machine: Machine, ttl_seconds: u64) {
        put_object(lake, 1, machine, ttl_seconds).await;
    }

    async fn put_object(lake: &Lake, epoch: u64, machine: Machine, ttl_seconds: u64) {
        let holder = Holder {
            run_id: "one".into(),
            machine,
            nonce: "nonce".into(),
            acquired_at: Utc::now(),
            ttl_seconds,
        };
        lake.claim(&folder("run"), epoch, &holder).await.unwrap();
    }
}
