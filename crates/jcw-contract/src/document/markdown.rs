//! A document as Markdown (GitHub's, for its tables).

use super::{Block, Document, spans};

pub(super) fn write(document: &Document) -> String {
    let mut out = format!("# {}\n", escaped(&document.title));
    for block in &document.blocks {
        out.push('\n');
        match block {
            Block::Heading(level, text) => {
                let marks = "#".repeat(usize::from(*level));
                out.push_str(&format!("{marks} {}\n", escaped(text)));
            }
            Block::Paragraph(text) => out.push_str(&format!("{}\n", escaped(text))),
            Block::Facts(facts) => {
                let lines = facts
                    .iter()
                    .map(|(name, text)| format!("- **{}**: {}\n", escaped(name), escaped(text)));
                out.extend(lines);
            }
            Block::Table(headings, rows) => {
                out.push_str(&line(headings));
                out.push_str(&line(&vec!["---".to_owned(); headings.len()]));
                out.extend(rows.iter().map(|row| line(row)));
            }
            Block::Sample(text) => out.push_str(&format!("```\n{text}\n```\n")),
        }
    }
    out
}

/// A pipe ends a cell wherever it stands, in what is taken letter by letter too.
fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| escaped(cell).replace('|', "\\|"))
        .collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Words, with what Markdown would take for its own marked as text.
fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for (is_code, part) in spans(words) {
        if is_code {
            out.push_str(&format!("`{}`", one_line(part)));
            continue;
        }
        for letter in one_line(part).chars() {
            if matches!(letter, '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#') {
                out.push('\\');
            }
            out.push(letter);
        }
    }
    out
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_takes_for_its_own_is_text() {
        assert_eq!(escaped("a_b < `c_d`\ne"), "a\\_b \\< `c_d` e");
        assert_eq!(
            line(&["`(a|b)`".to_owned(), "c|d".to_owned()]),
            "| `(a\\|b)` | c\\|d |\n"
        );
    }
}
