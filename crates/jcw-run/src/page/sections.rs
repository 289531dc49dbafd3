//! What the page asks of the release, section by section.

use super::ask::{Asker, Rows};
use super::chart::{Point, Signal, since};
use super::section::{Section, Table, few, hidden, is_few, percent, pounds, share, whole};
use jcw_project::Polarity;

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
    let point = |row: super::ask::Row<'_>| {
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

/// How many ask.
pub(crate) async fn requests(asker: &Asker<'_>) -> Section {
    let mut section = of_metric(asker, "E01", "Requests for an assessment").await;
    let years = totals(asker, "E01", "all", "calendar_year").await;
    let of_year = |row: super::ask::Row<'_>| Some((row.text("period"), row.number("value")?));
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

/// Who answers late, beside who has a long list.
pub(crate) async fn advice(asker: &Asker<'_>) -> Section {
    let mut section = of_metric(asker, "E17", "Advice by service, beside its waiting list").await;
    let sql = format!(
        "select service_name,
           sum(n_due) as n_due, sum(n_late_or_nil) as n_late_or_nil,
           last_value(n_waiting order by month_starts_on) as n_waiting,
           last_value(n_waiting_over_18_weeks order by month_starts_on) as n_over_18,
           max(month_ends_on) as until
         from published.advice_and_waiting
         where area_code = '{area}' and month_starts_on > (
           select max(month_starts_on) - interval '12 months' from published.advice_and_waiting where area_code = '{area}')
         group by service_name order by n_late_or_nil desc, service_name",
        area = asker.area
    );
    let rows = asker.rows(&sql).await;
    let mut table = Vec::new();
    for row in rows.iter() {
        let (due, late) = (row.number("n_due"), row.number("n_late_or_nil"));
        let waiting = row.number("n_waiting");
        let over = row.number("n_over_18");
        let service = row.text("service_name");
        let late_share = share(late, due);
        if table.is_empty() && late.is_some_and(|late| late > 0.0 && !is_few(late)) {
            section.headline = format!(
                "{service} has the most late or missing answers in the twelve months to {}: {late_share} of those due.",
                row.text("until")
            );
            section.line = Some(format!("Advice most often late: {service}, {late_share}"));
        }
        table.push(vec![
            service,
            few(due),
            few(late),
            late_share,
            few(waiting),
            few(over),
        ]);
    }
    if section.headline == MISSING && !table.is_empty() {
        let told = "no service has five or more late or missing answers in twelve months";
        section.headline = told.replacen('n', "N", 1) + ".";
        section.line = Some(format!("Advice: {told}"));
    }
    section.tables.push(Table {
        caption: "Advice due in the last twelve months, and the waiting list at the end of them"
            .to_owned(),
        labels: vec![
            "Service",
            "#Due",
            "#Late or none",
            "#Share late",
            "#Waiting",
            "#Over 18 weeks",
        ],
        rows: table,
    });
    let points = chart(asker, "E17", "all").await;
    section.change = change(
        &points,
        asker.metric("E17").map(|metric| metric.polarity),
        100.0,
    );
    section.chart = Some((
        "Share of all advice within six weeks, by month".to_owned(),
        points,
    ));
    section
}

/// Whether children get what their plan says.
pub(crate) async fn section_g(asker: &Asker<'_>) -> Section {
    let mut section = of_metric(
        asker,
        "H14",
        "Section G: what plans specify and what was delivered",
    )
    .await;
    let terms = totals(asker, "H14", "all", "term").await;
    let mut rows = Vec::new();
    for row in terms.iter() {
        let (Some(delivered), Some(specified), Some(value)) = (
            row.number("numerator"),
            row.number("denominator"),
            row.number("value"),
        ) else {
            continue;
        };
        let term = row.text("period");
        if rows.is_empty() {
            let told = format!("{} of the contacts that plans specify", percent(value));
            section.headline = format!("{told} were delivered in {term}.");
            section.line = Some(format!("Section G delivered: {told}, in {term}"));
        }
        rows.insert(
            0,
            vec![term, whole(delivered), whole(specified), percent(value)],
        );
    }
    let change = match (rows.first(), rows.last()) {
        (Some(first), Some(last)) if rows.len() > 1 => {
            format!(
                "What changed: {} in {}, {} in {}. {TOO_FEW}",
                first[3], first[0], last[3], last[0]
            )
        }
        _ => TOO_FEW.to_owned(),
    };
    section.change = change;
    section.tables.push(Table {
        caption: "Contacts by school term".to_owned(),
        labels: vec!["Term", "#Delivered", "#Specified", "#Share"],
        rows,
    });
    let services = by_topic(asker, "H14", "Service", "term").await;
    let counts = |column: &str| -> Vec<f64> {
        let counts = services.iter().map(|row| row.number(column));
        counts.map(Option::unwrap_or_default).collect()
    };
    let (delivered, specified) = (counts("numerator"), counts("denominator"));
    let hidden = hidden(&delivered).into_iter().zip(hidden(&specified));
    let rows = services
        .iter()
        .zip(hidden)
        .zip(delivered.iter().zip(&specified));
    section.tables.push(Table {
        caption: "The newest term by service".to_owned(),
        labels: vec!["Service", "#Delivered", "#Specified", "#Share"],
        rows: rows
            .map(
                |((row, (few_delivered, few_specified)), (delivered, specified))| {
                    let shown = match few_delivered || few_specified || *specified == 0.0 {
                        true => ["not shown"; 3].map(str::to_owned),
                        false => [
                            whole(*delivered),
                            whole(*specified),
                            percent(100.0 * delivered / specified),
                        ],
                    };
                    [vec![row.text("breakdown")], shown.to_vec()].concat()
                },
            )
            .collect(),
    });
    section
}

/// Who waits for a therapist while being assessed.
pub(crate) async fn therapy(asker: &Asker<'_>) -> Section {
    let mut section = of_metric(asker, "H15", "Waiting for therapy while needs are assessed").await;
    let months = totals(asker, "H15", "all", "month").await;
    if let Some(row) = months.iter().next()
        && let (Some(waiting), Some(open), Some(value)) = (
            row.number("numerator"),
            row.number("denominator"),
            row.number("value"),
        )
    {
        section.headline = format!(
            "At the end of {} {} of {} children under assessment were waiting for a therapist too, {}.",
            row.text("period"),
            whole(waiting),
            whole(open),
            percent(value)
        );
    }
    let points = chart(asker, "H15", "all").await;
    section.change = change(
        &points,
        asker.metric("H15").map(|metric| metric.polarity),
        100.0,
    );
    section.chart = Some((
        "Share of children under assessment who wait for a therapist, by month".to_owned(),
        points,
    ));
    section
}

/// Who pays.
pub(crate) async fn money(asker: &Asker<'_>) -> Section {
    let mut section = of_metric(asker, "J01", "Money by who pays").await;
    let sql = format!(
        "select part, part_name, period, value, unit from published.metric_value
         where metric_id = 'J01' and basis = 'person_level' and period_grain = 'month' and breakdown_topic = 'Total'
           and area_code = '{area}' and period_start = (
             select max(period_start) from published.metric_value
             where metric_id = 'J01' and basis = 'person_level' and period_grain = 'month' and area_code = '{area}')
         order by value desc",
        area = asker.area
    );
    let packages = asker.rows(&sql).await;
    let count = packages.iter().find(|row| row.text("part") == "packages");
    let count = count.and_then(|row| row.number("value"));
    let mut rows = Vec::new();
    if count.is_some_and(is_few) {
        section.headline =
            "Fewer than 5 packages are paid for together: too few to show what they cost."
                .to_owned();
    } else {
        for row in packages.iter().filter(|row| row.text("unit") == "pounds") {
            let cost = row.number("value").unwrap_or_default();
            if row.text("part") == "cost" {
                section.headline = format!(
                    "{} packages paid for together ran at the end of {} and cost {} a year.",
                    count.map_or("All".to_owned(), whole),
                    row.text("period"),
                    pounds(cost)
                );
            }
            rows.push(vec![row.text("part_name"), pounds(cost)]);
        }
    }
    section.tables.push(Table {
        caption: "Packages paid for together: pounds a year by budget".to_owned(),
        labels: vec!["Budget", "#A year"],
        rows,
    });
    let spent = format!(
        "select financial_year, payer, n_children, total_gbp, mean_gbp from published.money_by_payer
         where area_code = '{area}' and kind = 'all' and payer <> 'all' and financial_year = (
           select max(financial_year) from published.money_by_payer where area_code = '{area}')
         order by payer",
        area = asker.area
    );
    let spent = asker.rows(&spent).await;
    let of_payer = |row: super::ask::Row<'_>| {
        let children = row.number("n_children").unwrap_or_default();
        let shown = |column: &str| match is_few(children) {
            true => "not shown".to_owned(),
            false => row.number(column).map_or("-".to_owned(), pounds),
        };
        vec![
            row.text("financial_year"),
            row.text("payer").replace('_', " "),
            few(Some(children)),
            shown("total_gbp"),
            shown("mean_gbp"),
        ]
    };
    section.tables.push(Table {
        caption: "What was spent on children in the newest financial year".to_owned(),
        labels: vec!["Year", "Paid by", "#Children", "#In all", "#For a child"],
        rows: spent.iter().map(of_payer).collect(),
    });
    section
}

/// What the area has promised.
pub(crate) async fn promises(asker: &Asker<'_>) -> Section {
    let mut section = Section {
        title: "What the area has promised".to_owned(),
        question: "Where does each promise stand, and is the change more than chance?".to_owned(),
        headline: MISSING.to_owned(),
        definition: "Promises of the statement of action, the peer review, the inspection and the strategic action \
                     plan, each with the figures that would show it kept; they stand in pipelines/actions."
            .to_owned(),
        command: "jcw query \"select * from published.action_progress\"".to_owned(),
        ..Section::default()
    };
    let sql = "select name, metric_id, basis, period, value, unit, variation, sentence from published.action_progress
               order by name, metric_id, basis";
    let progress = asker.rows(sql).await;
    let (mut rows, mut better, mut worse) = (Vec::new(), 0, 0);
    for row in progress.iter() {
        let variation = row.text("variation");
        better += i32::from(variation == "improvement");
        worse += i32::from(variation == "concern");
        let value = match (row.number("value"), row.text("unit").as_str()) {
            (None, _) => "-".to_owned(),
            (Some(value), "percent") => percent(value),
            (Some(value), "pounds") => pounds(value),
            (Some(value), _) => whole(value),
        };
        let basis = match row.text("basis").as_str() {
            "published" => "as published",
            "person_level" => "as counted",
            _ => "",
        };
        let figure = match row.text("metric_id").as_str() {
            "none" => "no figure".to_owned(),
            id => format!("{id} {basis}"),
        };
        rows.push(vec![
            row.text("name"),
            figure,
            row.text("period"),
            value,
            row.text("sentence"),
        ]);
    }
    if !rows.is_empty() {
        section.headline = format!(
            "Of {} figures that would show a promise kept, {better} are better than chance would have it and {worse} worse.",
            rows.len()
        );
    }
    section.tables.push(Table {
        caption: "Promises and their figures".to_owned(),
        labels: vec![
            "Promise",
            "Figure",
            "Period",
            "#Stands at",
            "What that means",
        ],
        rows,
    });
    let to_come = asker
        .rows("select count(*) as n from published.action where is_wording_to_come")
        .await;
    if let Some(n) = to_come.iter().next().and_then(|row| row.number("n"))
        && n > 0.0
    {
        section.caveats.push(format!(
            "The wording of {} promises is not public, and is to be filled in by their owners; where no day is known by which a promise is due, none is shown",
            whole(n)
        ));
    }
    section
}

/// What came in, and what was kept back.
pub(crate) async fn rows_received(asker: &Asker<'_>) -> Section {
    let sql =
        "select partner, count(*) as files, sum(received) as received, sum(rejected) as rejected
               from jcw.extract group by partner order by partner";
    let rows = asker.rows(sql).await;
    let of_partner = |row: super::ask::Row<'_>| {
        let id = row.text("partner");
        let mut partners = asker.project.warehouse.partners.iter();
        let name = partners.find(|partner| partner.id.value == id);
        let number = |column: &str| row.number(column).unwrap_or_default();
        vec![
            name.map_or(id, |partner| partner.name.clone()),
            whole(number("files")),
            whole(number("received")),
            whole(number("rejected")),
        ]
    };
    Section {
        title: "What came in".to_owned(),
        question: "What did each partner send, and how many rows were kept back?".to_owned(),
        definition: "A row that breaks a rule of its contract is kept back with the reason, and the partner gets it back.".to_owned(),
        tables: vec![Table {
            caption: "Files and rows by partner".to_owned(),
            labels: vec!["Partner", "#Files", "#Rows", "#Kept back"],
            rows: rows.iter().map(of_partner).collect(),
        }],
        command: "jcw status --rejects".to_owned(),
        ..Section::default()
    }
}
