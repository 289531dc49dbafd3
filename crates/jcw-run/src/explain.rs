//! An explanation follows a figure back: its definition, its counts, the
//! models it was built by, and the files those were built from.

use crate::definition::Definition;
use crate::error::Error;
use crate::ledger::{EXTRACT_TABLE, Extract, Ledger};
use crate::views::{self, collect};
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::prelude::{DataFrame, col, lit};
use jcw_lake::{Lake, Release};
use jcw_model::METRIC_VALUE;
use jcw_project::{Basis, Project};
use std::collections::HashSet;
use std::fmt;

/// Which figure. What is left out is chosen: the home area, the newest period,
/// the total.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// Metric id.
    pub metric: String,
    /// ONS or organisation code.
    pub area: Option<String>,
    /// Such as `2024`.
    pub period: Option<String>,
    /// Such as `Male`.
    pub breakdown: Option<String>,
    /// Release id.
    pub release: Option<String>,
}

/// Where a figure comes from; printed by `Display`.
#[derive(Debug, Clone)]
pub struct Explanation {
    definition: Definition,
    release: Release,
    figures: Vec<Figure>,
    models: Vec<String>,
    files: Vec<Extract>,
}

#[derive(Debug, Clone)]
struct Figure {
    part: String,
    area: String,
    period: String,
    breakdown: String,
    numerator: Option<f64>,
    denominator: Option<f64>,
    value: Option<f64>,
    unit: String,
    status: String,
    published: Option<f64>,
}

/// Most figures shown of one metric.
const MOST: usize = 20;

/// Explains a figure of a release.
pub async fn explain(project: &Project, lake: &Lake, cell: &Cell) -> Result<Explanation, Error> {
    let release = views::find(lake, cell.release.as_deref()).await?;
    let context = views::session_of(lake, &release).await?;
    let definition = Definition::read(&context, &cell.metric).await?;
    let values = context
        .table(METRIC_VALUE)
        .await?
        .filter(col("metric_id").eq(lit(&definition.id)))?;
    let figures = figures(&choose(project, values, cell).await?)?;
    let plan = crate::plan(project)?;
    let bases = [Basis::Published, Basis::PersonLevel];
    let backings: Vec<_> = bases
        .iter()
        .filter_map(|basis| plan.backing(&definition.id, *basis))
        .collect();
    let mut models: Vec<String> = backings.iter().flat_map(|b| b.models.clone()).collect();
    models.reverse();
    let sources: Vec<&String> = backings.iter().flat_map(|b| &b.sources).collect();
    let ledger = Ledger::read(lake).await?;
    let period = figures
        .first()
        .map(|figure| figure.period.clone())
        .unwrap_or_default();
    let files: Vec<Extract> = release
        .contents
        .extracts
        .iter()
        .filter(|extract| sources.contains(&&extract.table))
        .filter_map(|released| {
            let loads = ledger.extracts().iter().rev();
            loads
                .filter(|e| e.status == "loaded" && e.source == released.source)
                .find(|e| e.sha256.as_deref() == Some(released.sha256.as_str()))
                .cloned()
        })
        .collect();
    Ok(Explanation {
        definition,
        release,
        figures,
        models,
        files: of_period(files, &period),
    })
}

/// Leaves out files of other periods, where the files of a table each cover
/// their own.
fn of_period(files: Vec<Extract>, period: &str) -> Vec<Extract> {
    let covers = |file: &Extract| {
        file.period_texts()
            .iter()
            .any(|text| text.starts_with(period))
    };
    let narrowed: HashSet<String> = files
        .iter()
        .filter(|file| covers(file))
        .map(|file| file.table_name.clone())
        .collect();
    let is_kept = |file: &Extract| !narrowed.contains(&file.table_name) || covers(file);
    files.into_iter().filter(is_kept).collect()
}

/// The rows of the figure asked for, with what was not said chosen.
async fn choose(project: &Project, values: DataFrame, cell: &Cell) -> Result<RecordBatch, Error> {
    let areas = match &cell.area {
        Some(area) => vec![area.clone()],
        None => {
            let partners = project
                .warehouse
                .partners
                .iter()
                .filter_map(|p| p.organisation.clone());
            project
                .warehouse
                .home_area
                .iter()
                .cloned()
                .chain(partners)
                .collect()
        }
    };
    for area in &areas {
        let mut found = values.clone().filter(col("area_code").eq(lit(area)))?;
        if let Some(period) = &cell.period {
            found = found.filter(col("period").eq(lit(period)))?;
        } else if let Some(newest) = newest_period(&found).await? {
            found = found.filter(col("period").eq(lit(newest)))?;
        }
        let wanted = cell.breakdown.as_deref().unwrap_or("Total");
        let of_breakdown = collect(found.clone().filter(col("breakdown").eq(lit(wanted)))?).await?;
        if of_breakdown.num_rows() > 0 {
            return Ok(of_breakdown);
        }
        if cell.breakdown.is_none() {
            let all = collect(found).await?;
            if all.num_rows() > 0 {
                return Ok(all);
            }
        }
    }
    Err(Error::Usage(format!(
        "the release has no such figure of {}; `jcw query \"select distinct area_code, period, breakdown from published.metric_value where metric_id = '{}'\"` lists those it has",
        cell.metric, cell.metric
    )))
}

async fn newest_period(found: &DataFrame) -> Result<Option<String>, Error> {
    let sorted = found
        .clone()
        .select_columns(&["period"])?
        .sort(vec![col("period").sort(false, false)])?
        .limit(0, Some(1))?;
    let rows = collect(sorted).await?;
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
    let (parts, areas, periods) = (text("part_name")?, text("area_name")?, text("period")?);
    let (breakdowns, units, statuses) = (text("breakdown")?, text("unit")?, text("status")?);
    let (numerators, denominators) = (number("numerator")?, number("denominator")?);
    let (values, published) = (number("value")?, number("published_value")?);
    let mut figures: Vec<Figure> = (0..rows.num_rows())
        .map(|row| Figure {
            part: parts[row].clone(),
            area: areas[row].clone(),
            period: periods[row].clone(),
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

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.definition)?;
        writeln!(
            f,
            "\nFigures in {} (published {})",
            self.release.id,
            self.release.created_at.format("%Y-%m-%d %H:%M UTC")
        )?;
        for figure in self.figures.iter().take(MOST) {
            writeln!(f, "  {figure}")?;
        }
        if self.figures.len() > MOST {
            writeln!(
                f,
                "  ... and {} more; say which with --breakdown",
                self.figures.len() - MOST
            )?;
        }
        writeln!(f, "\nModels, nearest first")?;
        for model in &self.models {
            writeln!(f, "  {model}")?;
        }
        writeln!(f, "\nFiles")?;
        for file in &self.files {
            writeln!(
                f,
                "  {}  {}  ({}, received {})",
                file.table_name,
                file.file,
                file.source,
                file.received_at.format("%Y-%m-%d %H:%M UTC")
            )?;
            writeln!(
                f,
                "    sha256 {}",
                file.sha256.as_deref().unwrap_or_default()
            )?;
            writeln!(
                f,
                "    {} rows received, {} accepted, {} rejected, {} duplicate{}",
                file.received,
                file.accepted,
                file.rejected,
                file.duplicate,
                if file.rejected > 0 {
                    "; the rejected rows could have changed this figure"
                } else {
                    ""
                }
            )?;
        }
        write!(
            f,
            "\nEvery file ever received is in {EXTRACT_TABLE}; `jcw status` shows it."
        )
    }
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
