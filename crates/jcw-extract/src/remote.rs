//! A remote file is a file where the partner put it: on a disk, at a web
//! address, in an object store. It may still be growing.

use crate::error::{Error, told};
use crate::web::known_size;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures::future::ready;
use futures::stream::{BoxStream, StreamExt, once, try_unfold};
use object_store::path::Path as StorePath;
use object_store::{GetOptions, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt};
use std::fmt;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// Bytes of a file on disk read at once.
const READ_BYTES: usize = 1 << 20;

/// A file where the partner put it.
#[derive(Clone)]
pub struct RemoteFile {
    /// Where it is, without credentials or query.
    pub url: String,
    /// Its name, the last part of the URL. Never used as a path.
    pub name: String,
    /// Bytes, when it was listed; `None`: the web server does not say.
    pub size: Option<u64>,
    /// When it was last written, by the clock of where it is.
    pub modified: DateTime<Utc>,
    /// What the store calls this state of it.
    pub etag: Option<String>,
    place: FilePlace,
    limit: u64,
}

#[derive(Clone)]
enum FilePlace {
    Disk(PathBuf),
    Store(Arc<dyn ObjectStore>, StorePath),
}

/// Whether a file has come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stillness {
    /// Nothing has moved for as long as was asked.
    Still,
    /// It is still being written: look again at the next run.
    Growing,
}

/// What was seen of a file the last time it was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Its entity tag.
    pub etag: Option<String>,
    /// When it was last written.
    pub modified: Option<DateTime<Utc>>,
}

/// A file's bytes, unless there is nothing new about it.
pub enum Fetched {
    /// It is as it was last seen; no bytes were sent.
    NotModified,
    /// Its bytes, to the end or an error.
    Body(BoxStream<'static, Result<Bytes, Error>>),
}

/// What shows that a file has changed.
#[derive(PartialEq, Eq)]
struct State {
    size: Option<u64>,
    modified: DateTime<Utc>,
    etag: Option<String>,
}

impl RemoteFile {
    pub(crate) fn local(
        path: &Path,
        url: String,
        name: &str,
        metadata: &Metadata,
        limit: u64,
    ) -> Result<Self, String> {
        let state = State::of_disk(metadata)
            .map_err(|error| format!("when it was written cannot be told: {error}"))?;
        Ok(RemoteFile {
            url,
            name: name.to_owned(),
            size: state.size,
            modified: state.modified,
            etag: state.etag,
            place: FilePlace::Disk(path.to_owned()),
            limit,
        })
    }

    pub(crate) fn remote(
        store: Arc<dyn ObjectStore>,
        meta: ObjectMeta,
        url: String,
        name: String,
        limit: u64,
    ) -> Self {
        RemoteFile {
            url,
            name,
            size: known_size(meta.size),
            modified: meta.last_modified,
            etag: meta.e_tag,
            place: FilePlace::Store(store, meta.location),
            limit,
        }
    }

    /// What to remember of the file, to be asked next time whether it changed.
    pub fn seen(&self) -> Seen {
        Seen {
            etag: self.etag.clone(),
            modified: Some(self.modified),
        }
    }

    /// Whether a change of the file would show without its bytes: a web server
    /// may give neither a tag nor a date.
    pub fn shows_changes(&self) -> bool {
        self.etag.is_some() || self.modified != DateTime::UNIX_EPOCH
    }

    /// Whether the clock of where it is was ahead of ours when it was written.
    pub fn is_from_the_future(&self) -> bool {
        self.modified > Utc::now() + chrono::Duration::minutes(1)
    }

    /// Whether the file has lain still for `quiet`. One written less than that
    /// ago is looked at again after the rest of the time.
    pub async fn still(&self, quiet: Duration) -> Result<Stillness, Error> {
        // A date in the future says nothing about when it was written.
        let age = (Utc::now() - self.modified)
            .to_std()
            .unwrap_or(Duration::ZERO);
        if age >= quiet {
            return Ok(Stillness::Still);
        }
        tokio::time::sleep(quiet - age).await;
        Ok(if self.unchanged().await? {
            Stillness::Still
        } else {
            Stillness::Growing
        })
    }

    /// Whether the file is as it was listed: asked after its bytes were taken,
    /// which are of no use otherwise.
    pub async fn unchanged(&self) -> Result<bool, Error> {
        let listed = State {
            size: self.size,
            modified: self.modified,
            etag: self.etag.clone(),
        };
        let now = match &self.place {
            FilePlace::Disk(path) => match tokio::fs::symlink_metadata(path).await {
                Ok(metadata) if metadata.is_file() => State::of_disk(&metadata),
                Ok(_) => return Ok(false),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
                Err(error) => Err(error),
            }
            .map_err(|error| self.failed(&error))?,
            FilePlace::Store(store, path) => match store.head(path).await {
                Ok(meta) => State::of_store(meta),
                Err(object_store::Error::NotFound { .. }) => {
                    match store.get_opts(path, GetOptions::default()).await {
                        Ok(found) => State::of_store(found.meta),
                        Err(object_store::Error::NotFound { .. }) => return Ok(false),
                        Err(error) => return Err(self.failed(&error)),
                    }
                }
                Err(error) => return Err(self.failed(&error)),
            },
        };
        Ok(now == listed)
    }

    /// The file's bytes.
    pub async fn stream(&self) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        match self.fetch(None).await? {
            Fetched::Body(body) => Ok(body),
            Fetched::NotModified => {
                Err(self.failed(&"the server says that nothing changed, which was not asked"))
            }
        }
    }

    /// The file's bytes, unless it is as it was `seen`: a web server is asked
    /// so that it need not send them. Stores retry with growing pauses.
    pub async fn fetch(&self, seen: Option<&Seen>) -> Result<Fetched, Error> {
        let body = match &self.place {
            FilePlace::Disk(path) => {
                if seen.is_some_and(|seen| {
                    seen.modified == Some(self.modified) && seen.etag == self.etag
                }) {
                    return Ok(Fetched::NotModified);
                }
                self.read_disk(path.clone()).await?
            }
            FilePlace::Store(store, path) => {
                let options = GetOptions {
                    if_none_match: seen.and_then(|seen| seen.etag.clone()),
                    if_modified_since: seen
                        .filter(|seen| seen.etag.is_none())
                        .and_then(|seen| seen.modified),
                    ..Default::default()
                };
                match store.get_opts(path, options).await {
                    Ok(found) => self.whole(found),
                    Err(object_store::Error::NotModified { .. }) => {
                        return Ok(Fetched::NotModified);
                    }
                    Err(error) => return Err(self.failed(&error)),
                }
            }
        };
        Ok(Fetched::Body(self.capped(body)))
    }

    /// Opens the file listed and no other: a link put in its place is not
    /// followed.
    async fn read_disk(
        &self,
        path: PathBuf,
    ) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let listed = tokio::fs::symlink_metadata(&path)
            .await
            .map_err(|error| self.failed(&error))?;
        if !listed.is_file() {
            return Err(self.failed(&"it is no longer a file"));
        }
        let mut opened = tokio::fs::File::open(&path)
            .await
            .map_err(|error| self.failed(&error))?;
        let metadata = opened
            .metadata()
            .await
            .map_err(|error| self.failed(&error))?;
        if !is_same(&listed, &metadata) {
            return Err(self.failed(&"another file was put in its place while it was opened"));
        }
        opened.set_max_buf_size(READ_BYTES);
        let file = self.clone();
        let body = try_unfold(opened, move |mut opened| {
            let file = file.clone();
            async move {
                let mut bytes = BytesMut::with_capacity(READ_BYTES);
                let read = opened
                    .read_buf(&mut bytes)
                    .await
                    .map_err(|error| file.failed(&error))?;
                Ok((read > 0).then(|| (bytes.freeze(), opened)))
            }
        });
        Ok(body.boxed())
    }

    /// A store's answer; it ends with an error when it ends early.
    fn whole(&self, found: GetResult) -> BoxStream<'static, Result<Bytes, Error>> {
        let (url, size) = (self.url.clone(), known_size(found.meta.size));
        let body = found.into_stream().map(Some).chain(once(ready(None)));
        let body = body.scan(0, move |received, part| {
            let cut_short = |received| Error::CutShort {
                url: url.clone(),
                received,
                size,
            };
            ready(match part {
                Some(Ok(bytes)) => {
                    *received += bytes.len() as u64;
                    Some(Ok(bytes))
                }
                Some(Err(error)) => {
                    tracing::info!(%url, error = told(&error), "a body ended early");
                    Some(Err(cut_short(*received)))
                }
                None if size.is_some_and(|size| *received < size) => {
                    Some(Err(cut_short(*received)))
                }
                None => None,
            })
        });
        body.boxed()
    }

    /// Ends with an error when more comes than the source takes.
    pub(crate) fn capped(
        &self,
        body: BoxStream<'static, Result<Bytes, Error>>,
    ) -> BoxStream<'static, Result<Bytes, Error>> {
        let (url, limit) = (self.url.clone(), self.limit);
        body.scan((0u64, false), move |(sum, over), bytes| {
            if *over {
                return std::future::ready(None);
            }
            *sum += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
            *over = *sum > limit;
            std::future::ready(Some(if *over {
                Err(Error::TooLarge {
                    url: url.clone(),
                    limit,
                })
            } else {
                bytes
            }))
        })
        .boxed()
    }

    fn failed(&self, error: &dyn fmt::Display) -> Error {
        Error::Fetch {
            url: self.url.clone(),
            reason: told(&error.to_string()),
        }
    }
}

/// Without the store, which may hold credentials.
impl fmt::Debug for RemoteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteFile")
            .field("url", &self.url)
            .field("size", &self.size)
            .field("modified", &self.modified)
            .field("etag", &self.etag)
            .finish_non_exhaustive()
    }
}

impl State {
    fn of_disk(metadata: &Metadata) -> std::io::Result<Self> {
        let modified: DateTime<Utc> = metadata.modified()?.into();
        Ok(State {
            size: Some(metadata.len()),
            modified,
            etag: Some(disk_etag(metadata, modified)),
        })
    }

    fn of_store(meta: ObjectMeta) -> Self {
        State {
            size: known_size(meta.size),
            modified: meta.last_modified,
            etag: meta.e_tag,
        }
    }
}

#[cfg(unix)]
fn disk_etag(metadata: &Metadata, modified: DateTime<Utc>) -> String {
    use std::os::unix::fs::MetadataExt;
    format!(
        "{:x}-{:x}-{:x}",
        metadata.ino(),
        modified.timestamp_nanos_opt().unwrap_or_default(),
        metadata.len()
    )
}

#[cfg(not(unix))]
fn disk_etag(metadata: &Metadata, modified: DateTime<Utc>) -> String {
    format!(
        "{:x}-{:x}",
        modified.timestamp_nanos_opt().unwrap_or_default(),
        metadata.len()
    )
}

#[cfg(unix)]
fn is_same(listed: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (listed.dev(), listed.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(listed: &Metadata, opened: &Metadata) -> bool {
    opened.is_file() && listed.len() <= opened.len()
}
