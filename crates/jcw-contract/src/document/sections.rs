//! What a document says, section by section.

use super::{Block, Document, example, words};
use jcw_project::{
    Column, Contract, Delivery, Format, Kind, Layout, Origin, Project, Shape, Source,
};
use std::collections::BTreeMap;

/// What holds of every field of every contract.
const READING: &str = "Labels are compared without case, and spaces, `_` and `-` count as the same. A breach of what is said of a field is named after it: `<field>.required`, `<field>.type`, `<field>.code`, `<field>.range`, `<field>.pattern`. A row with one does not load, unless another outcome is stated.";

/// The document of a contract; of a delivery's table, without its shapes.
pub(super) fn of_contract(project: &Project, contract: &Contract) -> Document {
    let id = &contract.id.value;
    let whole = project.delivery_of(contract);
    let mut facts = standing(project, id, &contract.partner, &contract.owner);
    match whole {
        Some(delivery) => facts.push(fact(
            "Part of",
            format!("the delivery `{}`", delivery.id.value),
        )),
        None => {
            facts.extend(files(project, id));
            facts.push(fact("Layout", words::layout(&contract.layout)));
        }
    }
    facts.push(fact("Replaces", words::replaces(contract)));
    let mut blocks = vec![
        Block::Paragraph(sentence(&contract.description)),
        Block::Facts(facts),
        Block::Paragraph(READING.into()),
    ];
    blocks.extend(table(contract, 2));
    Document {
        title: format!("What we ask for: `{id}`"),
        blocks,
    }
}

/// The document of a delivery and of each of its tables.
pub(super) fn of_delivery(project: &Project, delivery: &Delivery) -> Document {
    let id = &delivery.id.value;
    let mut facts = standing(project, id, &delivery.partner, &delivery.owner);
    facts.push(fact(
        "Tables",
        words::joined(delivery.tables.iter().map(|t| &t.value)),
    ));
    if let Some(header) = project.contract(&delivery.contract_id(&delivery.header)) {
        facts.push(fact("Replaces", words::replaces(header)));
    }
    let mut blocks = vec![
        Block::Paragraph(sentence(&delivery.description)),
        Block::Facts(facts),
        Block::Paragraph("All tables of a delivery load together, or none of them does.".into()),
        Block::Heading(2, "Shapes it may come in".into()),
    ];
    for shape in &delivery.shapes {
        blocks.extend(of_shape(shape));
    }
    if !delivery.totals.is_empty() {
        blocks.push(Block::Heading(2, "Totals".into()));
        blocks.push(totals(delivery));
    }
    blocks.push(Block::Heading(2, "How tables are read".into()));
    blocks.push(Block::Paragraph(READING.into()));
    for contract in project.contracts_of(delivery) {
        blocks.push(Block::Heading(2, format!("Table `{}`", contract.table())));
        blocks.push(Block::Paragraph(sentence(&contract.description)));
        blocks.extend(table(contract, 3));
    }
    Document {
        title: format!("What we ask for: `{id}`"),
        blocks,
    }
}

fn standing(project: &Project, id: &str, partner: &str, owner: &str) -> Vec<(String, String)> {
    let partners = &project.warehouse.partners;
    let name = partners.iter().find(|known| known.id.value == *partner);
    vec![
        fact("Contract", format!("`{id}`")),
        fact("From", name.map_or(partner, |partner| &partner.name)),
        fact("Owner", owner),
    ]
}

/// What the files are called, without the folders they are looked for in.
fn files(project: &Project, id: &str) -> Option<(String, String)> {
    let sources = project.sources.iter().filter(|s| s.contract.value == *id);
    let names: Vec<String> = sources.flat_map(Source::file_names).collect();
    (!names.is_empty()).then(|| fact("Files", words::joined(&names)))
}

fn of_shape(shape: &Shape) -> Vec<Block> {
    let mut facts = vec![fact("File names", format!("like `{}`", shape.files.value))];
    let has_files = shape.parts.iter().any(|part| part.file.is_some());
    if has_files {
        facts.push(fact("Files", "one for each table"));
    }
    let same = shape.parts.first().map(|part| words::layout(&part.layout));
    let same = same.filter(|same| {
        let mut parts = shape.parts.iter();
        parts.all(|part| words::layout(&part.layout) == *same)
    });
    let is_same = same.is_some();
    facts.extend(same.map(|same| fact("Layout", same)));
    let mut headings = vec!["Table".to_owned()];
    headings.extend(has_files.then(|| "File".to_owned()));
    headings.extend((!is_same).then(|| "Layout".to_owned()));
    headings.push("Must be there".to_owned());
    let rows = shape.parts.iter().map(|part| {
        let mut row = vec![format!("`{}`", part.table.value)];
        let file = part.file.as_deref().unwrap_or_default();
        row.extend(has_files.then(|| format!("`{file}`")));
        row.extend((!is_same).then(|| words::layout(&part.layout)));
        row.push(if part.optional { "no" } else { "yes" }.to_owned());
        row
    });
    vec![
        Block::Heading(3, format!("Shape `{}`", shape.name.value)),
        Block::Facts(facts),
        Block::Table(headings, rows.collect()),
    ]
}

fn totals(delivery: &Delivery) -> Block {
    let rows = delivery.totals.iter().map(|total| {
        vec![
            format!("`{}`", total.id.value),
            format!("the rows of `{}`", total.table.value),
            format!("`{}`", total.column.value),
            sentence(&total.message),
        ]
    });
    Block::Table(
        headings(&[
            "Rule",
            "Counts",
            "Stated in the header's",
            "What you are told",
        ]),
        rows.collect(),
    )
}

/// What is asked of one table, under headings of this level.
fn table(contract: &Contract, level: u8) -> Vec<Block> {
    let mut blocks = vec![Block::Facts(identity(contract))];
    let heading = |text: &str| Block::Heading(level, text.to_owned());
    let (sent, made): (Vec<&Column>, Vec<&Column>) =
        contract.columns.iter().partition(|column| is_sent(column));
    blocks.push(heading("Fields"));
    blocks.push(fields(&sent));
    if !made.is_empty() {
        blocks.push(heading("Fields that are added"));
        blocks.push(added(&made));
    }
    let codes = codes(&contract.columns);
    if !codes.is_empty() {
        blocks.push(heading("Codes"));
        blocks.extend(codes);
    }
    if !contract.rules.is_empty() {
        blocks.push(heading("Rules"));
        blocks.push(rules(contract));
    }
    if !contract.references.is_empty() {
        blocks.push(heading("References"));
        blocks.push(references(contract));
    }
    if !sent.is_empty() {
        blocks.push(heading("Example"));
        blocks.push(Block::Paragraph(
            "Made up, to show how values are written. It is about nobody.".into(),
        ));
        blocks.push(sample(&contract.layout, &sent));
    }
    blocks
}

/// How a row and a delivery are known again.
fn identity(contract: &Contract) -> Vec<(String, String)> {
    let mut facts = vec![fact("Loaded into", format!("`{}`", contract.table()))];
    if let Some(key) = &contract.key {
        let columns = words::joined(key.columns.iter().map(|column| &column.value));
        facts.push(fact(
            "Key",
            format!(
                "{columns}: two rows with the same, and anything else different, break `{}`",
                key.id
            ),
        ));
    }
    if !contract.row_id.is_empty() {
        facts.push(fact(
            "Rows are named",
            format!(
                "in reports to you, by {}",
                words::joined(contract.row_id.iter().map(|column| &column.value))
            ),
        ));
    }
    if let Some(as_of) = &contract.as_of {
        facts.push(fact(
            "Made at",
            format!(
                "`{}`: what is older than what stands is set aside",
                as_of.value
            ),
        ));
    }
    if let Some(count) = &contract.row_count {
        facts.push(fact("Rows", words::row_count(count)));
    }
    for version in &contract.versions {
        facts.push(fact(
            "Version",
            format!(
                "{} is known by the label {}",
                version.id.value,
                words::joined(&version.shows)
            ),
        ));
    }
    facts
}

/// Whether the partner sends it, in a field of the file.
fn is_sent(column: &Column) -> bool {
    matches!(column.from, None | Some(Origin::Header { .. }))
}

fn fields(columns: &[&Column]) -> Block {
    let rows = columns.iter().map(|column| {
        vec![
            format!("`{}`", column.name.value),
            words::joined(&column.aliases),
            words::kind(&column.kind),
            words::required(column).to_owned(),
            words::limits(column),
            words::classification(column.classification).to_owned(),
            sentence(&column.description),
        ]
    });
    Block::Table(
        headings(&[
            "Field",
            "Labels it may also have",
            "Type",
            "Required",
            "Limits",
            "Says of a person",
            "Meaning",
        ]),
        rows.collect(),
    )
}

fn added(columns: &[&Column]) -> Block {
    let rows = columns.iter().map(|column| {
        let origin = column.from.as_ref().map(words::origin);
        vec![
            format!("`{}`", column.name.value),
            words::kind(&column.kind),
            origin.unwrap_or_default(),
            sentence(&column.description),
        ]
    });
    Block::Table(
        headings(&["Field", "Type", "Taken from", "Meaning"]),
        rows.collect(),
    )
}

/// Each set of codes once, with the fields that have it.
fn codes(columns: &[Column]) -> Vec<Block> {
    let mut sets: Vec<(&BTreeMap<String, String>, Vec<&String>)> = Vec::new();
    for column in columns {
        let Kind::Code { codes } = &column.kind else {
            continue;
        };
        match sets.iter_mut().find(|(set, _)| *set == codes) {
            Some((_, names)) => names.push(&column.name.value),
            None => sets.push((codes, vec![&column.name.value])),
        }
    }
    let blocks = sets.into_iter().flat_map(|(codes, names)| {
        let of = format!("Codes of {}:", words::joined(names));
        let rows = codes
            .iter()
            .map(|(code, label)| vec![format!("`{code}`"), label.clone()]);
        [
            Block::Paragraph(of),
            Block::Table(headings(&["Code", "Means"]), rows.collect()),
        ]
    });
    blocks.collect()
}

fn rules(contract: &Contract) -> Block {
    let rows = contract.rules.iter().map(|rule| {
        vec![
            format!("`{}`", rule.id.value),
            sentence(&rule.message),
            format!("`{}`", words::one_line(&rule.check)),
            words::severity(rule.severity).to_owned(),
            rule.source.clone().unwrap_or_default(),
        ]
    });
    Block::Table(
        headings(&["Rule", "A breach says", "Must hold", "Then", "Source"]),
        rows.collect(),
    )
}

fn references(contract: &Contract) -> Block {
    let rows = contract.references.iter().map(|reference| {
        let there: Vec<String> = reference
            .to
            .iter()
            .map(|column| format!("{}.{}", reference.table.value, column.value))
            .collect();
        vec![
            format!("`{}`", reference.id.value),
            words::joined(reference.columns.iter().map(|column| &column.value)),
            words::joined(&there),
            sentence(&reference.message),
            words::severity(reference.severity).to_owned(),
        ]
    });
    Block::Table(
        headings(&["Rule", "Field", "Must be in", "A breach says", "Then"]),
        rows.collect(),
    )
}

/// A header and a row, as text with delimiters whatever the format.
fn sample(layout: &Layout, columns: &[&Column]) -> Block {
    let delimiter = match layout.format {
        Format::Csv => char::from(layout.delimiter),
        _ => ',',
    };
    let quoted = |cell: String| match cell.contains([delimiter, '"', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    };
    let line = |cells: Vec<String>| {
        let cells: Vec<String> = cells.into_iter().map(quoted).collect();
        cells.join(&delimiter.to_string())
    };
    let values = line(columns.iter().map(|column| example::of(column)).collect());
    if layout.headerless {
        return Block::Sample(values);
    }
    let labels = line(columns.iter().map(|c| c.name.value.clone()).collect());
    Block::Sample(format!("{labels}\n{values}"))
}

fn fact(name: &str, text: impl Into<String>) -> (String, String) {
    (name.to_owned(), text.into())
}

fn headings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// With a capital at the beginning.
fn sentence(text: &str) -> String {
    let text = words::one_line(text);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !text.starts_with('`') => {
            first.to_uppercase().collect::<String>() + letters.as_str()
        }
        _ => text,
    }
}
