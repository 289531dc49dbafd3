//! Contracts and batches made by hand, for tests.

use crate::{Binding, Checked, Checker, Delivery, Keys, References};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::Int64Type;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use jcw_project::{
    Classification, Column, Contract, DuplicateHeaders, Format, Kind, Layout, Place, Placed,
    ROW_COLUMN, Rule, Severity, Symbol,
};
use std::sync::Arc;

pub(crate) const DELIVERY: Delivery<'static> = Delivery {
    source: "council/test",
    table: "council.test",
    run: "run-1",
    extract: "ab12",
    file: "test.csv",
    sheet: None,
};

pub(crate) fn placed<T>(value: impl Into<T>) -> Placed<T> {
    Placed {
        value: value.into(),
        place: Place::start_of("schemas/council/test.yaml"),
    }
}

pub(crate) fn contract(columns: Vec<Column>) -> Contract {
    Contract {
        id: placed("council/test"),
        partner: "council".into(),
        description: "one row for each test".into(),
        owner: "tests".into(),
        layout: Layout {
            format: Format::Csv,
            delimiter: b',',
            quote: b'"',
            encoding: placed("utf-8"),
            headerless: false,
            header_rows: 1,
            title_rows: false,
            footer: None,
            sub_heading: None,
            skip_blank_rows: false,
            final_newline: true,
            duplicate_headers: DuplicateHeaders::Reject,
            sheets: Vec::new(),
            unlabelled: Vec::new(),
            unpivot: None,
            member: None,
            record: None,
        },
        columns,
        versions: Vec::new(),
        period: Vec::new(),
        key: None,
        row_id: Vec::new(),
        as_of: None,
        rules: Vec::new(),
        references: Vec::new(),
        row_count: None,
        person: None,
        hash: String::new(),
    }
}

pub(crate) fn column(name: &str, kind: Kind) -> Column {
    Column {
        name: placed(name),
        kind,
        aliases: Vec::new(),
        optional: false,
        required: false,
        symbols: Default::default(),
        min: None,
        max: None,
        pattern: None,
        from: None,
        fill_down: false,
        severity: Severity::RejectRow,
        classification: Classification::Open,
        description: String::new(),
        place: Place::start_of("schemas/council/test.yaml"),
    }
}

/// Symbols written `text=status` or `text=status=value`.
pub(crate) fn with_symbols(mut column: Column, symbols: &[&str]) -> Column {
    for symbol in symbols {
        let mut parts = symbol.split('=');
        let text = parts.next().unwrap().to_owned();
        let status = parts.next().unwrap().to_owned();
        column.symbols.insert(
            text,
            Symbol {
                status,
                value: parts.next().map(str::to_owned),
            },
        );
    }
    column
}

pub(crate) fn date(formats: &[&str]) -> Kind {
    Kind::Date {
        formats: formats.iter().map(|format| (*format).to_owned()).collect(),
    }
}

pub(crate) fn codes(codes: &[&str]) -> Kind {
    Kind::Code {
        codes: codes
            .iter()
            .map(|code| ((*code).to_owned(), String::new()))
            .collect(),
    }
}

pub(crate) fn rule(id: &str, check: &str, severity: Severity) -> Rule {
    Rule {
        id: placed(id),
        check: placed(check),
        severity,
        message: format!("{check} does not hold"),
        source: None,
    }
}

/// A text batch whose rows begin on line 2.
pub(crate) fn batch(labels: &[&str], rows: &[Vec<Option<&str>>]) -> RecordBatch {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for (place, label) in labels.iter().enumerate() {
        let cells: StringViewArray = rows.iter().map(|row| row[place]).collect();
        columns.push(((*label).to_owned(), Arc::new(cells)));
    }
    let numbers = Int64Array::from_iter_values(2..rows.len() as i64 + 2);
    columns.push((ROW_COLUMN.to_owned(), Arc::new(numbers)));
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Rows of cells parted by `|`; `NULL` is a cell that is not there.
pub(crate) fn table(labels: &str, rows: &[&str]) -> RecordBatch {
    let labels: Vec<&str> = labels.split('|').collect();
    let rows: Vec<Vec<Option<&str>>> = (rows.iter())
        .map(|row| {
            row.split('|')
                .map(|cell| (cell != "NULL").then_some(cell))
                .collect()
        })
        .collect();
    batch(&labels, &rows)
}

pub(crate) fn compile(contract: &Contract) -> Checker {
    Checker::compile(contract, References::new()).unwrap()
}

pub(crate) fn check(contract: &Contract, batch: &RecordBatch) -> Checked {
    let checker = compile(contract);
    let binding = bind(&checker, batch);
    checker
        .check(&binding, batch, &DELIVERY, Keys::Collect)
        .unwrap()
}

pub(crate) fn bind(checker: &Checker, batch: &RecordBatch) -> Binding {
    checker.bind_schema(batch.schema_ref()).unwrap()
}

/// Rows as text, cells parted by `|`; null is `NULL`. Without `_extract`.
pub(crate) fn shown(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<ArrayFormatter> = (batch.schema_ref().fields().iter().zip(batch.columns()))
        .filter(|(field, _)| field.name() != "_extract")
        .map(|(_, column)| ArrayFormatter::try_new(column, &options).unwrap())
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            columns
                .iter()
                .map(|column| column.value(row).to_string())
                .collect::<Vec<_>>()
                .join("|")
        })
        .collect()
}

/// Rejects as `row rule`.
pub(crate) fn rejects(batch: &RecordBatch) -> Vec<String> {
    let rows = batch
        .column_by_name("row")
        .unwrap()
        .as_primitive::<Int64Type>();
    let rules = batch.column_by_name("rule").unwrap().as_string::<i32>();
    (0..batch.num_rows())
        .map(|row| format!("{} {}", rows.value(row), rules.value(row)))
        .collect()
}

/// One column of text of a batch.
pub(crate) fn texts(batch: &RecordBatch, name: &str) -> Vec<String> {
    let column = batch.column_by_name(name).unwrap().as_string::<i32>();
    column
        .iter()
        .map(|text| text.unwrap_or("NULL").to_owned())
        .collect()
}
