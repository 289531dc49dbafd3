//! A [`Listing`] is one version of a table as a list of its files, for other
//! software that reads Parquet by itself.

use crate::error::{LakeError, Result};
use crate::table::Table;
use object_store::path::Path;
use std::collections::BTreeMap;

/// The files of one version of a table.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Of the table, the same in every version.
    pub id: String,
    /// Its columns, as Delta writes a schema: JSON.
    pub schema: String,
    /// Columns that are not in the files but in [`ListedFile::period`].
    pub partition_by: Vec<String>,
    /// In the order in which the table is read.
    pub files: Vec<ListedFile>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct ListedFile {
    /// From the root of [`crate::Lake::store`].
    pub path: Path,
    /// In bytes.
    pub size: u64,
    /// Exact.
    pub rows: u64,
    /// Values of the partition columns, in Delta's text form.
    pub period: BTreeMap<String, Option<String>>,
    /// Delta's statistics of its columns: JSON.
    pub statistics: Option<String>,
}

impl Table {
    /// The files of this version.
    ///
    /// # Errors
    /// [`LakeError::Corrupt`] when the log's schema cannot be written as JSON.
    pub fn listing(&self) -> Result<Listing> {
        let snapshot = self.snapshot();
        let schema = serde_json::to_string(snapshot.schema().as_ref());
        let schema = schema.map_err(|error| LakeError::Corrupt {
            what: self.name(),
            reason: error.to_string(),
        })?;
        let location = self.location();
        let mut files: Vec<ListedFile> = snapshot
            .log_data()
            .iter()
            .map(|file| ListedFile {
                path: (file.object_store_path().parts())
                    .fold(location.clone(), |path, part| path.join(part)),
                size: u64::try_from(file.size()).unwrap_or_default(),
                rows: file.num_records().unwrap_or_default() as u64,
                period: file.partition_values_map().into_iter().collect(),
                statistics: file.stats(),
            })
            .collect();
        files.sort_by(|a, b| (&a.period, &a.path).cmp(&(&b.period, &b.path)));
        Ok(Listing {
            id: snapshot.metadata().id().to_owned(),
            schema,
            partition_by: self.partition_by().to_vec(),
            files,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{in_memory, load};
    use object_store::ObjectStoreExt as _;

    #[tokio::test]
    async fn a_listed_file_is_where_it_is_said_to_be_and_as_long() {
        let lake = in_memory();
        load(&lake, "a.b", &[("2024", 1), ("2025", 2)]).await;
        load(&lake, "a.b", &[("2025", 3)]).await;
        let table = lake.table("a.b").await.unwrap().unwrap();
        let listing = table.listing().unwrap();
        assert_eq!(
            listing.files.iter().map(|file| file.rows).sum::<u64>(),
            table.rows()
        );
        assert!(
            listing.schema.contains(r#""type":"struct""#),
            "{}",
            listing.schema
        );
        for file in &listing.files {
            let found = lake.store().head(&file.path).await.unwrap();
            assert_eq!(found.size, file.size);
            assert_eq!(file.period.len(), listing.partition_by.len());
        }
    }
}
