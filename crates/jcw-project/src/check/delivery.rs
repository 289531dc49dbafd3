//! What the tables of a delivery must have in common, and how they hang together.

use crate::contract::{Contract, Kind, Origin};
use crate::delivery::Delivery;
use crate::diagnostic::Diagnostic;
use crate::place::Placed;
use crate::read::contract::check_layout;
use crate::{Project, suggest};
use std::collections::BTreeSet;

type Problems = Vec<Diagnostic>;

pub(super) fn deliveries(project: &Project, unread: &BTreeSet<String>, problems: &mut Problems) {
    own_names(project, problems);
    strays(project, unread, problems);
    for delivery in &project.deliveries {
        tables(project, delivery, unread, problems);
        let contracts = project.contracts_of(delivery);
        layouts(delivery, &contracts, problems);
        references(&contracts, problems);
        let header = project.contract(&delivery.contract_id(&delivery.header));
        if let Some(header) = header {
            totals(delivery, header, problems);
            for contract in &contracts {
                periods(header, contract, problems);
                from_header(header, contract, problems);
                as_of(header, contract, problems);
            }
        }
    }
}

/// No two contracts make the same table, and no delivery is called like a
/// contract: a source names either.
fn own_names(project: &Project, problems: &mut Problems) {
    for (at, contract) in project.contracts.iter().enumerate() {
        let mut before = project.contracts[..at].iter();
        if let Some(first) = before.find(|other| other.id.value == contract.id.value) {
            let message = format!("there are two contracts \"{}\"", contract.id.value);
            let hint = format!(
                "the other one is {}; rename one of them",
                first.id.place.file.display()
            );
            problems.push(Diagnostic::error(contract.id.place.clone(), message).hint(hint));
        }
    }
    for delivery in &project.deliveries {
        if let Some(contract) = project.contract(&delivery.id) {
            let message = format!(
                "\"{}\" is both a contract and a delivery",
                delivery.id.value
            );
            let hint = format!(
                "rename the folder of this file, or {}",
                contract.id.place.file.display()
            );
            problems.push(Diagnostic::error(delivery.id.place.clone(), message).hint(hint));
        }
    }
}

/// The delivery in whose folder a contract stands: `council/sen2`, and the table.
pub(super) fn folder(contract: &Contract) -> Option<(String, String)> {
    let path = contract.id.place.file.to_string_lossy();
    let path = path.strip_prefix("schemas/")?.strip_suffix(".yaml")?;
    let (delivery, table) = path.rsplit_once('/')?;
    delivery
        .contains('/')
        .then(|| (delivery.to_owned(), table.to_owned()))
}

/// A contract in a delivery's folder is that of one of its tables.
fn strays(project: &Project, unread: &BTreeSet<String>, problems: &mut Problems) {
    let mut told = BTreeSet::new();
    for contract in &project.contracts {
        let Some((id, table)) = folder(contract) else {
            continue;
        };
        let place = contract.id.place.clone();
        if let Some(delivery) = project.delivery(&id) {
            if !delivery.tables.iter().any(|listed| listed.value == table) {
                let message = format!("the delivery \"{id}\" has no table \"{table}\"");
                let hint = format!(
                    "list it under `tables` in {}, or take this file out",
                    delivery.id.place.file.display()
                );
                problems.push(Diagnostic::error(place, message).hint(hint));
            }
        } else if !unread.contains(&id.replace('/', ".")) && told.insert(id.clone()) {
            let message = "the folder of this contract has no delivery.yaml";
            let hint = format!(
                "write schemas/{id}/delivery.yaml, which says how the tables come together"
            );
            problems.push(Diagnostic::error(place, message).hint(hint));
        }
    }
}

/// Every table of a delivery has a contract.
fn tables(
    project: &Project,
    delivery: &Delivery,
    unread: &BTreeSet<String>,
    problems: &mut Problems,
) {
    for table in &delivery.tables {
        let id = delivery.contract_id(table);
        if project.contract(&id).is_some() || unread.contains(&id.replace('/', ".")) {
            continue;
        }
        let message = format!("the table \"{}\" has no contract", table.value);
        let unlisted = project
            .contracts
            .iter()
            .filter_map(folder)
            .filter(|(folder, name)| {
                *folder == delivery.id.value && !delivery.tables.iter().any(|t| t.value == *name)
            })
            .map(|(_, name)| name);
        let hint = match suggest::did_you_mean(table, unlisted) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("write schemas/{}/{}.yaml", delivery.id.value, table.value),
        };
        problems.push(Diagnostic::error(table.place.clone(), message).hint(hint));
    }
}

/// Columns that the layout of a part names are columns of its table.
fn layouts(delivery: &Delivery, contracts: &[&Contract], problems: &mut Problems) {
    for part in delivery.shapes.iter().flat_map(|shape| &shape.parts) {
        let id = delivery.contract_id(&part.table);
        if let Some(contract) = contracts.iter().find(|contract| contract.id.value == id) {
            let names: Vec<Placed<String>> = contract
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect();
            check_layout(&part.layout, &names, problems);
        }
    }
}

/// Rows are checked table by table: a table refers to those before it.
fn references(contracts: &[&Contract], problems: &mut Problems) {
    for (at, contract) in contracts.iter().enumerate() {
        for reference in &contract.references {
            let target = contracts
                .iter()
                .position(|other| other.table() == reference.table.value);
            let (message, hint) = match target {
                Some(target) if target == at => (
                    "a table of a delivery cannot refer to itself".to_owned(),
                    "take the reference out: its rows are checked together".to_owned(),
                ),
                Some(target) if target > at => (
                    format!(
                        "this refers to \"{}\", which stands after \"{}\" in the delivery",
                        reference.table.value,
                        contract.table()
                    ),
                    "put the table that is referred to first under `tables` in delivery.yaml"
                        .to_owned(),
                ),
                _ => continue,
            };
            problems.push(Diagnostic::error(reference.table.place.clone(), message).hint(hint));
        }
    }
}

/// A total is a whole number that the header states.
fn totals(delivery: &Delivery, header: &Contract, problems: &mut Problems) {
    for total in &delivery.totals {
        match header.column(&total.column) {
            None => problems.push(not_in_header(header, &total.column, "the total")),
            Some(column) if column.kind != Kind::Integer => {
                let message = format!("the total \"{}\" is no whole number", total.column.value);
                let hint = format!(
                    "give the column `type: integer` in {}",
                    header.id.place.file.display()
                );
                problems.push(Diagnostic::error(total.column.place.clone(), message).hint(hint));
            }
            Some(_) => {}
        }
    }
}

/// The header's periods are those that every table replaces.
fn periods(header: &Contract, contract: &Contract, problems: &mut Problems) {
    let names = |contract: &Contract| -> Vec<String> {
        let period = contract.period.iter();
        period.map(|column| column.value.clone()).collect()
    };
    let (wanted, found) = (names(header), names(contract));
    if wanted != found {
        let place = contract
            .period
            .first()
            .unwrap_or(&contract.id)
            .place
            .clone();
        let message = format!(
            "the period is not that of the header, \"{}\"",
            header.table()
        );
        let hint = match wanted.is_empty() {
            true => "take `period` out, or declare it in the header's contract too".to_owned(),
            false => format!("write `period: [{}]`", wanted.join(", ")),
        };
        problems.push(Diagnostic::error(place, message).hint(hint));
        return;
    }
    for name in &contract.period {
        if let (Some(theirs), Some(ours)) = (header.column(name), contract.column(name))
            && theirs.kind.data_type() != ours.kind.data_type()
        {
            let message = format!(
                "the period column \"{}\" has another type than in the header",
                name.value
            );
            let hint = format!(
                "give it the type it has in {}",
                header.id.place.file.display()
            );
            problems.push(Diagnostic::error(ours.place.clone(), message).hint(hint));
        }
    }
}

/// `from: header` names a column that the header has, and the header itself
/// has nowhere else to look.
fn from_header(header: &Contract, contract: &Contract, problems: &mut Problems) {
    for column in &contract.columns {
        let Some(Origin::Header { column: wanted, .. }) = &column.from else {
            continue;
        };
        if header.id.value == contract.id.value {
            let message = "this is the header itself";
            let hint = "take `from: header` out";
            problems.push(Diagnostic::error(wanted.place.clone(), message).hint(hint));
        } else if header.column(wanted).is_none() {
            let by = format!("the column \"{}\"", column.name.value);
            problems.push(not_in_header(header, wanted, &by));
        }
    }
}

/// The header says for the whole delivery when it was made.
fn as_of(header: &Contract, contract: &Contract, problems: &mut Problems) {
    if header.id.value != contract.id.value
        && let Some(as_of) = &contract.as_of
    {
        let message = "`as_of` stands in the contract of the delivery's header, and nowhere else";
        let hint = format!(
            "take it out here, and write it in {}",
            header.id.place.file.display()
        );
        problems.push(Diagnostic::error(as_of.place.clone(), message).hint(hint));
    }
}

fn not_in_header(header: &Contract, column: &Placed<String>, by: &str) -> Diagnostic {
    let message = format!(
        "{by} names the column \"{}\", which the header, \"{}\", does not have",
        column.value,
        header.table()
    );
    let columns = header.columns.iter().map(|column| &column.name.value);
    Diagnostic::error(column.place.clone(), message).hint(suggest::hint(column, "columns", columns))
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems, problems_when, sound};

    const DELIVERY: &str = "schemas/council/sen2/delivery.yaml";
    const RETURN: &str = "schemas/council/sen2/return.yaml";
    const PERSON: &str = "schemas/council/sen2/person.yaml";
    const REQUEST: &str = "schemas/council/sen2/request.yaml";
    const SOURCE: &str = "pipelines/council/sen2.yaml";

    #[test]
    fn a_source_brings_a_whole_delivery() {
        assert_eq!(
            problems_when(SOURCE, "council/sen2", "council/sen2_person")[0],
            "pipelines/council/sen2.yaml:3:11: \"council/sen2_person\" is one table of the delivery \"council/sen2\", and a source brings it whole; write `contract: council/sen2`"
        );
        assert_eq!(
            problems_when(SOURCE, "council/sen2", "council/sne2")[0],
            "pipelines/council/sen2.yaml:3:11: there is no contract or delivery \"council/sne2\"; did you mean \"council/sen2\"?"
        );
        assert_eq!(
            problems(&[(SOURCE, None)]),
            [
                "schemas/council/sen2/delivery.yaml:1:1: no source delivers by \"council/sen2\"; write pipelines/council/sen2.yaml, or take out schemas/council/sen2/delivery.yaml"
            ]
        );
    }

    #[test]
    fn several_sources_bring_the_same_delivery_where_it_has_a_period() {
        let again = ("pipelines/eput/sen2.yaml", Some(sound(SOURCE)));
        assert_eq!(problems(&[again]), [""; 0]);
        let without = |path: &'static str| sound(path).replace("period: [lea, year]\n", "");
        let (return_, person, request) = (without(RETURN), without(PERSON), without(REQUEST));
        let changes = [
            again,
            (RETURN, Some(return_.as_str())),
            (PERSON, Some(person.as_str())),
            (REQUEST, Some(request.as_str())),
        ];
        assert_eq!(problems(&changes[1..]), [""; 0]);
        assert_eq!(
            problems(&changes),
            [
                "pipelines/eput/sen2.yaml:3:11: \"council/sen2\" has no `period`, so each delivery replaces the whole table, and \"council/sen2\" delivers to it too; declare a period, or give each source its own contract"
            ]
        );
    }

    #[test]
    fn each_table_has_a_contract_and_each_contract_in_the_folder_a_table() {
        let told = problems_when(
            DELIVERY,
            "tables: [return, person, request]",
            "tables: [return, person, request, plan]",
        );
        assert_eq!(
            told,
            [
                "schemas/council/sen2/delivery.yaml:3:35: the table \"plan\" has no contract; write schemas/council/sen2/plan.yaml"
            ]
        );
        let told = problems(&[
            (REQUEST, None),
            ("schemas/council/sen2/requests.yaml", Some(sound(REQUEST))),
        ]);
        assert_eq!(
            told,
            [
                "schemas/council/sen2/delivery.yaml:3:26: the table \"request\" has no contract; did you mean \"requests\"?",
                "schemas/council/sen2/requests.yaml:1:1: the delivery \"council/sen2\" has no table \"requests\"; list it under `tables` in schemas/council/sen2/delivery.yaml, or take this file out",
            ]
        );
    }

    #[test]
    fn a_table_that_cannot_be_read_is_not_also_missing() {
        assert_eq!(problems(&[(REQUEST, Some("columns: ["))]).len(), 1);
        let told = problems(&[(DELIVERY, Some("tables: ["))]);
        assert_eq!(told.len(), 1, "{told:#?}");
    }

    #[test]
    fn a_folder_of_contracts_is_a_delivery() {
        let told = problems(&[(DELIVERY, None), (SOURCE, None)]);
        assert_eq!(
            told[0],
            "schemas/council/sen2/person.yaml:1:1: the folder of this contract has no delivery.yaml; write schemas/council/sen2/delivery.yaml, which says how the tables come together"
        );
    }

    #[test]
    fn tables_and_deliveries_have_names_of_their_own() {
        let contract = Some(sound("schemas/council/requests.yaml"));
        let told = problems(&[("schemas/council/sen2_person.yaml", contract)]);
        assert!(
            told.iter()
                .any(|told| told.contains("there are two contracts \"council/sen2_person\"")),
            "{told:#?}"
        );
        let told = problems(&[("schemas/council/sen2.yaml", contract)]);
        assert_eq!(
            told,
            [
                "schemas/council/sen2/delivery.yaml:1:1: \"council/sen2\" is both a contract and a delivery; rename the folder of this file, or schemas/council/sen2.yaml"
            ]
        );
    }

    #[test]
    fn the_header_and_what_a_total_counts_are_tables_and_columns_that_exist() {
        assert_eq!(
            problems_when(DELIVERY, "header: return", "header: retrun")[0],
            "schemas/council/sen2/delivery.yaml:4:9: the header names the table \"retrun\", which this delivery does not have; did you mean \"return\"?"
        );
        assert_eq!(
            problems_when(DELIVERY, "table: person,", "table: persons,"),
            [
                "schemas/council/sen2/delivery.yaml:27:31: the total names the table \"persons\", which this delivery does not have; did you mean \"person\"?"
            ]
        );
        assert_eq!(
            problems_when(DELIVERY, "column: persons", "column: person"),
            [
                "schemas/council/sen2/delivery.yaml:27:47: the total names the column \"person\", which the header, \"council.sen2_return\", does not have; did you mean \"persons\"?"
            ]
        );
        assert_eq!(
            problems_when(DELIVERY, "column: persons", "column: lea"),
            [
                "schemas/council/sen2/delivery.yaml:27:47: the total \"lea\" is no whole number; give the column `type: integer` in schemas/council/sen2/return.yaml"
            ]
        );
    }

    #[test]
    fn every_table_has_the_period_of_the_header() {
        assert_eq!(
            problems_when(REQUEST, "period: [lea, year]", "period: [lea]"),
            [
                "schemas/council/sen2/request.yaml:8:10: the period is not that of the header, \"council.sen2_return\"; write `period: [lea, year]`"
            ]
        );
        assert_eq!(
            problems_when(
                REQUEST,
                "{name: year, type: integer",
                "{name: year, type: text"
            ),
            [
                "schemas/council/sen2/request.yaml:5:12: the period column \"year\" has another type than in the header; give it the type it has in schemas/council/sen2/return.yaml"
            ]
        );
        assert_eq!(
            problems_when(
                REQUEST,
                "{name: lea, type: text, from: header}",
                "{name: lea, type: text}"
            )
            .len(),
            1
        );
    }

    #[test]
    fn what_comes_from_the_header_is_a_column_there() {
        assert_eq!(
            problems_when(PERSON, "{header: year}", "{header: yaer}"),
            [
                "schemas/council/sen2/person.yaml:5:55: the column \"census_year\" names the column \"yaer\", which the header, \"council.sen2_return\", does not have; did you mean \"year\"?"
            ]
        );
        assert_eq!(
            problems_when(
                RETURN,
                "{name: lea, type: text, required: true}",
                "{name: lea, type: text, from: header}"
            ),
            [
                "schemas/council/sen2/return.yaml:4:35: this is the header itself; take `from: header` out"
            ]
        );
        assert_eq!(
            problems_when(
                "schemas/council/requests.yaml",
                "{name: area, type: text, required: true}",
                "{name: area, type: text, from: header}"
            ),
            [
                "schemas/council/requests.yaml:8:36: there is no header to take this from: only the tables of a delivery, in a folder with a delivery.yaml, have one; take the value from the file_name, a sheet or an expression"
            ]
        );
    }

    #[test]
    fn a_table_refers_to_those_before_it() {
        let person = sound(PERSON).to_owned()
            + "references:\n  - {id: a, column: person_id, table: council.sen2_request, to: person_id, message: m}\n  - {id: b, column: person_id, table: council.sen2_person, to: person_id, message: m}\n";
        assert_eq!(
            problems(&[(PERSON, Some(&person))]),
            [
                "schemas/council/sen2/person.yaml:16:39: this refers to \"council.sen2_request\", which stands after \"council.sen2_person\" in the delivery; put the table that is referred to first under `tables` in delivery.yaml",
                "schemas/council/sen2/person.yaml:17:39: a table of a delivery cannot refer to itself; take the reference out: its rows are checked together",
            ]
        );
    }

    #[test]
    fn only_the_header_says_when_a_delivery_was_made() {
        assert_eq!(
            problems_when(
                REQUEST,
                "key: [request_id]",
                "as_of: year\nkey: [request_id]"
            ),
            [
                "schemas/council/sen2/request.yaml:9:8: `as_of` names \"year\", which is no time; name a date or a timestamp that says when the partner made the delivery",
                "schemas/council/sen2/request.yaml:9:8: `as_of` stands in the contract of the delivery's header, and nowhere else; take it out here, and write it in schemas/council/sen2/return.yaml",
            ]
        );
    }

    #[test]
    fn columns_that_the_layout_of_a_part_names_exist() {
        let told = problems_when(
            DELIVERY,
            "{file: person}",
            "{file: person, sub_heading: sexx}",
        );
        assert_eq!(
            told,
            [
                "schemas/council/sen2/delivery.yaml:19:43: `sub_heading` names the column \"sexx\", which this contract does not have; did you mean \"sex\"?"
            ]
        );
    }
}
