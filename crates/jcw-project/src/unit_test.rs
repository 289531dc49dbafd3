//! A unit test is a handful of made-up rows and what a model must make of them
//! (`pipelines/tests/<layer>/<model>.yaml`). It needs neither a lake nor data,
//! so a commissioner can write down a rule's last day and the day after.

use crate::place::{Place, Placed};

/// One YAML file under `pipelines/tests/`: the tests of one model or metric.
#[derive(Debug, Clone)]
pub struct UnitTests {
    /// The model, as SQL names it, or the metric's id: `core.ehc_case`, `E13`.
    pub of: Placed<String>,
    /// What the tests are about.
    pub description: String,
    /// Cells that every given row of a table has unless it says another.
    pub defaults: Vec<Defaults>,
    /// Rows of tables that a test does not give itself.
    pub given: Vec<GivenTable>,
    /// The tests, in the order of the file.
    pub tests: Vec<UnitTest>,
}

/// One test: given these rows, the model makes those.
#[derive(Debug, Clone)]
pub struct UnitTest {
    /// What must be true, as a sentence.
    pub name: Placed<String>,
    /// Rows of the tables that the model reads. A seed that is not given is the
    /// project's own; any other table has no rows then.
    pub given: Vec<GivenTable>,
    /// What the model makes of them, in any order. Columns that a row does not
    /// name are not looked at.
    pub expect: Vec<Row>,
    /// Whether the model may make further rows.
    pub may_have_more: bool,
}

/// Made-up rows of one table.
#[derive(Debug, Clone)]
pub struct GivenTable {
    /// As SQL names it: `staging.sen2_request`.
    pub table: Placed<String>,
    /// Its rows; columns that a row does not name are null.
    pub rows: Vec<Row>,
}

/// What every given row of one table has unless it says another.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// As SQL names it.
    pub table: Placed<String>,
    /// The cells.
    pub row: Row,
}

/// One made-up row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where it begins.
    pub place: Place,
    /// Its cells, in the order in which they are written.
    pub cells: Vec<Cell>,
}

/// One value of a made-up row.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The column.
    pub column: Placed<String>,
    /// The value as text, to be read as the column's type; `None` is null.
    pub value: Placed<Option<String>>,
}

impl UnitTests {
    /// The rows that a test gives of a table: its own, or the file's.
    pub fn given<'t>(&'t self, test: &'t UnitTest, table: &str) -> Option<&'t GivenTable> {
        let is_of = |given: &&GivenTable| given.table.value == table;
        (test.given.iter().find(is_of)).or_else(|| self.given.iter().find(is_of))
    }

    /// The default cells of a table.
    pub fn defaults(&self, table: &str) -> &[Cell] {
        let of = self.defaults.iter().find(|d| d.table.value == table);
        of.map_or(&[], |defaults| &defaults.row.cells)
    }
}

impl Row {
    /// The cell of a column.
    pub fn cell(&self, column: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.column.value == column)
    }
}
