//! The truth is what a world answers when it is asked who is who and what the
//! figures are. It is counted from what happened, while families go by, and
//! never from an extract or by a query, so that a warehouse can be held against
//! it.
//!
//! What is told is what the partners' files can tell: no figure begins before
//! the returns or submissions that it needs. With faults planted, the figures of
//! what a contract lets through are those of the same files without the rows
//! that it keeps back, which [`crate::Faults::refused_are_sent`] leaves out.
//!
//! `truth/` then holds
//! - `metric_value.csv`: every figure, as [`MetricValue`];
//! - `people.csv`: who a child is to each partner, as [`PersonRow`];
//! - `links.csv`: whose every row of every extract about persons is;
//! - `pathway.csv` and `breach_week.csv`: what happened to each request, and how
//!   many came to be over twenty weeks in each week;
//! - `faults.csv`: every rule that a planted fault breaks, and where.
//!
//! ```
//! use jcw_synth::{truth::Truth, world::World};
//! let world = World::new(200, 7, 2024..=2024)?;
//! let mut truth = Truth::new(&world);
//! for family in world.families() {
//!     truth.add(&family);
//! }
//! let values = truth.metric_values();
//! # let _ = values.count();
//! # Ok::<(), jcw_synth::world::WorldError>(())
//! ```

mod definition;
mod health;
mod joint;
mod pathway;
mod period;
mod plans;
mod requests;
mod slice;
mod tally;

use self::definition::{Definition, Shape, definitions};
pub use self::pathway::PathwayRow;
use self::tally::{Counted, Tally};
use crate::world::family::{Child, Family};
use crate::world::health::Provider;
use crate::world::{World, area::Delivered};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Who a person is to each partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Number of the person.
    pub person: u64,
    /// The council's.
    pub council_child_id: String,
    /// Pupil number, if the child has one by the world's last day.
    pub upn: Option<String>,
    /// Learner number, likewise.
    pub uln: Option<String>,
    /// NHS number.
    pub nhs_number: String,
    /// EPUT's, if it has had a referral.
    pub eput_local_patient_id: Option<String>,
    /// MSEFT's, likewise.
    pub mseft_local_patient_id: Option<String>,
    /// NELFT's, likewise.
    pub nelft_local_patient_id: Option<String>,
}

impl PersonRow {
    /// Columns of `people.csv`, in the order of [`PersonRow::cells`].
    pub const COLUMNS: [&'static str; 8] = [
        "person",
        "council_child_id",
        "upn",
        "uln",
        "nhs_number",
        "eput_local_patient_id",
        "mseft_local_patient_id",
        "nelft_local_patient_id",
    ];

    /// Who this child is.
    #[must_use]
    pub fn new(child: &Child, world: &World) -> Self {
        let last_day = world.last_day();
        let known_to = |provider| {
            child
                .is_patient_of(provider, last_day)
                .then(|| child.local_patient_id(provider))
        };
        Self {
            person: child.person,
            council_child_id: child.council_child_id.clone(),
            upn: child.upn_on(last_day).ok().map(str::to_owned),
            uln: child.uln_on(last_day).map(str::to_owned),
            nhs_number: child.nhs_number.clone(),
            eput_local_patient_id: known_to(Provider::Eput),
            mseft_local_patient_id: known_to(Provider::Mseft),
            nelft_local_patient_id: known_to(Provider::Nelft),
        }
    }

    /// The row as text, empty where there is nothing.
    #[must_use]
    pub fn cells(&self) -> [String; 8] {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        [
            self.person.to_string(),
            self.council_child_id.clone(),
            or_empty(&self.upn),
            or_empty(&self.uln),
            self.nhs_number.clone(),
            or_empty(&self.eput_local_patient_id),
            or_empty(&self.mseft_local_patient_id),
            or_empty(&self.nelft_local_patient_id),
        ]
    }
}

/// One figure, with the columns of `published.metric_value`.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricValue {
    /// `E03`.
    pub metric_id: &'static str,
    /// Part of the metric; `all` if it has one only.
    pub part: String,
    /// What the part is called.
    pub part_name: String,
    /// `E06000033`, or a provider's code.
    pub area_code: &'static str,
    /// What the area is called.
    pub area_name: &'static str,
    /// `local_authority` or `provider`.
    pub area_level: &'static str,
    /// `2024`, `2024-25`, `202425`, `2024-04`, `2024-Q2`, `202425-autumn`,
    /// `2024-autumn`.
    pub period: String,
    /// First day.
    pub period_start: NaiveDate,
    /// Last day.
    pub period_end: NaiveDate,
    /// `calendar_year`, `financial_year`, `academic_year` (of what lasts its
    /// census day), `month`, `quarter`, `term`, `survey_wave`.
    pub period_grain: &'static str,
    /// `Total`, `Sex`, `Primary need`, `Service`, ...
    pub breakdown_topic: &'static str,
    /// `Total`, or what of the topic.
    pub breakdown: &'static str,
    /// Above the line.
    pub numerator: f64,
    /// Below it, if there is one.
    pub denominator: Option<f64>,
    /// The figure; `None` if the denominator is 0.
    pub value: Option<f64>,
    /// `count`, `percent`, `weeks`, `days`, `pounds`.
    pub unit: &'static str,
}

impl MetricValue {
    /// Columns of `metric_value.csv`, in the order of [`MetricValue::cells`].
    pub const COLUMNS: [&'static str; 18] = [
        "metric_id",
        "part",
        "part_name",
        "area_code",
        "area_name",
        "area_level",
        "period",
        "period_start",
        "period_end",
        "period_grain",
        "breakdown_topic",
        "breakdown",
        "numerator",
        "denominator",
        "value",
        "unit",
        "status",
        "published_value",
    ];

    /// `ok`, or `no_denominator` if there is nothing to divide by.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.value {
            Some(_) => "ok",
            None => "no_denominator",
        }
    }

    /// The row as text; nothing is published of a made-up area.
    #[must_use]
    pub fn cells(&self) -> [String; 18] {
        let or_empty = |number: Option<f64>| number.map_or_else(String::new, |n| n.to_string());
        [
            self.metric_id.to_owned(),
            self.part.clone(),
            self.part_name.clone(),
            self.area_code.to_owned(),
            self.area_name.to_owned(),
            self.area_level.to_owned(),
            self.period.clone(),
            self.period_start.to_string(),
            self.period_end.to_string(),
            self.period_grain.to_owned(),
            self.breakdown_topic.to_owned(),
            self.breakdown.to_owned(),
            self.numerator.to_string(),
            or_empty(self.denominator),
            or_empty(self.value),
            self.unit.to_owned(),
            self.status().to_owned(),
            String::new(),
        ]
    }
}

/// The counters.
#[derive(Debug, Clone)]
pub struct Truth {
    world: World,
    delivered: Delivered,
    tally: Tally,
    /// By Monday.
    breaches: BTreeMap<NaiveDate, u64>,
}

impl Truth {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(world: &World) -> Self {
        Self {
            world: world.clone(),
            delivered: Delivered::default(),
            tally: Tally::new(world),
            breaches: BTreeMap::new(),
        }
    }

    /// Counts a family. The order does not matter; twice counts twice.
    pub fn add(&mut self, family: &Family) {
        for child in &family.children {
            self.add_child(child);
        }
    }

    fn add_child(&mut self, child: &Child) {
        for request in &child.requests {
            requests::count(child, request, &mut self.tally);
            plans::count(child, request, &mut self.tally);
        }
        self.count_breaches(child);
        health::count(child, &mut self.tally);
        joint::count(child, &mut self.tally);
        self.delivered.add(child);
    }

    /// What providers delivered so far, for the contract's actual lines.
    #[must_use]
    pub fn delivered(&self) -> &Delivered {
        &self.delivered
    }

    /// Every figure, in a fixed order: by metric, part, period and slice. The
    /// total of every period is there, be it 0; slices are there where something
    /// was counted.
    pub fn metric_values(&self) -> impl Iterator<Item = MetricValue> + use<> {
        let mut tally = self.tally.clone();
        joint::count_area(&self.world, &self.delivered, &mut tally);
        definitions().flat_map(move |definition| {
            let counted = tally.counted(&definition).into_iter();
            counted.map(move |counted| value(&definition, &counted))
        })
    }
}

fn value(definition: &Definition, counted: &Counted) -> MetricValue {
    let (area_code, area_name, area_level) = counted.slice.area();
    let (breakdown_topic, breakdown) = counted.slice.words();
    let Counted {
        numerator,
        denominator,
        period,
        ..
    } = *counted;
    let divided = (denominator != 0.0).then(|| numerator / denominator);
    MetricValue {
        metric_id: definition.metric,
        part: definition.part.to_owned(),
        part_name: definition.name.to_owned(),
        area_code,
        area_name,
        area_level,
        period: period.label(),
        period_start: period.start(),
        period_end: period.end(),
        period_grain: period.grain(),
        breakdown_topic,
        breakdown,
        numerator,
        denominator: definition.shape.divides().then_some(denominator),
        value: match definition.shape {
            Shape::Percent => divided.map(|share| 100.0 * share),
            Shape::Weeks => divided,
            Shape::Count | Shape::Pounds | Shape::Percentile(_) => Some(numerator),
        },
        unit: definition.shape.unit(),
    }
}

#[cfg(test)]
mod tests;
