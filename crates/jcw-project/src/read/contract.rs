//! Reads the contract of an extract (`schemas/<partner>/<extract>.yaml`), of a
//! table of a delivery, or of a seed, and checks that whatever it says
//! about its columns is about columns it has.

use super::column::{self, Declared};
use super::{File, Setting, hex, layout, person, rule};
use crate::contract::{Column, Contract, Format, Kind, Layout, Origin, Person, Version};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::{Place, Placed};
use crate::suggest;
use crate::value::{filled, list, placed_text, placed_word, text, word};
use crate::yaml::{self, Node, Value};
use sha2::{Digest, Sha256};

type Problems = Vec<Diagnostic>;

/// What a contract is for.
pub(crate) enum For<'f> {
    /// The files of a partner.
    Extract { partner: &'f str },
    /// One table of a partner's delivery.
    Table { partner: &'f str, delivery: &'f str },
    /// A table of the project's own.
    Seed,
}

pub(crate) fn read(
    file: &File,
    of: &For<'_>,
    setting: &Setting<'_>,
    problems: &mut Problems,
) -> Option<Contract> {
    let node = yaml::read(&file.path, &file.text, setting.environment, problems)?;
    let mut declared = Declared {
        names: Vec::new(),
        whole: true,
    };
    let mut fields = Fields::of("a contract", &node, problems)?;
    let description = fields.required("description", text);
    let owner = fields.required("owner", text);
    let layout = layout_of(of, &mut fields);
    let columns = fields.required("columns", |node, problems| {
        columns(node, setting, &mut declared, problems)
    });
    let versions = fields
        .optional("versions", list(version))
        .unwrap_or_default();
    let period = fields
        .optional("period", list(placed_text))
        .unwrap_or_default();
    let key = fields.optional("key", rule::key);
    let row_id = fields
        .optional("row_id", filled(placed_text))
        .unwrap_or_default();
    let as_of = fields.optional("as_of", placed_text);
    let rules = fields
        .optional("rules", list(rule::rule))
        .unwrap_or_default();
    let references = fields
        .optional("references", list(rule::reference))
        .unwrap_or_default();
    let row_count = fields.optional("row_count", rule::row_count);
    let person = fields.optional("person", person::read);
    fields.finish();

    let (partner, name) = match of {
        For::Extract { partner } => (*partner, file.stem.clone()),
        For::Table { partner, delivery } => (*partner, format!("{delivery}_{}", file.stem)),
        For::Seed => ("seed", file.stem.clone()),
    };
    let mut contract = Contract {
        id: file.placed(format!("{partner}/{name}")),
        partner: partner.to_owned(),
        description: description.unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        layout: layout.clone().unwrap_or_else(|| Layout::plain(Format::Csv)),
        columns: columns.clone().unwrap_or_default(),
        versions,
        period,
        key,
        row_id,
        as_of,
        rules,
        references,
        row_count,
        person,
        hash: String::new(),
    };
    contract.hash = hash(file, &contract.columns);
    if declared.whole && !declared.names.is_empty() {
        check_columns(&contract, &declared.names, problems);
        person::check(&contract, problems);
    }
    rule::check_ids(&contract, problems);
    check_row_id(&contract, problems);
    check_as_of(&contract, problems);
    if !matches!(of, For::Table { .. }) {
        check_stands_alone(&contract, problems);
    }
    columns.and(layout).map(|_| contract)
}

fn layout_of(of: &For<'_>, fields: &mut Fields<'_, '_>) -> Option<Layout> {
    let plain = Layout::plain(Format::Csv);
    match of {
        For::Table { .. } => {
            fields.forbid(
                "layout",
                "this is a table of a delivery, and the shapes in delivery.yaml say where it is",
            );
            Some(plain)
        }
        // A seed is a plain CSV unless it says otherwise.
        For::Seed if fields.entry("layout").is_none() => Some(plain),
        _ => fields.required("layout", layout::read),
    }
}

fn columns(
    node: &Node,
    setting: &Setting<'_>,
    declared: &mut Declared,
    problems: &mut Problems,
) -> Option<Vec<Column>> {
    let items = match &node.value {
        Value::List(items) if !items.is_empty() => items,
        _ => {
            declared.whole = false;
            return filled(|_, _| None)(node, problems);
        }
    };
    let read: Vec<_> = items
        .iter()
        .map(|item| column::read(item, setting, declared, problems))
        .collect();
    for (at, name) in declared.names.iter().enumerate() {
        if let Some(first) = declared.names[..at]
            .iter()
            .find(|other| other.value == name.value)
        {
            let message = format!("the column \"{}\" is declared twice", name.value);
            let hint = format!("the first one is on line {}", first.place.line);
            problems.push(Diagnostic::error(name.place.clone(), message).hint(hint));
        }
    }
    let whole: Option<Vec<Vec<Column>>> = read.into_iter().collect();
    Some(whole?.into_iter().flatten().collect())
}

fn version(node: &Node, problems: &mut Problems) -> Option<Version> {
    let mut fields = Fields::of("a version", node, problems)?;
    let id = fields.required("id", placed_word);
    let shows = fields.required("shows", filled(word));
    fields.finish();
    Some(Version {
        id: id?,
        shows: shows?,
    })
}

/// SHA-256 of the file and of the symbols and codes it took from elsewhere.
fn hash(file: &File, columns: &[Column]) -> String {
    let mut hasher = Sha256::new_with_prefix(file.text.as_bytes());
    for (text, symbol) in columns.iter().flat_map(|column| &column.symbols) {
        for part in [text, &symbol.status, symbol.value.as_ref().unwrap_or(text)] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
    }
    for column in columns {
        if let Kind::Code { codes } = &column.kind {
            for part in codes.iter().flat_map(|(code, label)| [code, label]) {
                hasher.update(part.as_bytes());
                hasher.update([0]);
            }
        }
    }
    hex(hasher.finalize())
}

/// What only a table of a delivery can have.
fn check_stands_alone(contract: &Contract, problems: &mut Problems) {
    for column in &contract.columns {
        if let Some(Origin::Header { column, .. }) = &column.from {
            let message = "there is no header to take this from: only the tables of a delivery, in a folder with a delivery.yaml, have one";
            let hint = "take the value from the file_name, a sheet or an expression";
            problems.push(Diagnostic::error(column.place.clone(), message).hint(hint));
        }
    }
    if contract.layout.format == Format::Xml {
        let message = "XML is read only as the shape of a delivery";
        let hint = format!(
            "make a folder schemas/{}/ with a delivery.yaml and a contract for each table",
            contract.id.value
        );
        problems.push(Diagnostic::error(contract.id.place.clone(), message).hint(hint));
    }
}

/// Every column that is named anywhere is declared, and a column that says
/// which rows a delivery replaces always has a value.
fn check_columns(contract: &Contract, declared: &[Placed<String>], problems: &mut Problems) {
    let key = contract.key.iter().flat_map(|key| &key.columns);
    let references = contract.references.iter();
    let named = (contract.period.iter().map(|column| (column, "the period")))
        .chain(key.map(|column| (column, "the key")))
        .chain(contract.row_id.iter().map(|column| (column, "`row_id`")))
        .chain(contract.as_of.iter().map(|column| (column, "`as_of`")))
        .chain(
            (contract.person.iter().flat_map(Person::roles))
                .filter_map(|(_, column)| Some((column?, "`person`"))),
        )
        .chain(
            references
                .flat_map(|reference| &reference.columns)
                .map(|column| (column, "the reference")),
        );
    for (column, by) in named {
        check_declared(&column.value, &column.place, by, declared, problems);
    }
    check_layout(&contract.layout, declared, problems);

    for period in &contract.period {
        let column = contract.column(period);
        if column.is_some_and(|column| !column.required && !column.is_from_header()) {
            let message = format!("the period column \"{}\" is not required", period.value);
            let hint =
                "a row without a period belongs to no delivery: add `required: true` to the column";
            problems.push(Diagnostic::error(period.place.clone(), message).hint(hint));
        }
    }
}

/// Numbers that name a person in every system: they never go back in a report.
fn check_row_id(contract: &Contract, problems: &mut Problems) {
    let names_a_person = |name: &&Placed<String>| {
        contract
            .column(name)
            .is_some_and(|c| matches!(c.kind, Kind::NhsNumber | Kind::Upn | Kind::Uln))
    };
    for name in contract.row_id.iter().filter(names_a_person) {
        let message = format!(
            "\"{}\" is a number by which anyone knows the person, and `row_id` goes into reports",
            name.value
        );
        let hint = "name columns that only the partner can tell a person by, such as its own id";
        problems.push(Diagnostic::error(name.place.clone(), message).hint(hint));
    }
    let key = contract.key.iter().flat_map(|key| &key.columns);
    if contract.row_id.is_empty()
        && let Some(name) = key.into_iter().find(names_a_person)
    {
        let message = format!(
            "the key has \"{}\", by which anyone knows the person, and reports name rows by the key",
            name.value
        );
        let hint = "add `row_id: [...]`, columns that only the partner can tell a row by, such as its own id";
        problems.push(Diagnostic::error(name.place.clone(), message).hint(hint));
    }
}

/// What says when a delivery was made is a time.
fn check_as_of(contract: &Contract, problems: &mut Problems) {
    let is_time = |kind: &Kind| matches!(kind, Kind::Date { .. } | Kind::Timestamp { .. });
    if let Some(as_of) = &contract.as_of
        && contract
            .column(as_of)
            .is_some_and(|column| !is_time(&column.kind))
    {
        let message = format!("`as_of` names \"{}\", which is no time", as_of.value);
        let hint = "name a date or a timestamp that says when the partner made the delivery";
        problems.push(Diagnostic::error(as_of.place.clone(), message).hint(hint));
    }
    if let Some(as_of) = &contract.as_of
        && contract
            .column(as_of)
            .is_some_and(|column| is_time(&column.kind) && !column.required)
    {
        let message = format!("the `as_of` column \"{}\" is not required", as_of.value);
        let hint = "add `required: true` to the column: what says not when it was made would replace what is newer";
        problems.push(Diagnostic::error(as_of.place.clone(), message).hint(hint));
    }
}

/// Columns that a layout names are declared.
pub(crate) fn check_layout(layout: &Layout, declared: &[Placed<String>], problems: &mut Problems) {
    let sub_heading = layout.sub_heading.iter();
    let unlabelled = layout.unlabelled.iter();
    let value = layout
        .unpivot
        .iter()
        .filter_map(|unpivot| unpivot.value.as_ref());
    let named = (sub_heading.map(|column| (column, "`sub_heading`")))
        .chain(unlabelled.map(|column| (column, "`unlabelled`")))
        .chain(value.map(|column| (column, "`unpivot`")));
    for (column, by) in named {
        check_declared(&column.value, &column.place, by, declared, problems);
    }
    let Some(unpivot) = &layout.unpivot else {
        return;
    };
    let captures: Vec<String> = regex::Regex::new(&unpivot.columns)
        .map(|regex| regex.capture_names().flatten().map(str::to_owned).collect())
        .unwrap_or_default();
    let says_column = captures.iter().any(|capture| capture == "column");
    if !says_column && unpivot.value.is_none() {
        let message = "nothing says which column takes the values";
        let hint = "add `value: <column>`, or a capture `(?<column>...)`";
        problems.push(Diagnostic::error(unpivot.columns.place.clone(), message).hint(hint));
    }
    for capture in captures.iter().filter(|capture| *capture != "column") {
        let by = "the capture of `unpivot`";
        check_declared(capture, &unpivot.columns.place, by, declared, problems);
    }
}

fn check_declared(
    name: &str,
    place: &Place,
    by: &str,
    declared: &[Placed<String>],
    problems: &mut Problems,
) {
    if !declared.iter().any(|column| column.value == name) {
        let message =
            format!("{by} names the column \"{name}\", which this contract does not have");
        let hint = suggest::hint(name, "columns", declared.iter().map(|column| &column.value));
        problems.push(Diagnostic::error(place.clone(), message).hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{problems_when, project, sound};

    const FILE: &str = "schemas/council/requests.yaml";

    #[test]
    fn the_example_is_read() {
        let contract = project(&[]).contracts.remove(0);
        assert_eq!(contract.table(), "council.requests");
        assert_eq!(contract.period[0].value, "time_period");
        assert_eq!(contract.key.unwrap().columns.len(), 2);
        assert_eq!(contract.rules[0].check.value, "received >= refused");
        assert_eq!(contract.references[0].to[0].value, "area_code");
        assert_eq!(contract.row_count.unwrap().id, "row-count");
        assert_eq!(contract.versions[0].id.value, "2025");
    }

    #[test]
    fn the_hash_changes_with_the_symbols_the_contract_uses_and_no_others() {
        let hash = |from: &str, to: &str| {
            let text = sound("schemas/symbols.yaml").replacen(from, to, 1);
            project(&[("schemas/symbols.yaml", Some(&text))])
                .contracts
                .remove(0)
                .hash
        };
        assert_eq!(hash("", ""), hash("not_submitted", "unavailable"));
        assert_ne!(hash("", ""), hash("x: unavailable", "x: suppressed"));
    }

    #[test]
    fn every_column_that_is_named_exists() {
        assert_eq!(
            problems_when(FILE, "key: [time_period, area]", "key: [time_perod, area]"),
            [
                "schemas/council/requests.yaml:20:7: the key names the column \"time_perod\", which this contract does not have; did you mean \"time_period\"?"
            ]
        );
        assert_eq!(
            problems_when(FILE, "period: [time_period]", "period: [year]").len(),
            1
        );
        assert_eq!(
            problems_when(FILE, "  format: csv", "  format: csv\n  sub_heading: regio"),
            [
                "schemas/council/requests.yaml:5:16: `sub_heading` names the column \"regio\", which this contract does not have; the columns are: time_period, area, received, refused, month, is_open, band, rate"
            ]
        );
        assert_eq!(
            problems_when(FILE, "column: area,", "column: arae,"),
            [
                "schemas/council/requests.yaml:24:30: the reference names the column \"arae\", which this contract does not have; did you mean \"area\"?"
            ]
        );
    }

    #[test]
    fn a_column_that_cannot_be_read_is_not_also_missing() {
        let told = problems_when(FILE, "{name: area, type: text", "{name: area, type: txet");
        assert_eq!(told.len(), 1, "{told:?}");
        let told = problems_when(FILE, "{name: area,", "{nam: area,");
        assert!(
            told.iter().all(|told| !told.contains("does not have")),
            "{told:?}"
        );
    }

    #[test]
    fn a_period_column_is_required() {
        assert_eq!(
            problems_when(
                FILE,
                "period: [time_period]",
                "period: [time_period, month]"
            ),
            [
                "schemas/council/requests.yaml:19:23: the period column \"month\" is not required; a row without a period belongs to no delivery: add `required: true` to the column"
            ]
        );
    }

    #[test]
    fn columns_and_rules_have_names_of_their_own() {
        assert_eq!(
            problems_when(
                FILE,
                "names: [received, refused]",
                "names: [received, refused, area]"
            ),
            [
                "schemas/council/requests.yaml:9:32: the column \"area\" is declared twice; the first one is on line 8"
            ]
        );
        assert_eq!(
            problems_when(FILE, "id: known-area", "id: fewer-refused"),
            [
                "schemas/council/requests.yaml:24:10: there are two rules \"fewer-refused\" in this contract; give each rule its own id"
            ]
        );
        assert_eq!(problems_when(FILE, "id: known-area", "id: key").len(), 1);
    }

    #[test]
    fn a_reference_goes_to_a_column_of_a_source_table_or_a_seed() {
        assert_eq!(
            problems_when(FILE, "table: seed.area", "table: seed.aera"),
            [
                "schemas/council/requests.yaml:24:43: there is no source table or seed \"seed.aera\"; did you mean \"seed.area\"?"
            ]
        );
        assert_eq!(
            problems_when(FILE, "to: area_code", "to: code"),
            [
                "schemas/council/requests.yaml:24:58: the table \"seed.area\" has no column \"code\"; the columns are: area_code, area_name"
            ]
        );
        assert_eq!(
            problems_when(FILE, "table: seed.area", "table: staging.requests"),
            [
                "schemas/council/requests.yaml:24:43: there is no source table or seed \"staging.requests\"; a model is built after the rows are checked; refer to a source table or a seed"
            ]
        );
    }

    #[test]
    fn xml_is_the_shape_of_a_delivery() {
        assert_eq!(
            problems_when(
                FILE,
                "  format: csv\n  footer: '^Number of records: (?<count>\\d+)'\n",
                "  format: xml\n  record: Message\n"
            ),
            [
                "schemas/council/requests.yaml:1:1: XML is read only as the shape of a delivery; make a folder schemas/council/requests/ with a delivery.yaml and a contract for each table"
            ]
        );
    }

    #[test]
    fn no_number_that_names_a_person_to_anyone_goes_into_a_report() {
        let person = "schemas/council/sen2/person.yaml";
        assert_eq!(
            problems_when(person, "row_id: [person_id]", "row_id: [upn]"),
            [
                "schemas/council/sen2/person.yaml:12:10: \"upn\" is a number by which anyone knows the person, and `row_id` goes into reports; name columns that only the partner can tell a person by, such as its own id"
            ]
        );
        assert_eq!(
            problems_when(
                person,
                "key: [person_id]\nrow_id: [person_id]",
                "key: [upn]"
            ),
            [
                "schemas/council/sen2/person.yaml:11:7: the key has \"upn\", by which anyone knows the person, and reports name rows by the key; add `row_id: [...]`, columns that only the partner can tell a row by, such as its own id",
                "schemas/council/sen2/person.yaml:11:7: the key has \"upn\", which never reaches the lake; tell rows apart by the partner's own numbers, classified `local_id`"
            ]
        );
        assert_eq!(
            problems_when(person, "key: [person_id]", "key: [upn]"),
            [
                "schemas/council/sen2/person.yaml:11:7: the key has \"upn\", which never reaches the lake; tell rows apart by the partner's own numbers, classified `local_id`"
            ]
        );
        assert_eq!(
            problems_when(person, "row_id: [person_id]", "row_id: [persn_id]").len(),
            1
        );
    }

    #[test]
    fn what_says_when_a_delivery_was_made_is_a_time_it_has() {
        let return_ = "schemas/council/sen2/return.yaml";
        assert_eq!(
            problems_when(return_, "as_of: made_at", "as_of: persons"),
            [
                "schemas/council/sen2/return.yaml:9:8: `as_of` names \"persons\", which is no time; name a date or a timestamp that says when the partner made the delivery"
            ]
        );
        assert_eq!(
            problems_when(
                return_,
                "type: timestamp, required: true",
                "type: timestamp"
            ),
            [
                "schemas/council/sen2/return.yaml:9:8: the `as_of` column \"made_at\" is not required; add `required: true` to the column: what says not when it was made would replace what is newer"
            ]
        );
        assert_eq!(
            problems_when(return_, "as_of: made_at", "as_of: mad_at"),
            [
                "schemas/council/sen2/return.yaml:9:8: `as_of` names the column \"mad_at\", which this contract does not have; did you mean \"made_at\"?"
            ]
        );
    }
}
