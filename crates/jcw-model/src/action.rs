//! What the area has promised, as two tables: a row for each action, and a row
//! for each figure that would show it kept. How far it is kept is SQL over them.

use crate::identity;
use crate::plan::{Body, Node, grain_tests};
use crate::trace::Traced;
use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, StringViewArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::NaiveDate;
use jcw_project::{Action, ActionMetric, Diagnostic, Layer, Materialised, Place, Project};
use std::sync::Arc;

/// A row for each action.
pub const ACTION: &str = "published.action";
/// A row for each figure of each action.
pub const ACTION_METRIC: &str = "published.action_metric";

/// Columns that name a row of [`ACTION_METRIC`] once.
pub(crate) const ACTION_METRIC_GRAIN: [&str; 8] = [
    "action_id",
    "metric_id",
    "part",
    "basis",
    "area_code",
    "period_grain",
    "breakdown_topic",
    "breakdown",
];

/// The rows of [`ACTION`].
pub(crate) fn actions(project: &Project) -> Result<RecordBatch, ArrowError> {
    let rows = &project.actions;
    let text = |value: &dyn Fn(&Action) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<StringViewArray>())
    };
    let partners = |action: &Action| -> Option<String> {
        let name = |id: &str| {
            let mut all = project.warehouse.partners.iter();
            all.find(|partner| partner.id.value == id)
                .map(|partner| partner.name.clone())
        };
        let names = action.partners.iter().filter_map(|id| name(id));
        Some(names.collect::<Vec<_>>().join("; "))
    };
    let to_come: BooleanArray = rows
        .iter()
        .map(|action| Some(action.is_wording_to_come))
        .collect();
    RecordBatch::try_from_iter_with_nullable([
        ("action_id", text(&|a| Some(a.id.value.clone())), true),
        ("name", text(&|a| Some(a.name.clone())), true),
        ("promised_in", text(&|a| Some(a.promised_in.clone())), true),
        ("promise", text(&|a| Some(a.promise.clone())), true),
        ("is_wording_to_come", Arc::new(to_come), true),
        ("owner", text(&|a| Some(a.owner.clone())), true),
        ("partners", text(&partners), true),
        ("due_on", days(rows.iter().map(|a| a.due_on)), true),
        ("said", text(&|a| a.said.clone()), true),
        ("source", text(&|a| Some(a.source.clone())), true),
    ])
}

/// The rows of [`ACTION_METRIC`].
pub(crate) fn action_metrics(project: &Project) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<(&Action, &ActionMetric)> = project
        .actions
        .iter()
        .flat_map(|action| action.metrics.iter().map(move |metric| (action, metric)))
        .collect();
    let text = |value: &dyn Fn(&Action, &ActionMetric) -> Option<String>| -> ArrayRef {
        let texts = rows.iter().map(|(action, metric)| value(action, metric));
        Arc::new(texts.collect::<StringViewArray>())
    };
    let number = |value: &dyn Fn(&ActionMetric) -> Option<f64>| -> ArrayRef {
        let numbers = rows.iter().map(|(_, metric)| value(metric));
        Arc::new(numbers.collect::<Float64Array>())
    };
    let home = project.warehouse.home_area.clone();
    let total = |word: Option<&String>| word.map_or_else(|| "Total".to_owned(), String::clone);
    RecordBatch::try_from_iter_with_nullable([
        ("action_id", text(&|a, _| Some(a.id.value.clone())), true),
        (
            "metric_id",
            text(&|_, m| Some(m.metric.value.clone())),
            true,
        ),
        ("part", text(&|_, m| Some(m.part.clone())), true),
        ("basis", text(&|_, m| Some(m.basis.word().to_owned())), true),
        (
            "area_code",
            text(&|_, m| m.area.clone().or(home.clone())),
            true,
        ),
        ("period_grain", text(&|_, m| Some(m.grain.clone())), true),
        (
            "breakdown_topic",
            text(&|_, m| Some(total(m.breakdown.as_ref().map(|(topic, _)| topic)))),
            true,
        ),
        (
            "breakdown",
            text(&|_, m| Some(total(m.breakdown.as_ref().map(|(_, word)| word)))),
            true,
        ),
        (
            "better",
            text(&|_, m| Some(m.better.word().to_owned())),
            true,
        ),
        (
            "baseline_period",
            text(&|_, m| m.baseline.as_ref().map(|b| b.period.clone())),
            true,
        ),
        (
            "baseline_value",
            number(&|m| m.baseline.as_ref().map(|b| b.value)),
            true,
        ),
        (
            "baseline_source",
            text(&|_, m| m.baseline.as_ref().map(|b| b.source.clone())),
            true,
        ),
        (
            "target_value",
            number(&|m| m.target.as_ref().map(|t| t.value)),
            true,
        ),
        (
            "target_by",
            days(
                rows.iter()
                    .map(|(_, m)| m.target.as_ref().and_then(|t| t.by)),
            ),
            true,
        ),
        (
            "target_source",
            text(&|_, m| m.target.as_ref().map(|t| t.source.clone())),
            true,
        ),
    ])
}

fn days(days: impl Iterator<Item = Option<NaiveDate>>) -> ArrayRef {
    let days = days.map(|day| day.map(arrow::datatypes::Date32Type::from_naive_date));
    Arc::new(days.collect::<Date32Array>())
}

/// The node of [`ACTION`] or [`ACTION_METRIC`].
pub(crate) fn node(project: &Project, name: &str) -> Result<Node, Diagnostic> {
    let place = Place::start_of("pipelines/actions");
    let (made, grain, description) = match name {
        ACTION => (
            actions(project),
            vec!["action_id".to_owned()],
            "one row for each action that the area has promised",
        ),
        _ => (
            action_metrics(project),
            ACTION_METRIC_GRAIN.map(str::to_owned).to_vec(),
            "one row for each figure that would show an action kept",
        ),
    };
    let rows = made.map_err(|error| {
        let message = format!("the actions do not make a table: {error}");
        Diagnostic::error(place.clone(), message)
    })?;
    // The names of partners and the home area are the warehouse's.
    let mut texts: Vec<String> = (project.actions.iter())
        .map(|action| action.hash.clone())
        .collect();
    texts.extend(project.warehouse.home_area.clone());
    texts.extend(project.warehouse.partners.iter().map(|p| p.name.clone()));
    let tests = grain_tests(&grain, &place);
    Ok(Node {
        name: name.to_owned(),
        layer: Layer::Published,
        description: description.to_owned(),
        owner: "the owner of each action".to_owned(),
        materialised: Materialised::Table,
        tags: Vec::new(),
        digest: identity::of_query(&format!("{name} {}", texts.join(" ")), &tests),
        tests,
        grain,
        sql: String::new(),
        reads: Vec::new(),
        schema: rows.schema(),
        place,
        body: Body::Rows(rows),
        needs: Vec::new(),
        traced: Traced::default(),
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Files, rows};

    const ACTION: &str = "name: Fewer refusals
promised_in: A review
promise: Fewer requests are refused.
wording_to_come: true
owner: o
partners: [council]
due: unknown
source: its report
metrics:
  - metric: E03
    basis: published
    area: A
    better: lower
    baseline: {period: '2024', value: 24.1, source: DfE}
    target: unknown
";

    #[tokio::test]
    async fn what_is_promised_stands_in_the_release_and_what_is_unknown_is_null() {
        let files = Files::new()
            .with_request_models()
            .metric("E03", "numerator: refused\ndenominator: received\n")
            .write("pipelines/actions/fewer_refusals.yaml", ACTION);
        let lake = files.lake().await;
        let inputs = files.deliver(&lake, "('A', 2024, 1, 1, 'ok')").await;
        let report = files.build(&lake, &inputs).await;
        let sql = "select action_id, partners, is_wording_to_come, due_on is null as no_day from t";
        let found = rows(&lake, &report, super::ACTION, sql).await;
        assert!(
            found.contains("| fewer_refusals | A council | true               | true   |"),
            "{found}"
        );
        let sql = "select metric_id, breakdown, period_grain, better, baseline_value, target_value from t";
        let found = rows(&lake, &report, super::ACTION_METRIC, sql).await;
        assert!(
            found.contains(
                "| E03       | Total     | month        | lower  | 24.1           |              |"
            ),
            "{found}"
        );
    }
}
