//! A metric is a figure with a definition (`pipelines/metrics/<id>.yaml`): the
//! question it answers, who is counted, what is divided by what, and where the
//! rule comes from. It is taken from what a publisher prints, counted from our
//! own rows, or both, side by side. Metrics are computed by SQL made from these
//! files; there is no code for any one of them.

use crate::place::Placed;
use chrono::NaiveDate;

/// One YAML file under `pipelines/metrics/`.
#[derive(Debug, Clone)]
pub struct Metric {
    /// Unique: `E03`.
    pub id: Placed<String>,
    /// Short name.
    pub name: String,
    /// The question a person asks.
    pub question: String,
    /// Who answers for the definition.
    pub owner: String,
    /// What is counted and divided, in words.
    pub definition: String,
    /// Who is counted, in words, with what is left out.
    pub cohort: String,
    /// The mistake that the definition avoids.
    pub trap: Option<String>,
    /// What the value is; a part may be something else.
    pub unit: Unit,
    /// Which way is better.
    pub polarity: Polarity,
    /// Where the rule comes from: statute, DfE column, NHS measure.
    pub source: String,
    /// What it is compared with, in words.
    pub comparator: String,
    /// Whether a national measure has this definition.
    pub design: Design,
    /// What a reader must know before relying on it.
    pub caveats: Vec<String>,
    /// Version of the definition; a change of meaning is a new one.
    pub version: Placed<u32>,
    /// What changed, by version; every version after the first has an entry.
    pub changes: Vec<Change>,
    /// The figure as its publisher prints it. A metric has this,
    /// [`Metric::person_level`], or both.
    pub published: Option<PublishedFigure>,
    /// The figure counted from our own rows.
    pub person_level: Option<PersonLevel>,
    /// SHA-256 (hex) of the file's text.
    pub hash: String,
    /// SHA-256 (hex) of all that decides its figures: units, models, SQL,
    /// periods and topics. Words for readers may be mended under one version;
    /// what this covers may not.
    pub counted_hash: String,
}

/// The figure as its publisher prints it.
#[derive(Debug, Clone)]
pub struct PublishedFigure {
    /// The model the figures are taken from. It must have the columns
    /// [`MODEL_COLUMNS`].
    pub from: Placed<String>,
    /// Which rows of it, SQL; `None` means all.
    pub filter: Option<Placed<String>>,
    /// The figure's parts: one for most metrics, several for a mix.
    pub parts: Vec<Part>,
    /// How long a period is, in words that `period_grain` of the model uses.
    pub grain: Grain,
    /// Columns besides the area and period that it can be split by, in words.
    pub dimensions: Vec<String>,
}

/// The figure counted from our own rows.
#[derive(Debug, Clone)]
pub struct PersonLevel {
    /// A model with one row for each thing counted, of layer core or metrics.
    /// It must have the columns [`AREA_COLUMNS`]; with
    /// [`PersonLevel::by_provider`] those of [`PROVIDER_COLUMNS`] too, and for
    /// grains that are not of the calendar those of [`PERIOD_COLUMNS`].
    pub from: Placed<String>,
    /// Id of the statutory clock in `seed.clock`.
    pub clock: Option<Placed<String>>,
    /// Who is in it at all, SQL; `None` means every row.
    pub cohort: Option<Placed<String>>,
    /// Who of the cohort is left out; the first that holds is the reason.
    pub exclusions: Vec<Exclusion>,
    /// SQL date that puts a row in a period; `None` where the model's own
    /// period columns do.
    pub when: Option<Placed<String>>,
    /// Whether [`PersonLevel::when`] is the day of a snapshot. A month or
    /// longer period then takes the rows of its last day alone.
    pub is_stock: bool,
    /// How long the periods are.
    pub grains: Vec<Grain>,
    /// Topics that it is split by, with the SQL of their words.
    pub by: Vec<(String, Placed<String>)>,
    /// Count distinct values of this column or SQL instead of rows.
    pub count: Option<Placed<String>>,
    /// Whether each provider is an area too.
    pub by_provider: bool,
    /// From when to when the rows are whole; `None` shows every period that
    /// has a row.
    pub covers: Option<Covers>,
    /// The figure's parts.
    pub parts: Vec<Part>,
}

/// Why somebody of the cohort is left out.
#[derive(Debug, Clone)]
pub struct Exclusion {
    /// A word.
    pub id: Placed<String>,
    /// In words.
    pub what: String,
    /// SQL that is true of those left out.
    pub sql: Placed<String>,
}

/// From when to when the rows of an area are whole.
#[derive(Debug, Clone)]
pub struct Covers {
    /// The model that says so. It must have the columns [`COVER_COLUMNS`]; a
    /// period is shown when it lies between the two days of one row.
    pub from: Placed<String>,
    /// Which rows of it, SQL; `None` means all.
    pub filter: Option<Placed<String>>,
}

/// One figure of a metric.
#[derive(Debug, Clone)]
pub struct Part {
    /// `all` for a metric with one figure, else a word: `mainstream`.
    pub id: Placed<String>,
    /// What a reader sees.
    pub name: String,
    /// What the value is.
    pub unit: Unit,
    /// SQL over the model's columns. Of a published figure, its status is that
    /// of the first column in it whose `<column>_status` is not `ok`. Counted
    /// from rows, true ones are counted and numbers added.
    pub numerator: Placed<String>,
    /// SQL; `None` for a count.
    pub denominator: Option<Placed<String>>,
    /// The column that holds the publisher's own figure, where it prints one.
    pub published: Option<Placed<String>>,
    /// Take this share's percentile of the numerator instead of adding it:
    /// 0.5 is the median, with straight lines between the values.
    pub percentile: Option<f64>,
}

/// A version of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub version: u32,
    /// Since when.
    pub on: NaiveDate,
    /// What was changed, and why.
    pub what: String,
}

/// Columns that a model must have to feed a published figure.
pub const MODEL_COLUMNS: [&str; 9] = [
    "area_code",
    "area_name",
    "area_level",
    "period",
    "period_start",
    "period_end",
    "breakdown_topic",
    "breakdown",
    "period_grain",
];

/// Columns that a model must have for its rows to be counted.
pub const AREA_COLUMNS: [&str; 3] = ["area_code", "area_name", "area_level"];

/// Columns that a model must have for its rows to be counted by provider.
pub const PROVIDER_COLUMNS: [&str; 2] = ["provider_code", "provider_name"];

/// Columns that a model must have where the calendar does not know the period.
pub const PERIOD_COLUMNS: [&str; 3] = ["period", "period_start", "period_end"];

/// Columns of a model that says from when to when rows are whole.
pub const COVER_COLUMNS: [&str; 5] = [
    "area_code",
    "area_name",
    "area_level",
    "known_from",
    "known_to",
];

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Numerator alone.
    Count,
    /// 100 x numerator / denominator.
    Percent,
    /// 10,000 x numerator / denominator.
    Per10000,
    /// Numerator alone, or per head with a denominator, in pounds.
    Pounds,
    /// Numerator alone, or divided by the denominator, in weeks.
    Weeks,
    /// Numerator alone, or divided by the denominator, in days.
    Days,
    /// Yes (1) or no (0).
    YesNo,
}

impl Unit {
    /// The word in the YAML and in `published.metric_value`.
    pub fn word(self) -> &'static str {
        match self {
            Unit::Count => "count",
            Unit::Percent => "percent",
            Unit::Per10000 => "per_10000",
            Unit::Pounds => "pounds",
            Unit::Weeks => "weeks",
            Unit::Days => "days",
            Unit::YesNo => "yes_no",
        }
    }
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// Higher is better.
    High,
    /// Lower is better.
    Low,
    /// Higher looks better, but that is contested.
    HighContested,
    /// Lower looks better, but that is contested.
    LowContested,
    /// Neither.
    Context,
}

impl Polarity {
    /// The word in the YAML.
    pub fn word(self) -> &'static str {
        match self {
            Polarity::High => "high",
            Polarity::Low => "low",
            Polarity::HighContested => "high_contested",
            Polarity::LowContested => "low_contested",
            Polarity::Context => "context",
        }
    }
}

/// Whether a national measure has the same definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// DfE, the NHS or the Ministry of Justice define and print it.
    Published,
    /// The area's own: nothing national has this definition.
    Local,
}

impl Design {
    /// The word in the YAML.
    pub fn word(self) -> &'static str {
        match self {
            Design::Published => "published",
            Design::Local => "local",
        }
    }
}

/// What a figure rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// What a publisher prints.
    Published,
    /// Our own rows, counted.
    PersonLevel,
}

impl Basis {
    /// The word in `published.metric_value`.
    pub fn word(self) -> &'static str {
        match self {
            Basis::Published => "published",
            Basis::PersonLevel => "person_level",
        }
    }
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// A calendar month.
    Month,
    /// Three months from January, April, July or October.
    Quarter,
    /// April to March.
    FinancialYear,
    /// September to August; of a published stock, the January census in it.
    AcademicYear,
    /// January to December.
    CalendarYear,
    /// One snapshot day, named after its academic year.
    Census,
    /// A school term; the model says from when to when.
    Term,
    /// A wave of a survey; the model says which.
    SurveyWave,
}

impl Grain {
    /// The word in the YAML.
    pub fn word(self) -> &'static str {
        match self {
            Grain::Month => "month",
            Grain::Quarter => "quarter",
            Grain::FinancialYear => "financial_year",
            Grain::AcademicYear => "academic_year",
            Grain::CalendarYear => "calendar_year",
            Grain::Census => "census",
            Grain::Term => "term",
            Grain::SurveyWave => "survey_wave",
        }
    }

    /// The word in `period_grain`: a census stands for its academic year.
    pub fn period_word(self) -> &'static str {
        match self {
            Grain::Census => "academic_year",
            other => other.word(),
        }
    }

    /// Whether the calendar says where its periods begin and end: those made of
    /// whole months.
    pub fn is_of_months(self) -> bool {
        !matches!(self, Grain::Census | Grain::Term | Grain::SurveyWave)
    }
}

impl Metric {
    /// The table that the engine makes of what is counted from our own rows.
    pub fn counted_table(&self) -> String {
        counted_table(&self.id)
    }
}

/// The table of what is counted from our own rows for the metric of this id:
/// `metrics.e13_person_level`.
pub fn counted_table(id: &str) -> String {
    let plain = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_lowercase(),
        false => '_',
    };
    let id: String = id.chars().map(plain).collect();
    format!("metrics.{id}_person_level")
}
