//! [`Fsync`] is a store on a local disk that acknowledges a write only when it
//! would survive a power cut.
//!
//! A file system keeps what it is told in memory and writes it later: after a
//! power cut the newest commit of a table may be there with no bytes in it, and
//! rows that were acknowledged are gone. `object_store` does not ask for more on
//! a local disk, so this wrapper does: the bytes first, then the name, then the
//! folders that hold the name, and only then the acknowledgement.

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, UploadPart,
};
use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path as FsPath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What makes bytes and names durable. The one that works calls `fsync`; tests
/// put a recorder in its place to play a power cut.
pub(crate) trait Disk: std::fmt::Debug + Send + Sync + 'static {
    /// Makes a file's bytes durable.
    fn sync_file(&self, path: &FsPath) -> std::io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, path: &FsPath) -> std::io::Result<()>;
}

/// The operating system's own `fsync`.
#[derive(Debug)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn sync_file(&self, path: &FsPath) -> std::io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_folder(&self, path: &FsPath) -> std::io::Result<()> {
        // Windows cannot open a folder as a file, and journals names by itself.
        if cfg!(windows) { Ok(()) } else { File::open(path)?.sync_all() }
    }
}

/// A local file system, rooted at `/`, whose writes are durable when they are
/// acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Fsync {
    files: LocalFileSystem,
    durable: Durable,
}

/// Knows which folders' own names are already durable, so that a write pays for
/// its parents only once.
#[derive(Debug, Clone)]
pub(crate) struct Durable {
    disk: Arc<dyn Disk>,
    known_folders: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Durable {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Durable { disk, known_folders: Arc::default() }
    }

    /// Makes a file's bytes durable, whatever its name is.
    pub(crate) fn sync_bytes(&self, path: &FsPath) -> std::io::Result<()> {
        self.disk.sync_file(path)
    }

    /// Makes the name `path` durable: its folder, and the folders above it that
    /// this process has not yet made durable.
    pub(crate) fn sync_name(&self, path: &FsPath) -> std::io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        self.disk.sync_folder(folder)?;
        let mut unknown = Vec::new();
        for above in folder.ancestors() {
            let known = self.known_folders.lock().unwrap_or_else(PoisonError::into_inner);
            if known.contains(above) {
                break;
            }
            unknown.push(above.to_path_buf());
        }
        for folder in &unknown {
            // A folder far above the lake may be closed to us; it was there
            // before, so its name is not ours to keep.
            if let Some(parent) = folder.parent()
                && let Err(error) = self.disk.sync_folder(parent)
                && error.kind() != std::io::ErrorKind::PermissionDenied
            {
                return Err(error);
            }
        }
        self.known_folders.lock().unwrap_or_else(PoisonError::into_inner).extend(unknown);
        Ok(())
    }
}

impl Fsync {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Fsync { files: LocalFileSystem::new(), durable: Durable::new(disk) }
    }

    /// The part that other local writers of the lake share.
    pub(crate) fn durable(&self) -> &Durable {
        &self.durable
    }

    async fn sync_after(&self, location: &Path, bytes: bool) -> object_store::Result<()> {
        let path = self.files.path_to_filesystem(location)?;
        let durable = self.durable.clone();
        blocking(move || {
            if bytes {
                durable.sync_bytes(&path).map_err(generic)?;
            }
            durable.sync_name(&path).map_err(generic)
        })
        .await
    }
}

#[async_trait]
impl ObjectStore for Fsync {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        if matches!(options.mode, PutMode::Update(_)) {
            return self.files.put_opts(location, payload, options).await;
        }
        let path = self.files.path_to_filesystem(location)?;
        let durable = self.durable.clone();
        blocking(move || put_durably(&durable, &path, &payload, options.mode)).await?;
        let meta = self.files.get_opts(location, GetOptions::new().with_head(true)).await?.meta;
        Ok(PutResult { e_tag: meta.e_tag, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        let upload = self.files.put_multipart_opts(location, options).await?;
        Ok(Box::new(FsyncUpload { upload, store: self.clone(), location: location.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[std::ops::Range<u64>],
    ) -> object_store::Result<Vec<bytes::Bytes>> {
        self.files.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.files.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.files.copy_opts(from, to, options).await?;
        self.sync_after(to, true).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> object_store::Result<()> {
        self.files.rename_opts(from, to, options).await?;
        self.sync_after(to, true).await?;
        self.sync_after(from, false).await
    }
}

impl std::fmt::Display for Fsync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fsync({})", self.files)
    }
}

/// An upload in parts that is durable when it is complete.
#[derive(Debug)]
struct FsyncUpload {
    upload: Box<dyn MultipartUpload>,
    store: Fsync,
    location: Path,
}

#[async_trait]
impl MultipartUpload for FsyncUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.upload.put_part(data)
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        let done = self.upload.complete().await?;
        self.store.sync_after(&self.location, true).await?;
        Ok(done)
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.upload.abort().await
    }
}

/// Bytes, then name, then folders. The bytes are durable before the name exists,
/// so nobody can see a commit that a power cut would empty.
fn put_durably(
    durable: &Durable,
    path: &FsPath,
    payload: &PutPayload,
    mode: PutMode,
) -> object_store::Result<()> {
    let staged = staged_path(path);
    let written = write_staged(&staged, payload)
        .and_then(|()| durable.sync_bytes(&staged))
        .and_then(|()| match mode {
            PutMode::Create => {
                let linked = std::fs::hard_link(&staged, path);
                let _ = std::fs::remove_file(&staged);
                linked
            }
            _ => std::fs::rename(&staged, path),
        });
    match written {
        Ok(()) => durable.sync_name(path).map_err(generic),
        Err(error) => {
            let _ = std::fs::remove_file(&staged);
            Err(match error.kind() {
                std::io::ErrorKind::AlreadyExists => object_store::Error::AlreadyExists {
                    path: path.display().to_string(),
                    source: error.into(),
                },
                _ => generic(error),
            })
        }
    }
}

fn write_staged(staged: &FsPath, payload: &PutPayload) -> std::io::Result<()> {
    let mut file = match File::create_new(staged) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Some(folder) = staged.parent() {
                std::fs::create_dir_all(folder)?;
            }
            File::create_new(staged)?
        }
        other => other?,
    };
    payload.iter().try_for_each(|chunk| file.write_all(chunk))
}

/// A name beside `path` that listings leave out: `object_store` never shows a
/// local file whose name ends in `#` and digits.
pub(crate) fn staged_path(path: &FsPath) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!("#{}", uuid::Uuid::new_v4().as_u128()));
    PathBuf::from(name)
}

fn generic(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "local disk", source: error.into() }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> object_store::Result<T> + Send + 'static,
) -> object_store::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(object_store::Error::from)?
}
