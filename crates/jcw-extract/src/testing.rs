//! Contracts made by hand and files read whole, for the tests of this crate.

use crate::read_error::ReadError;
use crate::reader::{Malformed, Reader};
use crate::tally::Summary;
use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use jcw_project::{
    Classification, Column, Contract, DuplicateHeaders, Format, Kind, Layout, Limits, Origin,
    Place, Placed, Severity, Unpivot,
};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(crate) fn placed<T>(value: T) -> Placed<T> {
    Placed {
        value,
        place: Place::start_of("test.yaml"),
    }
}

pub(crate) fn text(value: &str) -> Placed<String> {
    placed(value.to_owned())
}

pub(crate) fn layout(format: Format) -> Layout {
    Layout {
        format,
        delimiter: b',',
        quote: b'"',
        encoding: text("utf-8"),
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
    }
}

pub(crate) fn unpivot(columns: &str, value: Option<&str>) -> Option<Unpivot> {
    Some(Unpivot {
        columns: text(columns),
        value: value.map(text),
    })
}

pub(crate) fn column(name: &str) -> Column {
    Column {
        name: text(name),
        kind: Kind::Text,
        aliases: Vec::new(),
        optional: false,
        required: false,
        symbols: BTreeMap::new(),
        min: None,
        max: None,
        pattern: None,
        from: None,
        fill_down: false,
        severity: Severity::RejectRow,
        classification: Classification::Open,
        description: String::new(),
        place: Place::start_of("test.yaml"),
    }
}

pub(crate) fn columns(names: &[&str]) -> Vec<Column> {
    names.iter().map(|name| column(name)).collect()
}

pub(crate) trait ColumnWith {
    fn alias(self, label: &str) -> Self;
    fn optional(self) -> Self;
    fn fill_down(self) -> Self;
    fn from(self, origin: Origin) -> Self;
}

impl ColumnWith for Column {
    fn alias(mut self, label: &str) -> Self {
        self.aliases.push(label.to_owned());
        self
    }
    fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
    fn fill_down(mut self) -> Self {
        self.fill_down = true;
        self
    }
    fn from(mut self, origin: Origin) -> Self {
        self.from = Some(origin);
        self
    }
}

pub(crate) fn contract(layout: Layout, columns: Vec<Column>) -> Contract {
    Contract {
        id: text("test/extract"),
        partner: "test".to_owned(),
        description: String::new(),
        owner: String::new(),
        layout,
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

/// A file read whole.
#[derive(Debug)]
pub(crate) struct Whole {
    /// Labels of the last batch, without `_row`.
    pub(crate) labels: Vec<String>,
    /// Labels of each batch, by the row that follows it.
    batches: Vec<(usize, Vec<String>)>,
    pub(crate) cells: Vec<Vec<Option<String>>>,
    pub(crate) rows: Vec<i64>,
    pub(crate) malformed: Vec<Malformed>,
    pub(crate) summary: Summary,
}

impl Whole {
    pub(crate) fn cell(&self, row: usize, label: &str) -> Option<&str> {
        let labels = self
            .batches
            .iter()
            .find(|(end, _)| row < *end)
            .map_or(&self.labels, |(_, labels)| labels);
        let position = labels
            .iter()
            .position(|known| known == label)
            .unwrap_or_else(|| panic!("no column {label} in {labels:?}"));
        self.cells[row][position].as_deref()
    }

    /// The cell under the first of the labels that the row has.
    pub(crate) fn any_cell(&self, row: usize, labels: &[&str]) -> Option<&str> {
        let shown = self
            .batches
            .iter()
            .find(|(end, _)| row < *end)
            .map_or(&self.labels, |(_, labels)| labels);
        let label = labels
            .iter()
            .find(|label| shown.iter().any(|known| known == *label))
            .unwrap_or_else(|| panic!("none of {labels:?} in {shown:?}"));
        self.cell(row, label)
    }

    /// The texts of a row, blank for null.
    pub(crate) fn texts(&self, row: usize) -> Vec<&str> {
        self.cells[row]
            .iter()
            .map(|cell| cell.as_deref().unwrap_or_default())
            .collect()
    }

    /// Rows in which the column holds the text.
    pub(crate) fn find(&self, label: &str, text: &str) -> Vec<usize> {
        (0..self.cells.len())
            .filter(|row| self.cell(*row, label) == Some(text))
            .collect()
    }

    pub(crate) fn warned(&self, rule: &str) -> bool {
        self.summary
            .warnings
            .iter()
            .any(|warning| warning.rule == rule)
    }
}

pub(crate) fn drain(mut reader: Box<dyn Reader>) -> Result<Whole, ReadError> {
    let mut whole = Whole {
        labels: Vec::new(),
        batches: Vec::new(),
        cells: Vec::new(),
        rows: Vec::new(),
        malformed: Vec::new(),
        summary: Summary::default(),
    };
    while let Some(piece) = reader.next_piece() {
        let rows = piece?.into_rows()?;
        let schema = rows.batch.schema();
        let texts = rows.batch.num_columns() - 1;
        whole.labels = schema
            .fields()
            .iter()
            .take(texts)
            .map(|field| field.name().clone())
            .collect();
        whole.rows.extend(
            rows.batch
                .column(texts)
                .as_primitive::<Int64Type>()
                .values(),
        );
        for row in 0..rows.batch.num_rows() {
            let cell = |column: usize| {
                let column = rows.batch.column(column).as_string_view();
                column.is_valid(row).then(|| column.value(row).to_owned())
            };
            whole.cells.push((0..texts).map(cell).collect());
        }
        whole
            .batches
            .push((whole.cells.len(), whole.labels.clone()));
        whole.malformed.extend(rows.malformed);
    }
    whole.summary = reader.finish()?;
    Ok(whole)
}

pub(crate) fn read_path(contract: &Contract, path: &Path) -> Result<Whole, ReadError> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    drain(crate::open(contract, &Limits::default(), name, path)?)
}

pub(crate) fn read_limited(
    contract: &Contract,
    limits: &Limits,
    name: &str,
    bytes: impl AsRef<[u8]>,
) -> Result<Whole, ReadError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    drain(crate::open(contract, limits, name, file.path())?)
}

pub(crate) fn read(contract: &Contract, bytes: impl AsRef<[u8]>) -> Result<Whole, ReadError> {
    read_limited(contract, &Limits::default(), "extract.csv", bytes)
}

/// A real file, or `None` with a word about it where the files are not.
pub(crate) fn real(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("JCW_REAL_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {path} is not at JCW_REAL_DATA or beside the project");
    None
}
