//! A definition as a page for a person: on a terminal, or in Markdown.

use super::{Definition, Part};
use jcw_project::Basis;
use std::fmt::{self, Write as _};

/// A heading and what stands under it: label and text.
struct Section {
    heading: &'static str,
    lines: Vec<(String, String)>,
}

impl Definition {
    /// In Markdown.
    pub fn markdown(&self) -> String {
        let mut page = format!(
            "# {} {}\n\nVersion {}\n\n{}\n",
            self.id,
            self.word("name"),
            self.word("version"),
            self.word("question")
        );
        // Writing to a string does not fail.
        for section in self.sections() {
            let _ = writeln!(page, "\n## {}\n", section.heading);
            for (label, text) in section.lines {
                let text = text.replace('\n', "\n  - ");
                let _ = writeln!(page, "- **{label}**: {text}");
            }
        }
        page
    }

    fn sections(&self) -> Vec<Section> {
        let words = [
            ("definition", "definition"),
            ("cohort", "cohort"),
            ("trap", "the trap"),
            ("polarity", "polarity"),
            ("source", "source"),
            ("comparator", "comparator"),
            ("owner", "owner"),
            ("caveats", "caveats"),
        ];
        let mut lines: Vec<(String, String)> = words
            .iter()
            .map(|(column, label)| ((*label).to_owned(), self.word(column).to_owned()))
            .collect();
        lines.insert(
            5,
            ("design".to_owned(), design(self.word("design")).to_owned()),
        );
        lines.retain(|(_, text)| !text.is_empty());
        let mut sections = vec![Section {
            heading: "What it means",
            lines,
        }];
        for basis in [Basis::Published, Basis::PersonLevel] {
            sections.extend(self.basis(basis));
        }
        let changes = self.word("changes").lines();
        let changes = changes.filter_map(|line| line.split_once(": "));
        let changes: Vec<(String, String)> = changes
            .map(|(version, what)| (format!("version {version}"), what.to_owned()))
            .collect();
        if !changes.is_empty() {
            sections.push(Section {
                heading: "What changed",
                lines: changes,
            });
        }
        sections
    }

    fn basis(&self, basis: Basis) -> Option<Section> {
        let first = self.on(basis).next()?;
        let mut lines = Vec::new();
        let mut add = |label: &str, text: String| {
            if !text.is_empty() {
                lines.push((label.to_owned(), text));
            }
        };
        add("rows of", first.word("model").to_owned());
        add("those where", on_one_line(first.word("cohort_sql")));
        for (id, what, sql) in first.exclusions() {
            let text = format!("{what} ({})", on_one_line(&sql));
            add(&format!("left out, {id}"), text);
        }
        add("clock", first.word("clock").to_owned());
        add("in a period by", on_one_line(first.word("when_sql")));
        add("periods", first.word("grain").replace('_', " "));
        add("split by", first.word("dimensions").to_owned());
        add("counts each once", on_one_line(first.word("count_sql")));
        for part in self.on(basis) {
            add(&part.label(), part.counted());
        }
        Some(Section {
            heading: match basis {
                Basis::Published => "As published",
                Basis::PersonLevel => "Counted from our own rows",
            },
            lines,
        })
    }
}

impl Part {
    fn label(&self) -> String {
        format!("{} ({})", self.word("part_name"), self.word("unit"))
    }

    /// What is divided by what, in SQL.
    pub(crate) fn counted(&self) -> String {
        let numerator = on_one_line(self.word("numerator"));
        match (self.word("percentile"), self.word("denominator")) {
            ("", "") => numerator,
            ("", denominator) => format!("{numerator}  /  {}", on_one_line(denominator)),
            (share, _) => format!("percentile {share} of {numerator}"),
        }
    }
}

fn design(word: &str) -> &str {
    match word {
        "published" => "published: a national measure has this definition",
        "local" => "local: no national measure has this definition",
        other => other,
    }
}

fn on_one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = (self.word("name"), self.word("version"));
        writeln!(f, "{} {name} (version {version})", self.id)?;
        writeln!(f, "  {}", self.word("question"))?;
        for section in self.sections() {
            writeln!(f, "\n{}", section.heading)?;
            let labels = section.lines.iter().map(|(label, _)| label.chars().count());
            let width = labels.max().unwrap_or_default().min(WIDEST);
            for (label, text) in &section.lines {
                let break_ = format!("\n{:width$}", "", width = width + 4);
                writeln!(f, "  {label:<width$}  {}", text.replace('\n', &break_))?;
            }
        }
        Ok(())
    }
}

/// Characters of a label that text is lined up after.
const WIDEST: usize = 32;
