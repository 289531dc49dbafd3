//! A seal says that a server which has the servers' key has written a chain so far.
//! Hashes alone show what was changed in a chain, not that all of it was written
//! anew by somebody who can write the lake. A row's hash stands for all rows before
//! it, so one signature of the last row is as good as one of each: it goes, with
//! every flush, into the note that says how far the chain goes. An older lake, put
//! back whole with its older notes, is only shown by a row that was noted elsewhere
//! ([`Noted`]).

use super::spool::Head;
use jcw_login::ServerKey;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

const KIND: &str = "query_log";

/// What a server notes in the lake of its chain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Note {
    #[serde(flatten)]
    pub(super) head: Head,
    /// None where no server with a key has written.
    #[serde(default)]
    pub(super) sealed: Option<Sealed>,
}

/// A row of the chain, and the key's signature of it (hex).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sealed {
    #[serde(flatten)]
    pub(super) head: Head,
    seal: String,
}

impl Sealed {
    pub(super) fn of(key: &ServerKey, server_id: &str, head: &Head) -> Sealed {
        let seal = key.sign(KIND, said(server_id, head).as_bytes());
        Sealed {
            seal: super::row::hex(&seal),
            head: head.clone(),
        }
    }

    /// Whether the key has signed it.
    pub(super) fn is_of(&self, key: &ServerKey, server_id: &str) -> bool {
        let digits = |at: usize| u8::from_str_radix(self.seal.get(at..at + 2)?, 16).ok();
        let seal: Option<Vec<u8>> = (0..self.seal.len()).step_by(2).map(digits).collect();
        seal.is_some_and(|seal| key.verify(KIND, said(server_id, &self.head).as_bytes(), &seal))
    }
}

fn said(server_id: &str, head: &Head) -> String {
    format!("{server_id} {} {}", head.sequence, head.hash)
}

/// A row of the query log that somebody has noted elsewhere: its server, its place
/// and its hash, as `jcw audit verify` prints them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The server.
    pub server_id: String,
    /// The row of its chain, from 1.
    pub sequence: i64,
    /// The row's hash.
    pub hash: String,
}

impl FromStr for Noted {
    type Err = &'static str;

    /// `SERVER:SEQUENCE:HASH`.
    fn from_str(text: &str) -> Result<Noted, Self::Err> {
        let mut parts = text.trim().split(':');
        let noted = (|| {
            Some(Noted {
                server_id: parts.next().filter(|id| !id.is_empty())?.to_owned(),
                sequence: parts.next()?.parse().ok().filter(|place| *place > 0)?,
                hash: parts.next().filter(|hash| hash.len() == 64)?.to_owned(),
            })
        })();
        let is_all = parts.next().is_none();
        noted
            .filter(|_| is_all)
            .ok_or("a noted row is SERVER:SEQUENCE:HASH, as `jcw audit verify` prints it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_of_one_row_of_one_chain_under_one_key() {
        let key = ServerKey::random().unwrap();
        let head = Head {
            sequence: 7,
            hash: "ab".repeat(32),
        };
        let sealed = Sealed::of(&key, "one", &head);
        assert!(sealed.is_of(&key, "one"));
        assert!(!sealed.is_of(&key, "two"), "another server's chain");
        assert!(!sealed.is_of(&ServerKey::random().unwrap(), "one"));
        let mut later = sealed.clone();
        later.head.sequence = 8;
        let mut other = sealed.clone();
        other.head.hash = "ac".repeat(32);
        assert!(!later.is_of(&key, "one") && !other.is_of(&key, "one"));
        for spoilt in ["", "0", "zz", &sealed.seal[1..], &sealed.seal[2..]] {
            let spoilt = Sealed {
                seal: spoilt.to_owned(),
                ..sealed.clone()
            };
            assert!(!spoilt.is_of(&key, "one"), "{spoilt:?}");
        }
    }

    #[test]
    fn a_noted_row_is_read_as_it_was_printed_and_nothing_else_is() {
        let hash = "ab".repeat(32);
        let noted: Noted = format!(" one:7:{hash}\n").parse().unwrap();
        assert_eq!(
            (noted.server_id.as_str(), noted.sequence, &noted.hash),
            ("one", 7, &hash)
        );
        for wrong in [
            format!(":7:{hash}"),
            format!("one:0:{hash}"),
            format!("one:-1:{hash}"),
            format!("one:seven:{hash}"),
            format!("one:7:{}", &hash[1..]),
            format!("one:7:{hash}:"),
            "one:7".into(),
        ] {
            assert!(wrong.parse::<Noted>().is_err(), "{wrong}");
        }
    }
}
