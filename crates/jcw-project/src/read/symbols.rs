//! Reads sets of symbols: those of `schemas/symbols.yaml`, which several
//! contracts use by name, and those written in a column.

use super::File;
use crate::contract::Symbol;
use crate::diagnostic::Diagnostic;
use crate::expand::Environment;
use crate::fields::Fields;
use crate::suggest;
use crate::value::{map, name, word};
use crate::yaml::{self, Node, Value};
use std::collections::BTreeMap;

/// What each text stands for.
pub(crate) type Set = BTreeMap<String, Symbol>;
/// Sets by name.
pub(crate) type Sets = BTreeMap<String, Set>;

pub(crate) fn read(
    file: &File,
    environment: &dyn Environment,
    problems: &mut Vec<Diagnostic>,
) -> Option<Sets> {
    let node = yaml::read(&file.path, &file.text, environment, problems)?;
    // A set with something wrong in it still exists.
    let set = |node: &Node, problems: &mut _| Some(written_out(node, problems).unwrap_or_default());
    let sets = map(set)(&node, problems)?;
    Some(sets.into_iter().collect())
}

/// The symbols of a column: the name of a set, or a set.
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
        let message = format!("schemas/symbols.yaml has no set of symbols \"{set}\"");
        problems.push(
            Diagnostic::error(node.place.clone(), message).hint(suggest::hint(
                &set,
                "sets",
                sets.keys(),
            )),
        );
    }
    found.cloned()
}

fn written_out(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Set> {
    let symbols = map(symbol)(node, problems)?;
    Some(
        symbols
            .into_iter()
            .map(|(text, symbol)| (text.trim().to_owned(), symbol))
            .collect(),
    )
}

/// A status, or a status and the value it stands for.
fn symbol(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Symbol> {
    if matches!(node.value, Value::Scalar(_)) {
        return Some(Symbol {
            status: name(node, problems)?.value,
            value: None,
        });
    }
    let mut fields = Fields::of("a symbol", node, problems)?;
    let status = fields.required("status", name);
    let value = fields.optional("value", word);
    fields.finish();
    Some(Symbol {
        status: status?.value,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{problems, problems_when, project};

    #[test]
    fn sets_and_symbols_of_a_column_are_read() {
        let contract = project(&[]).contracts.remove(0);
        let column = |name: &str| {
            contract
                .columns
                .iter()
                .find(|column| column.name.value == name)
                .unwrap()
        };
        let low = Symbol {
            status: "low".into(),
            value: None,
        };
        assert_eq!(column("refused").symbols["~"], low);
        let zero = Symbol {
            status: "zero".into(),
            value: Some("0".into()),
        };
        assert_eq!(column("rate").symbols["-"], zero);
    }

    #[test]
    fn a_set_that_does_not_exist_is_told_once_and_a_broken_file_only_there() {
        assert_eq!(
            problems_when(
                "schemas/council/requests.yaml",
                "symbols: dfe",
                "symbols: dfes"
            ),
            [
                "schemas/council/requests.yaml:11:14: schemas/symbols.yaml has no set of symbols \"dfes\"; did you mean \"dfe\"?"
            ]
        );
        let told = problems(&[("schemas/symbols.yaml", Some("dfe: {x: [\n"))]);
        assert_eq!(told.len(), 1, "{told:?}");
    }
}
