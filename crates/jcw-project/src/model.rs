//! A model is one SQL query whose result is a table
//! (`pipelines/models/<layer>/<name>.sql`). A comment at the top of the file,
//! in YAML, says what it is and what must be true of it.

use crate::place::{Place, Placed, word_length};

/// One SQL file under `pipelines/models/`.
#[derive(Debug, Clone)]
pub struct Model {
    /// `<layer>.<file stem>`, as SQL names it: `core.ehc_request`.
    pub name: Placed<String>,
    /// Which layer it stands in; forward only.
    pub layer: Layer,
    /// What one row is.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// Columns that name a row once; tested unique and not null.
    pub grain: Vec<Placed<String>>,
    /// Whether the result is stored.
    pub materialised: Materialised,
    /// Words to select by.
    pub tags: Vec<String>,
    /// What must be true of the result before anybody sees it.
    pub tests: Vec<Test>,
    /// The query, without the header comment.
    pub sql: String,
    /// Line of the file on which `sql` begins, 1-based.
    pub sql_line: usize,
    /// SHA-256 (hex) of the file's text.
    pub hash: String,
}

impl Model {
    /// Where `line` and `column` (both 1-based) of [`Model::sql`] stand in the
    /// file: what an SQL parser's error points at. Spans the word there.
    pub fn place(&self, line: usize, column: usize) -> Place {
        Place {
            file: self.name.place.file.clone(),
            line: self.sql_line + line.max(1) - 1,
            column: column.max(1),
            length: word_length(&self.sql, line, column),
        }
    }
}

/// The layers, in the order a row travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// One source table each: names, types, units put right.
    Staging,
    /// Things and events as the field knows them, across sources.
    Core,
    /// Counts ready to be divided.
    Metrics,
    /// What readers are shown.
    Published,
}

impl Layer {
    /// Every layer, in order.
    pub const ALL: [Layer; 4] = [
        Layer::Staging,
        Layer::Core,
        Layer::Metrics,
        Layer::Published,
    ];

    /// The folder and the SQL schema.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Staging => "staging",
            Layer::Core => "core",
            Layer::Metrics => "metrics",
            Layer::Published => "published",
        }
    }
}

/// Whether a model's result is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Materialised {
    /// Stored as a Delta table.
    #[default]
    Table,
    /// Planned into whatever reads it.
    View,
}

/// A data test.
#[derive(Debug, Clone)]
pub struct Test {
    /// What is tested.
    pub check: Check,
    /// `false`: a failure is reported and the release goes on.
    pub blocking: bool,
    /// Where it is declared.
    pub place: Place,
}

/// What a data test asks.
#[derive(Debug, Clone)]
pub enum Check {
    /// No two rows share these values.
    Unique(Vec<Placed<String>>),
    /// No row lacks one of these values.
    NotNull(Vec<Placed<String>>),
    /// Every value is one of these, or null.
    AcceptedValues {
        /// The column.
        column: Placed<String>,
        /// The values, as text.
        values: Vec<String>,
    },
    /// Every value exists in another table.
    Relationship {
        /// The column here.
        column: Placed<String>,
        /// The table there, as SQL names it.
        to: Placed<String>,
        /// The column there.
        field: Placed<String>,
    },
    /// A SQL boolean that no row makes false.
    Expression(Placed<String>),
    /// How many rows there are.
    RowCount {
        /// At least.
        min: Option<u64>,
        /// At most.
        max: Option<u64>,
    },
}
