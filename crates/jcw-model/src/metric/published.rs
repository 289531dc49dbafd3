//! A published figure's SQL: one query for each part, all of one shape, taken
//! from a model that holds what the publisher prints.

use super::expression::{Check, Checked, are_dates, has_columns, quoted};
use super::{PartSql, STATUS_NO_DENOMINATOR};
use crate::catalog::Catalog;
use crate::sql::columns_in;
use crate::trace::{Expressions, Traced};
use datafusion::common::DFSchema;
use datafusion::prelude::col;
use datafusion::sql::sqlparser::ast;
use jcw_project::{
    Basis, Diagnostic, MODEL_COLUMNS, Metric, Part, PublishedFigure, STATUS_MISSING, STATUS_OK,
    Unit,
};

/// The SQL of every part of a published figure.
pub(crate) struct Queries {
    pub(crate) parts: Vec<PartSql>,
    pub(crate) traced: Traced,
}

/// The SQL of every part of a figure over a model with these columns, or what
/// is wrong with it.
pub(crate) fn queries(
    metric: &Metric,
    published: &PublishedFigure,
    model: &DFSchema,
    catalog: &Catalog,
) -> Result<Queries, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let from = &published.from;
    has_columns(from, model, &MODEL_COLUMNS, WHAT_FOR, &mut problems);
    let days = ["period_start", "period_end"];
    are_dates(from, model, &days, WHAT_FOR, &mut problems);
    let check = Check { model, catalog };
    let filter = published
        .filter
        .as_ref()
        .and_then(|filter| check.boolean(filter, &mut problems));
    let mut parts = Vec::new();
    let mut traced = Traced::default();
    for part in &published.parts {
        if let Some(figure) = figure(part, &check, &mut problems) {
            let filter = filter.as_ref();
            parts.push(PartSql {
                metric: metric.id.value.clone(),
                part: part.id.value.clone(),
                sql: query(
                    metric,
                    published,
                    part,
                    filter.map(|filter| &filter.sql),
                    &figure,
                ),
            });
            traced.take_in(trace(from, model, filter, &figure));
        }
    }
    match problems.is_empty() {
        true => Ok(Queries { parts, traced }),
        false => Err(problems),
    }
}

const WHAT_FOR: &str = "feed a metric";

/// The checked expressions of a part.
struct Figure {
    numerator: Checked,
    denominator: Option<Checked>,
    published: Option<Checked>,
    /// Status columns of the columns used, in the order of use.
    statuses: Vec<String>,
}

fn figure(part: &Part, check: &Check<'_>, problems: &mut Vec<Diagnostic>) -> Option<Figure> {
    let numerator = check.number(&part.numerator, problems);
    let denominator = part
        .denominator
        .as_ref()
        .map(|sql| check.number(sql, problems));
    let published = part
        .published
        .as_ref()
        .map(|sql| check.number(sql, problems));
    let numerator = numerator?;
    let denominator = match denominator {
        Some(expression) => Some(expression?),
        None => None,
    };
    let published = match published {
        Some(expression) => Some(expression?),
        None => None,
    };
    let mut used = columns_in(&numerator.sql);
    for column in denominator
        .iter()
        .flat_map(|checked| columns_in(&checked.sql))
    {
        if !used.contains(&column) {
            used.push(column);
        }
    }
    let statuses = used
        .into_iter()
        .map(|column| format!("{column}_status"))
        .filter(|status| check.model.field_with_unqualified_name(status).is_ok())
        .collect();
    Some(Figure {
        numerator,
        denominator,
        published,
        statuses,
    })
}

/// The inner query takes the parts of the figure from the model; the outer one
/// divides. A figure that cannot be made says why in `status`: it is never a
/// silent null.
fn query(
    metric: &Metric,
    published: &PublishedFigure,
    part: &Part,
    filter: Option<&ast::Expr>,
    figure: &Figure,
) -> String {
    let number = |checked: Option<&Checked>| match checked {
        Some(checked) => format!("cast(({}) as double)", checked.sql),
        None => "cast(null as double)".to_owned(),
    };
    let columns: Vec<String> = MODEL_COLUMNS
        .iter()
        .map(|column| match *column {
            "period_start" | "period_end" => (*column).to_owned(),
            _ => format!("cast({column} as varchar) as {column}"),
        })
        .collect();
    let status = match figure.statuses.is_empty() {
        true => format!("'{STATUS_OK}'"),
        false => {
            let cases: String = figure
                .statuses
                .iter()
                .map(|status| format!(" when {status} <> '{STATUS_OK}' then {status}"))
                .collect();
            format!("case{cases} else '{STATUS_OK}' end")
        }
    };
    let divides = figure.denominator.is_some();
    let value = match (part.unit, divides) {
        (Unit::Percent, _) => "case when denominator <> 0 then 100 * numerator / denominator end",
        (Unit::Per10000, _) => {
            "case when denominator <> 0 then 10000 * numerator / denominator end"
        }
        (Unit::Pounds | Unit::Weeks | Unit::Days, true) => {
            "case when denominator <> 0 then numerator / denominator end"
        }
        _ => "numerator",
    };
    let missing = match divides {
        true => "numerator is null or denominator is null",
        false => "numerator is null",
    };
    let filter = filter
        .map(|filter| format!("\n    and ({filter})"))
        .unwrap_or_default();
    format!(
        "select
  {id} as metric_id, {basis} as basis, {part_id} as part, {part_name} as part_name,
  area_code, area_name, area_level, period, period_start, period_end, period_grain,
  breakdown_topic, breakdown, numerator, denominator,
  {value} as value,
  {unit} as unit,
  cast(case
    when status <> '{STATUS_OK}' then status
    when {missing} then '{STATUS_MISSING}'
    when denominator = 0 then '{STATUS_NO_DENOMINATOR}'
    else '{STATUS_OK}'
  end as varchar) as status,
  published_value
from (
  select
    {columns},
    {numerator} as numerator,
    {denominator} as denominator,
    {published_value} as published_value,
    {status} as status
  from {model}
  where period_grain = {grain}{filter}
)",
        id = quoted(&metric.id),
        part_id = quoted(&part.id),
        part_name = quoted(&part.name),
        basis = quoted(Basis::Published.word()),
        unit = quoted(part.unit.word()),
        columns = columns.join(", "),
        numerator = number(Some(&figure.numerator)),
        denominator = number(figure.denominator.as_ref()),
        published_value = number(figure.published.as_ref()),
        model = published.from.value,
        grain = quoted(published.grain.period_word()),
    )
}

/// Where the columns of a part come from: the lineage of [`query`].
fn trace(table: &str, model: &DFSchema, filter: Option<&Checked>, figure: &Figure) -> Traced {
    let mut expressions = Expressions::over(table, model);
    for column in MODEL_COLUMNS {
        expressions.column(column, &col(column));
    }
    expressions.column("numerator", &figure.numerator.planned);
    let mut value = figure.numerator.planned.clone();
    if let Some(denominator) = &figure.denominator {
        expressions.column("denominator", &denominator.planned);
        value = value / denominator.planned.clone();
    }
    expressions.column("value", &value);
    if let Some(published) = &figure.published {
        expressions.column("published_value", &published.planned);
    }
    for status in &figure.statuses {
        expressions.column("status", &col(status.as_str()));
    }
    if let Some(filter) = filter {
        expressions.decide(&filter.planned);
    }
    expressions.decide(&col("period_grain"));
    expressions.traced()
}
