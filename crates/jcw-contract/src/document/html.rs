//! A document as one HTML file: no script, nothing fetched, fit to be printed.

use super::{Block, Document, spans};

const STYLE: &str = "\
body { font: 16px/1.5 system-ui, sans-serif; color: #0b0c0c; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 2px solid #0b0c0c; padding-top: 1rem; margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border-bottom: 1px solid #b1b4b6; padding: .4rem .6rem .4rem 0; text-align: left; vertical-align: top; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; }
dt { font-weight: 700; }
dd { margin: 0; }
code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f3f2f1; overflow-wrap: anywhere; }
pre { padding: 1rem; overflow-x: auto; white-space: pre; }
@media print { body { max-width: none; font-size: 11px; } tr { break-inside: avoid; } }
";

pub(super) fn write(document: &Document) -> String {
    let title = escaped(&document.title.replace('`', ""));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n",
        marked(&document.title)
    );
    for block in &document.blocks {
        match block {
            Block::Heading(level, text) => {
                out.push_str(&format!("<h{level}>{}</h{level}>\n", marked(text)));
            }
            Block::Paragraph(text) => out.push_str(&format!("<p>{}</p>\n", marked(text))),
            Block::Facts(facts) => {
                let facts = facts.iter().map(|(name, text)| {
                    format!("<dt>{}</dt><dd>{}</dd>\n", marked(name), marked(text))
                });
                out.push_str(&format!("<dl>\n{}</dl>\n", facts.collect::<String>()));
            }
            Block::Table(headings, rows) => out.push_str(&table(headings, rows)),
            Block::Sample(text) => out.push_str(&format!("<pre>{}</pre>\n", escaped(text))),
        }
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn table(headings: &[String], rows: &[Vec<String>]) -> String {
    let heads: String = headings
        .iter()
        .map(|heading| format!("<th scope=\"col\">{}</th>", marked(heading)))
        .collect();
    let rows: String = rows
        .iter()
        .map(|row| {
            let cells = row.iter().map(|cell| format!("<td>{}</td>", marked(cell)));
            format!("<tr>{}</tr>\n", cells.collect::<String>())
        })
        .collect();
    format!("<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

/// Words, with what is taken letter by letter set apart.
fn marked(words: &str) -> String {
    spans(words)
        .map(|(is_code, part)| match is_code {
            true => format!("<code>{}</code>", escaped(part)),
            false => escaped(part),
        })
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_contract_says_becomes_markup() {
        let document = Document {
            title: "A <b> & `c`".into(),
            blocks: vec![Block::Table(
                vec!["<i>".into()],
                vec![vec!["`(?<year>\\d)` \"x\"".into()]],
            )],
        };
        let html = document.html();
        assert!(html.contains("<title>A &lt;b&gt; &amp; c</title>"));
        assert!(html.contains("<h1>A &lt;b&gt; &amp; <code>c</code></h1>"));
        assert!(html.contains("<td><code>(?&lt;year&gt;\\d)</code> &quot;x&quot;</td>"));
        assert!(!html.contains("<i>") && !html.contains("http"));
    }
}
