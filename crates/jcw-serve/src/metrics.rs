//! [`Numbers`] are what the doors count for those who run the warehouse, as
//! Prometheus reads it. No label is ever a name, a table or SQL.

use jcw_govern::{Door, Ended, Kind, Load};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::Arc;

/// What is counted. Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub struct Numbers {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    registry: Registry,
    queries: Family<Ending, Counter>,
    seconds: Family<At, Histogram, fn() -> Histogram>,
    rows: Family<At, Counter>,
    bytes: Family<At, Counter>,
    log_ins: Family<Ending, Counter>,
    closed: Family<Ending, Counter>,
    connected: Gauge,
    memory: Gauge,
    running: Gauge,
    waiting: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct At {
    door: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ending {
    door: &'static str,
    outcome: String,
}

/// From a lookup to a long report, in seconds.
fn seconds() -> Histogram {
    Histogram::new([
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0,
    ])
}

impl Default for Numbers {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("jcw");
        let (queries, log_ins) = (Family::default(), Family::default());
        let (rows, bytes) = (Family::default(), Family::default());
        let (running, waiting) = (Gauge::default(), Gauge::default());
        let (closed, connected, memory) = (Family::default(), Gauge::default(), Gauge::default());
        let seconds = Family::new_with_constructor(seconds as fn() -> Histogram);
        let of = |r: &mut Registry, name, help, metric: &Family<Ending, Counter>| {
            r.register(name, help, metric.clone());
        };
        of(
            &mut registry,
            "queries",
            "Questions that have ended, by door and outcome",
            &queries,
        );
        of(
            &mut registry,
            "log_ins",
            "Attempts to log in, by door and outcome",
            &log_ins,
        );
        of(
            &mut registry,
            "closed",
            "Connections turned away or ended early, and answers that nobody read, by door and why",
            &closed,
        );
        let help = "Connections that are open now";
        registry.register("connections", help, connected.clone());
        let help = "Bytes that running questions hold";
        registry.register_with_unit("memory", help, Unit::Bytes, memory.clone());
        let help = "From a question's arrival to the end of its answer";
        registry.register_with_unit("query", help, Unit::Seconds, seconds.clone());
        registry.register("answered_rows", "Rows given", rows.clone());
        let help = "Bytes given, as they were held";
        registry.register_with_unit("answered", help, Unit::Bytes, bytes.clone());
        registry.register("running", "Questions that run now", running.clone());
        registry.register(
            "waiting",
            "Questions that wait for their turn",
            waiting.clone(),
        );
        let shared = Shared {
            registry,
            queries,
            seconds,
            rows,
            bytes,
            log_ins,
            closed,
            connected,
            memory,
            running,
            waiting,
        };
        Numbers {
            shared: Arc::new(shared),
        }
    }
}

impl Numbers {
    /// A question has ended.
    pub(crate) fn ended(&self, ended: &Ended) {
        let (shared, door) = (&self.shared, ended.door.word());
        let outcome = ended.outcome.clone();
        let at = At { door };
        shared
            .queries
            .get_or_create(&Ending { door, outcome })
            .inc();
        shared
            .seconds
            .get_or_create(&at)
            .observe(ended.took.as_secs_f64());
        shared.rows.get_or_create(&at).inc_by(ended.rows);
        shared.bytes.get_or_create(&at).inc_by(ended.bytes);
    }

    /// Somebody was let in, or was not.
    pub fn log_in(&self, door: Door, is_in: bool) {
        let outcome = match is_in {
            true => "accepted",
            false => "refused",
        };
        let (door, outcome) = (door.word(), outcome.to_owned());
        (self.shared.log_ins.get_or_create(&Ending { door, outcome })).inc();
    }

    /// Somebody was turned away, or what they had begun was ended early.
    pub(crate) fn closed(&self, door: Door, why: &str) {
        let (door, outcome) = (door.word(), why.to_owned());
        (self.shared.closed.get_or_create(&Ending { door, outcome })).inc();
    }

    /// All of it, in OpenMetrics text; how busy the server is at this moment, the
    /// governor says, and how many are connected, the crowd.
    pub(crate) fn text(&self, load: Load, connected: usize) -> Result<String, std::fmt::Error> {
        let now = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.shared.running.set(now(load.running));
        self.shared.waiting.set(now(load.waiting));
        self.shared.memory.set(now(load.memory));
        self.shared.connected.set(now(connected));
        let mut text = String::new();
        encode(&mut text, &self.shared.registry)?;
        Ok(text)
    }
}

/// A kind as a word for clients: `no_table`.
pub(crate) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Syntax => "syntax",
        Kind::NoTable => "no_table",
        Kind::NoColumn => "no_column",
        Kind::NoFunction => "no_function",
        Kind::Value => "value",
        Kind::Refused => "refused",
        Kind::Unsupported => "unsupported",
        Kind::NoRelease => "no_release",
        Kind::Unauthenticated => "unauthenticated",
        Kind::Limit => "limit",
        Kind::Time => "time",
        Kind::Cancelled => "cancelled",
        Kind::Unavailable => "unavailable",
        Kind::Internal => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_has_ended_is_counted_by_door_and_outcome() {
        let numbers = Numbers::default();
        let ended = |door, outcome: &str, rows, bytes| Ended {
            door,
            outcome: outcome.into(),
            took: Duration::from_millis(7),
            rows,
            bytes,
        };
        numbers.ended(&ended(Door::Http, "answered", 3, 40));
        numbers.ended(&ended(Door::Http, "no_table", 0, 0));
        numbers.ended(&ended(Door::Flight, "cancelled", 1, 8));
        numbers.log_in(Door::Postgres, false);
        numbers.closed(Door::Flight, "full");
        let load = Load {
            running: 2,
            waiting: 1,
            memory: 5,
            most_memory: 9,
        };
        let text = numbers.text(load, 4).unwrap();
        for line in [
            r#"jcw_queries_total{door="http",outcome="answered"} 1"#,
            r#"jcw_queries_total{door="http",outcome="no_table"} 1"#,
            r#"jcw_queries_total{door="flight",outcome="cancelled"} 1"#,
            r#"jcw_log_ins_total{door="postgres",outcome="refused"} 1"#,
            r#"jcw_answered_rows_total{door="http"} 3"#,
            r#"jcw_answered_bytes_total{door="http"} 40"#,
            r#"jcw_query_seconds_count{door="http"} 2"#,
            r#"jcw_closed_total{door="flight",outcome="full"} 1"#,
            "jcw_connections 4",
            "jcw_memory_bytes 5",
            "jcw_running 2",
            "jcw_waiting 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
