//! The figures that are asked for, as a release has them.

use super::Cell;
use crate::error::Error;
use crate::views::collect;
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::prelude::{DataFrame, SessionContext, col, lit};
use jcw_model::METRIC_VALUE;
use jcw_project::{Basis, Project};
use std::fmt;

/// One figure of one part.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    pub(super) part: String,
    pub(super) area_code: String,
    pub(super) area: String,
    pub(super) area_level: String,
    pub(super) period: String,
    /// First and last day, as SQL writes them.
    pub(super) period_start: String,
    pub(super) period_end: String,
    pub(super) topic: String,
    pub(super) breakdown: String,
    numerator: Option<f64>,
    denominator: Option<f64>,
    value: Option<f64>,
    unit: String,
    status: String,
    published: Option<f64>,
}

/// The figures of a metric on a basis, with what was not said chosen; none
/// when the release has no such figure.
pub(super) async fn choose(
    project: &Project,
    context: &SessionContext,
    metric: &str,
    basis: Basis,
    cell: &Cell,
) -> Result<Vec<Figure>, Error> {
    let mut values = context
        .table(METRIC_VALUE)
        .await?
        .filter(col("metric_id").eq(lit(metric)))?;
    // A release of before has published figures only, and does not say so.
    if values.schema().has_column_with_unqualified_name("basis") {
        values = values.filter(col("basis").eq(lit(basis.word())))?;
    }
    for area in areas(project, cell) {
        let mut found = values.clone().filter(col("area_code").eq(lit(area)))?;
        if let Some(period) = &cell.period {
            found = found.filter(col("period").eq(lit(period)))?;
        } else if let Some(newest) = newest_period(&found).await? {
            found = found.filter(col("period").eq(lit(newest)))?;
        }
        let wanted = cell.breakdown.as_deref().unwrap_or("Total");
        let of_breakdown = collect(found.clone().filter(col("breakdown").eq(lit(wanted)))?).await?;
        if of_breakdown.num_rows() > 0 {
            return figures(&of_breakdown);
        }
        if cell.breakdown.is_none() {
            let all = collect(found).await?;
            if all.num_rows() > 0 {
                return figures(&all);
            }
        }
    }
    Ok(Vec::new())
}

/// The area that was asked for; else the home area, then the partners.
fn areas(project: &Project, cell: &Cell) -> Vec<String> {
    if let Some(area) = &cell.area {
        return vec![area.clone()];
    }
    let partners = project.warehouse.partners.iter();
    let partners = partners.filter_map(|partner| partner.organisation.clone());
    let home = project.warehouse.home_area.iter().cloned();
    home.chain(partners).collect()
}

/// The period that ended last; of those the longest.
async fn newest_period(found: &DataFrame) -> Result<Option<String>, Error> {
    let order = vec![
        col("period_end").sort(false, false),
        col("period_start").sort(true, false),
    ];
    let sorted = found.clone().sort(order)?.limit(0, Some(1))?;
    let rows = collect(sorted.select_columns(&["period"])?).await?;
    let periods = cast(rows.column(0), &DataType::Utf8)?;
    Ok(periods
        .as_string::<i32>()
        .iter()
        .flatten()
        .next()
        .map(str::to_owned))
}

fn figures(rows: &RecordBatch) -> Result<Vec<Figure>, Error> {
    let text = |name: &str| -> Result<Vec<String>, Error> {
        let column = rows.column_by_name(name).ok_or_else(|| missing(name))?;
        let column = cast(column, &DataType::Utf8)?;
        Ok(column
            .as_string::<i32>()
            .iter()
            .map(|v| v.unwrap_or_default().to_owned())
            .collect())
    };
    let number = |name: &str| -> Result<Vec<Option<f64>>, Error> {
        let column = rows.column_by_name(name).ok_or_else(|| missing(name))?;
        Ok(cast(column, &DataType::Float64)?
            .as_primitive::<Float64Type>()
            .iter()
            .collect())
    };
    let (parts, codes, areas) = (text("part_name")?, text("area_code")?, text("area_name")?);
    let (levels, periods) = (text("area_level")?, text("period")?);
    let (starts, ends) = (text("period_start")?, text("period_end")?);
    let (topics, breakdowns) = (text("breakdown_topic")?, text("breakdown")?);
    let (units, statuses) = (text("unit")?, text("status")?);
    let (numerators, denominators) = (number("numerator")?, number("denominator")?);
    let (values, published) = (number("value")?, number("published_value")?);
    let mut figures: Vec<Figure> = (0..rows.num_rows())
        .map(|row| Figure {
            part: parts[row].clone(),
            area_code: codes[row].clone(),
            area: areas[row].clone(),
            area_level: levels[row].clone(),
            period: periods[row].clone(),
            period_start: starts[row].clone(),
            period_end: ends[row].clone(),
            topic: topics[row].clone(),
            breakdown: breakdowns[row].clone(),
            numerator: numerators[row],
            denominator: denominators[row],
            value: values[row],
            unit: units[row].clone(),
            status: statuses[row].clone(),
            published: published[row],
        })
        .collect();
    figures.sort_by(|a, b| (&a.breakdown, &a.part).cmp(&(&b.breakdown, &b.part)));
    Ok(figures)
}

fn missing(column: &str) -> Error {
    Error::Usage(format!(
        "published.metric_value of this release has no column {column}; it was made by another version"
    ))
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {}, {}, {}: ",
            self.area, self.period, self.breakdown, self.part
        )?;
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v}"));
        match (self.value, self.denominator) {
            (None, _) => write!(f, "no figure ({})", self.status)?,
            (Some(value), Some(_)) => write!(
                f,
                "{} / {} = {value:.1} {}",
                number(self.numerator),
                number(self.denominator),
                self.unit
            )?,
            (Some(value), None) => write!(f, "{value} {}", self.unit)?,
        }
        if let Some(published) = self.published {
            write!(f, "; the publisher prints {published}")?;
        }
        Ok(())
    }
}
