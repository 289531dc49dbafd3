//! What the page asks of the release, section by section: here what they have in
//! common, a figure's newest values, its chart, and whether it changed.

mod assessment;
mod joint;
mod provision;

use super::ask::{Asker, Row, Rows};
use super::chart::{Point, Signal, since};
use super::section::Section;
pub(crate) use assessment::{forecast, requests, timeliness};
use jcw_project::Polarity;
pub(crate) use joint::{money, promises, rows_received};
pub(crate) use provision::{advice, section_g, therapy};

const MISSING: &str = "This release has no figure for it: the extracts behind it were not loaded, or cover too little.";
const TOO_FEW: &str = "There are fewer than twelve points: too few to tell a change from chance.";

/// A section that begins as the metric's definition says.
async fn of_metric(asker: &Asker<'_>, id: &str, title: &str) -> Section {
    let mut section = Section {
        title: title.to_owned(),
        headline: MISSING.to_owned(),
        command: format!("jcw explain {id}"),
        ..Section::default()
    };
    if let Some(metric) = asker.metric(id) {
        section.question.clone_from(&metric.question);
        section.definition = format!("{} ({}): {}", metric.name, id, metric.definition);
        section.caveats.clone_from(&metric.caveats);
        if let Some(figure) = &metric.person_level {
            section.rejected = asker.rejected(&figure.from.value).await;
        }
    }
    section
}

/// The control chart of a figure of the area as a whole, by month.
async fn chart(asker: &Asker<'_>, id: &str, part: &str) -> Vec<Point> {
    let sql = format!(
        "select period, value, mean, lower_limit, upper_limit, signal from published.metric_spc
         where metric_id = '{id}' and part = '{part}' and basis = 'person_level' and period_grain = 'month'
           and area_code = '{}' and breakdown_topic = 'Total' order by period_start",
        asker.area
    );
    let rows = asker.rows(&sql).await;
    let point = |row: Row<'_>| {
        Some(Point {
            period: row.text("period"),
            value: row.number("value")?,
            mean: row.number("mean")?,
            lower: row.number("lower_limit")?,
            upper: row.number("upper_limit")?,
            signal: match row.text("signal").as_str() {
                "high" => Signal::High,
                "low" => Signal::Low,
                _ => Signal::None,
            },
        })
    };
    rows.iter().filter_map(point).collect()
}

/// Whether the newest point is more than chance, as a sentence.
/// No point is above `most`.
fn change(points: &[Point], polarity: Option<Polarity>, most: f64) -> String {
    let (Some(last), Some(first)) = (points.last(), since(points)) else {
        return TOO_FEW.to_owned();
    };
    let better = match (last.signal, polarity) {
        (Signal::High, Some(Polarity::High)) | (Signal::Low, Some(Polarity::Low)) => {
            ", which is better"
        }
        (Signal::High, Some(Polarity::Low)) | (Signal::Low, Some(Polarity::High)) => {
            ", which is worse"
        }
        _ => "",
    };
    match last.signal {
        Signal::None => format!(
            "What changed: nothing that is more than chance, since {}. A month moves between {:.0} and {:.0} by chance alone.",
            first.period,
            last.lower.max(0.0),
            last.upper.min(most)
        ),
        Signal::High => format!(
            "What changed: since {} it is higher than chance would have it{better}.",
            first.period
        ),
        Signal::Low => format!(
            "What changed: since {} it is lower than chance would have it{better}.",
            first.period
        ),
    }
}

/// Figures of the area as a whole, newest first.
async fn totals(asker: &Asker<'_>, id: &str, part: &str, grain: &str) -> Rows {
    let sql = format!(
        "select period, numerator, denominator, value from published.metric_value
         where metric_id = '{id}' and part = '{part}' and basis = 'person_level' and period_grain = '{grain}'
           and area_code = '{}' and breakdown_topic = 'Total' and value is not null
         order by period_start desc limit 8",
        asker.area
    );
    asker.rows(&sql).await
}

/// Parts of the area in the newest period of a grain.
async fn by_topic(asker: &Asker<'_>, id: &str, topic: &str, grain: &str) -> Rows {
    let of = format!(
        "metric_id = '{id}' and basis = 'person_level' and period_grain = '{grain}'
         and area_code = '{}' and breakdown_topic = '{topic}'",
        asker.area
    );
    let sql = format!(
        "select breakdown, period, numerator, denominator from published.metric_value
         where {of} and period_start = (select max(period_start) from published.metric_value where {of})
         order by breakdown"
    );
    asker.rows(&sql).await
}
