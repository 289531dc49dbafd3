//! What `check` says, project by project.

use crate::testing::Files;

#[test]
fn a_sound_project_has_no_problems() {
    let files = Files::new()
        .with_request_models()
        .metric("E03", "numerator: refused\ndenominator: received\n");
    assert_eq!(files.said(), "");
}

#[test]
fn sql_that_cannot_be_read_is_placed_in_the_file() {
    let files = Files::new().model(
        "staging.a",
        "",
        "select area,\n  from from council.requests",
    );
    let said = files.said();
    assert!(
        said.starts_with("a.sql:6:") && said.contains("this SQL cannot be read"),
        "{said}"
    );
}

#[test]
fn sql_that_the_engine_reads_otherwise_than_it_is_written_is_refused() {
    for (sql, said) in [
        (
            "select area from council.requests where area is distinct from 'a' and refused = 1",
            "a.sql:5:41: where `is distinct from` ends is not clear",
        ),
        (
            "select area from council.requests except all select area from council.requests",
            "do not count here",
        ),
        (
            "select area from council.requests where area not in (select area from council.requests) or refused = 1",
            "would be answered wrongly where there are nulls",
        ),
    ] {
        let found = Files::new().model("staging.a", "", sql).said();
        assert!(found.contains(said), "{sql}\n{found}");
    }
}

#[test]
fn an_unknown_table_is_placed_and_the_nearest_is_named() {
    let files = Files::new().model("staging.a", "", "select area\nfrom council.request");
    assert_eq!(
        files.said(),
        "a.sql:6:6: there is no table council.request | did you mean council.requests?\n"
    );
}

#[test]
fn a_table_named_in_one_part_is_told_its_two() {
    let files = Files::new().model("staging.a", "", "select area from requests");
    assert!(
        files
            .said()
            .contains("tables are named in two parts: council.requests"),
        "{}",
        files.said()
    );
}

#[test]
fn every_unknown_column_is_placed_and_the_nearest_is_named() {
    let files = Files::new().model(
        "staging.a",
        "",
        "select\n  r.area,\n  r.recieved,\n  refusd\nfrom council.requests as r",
    );
    assert_eq!(
        files.said(),
        "a.sql:7:3: there is no column \"recieved\" in r | did you mean \"received\"?\n\
         a.sql:8:3: there is no column \"refusd\" | did you mean \"refused\"?\n"
    );
}

#[test]
fn an_unknown_function_is_an_error() {
    let files = Files::new().model(
        "staging.a",
        "",
        "select uper(area) as area from council.requests",
    );
    let said = files.said();
    assert!(
        said.contains("a.sql:5:") && said.contains("uper") && said.contains("upper"),
        "{said}"
    );
}

#[test]
fn types_that_do_not_go_together_are_an_error() {
    let files = Files::new().model(
        "staging.a",
        "",
        "select area + make_date(2024, 1, 1) as x from council.requests",
    );
    assert_eq!(
        files.said(),
        "a.sql:5:8: Cannot coerce arithmetic expression text + Date32 to valid types | \n"
    );
}

#[test]
fn a_broken_model_hides_no_other_and_its_dependents_are_not_blamed() {
    let files = Files::new()
        .model("staging.broken", "", "select nothing from council.requests")
        .model("core.below", "", "select area from staging.broken")
        .model("core.further", "", "select area from core.below")
        .model("staging.other", "", "select none from council.requests");
    let said = files.said();
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(
        said.contains("broken.sql:5:8") && said.contains("other.sql:5:8"),
        "{said}"
    );
}

#[test]
fn a_circle_is_named_whole_and_once() {
    let files = Files::new()
        .model("core.a", "", "select x from core.c")
        .model("core.b", "", "select x from core.a")
        .model("core.c", "", "select x from core.b")
        .model("core.after", "", "select x from core.c");
    let said = files.said();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("core.a <- core.c <- core.b <- core.a"),
        "{said}"
    );
}

#[test]
fn a_model_that_reads_itself_is_a_circle() {
    let files = Files::new().model("core.a", "", "select x from core.a");
    assert!(
        files.said().contains("a.sql:5:15: core.a reads itself"),
        "{}",
        files.said()
    );
}

#[test]
fn nothing_reads_backwards() {
    let files = Files::new()
        .model("staging.a", "", "select area from council.requests")
        .model("staging.b", "", "select area from staging.a")
        .model("core.c", "", "select area from council.requests")
        .model("core.e", "", "select area from metrics.d")
        .model("metrics.d", "", "select area from staging.a");
    assert_eq!(
        files.said(),
        "c.sql:5:18: council.requests is a source table, which a model of layer core does not read \
         | layer core reads staging, core and seeds\n\
         e.sql:5:18: metrics.d is in layer metrics, which a model of layer core does not read \
         | layer core reads staging, core and seeds\n\
         b.sql:5:18: staging.a is in layer staging, which a model of layer staging does not read \
         | layer staging reads source tables and seeds\n"
    );
}

#[test]
fn columns_are_named_past_staging_and_counting_rows_is_no_star() {
    let files = Files::new()
        .model("staging.a", "", "select * from council.requests")
        .model("core.b", "", "with x as (\n  select * from staging.a\n)\nselect area, count(*) as n from x group by area");
    let said = files.said();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.starts_with("b.sql:6:10: core.b takes columns by `*`"),
        "{said}"
    );
}

#[test]
fn a_common_table_expression_may_have_a_tables_last_name() {
    let files = Files::new().model(
        "staging.a",
        "",
        "with requests as (select area from council.requests) select area from requests",
    );
    assert_eq!(files.said(), "");
    assert_eq!(files.plan().nodes()[0].reads, ["council.requests"]);
}

#[test]
fn two_columns_of_one_name_are_an_error() {
    let files = Files::new().model(
        "staging.a",
        "",
        "select r.area, s.area from council.requests r join council.requests s on r.year = s.year",
    );
    assert!(
        files.said().contains("more than one column is called area"),
        "{}",
        files.said()
    );
}

#[test]
fn a_column_without_a_type_is_an_error() {
    let files = Files::new().model(
        "staging.a",
        "",
        "select area, null as note from council.requests",
    );
    assert!(files.said().contains("column \"note\""), "{}", files.said());
}

#[test]
fn a_model_is_one_select() {
    let files = Files::new()
        .model("staging.a", "", "create table x as select 1 as a")
        .model("staging.b", "", "select 1 as a; select 2 as b");
    let said = files.said();
    assert!(said.contains("a.sql:5:1: a model is one select"), "{said}");
    assert!(
        said.contains("b.sql:5:1: a model is one select; here is more"),
        "{said}"
    );
}

#[test]
fn a_function_that_answers_otherwise_tomorrow_is_an_error() {
    let files = Files::new()
        .model(
            "staging.a",
            "",
            "select area,\n  current_date as today from council.requests",
        )
        .model(
            "staging.b",
            "",
            "select area, random() as r from council.requests",
        );
    let said = files.said();
    assert!(
        said.contains("a.sql:6:3: current_date() gives another answer another time"),
        "{said}"
    );
    assert!(
        said.contains("b.sql:5:14: random() gives another answer"),
        "{said}"
    );
}

#[test]
fn an_answer_that_depends_on_an_order_it_does_not_have_is_a_warning() {
    let files = Files::new().model(
        "staging.a",
        "",
        "select area, first_value(year) as first_year from council.requests group by area",
    );
    let problems = files.problems();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].level, jcw_project::Level::Warning);
}

#[test]
fn a_limit_without_an_order_is_a_warning() {
    let files = Files::new()
        .model(
            "staging.a",
            "",
            "select area from council.requests\nlimit 5",
        )
        .model(
            "staging.b",
            "",
            "select area from council.requests order by area, year limit 5",
        );
    let said = files.said();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.starts_with("a.sql:6:1: a limit without an order"),
        "{said}"
    );
}

#[test]
fn tests_name_columns_that_the_model_has() {
    let files = Files::new()
        .model(
            "staging.a",
            "grain: [aera]
tests:
  - not_null: [yaer]
  - accepted_values: {column: area, values: [x]}
  - relationship: {column: area, to: staging.b, field: are}
  - expression: recieved >= 0
  - expression: received + 1
",
            "select area, year, received from council.requests",
        )
        .model("staging.b", "", "select area from council.requests");
    assert_eq!(
        files.said(),
        "a.sql:4:9: a test of staging.a names column \"aera\", which it does not have | did you mean \"area\"?\n\
         a.sql:6:16: a test of staging.a names column \"yaer\", which it does not have | did you mean \"year\"?\n\
         a.sql:8:56: a test of staging.b names column \"are\", which it does not have | did you mean \"area\"?\n\
         a.sql:9:17: there is no column \"recieved\" | did you mean \"received\"?\n\
         a.sql:10:17: a test is true or false for each row, and this is Int64 | write a comparison, for instance: numerator >= 0\n"
    );
}

#[test]
fn a_metrics_expressions_are_placed_in_its_yaml() {
    let files = Files::new().with_request_models().metric(
        "E03",
        "filter: breakdwn = 'Total'\nnumerator: refusd\ndenominator: sum(received)\n",
    );
    let said = files.said();
    assert!(
        said.contains(
            "E03.yaml:16:11: there is no column \"breakdwn\" | did you mean \"breakdown\"?"
        ),
        "{said}"
    );
    assert!(
        said.contains("E03.yaml:17:14: there is no column \"refusd\" | did you mean \"refused\"?"),
        "{said}"
    );
    assert!(
        said.contains("E03.yaml:18:16: a figure is made from one row of its model"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 3, "{said}");
}

#[test]
fn a_model_that_cannot_feed_a_metric_is_told_what_it_lacks() {
    let files = Files::new()
        .model(
            "staging.a",
            "",
            "select area as area_code from council.requests",
        )
        .model("metrics.request", "", "select area_code from staging.a")
        .metric("E03", "numerator: '1'\ndenominator: '1'\n");
    let said = files.said();
    assert!(
        said.contains(
            "E03.yaml:14:9: metrics.request cannot feed a metric: it has no column area_name"
        ),
        "{said}"
    );
}

#[test]
fn a_figure_is_a_number_and_a_rate_has_a_denominator() {
    let files = Files::new()
        .with_request_models()
        .metric("E01", "numerator: area_name\ndenominator: received\n");
    assert!(
        files.said().contains("a figure is a number"),
        "{}",
        files.said()
    );
}

#[test]
fn an_identifier_is_not_published_under_another_name_either() {
    let files = Files::new()
        .model("staging.a", "", "select area, nhs_number as n from council.requests")
        .model("core.b", "", "select area, concat(n, '') as code, count(distinct n) as people from staging.a group by area, n")
        .model("published.c", "", "select area, people, upper(code) as ref from core.b");
    let said = files.said();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("published.c.ref would publish an identifier: it is made from council.requests.nhs_number"), "{said}");
}

#[test]
fn what_misses_a_file_that_cannot_be_read_is_not_blamed() {
    let files = Files::new()
        .write("schemas/council/requests.yaml", "nothing: here\n")
        .model("staging.a", "", "select area from council.requests");
    assert_eq!(files.said(), "");
}

#[test]
fn what_a_role_says_is_planned_over_the_columns_of_its_tables() {
    let role = |more: &str| {
        let text =
            format!("roles:\n  - id: analyst\n    description: d\n    reads: [metrics]\n{more}\n");
        let files = Files::new().with_request_models();
        files.write("pipelines/roles.yaml", &text).said()
    };
    let right = "    rows: {metrics.request: \"area_code = $area and received > 0\"}\n    masks: {metrics.request: {area_code: \"'*'\"}}";
    assert_eq!(role(right), "");
    assert_eq!(
        role("    rows: {metrics.request: aera_code = $area}"),
        "roles.yaml:5:29: there is no column \"aera_code\" | did you mean \"area_code\"?\n"
    );
    assert_eq!(
        role("    rows: {metrics.request: received}"),
        "roles.yaml:5:29: a row filter is true or false for each row, and this is Int64 | write a comparison, for instance: area_code = $area\n"
    );
    assert_eq!(
        role("    rows: {metrics.request: area_code in (select area from staging.request)}")
            .split(" | ")
            .count(),
        2
    );
    assert_eq!(
        role("    rows: {metrics.request: random() > 0.5}"),
        "roles.yaml:5:29: this gives another answer another time | a role shows the same rows to the same principal every time\n"
    );
    assert_eq!(
        role("    hides: {metrics.request: [recieved]}"),
        "roles.yaml:5:31: metrics.request has no column \"recieved\" | did you mean \"received\"?\n"
    );
    assert_eq!(
        role("    masks: {metrics.request: {received: \"'few'\"}}"),
        "roles.yaml:5:42: \"received\" is Int64, and this mask is Utf8 | put `cast(... as ...)` around it; NULL is written with the type too\n"
    );
    assert!(
        role("    masks: {metrics.request: {area_code: $area}}").contains("the same for everybody")
    );
    assert!(
        role("    hides: {metrics.request: [area_code]}\n    masks: {metrics.request: {area_code: \"'*'\"}}")
            .contains("is hidden from this role")
    );
}
