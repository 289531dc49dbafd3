//! What the fuzz targets share: contracts made by hand, and what must hold of
//! any file whatever it is.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use jcw_extract::{ReadError, Reader};
use jcw_project::{
    Classification, Column, Contract, DuplicateHeaders, Format, Kind, Layout, Limits, Place,
    Placed, Severity,
};
use std::io::Write;
use tempfile::NamedTempFile;

/// Small limits, so that what lies beyond them is within reach.
pub fn limits() -> Limits {
    Limits {
        max_columns: 40,
        max_line_bytes: 4_096,
        max_zip_ratio: 50,
        max_unzipped_bytes: 64 << 20,
        max_zip_members: 40,
        ..Limits::default()
    }
}

pub fn placed<T>(value: T) -> Placed<T> {
    Placed {
        value,
        place: Place::start_of("fuzz.yaml"),
    }
}

pub fn contract(format: Format, columns: &[&str]) -> Contract {
    Contract {
        id: placed("fuzz/extract".to_owned()),
        partner: "fuzz".to_owned(),
        description: String::new(),
        owner: String::new(),
        layout: Layout {
            format,
            delimiter: b',',
            quote: b'"',
            encoding: placed("utf-8".to_owned()),
            headerless: false,
            header_rows: 1,
            title_rows: false,
            footer: None,
            sub_heading: None,
            skip_blank_rows: matches!(format, Format::Xlsx | Format::Ods),
            final_newline: true,
            duplicate_headers: DuplicateHeaders::Reject,
            sheets: Vec::new(),
            unlabelled: Vec::new(),
            unpivot: None,
            member: None,
            record: None,
        },
        columns: columns.iter().map(|name| column(name)).collect(),
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

fn column(name: &str) -> Column {
    Column {
        name: placed(name.to_owned()),
        kind: Kind::Text,
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
        classification: Classification::Identifier,
        description: String::new(),
        place: Place::start_of("fuzz.yaml"),
    }
}

pub fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file to write to");
    file.write_all(bytes).expect("room for a small file");
    file
}

/// Reads to the end and checks that every record is a row or set aside, and
/// stands where its row says. Gives the records, if the file was read.
pub fn read(reader: Result<Box<dyn Reader>, ReadError>) -> Option<i64> {
    let mut reader = told(reader)?;
    let (mut rows, mut malformed, mut records) = (0, 0, 0);
    while let Some(piece) = reader.next_piece() {
        let piece = told(told(piece)?.into_rows())?;
        let numbers = piece.batch.column(piece.batch.num_columns() - 1);
        let numbers = numbers.as_primitive::<Int64Type>().values();
        assert!(numbers.iter().all(|number| *number > 0));
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(
            piece.batch.num_rows() + piece.malformed.len(),
            piece.records as usize
        );
        rows += piece.batch.num_rows() as i64;
        malformed += piece.malformed.len() as i64;
        records += piece.records;
    }
    let summary = told(reader.finish())?;
    assert_eq!((summary.rows, summary.malformed), (rows, malformed));
    assert_eq!(summary.records, records);
    for warning in summary.warnings {
        assert!(warning.message.len() < 1_000, "{warning:?}");
    }
    Some(records)
}

/// What was refused can be told, in a sentence and by a rule.
pub fn told<T>(result: Result<T, ReadError>) -> Option<T> {
    result
        .map_err(|error| {
            assert!(error.to_string().len() < 2_000, "{error}");
            (error.rule(), error.standing(), error.line())
        })
        .ok()
}
