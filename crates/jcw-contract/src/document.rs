//! A document is a contract, or a whole delivery, as it is sent to a partner:
//! what is asked for, in words, with an example that nobody can take for a
//! person. It is made once, of blocks, and written as text, Markdown or HTML.

mod example;
mod html;
mod markdown;
mod sections;
mod text;
mod words;

use jcw_project::Project;

/// Something to read, whatever it is written as. In its words, what stands
/// between backticks is to be taken letter by letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is about.
    pub title: String,
    /// What it says, from the top.
    pub blocks: Vec<Block>,
}

/// One block of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading; the title is level 1.
    Heading(u8, String),
    /// A few sentences.
    Paragraph(String),
    /// Names with what is said of them.
    Facts(Vec<(String, String)>),
    /// Rows under headings, each as long as the headings.
    Table(Vec<String>, Vec<Vec<String>>),
    /// Text as it would stand in a file.
    Sample(String),
}

impl Document {
    /// The document of a contract (`council/plan_audit`), of a delivery
    /// (`council/sen2`) or of one of its tables (`council/sen2_person`). Tables'
    /// names (`council.plan_audit`) do too. `None` when there is none of the name.
    pub fn of(project: &Project, name: &str) -> Option<Document> {
        let id = name.replacen('.', "/", 1);
        match project.delivery(&id) {
            Some(delivery) => Some(sections::of_delivery(project, delivery)),
            None => project
                .contract(&id)
                .map(|contract| sections::of_contract(project, contract)),
        }
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        text::write(self)
    }

    /// For a repository or a wiki.
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// For an e-mail or a browser: one file that needs no other.
    pub fn html(&self) -> String {
        html::write(self)
    }
}

/// Words in turn outside and inside backticks, beginning outside.
fn spans(words: &str) -> impl Iterator<Item = (bool, &str)> {
    let whole = words.matches('`').count().is_multiple_of(2);
    let parts: Vec<&str> = match whole {
        true => words.split('`').collect(),
        false => vec![words],
    };
    parts
        .into_iter()
        .enumerate()
        .map(|(at, part)| (at % 2 == 1, part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jcw_project::{Draft, ProcessEnvironment};
    use std::path::Path;

    fn project() -> Project {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        Draft::read(&root, &ProcessEnvironment).project.unwrap()
    }

    #[test]
    fn every_contract_and_delivery_of_this_project_can_be_sent_to_a_partner() {
        let project = project();
        let deliveries = project.deliveries.iter().map(|delivery| &delivery.id);
        for id in project.contracts.iter().map(|c| &c.id).chain(deliveries) {
            let document = Document::of(&project, id).unwrap();
            for written in [document.text(), document.markdown(), document.html()] {
                assert!(written.contains(&id.value), "{}", id.value);
                assert!(written.ends_with('\n'), "{}", id.value);
            }
            for block in &document.blocks {
                if let Block::Table(headings, rows) = block {
                    assert!(rows.iter().all(|row| row.len() == headings.len()));
                }
            }
        }
    }

    #[test]
    fn every_field_rule_and_reference_is_told() {
        let project = project();
        for contract in &project.contracts {
            let text = Document::of(&project, &contract.id).unwrap().markdown();
            let columns = contract.columns.iter().map(|column| &column.name);
            let rules = contract.rules.iter().map(|rule| &rule.id);
            let references = contract.references.iter().map(|reference| &reference.id);
            for name in columns.chain(rules).chain(references) {
                assert!(
                    text.contains(&format!("`{}`", name.value)),
                    "{}: {}",
                    contract.id.value,
                    name.value
                );
            }
        }
    }

    #[test]
    fn a_delivery_tells_of_each_of_its_tables() {
        let project = project();
        for delivery in &project.deliveries {
            let text = Document::of(&project, &delivery.id).unwrap().text();
            for contract in project.contracts_of(delivery) {
                assert!(
                    text.contains(&contract.description),
                    "{}",
                    contract.id.value
                );
            }
            for shape in &delivery.shapes {
                assert!(text.contains(&shape.files.value));
            }
        }
    }

    #[test]
    fn the_name_of_a_table_is_as_good_as_that_of_its_contract() {
        let project = project();
        let contract = &project.contracts[0];
        assert_eq!(
            Document::of(&project, &contract.id),
            Document::of(&project, &contract.table())
        );
        assert_eq!(Document::of(&project, "council/nothing"), None);
    }

    #[test]
    fn words_are_split_at_backticks_that_have_a_partner() {
        let parts = |words| spans(words).collect::<Vec<_>>();
        assert_eq!(
            parts("a `b` c"),
            [(false, "a "), (true, "b"), (false, " c")]
        );
        assert_eq!(parts("a ` b"), [(false, "a ` b")]);
    }
}
