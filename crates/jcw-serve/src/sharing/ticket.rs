//! A [`Ticket`] is the last part of a file's address: what the file is, whose the
//! address is and until when, signed by the server. A client fetches with the
//! address alone, so it must not be good for long, and what its owner may have is
//! looked at again each time.

use chrono::{DateTime, Duration, Utc};
use jcw_login::{Pass, ServerKey};
use serde::{Deserialize, Serialize};

/// What the server's key signs here.
const KIND: &str = "sharing file";

/// How long an address is good: a client fetches one file after the other.
pub(super) const GOOD_FOR: Duration = Duration::minutes(30);

/// What an address says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Ticket {
    /// On what the owner's login rests.
    pub(super) pass: Pass,
    /// By which release the table was read: `r00000012`.
    pub(super) release: String,
    /// Without its schema.
    pub(super) table: String,
    /// From the root of the lake.
    pub(super) path: String,
    /// In bytes.
    pub(super) size: u64,
    /// Rows in it.
    pub(super) rows: u64,
    /// Second of the epoch.
    pub(super) until: i64,
}

impl Ticket {
    /// As text that fits into an address.
    pub(super) fn seal(&self, key: &ServerKey) -> Option<String> {
        Some(key.seal(KIND, &serde_json::to_vec(self).ok()?))
    }

    /// What a server with this key has sealed, if it is still good at `now`.
    pub(super) fn open(key: &ServerKey, sealed: &str, now: DateTime<Utc>) -> Option<Ticket> {
        let bytes = key.open(KIND, sealed)?;
        let ticket: Ticket = serde_json::from_slice(&bytes).ok()?;
        (now.timestamp() < ticket.until).then_some(ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ticket(until: DateTime<Utc>) -> Ticket {
        let pass = json!({
            "name": "ann", "role": "commissioner", "attributes": {}, "method": "password",
            "since": 1, "token": null, "began": 1, "until": null,
        });
        Ticket {
            pass: serde_json::from_value(pass).unwrap(),
            release: "r00000001".into(),
            table: "metric_value".into(),
            path: "tables/published/metric_value/part-1.parquet".into(),
            size: 100,
            rows: 3,
            until: until.timestamp(),
        }
    }

    #[test]
    fn an_address_is_good_until_its_time_and_under_its_key_only() {
        let key = ServerKey::of_environment().unwrap();
        let now = Utc::now();
        let ticket = ticket(now + GOOD_FOR);
        let sealed = ticket.seal(&key).unwrap();
        assert_eq!(Ticket::open(&key, &sealed, now), Some(ticket));
        assert_eq!(Ticket::open(&key, &sealed, now + GOOD_FOR), None);
        let bytes = key.open(KIND, &sealed).unwrap();
        assert_eq!(Ticket::open(&key, &key.seal("session", &bytes), now), None);
        assert_eq!(Ticket::open(&key, &format!("{sealed}A"), now), None);
    }
}
