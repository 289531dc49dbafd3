//! A document as text for a terminal: a table of two columns side by side, a
//! wider one row by row.

use super::{Block, Document};

pub(super) fn write(document: &Document) -> String {
    let mut out = underlined(&document.title, '=');
    for block in &document.blocks {
        out.push('\n');
        match block {
            Block::Heading(2, text) => out.push_str(&underlined(text, '-')),
            Block::Heading(_, text) => out.push_str(&format!("{text}\n")),
            Block::Paragraph(text) => out.push_str(&format!("{text}\n")),
            Block::Facts(facts) => {
                let facts: Vec<_> = facts.iter().map(|(name, text)| [name, text]).collect();
                out.push_str(&side_by_side(&facts));
            }
            Block::Table(headings, rows) => out.push_str(&table(headings, rows)),
            Block::Sample(text) => {
                let lines = text.lines().map(|line| format!("    {line}\n"));
                out.extend(lines);
            }
        }
    }
    out
}

fn underlined(text: &str, with: char) -> String {
    let line: String = std::iter::repeat_n(with, text.chars().count()).collect();
    format!("{text}\n{line}\n")
}

fn side_by_side(rows: &[[&String; 2]]) -> String {
    let width = rows.iter().map(|[name, _]| name.chars().count()).max();
    let width = width.unwrap_or(0);
    rows.iter()
        .map(|[name, text]| format!("{name:width$}  {text}").trim_end().to_owned() + "\n")
        .collect()
}

fn table(headings: &[String], rows: &[Vec<String>]) -> String {
    let pairs: Vec<[&String; 2]> = rows
        .iter()
        .filter_map(|row| match row.as_slice() {
            [first, second] => Some([first, second]),
            _ => None,
        })
        .collect();
    if headings.len() == 2 {
        return side_by_side(&pairs);
    }
    let mut out = String::new();
    for row in rows {
        for (at, (heading, cell)) in headings.iter().zip(row).enumerate() {
            match (at, cell.as_str()) {
                (0, cell) => out.push_str(&format!("{cell}\n")),
                (_, "") => {}
                (_, cell) => out.push_str(&format!("    {}: {cell}\n", heading.to_lowercase())),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_table_is_told_row_by_row_without_what_is_blank() {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let document = Document {
            title: "Title".into(),
            blocks: vec![
                Block::Facts(vec![("a".into(), "b".into()), ("long".into(), "c".into())]),
                Block::Heading(2, "Fields".into()),
                Block::Table(
                    words(&["Field", "Type", "Limits"]),
                    vec![words(&["one", "text", ""]), words(&["two", "date", "none"])],
                ),
                Block::Sample("x,y".into()),
            ],
        };
        let expected = "Title\n=====\n\na     b\nlong  c\n\nFields\n------\n\none\n    type: text\ntwo\n    type: date\n    limits: none\n\n    x,y\n";
        assert_eq!(document.text(), expected);
    }
}
