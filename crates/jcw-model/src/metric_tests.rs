//! What is counted from rows: periods, topics, zeros, percentiles, people.

use crate::build::Inputs;
use crate::testing::{Files, outcomes, rows};

/// One row for each plan.
const PLANS: &str = "
    ('S', '2024-03-31', 'Male', 100, 'p1', false, 'R1L'),
    ('S', '2024-04-01', 'Female', 150, 'p2', false, 'R1L'),
    ('S', '2024-04-30', null, 120, 'p3', true, 'RAT'),
    ('S', '2024-12-31', 'Male', 141, 'p1', false, null),
    ('S', '2025-01-01', 'Male', 140, 'p4', false, 'R1L')";

const NAMED: &str =
    "select area as area_code, concat('Area ', area) as area_name, 'local_authority' as area_level,
    cast(started as date) as started_on, sex, days_to_plan, person_key, has_exception,
    cast(provider as varchar) as provider_code, concat('Trust ', provider) as provider_name";

fn plans(values: &str) -> Files {
    let sql = format!(
        "{NAMED} from (values {values}) as t(area, started, sex, days_to_plan, person_key, has_exception, provider)"
    );
    let covers = "select 'S' as area_code, 'Area S' as area_name, 'local_authority' as area_level,
        date '2024-01-01' as known_from, date '2024-12-31' as known_to";
    Files::new()
        .model("core.plan", "", &sql)
        .model("core.period_known", "", covers)
}

/// The figures of the metric E13 with this `person_level`, as lines of
/// `columns`, in order.
async fn figures(files: Files, unit: &str, figure: &str, columns: &str) -> Vec<String> {
    let figure: String = figure
        .lines()
        .map(|line| format!("  {}\n", line.strip_prefix("        ").unwrap_or(line)))
        .collect();
    let files = files.metric_with("E13", unit, &format!("person_level:\n{figure}"));
    assert_eq!(files.said(), "");
    let lake = files.lake().await;
    let report = files.build(&lake, &Inputs::default()).await;
    assert!(report.is_publishable(), "{:?}", outcomes(&report));
    let list = columns.replace(' ', ", ' ', ");
    let sql = format!("select concat({list}) as line from t order by 1");
    let table = rows(&lake, &report, "published.metric_value", &sql).await;
    let lines = table.lines().skip(3);
    lines
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches(['|', ' ']).to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_counted_in_every_period_that_is_covered_and_nowhere_else() {
    let figure = "
        from: core.plan
        exclusions:
          - {id: exception, what: An exception applies, sql: has_exception}
        when: started_on
        grains: [quarter, financial_year, academic_year, calendar_year]
        covers: {from: core.period_known}
        numerator: days_to_plan <= 140
        denominator: 'true'";
    let found = figures(
        plans(PLANS),
        "percent",
        figure,
        "period numerator denominator value status period_start period_end",
    )
    .await;
    assert_eq!(
        found,
        [
            "2024 1.0 3.0 33.333333333333336 ok 2024-01-01 2024-12-31",
            "2024-Q1 1.0 1.0 100.0 ok 2024-01-01 2024-03-31",
            "2024-Q2 0.0 1.0 0.0 ok 2024-04-01 2024-06-30",
            "2024-Q3 0.0 0.0  no_denominator 2024-07-01 2024-09-30",
            "2024-Q4 0.0 1.0 0.0 ok 2024-10-01 2024-12-31",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_has_the_words_that_were_counted_and_unknown() {
    let figure = "
        from: core.plan
        when: started_on
        grains: [calendar_year]
        by: {Sex: sex}
        numerator: 'true'";
    let found = figures(
        plans(PLANS),
        "count",
        figure,
        "period breakdown_topic breakdown value",
    )
    .await;
    assert_eq!(
        found,
        [
            "2024 Sex Female 1.0",
            "2024 Sex Male 2.0",
            "2024 Sex Unknown 1.0",
            "2024 Total Total 4.0",
            "2025 Sex Male 1.0",
            "2025 Total Total 1.0",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_percentile_lies_on_a_straight_line_between_two_values() {
    let figure = "
        from: core.plan
        when: started_on
        grains: [calendar_year]
        by: {Sex: sex}
        parts:
          - {id: median, name: Median, numerator: days_to_plan, percentile: 0.5}
          - {id: most, name: Most, numerator: days_to_plan, percentile: 0.95}
          - {id: late, name: Late, unit: percent, numerator: days_to_plan > 140, denominator: 'true'}";
    let found = figures(
        plans(PLANS),
        "days",
        figure,
        "period breakdown part numerator unit",
    )
    .await;
    // 100, 120, 141, 150: the place of 0.95 is 2.85.
    assert!(
        found.contains(&"2024 Total median 130.5 days".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"2024 Total most 148.65 days".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"2024 Total late 2.0 percent".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"2024 Male median 120.5 days".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"2025 Total most 140.0 days".to_owned()),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_counts_once_in_each_period() {
    let figure = "
        from: core.plan
        when: started_on
        grains: [quarter, calendar_year]
        by: {Sex: sex}
        count: person_key
        numerator: days_to_plan <= 140
        denominator: 'true'";
    let found = figures(
        plans(PLANS),
        "percent",
        figure,
        "period breakdown numerator denominator",
    )
    .await;
    // p1 had a plan in time in the first quarter and a late one in the last.
    for line in [
        "2024 Total 2.0 3.0",
        "2024 Male 1.0 1.0",
        "2024-Q4 Total 0.0 1.0",
    ] {
        assert!(found.contains(&line.to_owned()), "{line} in {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_an_area_of_its_own() {
    let figure = "
        from: core.plan
        when: started_on
        grains: [calendar_year]
        by_provider: true
        numerator: 'true'";
    let found = figures(
        plans(PLANS),
        "count",
        figure,
        "area_level area_code area_name period value",
    )
    .await;
    assert_eq!(
        found,
        [
            "local_authority S Area S 2024 4.0",
            "local_authority S Area S 2025 1.0",
            "provider R1L Trust R1L 2024 2.0",
            "provider R1L Trust R1L 2025 1.0",
            "provider RAT Trust RAT 2024 1.0",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_stock_a_period_takes_its_last_day() {
    let snapshots = "
    ('S', '2024-11-30', 'Male', 1, 'p1', false, null), ('S', '2024-11-30', 'Male', 1, 'p2', false, null),
    ('S', '2024-12-31', 'Male', 1, 'p1', false, null), ('S', '2024-12-15', 'Male', 1, 'p9', false, null)";
    let figure = "
        from: core.plan
        when: started_on
        stock: true
        grains: [month, quarter, calendar_year]
        covers: {from: core.period_known}
        numerator: 'true'";
    let found = figures(plans(snapshots), "count", figure, "period value").await;
    let told: Vec<&String> = found
        .iter()
        .filter(|line| !line.ends_with(" 0.0"))
        .collect();
    assert_eq!(
        told,
        ["2024 1.0", "2024-11 2.0", "2024-12 1.0", "2024-Q4 1.0"]
    );
    // Twelve months, four quarters, one year: what had nobody is nought.
    assert_eq!(found.len(), 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_census_with_nobody_in_it_is_nought() {
    let days = "
    ('S', '2024-01-18', 'Male', 1, 'p1', false, null), ('S', '2024-01-18', 'Male', 1, 'p2', true, null),
    ('S', '2025-01-16', 'Male', 1, 'p1', true, null)";
    let figure = "
        from: core.plan
        cohort: not has_exception
        when: started_on
        grains: [census]
        by: {Sex: sex}
        numerator: 'true'";
    let found = figures(
        plans(days),
        "count",
        figure,
        "period period_grain period_start period_end breakdown value",
    )
    .await;
    assert_eq!(
        found,
        [
            "202324 academic_year 2024-01-18 2024-01-18 Male 1.0",
            "202324 academic_year 2024-01-18 2024-01-18 Total 1.0",
            "202425 academic_year 2025-01-16 2025-01-16 Total 0.0",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_term_is_what_the_model_says() {
    let sql = format!(
        "{NAMED}, '202425-autumn' as period, date '2024-09-01' as period_start, date '2024-12-31' as period_end
         from (values {PLANS}) as t(area, started, sex, days_to_plan, person_key, has_exception, provider)"
    );
    let figure = "
        from: core.plan
        grains: [term]
        numerator: 'true'";
    let files = Files::new().model("core.plan", "", &sql);
    assert_eq!(
        figures(
            files,
            "count",
            figure,
            "period period_start period_end value"
        )
        .await,
        ["202425-autumn 2024-09-01 2024-12-31 5.0"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_and_what_is_counted_stand_side_by_side() {
    let files = plans(PLANS).with_request_models().metric_with(
        "E13",
        "percent",
        "published:
  from: metrics.request
  grain: calendar_year
  numerator: refused
  denominator: received
person_level:
  from: core.plan
  when: started_on
  grains: [calendar_year]
  numerator: days_to_plan <= 140
  denominator: 'true'
",
    );
    let lake = files.lake().await;
    let inputs = files.deliver(&lake, "('S', 2024, 10, 5, 'ok')").await;
    let report = files.build(&lake, &inputs).await;
    assert!(report.is_publishable(), "{:?}", outcomes(&report));
    let sql = "select basis, period, numerator, denominator from t";
    assert_eq!(
        rows(&lake, &report, "published.metric_value", sql).await,
        "+--------------+--------+-----------+-------------+
| basis        | period | numerator | denominator |
+--------------+--------+-----------+-------------+
| person_level | 2024   | 2.0       | 4.0         |
| person_level | 2025   | 1.0       | 1.0         |
| published    | 2024   | 5.0       | 10.0        |
+--------------+--------+-----------+-------------+"
    );
    let sql = "select basis, part, model, grain, version from t";
    assert_eq!(
        rows(&lake, &report, "published.metric_definition", sql).await,
        "+--------------+------+-----------------+---------------+---------+
| basis        | part | model           | grain         | version |
+--------------+------+-----------------+---------------+---------+
| person_level | all  | core.plan       | calendar_year | 1       |
| published    | all  | metrics.request | calendar_year | 1       |
+--------------+------+-----------------+---------------+---------+"
    );
}

#[test]
fn an_expression_of_a_counted_figure_is_placed_in_its_yaml() {
    let figure = "person_level:
  from: core.plan
  cohort: days_to_pln > 1
  when: sex
  grains: [month]
  count: person_key
  by: {Sex: sx}
  numerator: days_to_plan
";
    let said = plans(PLANS).metric_with("E13", "count", figure).said();
    for expected in [
        "E13.yaml:15:11: there is no column \"days_to_pln\"",
        "E13.yaml:16:9: a row is put in a period by a date, and this is Utf8",
        "E13.yaml:19:13: there is no column \"sx\"",
        "E13.yaml:20:14: with `count`, a numerator says whether somebody counts",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
}

#[test]
fn a_person_is_counted_and_never_named() {
    let files = || {
        Files::new()
            .model("staging.a", "", "select area, nhs_number from council.requests")
            .model(
                "core.plan",
                "",
                "select area as area_code, area as area_name, 'x' as area_level, date '2024-01-01' as started_on, nhs_number from staging.a",
            )
    };
    let counted = "person_level:
  from: core.plan
  when: started_on
  grains: [month]
  count: nhs_number
  numerator: 'true'
";
    assert_eq!(files().metric_with("E13", "count", counted).said(), "");
    let named = counted.replace("count:", "by: {Who: nhs_number}\n  count:");
    let said = files().metric_with("E13", "count", &named).said();
    assert!(
        said.contains("published.metric_value.breakdown would publish an identifier"),
        "{said}"
    );
}
