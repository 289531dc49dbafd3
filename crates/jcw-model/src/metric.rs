//! A metric's SQL is made from its YAML, one query for each part, all of one
//! shape, put one under another in `published.metric_value`. No metric is
//! special: what differs between them is in their files.

use crate::catalog::Catalog;
use crate::problem::{Text, listed};
use crate::sql::{columns_in, parse_expression};
use crate::trace::{Expressions, Traced};
use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::TreeNode;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::prelude::col;
use datafusion::sql::sqlparser::ast;
use jcw_project::{
    Diagnostic, Grain, MODEL_COLUMNS, Metric, Part, Placed, Polarity, STATUS_MISSING, STATUS_OK,
    Unit,
};
use std::sync::Arc;

/// The long table of every figure.
pub const METRIC_VALUE: &str = "published.metric_value";
/// The table that describes the figures.
pub const METRIC_DEFINITION: &str = "published.metric_definition";
/// The status of a figure whose denominator is 0.
pub const STATUS_NO_DENOMINATOR: &str = "no_denominator";

/// Columns that name a figure once.
pub(crate) const VALUE_GRAIN: [&str; 6] = [
    "metric_id",
    "part",
    "area_code",
    "period",
    "breakdown_topic",
    "breakdown",
];

/// What `published.metric_value` looks like.
pub fn value_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8View, true);
    let number = |name: &str| Field::new(name, DataType::Float64, true);
    Arc::new(Schema::new(vec![
        text("metric_id"),
        text("part"),
        text("part_name"),
        text("area_code"),
        text("area_name"),
        text("area_level"),
        text("period"),
        Field::new("period_start", DataType::Date32, true),
        Field::new("period_end", DataType::Date32, true),
        text("period_grain"),
        text("breakdown_topic"),
        text("breakdown"),
        number("numerator"),
        number("denominator"),
        number("value"),
        text("unit"),
        text("status"),
        number("published_value"),
    ]))
}

/// The SQL of one part of a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSql {
    /// The metric's id.
    pub metric: String,
    /// The part's id.
    pub part: String,
    /// One `select` whose columns are those of [`value_schema`].
    pub sql: String,
}

/// The SQL of a metric, and the lineage of its columns.
pub(crate) struct Queries {
    pub(crate) parts: Vec<PartSql>,
    pub(crate) traced: Traced,
}

/// The SQL of every part of a metric over a model with these columns, or
/// what is wrong with the metric.
pub(crate) fn queries(
    metric: &Metric,
    model: &DFSchema,
    catalog: &Catalog,
) -> Result<Queries, Vec<Diagnostic>> {
    let mut problems = model_columns(metric, model);
    let check = Check { model, catalog };
    let filter = metric
        .filter
        .as_ref()
        .and_then(|filter| check.boolean(filter, &mut problems));
    let mut parts = Vec::new();
    let mut traced = Traced::default();
    for part in &metric.parts {
        if let Some(figure) = figure(metric, part, &check, &mut problems) {
            parts.push(PartSql {
                metric: metric.id.value.clone(),
                part: part.id.value.clone(),
                sql: query(
                    metric,
                    part,
                    filter.as_ref().map(|filter| &filter.sql),
                    &figure,
                ),
            });
            traced.take_in(trace(&metric.from, model, filter.as_ref(), &figure));
        }
    }
    match problems.is_empty() {
        true => Ok(Queries { parts, traced }),
        false => Err(problems),
    }
}

/// `published.metric_definition`: one row for each part of each metric.
pub(crate) fn definitions(metrics: &[Metric]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<(&Metric, &Part)> = metrics
        .iter()
        .flat_map(|metric| metric.parts.iter().map(move |part| (metric, part)))
        .collect();
    let text = |value: fn(&Metric, &Part) -> Option<String>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|(metric, part)| value(metric, part))
                .collect::<StringViewArray>(),
        )
    };
    let versions: Int64Array = rows
        .iter()
        .map(|(metric, _)| i64::from(metric.version))
        .collect::<Vec<_>>()
        .into();
    RecordBatch::try_from_iter_with_nullable([
        ("metric_id", text(|m, _| Some(m.id.value.clone())), true),
        ("part", text(|_, p| Some(p.id.value.clone())), true),
        ("part_name", text(|_, p| Some(p.name.clone())), true),
        ("name", text(|m, _| Some(m.name.clone())), true),
        ("question", text(|m, _| Some(m.question.clone())), true),
        ("owner", text(|m, _| Some(m.owner.clone())), true),
        ("definition", text(|m, _| Some(m.definition.clone())), true),
        ("cohort", text(|m, _| Some(m.cohort.clone())), true),
        (
            "numerator",
            text(|_, p| Some(p.numerator.value.clone())),
            true,
        ),
        (
            "denominator",
            text(|_, p| p.denominator.as_ref().map(|sql| sql.value.clone())),
            true,
        ),
        ("unit", text(|m, _| Some(unit_word(m.unit).into())), true),
        (
            "polarity",
            text(|m, _| Some(polarity_word(m.polarity).into())),
            true,
        ),
        ("grain", text(|m, _| Some(grain_word(m.grain).into())), true),
        (
            "dimensions",
            text(|m, _| Some(m.dimensions.join(", "))),
            true,
        ),
        ("source", text(|m, _| Some(m.source.clone())), true),
        ("comparator", text(|m, _| Some(m.comparator.clone())), true),
        ("caveats", text(|m, _| Some(m.caveats.join("\n"))), true),
        ("version", Arc::new(versions), true),
        ("hash", text(|m, _| Some(m.hash.clone())), true),
    ])
}

/// The word of a unit, as in the YAML.
pub fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::Percent => "percent",
        Unit::Per10000 => "per_10000",
        Unit::Pounds => "pounds",
        Unit::Weeks => "weeks",
        Unit::YesNo => "yes_no",
    }
}

/// The word of a polarity, as in the YAML.
pub fn polarity_word(polarity: Polarity) -> &'static str {
    match polarity {
        Polarity::High => "high",
        Polarity::Low => "low",
        Polarity::HighContested => "high_contested",
        Polarity::LowContested => "low_contested",
        Polarity::Context => "context",
    }
}

/// The word of a period grain, as in the YAML and in a model's `period_grain`.
pub fn grain_word(grain: Grain) -> &'static str {
    match grain {
        Grain::Month => "month",
        Grain::CalendarYear => "calendar_year",
        Grain::AcademicYear => "academic_year",
        Grain::FinancialYear => "financial_year",
    }
}

/// A checked expression, as parsed and as planned.
struct Checked {
    sql: ast::Expr,
    planned: Expr,
}

/// The checked expressions of a part.
struct Figure {
    numerator: Checked,
    denominator: Option<Checked>,
    published: Option<Checked>,
    /// Status columns of the columns used, in the order of use.
    statuses: Vec<String>,
}

fn figure(
    metric: &Metric,
    part: &Part,
    check: &Check<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Figure> {
    let numerator = check.number(&part.numerator, problems);
    let denominator = part
        .denominator
        .as_ref()
        .map(|sql| check.number(sql, problems));
    let published = part
        .published
        .as_ref()
        .map(|sql| check.number(sql, problems));
    match (metric.unit, &part.denominator) {
        (Unit::Percent | Unit::Per10000, None) => problems.push(
            Diagnostic::error(
                part.numerator.place.clone(),
                format!(
                    "a metric in {} divides, and this one has no denominator",
                    unit_word(metric.unit)
                ),
            )
            .hint("add a denominator, or use unit: count"),
        ),
        (Unit::Count | Unit::YesNo, Some(denominator)) => problems.push(
            Diagnostic::error(
                denominator.place.clone(),
                format!(
                    "a metric in {} does not divide, and this one has a denominator",
                    unit_word(metric.unit)
                ),
            )
            .hint("take the denominator out, or use unit: percent"),
        ),
        _ => {}
    }
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
fn query(metric: &Metric, part: &Part, filter: Option<&ast::Expr>, figure: &Figure) -> String {
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
    let value = match (metric.unit, divides) {
        (Unit::Percent, _) => "case when denominator <> 0 then 100 * numerator / denominator end",
        (Unit::Per10000, _) => {
            "case when denominator <> 0 then 10000 * numerator / denominator end"
        }
        (Unit::Pounds | Unit::Weeks, true) => {
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
  {id} as metric_id, {part_id} as part, {part_name} as part_name,
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
    {published} as published_value,
    {status} as status
  from {model}
  where period_grain = {grain}{filter}
)",
        id = quoted(&metric.id),
        part_id = quoted(&part.id),
        part_name = quoted(&part.name),
        unit = quoted(unit_word(metric.unit)),
        columns = columns.join(", "),
        numerator = number(Some(&figure.numerator)),
        denominator = number(figure.denominator.as_ref()),
        published = number(figure.published.as_ref()),
        model = metric.from.value,
        grain = quoted(grain_word(metric.grain)),
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

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn model_columns(metric: &Metric, model: &DFSchema) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let place = &metric.from.place;
    let missing: Vec<&str> = MODEL_COLUMNS
        .into_iter()
        .filter(|column| model.field_with_unqualified_name(column).is_err())
        .collect();
    if !missing.is_empty() {
        problems.push(
            Diagnostic::error(
                place.clone(),
                format!(
                    "{} cannot feed a metric: it has no column {}",
                    metric.from.value,
                    listed(&missing)
                ),
            )
            .hint(format!(
                "a model that feeds a metric has the columns {}",
                MODEL_COLUMNS.join(", ")
            )),
        );
    }
    for column in ["period_start", "period_end"] {
        if let Ok(field) = model.field_with_unqualified_name(column)
            && field.data_type() != &DataType::Date32
        {
            problems.push(
                Diagnostic::error(
                    place.clone(),
                    format!(
                        "{} cannot feed a metric: {column} is {}, not a date",
                        metric.from.value,
                        field.data_type()
                    ),
                )
                .hint(format!("write cast({column} as date) in the model")),
            );
        }
    }
    problems
}

/// Plans the expressions of a metric against the columns of its model.
struct Check<'c> {
    model: &'c DFSchema,
    catalog: &'c Catalog,
}

impl Check<'_> {
    fn number(&self, sql: &Placed<String>, problems: &mut Vec<Diagnostic>) -> Option<Checked> {
        let (expression, found) = self.typed(sql, problems)?;
        if found.is_numeric() || matches!(found, DataType::Boolean | DataType::Null) {
            return Some(expression);
        }
        problems.push(Diagnostic::error(
            sql.place.clone(),
            format!("a figure is a number, and this is {found}"),
        ));
        None
    }

    fn boolean(&self, sql: &Placed<String>, problems: &mut Vec<Diagnostic>) -> Option<Checked> {
        let (expression, found) = self.typed(sql, problems)?;
        if found == DataType::Boolean {
            return Some(expression);
        }
        problems.push(Diagnostic::error(
            sql.place.clone(),
            format!("a filter is true or false for each row, and this is {found}"),
        ));
        None
    }

    fn typed(
        &self,
        sql: &Placed<String>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<(Checked, DataType)> {
        let text = Text::of_scalar(sql);
        let expression = parse_expression(&text)
            .map_err(|found| problems.extend(found))
            .ok()?;
        let planned = self.catalog.plan_expression(expression.clone(), self.model);
        match planned.and_then(|planned| Ok((planned.get_type(self.model)?, planned))) {
            Ok((_, planned)) if takes_rows_together(&planned) => {
                problems.push(
                    text.whole(
                        "a figure is made from one row of its model, and this takes rows together",
                    )
                    .hint(format!(
                        "sum or count in a model under pipelines/models/metrics/, not in {}",
                        sql.value
                    )),
                );
                None
            }
            Ok((found, planned)) => Some((
                Checked {
                    sql: expression,
                    planned,
                },
                found,
            )),
            Err(error) => {
                problems.extend(text.problems(&error));
                None
            }
        }
    }
}

fn takes_rows_together(expression: &Expr) -> bool {
    let together = |expression: &Expr| {
        matches!(
            expression,
            Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
                | Expr::ScalarSubquery(_)
                | Expr::InSubquery(_)
                | Expr::Exists(_)
        )
    };
    expression
        .exists(|expression| Ok(together(expression)))
        .unwrap_or(true)
}
