use super::*;
use crate::testing::*;
use jcw_project::{Format, Origin};
use std::io::Write;

const RETURN: &str = "\
<Message>
  <Header><CollectionDetails><Year>2025</Year></CollectionDetails></Header>
  <Persons>
    <Person><Surname>A &amp; B</Surname><UPN/>
      <Requests><Type>R</Type><SENneed><Rank>1</Rank></SENneed><SENneed><Rank>2</Rank></SENneed></Requests>
      <Requests><Type>S</Type></Requests>
    </Person>
    <Person><Surname>C</Surname><Requests><SENneed><Rank>3</Rank></SENneed></Requests></Person>
  </Persons>
</Message>
";

fn table(record: &str, names: &[&str]) -> Contract {
    let mut layout = layout(Format::Xml);
    layout.record = Some(text(record));
    contract(layout, columns(names))
}

/// The tables of a small return.
fn four() -> Vec<(&'static str, Contract)> {
    let person = "Message/Persons/Person";
    vec![
        ("return", table("Message", &["year"])),
        ("person", table(person, &["record_id", "surname", "upn"])),
        (
            "request",
            table(
                &format!("{person}/Requests"),
                &["record_id", "person_id", "type"],
            ),
        ),
        (
            "need",
            table(
                &format!("{person}/Requests/SENneed"),
                &["request_id", "rank"],
            ),
        ),
    ]
}

struct Apart {
    contracts: Vec<(&'static str, Contract)>,
    parts: Vec<XmlPart>,
    _folder: tempfile::TempDir,
}

impl Apart {
    fn read(&self, name: &str) -> Whole {
        let place = self.contracts.iter().position(|known| known.0 == name);
        let (_, contract) = &self.contracts[place.unwrap()];
        let part = &self.parts[place.unwrap()];
        let reader = part
            .open(contract, &Limits::default(), "extract.xml")
            .unwrap();
        drain(reader).unwrap()
    }

    fn warnings(&self, name: &str) -> Vec<(&'static str, String, u64)> {
        let warnings = self.read(name).summary.warnings;
        warnings
            .into_iter()
            .map(|warning| (warning.rule, warning.message, warning.count))
            .collect()
    }
}

fn apart_from(
    contracts: Vec<(&'static str, Contract)>,
    limits: &Limits,
    bytes: impl AsRef<[u8]>,
) -> Result<Apart, ReadError> {
    let folder = tempfile::tempdir().unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    let tables: Vec<XmlTable<'_>> = contracts
        .iter()
        .map(|(name, contract)| XmlTable { name, contract })
        .collect();
    let parts = take_apart(&tables, limits, file.path(), folder.path())?;
    Ok(Apart {
        contracts,
        parts,
        _folder: folder,
    })
}

fn apart(bytes: impl AsRef<[u8]>) -> Result<Apart, ReadError> {
    apart_from(four(), &Limits::default(), bytes)
}

fn refusal(bytes: impl AsRef<[u8]>) -> ReadError {
    match apart(bytes) {
        Ok(_) => panic!("it was read"),
        Err(error) => error,
    }
}

/// One person's surname.
fn surname(of: &str) -> String {
    let xml = format!("<Message><Persons><Person>{of}</Person></Persons></Message>");
    let person = apart(xml).unwrap().read("person");
    person.cell(0, "Surname").unwrap_or("(null)").to_owned()
}

#[test]
fn each_record_path_becomes_a_table_and_children_know_their_parents() {
    let apart = apart(RETURN).unwrap();
    assert_eq!(apart.read("return").texts(0), ["2025"]);
    let person = apart.read("person");
    assert_eq!(person.labels, ["Surname", "UPN", "record_id"]);
    assert_eq!(person.texts(0), ["A & B", "", "1"]);
    assert_eq!(
        (person.cell(0, "UPN"), person.cell(1, "UPN")),
        (Some(""), None)
    );
    assert_eq!(person.rows, [1, 2]);
    let request = apart.read("request");
    assert_eq!(request.labels, ["Type", "record_id", "person_id"]);
    assert_eq!(
        (request.texts(0), request.texts(1), request.texts(2)),
        (vec!["R", "1", "1"], vec!["S", "2", "1"], vec!["", "3", "2"])
    );
    let need = apart.read("need");
    assert_eq!(
        (need.texts(0), need.texts(1), need.texts(2)),
        (vec!["1", "1"], vec!["2", "1"], vec!["3", "3"])
    );
    assert_eq!(apart.parts[3].records, 3);
    assert_eq!(person.summary.warnings, []);
}

#[test]
fn a_table_without_records_shows_all_of_its_columns() {
    let apart = apart("<Message><Year>2025</Year></Message>").unwrap();
    let need = apart.read("need");
    assert_eq!(need.labels, ["request_id", "rank"]);
    assert_eq!((need.cells.len(), need.summary.records), (0, 0));
}

#[test]
fn what_the_delivery_header_says_is_added_where_the_file_does_not_show_it() {
    let mut contracts = four();
    let header = |name: &str, value: &str| {
        column(name).from(Origin::Header {
            column: text(name),
            value: Some(value.to_owned()),
        })
    };
    contracts[1].1.columns.push(header("year", "2025"));
    contracts[1]
        .1
        .columns
        .push(header("surname_at_birth", "no"));
    contracts[1]
        .1
        .columns
        .push(column("code").from(Origin::FileName(text("([a-z]+)"))));
    let xml = RETURN.replace("<UPN/>", "<Surname_at_birth>own</Surname_at_birth>");
    let person = apart_from(contracts, &Limits::default(), xml)
        .unwrap()
        .read("person");
    assert_eq!(
        person.labels,
        ["Surname", "Surname_at_birth", "record_id", "code", "year"]
    );
    assert_eq!(person.texts(0), ["A & B", "own", "1", "extract", "2025"]);
}

#[test]
fn names_are_compared_without_case_and_other_spellings_are_told_once() {
    let mut contracts = four();
    contracts[1].1.columns[1].aliases.push("Surname".to_owned());
    let xml = "<MESSAGE><Persons><person><SURNAME>A</SURNAME></person><person><SURNAME>B</SURNAME></person></Persons></MESSAGE>";
    let apart = apart_from(contracts, &Limits::default(), xml).unwrap();
    assert_eq!(apart.read("person").texts(1), ["B", "2"]);
    let warnings = apart.warnings("person");
    assert_eq!(warnings.len(), 2);
    assert_eq!((warnings[0].0, warnings[0].2), ("xml.spelling", 2));
    assert!(
        warnings[0].1.contains("Person is spelled person"),
        "{warnings:?}"
    );
    assert!(
        warnings[1].1.contains("Surname is spelled SURNAME"),
        "{warnings:?}"
    );
    assert_eq!(apart.warnings("return").len(), 1);
}

#[test]
fn unknown_elements_stray_text_and_attributes_are_told_and_not_read() {
    let xml = "<Message xmlns='urn:x' xmlns:xsi='y' xsi:schemaLocation='z'>\n<Persons>9434765919\n<Person id='7'><Surname>A</Surname>lost<Nickname>Jo</Nickname></Person><Person><Nickname>Flo</Nickname></Person></Persons></Message>";
    let apart = apart(xml).unwrap();
    let person = apart.warnings("person");
    assert_eq!(
        person
            .iter()
            .map(|(rule, _, count)| (*rule, *count))
            .collect::<Vec<_>>(),
        [
            ("xml.unknown_tag", 2),
            ("xml.stray_text", 1),
            ("xml.attribute", 1)
        ]
    );
    assert!(person[0].1.contains("Nickname") && person[0].1.contains("line 3"));
    assert_eq!(apart.warnings("return")[0].0, "xml.stray_text");
    let said = format!("{:?}{:?}", person, apart.warnings("return"));
    assert!(!said.contains("943476") && !said.contains("lost") && !said.contains("Jo"));
}

#[test]
fn an_element_that_repeats_sets_its_record_aside() {
    let xml = RETURN.replace("<UPN/>", "<UPN>1</UPN><surname>Z</surname>");
    let apart = apart(xml).unwrap();
    let person = apart.read("person");
    assert_eq!(
        (person.rows.as_slice(), person.summary.records),
        (&[2][..], 2)
    );
    let malformed = &person.malformed[0];
    assert_eq!((malformed.row, malformed.rule), (1, "xml.repeated"));
    assert_eq!(
        malformed.text,
        "<Surname>A &amp; B</Surname><UPN>1</UPN><surname>Z</surname>"
    );
    assert_eq!(apart.read("request").cells.len(), 3);
}

#[test]
fn values_are_what_the_markup_means() {
    for (xml, value) in [
        ("<Surname>O&apos;N<![CDATA[<e>&]]>il</Surname>", "O'N<e>&il"),
        ("<Surname>a<!-- note -->b<?pi x?>c</Surname>", "abc"),
        ("<Surname>&#x41;&#66;&lt;&gt;&quot;</Surname>", "AB<>\""),
        ("<Surname>two\r\nlines\rx</Surname>", "two\nlines\nx"),
        ("<x:Surname xmlns:x='urn:y'>local</x:Surname>", "local"),
        ("<Surname></Surname>", ""),
        ("<Surname xsi:nil='true'/>", "(null)"),
        ("<Name><Surname>in a group</Surname></Name>", "in a group"),
    ] {
        assert_eq!(surname(xml), value, "{xml}");
    }
}

#[test]
fn a_document_type_is_refused_before_anything_else() {
    let laughs = "<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol2 '&lol;&lol;'>]><Message>&lol2;</Message>";
    let external = "<!DOCTYPE Message SYSTEM 'file:///etc/passwd'><Message/>";
    let unclosed = "<!DOCTYPE Message [<!ENTITY";
    for xml in [laughs, external, unclosed, "<!doctype Message><Message/>"] {
        assert_eq!(refusal(xml).rule(), "xml.doctype", "{xml}");
    }
    for reference in ["&lol;", "&#0;", "&#xFFFF;", "&#xD800;", "&#99999999999;"] {
        let xml = format!("<Message><Year>{reference}</Year></Message>");
        assert_eq!(refusal(xml).rule(), "xml.entity", "{reference}");
    }
}

#[test]
fn what_is_not_well_formed_is_refused_with_its_place_and_no_text() {
    for xml in [
        "<Message><Year>2025</Message>",
        "<Message></Message><Message/>",
        "<Message/>text",
        "<?xml version='1.0'?>text<Message/>",
        "<Message a='1' a='2'/>",
        "<Message a=1/>",
        "<Message a='<'/>",
        "<Message><1/></Message>",
        "<Message><Year>a & b</Year></Message>",
        "<Message>\u{1}</Message>",
        "<Message><!-- a -- b --></Message>",
        "<Message/></Message>",
        "<Message><!ELEMENT></Message>",
        "<Message/><?xml version='1.0'?>",
    ] {
        assert!(
            matches!(refusal(xml), ReadError::XmlBroken { .. }),
            "{xml}: {:?}",
            refusal(xml)
        );
    }
    let error = refusal("<Message>\n  <Year>9434765919</Yeer>\n</Message>");
    assert_eq!(
        (error.line(), error.standing()),
        (Some(2), crate::Standing::Rejected)
    );
    assert!(!error.to_string().contains("943"), "{error}");
    assert_eq!(refusal("").rule(), "file.empty");
    assert_eq!(refusal("a,b\n1,2\n").rule(), "file.format");
}

#[test]
fn a_file_cut_anywhere_is_held_and_nothing_of_it_is_read() {
    let whole = RETURN.replace("<UPN/>", "<!-- a --><UPN a='b'><![CDATA[x]]></UPN><?pi x?>");
    for length in 1..whole.len() - 1 {
        let error = refusal(&whole[..length]);
        assert_eq!(error.rule(), "xml.broken", "{length}: {error}");
        assert_eq!(error.standing(), crate::Standing::Held, "{length}: {error}");
    }
}

#[test]
fn the_root_must_be_that_of_the_records() {
    assert_eq!(refusal("<CINReturn/>").rule(), "xml.root");
    let mut contracts = four();
    contracts[2].1.layout.record = Some(text("Other/Path"));
    let error = apart_from(contracts, &Limits::default(), RETURN)
        .err()
        .unwrap();
    assert_eq!(error.rule(), "contract.layout");
}

#[test]
fn declared_encodings_are_read_and_must_be_true() {
    let xml = |declared: &str| {
        format!(
            "<?xml version='1.0' encoding='{declared}'?><Message><Persons><Person><Surname>Zoë £</Surname></Person></Persons></Message>"
        )
    };
    let read =
        |bytes: Vec<u8>| apart(bytes).map(|apart| apart.read("person").texts(0)[0].to_owned());
    let latin = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let utf16 = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xFEFF)
            .chain(text.encode_utf16())
            .flat_map(order)
            .collect()
    };
    for bytes in [
        xml("UTF-8").into_bytes(),
        format!("\u{feff}{}", xml("utf-8")).into_bytes(),
        latin(&xml("windows-1252")),
        latin(&xml("ISO-8859-1")),
        utf16(&xml("UTF-16"), u16::to_le_bytes),
        utf16(&xml("UTF-16"), u16::to_be_bytes),
    ] {
        assert_eq!(read(bytes).unwrap(), "Zoë £");
    }
    for bytes in [
        latin(&xml("UTF-8")),
        xml("ISO-8859-1").into_bytes(),
        xml("UTF-16").into_bytes(),
        utf16(&xml("UTF-8"), u16::to_le_bytes),
        format!("\u{feff}{}", xml("windows-1252")).into_bytes(),
        xml("Shift_JIS").into_bytes(),
        xml("nonsense").into_bytes(),
        utf16(&xml("UTF-16"), u16::to_le_bytes)[2..].to_vec(),
    ] {
        assert_eq!(read(bytes).unwrap_err().rule(), "xml.encoding");
    }
}

#[test]
fn depth_names_and_attributes_are_bounded() {
    let deep = "<Message>".to_owned() + &"<a>".repeat(100_000);
    assert_eq!(refusal(deep).rule(), "xml.limit");
    let name = "n".repeat(300);
    assert_eq!(
        refusal(format!("<Message><{name}/></Message>")).rule(),
        "xml.limit"
    );
    let attributes: String = (0..10_000)
        .map(|number| format!(" a{number}='x'"))
        .collect();
    assert_eq!(
        refusal(format!("<Message{attributes}/>")).rule(),
        "xml.limit"
    );
}

/// Some text, then the same bytes without end, counting what is taken.
struct Endless {
    start: Vec<u8>,
    again: &'static [u8],
    taken: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let count = if self.start.is_empty() {
            let count = to.len() / self.again.len() * self.again.len();
            for chunk in to[..count].chunks_mut(self.again.len()) {
                chunk.copy_from_slice(self.again);
            }
            count
        } else {
            let count = self.start.len().min(to.len());
            to[..count].copy_from_slice(&self.start[..count]);
            self.start.drain(..count);
            count
        };
        self.taken
            .fetch_add(count, std::sync::atomic::Ordering::Relaxed);
        Ok(count)
    }
}

#[test]
fn what_never_ends_is_refused_before_it_fills_the_memory() {
    let contracts = four();
    let tables: Vec<XmlTable<'_>> = contracts
        .iter()
        .map(|(name, contract)| XmlTable { name, contract })
        .collect();
    let cases: [(&str, &'static [u8]); 11] = [
        ("<Message><Year>", b"x"),
        ("<Message><Year>", b"<!---->x"),
        ("<Message><Year>", b"<![CDATA[x]]>"),
        ("<Message><Year>", b"&lt;"),
        ("<Message><Year><![CDATA[", b"x"),
        ("<Message><!--", b"x"),
        ("<Message><?pi ", b"x"),
        ("<Message><", b"x"),
        ("<Message a='", b"x"),
        ("<Message>&", b"x"),
        ("<!DOCTYPE m [", b"<!ENTITY a 'x'>"),
    ];
    for (start, again) in cases {
        let taken = std::sync::Arc::default();
        let source = Endless {
            start: start.as_bytes().to_vec(),
            again,
            taken: std::sync::Arc::clone(&taken),
        };
        let folder = tempfile::tempdir().unwrap();
        let error = take_apart_text(&tables, &Limits::default(), Box::new(source), folder.path());
        assert_eq!(error.err().unwrap().rule(), "xml.limit", "{start}");
        let taken = taken.load(std::sync::atomic::Ordering::Relaxed);
        assert!(taken < 16 << 20, "{start}: {taken} bytes were taken");
    }
}
