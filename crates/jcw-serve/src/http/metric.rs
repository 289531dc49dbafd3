//! Metrics by their id: what each means (`published.metric_definition`) and its
//! figures (`published.metric_value`), by the caller's own session like any query.

use super::answer::answer;
use super::ask::Choices;
use super::caller::Caller;
use super::format::Format;
use super::problem::Problem;
use crate::house::House;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use futures::TryStreamExt as _;
use http::{HeaderMap, StatusCode};
use jcw_govern::{Session, VisibleTable};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

const DEFINITION: &str = "published.metric_definition";
const VALUE: &str = "published.metric_value";

/// Which definitions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfDefinitions {
    #[serde(flatten)]
    #[param(ignore)]
    choices: Choices,
}

/// Which figures of a metric; what is not said is not asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfValues {
    /// An area's ONS code: `E06000033`.
    #[param(example = "E06000033")]
    area: Option<String>,
    /// A period as it is called: `2024`, `202425`, `2024-03`.
    period: Option<String>,
    /// How long periods are: `month`, `quarter`, `academic_year`, `calendar_year`,
    /// `financial_year`, `term`, `survey_wave`.
    grain: Option<String>,
    /// What it is split by: `sex`, `primary_need`; `total` where it is not.
    breakdown_topic: Option<String>,
    /// One value of that.
    breakdown: Option<String>,
    /// `published` for what publishers print, `person_level` for what is counted
    /// from our own rows.
    basis: Option<String>,
    /// One part of a metric that has several.
    part: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    choices: Choices,
}

impl OfValues {
    /// Each filter's column and value.
    fn filters(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let all = [
            ("area_code", &self.area),
            ("period", &self.period),
            ("period_grain", &self.grain),
            ("breakdown_topic", &self.breakdown_topic),
            ("breakdown", &self.breakdown),
            ("basis", &self.basis),
            ("part", &self.part),
        ];
        all.into_iter()
            .filter_map(|(column, value)| Some((column, value.as_ref()?)))
    }
}

/// The metrics that there are, with their definitions.
///
/// One row for each metric, basis and part.
#[utoipa::path(
    get, path = "/v1/metrics", tag = "Metrics",
    params(Choices),
    responses(
        (status = 200, description = "Definitions, word for word and in SQL.",
            content((serde_json::Value = "application/json"), (String = "text/csv"))),
        (status = "default", response = super::openapi::ProblemResponse),
    ),
    security(("password" = []), ("token" = [])),
)]
pub(super) async fn list(
    State(house): State<House>,
    caller: Caller,
    headers: HeaderMap,
    asked: Result<Query<OfDefinitions>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(OfDefinitions { choices }) = asked.map_err(misunderstood)?;
    let choices = choices.with_headers(&headers)?;
    let format = choices.format(&headers, Format::Json)?;
    let session = caller
        .session(&house, choices.release(), choices.purpose.clone())
        .await?;
    let order = order(&session, DEFINITION, &["metric_id", "basis", "part"]);
    let sql = format!("select * from {DEFINITION}{order}");
    answer(&session, &sql, &[], format, &choices).await
}

/// The figures of a metric.
#[utoipa::path(
    get, path = "/v1/metrics/{id}/values", tag = "Metrics",
    params(("id" = String, Path, description = "The metric: `E03`"), OfValues, Choices),
    responses(
        (status = 200, description = "One row for each basis, part, area, period and breakdown.",
            content((serde_json::Value = "application/json"), (String = "text/csv"))),
        (status = "default", response = super::openapi::ProblemResponse),
    ),
    security(("password" = []), ("token" = [])),
)]
pub(super) async fn values(
    State(house): State<House>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    asked: Result<Query<OfValues>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(misunderstood)?;
    let choices = asked.choices.clone().with_headers(&headers)?;
    let format = choices.format(&headers, Format::Json)?;
    let session = caller
        .session(&house, choices.release(), choices.purpose.clone())
        .await?;
    is_there(&session, &id).await?;
    let mut sql = format!("select * from {VALUE} where metric_id = $1");
    let mut parameters = vec![Value::from(id)];
    for (column, value) in asked.filters() {
        parameters.push(value.as_str().into());
        sql.push_str(&format!(" and {column} = ${}", parameters.len()));
    }
    let grain = [
        "basis",
        "part",
        "area_code",
        "period_start",
        "period",
        "breakdown_topic",
        "breakdown",
    ];
    sql.push_str(&order(&session, VALUE, &grain));
    answer(&session, &sql, &parameters, format, &choices).await
}

/// A metric without a definition that the caller may see is not there. Where
/// definitions cannot be seen at all, nothing is said of it.
async fn is_there(session: &Session, id: &str) -> Result<(), Problem> {
    if !session.visible().tables.contains_key(DEFINITION) {
        return Ok(());
    }
    let sql = format!("select 1 as found from {DEFINITION} where metric_id = $1 limit 1");
    let statement = session.prepare(&sql).await?;
    let answer = statement.run(vec![id.into()]).await?;
    let batches: Vec<_> = answer.try_collect().await?;
    match batches.iter().any(|batch| batch.num_rows() > 0) {
        true => Ok(()),
        false => {
            let detail = "there is no such metric; /v1/metrics lists those there are";
            Err(Problem::new(StatusCode::NOT_FOUND, "no_metric", detail))
        }
    }
}

/// By those of the columns that the caller may see.
fn order(session: &Session, table: &str, columns: &[&str]) -> String {
    let table = session.visible().tables.get(table);
    let is_seen = |table: &VisibleTable, column| table.schema.field_with_name(column).is_ok();
    let seen = columns
        .iter()
        .filter(|column| table.is_some_and(|table| is_seen(table, column)));
    match seen.copied().collect::<Vec<_>>() {
        seen if seen.is_empty() => String::new(),
        seen => format!(" order by {}", seen.join(", ")),
    }
}

fn misunderstood(_: QueryRejection) -> Problem {
    Problem::bad("the address is not understood; /v1/openapi.json says what may follow the ?")
}
