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
        if cfg!(windows) {
            Ok(())
        } else {
            File::open(path)?.sync_all()
        }
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
        Durable {
            disk,
            known_folders: Arc::default(),
        }
    }

    /// Makes a file's bytes durable, whatever its name is.
    pub(crate) fn sync_bytes(&self, path: &FsPath) -> std::io::Result<()> {
        self.disk.sync_file(path)
    }

    /// Makes the name `path` durable: its folder, and the folders above it that
    /// this process has not yet made durable.
    pub(crate) fn sync_name(&self, path: &FsPath) -> std::io::Result<()> {
        let Some(folder) = path.parent() else {
            return Ok(());
        };
        self.disk.sync_folder(folder)?;
        let mut unknown = Vec::new();
        for above in folder.ancestors() {
            let known = self
                .known_folders
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
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
        self.known_folders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(unknown);
        Ok(())
    }
}

impl Fsync {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Fsync {
            files: LocalFileSystem::new(),
            durable: Durable::new(disk),
        }
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
        let meta = self
            .files
            .get_opts(location, GetOptions::new().with_head(true))
            .await?
            .meta;
        Ok(PutResult {
            e_tag: meta.e_tag,
            version: None,
        })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        let upload = self.files.put_multipart_opts(location, options).await?;
        Ok(Box::new(FsyncUpload {
            upload,
            store: self.clone(),
            location: location.clone(),
        }))
    }

    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
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

    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> object_store::Result<()> {
        self.files.copy_opts(from, to, options).await?;
        self.sync_after(to, true).await
    }

    async fn rename_opts(
        &self,
        from: &Path,
        to: &Path,
        options: RenameOptions,
    ) -> object_store::Result<()> {
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
    object_store::Error::Generic {
        store: "local disk",
        source: error.into(),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> object_store::Result<T> + Send + 'static,
) -> object_store::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(object_store::Error::from)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ForgetfulDisk, batch, load, number, write};
    use crate::{Contents, Lake, Pin, Provenance, Scope};
    use bytes::Bytes;
    use object_store::ObjectStoreExt as _;

    /// A whole small run, everything in it acknowledged.
    async fn run(lake: &Lake) {
        let bytes = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"abc"))]);
        lake.landing().put(bytes, 10).await.unwrap();
        load(lake, "council.requests", &[("2023", 1), ("2024", 2)]).await;
        load(lake, "council.requests", &[("2024", 40)]).await;
        let rows = batch(&[("x", 9)]);
        let ledger = write(
            lake.stage("jcw.run", &rows.schema(), &[]).await.unwrap(),
            &[rows],
        )
        .await;
        lake.commit(ledger, Scope::Append, Provenance::default())
            .await
            .unwrap();
        let mut contents = Contents::default();
        contents.tables.insert(
            "council.requests".into(),
            Pin {
                version: 1,
                rows: 2,
            },
        );
        lake.publish(contents).await.unwrap();
    }

    #[tokio::test]
    async fn a_power_cut_loses_nothing_that_was_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(ForgetfulDisk::default());
        let lake = Lake::local(folder.path().join("lake"), disk.clone()).unwrap();
        run(&lake).await;

        let after = folder.path().join("after");
        disk.after_power_cut(lake.folder().unwrap(), &after);
        let lake = Lake::open(after.to_str().unwrap()).await.unwrap();
        assert_eq!(lake.check_logs().await.unwrap(), []);
        assert_eq!(
            number(
                &lake,
                "council.requests",
                "select sum(n) from council.requests"
            )
            .await,
            41
        );
        assert_eq!(
            number(&lake, "jcw.run", "select count(*) from jcw.run").await,
            1
        );
        assert_eq!(lake.current_release().await.unwrap().unwrap().sequence, 1);
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let local = lake.landing().local(abc).await.unwrap();
        assert_eq!(std::fs::read(local.path()).unwrap(), b"abc");
    }

    #[tokio::test]
    async fn without_the_wrapper_the_same_power_cut_loses_it() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(ForgetfulDisk::default());
        let lake = Lake::local(folder.path().join("lake"), disk.clone()).unwrap();
        let lake = lake.with_root(Arc::new(LocalFileSystem::new()));
        run(&lake).await;

        let after = folder.path().join("after");
        disk.after_power_cut(lake.folder().unwrap(), &after);
        let lake = Lake::open(after.to_str().unwrap()).await.unwrap();
        assert!(lake.table("council.requests").await.unwrap().is_none());
        assert!(lake.current_release().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_large_file_uploaded_in_parts_is_durable_when_complete() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(ForgetfulDisk::default());
        let lake = Lake::local(folder.path().join("lake"), disk.clone()).unwrap();
        let mut upload = lake
            .store()
            .put_multipart(&Path::from("new/folder/file"))
            .await
            .unwrap();
        upload.put_part(vec![7; 1 << 20].into()).await.unwrap();
        upload.put_part(vec![8; 1 << 20].into()).await.unwrap();
        upload.complete().await.unwrap();
        let after = folder.path().join("after");
        disk.after_power_cut(lake.folder().unwrap(), &after);
        assert_eq!(
            std::fs::metadata(after.join("new/folder/file"))
                .unwrap()
                .len(),
            2 << 20
        );
    }

    #[tokio::test]
    async fn a_create_only_write_leaves_the_first_and_no_scraps() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
        let place = Path::from("a/b");
        lake.create(&place, b"first".to_vec()).await.unwrap();
        assert!(
            lake.create(&place, b"second".to_vec())
                .await
                .unwrap_err()
                .is_lost_race()
        );
        lake.store()
            .put(&Path::from("a/c"), "x".into())
            .await
            .unwrap();
        lake.store()
            .put(&Path::from("a/c"), "y".into())
            .await
            .unwrap();
        assert_eq!(std::fs::read(folder.path().join("a/b")).unwrap(), b"first");
        assert_eq!(std::fs::read(folder.path().join("a/c")).unwrap(), b"y");
        assert_eq!(
            std::fs::read_dir(folder.path().join("a")).unwrap().count(),
            2
        );
    }
}
