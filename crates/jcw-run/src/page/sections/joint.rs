//! What the partners do together: who pays, what was promised, and what each of
//! them sent.

use super::{MISSING, of_metric};
use crate::page::ask::{Asker, Row};
use crate::page::section::{Section, Table, few, is_few, percent, pounds, whole};

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
    let of_payer = |row: Row<'_>| {
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
    let of_partner = |row: Row<'_>| {
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
