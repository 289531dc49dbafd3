//! A report is a file for people about a run, kept beside the tables under
//! `reports/`. Nothing reads it again, so writing one anew replaces it.

use crate::error::{Doing as _, Result};
use crate::lake::Lake;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

impl Lake {
    /// Keeps a report under the names of folders and the file, and gives its
    /// name in the lake: `reports/<run>/council/sen2.html`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_report(&self, names: &[&str], bytes: Vec<u8>) -> Result<String> {
        let path: Path = ["reports"].iter().chain(names).copied().collect();
        self.store()
            .put(&path, bytes.into())
            .await
            .doing(|| format!("writing {path}"))?;
        Ok(path.to_string())
    }
}
