//! The vault is a lake beside the lake, for what names people: files as they
//! were received, rows as they were rejected, and who is who. It has an address,
//! credentials and readers of its own; nothing that only asks for figures opens
//! it.
//!
//! ```text
//! <vault>/landing/<2 hex>/<sha256>           bytes exactly as received
//! <vault>/tables/<schema>/<table>/           what a source table says of people
//! <vault>/tables/jcw/reject/                 rejected rows, as they came
//! <vault>/tables/identity/link/              which records are one person's
//! <vault>/reports/<run>/<partner>/<source>   what partners are told, HTML and CSV
//! <vault>/notes/                             what people decided
//! ```

mod lying;

pub use lying::Lying;

use crate::error::{Doing as _, LakeError, Result};
use crate::fsync::RealDisk;
use crate::lake::{Lake, PROBED, local_folder};
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use std::sync::Arc;

/// What the vault's credentials begin with in the environment:
/// `JCW_VAULT_AWS_ACCESS_KEY_ID` is the vault's `AWS_ACCESS_KEY_ID`.
const PREFIX: &str = "JCW_VAULT_";

/// Where the vault of a lake is unless said: beside it.
pub fn vault_beside(lake: &str) -> String {
    format!("{}-vault", lake.trim_end_matches('/'))
}

/// The folder of the lake or the vault in which a file stands on this machine,
/// whether it is there yet or not; `None` where it stands in none.
pub fn lake_around(file: &std::path::Path) -> Option<std::path::PathBuf> {
    let folder = file.parent().filter(|f| !f.as_os_str().is_empty());
    let folder = folder.unwrap_or(std::path::Path::new("."));
    let real = file.canonicalize().or_else(|_| folder.canonicalize());
    let real = real.ok()?;
    let mut folders = real.ancestors();
    let found = folders.find(|folder| folder.join(PROBED).is_file());
    found.map(std::path::Path::to_owned)
}

impl Lake {
    /// Opens a vault as [`Lake::open`] opens a lake; a variable of the
    /// environment that begins with `JCW_VAULT_` comes before the one without.
    /// A local folder is made for its owner alone.
    ///
    /// # Errors
    /// As [`Lake::open`].
    pub async fn open_vault(address: &str) -> Result<Lake> {
        let vault = match local_folder(address)? {
            Some(folder) => {
                make_private(&folder)
                    .doing(|| format!("making the vault's folder {}", folder.display()))?;
                Lake::local(folder, Arc::new(RealDisk))?
            }
            None => Lake::remote(address, environment(std::env::vars()))?,
        };
        vault.probe().await?;
        Ok(vault.into_vault())
    }

    /// The same lake with a vault.
    ///
    /// # Errors
    /// [`LakeError::Open`] when the vault stands in the lake, or the lake in the
    /// vault: who may read the one may not read the other.
    pub fn with_vault(self, vault: &Lake) -> Result<Lake> {
        let (here, there) = (format!("{}/", self.url()), format!("{}/", vault.url()));
        if here.starts_with(&there) || there.starts_with(&here) {
            return Err(LakeError::Open {
                url: vault.url().to_string(),
                reason: format!(
                    "the vault must stand outside the lake at {}, as in {}",
                    self.url(),
                    vault_beside(self.url().as_str())
                ),
            });
        }
        Ok(self.beside(vault))
    }

    /// The vault.
    ///
    /// # Errors
    /// [`LakeError::NoVault`] when the lake was opened without one: nothing that
    /// names people may go anywhere else.
    pub fn vault(&self) -> Result<Lake> {
        self.vault_beside().ok_or_else(|| LakeError::NoVault {
            url: self.url().to_string(),
        })
    }

    /// A small text that is kept by name under `notes/`; none when nobody wrote it.
    ///
    /// # Errors
    /// When the store fails, or it is not text.
    pub async fn note(&self, name: &str) -> Result<Option<String>> {
        let path = Path::from("notes").join(name);
        let Some(bytes) = self.read(&path).await? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes.into()).map_err(|_| LakeError::Corrupt {
            what: path.to_string(),
            reason: "it is not text".into(),
        })?;
        Ok(Some(text))
    }

    /// Keeps a small text, in the place of what it said before.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put_note(&self, name: &str, text: String) -> Result<()> {
        let path = Path::from("notes").join(name);
        self.store()
            .put(&path, text.into_bytes().into())
            .await
            .doing(|| format!("writing {path}"))?;
        Ok(())
    }
}

/// The vault's own variables over those of the process.
fn environment(process: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let (own, mut all): (Vec<_>, Vec<_>) = process.partition(|(name, _)| name.starts_with(PREFIX));
    for (name, value) in own {
        let name = name[PREFIX.len()..].to_owned();
        all.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        all.push((name, value));
    }
    all
}

fn make_private(folder: &std::path::Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_vault_is_its_owners_and_outside_the_lake() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let lake = Lake::open(&at("lake")).await.unwrap();
        assert!(matches!(lake.vault(), Err(LakeError::NoVault { .. })));
        let vault = Lake::open_vault(&vault_beside(&at("lake"))).await.unwrap();
        let both = lake.clone().with_vault(&vault).unwrap();
        assert_eq!(both.vault().unwrap().url(), vault.url());
        for inside in ["lake", "lake/vault"] {
            let inside = Lake::open_vault(&at(inside)).await.unwrap();
            assert!(lake.clone().with_vault(&inside).is_err(), "{inside:?}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(at("lake-vault")).unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o700);
        }
    }

    #[tokio::test]
    async fn the_log_of_a_vaults_table_says_how_many_rows_and_nothing_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("vault").display().to_string();
        let vault = Lake::open_vault(&at).await.unwrap();
        crate::testing::load(&vault, "a.b", &[("2024", 20_121_213)]).await;
        let log = folder.path().join("vault/tables/a/b/_delta_log");
        let entry = log.join(format!("{:020}.json", 0));
        let entry = std::fs::read_to_string(entry).unwrap();
        assert!(entry.contains("numRecords"), "{entry}");
        assert!(!entry.contains("20121213"), "{entry}");
    }

    #[tokio::test]
    async fn a_note_is_what_was_written_last() {
        let lake = crate::testing::in_memory();
        assert_eq!(lake.note("a.txt").await.unwrap(), None);
        for text in ["one", "two"] {
            lake.put_note("a.txt", text.to_owned()).await.unwrap();
        }
        assert_eq!(lake.note("a.txt").await.unwrap().as_deref(), Some("two"));
    }

    #[test]
    fn the_vaults_own_credentials_come_first() {
        let of = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
            environment(pairs)
        };
        let found = of(&[
            ("AWS_ACCESS_KEY_ID", "lake"),
            ("JCW_VAULT_AWS_ACCESS_KEY_ID", "vault"),
            ("AWS_REGION", "eu-west-2"),
        ]);
        let value = |name: &str| {
            let mut all = found.iter().filter(|(known, _)| known == name);
            (all.next().map(|(_, value)| value.as_str()), all.next())
        };
        assert_eq!(value("AWS_ACCESS_KEY_ID"), (Some("vault"), None));
        assert_eq!(value("AWS_REGION"), (Some("eu-west-2"), None));
    }
}
