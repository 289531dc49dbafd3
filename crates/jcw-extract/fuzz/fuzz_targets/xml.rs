//! Any bytes as an XML file, taken apart and read.
#![no_main]

use jcw_extract::{XmlTable, take_apart};
use jcw_extract_fuzz::{contract, file, limits, placed, read, told};
use jcw_project::{Contract, Format};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static TABLES: LazyLock<Vec<(&str, Contract)>> = LazyLock::new(|| {
    [
        ("root", "A", &["year", "record_id"][..]),
        ("person", "A/B/C", &["record_id", "root_id", "name", "upn"]),
        ("need", "A/B/C/D/E", &["person_id", "name", "rank"]),
    ]
    .into_iter()
    .map(|(name, record, columns)| {
        let mut contract = contract(Format::Xml, columns);
        contract.layout.record = Some(placed(record.to_owned()));
        (name, contract)
    })
    .collect()
});

fuzz_target!(|bytes: &[u8]| {
    let tables: Vec<XmlTable<'_>> = TABLES
        .iter()
        .map(|(name, contract)| XmlTable { name, contract })
        .collect();
    let (file, folder) = (file(bytes), tempfile::tempdir().expect("a folder"));
    let parts = take_apart(&tables, &limits(), file.path(), folder.path());
    let Some(parts) = told(parts) else { return };
    assert_eq!(parts.len(), tables.len());
    assert_eq!(parts[0].records, 1);
    for (part, table) in parts.iter().zip(&tables) {
        let records = read(part.open(table.contract, &limits(), "extract.xml"));
        assert_eq!(records, Some(part.records as i64));
    }
});
