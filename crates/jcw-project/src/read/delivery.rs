//! Reads `schemas/<partner>/<delivery>/delivery.yaml`.

use super::{File, Setting, shape};
use crate::delivery::{Delivery, ShapePart, Total};
use crate::diagnostic::Diagnostic;
use crate::fields::Fields;
use crate::place::Placed;
use crate::suggest;
use crate::value::{filled, list, name, placed_word, text};
use crate::yaml::{self, Node};

type Problems = Vec<Diagnostic>;

/// The delivery, but for its hash: that covers its contracts too.
pub(crate) fn read(
    file: &File,
    partner: &str,
    folder: &str,
    setting: &Setting<'_>,
    problems: &mut Problems,
) -> Option<Delivery> {
    let node = yaml::read(&file.path, &file.text, setting.environment, problems)?;
    let mut fields = Fields::of("a delivery", &node, problems)?;
    let description = fields.required("description", text);
    let owner = fields.required("owner", text);
    let tables = fields.required("tables", filled(name));
    let header = fields.required("header", name);
    let shapes = fields.required("shapes", filled(shape::read));
    let totals = fields.optional("totals", list(total)).unwrap_or_default();
    fields.finish();

    let (tables, header, mut shapes) = (tables?, header?, shapes?);
    check_names(&tables, &header, &totals, problems);
    shape::check_all(&shapes, &tables, &header, problems);
    for shape in &mut shapes {
        let order = |part: &ShapePart| tables.iter().position(|t| t.value == part.table.value);
        shape.parts.sort_by_key(order);
    }
    Some(Delivery {
        id: file.placed(format!("{partner}/{folder}")),
        partner: partner.to_owned(),
        description: description.unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        tables,
        header,
        shapes,
        totals,
        hash: file.hash(),
    })
}

fn total(node: &Node, problems: &mut Problems) -> Option<Total> {
    let mut fields = Fields::of("a total", node, problems)?;
    let id = fields.required("id", placed_word);
    let table = fields.required("table", name);
    let column = fields.required("column", name);
    let message = fields.required("message", text);
    fields.finish();
    Some(Total {
        id: id?,
        table: table?,
        column: column?,
        message: message?,
    })
}

/// Tables are listed once, and whatever else names a table names one of them.
fn check_names(
    tables: &[Placed<String>],
    header: &Placed<String>,
    totals: &[Total],
    problems: &mut Problems,
) {
    for (at, table) in tables.iter().enumerate() {
        if tables[..at].iter().any(|other| other.value == table.value) {
            let message = format!("the table \"{}\" is listed twice", table.value);
            problems.push(Diagnostic::error(table.place.clone(), message).hint("keep one of them"));
        }
    }
    check_table(header, "the header", tables, problems);
    for (at, total) in totals.iter().enumerate() {
        check_table(&total.table, "the total", tables, problems);
        if totals[..at]
            .iter()
            .any(|other| other.id.value == total.id.value)
        {
            let message = format!("there are two totals \"{}\"", total.id.value);
            let hint = "give each total its own id";
            problems.push(Diagnostic::error(total.id.place.clone(), message).hint(hint));
        }
    }
}

/// `name` is one of the delivery's tables.
pub(super) fn check_table(
    name: &Placed<String>,
    by: &str,
    tables: &[Placed<String>],
    problems: &mut Problems,
) {
    if !tables.iter().any(|table| table.value == name.value) {
        let message = format!(
            "{by} names the table \"{}\", which this delivery does not have",
            name.value
        );
        let hint = suggest::hint(name, "tables", tables.iter().map(|table| &table.value));
        problems.push(Diagnostic::error(name.place.clone(), message).hint(hint));
    }
}

#[cfg(test)]
mod tests {
    use crate::contract::{Format, Kind, Origin};
    use crate::testing::{problems_when, project, sound};

    const FILE: &str = "schemas/council/sen2/delivery.yaml";

    #[test]
    fn the_example_is_read() {
        let project = project(&[]);
        let source = &project.sources[1];
        let tables: Vec<_> = project
            .tables_of(source)
            .iter()
            .map(|contract| contract.table())
            .collect();
        let expected = [
            "council.sen2_return",
            "council.sen2_person",
            "council.sen2_request",
        ];
        assert_eq!(tables, expected);
        assert_eq!(project.tables_of(&project.sources[0]).len(), 1);
        let delivery = project.delivery("council/sen2").unwrap();
        assert_eq!(delivery.header.value, "return");
        assert_eq!(delivery.totals[0].column.value, "persons");
        assert_eq!(delivery.shapes.len(), 3);
        let person = project.contract("council/sen2_person").unwrap();
        assert_eq!(
            project.delivery_of(person).unwrap().id.value,
            "council/sen2"
        );
        assert!(project.delivery_of(&project.contracts[0]).is_none());
        assert_eq!(person.columns[4].kind, Kind::Upn);
        assert!(matches!(&person.columns[5].kind, Kind::Code { codes } if codes["F"] == "Female"));
        let header = |at: usize| match &person.columns[at].from {
            Some(Origin::Header { column, value }) => (column.value.clone(), value.clone()),
            _ => panic!(),
        };
        assert_eq!(header(0), ("lea".to_owned(), None));
        assert_eq!(header(1), ("year".to_owned(), None));
    }

    #[test]
    fn parts_stand_in_the_order_of_the_tables_and_have_the_layout_of_their_shape() {
        let project = project(&[]);
        let [xml, blade, template] = &project.deliveries[0].shapes[..] else {
            panic!()
        };
        assert_eq!(
            xml.parts[2].layout.record.as_ref().unwrap().value,
            "Message/Persons/Person/Requests"
        );
        assert_eq!(blade.parts[2].table.value, "request");
        assert_eq!(blade.parts[2].file.as_deref(), Some("requests"));
        assert!(blade.parts[2].optional && !blade.parts[0].optional);
        assert_eq!(blade.parts[2].layout.delimiter, b'|');
        assert_eq!(blade.parts[0].layout.delimiter, b',');
        assert_eq!(blade.parts[2].layout.encoding.value, "windows-1252");
        assert_eq!(template.parts[1].layout.format, Format::Xlsx);
        assert_eq!(template.parts[1].layout.sheets[0].value, "Persons?");
        assert!(template.parts[1].layout.title_rows && !template.parts[0].layout.title_rows);
    }

    #[test]
    fn the_hash_changes_with_the_delivery_and_with_each_of_its_contracts() {
        let hashes = |path: &str, from: &str, to: &str| {
            let text = sound(path).replacen(from, to, 1);
            let project = project(&[(path, Some(&text))]);
            let return_ = project.contract("council/sen2_return").unwrap();
            (project.deliveries[0].hash.clone(), return_.hash.clone())
        };
        let (delivery, contract) = hashes(FILE, "", "");
        let (other, same) = hashes(FILE, "One SEN2 return", "A SEN2 return");
        assert!(other != delivery && same == contract);
        let person = "schemas/council/sen2/person.yaml";
        let (other, same) = hashes(person, "A UPN", "The UPN");
        assert!(other != delivery && same == contract);
        let (other, _) = hashes("schemas/codes.yaml", "Male", "Boy");
        assert!(other != delivery);
        assert_eq!(hashes("schemas/codes.yaml", "[Y, N]", "[Y]").0, delivery);
    }

    #[test]
    fn a_part_has_no_format_of_its_own_and_a_table_no_layout() {
        assert_eq!(
            problems_when(
                FILE,
                "{file: sen2}",
                "{file: sen2, format: xlsx, sheets: [a]}"
            ),
            [
                "schemas/council/sen2/delivery.yaml:18:28: the key \"format\" has no meaning here: all parts of a shape have the shape's; take it out",
                "schemas/council/sen2/delivery.yaml:18:42: the key \"sheets\" has no meaning here: only XLSX and ODS have it; take it out",
            ]
        );
        assert_eq!(
            problems_when(FILE, "{file: sen2}", "{file: sen2, record: Message}"),
            [
                "schemas/council/sen2/delivery.yaml:18:28: the key \"record\" has no meaning here: only XML has it; take it out"
            ]
        );
        assert_eq!(
            problems_when(
                "schemas/council/sen2/return.yaml",
                "owner: DfE",
                "owner: DfE\nlayout: {format: csv}"
            ),
            [
                "schemas/council/sen2/return.yaml:3:1: the key \"layout\" has no meaning here: this is a table of a delivery, and the shapes in delivery.yaml say where it is; take it out"
            ]
        );
    }

    #[test]
    fn a_key_of_a_part_that_is_misspelt_is_told_with_what_was_meant() {
        assert_eq!(
            problems_when(FILE, "optional: true", "optinal: true"),
            [
                "schemas/council/sen2/delivery.yaml:17:33: a part has no key \"optinal\"; did you mean \"optional\"?"
            ]
        );
        assert_eq!(problems_when(FILE, "{record: Message}", "Message").len(), 1);
        assert_eq!(
            problems_when(
                FILE,
                "    parts:\n      return: {rec",
                "    prats:\n      return: {rec"
            )
            .len(),
            2
        );
    }
}
