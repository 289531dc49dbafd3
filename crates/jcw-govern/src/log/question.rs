//! A [`Question`] is the row of the query log in the making: what is known of one
//! query so far. However the query ends, dropped or broken ones too, the row is
//! written, once.

use super::fingerprint::fingerprint;
use super::row::{Row, now};
use super::watch::Ended;
use super::{Open, QueryLog};
use crate::error::{GovernError, Kind, Result};
use crate::session::{Door, Session};
use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use datafusion::common::TableReference;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::LogicalPlan;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// The most characters of a purpose that are kept.
const PURPOSE: usize = 200;

/// The most characters of a list of names that are kept.
const NAMES: usize = 4_000;

/// SQL that was asked for and planned, maybe to be run several times.
#[derive(Debug)]
pub(crate) struct Asked {
    received_at: DateTime<Utc>,
    planned_at: OnceLock<DateTime<Utc>>,
    fingerprint: String,
    was_run: AtomicBool,
}

/// A query, from being received to its end.
#[derive(Debug)]
pub(crate) struct Question {
    log: QueryLog,
    door: Door,
    row: Option<Row>,
    has_begun: bool,
    /// Let go after the row is written.
    _open: Open,
}

/// What a query reads, by full name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    /// Of tables that are named without one.
    default_schema: String,
    tables: BTreeSet<String>,
    columns: BTreeSet<String>,
}

impl Asked {
    /// It has just been received.
    pub(crate) fn now(sql: &str) -> Arc<Asked> {
        Arc::new(Asked {
            received_at: now(),
            planned_at: OnceLock::new(),
            fingerprint: fingerprint(sql),
            was_run: AtomicBool::new(false),
        })
    }

    /// It has just been planned.
    pub(crate) fn planned(&self) {
        let _ = self.planned_at.set(now());
    }
}

impl Question {
    /// One run of what was asked, by the session's principal.
    pub(crate) fn new(session: &Session, asked: &Asked) -> Question {
        let is_first = !asked.was_run.swap(true, Ordering::Relaxed);
        let (principal, asking) = (&session.principal, &session.asking);
        let purpose = asking.purpose.as_deref().map(|purpose| {
            let kept = purpose.chars().filter(|c| !c.is_control());
            kept.take(PURPOSE).collect()
        });
        let row = Row {
            event: "query".into(),
            query_id: uuid::Uuid::now_v7().to_string(),
            principal: Some(principal.name.clone()),
            role: Some(principal.role.clone()),
            method: Some(principal.method.word().into()),
            purpose,
            door: Some(asking.door.word().into()),
            address: session.address.map(|address| address.to_string()),
            release: Some(session.release.id.clone()),
            fingerprint: Some(asked.fingerprint.clone()),
            received_at: match is_first {
                true => asked.received_at,
                // Prepared once, asked again.
                false => now(),
            },
            planned_at: asked.planned_at.get().copied().filter(|_| is_first),
            ..Row::default()
        };
        Question {
            log: session.governor.log().clone(),
            door: asking.door,
            row: Some(row),
            has_begun: false,
            _open: session.governor.log().open.clone(),
        }
    }

    /// It is about to give something.
    ///
    /// # Errors
    /// When that cannot be noted: then nothing may be given.
    pub(crate) fn begin(&mut self) -> Result<()> {
        if let Some(row) = &self.row {
            self.log.begin(row)?;
            self.has_begun = true;
        }
        Ok(())
    }

    /// Its turn has come.
    pub(crate) fn admitted(&mut self) {
        if let Some(row) = &mut self.row {
            row.admitted_at = Some(now());
        }
    }

    /// What it reads is known.
    pub(crate) fn reads(&mut self, read: Read) {
        if let Some(row) = &mut self.row {
            row.tables = Some(list(&read.tables));
            row.columns = Some(list(&read.columns));
        }
    }

    /// Its reader has been given a batch.
    pub(crate) fn gave(&mut self, batch: &RecordBatch) {
        if let Some(row) = &mut self.row {
            row.first_batch_at.get_or_insert_with(now);
            row.rows += batch.num_rows() as i64;
            row.bytes += i64::try_from(crate::limits::size(batch)).unwrap_or(i64::MAX);
        }
    }

    /// Files of a table are wanted as they are.
    pub(crate) fn files(session: &Session, table: &str) -> Question {
        let asked = Asked::now(&format!("select * from {table}"));
        let mut question = Question::new(session, &asked);
        let shown = session.visible().tables.get(table);
        let columns = shown.iter().flat_map(|shown| shown.schema.fields().iter());
        question.reads(Read {
            tables: BTreeSet::from([table.to_owned()]),
            columns: columns
                .map(|column| format!("{table}.{}", column.name()))
                .collect(),
            ..Read::default()
        });
        question
    }

    /// So much of a file was given.
    pub(crate) fn gave_of_file(&mut self, rows: u64, bytes: u64) {
        if let Some(row) = &mut self.row {
            row.first_batch_at.get_or_insert_with(now);
            row.rows += i64::try_from(rows).unwrap_or(i64::MAX);
            row.bytes += i64::try_from(bytes).unwrap_or(i64::MAX);
        }
    }

    /// It was answered to the end.
    ///
    /// # Errors
    /// When it cannot be logged: then it was not answered.
    pub(crate) fn answered(mut self) -> Result<()> {
        self.write("answered")
    }

    /// It failed, or was refused.
    pub(crate) fn failed(mut self, error: GovernError) -> GovernError {
        // The error is told to the client whether it could be logged or not.
        let _ = self.write(word(error.kind));
        error
    }

    fn write(&mut self, outcome: &str) -> Result<()> {
        let Some(mut row) = self.row.take() else {
            return Ok(());
        };
        row.ended_at = now();
        row.outcome = outcome.to_owned();
        self.log.watch.tell(&Ended {
            door: self.door,
            outcome: outcome.to_owned(),
            took: (row.ended_at - row.received_at)
                .to_std()
                .unwrap_or_default(),
            rows: row.rows.unsigned_abs(),
            bytes: row.bytes.unsigned_abs(),
        });
        match self.has_begun {
            true => self.log.end(row),
            false => self.log.append(row),
        }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let _ = self.write(word(Kind::Cancelled));
    }
}

/// As the query log writes how a query ended.
fn word(kind: Kind) -> &'static str {
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

impl Read {
    /// The tables of a plan as it was asked.
    pub(crate) fn tables(plan: &LogicalPlan, default_schema: &str) -> Read {
        let mut read = Read {
            default_schema: default_schema.to_owned(),
            ..Read::default()
        };
        let _ = plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                read.tables.insert(read.full_name(&scan.table_name));
            }
            Ok(TreeNodeRecursion::Continue)
        });
        read
    }

    /// The columns of the same plan, optimised: only those that it needs.
    pub(crate) fn columns(&mut self, optimized: &LogicalPlan) {
        let _ = optimized.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                let table = self.full_name(&scan.table_name);
                let projected = scan.projected_schema.fields().iter();
                let mut names: BTreeSet<String> = projected.map(|f| f.name().clone()).collect();
                let filters = scan.filters.iter().flat_map(|filter| filter.column_refs());
                names.extend(filters.map(|column| column.name.clone()));
                let names = names.into_iter().map(|name| format!("{table}.{name}"));
                self.columns.extend(names);
                self.tables.insert(table);
            }
            Ok(TreeNodeRecursion::Continue)
        });
    }

    fn full_name(&self, table: &TableReference) -> String {
        let schema = table.schema().unwrap_or(&self.default_schema);
        format!("{schema}.{}", table.table())
    }
}

fn list(names: &BTreeSet<String>) -> String {
    let mut list = String::new();
    for name in names {
        if list.len() + name.len() > NAMES {
            list.push_str(", ...");
            break;
        }
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(name);
    }
    list
}
