//! The report as one page that needs nothing beside itself: no script, no font,
//! no picture from anywhere.

use super::delivery::rejected_share;
use super::gather::{Rule, SourceReport};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}\
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}\
table{border-collapse:collapse;width:100%;margin:.5rem 0}\
caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ccc}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
.late{border-left:.4rem solid #b00;padding-left:.8rem}details{margin:.5rem 0}summary{cursor:pointer}\
footer{margin-top:3rem;color:#555;font-size:.85rem}";

/// The whole page.
pub(crate) fn page(report: &SourceReport) -> String {
    let title = format!("{}: what became of what was sent", report.source);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<p>{}</p>\n",
        escaped(&report.description),
        title = escaped(&title),
    );
    timing(report, &mut page);
    received(report, &mut page);
    rejected(report, &mut page);
    warnings(report, &mut page);
    earlier(report, &mut page);
    page.push_str(&format!(
        "<footer>Made on {} by run {}. Rows are named by where they stood and by your own identifiers; \
         no other value of any row is on this page.</footer>\n</body></html>\n",
        report.clock(report.made_at),
        escaped(&report.run_id),
    ));
    page
}

fn timing(report: &SourceReport, page: &mut String) {
    let class = if report.timing.is_late {
        " class=\"late\""
    } else {
        ""
    };
    page.push_str(&format!(
        "<p{class}>{}</p>\n",
        escaped(&report.timeliness())
    ));
}

fn received(report: &SourceReport, page: &mut String) {
    page.push_str("<h2>Received</h2>\n");
    if report.deliveries.is_empty() {
        page.push_str("<p>Nothing arrived.</p>\n");
        return;
    }
    let mut table = Table::new(&[
        "File",
        "Table",
        "Status",
        "#Received",
        "#Loaded",
        "#Rejected",
        "#Repeated",
    ]);
    for extract in &report.extracts {
        let status = match &extract.reason {
            Some(reason) => format!("{}: {reason}", extract.status),
            None => extract.status.clone(),
        };
        table.row(&[
            extract.file.clone(),
            extract.table_name.clone(),
            status,
            grouped(extract.received),
            grouped(extract.accepted),
            grouped(extract.rejected),
            grouped(extract.duplicate),
        ]);
    }
    page.push_str(&table.finish());
    let now = rejected_share(&report.deliveries);
    if let Some(now) = now {
        page.push_str(&format!("<p>{now:.1} % of the rows were rejected"));
        if let Some(before) = rejected_share(&report.earlier) {
            page.push_str(&format!("; of the deliveries before, {before:.1} %"));
        }
        page.push_str(".</p>\n");
    }
}

fn rejected(report: &SourceReport, page: &mut String) {
    page.push_str("<h2>Rows that were not loaded, by rule</h2>\n");
    if report.rules.is_empty() {
        page.push_str("<p>None.</p>\n");
        return;
    }
    let mut table = Table::new(&["Rule", "Table", "Column", "#Rows", "What is wrong"]);
    for rule in &report.rules {
        table.row(&[
            rule.id.clone(),
            rule.table.clone(),
            rule.column.clone().unwrap_or_default(),
            grouped(rule.rows as i64),
            rule.reason.clone(),
        ]);
    }
    page.push_str(&table.finish());
    page.push_str("<p>A row that breaks two rules is counted with both.</p>\n");
    for rule in &report.rules {
        examples(rule, page);
    }
}

fn examples(rule: &Rule, page: &mut String) {
    let all = match rule.examples.len() as u64 == rule.rows {
        true => "all".to_owned(),
        false => format!("the first {}", rule.examples.len()),
    };
    page.push_str(&format!(
        "<details><summary>{} in {}: {all} of {} rows</summary>\n",
        escaped(&rule.id),
        escaped(&rule.table),
        grouped(rule.rows as i64),
    ));
    let mut table = Table::new(&["File", "#Row", "Your identifier", "What is wrong"]);
    for example in &rule.examples {
        let origin = &example.origin;
        let file = match &origin.sheet {
            Some(sheet) => format!("{}, sheet {sheet}", origin.file),
            None => origin.file.clone(),
        };
        table.row(&[
            file,
            origin.row.to_string(),
            example.id.clone(),
            example.reason.clone(),
        ]);
    }
    page.push_str(&table.finish());
    page.push_str("</details>\n");
}

fn warnings(report: &SourceReport, page: &mut String) {
    page.push_str("<h2>Loaded, but worth a look</h2>\n");
    if report.warnings.is_empty() {
        page.push_str("<p>Nothing.</p>\n");
        return;
    }
    let mut table = Table::new(&[
        "Rule",
        "File",
        "Table",
        "#Rows",
        "#First row",
        "What is odd",
    ]);
    for odd in &report.warnings {
        table.row(&[
            odd.warning.rule.clone(),
            odd.file.clone(),
            odd.table.clone(),
            match odd.warning.rows {
                0 => String::new(),
                rows => grouped(rows as i64),
            },
            odd.warning
                .first_row
                .map_or(String::new(), |row| row.to_string()),
            odd.warning.message.clone(),
        ]);
    }
    page.push_str(&table.finish());
}

fn earlier(report: &SourceReport, page: &mut String) {
    page.push_str("<h2>Compared with before</h2>\n");
    if report.earlier.is_empty() {
        page.push_str("<p>This is the first delivery.</p>\n");
        return;
    }
    let mut table = Table::new(&[
        "Received on",
        "Files",
        "Status",
        "#Rows",
        "#Rejected",
        "#Share rejected",
    ]);
    let now = report.deliveries.iter().rev();
    for delivery in now.chain(&report.earlier) {
        let is_new = delivery.run_id == report.run_id;
        table.row(&[
            report.clock(delivery.received_at) + if is_new { " (this run)" } else { "" },
            match delivery.files.len() {
                1 => delivery.files.iter().cloned().collect(),
                files => format!("{files} files"),
            },
            delivery.status.clone(),
            grouped(delivery.received),
            grouped(delivery.rejected),
            rejected_share([delivery]).map_or(String::new(), |share| format!("{share:.1} %")),
        ]);
    }
    page.push_str(&table.finish());
}

/// A table; a label that begins with `#` is of a column of numbers.
struct Table {
    html: String,
    classes: Vec<&'static str>,
}

impl Table {
    fn new(labels: &[&str]) -> Table {
        let mut table = Table {
            html: "<table><thead><tr>".to_owned(),
            classes: Vec::new(),
        };
        for label in labels {
            let (class, label) = match label.strip_prefix('#') {
                Some(label) => (" class=\"n\"", label),
                None => ("", *label),
            };
            table
                .html
                .push_str(&format!("<th scope=\"col\"{class}>{}</th>", escaped(label)));
            table.classes.push(class);
        }
        table.html.push_str("</tr></thead><tbody>\n");
        table
    }

    fn row(&mut self, cells: &[String]) {
        self.html.push_str("<tr>");
        for (cell, class) in cells.iter().zip(&self.classes) {
            self.html
                .push_str(&format!("<td{class}>{}</td>", escaped(cell)));
        }
        self.html.push_str("</tr>\n");
    }

    fn finish(self) -> String {
        self.html + "</tbody></table>\n"
    }
}

/// Text that is only text on a page.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// `12,345`
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if number < 0 {
        format!("-{grouped}")
    } else {
        grouped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_only_text_and_numbers_have_groups() {
        assert_eq!(escaped("<b>'&\""), "&lt;b&gt;&#39;&amp;&quot;");
        assert_eq!(
            [
                grouped(0),
                grouped(999),
                grouped(1_234_567),
                grouped(-1_000)
            ],
            ["0", "999", "1,234,567", "-1,000"]
        );
    }
}
