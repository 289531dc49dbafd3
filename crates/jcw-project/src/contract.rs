//! A contract says what one kind of extract must look like: how the file is
//! laid out, which columns it has, what may stand in them, and what happens to
//! a row that breaks a rule (`schemas/<partner>/<extract>.yaml`).

use crate::place::{Place, Placed};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One YAML file under `schemas/<partner>/`.
#[derive(Debug, Clone)]
pub struct Contract {
    /// `<partner>/<file stem>`. The source table is `<partner>.<file stem>`.
    pub id: Placed<String>,
    /// The partner whose folder the file stands in.
    pub partner: String,
    /// What one row is, for a reader.
    pub description: String,
    /// Who answers for the contract.
    pub owner: String,
    /// How the file is laid out.
    pub layout: Layout,
    /// Columns in the order the source table has them.
    pub columns: Vec<Column>,
    /// Names of versions of the file, recognised by what the header shows;
    /// the first that fits is recorded in `_version`.
    pub versions: Vec<Version>,
    /// Columns whose values say which rows a delivery replaces. Empty: a
    /// delivery replaces the whole table.
    pub period: Vec<Placed<String>>,
    /// Columns that together name a row once.
    pub key: Option<Key>,
    /// Columns by which the partner knows a row again, for reports that are
    /// sent back. Empty: those of the key.
    pub row_id: Vec<Placed<String>>,
    /// The column that says when the partner made the delivery, the same in
    /// every row of it. What stands is not replaced by what is older, so that
    /// the order of arrival does not matter.
    pub as_of: Option<Placed<String>>,
    /// Rules over more than one column.
    pub rules: Vec<Rule>,
    /// Values that must exist in another table.
    pub references: Vec<Reference>,
    /// Which columns say whose row it is; `None` where rows are about nobody.
    pub person: Option<Person>,
    /// How far the number of rows may be from that of the last delivery.
    pub row_count: Option<RowCount>,
    /// SHA-256 (hex) of the file's text and of the symbol sets it uses.
    pub hash: String,
}

/// How a file is laid out, before any column has a meaning.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Which reader opens it.
    pub format: Format,
    /// CSV: what stands between fields. Default `,`.
    pub delimiter: u8,
    /// CSV: what encloses a field. Default `"`.
    pub quote: u8,
    /// CSV, JSON lines: a WHATWG encoding label. Default `utf-8`; a byte-order
    /// mark always wins.
    pub encoding: Placed<String>,
    /// No header: columns bind in the order declared and the width must match.
    pub headerless: bool,
    /// How many rows make the header. Two are joined as `upper / lower`, the
    /// upper one filled to the right over blanks.
    pub header_rows: usize,
    /// Rows above the header are passed over until a row shows the labels of
    /// the required columns. `false`: the header is the first row.
    pub title_rows: bool,
    /// Rows that match end the table. A capture named `count` is checked
    /// against the rows read.
    pub footer: Option<Placed<String>>,
    /// Column that takes the text of a row whose first cell alone is filled,
    /// down to the next such row.
    pub sub_heading: Option<Placed<String>>,
    /// Rows in which every cell is blank are passed over. Default `true` for
    /// sheets; a blank line in a CSV is always passed over.
    pub skip_blank_rows: bool,
    /// A last line without a line end is taken for half an upload unless this
    /// is `false`. Default `true`.
    pub final_newline: bool,
    /// The same label twice: refuse, or accept when every row holds the same
    /// value in both.
    pub duplicate_headers: DuplicateHeaders,
    /// XLSX, ODS: patterns (regex, whole name) of the sheets to read. Empty:
    /// the only sheet, and more than one is an error.
    pub sheets: Vec<Placed<String>>,
    /// Names for unlabelled columns that stand directly before the first
    /// labelled one, the last name nearest to it.
    pub unlabelled: Vec<Placed<String>>,
    /// Turns columns into rows.
    pub unpivot: Option<Unpivot>,
    /// Zip: pattern of the members to read. `None`: the only member.
    pub member: Option<Placed<String>>,
    /// XML: path of the element that is a row, from the root:
    /// `Message/Persons/Person`. Names are compared without case.
    pub record: Option<Placed<String>>,
}

/// Which reader opens a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Delimited text.
    Csv,
    /// Excel workbook.
    Xlsx,
    /// OpenDocument spreadsheet.
    Ods,
    /// One JSON object a line.
    JsonLines,
    /// Parquet.
    Parquet,
    /// XML: elements that repeat are rows, elements without children in them
    /// are cells.
    Xml,
}

/// What a repeated label means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DuplicateHeaders {
    /// The file is rejected.
    #[default]
    Reject,
    /// The columns must hold the same text in every row; a row that differs is
    /// rejected by rule `duplicate-header`.
    Identical,
}

/// Turns the columns whose label matches into rows. Each named capture becomes
/// a column. A capture named `column` says which declared column the value is
/// for; without one all values go to `value`.
#[derive(Debug, Clone)]
pub struct Unpivot {
    /// Regex over labels, for instance `^(?<year>\d{4}) / (?<column>.+)$`.
    pub columns: Placed<String>,
    /// The declared column that takes the value when there is no `column` capture.
    pub value: Option<Placed<String>>,
}

/// One column of a contract.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name in the source table: lower-case words with underscores.
    pub name: Placed<String>,
    /// What may stand in it.
    pub kind: Kind,
    /// Other labels the file may show. Labels are compared without case and
    /// with runs of white space, `_` and `-` taken as one.
    pub aliases: Vec<String>,
    /// The file may leave the column out; the table then holds nulls.
    pub optional: bool,
    /// Every row must have a value (rule `<column>.required`).
    pub required: bool,
    /// Texts that stand for something other than a value, by the text as
    /// trimmed. A column with symbols has a second column `<name>_status`.
    pub symbols: BTreeMap<String, Symbol>,
    /// Smallest value allowed (rule `<column>.range`).
    pub min: Option<f64>,
    /// Largest value allowed (rule `<column>.range`).
    pub max: Option<f64>,
    /// Regex the whole text must match (rule `<column>.pattern`).
    pub pattern: Option<Placed<String>>,
    /// Where the value comes from when it is not a column of the table.
    pub from: Option<Origin>,
    /// A blank takes the value of the row above.
    pub fill_down: bool,
    /// What the rules of this column do to a row. Default: reject it.
    pub severity: Severity,
    /// What the column says about a person.
    pub classification: Classification,
    /// For a reader: unit, meaning, source.
    pub description: String,
    /// Where the column is declared.
    pub place: Place,
}

/// What a text may stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// Goes to `<name>_status`: `suppressed`, `unavailable`, `not_submitted`, ...
    pub status: String,
    /// The value it stands for, where it stands for one: ` - ` is 0 in MoJ tables.
    pub value: Option<String>,
}

/// The status of a cell that holds an ordinary value.
pub const STATUS_OK: &str = "ok";
/// The status of a cell that is blank though no symbol says what blank means.
pub const STATUS_MISSING: &str = "missing";

/// What may stand in a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Any text, trimmed.
    Text,
    /// Whole number, thousands separators allowed in groups of three.
    Integer,
    /// Exact decimal with `scale` digits after the point; pounds signs,
    /// thousands separators and accounting brackets allowed.
    Decimal {
        /// Digits kept after the point.
        scale: i8,
    },
    /// Percentage on the scale 0 to 100, with or without the sign; exact, four
    /// digits after the point.
    Percentage,
    /// Calendar date in one of the formats (chrono `strftime`).
    Date {
        /// Formats tried in order. Default `%Y-%m-%d`.
        formats: Vec<String>,
    },
    /// Instant; text without an offset is read in `time_zone`.
    Timestamp {
        /// Formats tried in order. Default RFC 3339.
        formats: Vec<String>,
        /// Zone of text that names none.
        time_zone: chrono_tz::Tz,
    },
    /// Yes or no.
    Boolean {
        /// Texts that mean yes, compared without case.
        yes: Vec<String>,
        /// Texts that mean no.
        no: Vec<String>,
    },
    /// One of a set, compared without case, stored as declared.
    Code {
        /// Code to label.
        codes: BTreeMap<String, String>,
    },
    /// An ODS, ONS or DfE organisation code: upper case, letters and digits.
    OrganisationCode,
    /// Ten-digit NHS number with a valid check digit; spaces and hyphens are
    /// taken out (NHS Data Dictionary, NHS NUMBER).
    NhsNumber,
    /// Unique pupil number: thirteen characters with a valid check letter,
    /// permanent or temporary; spaces are taken out, letters are upper case
    /// (DfE, Unique pupil numbers).
    Upn,
    /// Unique learner number: ten digits with a valid check digit; spaces are
    /// taken out (Learning Records Service).
    Uln,
}

/// Where a value comes from when it is not a column of the table.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A regex over the file's name; the capture named like the column, or the
    /// first one. Not where the file shows the column itself.
    FileName(Placed<String>),
    /// The name of the sheet, replaced by the first entry that equals it when
    /// a map is given.
    Sheet(BTreeMap<String, String>),
    /// The 1-based number of the row below the header.
    RowNumber,
    /// SQL over the other columns, run after they have their types.
    Expression(Placed<String>),
    /// A column of the delivery's header table, where the file does not show
    /// the column itself.
    Header {
        /// The column there.
        column: Placed<String>,
        /// Its value as text, once the header has been read.
        value: Option<String>,
    },
}

/// What a broken rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Severity {
    /// The row loads; the breach is counted and reported.
    Warn,
    /// The row goes to the rejects.
    #[default]
    RejectRow,
    /// Nothing of the file loads.
    RejectFile,
}

/// What a column says about a person. Carried through every model by lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Classification {
    /// Says nothing about a person.
    #[default]
    Open,
    /// Could single a person out together with others.
    Quasi,
    /// Health, care or need of a person.
    Sensitive,
    /// A partner's own number for a person, or a pseudonym: in the lake it is a
    /// keyed pseudonym, by which rows are joined, and it is never published.
    LocalId,
    /// Names a person: stays in the vault.
    Identifier,
}

/// Columns that say whose row it is. They are what records are linked by; what
/// the lake holds instead is [`PERSON_REF_COLUMN`], [`BIRTH_MONTH_COLUMN`] and
/// [`LSOA_COLUMN`].
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// The partner's own number for the person, classified `local_id`.
    pub local_id: Option<Placed<String>>,
    /// NHS number.
    pub nhs_number: Option<Placed<String>>,
    /// NHS number status indicator: `01` is present and verified (NHS Data
    /// Dictionary, NHS NUMBER STATUS INDICATOR CODE).
    pub nhs_number_status: Option<Placed<String>>,
    /// Unique pupil number, permanent or temporary.
    pub upn: Option<Placed<String>>,
    /// Unique learner number.
    pub uln: Option<Placed<String>>,
    /// Family name.
    pub surname: Option<Placed<String>>,
    /// Given name.
    pub forename: Option<Placed<String>>,
    /// Both in one: given name first.
    pub full_name: Option<Placed<String>>,
    /// Date of birth.
    pub birth_date: Option<Placed<String>>,
    /// Sex or gender, in any of the partners' codes.
    pub sex: Option<Placed<String>>,
    /// Home postcode.
    pub postcode: Option<Placed<String>>,
}

impl Person {
    /// Each role with its word and the column that plays it, in a fixed order:
    /// that of the vault's columns.
    pub fn roles(&self) -> [(&'static str, Option<&Placed<String>>); 11] {
        [
            ("local_id", self.local_id.as_ref()),
            ("nhs_number", self.nhs_number.as_ref()),
            ("nhs_number_status", self.nhs_number_status.as_ref()),
            ("upn", self.upn.as_ref()),
            ("uln", self.uln.as_ref()),
            ("surname", self.surname.as_ref()),
            ("forename", self.forename.as_ref()),
            ("full_name", self.full_name.as_ref()),
            ("birth_date", self.birth_date.as_ref()),
            ("sex", self.sex.as_ref()),
            ("postcode", self.postcode.as_ref()),
        ]
    }
}

/// Column of a source table with the pseudonym of what the row says of its
/// person: rows that say the same of a person have the same. It is tied to a
/// person by [`PERSON_TABLE`].
pub const PERSON_REF_COLUMN: &str = "person_ref";
/// Column of a source table with the first day of the person's month of birth.
pub const BIRTH_MONTH_COLUMN: &str = "birth_month";
/// Column of a source table with the lower layer super output area (2021) of
/// the person's postcode; null where the look-up has none.
pub const LSOA_COLUMN: &str = "lsoa";

/// Table that ties each [`PERSON_REF_COLUMN`] to a person.
pub const PERSON_TABLE: &str = "identity.person";
/// Table that ties each partner's number of a person, as the lake has it, to a
/// person.
pub const LOCAL_ID_TABLE: &str = "identity.local_id";

/// Schema of [`PERSON_TABLE`]: `person_ref`; `person_key`, by which a person is
/// known in every model; `match_class`, how the record was tied to the person's
/// others (`nhs_number`, `carried`, `deterministic`, `probabilistic`,
/// `decided`, `alone`); `has_verified_nhs_number`, whether any record of the
/// person carries a traced one.
pub fn person_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        text(PERSON_REF_COLUMN),
        text("person_key"),
        text("match_class"),
        Field::new("has_verified_nhs_number", DataType::Boolean, false),
    ]))
}

/// Schema of [`LOCAL_ID_TABLE`]: `local_id`, `person_key`.
pub fn local_id_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![text("local_id"), text("person_key")]))
}

/// A version of a file, by what its header shows.
#[derive(Debug, Clone)]
pub struct Version {
    /// What the publisher calls it.
    pub id: Placed<String>,
    /// Labels that only this version shows.
    pub shows: Vec<String>,
}

/// Columns that together name a row once. Rows that are the same in every
/// column are kept once and counted as duplicates; rows that differ are all
/// rejected.
#[derive(Debug, Clone)]
pub struct Key {
    /// Rule id, `key` unless said.
    pub id: String,
    /// The columns.
    pub columns: Vec<Placed<String>>,
}

/// A rule over the columns of one row.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Unique within the contract; a publisher's own number where there is one.
    pub id: Placed<String>,
    /// SQL boolean over typed columns. Null counts as kept, as in a CHECK.
    pub check: Placed<String>,
    /// What a breach does.
    pub severity: Severity,
    /// What the partner is told.
    pub message: String,
    /// Where the rule comes from: a statute, a guide, a published rule list.
    pub source: Option<String>,
}

/// Values that must exist in another table of the lake, in a seed, or in
/// another table of the same delivery, among the rows accepted there.
#[derive(Debug, Clone)]
pub struct Reference {
    /// Unique within the contract.
    pub id: Placed<String>,
    /// The columns of this contract. A row in which one of them is null refers
    /// to nothing.
    pub columns: Vec<Placed<String>>,
    /// The table, as SQL names it: `seed.area`.
    pub table: Placed<String>,
    /// The columns there, as many.
    pub to: Vec<Placed<String>>,
    /// What a breach does.
    pub severity: Severity,
    /// What the partner is told.
    pub message: String,
}

/// How far the number of rows may be from that of the last delivery that
/// loaded. Outside, the file is held until someone accepts it.
#[derive(Debug, Clone)]
pub struct RowCount {
    /// Rule id, `row-count` unless said.
    pub id: String,
    /// Smallest ratio to the last delivery.
    pub min_ratio: f64,
    /// Largest ratio to the last delivery.
    pub max_ratio: f64,
    /// What a breach does: hold the file, or warn.
    pub severity: Severity,
}

/// Column of a source table that holds the SHA-256 (hex) of the extract a row
/// came from.
pub const EXTRACT_COLUMN: &str = "_extract";
/// Column of a source table that holds the line (text) or row (sheet) the row
/// stood in, 1-based.
pub const ROW_COLUMN: &str = "_row";
/// Column of a source table that holds the version the header showed; only in
/// tables whose contract names versions.
pub const VERSION_COLUMN: &str = "_version";

impl Contract {
    /// Name of the source table, as SQL writes it: `council.dfe_requests`.
    pub fn table(&self) -> String {
        self.id.replace('/', ".")
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.value == name)
    }

    /// Schema of the source table: each column, its status column directly
    /// after it, then the system columns. A required column may still hold null
    /// where a symbol stands for the value or a breach only warns.
    pub fn table_schema(&self) -> SchemaRef {
        let mut fields = Vec::with_capacity(self.columns.len() * 2 + 3);
        for column in &self.columns {
            let nullable =
                !column.required || !column.symbols.is_empty() || column.severity == Severity::Warn;
            fields.push(Field::new(
                &column.name.value,
                column.kind.data_type(),
                nullable,
            ));
            if let Some(status) = column.status_name() {
                fields.push(Field::new(status, DataType::Utf8, false));
            }
        }
        if !self.versions.is_empty() {
            fields.push(Field::new(VERSION_COLUMN, DataType::Utf8, true));
        }
        fields.push(Field::new(EXTRACT_COLUMN, DataType::Utf8, false));
        fields.push(Field::new(ROW_COLUMN, DataType::Int64, false));
        Arc::new(Schema::new(fields))
    }

    /// Schema of the source table in the lake: as [`Contract::table_schema`],
    /// without the columns that name a person; where there is a `person`, the
    /// pseudonym, month of birth and area that stand for them come last.
    pub fn lake_schema(&self) -> SchemaRef {
        let whole = self.table_schema();
        let named: Vec<String> = (self.columns.iter())
            .filter(|column| column.classification == Classification::Identifier)
            .flat_map(|column| {
                column
                    .status_name()
                    .into_iter()
                    .chain([column.name.value.clone()])
            })
            .collect();
        let mut fields: Vec<Field> = (whole.fields().iter())
            .filter(|field| !named.contains(field.name()))
            .map(|field| field.as_ref().clone())
            .collect();
        if let Some(person) = &self.person {
            fields.push(Field::new(PERSON_REF_COLUMN, DataType::Utf8, false));
            if person.birth_date.is_some() {
                fields.push(Field::new(BIRTH_MONTH_COLUMN, DataType::Date32, true));
            }
            if person.postcode.is_some() {
                fields.push(Field::new(LSOA_COLUMN, DataType::Utf8, true));
            }
        }
        Arc::new(Schema::new(fields))
    }

    /// Schema of the same table in the vault: the period's columns, the roles of
    /// [`Person::roles`] that there are, as text (the date of birth as a date),
    /// the pseudonym, and where the row came from. `None` where rows are about
    /// nobody.
    pub fn vault_schema(&self) -> Option<SchemaRef> {
        let person = self.person.as_ref()?;
        let whole = self.table_schema();
        let mut fields: Vec<Field> = (self.period.iter())
            .filter_map(|name| whole.field_with_name(name).ok().cloned())
            .collect();
        for (role, column) in person.roles() {
            if column.is_some() {
                let data_type = match role {
                    "birth_date" => DataType::Date32,
                    _ => DataType::Utf8,
                };
                fields.push(Field::new(role, data_type, true));
            }
        }
        fields.push(Field::new(PERSON_REF_COLUMN, DataType::Utf8, false));
        fields.push(Field::new(EXTRACT_COLUMN, DataType::Utf8, false));
        fields.push(Field::new(ROW_COLUMN, DataType::Int64, false));
        Some(Arc::new(Schema::new(fields)))
    }
}

impl Column {
    /// `<name>_status` where the column has symbols.
    pub fn status_name(&self) -> Option<String> {
        (!self.symbols.is_empty()).then(|| format!("{}_status", self.name.value))
    }

    /// Whether the delivery's header says the value where the file does not.
    pub fn is_from_header(&self) -> bool {
        matches!(self.from, Some(Origin::Header { .. }))
    }
}

impl Kind {
    /// How values of this kind are stored.
    pub fn data_type(&self) -> DataType {
        match self {
            Kind::Integer => DataType::Int64,
            Kind::Decimal { scale } => DataType::Decimal128(38, *scale),
            Kind::Percentage => DataType::Decimal128(12, 4),
            Kind::Date { .. } => DataType::Date32,
            Kind::Timestamp { .. } => {
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
            }
            Kind::Boolean { .. } => DataType::Boolean,
            Kind::Text
            | Kind::Code { .. }
            | Kind::OrganisationCode
            | Kind::NhsNumber
            | Kind::Upn
            | Kind::Uln => DataType::Utf8,
        }
    }
}
