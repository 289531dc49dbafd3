//! A delivery is several tables that a partner hands over as one: a SEN2
//! return, a month's CSDS submission. All of its tables load, or none
//! (`schemas/<partner>/<name>/delivery.yaml`, one contract a table beside it).
//!
//! The same delivery may come in several shapes: an XML file, a set of CSV
//! files, a workbook. A shape says only where each table is found; what the
//! tables hold is in their contracts, whatever the shape.

use crate::contract::Layout;
use crate::place::Placed;

/// One `schemas/<partner>/<name>/delivery.yaml`.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// `<partner>/<name>`: `council/sen2`.
    pub id: Placed<String>,
    /// The partner whose folder it stands in.
    pub partner: String,
    /// What is handed over, for a reader.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// Its tables, parents before those that refer to them. The contract of
    /// table `person` of `council/sen2` is `council/sen2_person`.
    pub tables: Vec<Placed<String>>,
    /// The table that says what the whole delivery is about. Its periods are
    /// those that every table of the delivery replaces; where it has one row,
    /// columns `from: header` of the other tables take their values from it.
    pub header: Placed<String>,
    /// The shapes it may come in; the first whose `files` fits a file's name.
    pub shapes: Vec<Shape>,
    /// Numbers of rows that the header states.
    pub totals: Vec<Total>,
    /// SHA-256 (hex) of the file's text and of its contracts' hashes.
    pub hash: String,
}

/// One shape of a delivery.
#[derive(Debug, Clone)]
pub struct Shape {
    /// `xml`, `blade`, `template`.
    pub name: Placed<String>,
    /// Regex over the whole of a file's name. Without a capture named `table`,
    /// one file holds all tables. With it, each file holds one, and files of
    /// one folder whose capture `set` (if there is one) is the same are one
    /// delivery.
    pub files: Placed<String>,
    /// Where each table is, in the order of the delivery's tables. A table that
    /// is not listed does not come in this shape, and has no rows.
    pub parts: Vec<ShapePart>,
}

/// Where one table is in one shape.
#[derive(Debug, Clone)]
pub struct ShapePart {
    /// Which table.
    pub table: Placed<String>,
    /// For files that hold one table each: what the capture `table` shows for
    /// it, compared without case.
    pub file: Option<String>,
    /// The delivery is whole without this table, which then has no rows.
    pub optional: bool,
    /// How it is laid out: the shape's layout with what the part says otherwise.
    pub layout: Layout,
}

/// A number of rows that the header states.
#[derive(Debug, Clone)]
pub struct Total {
    /// Rule id, unique within the delivery.
    pub id: Placed<String>,
    /// The table whose rows are counted, rejected ones too.
    pub table: Placed<String>,
    /// The header's column that states the number; null states nothing.
    pub column: Placed<String>,
    /// What the partner is told.
    pub message: String,
}

impl Delivery {
    /// Id of the contract of one of its tables: `council/sen2_person`.
    pub fn contract_id(&self, table: &str) -> String {
        format!("{}_{table}", self.id.value)
    }
}
