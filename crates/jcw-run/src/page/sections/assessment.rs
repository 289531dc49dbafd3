//! From a request to a plan: how many ask, whether plans come in time, and what
//! is coming.

use super::{MISSING, change, chart, of_metric, totals};
use crate::page::ask::{Asker, Row};
use crate::page::section::{Section, Table, few, percent, whole};

/// How many ask.
pub(crate) async fn requests(asker: &Asker<'_>) -> Section {
    let mut section = of_metric(asker, "E01", "Requests for an assessment").await;
    let years = totals(asker, "E01", "all", "calendar_year").await;
    let of_year = |row: Row<'_>| Some((row.text("period"), row.number("value")?));
    let years: Vec<(String, f64)> = years.iter().filter_map(of_year).collect();
    if let Some((year, count)) = years.first() {
        section.headline = format!("{} requests in {year}.", whole(*count));
        section.line = Some(format!("Requests in {year}: {}", whole(*count)));
    }
    section.tables.push(Table {
        caption: "Requests by calendar year".to_owned(),
        labels: vec!["Year", "#Requests"],
        rows: (years.iter().rev())
            .map(|(year, count)| vec![year.clone(), whole(*count)])
            .collect(),
    });
    let points = chart(asker, "E01", "all").await;
    section.change = change(&points, None, f64::MAX);
    section.chart = Some(("Requests by month".to_owned(), points));
    section
}

/// Whether plans come in time.
pub(crate) async fn timeliness(asker: &Asker<'_>) -> Section {
    let mut section = of_metric(asker, "E13", "Plans within twenty weeks").await;
    let years = totals(asker, "E13", "all", "calendar_year").await;
    let mut rows = Vec::new();
    for row in years.iter() {
        let (Some(within), Some(all), Some(value)) = (
            row.number("numerator"),
            row.number("denominator"),
            row.number("value"),
        ) else {
            continue;
        };
        let year = row.text("period");
        if rows.is_empty() {
            let told = format!(
                "{} in {year}, {} of {}",
                percent(value),
                whole(within),
                whole(all)
            );
            section.headline = format!("{told} plans without a permitted exception were in time.");
            section.line = Some(format!("Plans within twenty weeks: {told}"));
        }
        rows.insert(0, vec![year, whole(within), whole(all), percent(value)]);
    }
    section.tables.push(Table {
        caption: "Plans within twenty weeks, exceptions left out".to_owned(),
        labels: vec!["Year", "#In time", "#Plans", "#Share"],
        rows,
    });
    let printed = format!(
        "select period, value, england_value from published.metric_comparison
         where metric_id = 'E13' and area_code = '{}' and breakdown_topic = 'Total'
         order by period_start desc limit 1",
        asker.area
    );
    if let Some(row) = asker.rows(&printed).await.iter().next()
        && let Some((own, england)) = row.number("value").zip(row.number("england_value"))
    {
        section.caveats.push(format!(
            "The Department for Education's own table has {} for the area in {}, and {} for England",
            percent(own),
            row.text("period"),
            percent(england)
        ));
    }
    let points = chart(asker, "E13", "all").await;
    section.change = change(
        &points,
        asker.metric("E13").map(|metric| metric.polarity),
        100.0,
    );
    section.chart = Some((
        "Share of plans within twenty weeks, by month".to_owned(),
        points,
    ));
    section
}

/// What is coming.
pub(crate) async fn forecast(asker: &Asker<'_>) -> Section {
    let table = "published.breach_forecast";
    let mut section = Section {
        title: "Twenty weeks: what is coming".to_owned(),
        question: "How many of the assessments that are open now will run over twenty weeks, and when?".to_owned(),
        headline: MISSING.to_owned(),
        definition: "From how old each open case is, the stage that it has reached, and how long cases at that stage \
                     took in the last year. The range holds what happens four times in five, if practice stays as it is."
            .to_owned(),
        rejected: asker.rejected(table).await,
        command: format!("jcw query \"select * from {table}\""),
        ..Section::default()
    };
    let sql = format!(
        "select due_week_starts_on, n_open, n_over_already, n_expected_breaches, n_low, n_high
         from {table} where area_code = '{}' order by due_week_starts_on",
        asker.area
    );
    let rows = asker.rows(&sql).await;
    let (mut open, mut over, mut expected, mut table) = (0.0, 0.0, 0.0, Vec::new());
    for row in rows.iter() {
        let number = |column: &str| row.number(column).unwrap_or_default();
        open += number("n_open");
        over += number("n_over_already");
        expected += number("n_expected_breaches");
        if number("n_over_already") == 0.0 {
            table.push(vec![
                row.text("due_week_starts_on"),
                few(row.number("n_open")),
                format!("{:.1}", number("n_expected_breaches")),
                format!("{:.1} to {:.1}", number("n_low"), number("n_high")),
            ]);
        }
    }
    if open > 0.0 {
        let told = format!(
            "{} open assessments: {} expected to run over, {} over already",
            whole(open),
            whole(expected),
            whole(over)
        );
        section.headline = format!("{told}.");
        section.line = Some(format!("Forecast: {told}"));
    }
    let accuracy = format!(
        "select horizon, mean_absolute_error, within_range_percent from published.breach_forecast_accuracy
         where area_code = '{}' order by horizon",
        asker.area
    );
    for row in asker.rows(&accuracy).await.iter() {
        if let Some((error, within)) = row
            .number("mean_absolute_error")
            .zip(row.number("within_range_percent"))
        {
            section.caveats.push(format!(
                "Tried on earlier quarters ({}): off by {error:.1} a quarter on average, within the range {} of the time",
                row.text("horizon"),
                percent(within)
            ));
        }
    }
    section.tables.push(Table {
        caption: "Assessments by the week in which their twenty weeks end".to_owned(),
        labels: vec![
            "Week from",
            "#Open",
            "#Expected to run over",
            "#Four times in five",
        ],
        rows: table,
    });
    section
}
