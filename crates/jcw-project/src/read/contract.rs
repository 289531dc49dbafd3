//! Reads `schemas/<partner>/<extract>.yaml`, and checks that whatever it says
//! about its columns is about columns it has.

use super::column::{self, Declared, SEVERITIES};
use super::{File, Setting, hex, layout};
use crate::contract::{
    Column, Contract, Format, Key, Layout, Reference, RowCount, Rule, Severity, Version,
};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::{Place, Placed};
use crate::suggest;
use crate::value::{choice, filled, list, number, placed_text, placed_word, text, word};
use crate::yaml::{self, Node, Value};
use sha2::{Digest, Sha256};

type Problems = Vec<Diagnostic>;

pub(crate) fn read(
    file: &File,
    partner: &str,
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
    // A seed is a plain CSV unless it says otherwise.
    let layout = match fields.entry("layout").is_none() && partner == "seed" {
        true => Some(Layout::plain(Format::Csv)),
        false => fields.required("layout", layout::read),
    };
    let columns = fields.required("columns", |node, problems| {
        columns(node, setting, &mut declared, problems)
    });
    let versions = fields
        .optional("versions", list(version))
        .unwrap_or_default();
    let period = fields
        .optional("period", list(placed_text))
        .unwrap_or_default();
    let key = fields.optional("key", key);
    let row_id = fields
        .optional("row_id", filled(placed_text))
        .unwrap_or_default();
    let as_of = fields.optional("as_of", placed_text);
    let rules = fields.optional("rules", list(rule)).unwrap_or_default();
    let references = fields
        .optional("references", list(reference))
        .unwrap_or_default();
    let row_count = fields.optional("row_count", row_count);
    fields.finish();

    let mut contract = Contract {
        id: file.placed(format!("{partner}/{}", file.stem)),
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
        hash: String::new(),
    };
    contract.hash = hash(file, &contract.columns);
    if declared.whole && !declared.names.is_empty() {
        check_columns(&contract, &declared.names, problems);
    }
    check_rule_ids(&contract, problems);
    columns.and(layout).map(|_| contract)
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

/// `[a, b]`, or `{id: x, columns: [a, b]}`.
fn key(node: &Node, problems: &mut Problems) -> Option<Key> {
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

fn rule(node: &Node, problems: &mut Problems) -> Option<Rule> {
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

fn reference(node: &Node, problems: &mut Problems) -> Option<Reference> {
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
    Some(Reference {
        id: id?,
        columns: columns?,
        table: table?,
        to: to?,
        severity,
        message: message?,
    })
}

fn row_count(node: &Node, problems: &mut Problems) -> Option<RowCount> {
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

/// SHA-256 of the file and of the symbols it took from elsewhere.
fn hash(file: &File, columns: &[Column]) -> String {
    let mut hasher = Sha256::new_with_prefix(file.text.as_bytes());
    for (text, symbol) in columns.iter().flat_map(|column| &column.symbols) {
        for part in [text, &symbol.status, symbol.value.as_ref().unwrap_or(text)] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
    }
    hex(hasher.finalize())
}

/// Every column that is named anywhere is declared, and a column that says
/// which rows a delivery replaces always has a value.
fn check_columns(contract: &Contract, declared: &[Placed<String>], problems: &mut Problems) {
    let mut named: Vec<(&Placed<String>, &str)> = Vec::new();
    named.extend(contract.period.iter().map(|column| (column, "the period")));
    named.extend(
        contract
            .key
            .iter()
            .flat_map(|key| &key.columns)
            .map(|column| (column, "the key")),
    );
    named.extend(
        contract
            .references
            .iter()
            .flat_map(|reference| &reference.columns)
            .map(|column| (column, "the reference")),
    );
    named.extend(
        contract
            .layout
            .sub_heading
            .iter()
            .map(|column| (column, "`sub_heading`")),
    );
    named.extend(
        contract
            .layout
            .unlabelled
            .iter()
            .map(|column| (column, "`unlabelled`")),
    );
    let unpivot = contract.layout.unpivot.as_ref();
    named.extend(
        unpivot
            .and_then(|unpivot| unpivot.value.as_ref())
            .map(|column| (column, "`unpivot`")),
    );
    for (column, by) in named {
        check_declared(&column.value, &column.place, by, declared, problems);
    }

    if let Some(unpivot) = unpivot {
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
            check_declared(
                capture,
                &unpivot.columns.place,
                "the capture of `unpivot`",
                declared,
                problems,
            );
        }
    }

    for period in &contract.period {
        let column = contract
            .columns
            .iter()
            .find(|column| column.name.value == period.value);
        if column.is_some_and(|column| !column.required) {
            let message = format!("the period column \"{}\" is not required", period.value);
            let hint =
                "a row without a period belongs to no delivery: add `required: true` to the column";
            problems.push(Diagnostic::error(period.place.clone(), message).hint(hint));
        }
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

/// A rejected row names its rule: two rules cannot share an id.
fn check_rule_ids(contract: &Contract, problems: &mut Problems) {
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
}
