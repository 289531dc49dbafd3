//! A location is one entry of a source's `files`: a place to look, and the
//! pattern of what to take there.

use crate::error::{Error, redact, told};
use crate::web::AnyLength;
use globset::{GlobBuilder, GlobMatcher};
use jcw_project::{Placed, Source};
use object_store::http::HttpBuilder;
use object_store::path::Path as StorePath;
use object_store::{ClientOptions, ObjectStore, ObjectStoreScheme, parse_url_opts};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::{Host, Url};

/// A place to look.
pub(crate) enum Location {
    /// A folder, or one file, on a disk of this machine.
    Local {
        base: PathBuf,
        pattern: Option<GlobMatcher>,
    },
    /// One file at a web address.
    Web {
        store: Arc<dyn ObjectStore>,
        url: Url,
    },
    /// A prefix, or one object, in an object store.
    Store {
        store: Arc<dyn ObjectStore>,
        prefix: StorePath,
        pattern: Option<GlobMatcher>,
        root: String,
    },
}

impl Location {
    /// Understands an entry. Relative paths start at `root`.
    pub(crate) fn new(source: &Source, entry: &Placed<String>, root: &Path) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Entry {
            place: entry.place.clone(),
            entry: redact(&entry.value),
            reason,
        };
        let Some((scheme, rest)) = entry.split_once("://") else {
            return Self::local(root, entry).map_err(wrong);
        };
        match scheme {
            "file" => {
                let path = rest.strip_prefix("localhost").unwrap_or(rest);
                if !path.starts_with('/') {
                    return Err(wrong(
                        "a file URL needs three slashes: file:///folder/*.csv".to_owned(),
                    ));
                }
                Self::local(root, &percent_decoded(path)).map_err(wrong)
            }
            "http" | "https" => {
                let url = Url::parse(entry).map_err(|error| wrong(error.to_string()))?;
                match ObjectStoreScheme::parse(&url) {
                    Ok((ObjectStoreScheme::Http, _)) | Err(_) => Self::web(url).map_err(wrong),
                    // A signed link to one object is a web address like any other.
                    Ok(_) if url.query().is_some() => Self::web(url).map_err(wrong),
                    Ok(_) => Self::store(source, scheme, rest).map_err(wrong),
                }
            }
            _ => Self::store(source, scheme, rest).map_err(wrong),
        }
    }

    /// The folder of the project itself is no pattern, whatever it is called.
    fn local(root: &Path, path: &str) -> Result<Self, String> {
        let (base, pattern) = split(path)?;
        let base = std::path::absolute(root.join(base)).map_err(|error| error.to_string())?;
        Ok(Location::Local { base, pattern })
    }

    fn web(url: Url) -> Result<Self, String> {
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err("the address has no host".to_owned()),
        };
        if url.scheme() == "http" && !is_here {
            return Err("plain http can be read and changed on the way; use https".to_owned());
        }
        // The whole address goes to the store, whose own path stays empty: so
        // its query and its escapes are sent exactly as written.
        let store = HttpBuilder::new()
            .with_url(url.as_str())
            .with_client_options(ClientOptions::new().with_allow_http(is_here))
            .with_http_connector(AnyLength)
            .build()
            .map_err(|error| told(&error))?;
        Ok(Location::Web {
            store: Arc::new(store),
            url,
        })
    }

    fn store(source: &Source, scheme: &str, rest: &str) -> Result<Self, String> {
        let (authority, key) = rest.split_once('/').unwrap_or((rest, ""));
        let (base, pattern) = split(key)?;
        let url = Url::parse(&format!("{scheme}://{authority}/{base}"))
            .map_err(|error| error.to_string())?;
        let (store, prefix) =
            parse_url_opts(&url, source.store.iter().map(|(key, value)| (key, value)))
                .map_err(|error| told(&error))?;
        let store: Arc<dyn ObjectStore> = Arc::from(store);
        // What stands in the address before the object's path in the store.
        let shown = url
            .path()
            .trim_start_matches('/')
            .strip_suffix(prefix.as_ref())
            .unwrap_or_default()
            .to_owned();
        Ok(Location::Store {
            store,
            prefix,
            pattern,
            root: format!("{scheme}://{authority}/{shown}"),
        })
    }
}

/// Splits a path into the folders that are named and the pattern below them;
/// no pattern for a path that has none.
fn split(path: &str) -> Result<(&str, Option<GlobMatcher>), String> {
    let Some(first) = path.find(['*', '?', '[', '{']) else {
        return Ok((path, None));
    };
    let (base, pattern) = match path[..first].rfind('/') {
        Some(0) => ("/", &path[1..]),
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => ("", path),
    };
    let glob = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| format!("the pattern does not hold: {error}"))?;
    Ok((base, Some(glob.compile_matcher())))
}

pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|code| std::str::from_utf8(code).ok())
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        match code {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folders_that_are_named_are_looked_into() {
        let (base, pattern) = split("/data/in/**/report_*.{csv,txt}").unwrap();
        assert_eq!(base, "/data/in");
        let pattern = pattern.unwrap();
        assert!(pattern.is_match("report_1.csv") && pattern.is_match("2024/05/report_x.txt"));
        assert!(!pattern.is_match("2024/report_1.xlsx") && !pattern.is_match("report_a/b.csv"));
        assert_eq!(split("/data/in/one.csv").unwrap().0, "/data/in/one.csv");
        assert_eq!(split("/*.csv").unwrap().0, "/");
    }

    #[test]
    fn escapes_in_file_urls_are_undone() {
        assert_eq!(percent_decoded("/a%20b/%C3%A9/100%"), "/a b/é/100%");
    }
}
