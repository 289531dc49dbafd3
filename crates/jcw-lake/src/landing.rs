//! The landing area keeps every file that was ever received, byte for byte,
//! under the SHA-256 of its bytes. The same bytes twice are one object.

mod incoming;

use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
pub use incoming::Incoming;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use sha2::{Digest as _, Sha256};
use std::path::{Path as FsPath, PathBuf};

/// The landing area of a lake.
#[derive(Debug, Clone)]
pub struct Landing {
    lake: Lake,
}

/// Bytes that are safe in the landing area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// Of the bytes, lower-case hex.
    pub sha256: String,
    /// In bytes.
    pub size: u64,
    /// Whether the landing area did not have them before.
    pub is_new: bool,
}

/// Landed bytes as a file that any reader can open: the very file where the
/// lake is on a local disk, a copy that lives as long as this value otherwise.
#[derive(Debug)]
pub struct LocalFile {
    path: PathBuf,
    _spool: Option<tempfile::TempPath>,
}

impl LocalFile {
    /// Where to open it.
    pub fn path(&self) -> &FsPath {
        &self.path
    }
}

impl Lake {
    /// The landing area.
    pub fn landing(&self) -> Landing {
        Landing { lake: self.clone() }
    }
}

impl Landing {
    /// Takes in a stream of bytes, at most `cap` of them; durable on return.
    ///
    /// # Errors
    /// As [`Landing::take_in`].
    pub async fn put<E>(
        &self,
        bytes: impl Stream<Item = Result<Bytes, E>>,
        cap: u64,
    ) -> Result<Landed>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.take_in(bytes, cap).await?.kept().await
    }

    /// Takes in a stream of bytes, at most `cap` of them, to be read at once.
    ///
    /// # Errors
    /// [`LakeError::TooLarge`] beyond the cap; [`LakeError::Incoming`] when the
    /// stream fails. Nothing is kept then.
    pub async fn take_in<E>(
        &self,
        bytes: impl Stream<Item = Result<Bytes, E>>,
        cap: u64,
    ) -> Result<Incoming>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (landed, keeping) = match self.lake.disk() {
            Some(disk) => self.take_to_disk(disk, bytes, cap).await?,
            None => (self.put_in_store(bytes, cap).await?, None),
        };
        Ok(Incoming::new(self, landed, keeping))
    }

    /// Bytes that were landed before, to be read once more.
    pub fn again(&self, sha256: &str, size: u64) -> Incoming {
        let landed = Landed {
            sha256: sha256.to_owned(),
            size,
            is_new: false,
        };
        Incoming::new(self, landed, None)
    }

    /// Landed bytes as a file to open.
    ///
    /// # Errors
    /// [`LakeError::Missing`] when nothing was landed under that hash.
    pub async fn local(&self, sha256: &str) -> Result<LocalFile> {
        self.open(sha256).await
    }

    /// The same, after the bytes have been hashed again: for bytes that have
    /// lain there since an earlier run.
    ///
    /// # Errors
    /// [`LakeError::Altered`] when they are no longer what was received.
    pub async fn verified(&self, sha256: &str) -> Result<LocalFile> {
        let local = self.open(sha256).await?;
        let doing = || format!("hashing landing/{sha256} again");
        let path = local.path().to_owned();
        let found = tokio::task::spawn_blocking(move || hash_file(&path))
            .await
            .doing(doing)?
            .doing(doing)?;
        if found == sha256 {
            return Ok(local);
        }
        Err(LakeError::Altered {
            sha256: sha256.to_owned(),
        })
    }

    async fn open(&self, sha256: &str) -> Result<LocalFile> {
        let path = place(sha256);
        if let Some(disk) = self.lake.disk() {
            let path = disk.folder.join(path.as_ref());
            if !path.is_file() {
                return Err(missing(sha256));
            }
            return Ok(LocalFile { path, _spool: None });
        }
        let found = match self.lake.store().get(&path).await {
            Err(object_store::Error::NotFound { .. }) => return Err(missing(sha256)),
            found => found.doing(|| format!("reading {path}"))?,
        };
        let doing = || format!("copying {path} to this machine");
        let (file, spool) = tempfile::NamedTempFile::new().doing(doing)?.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        let mut bytes = found.into_stream();
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk.doing(doing)?;
            tokio::io::AsyncWriteExt::write_all(&mut file, &chunk)
                .await
                .doing(doing)?;
        }
        tokio::io::AsyncWriteExt::flush(&mut file)
            .await
            .doing(doing)?;
        Ok(LocalFile {
            path: spool.to_path_buf(),
            _spool: Some(spool),
        })
    }

    /// Whether bytes with this hash were landed, and how many they are.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn size(&self, sha256: &str) -> Result<Option<u64>> {
        match self.lake.store().head(&place(sha256)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(LakeError::Store {
                doing: format!("looking for landing/{sha256}"),
                source,
            }),
        }
    }

    /// Deletes what killed runs left half written. To be called by the holder of
    /// the lease, when nobody else is landing.
    pub(crate) async fn sweep(&self) -> Result<()> {
        let Some(disk) = self.lake.disk() else {
            let doing = || "looking for half-landed files".to_owned();
            let landing = Path::from("landing");
            let listed = self
                .lake
                .store()
                .list_with_delimiter(Some(&landing))
                .await
                .doing(doing)?;
            for object in listed.objects {
                self.lake
                    .store()
                    .delete(&object.location)
                    .await
                    .doing(doing)?;
            }
            return Ok(());
        };
        let Ok(entries) = std::fs::read_dir(disk.folder.join("landing")) else {
            return Ok(());
        };
        for entry in entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        {
            if let Err(error) = std::fs::remove_file(entry.path()) {
                tracing::warn!(file = %entry.path().display(), %error, "a half-landed file was left behind");
            }
        }
        Ok(())
    }
}

fn hash_file(path: &std::path::Path) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hasher)?;
    Ok(format!("{:x}", hasher.finalize()))
}

fn missing(sha256: &str) -> LakeError {
    LakeError::Missing {
        what: format!("landing/{sha256}"),
        advice: "deliver the file again, or restore the lake from its copy".into(),
    }
}

fn place(sha256: &str) -> Path {
    let folder = sha256.get(..2).unwrap_or("00");
    Path::from_iter(["landing", folder, sha256])
}

#[cfg(test)]
mod tests;
