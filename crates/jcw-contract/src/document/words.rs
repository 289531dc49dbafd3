//! What a contract declares, in words.

use super::example;
use jcw_project::{
    Classification, Column, Contract, DuplicateHeaders, Format, Kind, Layout, Origin, RowCount,
    Severity,
};

/// What may stand in a field.
pub(super) fn kind(kind: &Kind) -> String {
    let written = |formats: &[String]| {
        let written: Vec<String> = formats
            .iter()
            .filter_map(|format| example::moment(format))
            .map(|text| format!("`{text}`"))
            .collect();
        written.join(" or ")
    };
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Integer => "whole number".to_owned(),
        Kind::Decimal { scale: 0 } => "number without decimals".to_owned(),
        Kind::Decimal { scale: 1 } => "number with at most one decimal".to_owned(),
        Kind::Decimal { scale } => format!("number with at most {scale} decimals"),
        Kind::Percentage => "percentage, 0 to 100, with or without the sign".to_owned(),
        Kind::Date { formats } => format!("date, written like {}", written(formats)),
        Kind::Timestamp { formats, time_zone } => format!(
            "date and time, written like {}; without an offset, in {time_zone}",
            written(formats)
        ),
        Kind::Boolean { yes, no } => {
            format!("yes ({}) or no ({})", listed(yes), listed(no))
        }
        Kind::Code { .. } => "one of the codes below".to_owned(),
        Kind::OrganisationCode => "organisation code (ODS, ONS or DfE)".to_owned(),
        Kind::NhsNumber => "NHS number: ten digits, the last a check digit".to_owned(),
        Kind::Upn => {
            "unique pupil number: thirteen characters, the first a check letter".to_owned()
        }
        Kind::Uln => "unique learner number: ten digits, the last a check digit".to_owned(),
    }
}

/// What else is asked of a value, and what stands for none.
pub(super) fn limits(column: &Column) -> String {
    let mut said = Vec::new();
    match (column.min, column.max) {
        (Some(min), Some(max)) => said.push(format!("from {min} to {max}")),
        (Some(min), None) => said.push(format!("{min} or more")),
        (None, Some(max)) => said.push(format!("{max} or less")),
        (None, None) => {}
    }
    if let Some(pattern) = &column.pattern {
        said.push(format!("shaped like `{}`", pattern.value));
    }
    for (text, symbol) in &column.symbols {
        let text = match text.is_empty() {
            true => "a blank".to_owned(),
            false => format!("`{text}`"),
        };
        let status = symbol.status.replace('_', " ");
        said.push(match &symbol.value {
            Some(value) => format!("{text} means {status} ({value})"),
            None => format!("{text} means {status}"),
        });
    }
    if column.fill_down {
        said.push("a blank means as in the row above".to_owned());
    }
    if column.severity != Severity::RejectRow {
        said.push(format!("a breach: {}", severity(column.severity)));
    }
    said.join("; ")
}

/// Whether a field must be there and have a value.
pub(super) fn required(column: &Column) -> &'static str {
    match (&column.from, column.required, column.optional) {
        (Some(Origin::Header { .. }), ..) => "no: the header says it for all rows",
        (_, true, _) => "yes",
        (_, false, true) => "no: the file may leave the field out",
        (_, false, false) => "no: it may be blank",
    }
}

/// Where a value comes from that is no field of the file.
pub(super) fn origin(origin: &Origin) -> String {
    match origin {
        Origin::FileName(pattern) => {
            format!("the file's name, by `{}`", pattern.value)
        }
        Origin::Sheet(names) if names.is_empty() => "the sheet's name".to_owned(),
        Origin::Sheet(names) => {
            let names: Vec<String> = names
                .iter()
                .map(|(sheet, value)| format!("`{sheet}` gives `{value}`"))
                .collect();
            format!("the sheet: {}", names.join(", "))
        }
        Origin::RowNumber => "the number of the row".to_owned(),
        Origin::Expression(sql) => format!("worked out: `{}`", one_line(&sql.value)),
        Origin::Header { column, .. } => format!("the header's `{}`", column.value),
    }
}

/// What a field says about a person.
pub(super) fn classification(classification: Classification) -> &'static str {
    match classification {
        Classification::Open => "nothing",
        Classification::Quasi => "together with others it could single a person out",
        Classification::Sensitive => "health, care or need of a person",
        Classification::LocalId => "your own number of a person: kept as a keyed pseudonym",
        Classification::Identifier => "names a person: stays in the vault",
    }
}

/// What becomes of what breaks a rule.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Warn => "the row loads, and you are asked about it",
        Severity::RejectRow => "the row does not load",
        Severity::RejectFile => "nothing loads",
    }
}

/// How far the number of rows may be from the last.
pub(super) fn row_count(count: &RowCount) -> String {
    let most = match count.max_ratio.is_finite() {
        true => format!(" or more than {} times", count.max_ratio),
        false => String::new(),
    };
    let then = match count.severity {
        Severity::Warn => "is asked about",
        _ => "waits until someone accepts it",
    };
    format!(
        "what has less than {} times{most} the rows of the last {then}",
        count.min_ratio
    )
}

/// How a file, or the part of it that holds one table, is laid out.
pub(super) fn layout(layout: &Layout) -> String {
    let mut said = vec![format(layout)];
    if !layout.sheets.is_empty() {
        said.push(format!(
            "sheet {}",
            joined(layout.sheets.iter().map(|s| &s.value))
        ));
    }
    if let Some(record) = &layout.record {
        said.push(format!("one row for each element `{}`", record.value));
    }
    if let Some(member) = &layout.member {
        said.push(format!("in the zip, the file `{}`", member.value));
    }
    said.extend(rows(layout));
    said.join("; ")
}

fn format(layout: &Layout) -> String {
    match layout.format {
        Format::Csv => {
            let delimiter = match layout.delimiter {
                b',' => "commas".to_owned(),
                b'\t' => "tabs".to_owned(),
                b'|' => "pipes".to_owned(),
                b';' => "semicolons".to_owned(),
                other => format!("`{}`", char::from(other)),
            };
            format!(
                "CSV with {delimiter} between fields, encoded as {}",
                layout.encoding.value.to_uppercase()
            )
        }
        Format::JsonLines => format!(
            "one JSON object a line, encoded as {}",
            layout.encoding.value.to_uppercase()
        ),
        Format::Xlsx => "Excel workbook (.xlsx)".to_owned(),
        Format::Ods => "OpenDocument spreadsheet (.ods)".to_owned(),
        Format::Parquet => "Parquet".to_owned(),
        Format::Xml => "XML".to_owned(),
    }
}

/// What the rows are that are no rows of the table.
fn rows(layout: &Layout) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |text: &str| said.push(text.to_owned());
    if layout.headerless {
        say("no header: the fields in the order below");
    }
    if layout.title_rows {
        say("titles may stand above the header");
    }
    if layout.header_rows == 2 {
        say("the header has two rows");
    }
    if layout.duplicate_headers == DuplicateHeaders::Identical {
        say("a label that is there twice must have the same values");
    }
    if let Some(column) = &layout.sub_heading {
        say(&format!(
            "a row with nothing but its first cell gives `{}` for the rows below it",
            column.value
        ));
    }
    if !layout.unlabelled.is_empty() {
        let names = joined(layout.unlabelled.iter().map(|name| &name.value));
        say(&format!("columns without a label, in turn: {names}"));
    }
    if let Some(unpivot) = &layout.unpivot {
        say(&format!(
            "each column whose label is like `{}` becomes rows",
            unpivot.columns.value
        ));
    }
    if let Some(footer) = &layout.footer {
        say(&format!(
            "the table ends where a row is like `{}`",
            footer.value
        ));
    }
    said
}

/// What a new delivery takes the place of.
pub(super) fn replaces(contract: &Contract) -> String {
    match contract.period.is_empty() {
        true => "everything that was delivered before".to_owned(),
        false => format!(
            "what was delivered before for the same {}",
            joined(contract.period.iter().map(|column| &column.value))
        ),
    }
}

/// `a`, `b`
pub(super) fn joined<'w>(words: impl IntoIterator<Item = &'w String>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

fn listed(words: &[String]) -> String {
    words.join(", ")
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
