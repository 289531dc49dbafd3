//! Workbooks as people make them.

use crate::read_error::{ReadError, Standing};
use crate::testing::*;
use jcw_project::{Contract, Format, Layout, Limits, Origin};
use proptest::prelude::{ProptestConfig, any, proptest};
use rust_xlsxwriter::{Format as CellFormat, Formula, Workbook, Worksheet};
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

fn xlsx() -> Layout {
    layout(Format::Xlsx)
}

type Sheet<'s> = (&'s str, &'s dyn Fn(&mut Worksheet));

fn book(sheets: &[Sheet<'_>]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, fill) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*name).unwrap();
        fill(sheet);
    }
    workbook.save_to_buffer().unwrap()
}

fn ab() -> Contract {
    contract(xlsx(), columns(&["a", "b"]))
}

fn rule(result: Result<Whole, ReadError>) -> (&'static str, Standing) {
    let error = result.unwrap_err();
    (error.rule(), error.standing())
}

fn header(sheet: &mut Worksheet) {
    sheet.write(0, 0, "a").unwrap();
    sheet.write(0, 1, "b").unwrap();
}

#[test]
fn cells_have_one_text_whatever_their_format() {
    let bytes = book(&[("s", &|sheet| {
        header(sheet);
        let date = CellFormat::new().set_num_format("dd/mm/yyyy");
        let money = CellFormat::new().set_num_format("£#,##0.00");
        sheet.write(1, 0, 9_434_765_919.0).unwrap();
        sheet.write_with_format(1, 1, 1234.5, &money).unwrap();
        sheet.write_with_format(2, 0, 45_943.0, &date).unwrap();
        sheet.write_with_format(2, 1, 60.0, &date).unwrap();
        sheet.write(3, 0, true).unwrap();
        sheet.write(3, 1, " text ").unwrap();
        sheet
            .write_formula(4, 0, Formula::new("=1/0").set_result("#DIV/0!"))
            .unwrap();
        sheet
            .write_formula(4, 1, Formula::new("=1+1").set_result("2"))
            .unwrap();
        sheet.write_blank(9, 0, &date).unwrap();
    })]);
    let whole = read(&ab(), bytes).unwrap();
    let rows: Vec<Vec<&str>> = (0..whole.cells.len()).map(|row| whole.texts(row)).collect();
    assert_eq!(
        rows,
        [
            ["9434765919", "1234.5"],
            ["2025-10-13", "60"],
            ["TRUE", " text "],
            ["#DIV/0!", "2"]
        ]
    );
    assert_eq!(whole.rows, [2, 3, 4, 5]);
}

#[test]
fn the_header_is_found_by_its_labels_wherever_it_drifts() {
    for (top, left) in [(0, 0), (4, 0), (6, 3)] {
        let bytes = book(&[("s", &|sheet| {
            if top > 1 {
                sheet
                    .merge_range(0, 0, 0, 5, "A title over everything", &CellFormat::new())
                    .unwrap();
                sheet.write(top - 2, 1, "a note").unwrap();
            }
            sheet.write(top, left, "A ").unwrap();
            sheet.write(top, left + 1, "B").unwrap();
            sheet.write(top + 1, left + 1, 1).unwrap();
        })]);
        let mut titled = ab();
        titled.layout.title_rows = true;
        let whole = read(&titled, bytes).unwrap();
        assert_eq!(
            (whole.labels.as_slice(), whole.texts(0)),
            (&["A".to_owned(), "B".to_owned()][..], vec!["", "1"])
        );
        assert_eq!(whole.rows, [i64::from(top) + 2]);
    }
}

#[test]
fn sheets_are_chosen_by_name_and_give_a_column() {
    let fill = |sheet: &mut Worksheet| {
        header(sheet);
        sheet.write(1, 0, 1).unwrap();
    };
    let bytes = book(&[
        ("Cover", &|_| {}),
        ("Table 1", &fill),
        ("Table 1a", &|sheet| {
            fill(sheet);
            sheet.set_hidden(true);
        }),
    ]);
    let names = BTreeMap::from([("Table 1".to_owned(), "total".to_owned())]);
    let mut chosen = contract(
        xlsx(),
        vec![
            column("a"),
            column("b"),
            column("band").from(Origin::Sheet(names)),
        ],
    );
    assert_eq!(
        rule(read(&chosen, &bytes)),
        ("sheet.ambiguous", Standing::Rejected)
    );
    chosen.layout.sheets = vec![text("Table 1[a-z]?")];
    let whole = read(&chosen, &bytes).unwrap();
    assert_eq!(
        (whole.texts(0), whole.texts(1)),
        (vec!["1", "", "total"], vec!["1", "", "Table 1a"])
    );
    assert!(whole.warned("sheet.hidden"));
    chosen.layout.sheets = vec![text("Table 2")];
    assert_eq!(
        rule(read(&chosen, &bytes)),
        ("sheet.not_found", Standing::Rejected)
    );
}

#[test]
fn an_empty_sheet_is_held_and_a_broken_book_rejected() {
    assert_eq!(
        rule(read(&ab(), book(&[("s", &header)]))),
        ("file.no_rows", Standing::Held)
    );
    assert_eq!(
        rule(read(&ab(), book(&[("s", &|_| {})]))),
        ("file.empty", Standing::Held)
    );
    let whole = book(&[("s", &header)]);
    assert_eq!(
        rule(read(&ab(), &whole[..whole.len() - 200])),
        ("file.broken", Standing::Rejected)
    );
    assert_eq!(
        rule(read(&ab(), "a,b\n1,2\n")),
        ("file.format", Standing::Rejected)
    );
    let limits = Limits {
        max_columns: 1,
        ..Limits::default()
    };
    assert_eq!(
        rule(read_limited(&ab(), &limits, "x.xlsx", &whole)),
        ("limit.columns", Standing::Rejected)
    );
}

#[test]
fn a_sheet_longer_than_a_batch_is_read_whole() {
    let bytes = book(&[("s", &|sheet| {
        header(sheet);
        for row in 1..=20_000 {
            sheet.write(row, 0, row).unwrap();
        }
    })]);
    let whole = read(&ab(), bytes).unwrap();
    assert_eq!(
        (whole.cells.len(), whole.texts(19_999)),
        (20_000, vec!["20000", ""])
    );
}

/// The workbook with a text in its first sheet replaced.
fn edited(book: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut member = old.by_index(index).unwrap();
        let mut text = String::new();
        member.read_to_string(&mut text).unwrap();
        new.start_file(
            member.name().unwrap(),
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
        if member.name().unwrap().ends_with("sheet1.xml") {
            assert!(text.contains(from), "{text}");
            text = text.replace(from, to);
        }
        new.write_all(text.as_bytes()).unwrap();
    }
    new.finish().unwrap().into_inner()
}

#[test]
fn a_formula_that_was_never_worked_out_is_no_number() {
    let bytes = book(&[("s", &|sheet| {
        header(sheet);
        sheet.write(1, 0, 1).unwrap();
        sheet
            .write_formula(1, 1, Formula::new("=A2+1").set_result("77"))
            .unwrap();
    })]);
    for nothing in ["", "<v></v>", "<v/>"] {
        let bytes = edited(&bytes, "<v>77</v>", nothing);
        assert_eq!(
            read(&ab(), bytes).unwrap().texts(0),
            ["1", "#FORMULA"],
            "{nothing:?}"
        );
    }
}

#[test]
fn what_a_sheet_says_of_its_size_is_not_believed() {
    let bytes = book(&[("s", &|sheet| {
        header(sheet);
        sheet.write(1, 1, "x").unwrap();
    })]);
    for wrong in ["A1", "A1:XFD1048576", "B7:B9"] {
        let bytes = edited(
            &bytes,
            "<dimension ref=\"A1:B2\"/>",
            &format!("<dimension ref=\"{wrong}\"/>"),
        );
        assert_eq!(read(&ab(), bytes).unwrap().texts(0), ["", "x"], "{wrong}");
    }
}

#[test]
fn an_ods_sheet_is_read_with_its_repeated_cells() {
    let cell = |kind: &str, shown: &str| {
        format!("<table:table-cell {kind}><text:p>{shown}</text:p></table:table-cell>")
    };
    let text = |shown: &str| cell("office:value-type=\"string\"", shown);
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\">\
         <office:body><office:spreadsheet><table:table table:name=\"s\">\
         <table:table-row><table:table-cell/>{}{}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"2\"><table:table-cell table:number-columns-repeated=\"3\"/></table:table-row>\
         <table:table-row><table:table-cell/>{}{}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell table:number-columns-repeated=\"1000\"/></table:table-row>\
         </table:table></office:spreadsheet></office:body></office:document-content>",
        text("a"),
        text("b"),
        cell("office:value-type=\"float\" office:value=\"7\"", "7.00"),
        cell(
            "office:value-type=\"date\" office:date-value=\"2024-05-01\"",
            "1 May"
        ),
    );
    let manifest = "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", &content),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(bytes.as_bytes()).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let whole = read(&contract(layout(Format::Ods), columns(&["a", "b"])), &bytes).unwrap();
    assert_eq!(
        (whole.texts(0), whole.rows.as_slice()),
        (vec!["7", "2024-05-01"], &[4][..])
    );
    assert_eq!(
        rule(read(&ab(), &bytes)),
        ("file.format", Standing::Rejected)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_workbook_is_an_error_and_no_panic(at in 0usize..6_000, byte in any::<u8>()) {
        let mut bytes = book(&[("s", &header)]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(&ab(), bytes);
    }
}
