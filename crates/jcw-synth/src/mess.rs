//! The mess is what is wrong with partners' files: at a given rate, a record is
//! spoilt in one way that the table's contract knows, and what was done is
//! remembered with the rules that it breaks.
//!
//! Whether and how a record is spoilt depends on the seed, the table and the
//! record's group, not on what was written before. Records that belong to a
//! spoilt one (a request of a rejected person) are rejected with it, and
//! remembered too.

pub(crate) mod board;
pub(crate) mod cell;
pub(crate) mod council;
#[cfg(test)]
mod coverage;
pub(crate) mod csds;
mod drift;
pub(crate) mod eput;
pub(crate) mod mhsds;
mod planting;
mod rule;
mod school;
pub(crate) mod sen2;

pub(crate) use planting::plantings;
pub(crate) use rule::{Context, Row, Rule};

use crate::writer::record::Record;
use crate::writer::table::{Kind, Reference, Table};
use planting::{How, Planting};
use std::borrow::Cow;
use std::collections::HashMap;

/// What spoils records.
#[derive(Debug)]
pub(crate) struct Mess {
    rate: f64,
    seed: u64,
    sends_refused: bool,
    plantings: HashMap<&'static str, Vec<Planting>>,
    /// Tables that say who somebody is.
    about_persons: Vec<&'static str>,
}

/// How much is wrong with what partners send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Faults {
    /// Share of the rows that are spoilt, from 0 to 1.
    pub share: f64,
    /// Rows that a contract keeps back are sent. Without them a warehouse must
    /// come to the same figures, which is what the rows are worth that it lets
    /// through.
    pub refused_are_sent: bool,
}

impl From<f64> for Faults {
    fn from(share: f64) -> Self {
        Faults {
            share,
            refused_are_sent: true,
        }
    }
}

/// A record as it is handed over, and the rules that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) record: Record,
    pub(crate) broken: Vec<Broken>,
}

/// One rule that a record breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// As in `jcw.reject`: `birth_date.type`.
    pub(crate) rule: Cow<'static, str>,
    /// The row is rejected for it, and not merely queried.
    pub(crate) rejects: bool,
}

impl Mess {
    /// Spoils a share of the records.
    pub(crate) fn new(faults: Faults, seed: u64, tables: &[&'static Table]) -> Self {
        let plantings = (tables.iter())
            .map(|table| (table.name, plantings(table)))
            .collect();
        let about_persons = tables.iter().filter(|table| table.is_about_persons());
        Mess {
            rate: faults.share,
            seed,
            sends_refused: faults.refused_are_sent,
            plantings,
            about_persons: about_persons.map(|table| table.name).collect(),
        }
    }

    /// The records of one group as they are handed over. A group holds all that
    /// belongs together in one delivery, parents first, and has a name of its
    /// own.
    pub(crate) fn spoil(&self, group: u64, records: Vec<Record>, context: &Context) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(records.len());
        let mut rejected: Vec<Record> = Vec::new();
        for (place, mut record) in records.into_iter().enumerate() {
            let lost = lost_parents(&record, &rejected);
            let bits =
                mixed(self.seed ^ mixed(group ^ ((place as u64) << 48))) ^ hash(record.table.name);
            if lost.is_empty() && !self.is_picked(bits) {
                entries.push(Entry {
                    record,
                    broken: Vec::new(),
                });
                continue;
            }
            let original = record.clone();
            let planted = (self.is_picked(bits))
                .then(|| self.plant(&mut record, context, mixed(!bits), lost.is_empty()))
                .flatten();
            let mut broken: Vec<Broken> = planted
                .and_then(|planting| planting.broken.clone())
                .into_iter()
                .collect();
            if planted.is_some_and(|planting| !planting.repeats()) {
                broken.extend(broken_rules(&record, context));
            }
            broken.extend(broken_references(&record, &original, &lost));
            if broken.iter().any(|broken| broken.rejects) {
                rejected.push(original);
            }
            let twin = match planted.map(|planting| planting.how) {
                Some(How::Twin(column)) => Some(cell::twin(&record, column, &context.to)),
                Some(How::Copy) => Some(record.clone()),
                _ => None,
            };
            entries.extend(twin.map(|record| Entry {
                record,
                broken: broken.clone(),
            }));
            entries.push(Entry { record, broken });
        }
        if !self.sends_refused {
            entries.retain(|entry| !entry.broken.iter().any(|broken| broken.rejects));
        }
        entries
    }

    fn is_picked(&self, bits: u64) -> bool {
        ((mixed(bits) >> 11) as f64 / (1u64 << 53) as f64) < self.rate
    }

    /// Tries the table's plantings from a drawn one on until one fits.
    fn plant(
        &self,
        record: &mut Record,
        context: &Context,
        bits: u64,
        may_repeat: bool,
    ) -> Option<&Planting> {
        let plantings = self.plantings.get(record.table.name)?;
        let first = (bits >> 8) as usize % plantings.len().max(1);
        let (before, after) = plantings.split_at(first);
        (after.iter().chain(before))
            .filter(|planting| may_repeat || !planting.repeats())
            .find(|planting| planting.plant(record, context, bits))
    }
}

/// References to rows that are rejected.
fn lost_parents(record: &Record, rejected: &[Record]) -> Vec<&'static Reference> {
    if rejected.is_empty() {
        return Vec::new();
    }
    (record.table.references.iter())
        .filter(|reference| {
            rejected.iter().any(|parent| {
                parent.table.name == reference.table
                    && reference.columns.iter().all(|(own, theirs)| {
                        let value = record.get(own);
                        !value.is_empty() && value == parent.get(theirs)
                    })
            })
        })
        .collect()
}

/// Rules over several columns that the record breaks.
fn broken_rules(record: &Record, context: &Context) -> Vec<Broken> {
    let row = Row { record, context };
    (record.table.rules.iter())
        .filter(|rule| (rule.breaks)(&row))
        .map(|rule| Broken {
            rule: Cow::Borrowed(rule.id),
            rejects: rule.rejects,
        })
        .collect()
}

/// References that lead nowhere: to a rejected row, or, where a planting
/// changed them, to none at all. A cell that is blank or not of its kind refers
/// to nothing.
fn broken_references(
    record: &Record,
    original: &Record,
    lost: &[&'static Reference],
) -> Vec<Broken> {
    (record.table.references.iter())
        .filter(|reference| {
            let is_whole = reference.columns.iter().all(|(own, _)| {
                let is_number =
                    (record.table.column(own)).is_some_and(|column| column.kind == Kind::Integer);
                let value = record.get(own);
                !value.is_empty() && (!is_number || value.parse::<i64>().is_ok())
            });
            let is_changed =
                (reference.columns.iter()).any(|(own, _)| record.get(own) != original.get(own));
            let is_lost = lost.iter().any(|lost| lost.id == reference.id);
            is_whole && (is_changed || is_lost)
        })
        .map(|reference| Broken {
            rule: Cow::Borrowed(reference.id),
            rejects: true,
        })
        .collect()
}

/// FNV-1a.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Splitmix64's finaliser.
pub(crate) fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
