//! Reads who a row is about (`person:` of a contract), and checks that what
//! names somebody is said to.

use crate::contract::{Classification, Column, Contract, Kind, Person};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::value::placed_text;
use crate::yaml::Node;
use arrow::datatypes::DataType;

pub(crate) fn read(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Person> {
    let mut fields = Fields::of("`person`", node, problems)?;
    let person = Person {
        local_id: fields.optional("local_id", placed_text),
        nhs_number: fields.optional("nhs_number", placed_text),
        nhs_number_status: fields.optional("nhs_number_status", placed_text),
        upn: fields.optional("upn", placed_text),
        uln: fields.optional("uln", placed_text),
        surname: fields.optional("surname", placed_text),
        forename: fields.optional("forename", placed_text),
        full_name: fields.optional("full_name", placed_text),
        birth_date: fields.optional("birth_date", placed_text),
        sex: fields.optional("sex", placed_text),
        postcode: fields.optional("postcode", placed_text),
    };
    fields.finish();
    Some(person)
}

/// A column that plays a role is classified for what it is, and what tells rows
/// apart stays in the lake.
pub(crate) fn check(contract: &Contract, problems: &mut Vec<Diagnostic>) {
    for (role, name) in contract.person.iter().flat_map(Person::roles) {
        let Some(name) = name else { continue };
        let Some(column) = contract.column(name) else {
            continue;
        };
        let wanted = match role {
            "local_id" => ("local_id", Classification::LocalId),
            "sex" | "nhs_number_status" => continue,
            _ => ("identifier", Classification::Identifier),
        };
        if column.classification != wanted.1 {
            let message = format!(
                "\"{}\" is the {role} of a person, and is not classified as one",
                name.value
            );
            let hint = format!("write `classification: {}` at the column", wanted.0);
            problems.push(Diagnostic::error(name.place.clone(), message).hint(hint));
        }
        if role == "birth_date" && !matches!(column.kind, Kind::Date { .. }) {
            let message = format!("\"{}\" is a date of birth, and is no date", name.value);
            problems
                .push(Diagnostic::error(name.place.clone(), message).hint("write `type: date`"));
        }
    }
    for column in &contract.columns {
        if column.classification == Classification::LocalId
            && column.kind.data_type() != DataType::Utf8
        {
            let name = &column.name.value;
            let message = format!("a pseudonym stands for \"{name}\", and it is no text");
            problems.push(
                Diagnostic::error(column.name.place.clone(), message).hint("write `type: text`"),
            );
        }
    }
    for name in &contract.period {
        let is_pseudonym = |column: &Column| column.classification == Classification::LocalId;
        if contract.column(name).is_some_and(is_pseudonym) {
            let message = format!("the period has \"{}\", a number of a person", name.value);
            let hint = "divide deliveries by when they are, not by whom they are about";
            problems.push(Diagnostic::error(name.place.clone(), message).hint(hint));
        }
    }
    let key = contract.key.iter().flat_map(|key| &key.columns);
    let staying = (key.map(|name| (name, "the key")))
        .chain(contract.period.iter().map(|name| (name, "the period")));
    for (name, by) in staying {
        let names_a_person = |column: &Column| column.classification == Classification::Identifier;
        if contract.column(name).is_some_and(names_a_person) {
            let message = format!("{by} has \"{}\", which never reaches the lake", name.value);
            let hint = "tell rows apart by the partner's own numbers, classified `local_id`";
            problems.push(Diagnostic::error(name.place.clone(), message).hint(hint));
        }
    }
}
