//! Reads what a contract asks of rows and of their number: key, rules,
//! references, row count.

use super::column::SEVERITIES;
use crate::contract::{Contract, Key, Reference, RowCount, Rule, Severity};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::Placed;
use crate::value::{choice, filled, number, placed_text, placed_word, text};
use crate::yaml::{Node, Value};

type Problems = Vec<Diagnostic>;

/// `[a, b]`, or `{id: x, columns: [a, b]}`.
pub(crate) fn key(node: &Node, problems: &mut Problems) -> Option<Key> {
    if matches!(node.value, Value::List(_)) {
        return Some(Key {
            id: "key".into(),
            columns: filled(placed_text)(node, problems)?,
        });
    }
    let mut fields = Fields::of("a key", node, problems)?;
    let id = fields.optional("id", text).unwrap_or_else(|| "key".into());
    let columns = fields.required("columns", filled(placed_text));
    fields.finish();
    Some(Key {
        id,
        columns: columns?,
    })
}

pub(crate) fn rule(node: &Node, problems: &mut Problems) -> Option<Rule> {
    let mut fields = Fields::of("a rule", node, problems)?;
    let id = fields.required("id", placed_word);
    let check = fields.required("check", placed_text);
    let severity = fields
        .optional("severity", choice(&SEVERITIES))
        .unwrap_or_default();
    let message = fields.required("message", text);
    let source = fields.optional("source", text);
    fields.finish();
    Some(Rule {
        id: id?,
        check: check?,
        severity,
        message: message?,
        source,
    })
}

/// One name, or a list of them.
fn names(node: &Node, problems: &mut Problems) -> Option<Vec<Placed<String>>> {
    match &node.value {
        Value::List(_) => filled(placed_text)(node, problems),
        _ => placed_text(node, problems).map(|name| vec![name]),
    }
}

pub(crate) fn reference(node: &Node, problems: &mut Problems) -> Option<Reference> {
    let mut fields = Fields::of("a reference", node, problems)?;
    let id = fields.required("id", placed_word);
    let columns = fields.required("column", names);
    let table = fields.required("table", placed_text);
    let to = fields.required("to", names);
    let severity = fields
        .optional("severity", choice(&SEVERITIES))
        .unwrap_or_default();
    let message = fields.required("message", text);
    fields.finish();
    let (columns, to) = (columns?, to?);
    if let (Some(first), true) = (to.first(), columns.len() != to.len()) {
        let message = format!(
            "the reference has {} columns here and {} there",
            columns.len(),
            to.len()
        );
        let hint = "name as many in `to` as in `column`, in the same order";
        problems.push(Diagnostic::error(first.place.clone(), message).hint(hint));
        return None;
    }
    Some(Reference {
        id: id?,
        columns,
        table: table?,
        to,
        severity,
        message: message?,
    })
}

pub(crate) fn row_count(node: &Node, problems: &mut Problems) -> Option<RowCount> {
    let mut fields = Fields::of("a row count", node, problems)?;
    let count = RowCount {
        id: fields
            .optional("id", text)
            .unwrap_or_else(|| "row-count".into()),
        min_ratio: fields.optional("min_ratio", number).unwrap_or(0.0),
        max_ratio: fields
            .optional("max_ratio", number)
            .unwrap_or(f64::INFINITY),
        severity: fields
            .optional("severity", choice(&SEVERITIES))
            .unwrap_or(Severity::RejectFile),
    };
    if count.severity == Severity::RejectRow
        && let Some(entry) = fields.entry("severity")
    {
        let message = "a row count is about the file, so it cannot reject a row";
        fields.problems().push(
            Diagnostic::error(entry.value.place.clone(), message).hint("write reject_file or warn"),
        );
    }
    fields.finish();
    Some(count)
}

/// A rejected row names its rule: two rules cannot share an id.
pub(crate) fn check_ids(contract: &Contract, problems: &mut Problems) {
    let rules = contract.rules.iter().map(|rule| &rule.id);
    let references = contract.references.iter().map(|reference| &reference.id);
    let ids: Vec<&Placed<String>> = rules.chain(references).collect();
    let taken = contract
        .key
        .iter()
        .map(|key| &key.id)
        .chain(contract.row_count.iter().map(|count| &count.id));
    let taken: Vec<&String> = taken.collect();
    for (at, id) in ids.iter().enumerate() {
        if ids[..at].iter().any(|other| other.value == id.value) || taken.contains(&&id.value) {
            let message = format!("there are two rules \"{}\" in this contract", id.value);
            problems.push(
                Diagnostic::error(id.place.clone(), message).hint("give each rule its own id"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems_when, project};

    #[test]
    fn a_rule_says_where_it_comes_from() {
        let project = project(&[]);
        let person = project.contract("council/sen2_person").unwrap();
        assert_eq!(
            person.rules[0].source.as_deref(),
            Some("DfE SEN2 specification")
        );
    }

    #[test]
    fn a_reference_over_several_columns_names_as_many_there() {
        let request = "schemas/council/sen2/request.yaml";
        let contract = project(&[]);
        let reference = &contract
            .contract("council/sen2_request")
            .unwrap()
            .references[0];
        assert_eq!((reference.columns.len(), reference.to.len()), (2, 2));
        assert_eq!(
            problems_when(request, "to: [lea, person_id]", "to: person_id"),
            [
                "schemas/council/sen2/request.yaml:11:82: the reference has 2 columns here and 1 there; name as many in `to` as in `column`, in the same order"
            ]
        );
        assert_eq!(
            problems_when(
                request,
                "column: [lea, person_id]",
                "column: [lea, persn_id]"
            )
            .len(),
            1
        );
    }
}
