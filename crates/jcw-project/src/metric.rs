//! A metric is a figure with a definition (`pipelines/metrics/<id>.yaml`): the
//! question it answers, who is counted, what is divided by what, and where the
//! rule comes from. Metrics are computed by SQL made from these files; there
//! is no code for any one of them.

use crate::place::Placed;

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
    /// The model the figures are taken from. It must have the columns
    /// [`MODEL_COLUMNS`].
    pub from: Placed<String>,
    /// Which rows of it, SQL; `None` means all.
    pub filter: Option<Placed<String>>,
    /// The figure's parts: one for most metrics, several for a mix.
    pub parts: Vec<Part>,
    /// What the value is.
    pub unit: Unit,
    /// Which way is better.
    pub polarity: Polarity,
    /// How long a period is, in words that `period_grain` of the model uses.
    pub grain: Grain,
    /// Columns besides the area and period that it can be split by.
    pub dimensions: Vec<String>,
    /// Where the rule comes from: statute, DfE column, NHS measure.
    pub source: String,
    /// What it is compared with, in words.
    pub comparator: String,
    /// What a reader must know before relying on it.
    pub caveats: Vec<String>,
    /// Version of the definition; a change of meaning is a new one.
    pub version: u32,
    /// SHA-256 (hex) of the file's text.
    pub hash: String,
}

/// One figure of a metric.
#[derive(Debug, Clone)]
pub struct Part {
    /// `all` for a metric with one figure, else a word: `mainstream`.
    pub id: Placed<String>,
    /// What a reader sees.
    pub name: String,
    /// SQL over the model's columns. The status of a figure is that of the
    /// first column in it whose `<column>_status` is not `ok`.
    pub numerator: Placed<String>,
    /// SQL; `None` for a count.
    pub denominator: Option<Placed<String>>,
    /// The column that holds the publisher's own figure, where it prints one.
    pub published: Option<Placed<String>>,
}

/// Columns that a model must have to feed a metric.
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
    /// Yes (1) or no (0).
    YesNo,
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

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// A calendar month.
    Month,
    /// January to December.
    CalendarYear,
    /// September to August; stock at the January census within it.
    AcademicYear,
    /// April to March.
    FinancialYear,
}
