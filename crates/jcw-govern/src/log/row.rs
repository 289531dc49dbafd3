//! A row of the query log, and the hash that chains it to the row before.

use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// What comes before the first row of a chain.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One question, or one failed attempt to log in. Fields as [`schema`] says, in
/// its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) server_id: String,
    pub(super) sequence: i64,
    pub(super) previous_hash: String,
    pub(super) event: String,
    pub(super) query_id: String,
    pub(super) principal: Option<String>,
    pub(super) role: Option<String>,
    pub(super) method: Option<String>,
    pub(super) purpose: Option<String>,
    pub(super) door: Option<String>,
    pub(super) address: Option<String>,
    pub(super) release: Option<String>,
    pub(super) fingerprint: Option<String>,
    pub(super) tables: Option<String>,
    pub(super) columns: Option<String>,
    pub(super) rows: i64,
    pub(super) bytes: i64,
    pub(super) received_at: DateTime<Utc>,
    pub(super) planned_at: Option<DateTime<Utc>>,
    pub(super) admitted_at: Option<DateTime<Utc>>,
    pub(super) first_batch_at: Option<DateTime<Utc>>,
    pub(super) ended_at: DateTime<Utc>,
    pub(super) outcome: String,
    pub(super) hash: String,
}

/// The time as the log keeps it: UTC, whole microseconds.
pub(super) fn now() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// The table's columns. `event` is `query` or `log_in`; `tables` and `columns` are
/// full names with commas between them; `outcome` is `answered`, `refused`, `lost`
/// (the server was ended in the middle) or the kind of error.
pub(super) fn schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    let number = |name: &str| Field::new(name, DataType::Int64, false);
    let instant = |name: &str, nullable| {
        let kind = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        Field::new(name, kind, nullable)
    };
    Arc::new(Schema::new(vec![
        text("server_id", false),
        number("sequence"),
        text("previous_hash", false),
        text("event", false),
        text("query_id", false),
        text("principal", true),
        text("role", true),
        text("method", true),
        text("purpose", true),
        text("door", true),
        text("address", true),
        text("release", true),
        text("fingerprint", true),
        text("tables", true),
        text("columns", true),
        number("rows"),
        number("bytes"),
        instant("received_at", false),
        instant("planned_at", true),
        instant("admitted_at", true),
        instant("first_batch_at", true),
        instant("ended_at", false),
        text("outcome", false),
        text("hash", false),
    ]))
}

/// Rows as columns.
pub(super) fn batch(rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let schema = schema();
    let mut decoder = arrow::json::ReaderBuilder::new(schema.clone())
        .with_batch_size(rows.len().max(1))
        .build_decoder()?;
    decoder.serialize(rows)?;
    let batch = decoder.flush()?;
    Ok(batch.unwrap_or_else(|| RecordBatch::new_empty(schema)))
}

impl Row {
    /// SHA-256 (hex) over every field but the hash itself, in order: for each one
    /// byte that says whether there is a value, and the value's length (8 bytes,
    /// little end first) and UTF-8 text; numbers in digits, instants as
    /// microseconds since 1970.
    pub(super) fn compute_hash(&self) -> String {
        let mut chain = Chain::default();
        let instant = |at: &DateTime<Utc>| at.timestamp_micros();
        chain.text(Some(&self.server_id));
        chain.number(Some(self.sequence));
        for text in [&self.previous_hash, &self.event, &self.query_id] {
            chain.text(Some(text));
        }
        for text in [
            &self.principal,
            &self.role,
            &self.method,
            &self.purpose,
            &self.door,
            &self.address,
            &self.release,
            &self.fingerprint,
            &self.tables,
            &self.columns,
        ] {
            chain.text(text.as_deref());
        }
        for number in [self.rows, self.bytes, instant(&self.received_at)] {
            chain.number(Some(number));
        }
        for at in [&self.planned_at, &self.admitted_at, &self.first_batch_at] {
            chain.number(at.as_ref().map(instant));
        }
        chain.number(Some(instant(&self.ended_at)));
        chain.text(Some(&self.outcome));
        chain.end()
    }
}

/// A row as the table has it: its place in the chain, and the hash that it
/// should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) server_id: String,
    pub(super) sequence: i64,
    pub(super) previous_hash: String,
    pub(super) hash: String,
    pub(super) is_whole: bool,
}

/// The links of a batch of the table, whose columns may stand in any order.
pub(super) fn links(batch: &RecordBatch) -> Result<Vec<Link>, ArrowError> {
    let schema = schema();
    let mut columns = Vec::new();
    for field in schema.fields() {
        let column = batch.column_by_name(field.name());
        let column = column.ok_or_else(|| {
            ArrowError::SchemaError(format!("there is no column \"{}\"", field.name()))
        })?;
        columns.push(cast(column, field.data_type())?);
    }
    let columns = RecordBatch::try_new(
        Arc::new(Schema::new(
            (schema.fields().iter())
                .map(|field| field.as_ref().clone().with_nullable(true))
                .collect::<Vec<_>>(),
        )),
        columns,
    )?;
    (0..columns.num_rows())
        .map(|row| link(&columns, row))
        .collect()
}

fn link(columns: &RecordBatch, row: usize) -> Result<Link, ArrowError> {
    let mut chain = Chain::default();
    let last = columns.num_columns().saturating_sub(1);
    for column in columns.columns().iter().take(last) {
        match column.data_type() {
            DataType::Utf8 => {
                let texts = column.as_string::<i32>();
                chain.text(texts.is_valid(row).then(|| texts.value(row)));
            }
            DataType::Int64 => {
                let numbers = column.as_primitive::<Int64Type>();
                chain.number(numbers.is_valid(row).then(|| numbers.value(row)));
            }
            _ => {
                let instants = column.as_primitive::<TimestampMicrosecondType>();
                chain.number(instants.is_valid(row).then(|| instants.value(row)));
            }
        }
    }
    let text = |name: &str| -> Option<String> {
        let texts = columns.column_by_name(name)?.as_string::<i32>();
        texts.is_valid(row).then(|| texts.value(row).to_owned())
    };
    let sequence = (columns.column_by_name("sequence"))
        .map(|column| column.as_primitive::<Int64Type>())
        .filter(|numbers| numbers.is_valid(row));
    let hash = text("hash").unwrap_or_default();
    Ok(Link {
        server_id: text("server_id").unwrap_or_default(),
        sequence: sequence.map_or(0, |numbers| numbers.value(row)),
        previous_hash: text("previous_hash").unwrap_or_default(),
        is_whole: chain.end() == hash,
        hash,
    })
}

#[derive(Default)]
struct Chain(Sha256);

impl Chain {
    fn text(&mut self, text: Option<&str>) {
        let Some(text) = text else {
            return self.0.update([0]);
        };
        self.0.update([1]);
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text);
    }

    fn number(&mut self, number: Option<i64>) {
        self.text(number.map(|number| number.to_string()).as_deref());
    }

    fn end(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| {
        DIGITS
            .get(usize::from(half))
            .copied()
            .map_or('0', char::from)
    };
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_and_its_columns_have_the_same_hash_and_every_field_counts() {
        let mut row = Row {
            server_id: "s".into(),
            sequence: 7,
            previous_hash: GENESIS.into(),
            event: "query".into(),
            purpose: Some("annual review".into()),
            tables: Some(String::new()),
            rows: 3,
            received_at: now(),
            ended_at: now(),
            first_batch_at: Some(now()),
            outcome: "answered".into(),
            ..Row::default()
        };
        row.hash = row.compute_hash();
        let found = links(&batch(std::slice::from_ref(&row)).unwrap()).unwrap();
        assert!(found[0].is_whole, "{found:?}");
        assert_eq!((found[0].sequence, &found[0].hash), (7, &row.hash));
        let whole = serde_json::to_value(&row).unwrap();
        for (name, value) in whole.as_object().unwrap() {
            let mut changed = whole.clone();
            changed[name] = match value {
                serde_json::Value::Number(number) => (number.as_i64().unwrap() + 1).into(),
                _ if name.ends_with("_at") => "2026-01-01T00:00:00Z".into(),
                _ => "else".into(),
            };
            let changed: Row = serde_json::from_value(changed).unwrap();
            let found = links(&batch(&[changed]).unwrap()).unwrap();
            assert!(!found[0].is_whole, "{name} can be changed");
        }
    }
}
