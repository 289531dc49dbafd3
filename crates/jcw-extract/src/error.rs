//! An error of fetching: a place could not be looked at, or a file not had.

use jcw_project::Place;

/// Why files could not be found or fetched. URLs in it carry no credentials
/// and no query.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A source's `files` entry cannot be used.
    #[error("{place}: `files` entry `{entry}` cannot be used: {reason}")]
    Entry {
        /// Where the entry stands.
        place: Place,
        /// The entry, without credentials.
        entry: String,
        /// What is wrong with it and what to do.
        reason: String,
    },
    /// A folder or store could not be listed.
    #[error(
        "looking for files in {url} failed: {reason}; check that the place can be reached and that it may be listed"
    )]
    List {
        /// The place.
        url: String,
        /// What the store said.
        reason: String,
    },
    /// A file could not be read.
    #[error("fetching {url} failed: {reason}; it will be tried again at the next run")]
    Fetch {
        /// The file.
        url: String,
        /// What the store said.
        reason: String,
    },
    /// A file's bytes stopped coming before its end.
    #[error(
        "fetching {url} failed: the body ended early, after {received} bytes{}; it will be tried again at the next run",
        size.map(|size| format!(" of {size}")).unwrap_or_default()
    )]
    CutShort {
        /// The file.
        url: String,
        /// Bytes that came.
        received: u64,
        /// Bytes that the server promised, where it said.
        size: Option<u64>,
    },
    /// A file held more bytes than its listing said, past what the source takes.
    #[error("{url} is larger than the {limit} bytes the source takes (`limits: max_bytes`)")]
    TooLarge {
        /// The file.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
}

/// What a store said, fit for a log: no query, no user, no long page.
pub(crate) fn told(error: &dyn std::fmt::Display) -> String {
    let mut reason = error.to_string().replace('\n', " ");
    if let Some((end, _)) = reason.char_indices().nth(400) {
        reason.truncate(end);
        reason.push('…');
    }
    let words: Vec<String> = reason.split(' ').map(redact).collect();
    words.join(" ")
}

/// Takes the user and the query out of a word that is a URL.
pub(crate) fn redact(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else {
        return word.to_owned();
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = match authority.rsplit_once('@') {
        // abfss://container@account names a container, not a user.
        Some((_, host)) if scheme.ends_with("http") || scheme.ends_with("https") => host,
        _ => authority,
    };
    if rest.contains('/') {
        format!("{scheme}://{host}/{path}")
    } else {
        format!("{scheme}://{host}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_told_without_its_secrets() {
        assert_eq!(
            redact("https://me:secret@host/a/b.csv?sig=secret"),
            "https://host/a/b.csv"
        );
        assert_eq!(redact("(https://host/a?x=1"), "(https://host/a");
        assert_eq!(
            redact("abfss://data@account.dfs.core.windows.net/x"),
            "abfss://data@account.dfs.core.windows.net/x"
        );
        assert_eq!(redact("plain"), "plain");
    }
}
