//! An action is something that the area has promised (`pipelines/actions/<id>.yaml`):
//! who answers for it, by when, and which metrics would show that it was kept.
//! Each release says where every one of them stands.

use crate::place::Placed;
use chrono::NaiveDate;

/// One YAML file under `pipelines/actions/`.
#[derive(Debug, Clone)]
pub struct Action {
    /// The file's stem: `inspection_2023_share_data`.
    pub id: Placed<String>,
    /// Short name.
    pub name: String,
    /// What it was promised in: a statement of action, a review, a plan.
    pub promised_in: String,
    /// What was promised, in the area's words as far as they are known.
    pub promise: String,
    /// Whether the words are still to be filled in by the owner.
    pub is_wording_to_come: bool,
    /// Who answers for it.
    pub owner: String,
    /// Partners who have to do it, by their ids.
    pub partners: Vec<Placed<String>>,
    /// By when; `None` where it says `unknown`.
    pub due_on: Option<NaiveDate>,
    /// What others have said of where it stands, and when.
    pub said: Option<String>,
    /// Where the promise can be read.
    pub source: String,
    /// Metrics that would show it.
    pub metrics: Vec<ActionMetric>,
    /// SHA-256 (hex) of the file's text.
    pub hash: String,
}

/// A figure that would show whether a promise is kept.
#[derive(Debug, Clone)]
pub struct ActionMetric {
    /// Metric id.
    pub metric: Placed<String>,
    /// Its part; `all` unless said.
    pub part: String,
    /// Whether the publisher's figure or our own.
    pub basis: FigureBasis,
    /// Word of the period grain in which it is followed: `month` unless said.
    pub grain: String,
    /// ONS or organisation code; the project's home area unless said.
    pub area: Option<String>,
    /// Topic and word of the breakdown; the total unless said.
    pub breakdown: Option<(String, String)>,
    /// Which way is better.
    pub better: Better,
    /// Where it stood; `None` where that is unknown.
    pub baseline: Option<Baseline>,
    /// Where it shall stand; `None` where nobody has said.
    pub target: Option<Target>,
}

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureBasis {
    /// Printed by its publisher.
    Published,
    /// Counted from the area's own rows.
    PersonLevel,
}

impl FigureBasis {
    /// As the column `basis` of `published.metric_value` says it.
    pub fn word(self) -> &'static str {
        match self {
            FigureBasis::Published => "published",
            FigureBasis::PersonLevel => "person_level",
        }
    }
}

/// Which way a figure should move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Higher is better.
    Higher,
    /// Lower is better.
    Lower,
}

impl Better {
    /// As the YAML says it.
    pub fn word(self) -> &'static str {
        match self {
            Better::Higher => "higher",
            Better::Lower => "lower",
        }
    }
}

/// Where a figure stood when the promise was made.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The period, as the figure's table labels it.
    pub period: String,
    /// The figure, in the metric's unit.
    pub value: f64,
    /// Where it can be read.
    pub source: String,
}

/// Where a figure shall stand.
#[derive(Debug, Clone)]
pub struct Target {
    /// The figure, in the metric's unit.
    pub value: f64,
    /// By when; `None` where nobody has said.
    pub by: Option<NaiveDate>,
    /// Who set it, and where.
    pub source: String,
}
