//! Sections as one page for a browser or for paper: no script, no font, no
//! picture from anywhere, headings in order, tables with captions.

use super::chart;
use super::section::{Section, Table, whole};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}\
h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.25rem;margin:2.5rem 0 .2rem}\
.q{color:#444;margin:0 0 .4rem}.headline{font-size:1.15rem;font-weight:600;margin:.3rem 0}\
.remark{border:2px solid #1a1a1a;padding:.6rem .9rem;font-weight:600}\
table{border-collapse:collapse;width:100%;margin:.6rem 0}caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid #bbb}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
svg{width:100%;height:auto;font:12px system-ui,sans-serif}\
.line{fill:none;stroke:#1d4f91;stroke-width:1.5}.mean{stroke:#1a1a1a}.limit{stroke:#666;stroke-dasharray:5 4}\
.chance{fill:#1d4f91}.signal{fill:#a33a00}\
.key{font-size:.85rem;color:#444}.small{font-size:.9rem;color:#333}ul{margin:.2rem 0}\
footer{margin-top:3rem;color:#444;font-size:.85rem;border-top:1px solid #bbb;padding-top:.6rem}\
@media print{body{margin:0;max-width:none;font-size:11pt}section{break-inside:avoid}}";

/// The whole page.
pub(crate) fn page(name: &str, remark: &str, release: &str, sections: &[Section]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{name}</title><style>{STYLE}</style></head><body>\n<main>\n<h1>{name}: the figures that matter</h1>\n",
        name = escaped(name),
    );
    if !remark.is_empty() {
        page.push_str(&format!("<p class=\"remark\">{}</p>\n", escaped(remark)));
    }
    page.push_str(
        "<p>Each figure stands with the question that it answers, with what it counts, with what one must know before \
         relying on it, and with how many rows were kept back from the files behind it. Where a part of the area \
         counts one to four children, the count and what could be worked out from it are not shown.</p>\n",
    );
    for section in sections {
        self::section(section, &mut page);
    }
    page.push_str(&format!(
        "</main>\n<footer>Made from release {}. Charts follow the rules of NHS England's Making Data Count: a point is \
         more than chance when it lies outside the limits (the mean and 2.66 mean moving ranges), or belongs to seven \
         in a row on one side of the mean, to seven that rise or fall, or to two of three near a limit.</footer>\n</body></html>\n",
        escaped(release),
    ));
    page
}

fn section(section: &Section, page: &mut String) {
    let paragraph = |class: &str, text: &str| match text.is_empty() {
        true => String::new(),
        false => format!("<p class=\"{class}\">{}</p>\n", escaped(text)),
    };
    page.push_str(&format!(
        "<section>\n<h2>{}</h2>\n",
        escaped(&section.title)
    ));
    page.push_str(&paragraph("q", &section.question));
    page.push_str(&paragraph("headline", &section.headline));
    page.push_str(&paragraph("change", &section.change));
    if let Some((of, points)) = &section.chart {
        page.push_str(&chart::svg(points, of, of.starts_with("Share")));
        page.push_str(
            "<p class=\"key\">Solid line: the mean. Dashed: the limits between which chance moves it. \
             ● chance, ▲ higher and ▼ lower than chance.</p>\n",
        );
    }
    for one in &section.tables {
        page.push_str(&table(one));
    }
    page.push_str(&paragraph("small", &section.definition));
    if !section.caveats.is_empty() {
        page.push_str("<ul class=\"small\">\n");
        for caveat in &section.caveats {
            page.push_str(&format!("<li>{}</li>\n", escaped(caveat)));
        }
        page.push_str("</ul>\n");
    }
    if let Some((rejected, received)) = section.rejected {
        let text = format!(
            "Of {} rows in the files behind it, {} were kept back.",
            whole(received),
            whole(rejected)
        );
        page.push_str(&paragraph("small", &text));
    }
    if !section.command.is_empty() {
        page.push_str(&format!(
            "<p class=\"small\">More: <code>{}</code></p>\n",
            escaped(&section.command)
        ));
    }
    page.push_str("</section>\n");
}

fn table(table: &Table) -> String {
    if table.rows.is_empty() {
        return String::new();
    }
    let mut html = format!(
        "<table><caption>{}</caption><thead><tr>",
        escaped(&table.caption)
    );
    let class = |label: &str| {
        if label.starts_with('#') {
            " class=\"n\""
        } else {
            ""
        }
    };
    for label in &table.labels {
        html.push_str(&format!(
            "<th scope=\"col\"{}>{}</th>",
            class(label),
            escaped(label.trim_start_matches('#'))
        ));
    }
    html.push_str("</tr></thead><tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for (cell, label) in row.iter().zip(&table.labels) {
            html.push_str(&format!("<td{}>{}</td>", class(label), escaped(cell)));
        }
        html.push_str("</tr>\n");
    }
    html + "</tbody></table>\n"
}

/// Text that is only text on a page.
pub(crate) fn escaped(text: &str) -> String {
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
