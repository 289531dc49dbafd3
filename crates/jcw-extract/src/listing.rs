//! A listing is what a partner has left for us: the files to take, and what
//! looks like a file to take but is none.

#[cfg(test)]
mod tests;

use crate::error::{Error, told};
use crate::location::{Location, percent_decoded};
use crate::remote::RemoteFile;
use futures::TryStreamExt;
use globset::GlobMatcher;
use jcw_project::Source;
use object_store::path::Path as StorePath;
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt};
use std::collections::BTreeSet;
use std::fs::{FileType, Metadata};
use std::path::Path;
use std::sync::Arc;
use url::Url;
use walkdir::WalkDir;

/// The files of a source, and what was refused.
#[derive(Debug, Default)]
pub struct Listing {
    /// Oldest first; of the same instant by URL.
    pub files: Vec<RemoteFile>,
    /// What matches the source's patterns and is not taken.
    pub refused: Vec<Refused>,
    /// Fixed addresses, without credentials, at which there is no file. A
    /// pattern that matches nothing is not among them.
    pub missing: Vec<String>,
}

/// Something that matches a source's patterns and is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where it is, without credentials.
    pub url: String,
    /// `delivery.symlink`, `delivery.folder`, `delivery.special`,
    /// `delivery.name` or `limit.bytes`.
    pub rule: &'static str,
    /// One sentence: what it is and what to do.
    pub reason: String,
}

/// Lists what a source's `files` name. Relative paths start at `root`, the
/// project's folder. A folder that is not there holds no files.
pub async fn list(source: &Source, root: &Path) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    for entry in &source.files {
        match Location::new(source, entry, root)? {
            Location::Local { base, pattern } => {
                let limit = source.limits.max_bytes;
                let found = tokio::task::spawn_blocking(move || {
                    list_folder(&base, pattern.as_ref(), limit)
                })
                .await;
                let found = found.map_err(|error| Error::List {
                    url: entry.value.clone(),
                    reason: error.to_string(),
                })??;
                listing.files.extend(found.files);
                listing.refused.extend(found.refused);
                listing.missing.extend(found.missing);
            }
            Location::Web { store, url } => {
                list_web(&mut listing, store, &url, source.limits.max_bytes).await?
            }
            Location::Store {
                store,
                prefix,
                pattern,
                root,
            } => {
                list_store(
                    &mut listing,
                    store,
                    &prefix,
                    pattern.as_ref(),
                    &root,
                    source.limits.max_bytes,
                )
                .await?;
            }
        }
    }
    listing.settle();
    Ok(listing)
}

impl Listing {
    fn take(&mut self, file: RemoteFile, limit: u64) {
        match file.size.filter(|size| *size > limit) {
            Some(size) => {
                let reason = format!(
                    "it is {size} bytes and the source takes no more than {limit} (`limits: max_bytes`)"
                );
                self.refuse(file.url, "limit.bytes", reason);
            }
            None => self.files.push(file),
        }
    }

    fn refuse(&mut self, url: String, rule: &'static str, reason: impl Into<String>) {
        self.refused.push(Refused {
            url,
            rule,
            reason: reason.into(),
        });
    }

    /// Puts the listing in order; what two patterns name is there once.
    fn settle(&mut self) {
        self.files
            .sort_by(|left, right| (left.modified, &left.url).cmp(&(right.modified, &right.url)));
        let mut seen = BTreeSet::new();
        self.files.retain(|file| seen.insert(file.url.clone()));
        self.refused.sort_by(|left, right| left.url.cmp(&right.url));
        self.refused.dedup();
    }
}

fn list_folder(base: &Path, pattern: Option<&GlobMatcher>, limit: u64) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let Some(pattern) = pattern else {
        match base.symlink_metadata() {
            Ok(metadata) => take_local(&mut listing, base, &metadata, limit),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                listing.missing.push(shown(base));
            }
            Err(error) => {
                return Err(Error::List {
                    url: shown(base),
                    reason: error.to_string(),
                });
            }
        }
        return Ok(listing);
    };
    for entry in WalkDir::new(base).min_depth(1).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            // The folder itself, or a file gone since: nothing is there.
            Err(error)
                if error
                    .io_error()
                    .is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound) =>
            {
                continue;
            }
            Err(error) => {
                return Err(Error::List {
                    url: shown(base),
                    reason: error.to_string(),
                });
            }
        };
        let Ok(below) = entry.path().strip_prefix(base) else {
            continue;
        };
        let leads_away = entry.file_type().is_symlink() && entry.path().is_dir();
        if leads_away
            || pattern.is_match(below) && !(entry.file_type().is_dir() && takes_anything(pattern))
        {
            match entry.metadata() {
                Ok(metadata) => take_local(&mut listing, entry.path(), &metadata, limit),
                Err(error)
                    if error
                        .io_error()
                        .is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound) => {}
                Err(error) => {
                    return Err(Error::List {
                        url: shown(entry.path()),
                        reason: error.to_string(),
                    });
                }
            }
        }
    }
    Ok(listing)
}

/// Whether folders match merely because everything does.
fn takes_anything(pattern: &GlobMatcher) -> bool {
    let glob = pattern.glob().glob();
    let last = glob.rsplit('/').next().unwrap_or(glob);
    last.chars().all(|character| character == '*')
}

fn take_local(listing: &mut Listing, path: &Path, metadata: &Metadata, limit: u64) {
    let name = path.file_name().and_then(|name| name.to_str());
    let (Some(name), Some(_)) = (
        name.filter(|name| !name.chars().any(char::is_control)),
        path.to_str(),
    ) else {
        return listing.refuse(
            shown(path),
            "delivery.name",
            "its name cannot be read as text; rename it",
        );
    };
    if let Some((rule, reason)) = no_file(metadata.file_type()) {
        return listing.refuse(shown(path), rule, reason);
    }
    match RemoteFile::local(path, shown(path), name, metadata, limit) {
        Ok(file) => listing.take(file, limit),
        Err(reason) => listing.refuse(shown(path), "delivery.special", reason),
    }
}

fn no_file(kind: FileType) -> Option<(&'static str, &'static str)> {
    if kind.is_file() {
        None
    } else if kind.is_symlink() {
        Some((
            "delivery.symlink",
            "it is a link, which may lead anywhere; put the file itself there",
        ))
    } else if kind.is_dir() {
        Some((
            "delivery.folder",
            "it is a folder with the name of a file; put the files where the source looks for them",
        ))
    } else {
        Some((
            "delivery.special",
            "it is a pipe, socket or device and not a file; remove it",
        ))
    }
}

async fn list_web(
    listing: &mut Listing,
    store: Arc<dyn ObjectStore>,
    url: &Url,
    limit: u64,
) -> Result<(), Error> {
    let mut public = url.clone();
    // These fail for addresses that cannot have a user, which then have none.
    let _ = public.set_username("");
    let _ = public.set_password(None);
    public.set_query(None);
    public.set_fragment(None);
    let name = url
        .path_segments()
        .and_then(|mut segments| segments.next_back())
        .map(percent_decoded)
        .filter(|name| !name.is_empty());
    let path = StorePath::default();
    let meta = match store.head(&path).await {
        // Some servers answer only to GET; the body is not read.
        Err(object_store::Error::NotFound { .. }) => store
            .get_opts(&path, GetOptions::default())
            .await
            .map(|found| found.meta),
        answer => answer,
    };
    match meta {
        Ok(meta) => {
            let name = name.unwrap_or_else(|| "download".to_owned());
            listing.take(
                RemoteFile::remote(store, meta, public.to_string(), name, limit),
                limit,
            );
            Ok(())
        }
        Err(object_store::Error::NotFound { .. }) => {
            listing.missing.push(public.to_string());
            Ok(())
        }
        Err(error) => Err(Error::List {
            url: public.to_string(),
            reason: told(&error),
        }),
    }
}

async fn list_store(
    listing: &mut Listing,
    store: Arc<dyn ObjectStore>,
    prefix: &StorePath,
    pattern: Option<&GlobMatcher>,
    root: &str,
    limit: u64,
) -> Result<(), Error> {
    let failed = |error: object_store::Error| Error::List {
        url: format!("{root}{prefix}"),
        reason: told(&error),
    };
    let Some(pattern) = pattern else {
        return match store.head(prefix).await {
            Ok(meta) => {
                take_object(listing, &store, meta, root, limit);
                Ok(())
            }
            Err(object_store::Error::NotFound { .. }) => {
                listing.missing.push(format!("{root}{prefix}"));
                Ok(())
            }
            Err(error) => Err(failed(error)),
        };
    };
    let mut objects = store.list(Some(prefix));
    while let Some(meta) = objects.try_next().await.map_err(failed)? {
        let below = meta
            .location
            .as_ref()
            .strip_prefix(prefix.as_ref())
            .unwrap_or_default()
            .trim_start_matches('/');
        if pattern.is_match(below) {
            take_object(listing, &store, meta, root, limit);
        }
    }
    Ok(())
}

fn take_object(
    listing: &mut Listing,
    store: &Arc<dyn ObjectStore>,
    meta: ObjectMeta,
    root: &str,
    limit: u64,
) {
    let url = format!("{root}{}", meta.location);
    let name = meta.location.filename().unwrap_or_default().to_owned();
    listing.take(
        RemoteFile::remote(Arc::clone(store), meta, url, name, limit),
        limit,
    );
}

/// The path as a URL; what cannot be one is shown with its odd bytes replaced.
fn shown(path: &Path) -> String {
    Url::from_file_path(path).map_or_else(|()| path.display().to_string(), |url| url.to_string())
}
