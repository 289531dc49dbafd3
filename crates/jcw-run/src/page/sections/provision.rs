//! What services do: who answers late and has a long list, whether children get
//! what their plan says, and who waits while being assessed.

use super::{MISSING, TOO_FEW, by_topic, change, chart, of_metric, totals};
use crate::page::ask::Asker;
use crate::page::section::{Section, Table, few, hidden, is_few, percent, share, whole};

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
