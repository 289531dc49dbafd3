//! The variables of a connection: what `SHOW` shows and `SET` accepts. Two of
//! them mean something here, `release` and `purpose`, and `statement_timeout`;
//! the others are what a Postgres of the same behaviour would say.

use crate::postgres::error::error;
use jcw_govern::ReleaseChoice;
use pgwire::error::PgWireError;
use std::collections::BTreeMap;
use std::time::Duration;

/// The version that clients decide by what they may send.
pub(super) const VERSION: &str = "16.6";

/// What a variable says that nobody has set, and whether a client may set it.
const KNOWN: &[(&str, &str, bool)] = &[
    ("application_name", "", true),
    ("bytea_output", "hex", true),
    ("client_encoding", "UTF8", true),
    ("client_min_messages", "notice", true),
    ("DateStyle", "ISO, MDY", true),
    ("default_transaction_isolation", "repeatable read", true),
    ("default_transaction_read_only", "on", true),
    ("extra_float_digits", "1", true),
    ("idle_in_transaction_session_timeout", "0", true),
    ("in_hot_standby", "off", false),
    ("integer_datetimes", "on", false),
    ("IntervalStyle", "postgres", true),
    ("is_superuser", "off", false),
    ("lc_collate", "C", false),
    ("lc_ctype", "C", false),
    ("lc_messages", "C", true),
    ("lc_monetary", "C", true),
    ("lock_timeout", "0", true),
    ("max_identifier_length", "63", false),
    ("max_index_keys", "32", false),
    ("purpose", "", true),
    ("release", "", true),
    ("search_path", "published", true),
    ("server_encoding", "UTF8", false),
    ("server_version", VERSION, false),
    ("server_version_num", "160006", false),
    ("session_authorization", "", false),
    ("ssl", "off", false),
    ("standard_conforming_strings", "on", true),
    ("statement_timeout", "0", true),
    ("TimeZone", "UTC", true),
    ("transaction_isolation", "repeatable read", true),
    ("transaction_read_only", "on", true),
];

/// Those of which a client is told at the start.
pub(super) const TOLD: &[&str] = &[
    "application_name",
    "client_encoding",
    "DateStyle",
    "default_transaction_read_only",
    "in_hot_standby",
    "integer_datetimes",
    "IntervalStyle",
    "is_superuser",
    "search_path",
    "server_encoding",
    "server_version",
    "session_authorization",
    "standard_conforming_strings",
    "TimeZone",
];

/// The most variables that a client may set, and the longest value.
const MOST: usize = 200;
const LONGEST: usize = 2_000;

/// The variables of a connection.
#[derive(Debug, Default, Clone)]
pub(super) struct Variables {
    /// By name in small letters.
    set: BTreeMap<String, String>,
}

impl Variables {
    /// What a variable says; `None` when there is none of that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let name = name.to_lowercase();
        let known = || {
            let known = KNOWN
                .iter()
                .find(|known| known.0.eq_ignore_ascii_case(&name));
            known.map(|known| known.1)
        };
        self.set.get(&name).map(String::as_str).or_else(known)
    }

    /// All of them, by name as Postgres writes it.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let mut all = self.set.clone();
        for (name, value, _) in KNOWN {
            let set = all.remove(&name.to_lowercase());
            all.insert(
                (*name).to_owned(),
                set.unwrap_or_else(|| (*value).to_owned()),
            );
        }
        all
    }

    /// Sets one.
    ///
    /// # Errors
    /// When it cannot be set, is the engine's, or its value cannot be.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), PgWireError> {
        let name = name.to_lowercase();
        let known = KNOWN
            .iter()
            .find(|known| known.0.eq_ignore_ascii_case(&name));
        if known.is_some_and(|known| !known.2) {
            let message = format!("parameter {name:?} cannot be changed");
            return Err(error("55P02", message));
        }
        if name.starts_with("datafusion") || value.len() > LONGEST || self.set.len() >= MOST {
            let message = "there is no such parameter, or its value is too long";
            return Err(error("42704", message));
        }
        match name.as_str() {
            "release" => drop(release(value)?),
            "statement_timeout" => drop(timeout(value)?),
            "client_encoding" => {
                let plain = value.replace(['-', '_'], "").to_uppercase();
                if !["UTF8", "UNICODE", "SQLASCII", "'UTF8'"].contains(&plain.as_str()) {
                    return Err(error("22023", "the only encoding here is UTF8"));
                }
                return Ok(());
            }
            _ => (),
        }
        self.set.insert(name, value.to_owned());
        Ok(())
    }

    /// Sets one, or with `all` every one, as it was at the start.
    pub(super) fn reset(&mut self, name: &str, start: &Variables) {
        let name = name.to_lowercase();
        if name == "all" {
            self.set.clone_from(&start.set);
            return;
        }
        match start.set.get(&name) {
            Some(value) => self.set.insert(name, value.clone()),
            None => self.set.remove(&name),
        };
    }

    /// Which release the client asked for.
    pub(super) fn release(&self) -> ReleaseChoice {
        let asked = self.get("release").unwrap_or_default();
        release(asked).unwrap_or_default()
    }

    /// Why the client asks.
    pub(super) fn purpose(&self) -> Option<String> {
        let purpose = self.get("purpose").unwrap_or_default().trim();
        (!purpose.is_empty()).then(|| purpose.to_owned())
    }

    /// How long a query may take, if the client says.
    pub(super) fn timeout(&self) -> Option<Duration> {
        let asked = self.get("statement_timeout").unwrap_or_default();
        timeout(asked).ok().flatten()
    }
}

/// `r00000012`, `12`, `AS OF 2026-05-31`, `newest` or nothing.
fn release(asked: &str) -> Result<ReleaseChoice, PgWireError> {
    let asked = asked.trim();
    let lower = asked.to_lowercase();
    if asked.is_empty() || ["newest", "latest", "default"].contains(&lower.as_str()) {
        return Ok(ReleaseChoice::Newest);
    }
    if let Some(day) = lower.strip_prefix("as of ") {
        let day = day.trim().trim_matches('\'');
        return (day.parse().map(ReleaseChoice::AsOf))
            .map_err(|_| error("22007", "a day is written as in AS OF 2026-05-31"));
    }
    Ok(ReleaseChoice::Named(asked.to_owned()))
}

/// Milliseconds, or with a unit; nought is no limit.
fn timeout(asked: &str) -> Result<Option<Duration>, PgWireError> {
    let asked = asked.trim().to_lowercase();
    let digits = asked.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = match asked[digits.len()..].trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(error("22023", "a time is written as in 500ms, 30s or 5min")),
    };
    let count: u64 = match digits {
        "" => 0,
        digits => (digits.parse())
            .map_err(|_| error("22023", "a time is written as in 500ms, 30s or 5min"))?,
    };
    let length = Duration::from_millis(count.saturating_mul(unit));
    Ok((!length.is_zero()).then_some(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_asked_for_in_three_ways() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 5, 31).unwrap();
        assert_eq!(
            release("as of 2026-05-31").unwrap(),
            ReleaseChoice::AsOf(day)
        );
        assert_eq!(release("12").unwrap(), ReleaseChoice::Named("12".into()));
        assert_eq!(release("newest").unwrap(), ReleaseChoice::Newest);
        assert!(release("AS OF Whitsun").is_err());
    }

    #[test]
    fn the_engine_is_not_set_and_neither_is_the_version() {
        let mut variables = Variables::default();
        assert!(
            variables
                .set("datafusion.execution.batch_size", "1")
                .is_err()
        );
        assert!(variables.set("Server_Version", "17").is_err());
        assert!(variables.set("client_encoding", "LATIN1").is_err());
        variables.set("client_encoding", "utf-8").unwrap();
        variables.set("datestyle", "ISO, DMY").unwrap();
        assert_eq!(variables.get("DateStyle"), Some("ISO, DMY"));
        variables.reset("DATESTYLE", &Variables::default());
        assert_eq!(variables.get("DateStyle"), Some("ISO, MDY"));
        assert_eq!(variables.get("nonsense"), None);
    }

    #[test]
    fn times_have_units() {
        assert_eq!(timeout("5s").unwrap(), Some(Duration::from_secs(5)));
        assert_eq!(timeout("250").unwrap(), Some(Duration::from_millis(250)));
        assert_eq!(timeout("0").unwrap(), None);
        assert!(timeout("soon").is_err());
    }
}
