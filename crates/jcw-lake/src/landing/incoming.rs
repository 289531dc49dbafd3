//! Bytes on their way in: hashed while they are written, named by their hash
//! when they are whole, and readable before they are durable.

use super::{Landed, Landing, LocalFile, place};
use crate::error::{Doing as _, LakeError, Result};
use crate::fsync::staged_path;
use crate::lake::LocalDisk;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, WriteMultipart};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::path::PathBuf;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Bytes that have come in whole and can be read. They are being made durable
/// meanwhile, for that takes as long as reading them; nothing may be said of
/// them before [`Incoming::kept`] returns. Dropped before that they are
/// forgotten.
#[derive(Debug)]
pub struct Incoming {
    landing: Landing,
    landed: Landed,
    keeping: Option<Keeping>,
}

/// New bytes on a local disk that do not have their name yet.
#[derive(Debug)]
pub(super) struct Keeping {
    staged: Unfinished,
    /// Whether the name was free.
    task: JoinHandle<std::io::Result<bool>>,
}

/// A file that is deleted unless it got its real name by a link.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Incoming {
    pub(super) fn new(landing: &Landing, landed: Landed, keeping: Option<Keeping>) -> Self {
        Incoming {
            landing: landing.clone(),
            landed,
            keeping,
        }
    }

    /// Of the bytes, lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.landed.sha256
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.landed.size
    }

    /// The bytes as a file to open, until they are [kept](Incoming::kept). Those
    /// that lay there already are hashed again.
    ///
    /// # Errors
    /// As [`Landing::verified`].
    pub async fn local(&self) -> Result<LocalFile> {
        match &self.keeping {
            Some(keeping) => Ok(LocalFile {
                path: keeping.staged.0.clone(),
                _spool: None,
            }),
            None if self.landed.is_new => self.landing.local(&self.landed.sha256).await,
            None => self.landing.verified(&self.landed.sha256).await,
        }
    }

    /// Waits until the bytes are durable under their hash.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn kept(self) -> Result<Landed> {
        let doing = || "writing into the landing area".to_owned();
        let mut landed = self.landed;
        if let Some(keeping) = self.keeping {
            landed.is_new = keeping.task.await.doing(doing)?.doing(doing)?;
        }
        Ok(landed)
    }
}

impl Landing {
    /// Writes the file beside its place while hashing it, and begins to make it
    /// durable; it gets its name only then. Bytes that are known are not made
    /// durable twice.
    pub(super) async fn take_to_disk<E>(
        &self,
        disk: &LocalDisk,
        bytes: impl Stream<Item = Result<Bytes, E>>,
        cap: u64,
    ) -> Result<(Landed, Option<Keeping>)>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let folder = disk.folder.join("landing");
        let staged = Unfinished(staged_path(&folder.join("incoming")));
        let doing = || "writing into the landing area".to_owned();
        std::fs::create_dir_all(&folder).doing(doing)?;
        let file = std::fs::File::create_new(&staged.0).doing(doing)?;
        let (to_disk, from_stream) = mpsc::channel::<Bytes>(CHUNKS_IN_FLIGHT);
        let writing = tokio::task::spawn_blocking(move || write_chunks(file, from_stream));
        let (to_hash, to_be_hashed) = mpsc::channel::<Bytes>(CHUNKS_IN_FLIGHT);
        let hashing = tokio::task::spawn_blocking(move || hash_chunks(to_be_hashed));
        let fed = feed(bytes, cap, &[to_disk, to_hash]).await;
        let sha256 = hashing.await.doing(doing)?;
        writing.await.doing(doing)?.doing(doing)?;
        let size = fed?;

        let place = disk.folder.join(place(&sha256).as_ref());
        if let Some(known) = self.size(&sha256).await? {
            return Ok((landed_again(sha256, size, known)?, None));
        }
        let durable = disk.durable.clone();
        let unnamed = staged.0.clone();
        let task = tokio::task::spawn_blocking(move || {
            if let Some(folder) = place.parent() {
                std::fs::create_dir_all(folder)?;
            }
            durable.sync_bytes(&unnamed)?;
            let is_new = match std::fs::hard_link(&unnamed, &place) {
                Ok(()) => true,
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => false,
                Err(error) => return Err(error),
            };
            durable.sync_name(&place)?;
            Ok(is_new)
        });
        let landed = Landed {
            sha256,
            size,
            is_new: true,
        };
        Ok((landed, Some(Keeping { staged, task })))
    }

    /// Uploads under a temporary name while hashing, then copies to the name
    /// that the hash gives.
    pub(super) async fn put_in_store<E>(
        &self,
        bytes: impl Stream<Item = Result<Bytes, E>>,
        cap: u64,
    ) -> Result<Landed>
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
                upload
                    .wait_for_capacity(PARTS_IN_FLIGHT)
                    .await
                    .doing(doing)?;
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
            Ok(None) => store
                .copy(&incoming, &place(&sha256))
                .await
                .doing(doing)
                .map(|()| None),
            other => other,
        };
        let _ = store.delete(&incoming).await;
        match placed? {
            Some(known) => landed_again(sha256, size, known),
            None => Ok(Landed {
                sha256,
                size,
                is_new: true,
            }),
        }
    }
}

/// Sends the bytes to each of `readers`, in pieces large enough that handing
/// them over costs nothing, and counts them.
async fn feed<E>(
    bytes: impl Stream<Item = Result<Bytes, E>>,
    cap: u64,
    readers: &[mpsc::Sender<Bytes>],
) -> Result<u64>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut size = 0;
    let mut gathered = BytesMut::new();
    let mut bytes = std::pin::pin!(bytes);
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk.map_err(|error| LakeError::Incoming(error.into()))?;
        size = counted(size, &chunk, cap)?;
        if gathered.is_empty() && chunk.len() >= CHUNK {
            hand_over(chunk, readers).await;
            continue;
        }
        gathered.extend_from_slice(&chunk);
        if gathered.len() >= CHUNK {
            hand_over(gathered.split().freeze(), readers).await;
        }
    }
    hand_over(gathered.freeze(), readers).await;
    Ok(size)
}

async fn hand_over(chunk: Bytes, readers: &[mpsc::Sender<Bytes>]) {
    for reader in readers {
        // A reader that has stopped says why when it is joined.
        let _ = reader.send(chunk.clone()).await;
    }
}

fn counted(size: u64, chunk: &Bytes, cap: u64) -> Result<u64> {
    let size = size + chunk.len() as u64;
    if size > cap {
        Err(LakeError::TooLarge { cap })
    } else {
        Ok(size)
    }
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
    Ok(Landed {
        sha256,
        size,
        is_new: false,
    })
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

const CHUNK: usize = 1 << 20;
const CHUNKS_IN_FLIGHT: usize = 4;
const PART: usize = 16 << 20;
const PARTS_IN_FLIGHT: usize = 3;
