//! A [`Lake`] is one place on one object store where everything that the
//! warehouse has received, made and published is kept.
//!
//! ```text
//! <lake>/tables/<schema>/<table>/          Delta tables
//! <lake>/releases/00000001.json            what readers see, create-only
//! <lake>/leases/<name>/<epoch>.json        who may write now
//! <lake>/notes/                            small texts, such as which key is in use
//! <lake>/quarantine/                       torn log entries, kept for a person
//! ```
//!
//! What names people is kept outside of it, in its [vault](Lake::vault).

use crate::error::{Doing as _, LakeError, Result};
use crate::fsync::{Disk, Durable, Fsync, RealDisk};
use crate::name::TableName;
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _, ObjectStoreScheme, PutMode, PutOptions};
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// An open lake. Cheap to clone; clones share the same connections.
#[derive(Debug, Clone)]
pub struct Lake {
    inner: Arc<Inner>,
    vault: Option<Arc<Inner>>,
    /// It is itself a vault.
    is_vault: bool,
}

#[derive(Debug)]
struct Inner {
    /// Without a slash at the end.
    url: Url,
    /// Of the whole bucket or disk, which is how tables are addressed.
    root: Arc<dyn ObjectStore>,
    /// Of the lake within it.
    prefix: Path,
    /// The lake as its own store.
    store: Arc<dyn ObjectStore>,
    local: Option<LocalDisk>,
}

/// What a lake on a local disk can do besides.
#[derive(Debug, Clone)]
pub(crate) struct LocalDisk {
    pub(crate) folder: PathBuf,
    pub(crate) durable: Durable,
}

impl Lake {
    /// Opens a lake by path, `file://`, `s3://`, `az://` or another object-store
    /// URL, whose options (keys, region, endpoint) come from the environment as
    /// in `AWS_REGION` or `AZURE_STORAGE_ACCOUNT_NAME`. A local folder is made
    /// when it is missing.
    ///
    /// The first time a lake is opened it is tried whether the store keeps
    /// create-only writes; the answer is remembered in the lake.
    ///
    /// # Errors
    /// When the address cannot be opened, or the store cannot be trusted with
    /// commits.
    pub async fn open(address: &str) -> Result<Lake> {
        let lake = match local_folder(address)? {
            Some(folder) => Lake::local(folder, Arc::new(RealDisk))?,
            None => Lake::remote(address, std::env::vars().collect())?,
        };
        lake.probe().await?;
        Ok(lake)
    }

    /// Opens a lake on a local folder with another idea of durability; tests
    /// play power cuts with it.
    pub(crate) fn local(folder: PathBuf, disk: Arc<dyn Disk>) -> Result<Lake> {
        std::fs::create_dir_all(&folder)
            .doing(|| format!("making the lake's folder {}", folder.display()))?;
        let folder = folder
            .canonicalize()
            .doing(|| format!("opening the lake's folder {}", folder.display()))?;
        let url = Url::from_file_path(&folder).map_err(|()| LakeError::Open {
            url: folder.display().to_string(),
            reason: "the path cannot be written as a URL".into(),
        })?;
        let prefix = Path::from_absolute_path(&folder).map_err(|error| LakeError::Open {
            url: folder.display().to_string(),
            reason: error.to_string(),
        })?;
        let disk = Fsync::new(disk);
        let local = LocalDisk {
            folder,
            durable: disk.durable().clone(),
        };
        Ok(Lake::from_parts(url, Arc::new(disk), prefix, Some(local)))
    }

    /// Opens a lake that is not on this machine, with these variables.
    pub(crate) fn remote(address: &str, variables: Vec<(String, String)>) -> Result<Lake> {
        let broken = |reason: String| LakeError::Open {
            url: address.to_owned(),
            reason,
        };
        let mut url = Url::parse(address).map_err(|error| broken(error.to_string()))?;
        let trimmed = url.path().trim_end_matches('/').to_owned();
        url.set_path(&trimmed);
        let environment = (variables.into_iter()).map(|(key, value)| (key.to_lowercase(), value));
        let (root, prefix) = object_store::parse_url_opts(&url, environment).map_err(|error| {
            broken(format!(
                "{error}; use a path, file://, s3://bucket/folder or az://container/folder"
            ))
        })?;
        Ok(Lake::from_parts(url, Arc::from(root), prefix, None))
    }

    fn from_parts(
        url: Url,
        root: Arc<dyn ObjectStore>,
        prefix: Path,
        local: Option<LocalDisk>,
    ) -> Lake {
        let store = Arc::new(PrefixStore::new(root.clone(), prefix.clone()));
        Lake {
            inner: Arc::new(Inner {
                url,
                root,
                prefix,
                store,
                local,
            }),
            vault: None,
            is_vault: false,
        }
    }

    /// The same lake, as a vault: no log says what stands in its tables.
    pub(crate) fn into_vault(self) -> Lake {
        Lake {
            is_vault: true,
            ..self
        }
    }

    pub(crate) fn is_vault(&self) -> bool {
        self.is_vault
    }

    /// The same lake, which knows its vault.
    pub(crate) fn beside(self, vault: &Lake) -> Lake {
        Lake {
            vault: Some(Arc::clone(&vault.inner)),
            ..self
        }
    }

    pub(crate) fn vault_beside(&self) -> Option<Lake> {
        let inner = Arc::clone(self.vault.as_ref()?);
        Some(Lake {
            inner,
            vault: None,
            is_vault: true,
        })
    }

    /// The lake's address, as people may read it.
    pub fn url(&self) -> &Url {
        &self.inner.url
    }

    /// The folder, when the lake is on a local disk.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.inner.local.as_ref().map(|disk| disk.folder.as_path())
    }

    /// The lake's objects: names as in the picture at the top of this file.
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.store
    }

    pub(crate) fn root(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.root
    }

    pub(crate) fn disk(&self) -> Option<&LocalDisk> {
        self.inner.local.as_ref()
    }

    /// Where a table's files are, from the root of the store.
    pub(crate) fn table_root(&self, name: &TableName) -> Path {
        let mut path = self.inner.prefix.clone();
        for part in name.location().parts() {
            path = path.join(part);
        }
        path
    }

    /// A table as the table library addresses it.
    pub(crate) fn log_store(&self, name: &TableName) -> LogStoreRef {
        let mut url = self.inner.url.clone();
        url.set_path(&format!("{}/{}", url.path(), name.location()));
        default_logstore(
            Arc::new(PrefixStore::new(
                self.inner.root.clone(),
                self.table_root(name),
            )),
            self.inner.root.clone(),
            &url,
            &StorageConfig::default(),
        )
    }

    /// Writes an object that must not exist yet.
    ///
    /// # Errors
    /// [`LakeError::LostRace`] when it does. Azure says "precondition failed"
    /// where others say "already exists"; both are a lost race.
    pub(crate) async fn create(&self, path: &Path, bytes: Vec<u8>) -> Result<()> {
        let options = PutOptions {
            mode: PutMode::Create,
            ..Default::default()
        };
        match self.inner.store.put_opts(path, bytes.into(), options).await {
            Ok(_) => Ok(()),
            Err(error) if is_lost_race(&error) => Err(LakeError::LostRace {
                what: path.to_string(),
            }),
            Err(source) => Err(LakeError::Store {
                doing: format!("creating {path}"),
                source,
            }),
        }
    }

    /// Reads a small object; none when it is not there.
    pub(crate) async fn read(&self, path: &Path) -> Result<Option<bytes::Bytes>> {
        match self.inner.store.get(path).await {
            Ok(found) => Ok(Some(
                found.bytes().await.doing(|| format!("reading {path}"))?,
            )),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(LakeError::Store {
                doing: format!("reading {path}"),
                source,
            }),
        }
    }

    /// Creates one object twice. Where the second write succeeds, or fails for
    /// another reason than the first, two runs could both win a commit.
    pub(crate) async fn probe(&self) -> Result<()> {
        let remembered = Path::from(PROBED);
        if self.read(&remembered).await?.is_some() {
            return Ok(());
        }
        let trial = Path::from(format!("probe-{}", uuid::Uuid::new_v4()));
        self.create(&trial, b"first".to_vec()).await?;
        let second = self.create(&trial, b"second".to_vec()).await;
        let kept = self.read(&trial).await?;
        let _ = self.inner.store.delete(&trial).await;
        let found = match second {
            Err(LakeError::LostRace { .. }) if kept.as_deref() == Some(b"first") => {
                return match self
                    .create(&remembered, b"create-only writes work\n".to_vec())
                    .await
                {
                    Err(error) if !error.is_lost_race() => Err(error),
                    _ => Ok(()),
                };
            }
            Ok(()) => "a second create succeeded".to_owned(),
            Err(error) => error.to_string(),
        };
        Err(LakeError::NotCreateOnly {
            url: self.inner.url.to_string(),
            found,
        })
    }
}

/// Every lake and every vault has this file.
pub(crate) const PROBED: &str = "store-checked";

/// Whether a store's refusal means that another writer was first.
pub(crate) fn is_lost_race(error: &object_store::Error) -> bool {
    matches!(
        error,
        object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }
    )
}

/// The folder that an address means, if it means one on this machine.
pub(crate) fn local_folder(address: &str) -> Result<Option<PathBuf>> {
    let Ok(url) = Url::parse(address) else {
        return Ok(Some(PathBuf::from(address)));
    };
    // One letter is a Windows drive, not a scheme.
    if url.scheme().len() == 1 {
        return Ok(Some(PathBuf::from(address)));
    }
    match ObjectStoreScheme::parse(&url) {
        Ok((ObjectStoreScheme::Local, _)) => {
            url.to_file_path().map(Some).map_err(|()| LakeError::Open {
                url: address.to_owned(),
                reason: "a file:// URL needs an absolute path, as in file:///var/lib/jcw/lake"
                    .into(),
            })
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
impl Lake {
    /// The same lake over another store of the whole disk.
    pub(crate) fn with_root(&self, root: Arc<dyn ObjectStore>) -> Lake {
        Lake::from_parts(
            self.inner.url.clone(),
            root,
            self.inner.prefix.clone(),
            self.inner.local.clone(),
        )
    }

    /// A lake that is not on a disk.
    pub(crate) fn over(root: Arc<dyn ObjectStore>) -> Lake {
        let url = Url::parse("memory:///lake").unwrap();
        Lake::from_parts(url, root, Path::from("lake"), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{in_memory, load, number};
    use object_store::memory::InMemory;
    use object_store::{GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta};

    #[tokio::test]
    async fn a_path_and_a_file_url_are_the_same_lake_and_the_store_is_tried_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a lake");
        let lake = Lake::open(path.to_str().unwrap()).await.unwrap();
        load(&lake, "a.b", &[("2024", 1)]).await;
        let again = Lake::open(Url::from_file_path(&path).unwrap().as_str())
            .await
            .unwrap();
        assert_eq!(again.url(), lake.url());
        assert_eq!(number(&again, "a.b", "select sum(n) from a.b").await, 1);
        assert!(path.join(PROBED).is_file());
        assert_eq!(again.tables().await.unwrap(), ["a.b"]);
    }

    #[tokio::test]
    async fn an_address_that_means_nothing_is_refused_with_advice() {
        let refused = Lake::open("carrier-pigeon://loft")
            .await
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("carrier-pigeon") && refused.contains("s3://"),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn a_lake_needs_no_local_disk() {
        let lake = in_memory();
        lake.probe().await.unwrap();
        load(&lake, "a.b", &[("2024", 1), ("2025", 2)]).await;
        load(&lake, "a.b", &[("2025", 3)]).await;
        assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 4);
    }

    #[tokio::test]
    async fn a_store_that_lets_two_writers_win_is_refused() {
        let lake = Lake::over(Arc::new(Careless {
            store: InMemory::new(),
            answer: Answer::Overwrite,
        }));
        let refused = lake.probe().await.unwrap_err();
        assert!(
            matches!(refused, LakeError::NotCreateOnly { .. }),
            "{refused}"
        );
    }

    #[tokio::test]
    async fn azures_failed_precondition_is_a_lost_race() {
        let lake = Lake::over(Arc::new(Careless {
            store: InMemory::new(),
            answer: Answer::Precondition,
        }));
        lake.probe().await.unwrap();
        lake.create(&Path::from("x"), b"1".to_vec()).await.unwrap();
        assert!(
            lake.create(&Path::from("x"), b"2".to_vec())
                .await
                .unwrap_err()
                .is_lost_race()
        );
    }

    #[tokio::test]
    async fn a_commit_whose_answer_was_lost_is_found_in_the_log() {
        let lake = Lake::over(Arc::new(Careless {
            store: InMemory::new(),
            answer: Answer::WrittenButFailed,
        }));
        let made = load(&lake, "a.b", &[("2024", 1)]).await;
        assert_eq!(made.version, 0);
        assert_eq!(load(&lake, "a.b", &[("2024", 2)]).await.version, 1);
        assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 2);
        assert_eq!(
            lake.publish(crate::Contents::default())
                .await
                .unwrap()
                .sequence,
            1
        );
    }

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Answer {
        Overwrite,
        Precondition,
        WrittenButFailed,
    }

    /// A store with bad manners about create-only writes.
    #[derive(Debug)]
    struct Careless {
        store: InMemory,
        answer: Answer,
    }

    impl std::fmt::Display for Careless {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "Careless")
        }
    }

    #[async_trait::async_trait]
    impl ObjectStore for Careless {
        async fn put_opts(
            &self,
            location: &Path,
            payload: object_store::PutPayload,
            mut options: PutOptions,
        ) -> object_store::Result<object_store::PutResult> {
            let is_create = options.mode == PutMode::Create;
            if self.answer == Answer::Overwrite {
                options.mode = PutMode::Overwrite;
            }
            let failed = |path: &Path| object_store::Error::Precondition {
                path: path.to_string(),
                source: "409".into(),
            };
            match (
                self.store.put_opts(location, payload, options).await,
                self.answer,
            ) {
                (Err(object_store::Error::AlreadyExists { .. }), Answer::Precondition) => {
                    Err(failed(location))
                }
                (Ok(_), Answer::WrittenButFailed) if is_create => {
                    Err(object_store::Error::Generic {
                        store: "careless",
                        source: "timed out".into(),
                    })
                }
                (answer, _) => answer,
            }
        }

        async fn put_multipart_opts(
            &self,
            location: &Path,
            options: object_store::PutMultipartOptions,
        ) -> object_store::Result<Box<dyn MultipartUpload>> {
            self.store.put_multipart_opts(location, options).await
        }

        async fn get_opts(
            &self,
            location: &Path,
            options: GetOptions,
        ) -> object_store::Result<GetResult> {
            self.store.get_opts(location, options).await
        }

        fn delete_stream(
            &self,
            locations: futures::stream::BoxStream<'static, object_store::Result<Path>>,
        ) -> futures::stream::BoxStream<'static, object_store::Result<Path>> {
            self.store.delete_stream(locations)
        }

        fn list(
            &self,
            prefix: Option<&Path>,
        ) -> futures::stream::BoxStream<'static, object_store::Result<ObjectMeta>> {
            self.store.list(prefix)
        }

        async fn list_with_delimiter(
            &self,
            prefix: Option<&Path>,
        ) -> object_store::Result<ListResult> {
            self.store.list_with_delimiter(prefix).await
        }

        async fn copy_opts(
            &self,
            from: &Path,
            to: &Path,
            options: object_store::CopyOptions,
        ) -> object_store::Result<()> {
            self.store.copy_opts(from, to, options).await
        }
    }
}
