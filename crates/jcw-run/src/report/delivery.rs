//! A delivery as a report counts it: everything that was handed over as one, in
//! however many files and tables.

use crate::ledger::Extract;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// One delivery of one source.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) run_id: String,
    pub(crate) received_at: DateTime<Utc>,
    /// Names, each once.
    pub(crate) files: BTreeSet<String>,
    pub(crate) status: String,
    pub(crate) received: i64,
    pub(crate) accepted: i64,
    pub(crate) rejected: i64,
    pub(crate) duplicate: i64,
}

impl Delivery {
    /// What one source delivered, oldest first.
    pub(crate) fn all_of<'a>(extracts: impl Iterator<Item = &'a Extract>) -> Vec<Delivery> {
        let mut deliveries: Vec<(Option<&str>, Delivery)> = Vec::new();
        for extract in extracts {
            let is_it = |(mark, delivery): &&mut (Option<&str>, Delivery)| {
                extract.mark().is_some()
                    && *mark == extract.mark()
                    && delivery.run_id == extract.run_id
            };
            match deliveries.iter_mut().find(is_it) {
                Some((_, delivery)) => delivery.take_in(extract),
                None => deliveries.push((extract.mark(), Delivery::begin(extract))),
            }
        }
        deliveries
            .into_iter()
            .map(|(_, delivery)| delivery)
            .collect()
    }

    fn begin(extract: &Extract) -> Delivery {
        let mut delivery = Delivery {
            run_id: extract.run_id.clone(),
            received_at: extract.received_at,
            files: BTreeSet::new(),
            status: extract.status.clone(),
            received: 0,
            accepted: 0,
            rejected: 0,
            duplicate: 0,
        };
        delivery.take_in(extract);
        delivery
    }

    fn take_in(&mut self, extract: &Extract) {
        self.files.insert(extract.file.clone());
        self.received += extract.received;
        self.accepted += extract.accepted;
        self.rejected += extract.rejected;
        self.duplicate += extract.duplicate;
    }

    /// Its rows were judged: it is not what had been loaded before, nor older
    /// than what stands.
    pub(crate) fn is_judged(&self) -> bool {
        !matches!(self.status.as_str(), "duplicate" | "outdated")
    }
}

/// The share of rows rejected, in percent; none where there were no rows.
pub(crate) fn rejected_share<'a>(
    deliveries: impl IntoIterator<Item = &'a Delivery>,
) -> Option<f64> {
    let (mut received, mut rejected) = (0, 0);
    for delivery in deliveries {
        received += delivery.received;
        rejected += delivery.rejected;
    }
    (received > 0).then(|| 100.0 * rejected as f64 / received as f64)
}
