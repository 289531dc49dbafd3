//! What lies in a vault is what stands there besides the rows of its tables:
//! files as they were received, reports to partners, and files of tables, of
//! which the newest version may show some no longer. Each has a size and an age,
//! and is deleted by name; nothing here decides which.

use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::table::Table;
use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore as _};
use std::collections::HashSet;

/// One object of a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    location: Path,
    /// In bytes.
    pub size: u64,
    /// When it was written, by the store's clock.
    pub modified: DateTime<Utc>,
    /// Whether the newest version of a table shows it; false where it is of none.
    pub is_shown: bool,
}

impl Lying {
    /// The last word of its name: the SHA-256 of a file as received.
    pub fn name(&self) -> &str {
        self.location.filename().unwrap_or_default()
    }

    /// The words of its name, folders first: `reports`, the run, the partner.
    pub fn parts(&self) -> Vec<String> {
        let parts = self.location.parts();
        parts.map(|part| part.as_ref().to_owned()).collect()
    }

    fn of(meta: ObjectMeta) -> Lying {
        Lying {
            location: meta.location,
            size: meta.size,
            modified: meta.last_modified,
            is_shown: false,
        }
    }
}

impl Lake {
    /// Every file in the landing area; what is only coming in is none.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub async fn landed(&self) -> Result<Vec<Lying>> {
        let mut all = self.lying(&Path::from("landing")).await?;
        all.retain(|one| one.location.parts().count() == 3);
        Ok(all)
    }

    /// Every report.
    ///
    /// # Errors
    /// When the store cannot be listed.
    pub async fn reports(&self) -> Result<Vec<Lying>> {
        self.lying(&Path::from("reports")).await
    }

    /// The data files of a table. Its newest version does not show what was
    /// replaced since, nor what a killed run wrote. To be called by the holder of
    /// the lease, when nobody else is writing.
    ///
    /// # Errors
    /// [`LakeError::Missing`] when a file that the table does show is not there:
    /// then nothing can be said of the others.
    pub async fn data_files(&self, table: &str) -> Result<Vec<Lying>> {
        let name = TableName::parse(table)?;
        let Some(shown) = Table::open(self, name.clone(), None).await? else {
            return Ok(Vec::new());
        };
        let folder = name.location();
        let root = self.table_root(&name);
        let mut shown: HashSet<Path> = shown.files().iter().map(|f| f.path.clone()).collect();
        let mut files = Vec::new();
        for mut one in self.lying(&folder).await? {
            let below: Vec<_> = one.location.parts().skip(folder.parts().count()).collect();
            let is_log = (below.first()).is_none_or(|part| part.as_ref() == "_delta_log");
            let whole = below
                .into_iter()
                .fold(root.clone(), |at, part| at.join(part));
            if !is_log {
                one.is_shown = shown.remove(&whole);
                files.push(one);
            }
        }
        match shown.into_iter().next() {
            None => Ok(files),
            Some(lost) => Err(LakeError::Missing {
                what: format!("{lost}, a file of {name},"),
                advice: "restore the vault from its copy".into(),
            }),
        }
    }

    /// Deletes an object; one that is not there any more is no fault.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete(&self, one: &Lying) -> Result<()> {
        match self.store().delete(&one.location).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            deleted => deleted.doing(|| format!("deleting {}", one.location)),
        }
    }

    async fn lying(&self, folder: &Path) -> Result<Vec<Lying>> {
        let all = self.store().list(Some(folder)).map_ok(Lying::of);
        all.try_collect()
            .await
            .doing(|| format!("listing {folder}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{load, number, on_disk, staged};

    #[tokio::test]
    async fn what_a_table_has_left_behind_can_go_and_the_table_stays() {
        let (folder, lake) = on_disk().await;
        let left = async || {
            let mut files = lake.data_files("a.b").await.unwrap();
            files.retain(|one| !one.is_shown);
            files
        };
        load(&lake, "a.b", &[("a b/c%", 1), ("2024", 2)]).await;
        assert_eq!(left().await, []);
        load(&lake, "a.b", &[("a b/c%", 3)]).await;
        // What a killed run wrote is left behind too.
        let forgotten = staged(&lake, "a.b", &[("2025", 9)]).await;
        let old = left().await;
        assert_eq!(old.len(), 2, "{old:?}");
        for one in &old {
            assert!(one.size > 0 && one.name().ends_with(".parquet"), "{one:?}");
            lake.delete(one).await.unwrap();
            lake.delete(one).await.unwrap();
        }
        assert_eq!(left().await, []);
        assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 5);
        drop(forgotten);
        assert_eq!(lake.data_files("a.none").await.unwrap(), []);
        std::fs::remove_dir_all(folder.path().join("tables/a/b/period=2024")).unwrap();
        let refused = lake.data_files("a.b").await.unwrap_err();
        assert!(
            refused.to_string().contains("restore the vault"),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn what_is_coming_in_has_not_landed() {
        let (folder, lake) = on_disk().await;
        assert_eq!(lake.landed().await.unwrap(), []);
        std::fs::create_dir_all(folder.path().join("landing/ab")).unwrap();
        std::fs::write(folder.path().join("landing/incoming-1"), "half").unwrap();
        std::fs::write(folder.path().join("landing/ab/abcd"), "whole").unwrap();
        let landed = lake.landed().await.unwrap();
        assert_eq!(
            (landed.len(), landed[0].name(), landed[0].size),
            (1, "abcd", 5)
        );
        let name = lake
            .put_report(&["run", "council", "a.csv"], Vec::new())
            .await;
        assert_eq!(name.unwrap(), "reports/run/council/a.csv");
        let reports = lake.reports().await.unwrap();
        assert_eq!(reports[0].parts()[..2], ["reports", "run"]);
    }
}
