//! Reads sets of codes: those of `schemas/codes.yaml`, which several contracts
//! use by name, and those written in a column.

use super::File;
use crate::diagnostic::Diagnostic;
use crate::expand::Environment;
use crate::suggest;
use crate::value::{list, map, word};
use crate::yaml::{self, Node, Value};
use std::collections::BTreeMap;

/// Code to label.
pub(crate) type Set = BTreeMap<String, String>;
/// Sets by name; `None` for one that could not be read.
pub(crate) type Sets = BTreeMap<String, Option<Set>>;

pub(crate) fn read(
    file: &File,
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> Option<Sets> {
    let node = yaml::read(&file.path, &file.text, environment, problems)?;
    // A set with something wrong in it still exists.
    let set = |node: &Node, problems: &mut _| Some(written_out(node, problems));
    let sets = map(set)(&node, problems)?;
    Some(sets.into_iter().collect())
}

/// The codes of a column: the name of a set, or a set.
pub(crate) fn of_column(
    node: &Node,
    sets: Option<&Sets>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Set> {
    if !matches!(node.value, Value::Scalar(_)) {
        return written_out(node, problems);
    }
    let set = word(node, problems)?;
    // Without the sets there is one problem, and it has been told.
    let sets = sets?;
    let found = sets.get(&set);
    if found.is_none() {
        let message = format!("schemas/codes.yaml has no set of codes \"{set}\"");
        let hint = suggest::hint(&set, "sets", sets.keys());
        problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
    }
    found.cloned().flatten()
}

/// `[Y, N]`, where each code is its own label, or `{Y: Yes, N: No}`.
fn written_out(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Set> {
    let codes: Set = match &node.value {
        Value::List(_) => list(word)(node, problems)?
            .into_iter()
            .map(|code| (code.clone(), code))
            .collect(),
        _ => map(word)(node, problems)?.into_iter().collect(),
    };
    if codes.is_empty() {
        let message = "a code needs at least one value it may have";
        problems.push(
            Diagnostic::error(node.place.clone(), message)
                .hint("write `[Y, N]` or `{Y: Yes, N: No}`"),
        );
        return None;
    }
    Some(codes)
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems, problems_when, project, sound};

    const PERSON: &str = "schemas/council/sen2/person.yaml";

    #[test]
    fn a_set_that_does_not_exist_is_told_once_and_a_broken_file_only_there() {
        assert_eq!(
            problems_when(PERSON, "codes: sex", "codes: sexx"),
            [
                "schemas/council/sen2/person.yaml:9:36: schemas/codes.yaml has no set of codes \"sexx\"; did you mean \"sex\"?"
            ]
        );
        for broken in ["sex: [\n", "sex: {}\n", "sex: M\n"] {
            let told = problems(&[("schemas/codes.yaml", Some(broken))]);
            assert_eq!(told.len(), 1, "{told:#?}");
            assert!(told[0].starts_with("schemas/codes.yaml:"), "{told:?}");
        }
    }

    #[test]
    fn a_contract_is_another_when_a_set_of_codes_that_it_uses_is() {
        let hash = |to: &str| {
            let text = sound("schemas/codes.yaml").replacen("Male", to, 1);
            let project = project(&[("schemas/codes.yaml", Some(&text))]);
            let hash = |id: &str| project.contract(id).unwrap().hash.clone();
            (hash("council/sen2_person"), hash("council/sen2_request"))
        };
        let (male, boy) = (hash("Male"), hash("Boy"));
        assert_ne!(male.0, boy.0);
        assert_eq!(male.1, boy.1);
    }
}
