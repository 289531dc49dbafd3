//! The landing area keeps every file that was ever received, byte for byte,
//! under the SHA-256 of its bytes. The same bytes twice are one object.

use crate::error::{Doing as _, LakeError, Result};
use crate::fsync::staged_path;
use crate::lake::{Lake, LocalDisk};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, WriteMultipart};
use sha2::{Digest as _, Sha256};
use std::io::{Read as _, Write as _};
use std::path::{Path as FsPath, PathBuf};
use tokio::sync::mpsc;

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
    /// Takes in a stream of bytes, at most `cap` of them.
    ///
    /// # Errors
    /// [`LakeError::TooLarge`] beyond the cap; [`LakeError::Incoming`] when the
    /// stream fails. Nothing is kept then.
    pub async fn put<E>(&self, bytes: impl Stream<Item = Result<Bytes, E>>, cap: u64) -> Result<Landed>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        match self.lake.disk() {
            Some(disk) => self.put_on_disk(disk, bytes, cap).await,
            None => self.put_in_store(bytes, cap).await,
        }
    }

    /// Takes in a file of this machine; quicker than a stream of its bytes.
    ///
    /// # Errors
    /// As [`Landing::put`].
    pub async fn put_file(&self, file: &FsPath, cap: u64) -> Result<Landed> {
        let (sender, receiver) = mpsc::channel::<std::io::Result<Bytes>>(CHUNKS_IN_FLIGHT);
        let file = file.to_path_buf();
        let reading = tokio::task::spawn_blocking(move || read_chunks(&file, &sender));
        let landed = self.put(chunks(receiver), cap).await;
        reading.await.doing(|| "reading a file into the landing area".into())?;
        landed
    }

    /// Landed bytes as a file to open.
    ///
    /// # Errors
    /// [`LakeError::Missing`] when nothing was landed under that hash.
    pub async fn local(&self, sha256: &str) -> Result<LocalFile> {
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
            tokio::io::AsyncWriteExt::write_all(&mut file, &chunk).await.doing(doing)?;
        }
        tokio::io::AsyncWriteExt::flush(&mut file).await.doing(doing)?;
        Ok(LocalFile { path: spool.to_path_buf(), _spool: Some(spool) })
    }

    /// Whether bytes with this hash were landed, and how many they are.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn size(&self, sha256: &str) -> Result<Option<u64>> {
        match self.lake.store().head(&place(sha256)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(LakeError::Store { doing: format!("looking for landing/{sha256}"), source }),
        }
    }

    /// Writes the file beside its place while hashing it, makes it durable, and
    /// gives it its name only then.
    async fn put_on_disk<E>(
        &self,
        disk: &LocalDisk,
        bytes: impl Stream<Item = Result<Bytes, E>>,
        cap: u64,
    ) -> Result<Landed>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let folder = disk.folder.join("landing");
        let staged = Unfinished(staged_path(&folder.join("incoming")));
        let doing = || "writing into the landing area".to_owned();
        std::fs::create_dir_all(&folder).doing(doing)?;
        let file = std::fs::File::create_new(&staged.0).doing(doing)?;
        let durable = disk.durable.clone();
        let staged_file = staged.0.clone();
        let (to_disk, from_stream) = mpsc::channel::<Bytes>(CHUNKS_IN_FLIGHT);
        let writing = tokio::task::spawn_blocking(move || {
            write_chunks(file, from_stream).and_then(|()| durable.sync_bytes(&staged_file))
        });
        let (to_hash, to_be_hashed) = mpsc::channel::<Bytes>(CHUNKS_IN_FLIGHT);
        let hashing = tokio::task::spawn_blocking(move || hash_chunks(to_be_hashed));
        let fed = feed(bytes, cap, &[to_disk, to_hash]).await;
        let sha256 = hashing.await.doing(doing)?;
        writing.await.doing(doing)?.doing(doing)?;
        let size = fed?;

        let place = disk.folder.join(place(&sha256).as_ref());
        if let Some(known) = self.size(&sha256).await? {
            return landed_again(sha256, size, known);
        }
        let durable = disk.durable.clone();
        let is_new = tokio::task::spawn_blocking(move || {
            if let Some(folder) = place.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let is_new = match std::fs::hard_link(&staged.0, &place) {
                Ok(()) => true,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => false,
                Err(error) => return Err(error),
            };
            durable.sync_name(&place)?;
            Ok(is_new)
        })
        .await
        .doing(doing)?
        .doing(doing)?;
        Ok(Landed { sha256, size, is_new })
    }

    /// Uploads under a temporary name while hashing, then copies to the name
    /// that the hash gives.
    async fn put_in_store<E>(&self, bytes: impl Stream<Item = Result<Bytes, E>>, cap: u64) -> Result<Landed>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let store = self.lake.store();
        let incoming = Path::from(format!("landing/incoming-{}", uuid::Uuid::new_v4()));
        let doing = || "writing into the landing area".to_owned();
        let upload = store.put_multipart(&incoming).await.doing(doing)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        let (to_hash, to_be_hashed) = mpsc::channel::<Bytes>(CHUNKS_IN_FLIGHT);
        let hashing = tokio::task::spawn_blocking(move || hash_chunks(to_be_hashed));
        let fed = async {
            let mut size = 0;
            let mut bytes = std::pin::pin!(bytes);
            while let Some(chunk) = bytes.next().await {
                let chunk = chunk.map_err(|error| LakeError::Incoming(error.into()))?;
                size = counted(size, &chunk, cap)?;
                upload.wait_for_capacity(PARTS_IN_FLIGHT).await.doing(doing)?;
                upload.put(chunk.clone());
                let _ = to_hash.send(chunk).await;
            }
            Ok(size)
        }
        .await;
        drop(to_hash);
        let sha256 = hashing.await.doing(doing)?;
        let size = match fed {
            Ok(size) => size,
            Err(error) => {
                let _ = upload.abort().await;
                return Err(error);
            }
        };
        upload.finish().await.doing(doing)?;
        let known = self.size(&sha256).await;
        let placed = match known {
            Ok(None) => store.copy(&incoming, &place(&sha256)).await.doing(doing).map(|()| None),
            other => other,
        };
        let _ = store.delete(&incoming).await;
        match placed? {
            Some(known) => landed_again(sha256, size, known),
            None => Ok(Landed { sha256, size, is_new: true }),
        }
    }
}

/// Sends every chunk to each of `readers` and counts the bytes.
async fn feed<E>(
    bytes: impl Stream<Item = Result<Bytes, E>>,
    cap: u64,
    readers: &[mpsc::Sender<Bytes>],
) -> Result<u64>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut size = 0;
    let mut bytes = std::pin::pin!(bytes);
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(|error| LakeError::Incoming(error.into()))?;
        size = counted(size, &chunk, cap)?;
        for reader in readers {
            // A reader that has stopped says why when it is joined.
            let _ = reader.send(chunk.clone()).await;
        }
    }
    Ok(size)
}

fn counted(size: u64, chunk: &Bytes, cap: u64) -> Result<u64> {
    let size = size + chunk.len() as u64;
    if size > cap { Err(LakeError::TooLarge { cap }) } else { Ok(size) }
}

fn landed_again(sha256: String, size: u64, known: u64) -> Result<Landed> {
    if known != size {
        return Err(LakeError::Landing {
            sha256,
            expected: size,
            found: known,
            advice: "the lake was changed from outside; restore that file from the lake's copy, \
                     or delete it and run again",
        });
    }
    Ok(Landed { sha256, size, is_new: false })
}

fn write_chunks(mut file: std::fs::File, mut chunks: mpsc::Receiver<Bytes>) -> std::io::Result<()> {
    while let Some(chunk) = chunks.blocking_recv() {
        file.write_all(&chunk)?;
    }
    Ok(())
}

fn hash_chunks(mut chunks: mpsc::Receiver<Bytes>) -> String {
    let mut hasher = Sha256::new();
    while let Some(chunk) = chunks.blocking_recv() {
        hasher.update(&chunk);
    }
    format!("{:x}", hasher.finalize())
}

fn read_chunks(file: &FsPath, to: &mpsc::Sender<std::io::Result<Bytes>>) {
    let read = || -> std::io::Result<()> {
        let mut file = std::fs::File::open(file)?;
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            (&mut file).take(CHUNK as u64).read_to_end(&mut chunk)?;
            if chunk.is_empty() || to.blocking_send(Ok(chunk.into())).is_err() {
                return Ok(());
            }
        }
    };
    if let Err(error) = read() {
        let _ = to.blocking_send(Err(error));
    }
}

fn chunks(
    receiver: mpsc::Receiver<std::io::Result<Bytes>>,
) -> impl Stream<Item = std::io::Result<Bytes>> {
    futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    })
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

/// A file that is deleted unless it got its real name by a link.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const CHUNK: usize = 4 << 20;
const CHUNKS_IN_FLIGHT: usize = 4;
const PART: usize = 16 << 20;
const PARTS_IN_FLIGHT: usize = 3;
