//! Any bytes as a workbook, or as a sheet and the texts of one.
#![no_main]

use jcw_extract::open;
use jcw_extract_fuzz::{contract, file, limits, read};
use jcw_project::Format;
use libfuzzer_sys::fuzz_target;
use std::io::{Cursor, Write};
use std::sync::Once;
use zip::write::SimpleFileOptions;

static HOOK: Once = Once::new();

fuzz_target!(|input: (bool, u16, &[u8])| {
    // The library that reads workbooks may panic: it does so in a thread of its
    // own, and the reader makes an error of it. Any other panic still ends the
    // run, by way of libFuzzer's own net.
    HOOK.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let (is_whole, cut, bytes) = input;
    let book = if is_whole {
        bytes.to_vec()
    } else {
        let (sheet, texts) = bytes.split_at(bytes.len().min(usize::from(cut)));
        workbook(sheet, texts)
    };
    let file = file(&book);
    let contract = contract(Format::Xlsx, &["a", "b"]);
    read(open(&contract, &limits(), "extract.xlsx", file.path()));
});

fn workbook(sheet: &[u8], texts: &[u8]) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const LINKS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, parts: &[&[u8]]| {
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file(name, stored).expect("a member");
        for part in parts {
            zip.write_all(part).expect("memory");
        }
    };
    add("[Content_Types].xml", &[b"<Types/>"]);
    let root = format!(
        "<Relationships xmlns=\"{LINKS}\"><Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    add("_rels/.rels", &[root.as_bytes()]);
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"s\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    add("xl/workbook.xml", &[book.as_bytes()]);
    let links = format!(
        "<Relationships xmlns=\"{LINKS}\"><Relationship Id=\"r1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{OFFICE}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    add("xl/_rels/workbook.xml.rels", &[links.as_bytes()]);
    let styles = format!(
        "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
    );
    add("xl/styles.xml", &[styles.as_bytes()]);
    add("xl/sharedStrings.xml", &[texts]);
    let head = format!(
        "<worksheet xmlns=\"{MAIN}\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><v>a</v></c><c r=\"B1\" t=\"str\"><v>b</v></c></row>"
    );
    add("xl/worksheets/sheet1.xml", &[head.as_bytes(), sheet, b"</sheetData></worksheet>"]);
    zip.finish().expect("a zip in memory").into_inner()
}
