//! The landing area keeps every file that was ever received, byte for byte,
//! under the SHA-256 of its bytes. The same bytes twice are one object.

use crate::error::{Doing as _, LakeError, Result};
use crate::fsync::staged_path;
use crate::lake::{Lake, LocalDisk};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _, WriteMultipart};
use sha2::{Digest as _, Sha256};
use std::io::Write as _;
use std::path::{Path as FsPath, PathBuf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

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
struct Keeping {
    staged: Unfinished,
    /// Whether the name was free.
    task: JoinHandle<std::io::Result<bool>>,
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
        Ok(Incoming {
            landing: self.clone(),
            landed,
            keeping,
        })
    }

    /// Bytes that were landed before, to be read once more.
    pub fn again(&self, sha256: &str, size: u64) -> Incoming {
        Incoming {
            landing: self.clone(),
            landed: Landed {
                sha256: sha256.to_owned(),
                size,
                is_new: false,
            },
            keeping: None,
        }
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

    /// Writes the file beside its place while hashing it, and begins to make it
    /// durable; it gets its name only then. Bytes that are known are not made
    /// durable twice.
    async fn take_to_disk<E>(
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
    async fn put_in_store<E>(
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

impl Incoming {
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

/// A file that is deleted unless it got its real name by a link.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const CHUNK: usize = 1 << 20;
const CHUNKS_IN_FLIGHT: usize = 4;
const PART: usize = 16 << 20;
const PARTS_IN_FLIGHT: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{in_memory, on_disk};
    use futures::stream;

    fn arriving(parts: &[&'static str]) -> impl Stream<Item = std::io::Result<Bytes>> + use<> {
        stream::iter(
            parts
                .iter()
                .map(|part| Ok(Bytes::from_static(part.as_bytes())))
                .collect::<Vec<_>>(),
        )
    }

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    async fn keeps_bytes_under_their_hash(lake: Lake) {
        let landing = lake.landing();
        let landed = landing.put(arriving(&["a", "bc"]), 3).await.unwrap();
        assert_eq!(
            landed,
            Landed {
                sha256: ABC.into(),
                size: 3,
                is_new: true
            }
        );
        let again = landing.put(arriving(&["abc"]), 10).await.unwrap();
        assert_eq!(
            again,
            Landed {
                sha256: ABC.into(),
                size: 3,
                is_new: false
            }
        );
        let local = landing.local(ABC).await.unwrap();
        assert_eq!(std::fs::read(local.path()).unwrap(), b"abc");
        assert_eq!(landing.size(ABC).await.unwrap(), Some(3));
        let spooled = local.path().to_path_buf();
        drop(local);
        assert_eq!(
            spooled.exists(),
            lake.folder().is_some(),
            "a copy does not outlive its use"
        );
    }

    #[tokio::test]
    async fn bytes_are_kept_once_under_their_hash_on_any_store() {
        let (_folder, lake) = on_disk().await;
        keeps_bytes_under_their_hash(lake).await;
        keeps_bytes_under_their_hash(in_memory()).await;
    }

    #[tokio::test]
    async fn a_file_over_its_cap_leaves_nothing() {
        for lake in [on_disk().await.1, in_memory()] {
            let refused = lake
                .landing()
                .put(arriving(&["abc", "d"]), 3)
                .await
                .unwrap_err();
            assert!(
                matches!(refused, LakeError::TooLarge { cap: 3 }),
                "{refused}"
            );
            assert_eq!(
                lake.store()
                    .list_with_delimiter(Some(&Path::from("landing")))
                    .await
                    .unwrap()
                    .objects,
                []
            );
        }
    }

    #[tokio::test]
    async fn a_delivery_that_breaks_off_leaves_nothing() {
        let (folder, lake) = on_disk().await;
        let broken = stream::iter([
            Ok(Bytes::from_static(b"ab")),
            Err(std::io::Error::other("cut off")),
        ]);
        let refused = lake.landing().put(broken, 10).await.unwrap_err();
        assert!(refused.to_string().contains("cut off"), "{refused}");
        assert_eq!(
            std::fs::read_dir(folder.path().join("landing"))
                .unwrap()
                .count(),
            0
        );
    }

    #[tokio::test]
    async fn bytes_can_be_read_before_they_are_kept_and_are_forgotten_if_they_never_are() {
        let (folder, lake) = on_disk().await;
        let bytes: Vec<u8> = (0..9_000_000u32).map(|n| (n % 251) as u8).collect();
        let whole = || stream::iter([Ok::<_, std::io::Error>(Bytes::from(bytes.clone()))]);
        let incoming = lake.landing().take_in(whole(), u64::MAX).await.unwrap();
        let early = incoming.local().await.unwrap();
        assert!(std::fs::read(early.path()).unwrap() == bytes);
        let landed = incoming.kept().await.unwrap();
        assert_eq!((landed.size, landed.is_new), (9_000_000, true));
        let kept = lake.landing().local(&landed.sha256).await.unwrap();
        assert!(std::fs::read(kept.path()).unwrap() == bytes);
        let again = lake.landing().take_in(whole(), u64::MAX).await.unwrap();
        assert!(std::fs::read(again.local().await.unwrap().path()).unwrap() == bytes);
        assert!(!again.kept().await.unwrap().is_new);
        drop(lake.landing().take_in(arriving(&["abc"]), 3).await.unwrap());
        let left = std::fs::read_dir(folder.path().join("landing")).unwrap();
        let half = left.filter(|entry| entry.as_ref().unwrap().path().is_file());
        assert_eq!(half.count(), 0);
    }

    #[tokio::test]
    async fn an_empty_file_lands() {
        let (_folder, lake) = on_disk().await;
        let landed = lake.landing().put(arriving(&[]), 1).await.unwrap();
        assert_eq!((landed.size, landed.is_new), (0, true));
    }

    #[tokio::test]
    async fn landed_bytes_that_were_changed_are_noticed() {
        let (folder, lake) = on_disk().await;
        lake.landing().put(arriving(&["abc"]), 3).await.unwrap();
        std::fs::write(folder.path().join("landing/ba").join(ABC), "ab").unwrap();
        let refused = lake.landing().put(arriving(&["abc"]), 3).await.unwrap_err();
        assert!(
            matches!(
                refused,
                LakeError::Landing {
                    expected: 3,
                    found: 2,
                    ..
                }
            ),
            "{refused}"
        );
        let missing = lake.landing().local(&"0".repeat(64)).await.unwrap_err();
        assert!(matches!(missing, LakeError::Missing { .. }), "{missing}");
    }
}
