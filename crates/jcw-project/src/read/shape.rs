//! Reads the shapes of a delivery, and checks that each says where its tables are.

use super::{delivery::check_table, layout};
use crate::contract::{Format, Layout};
use crate::delivery::{Shape, ShapePart};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::Placed;
use crate::value::{boolean, placed_word, regex, word};
use crate::yaml::{Node, Value};

type Problems = Vec<Diagnostic>;

pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Shape> {
    let mut fields = Fields::of("a shape", node, problems)?;
    let name = fields.required("name", placed_word);
    let files = fields.required("files", regex);
    let layout = fields.required("layout", layout::read);
    let parts = fields.entry("parts").map(|entry| &entry.value);
    let parts = match (parts, &layout) {
        (Some(node), Some(layout)) => parts_of(node, layout, fields.problems()),
        (Some(_), None) => None,
        (None, _) => fields.required("parts", |_, _| None),
    };
    fields.finish();
    Some(Shape {
        name: name?,
        files: files?,
        parts: parts?,
    })
}

/// `table: {...}` for each table; `{}` where nothing need be said.
fn parts_of(node: &Node, layout: &Layout, problems: &mut Problems) -> Option<Vec<ShapePart>> {
    let Value::Map(entries) = &node.value else {
        let message = format!(
            "the parts of a shape must be a mapping, and this is {}",
            node.kind()
        );
        let hint = "write one line for each table: `person: {record: Message/Persons/Person}`";
        problems.push(Diagnostic::error(node.place.clone(), message).hint(hint));
        return None;
    };
    let parts: Vec<Option<ShapePart>> = entries
        .iter()
        .map(|entry| {
            let table = Placed::new(entry.key.clone(), entry.key_place.clone());
            part(table, &entry.value, layout, problems)
        })
        .collect();
    parts.into_iter().collect()
}

fn part(
    table: Placed<String>,
    node: &Node,
    shape: &Layout,
    problems: &mut Problems,
) -> Option<ShapePart> {
    let mut fields = Fields::of("a part", node, problems)?;
    let file = fields.optional("file", word);
    let optional = fields.optional("optional", boolean).unwrap_or(false);
    let layout = layout::of_part(shape, &mut fields);
    fields.finish();
    Some(ShapePart {
        table,
        file,
        optional,
        layout,
    })
}

/// What only the whole delivery shows.
pub(super) fn check_all(
    shapes: &[Shape],
    tables: &[Placed<String>],
    header: &Placed<String>,
    problems: &mut Problems,
) {
    for (at, shape) in shapes.iter().enumerate() {
        let mut before = shapes[..at].iter();
        if before.any(|other| other.name.value == shape.name.value) {
            let message = format!("there are two shapes \"{}\"", shape.name.value);
            let hint = "give each shape its own name";
            problems.push(Diagnostic::error(shape.name.place.clone(), message).hint(hint));
        }
        for part in &shape.parts {
            check_table(&part.table, "this part", tables, problems);
        }
        check_header(shape, header, problems);
        check_where(shape, problems);
        check_records(shape, tables, problems);
    }
}

/// Nothing can be said of a delivery whose header is not there.
fn check_header(shape: &Shape, header: &Placed<String>, problems: &mut Problems) {
    let part = shape
        .parts
        .iter()
        .find(|part| part.table.value == header.value);
    let (place, message, hint) = match part {
        None => (
            &shape.name.place,
            format!(
                "this shape does not have the header table \"{}\"",
                header.value
            ),
            "say under `parts` where it is: its row says what the delivery is about",
        ),
        Some(part) if part.optional => (
            &part.table.place,
            "the header table cannot be optional".to_owned(),
            "take `optional` out: its row says what the delivery is about",
        ),
        Some(_) => return,
    };
    problems.push(Diagnostic::error(place.clone(), message).hint(hint));
}

/// Each table can be found: by the file it is in, or within the one file.
fn check_where(shape: &Shape, problems: &mut Problems) {
    let captures: Vec<String> = ::regex::Regex::new(&shape.files)
        .map(|regex| regex.capture_names().flatten().map(str::to_owned).collect())
        .unwrap_or_default();
    let captures = |name: &str| captures.iter().any(|capture| capture == name);
    if captures("table") {
        return check_files(shape, problems);
    }
    if captures("set") {
        let message = "the capture `set` has no meaning without a capture `table`";
        let hint = "files are put together by `set` only where each holds one table: `(?<table>...)` takes its name";
        problems.push(Diagnostic::error(shape.files.place.clone(), message).hint(hint));
    }
    for part in &shape.parts {
        let mut wrong = |message: &str, hint: &str| {
            problems.push(Diagnostic::error(part.table.place.clone(), message).hint(hint));
        };
        if part.file.is_some() {
            wrong(
                "one file holds all tables of this shape, so `file` has no meaning here",
                "take it out, or put a capture `(?<table>...)` into `files`",
            );
        }
        let layout = &part.layout;
        let is_alone = shape.parts.len() == 1;
        match layout.format {
            Format::Xml => {}
            Format::Xlsx | Format::Ods if layout.sheets.is_empty() && !is_alone => wrong(
                "nothing says in which sheet this table is",
                "add `sheets: ['...']`, a pattern of the sheet's whole name",
            ),
            Format::Csv | Format::JsonLines | Format::Parquet
                if layout.member.is_none() && !is_alone =>
            {
                wrong(
                    "nothing says where in the file this table is",
                    "put a capture `(?<table>...)` into `files`, or, for a zip, add `member: '...'`",
                );
            }
            _ => {}
        }
    }
}

/// Each part says what `table` shows for it, and no two the same.
fn check_files(shape: &Shape, problems: &mut Problems) {
    let shown = |part: &ShapePart| part.file.as_ref().map(|file| file.to_lowercase());
    for (at, part) in shape.parts.iter().enumerate() {
        let same = |other: &ShapePart| shown(other) == shown(part);
        let (message, hint) = match &part.file {
            None => (
                "nothing says which file this table is in",
                "add `file: ...`: what the capture `table` of `files` shows for it",
            ),
            Some(_) if shape.parts[..at].iter().any(same) => (
                "another part of this shape has the same `file`",
                "the capture `table` of `files` must show each table by a text of its own",
            ),
            Some(_) => continue,
        };
        problems.push(Diagnostic::error(part.table.place.clone(), message).hint(hint));
    }
}

/// Each part of an XML file has elements of its own, and parents are listed
/// before what stands within them.
fn check_records(shape: &Shape, tables: &[Placed<String>], problems: &mut Problems) {
    let order = |part: &ShapePart| tables.iter().position(|t| t.value == part.table.value);
    let xml = shape
        .parts
        .iter()
        .filter(|part| part.layout.format == Format::Xml);
    for part in xml {
        let Some(record) = &part.layout.record else {
            let message = "nothing says which elements are the rows of this table";
            let hint = "add `record: ...`, the path from the root: Message/Persons/Person";
            problems.push(Diagnostic::error(part.table.place.clone(), message).hint(hint));
            continue;
        };
        for other in &shape.parts {
            let Some(theirs) = &other.layout.record else {
                continue;
            };
            if std::ptr::eq(part, other) || order(part) > order(other) {
                continue;
            }
            let (message, hint) = if theirs.eq_ignore_ascii_case(record) {
                let message = format!(
                    "the tables \"{}\" and \"{}\" have the same `record`",
                    part.table.value, other.table.value
                );
                (message, "an element is a row of one table".to_owned())
            } else if is_within(record, theirs) {
                let message = format!(
                    "the rows of \"{}\" stand within those of \"{}\", which is listed after it",
                    part.table.value, other.table.value
                );
                let hint = format!(
                    "put {} before {} in `tables`",
                    other.table.value, part.table.value
                );
                (message, hint)
            } else {
                continue;
            };
            problems.push(Diagnostic::error(record.place.clone(), message).hint(hint));
        }
    }
}

/// Whether the element at `path` stands within one at `outer`.
fn is_within(path: &str, outer: &str) -> bool {
    let (path, outer) = (path.to_lowercase(), outer.to_lowercase());
    path.strip_prefix(&outer)
        .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use crate::testing::problems_when;

    const FILE: &str = "schemas/council/sen2/delivery.yaml";

    #[test]
    fn a_part_is_one_of_the_tables_and_the_header_is_always_there() {
        assert_eq!(
            problems_when(FILE, "person: {file: person}", "persn: {file: person}"),
            [
                "schemas/council/sen2/delivery.yaml:19:7: this part names the table \"persn\", which this delivery does not have; did you mean \"person\"?"
            ]
        );
        assert_eq!(
            problems_when(FILE, "      return: {file: sen2}\n", ""),
            [
                "schemas/council/sen2/delivery.yaml:13:11: this shape does not have the header table \"return\"; say under `parts` where it is: its row says what the delivery is about"
            ]
        );
        assert_eq!(
            problems_when(FILE, "{file: sen2}", "{file: sen2, optional: true}"),
            [
                "schemas/council/sen2/delivery.yaml:18:7: the header table cannot be optional; take `optional` out: its row says what the delivery is about"
            ]
        );
    }

    #[test]
    fn a_file_for_each_table_is_known_by_what_the_capture_shows() {
        assert_eq!(
            problems_when(FILE, "person: {file: person}", "person: {}"),
            [
                "schemas/council/sen2/delivery.yaml:19:7: nothing says which file this table is in; add `file: ...`: what the capture `table` of `files` shows for it"
            ]
        );
        assert_eq!(
            problems_when(FILE, "person: {file: person}", "person: {file: SEN2}"),
            [
                "schemas/council/sen2/delivery.yaml:19:7: another part of this shape has the same `file`; the capture `table` of `files` must show each table by a text of its own"
            ]
        );
        assert_eq!(
            problems_when(
                FILE,
                "{record: Message/Persons/Person}",
                "{record: Message/Persons/Person, file: person}"
            ),
            [
                "schemas/council/sen2/delivery.yaml:11:7: one file holds all tables of this shape, so `file` has no meaning here; take it out, or put a capture `(?<table>...)` into `files`"
            ]
        );
    }

    #[test]
    fn tables_of_one_file_are_told_apart_within_it() {
        assert_eq!(
            problems_when(FILE, "person: {sheets: ['Persons?']}", "person: {}"),
            [
                "schemas/council/sen2/delivery.yaml:25:7: nothing says in which sheet this table is; add `sheets: ['...']`, a pattern of the sheet's whole name"
            ]
        );
        let told = problems_when(FILE, "(?<table>[a-z0-9]+)", "[a-z0-9]+");
        // One of `set`, and for each part that it has a file and no member.
        assert_eq!(told.len(), 7, "{told:#?}");
        assert!(told[0].contains("the capture `set` has no meaning without a capture `table`"));
        assert!(
            told.iter()
                .any(|told| told.contains("for a zip, add `member: '...'`")),
            "{told:#?}"
        );
    }

    #[test]
    fn the_elements_of_each_table_are_known_and_parents_are_listed_first() {
        assert_eq!(
            problems_when(
                FILE,
                "person: {record: Message/Persons/Person}",
                "person: {}"
            ),
            [
                "schemas/council/sen2/delivery.yaml:11:7: nothing says which elements are the rows of this table; add `record: ...`, the path from the root: Message/Persons/Person"
            ]
        );
        assert_eq!(
            problems_when(
                FILE,
                "Message/Persons/Person/Requests",
                "message/persons/PERSON"
            ),
            [
                "schemas/council/sen2/delivery.yaml:11:24: the tables \"person\" and \"request\" have the same `record`; an element is a row of one table"
            ]
        );
        let told = problems_when(
            FILE,
            "tables: [return, person, request]",
            "tables: [return, request, person]",
        );
        assert_eq!(
            told[0],
            "schemas/council/sen2/delivery.yaml:12:25: the rows of \"request\" stand within those of \"person\", which is listed after it; put person before request in `tables`"
        );
    }

    #[test]
    fn shapes_have_names_of_their_own() {
        assert_eq!(
            problems_when(FILE, "name: blade", "name: xml"),
            [
                "schemas/council/sen2/delivery.yaml:13:11: there are two shapes \"xml\"; give each shape its own name"
            ]
        );
    }
}
