//! Every rule of the contracts in this repository that can reject a row has a
//! planting, or a reason why it has none.

use super::planting::plantings;
use crate::writer::tables;
use jcw_project::{Column, Contract, Kind, Project, Severity};
use std::collections::BTreeSet;
use std::path::Path;

/// Contract, rule, and why the mess has nothing for it.
const REASONS: [(&str, &str, &str); 2] = [
    (
        "eput/csds_contact",
        "csds-one-attendance",
        "a submission has one of the two columns, by its version",
    ),
    (
        "eput/csds_patient",
        "csds-nhs-number-not-test",
        "the column itself refuses test numbers first (nhs_number.test-number)",
    ),
];

/// Rules of a delivery's header, which is never spoilt, because nothing of the
/// delivery would load.
const HEADERS: [&str; 3] = [
    "council/sen2_return",
    "eput/csds_header",
    "nelft/mhsds_header",
];

fn project() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (project, diagnostics) = Project::load(&root, &|_: &str| None);
    project.unwrap_or_else(|| panic!("{}", jcw_project::render(&diagnostics, &root, false)))
}

#[test]
fn every_rule_that_rejects_a_row_has_a_planting_or_a_reason() {
    let project = project();
    let mut missing = Vec::new();
    let mut unknown = Vec::new();
    for table in tables::all() {
        let id = table.name.replace('.', "/");
        let Some(contract) = project.contract(&id) else {
            missing.push(format!("{id}: there is no such contract"));
            continue;
        };
        let planted: BTreeSet<String> = plantings(table)
            .iter()
            .filter_map(|planting| planting.broken.as_ref())
            .map(|broken| broken.rule.to_string())
            .chain(table.rules.iter().map(|rule| rule.id.to_owned()))
            .chain(table.references.iter().map(|known| known.id.to_owned()))
            .collect();
        let is_nested = table.references.iter().any(|known| !known.is_shown);
        for rule in rejecting(contract, is_nested || table.name == "council.sen2_person") {
            let is_excused = REASONS
                .iter()
                .any(|(at, which, _)| *at == id && *which == rule);
            if !planted.contains(&rule) && !is_excused {
                missing.push(format!("{id}: {rule}"));
            }
        }
        let all: BTreeSet<String> = all_rules(contract).collect();
        unknown.extend(planted.difference(&all).map(|rule| format!("{id}: {rule}")));
    }
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "without a planting:\n{}\nplanted, and not in the contract:\n{}",
        missing.join("\n"),
        unknown.join("\n")
    );
}

#[test]
fn every_extract_about_persons_is_made() {
    let project = project();
    let made: BTreeSet<String> = tables::all()
        .iter()
        .map(|table| table.name.replace('.', "/"))
        .collect();
    let about_persons = project.contracts.iter().filter(|contract| {
        let mut columns = contract.columns.iter();
        columns.any(|column| column.classification != jcw_project::Classification::Open)
    });
    let left: Vec<&str> = about_persons
        .map(|contract| contract.id.value.as_str())
        .filter(|id| !made.contains(*id) && !HEADERS.contains(id))
        .collect();
    assert!(left.is_empty(), "not made: {left:?}");
}

/// What is in the table itself, and not in the file's name or the header.
fn is_cell(column: &Column) -> bool {
    column.from.is_none()
}

/// The ids of rules that reject a row, as `jcw.reject` has them. In a message
/// the ids are the numbers of the records, which cannot be wrong and are not
/// planted, and no two records can have the same.
fn rejecting(contract: &Contract, is_numbered: bool) -> Vec<String> {
    let mut rules = Vec::new();
    for column in contract.columns.iter().filter(|column| is_cell(column)) {
        let is_id = is_numbered && column.name.value.ends_with("_id");
        if column.severity == Severity::RejectRow && !is_id {
            rules.extend(of_column(column));
        }
    }
    if let Some(key) = contract.key.as_ref().filter(|_| !is_numbered) {
        let is_whole_row = contract
            .columns
            .iter()
            .filter(|column| is_cell(column))
            .all(|column| key.columns.iter().any(|own| own.value == column.name.value));
        // Two rows of one key are then the same row.
        if !is_whole_row {
            rules.push(key.id.clone());
        }
    }
    let over_rows = contract.rules.iter();
    rules.extend(
        over_rows
            .filter(|rule| rule.severity == Severity::RejectRow)
            .map(|rule| rule.id.value.clone()),
    );
    let references = contract.references.iter();
    rules.extend(
        references
            .filter(|reference| reference.severity == Severity::RejectRow)
            .map(|reference| reference.id.value.clone()),
    );
    rules
}

fn of_column(column: &Column) -> Vec<String> {
    let name = &column.name.value;
    let mut rules = Vec::new();
    if column.required {
        rules.push(format!("{name}.required"));
    }
    if column.min.is_some() || column.max.is_some() {
        rules.push(format!("{name}.range"));
    }
    if column.pattern.is_some() {
        rules.push(format!("{name}.pattern"));
    }
    match column.kind {
        Kind::Text => {}
        Kind::Code { .. } => rules.push(format!("{name}.code")),
        Kind::NhsNumber => {
            rules.push(format!("{name}.type"));
            rules.push(format!("{name}.test-number"));
        }
        Kind::Decimal { .. } => {
            rules.push(format!("{name}.type"));
            rules.push(format!("{name}.scale"));
        }
        _ => rules.push(format!("{name}.type")),
    }
    rules
}

/// Every rule that there is, queries too.
fn all_rules(contract: &Contract) -> impl Iterator<Item = String> {
    let columns = contract.columns.iter().flat_map(of_column);
    let rules = contract.rules.iter().map(|rule| rule.id.value.clone());
    let references = (contract.references.iter()).map(|reference| reference.id.value.clone());
    let key = contract.key.iter().map(|key| key.id.clone());
    columns.chain(rules).chain(references).chain(key)
}
