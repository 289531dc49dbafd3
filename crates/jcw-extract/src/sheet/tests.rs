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
    edited_member(book, "xl/worksheets/sheet1.xml", from, to)
}

/// The workbook with all between two texts of its first sheet replaced.
fn edited_between(book: &[u8], from: &str, until: &str, to: &str) -> Vec<u8> {
    remade(book, |name, text| {
        if name == "xl/worksheets/sheet1.xml" {
            let (start, end) = (text.find(from).unwrap(), text.find(until).unwrap());
            text.replace_range(start..end + until.len(), to);
        }
    })
}

fn edited_member(book: &[u8], member: &str, from: &str, to: &str) -> Vec<u8> {
    remade(book, |name, text| {
        if name == member {
            assert!(text.contains(from), "{text}");
            *text = text.replace(from, to);
        }
    })
}

fn with_member(book: &[u8], member: &str, text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new_append(Cursor::new(book.to_vec())).unwrap();
    zip.start_file(member, zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn remade(book: &[u8], edit: impl Fn(&str, &mut String)) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut member = old.by_index(index).unwrap();
        let mut text = String::new();
        member.read_to_string(&mut text).unwrap();
        let name = member.name().unwrap().into_owned();
        new.start_file(&name, zip::write::SimpleFileOptions::default())
            .unwrap();
        edit(&name, &mut text);
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
fn what_the_delivery_header_says_yields_to_the_sheets_own_column() {
    let said = |value: Option<&str>| {
        column("b").from(Origin::Header {
            column: text("b"),
            value: value.map(str::to_owned),
        })
    };
    let own = book(&[("s", &|sheet| {
        header(sheet);
        sheet.write(1, 1, "own").unwrap();
    })]);
    let none = book(&[("s", &|sheet| {
        sheet.write(0, 0, "a").unwrap();
        sheet.write(1, 0, 1).unwrap();
    })]);
    let read = |said, bytes: &[u8]| read(&contract(xlsx(), vec![column("a"), said]), bytes);
    assert_eq!(read(said(Some("x")), &own).unwrap().texts(0), ["", "own"]);
    assert_eq!(read(said(Some("x")), &none).unwrap().texts(0), ["1", "x"]);
    assert_eq!(read(said(None), &none).unwrap().labels, ["a"]);
}

#[test]
fn hidden_rows_are_read_and_counted_for_their_own_sheet() {
    let bytes = book(&[
        ("plain", &header),
        ("some & hidden", &|sheet| {
            header(sheet);
            for row in 1..=5 {
                sheet.write(row, 0, row).unwrap();
            }
            sheet.set_row_hidden(2).unwrap();
            sheet.set_row_hidden(4).unwrap();
        }),
    ]);
    let mut chosen = ab();
    chosen.layout.sheets = vec![text("some.*")];
    let whole = read(&chosen, &bytes).unwrap();
    assert_eq!(whole.cells.len(), 5);
    let warning = &whole.summary.warnings[0];
    assert_eq!(warning.rule, "sheet.hidden_rows");
    assert!(
        warning.message.contains("hides 2 of its rows"),
        "{warning:?}"
    );
}

#[test]
fn text_below_a_merged_header_is_told_as_it_has_no_label() {
    let bytes = book(&[("s", &|sheet| {
        let plain = CellFormat::new();
        sheet.write(0, 0, "a").unwrap();
        sheet.merge_range(0, 1, 0, 2, "b", &plain).unwrap();
        sheet.write(0, 3, "c").unwrap();
        for column in 0..4 {
            sheet.write(1, column, column).unwrap();
        }
    })]);
    let whole = read(&contract(xlsx(), columns(&["a", "b", "c"])), bytes).unwrap();
    assert_eq!(whole.texts(0), ["0", "1", "3"]);
    assert!(whole.warned("table.unlabelled"));
}

#[test]
fn dates_are_read_in_the_epoch_that_the_workbook_says() {
    let bytes = book(&[("s", &|sheet| {
        header(sheet);
        let date = CellFormat::new().set_num_format("dd/mm/yyyy");
        for (row, serial) in [(1, 45_943.0), (2, 44_481.0), (3, 60.0), (4, 1.0)] {
            sheet.write_with_format(row, 0, serial, &date).unwrap();
        }
        sheet.write(5, 0, "13/10/2025").unwrap();
        sheet.write(6, 0, 45_943).unwrap();
    })]);
    let dates = |bytes: &[u8]| -> Vec<String> {
        let whole = read(&ab(), bytes).unwrap();
        (0..6).map(|row| whole.texts(row)[0].to_owned()).collect()
    };
    // The 29 February 1900 that never was, and the days before it, stay numbers.
    assert_eq!(
        dates(&bytes),
        ["2025-10-13", "2021-10-12", "60", "1", "13/10/2025", "45943"]
    );
    let of_1904 = edited_member(
        &bytes,
        "xl/workbook.xml",
        "<workbookPr ",
        "<workbookPr date1904=\"1\" ",
    );
    assert_eq!(
        dates(&of_1904),
        [
            "2029-10-14",
            "2025-10-13",
            "1904-03-01",
            "1904-01-02",
            "13/10/2025",
            "45943"
        ]
    );
}

#[test]
fn numbers_keep_every_digit_that_the_workbook_has() {
    let bytes = book(&[("s", &|sheet| {
        header(sheet);
        sheet.write(1, 0, 77).unwrap();
        sheet.write(1, 1, "9.43E+09").unwrap();
    })]);
    for (written, read_as) in [
        ("9434765919.0", "9434765919"),
        ("9.434765919E9", "9434765919"),
        ("9.434765919E+09", "9434765919"),
        ("9.43E+09", "9430000000"),
        ("0.1", "0.1"),
        // No number of any column.
        ("1E400", "inf"),
    ] {
        let bytes = edited(&bytes, "<v>77</v>", &format!("<v>{written}</v>"));
        let whole = read(&ab(), bytes).unwrap();
        assert_eq!(whole.texts(0), [read_as, "9.43E+09"], "{written}");
    }
}

#[test]
fn errors_in_cells_and_formulas_without_results_are_told() {
    let bytes = book(&[("s", &|sheet| {
        header(sheet);
        for (row, error) in (1..).zip(["#N/A", "#REF!", "#DIV/0!"]) {
            sheet
                .write_formula(row, 0, Formula::new("=X1").set_result(error))
                .unwrap();
        }
        sheet
            .write_formula(4, 1, Formula::new("=A2+1").set_result("77"))
            .unwrap();
    })]);
    let whole = read(&ab(), edited(&bytes, "<v>77</v>", "")).unwrap();
    let texts: Vec<&str> = (0..3).map(|row| whole.texts(row)[0]).collect();
    assert_eq!(texts, ["#N/A", "#REF!", "#DIV/0!"]);
    assert_eq!(whole.texts(3), ["", "#FORMULA"]);
    let rules = whole.summary.warnings.iter();
    let rules: Vec<_> = rules.map(|one| (one.rule, one.row, one.count)).collect();
    assert_eq!(
        rules,
        [("sheet.error", Some(2), 3), ("sheet.formula", Some(5), 1)]
    );
}

#[test]
fn what_a_workbook_links_to_is_never_looked_for() {
    let bytes = book(&[("s", &|sheet| {
        header(sheet);
        sheet
            .write_formula(1, 0, Formula::new("='[1]Other'!A1").set_result("12"))
            .unwrap();
        sheet
            .write_formula(
                1,
                1,
                Formula::new("=WEBSERVICE(\"http://192.0.2.1/\")").set_result("13"),
            )
            .unwrap();
    })]);
    let linked = with_member(
        &bytes,
        "xl/externalLinks/externalLink1.xml",
        "<externalLink><externalBook r:id=\"rId1\"/></externalLink>",
    );
    assert_eq!(read(&ab(), linked).unwrap().texts(0), ["12", "13"]);
}

#[test]
fn a_workbook_that_swells_is_refused() {
    let plain = book(&[("s", &header)]);
    let zeros = |count: usize| "0".repeat(count);
    let bomb = with_member(&plain, "xl/media/image1.png", &zeros(64 << 20));
    assert_eq!(rule(read(&ab(), bomb)).0, "zip.ratio");
    let cell = |text: &str| {
        format!(
            "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>{text}</t></is></c></row></sheetData>"
        )
    };
    let mut limits = Limits {
        max_zip_ratio: 10_000,
        ..Limits::default()
    };
    let long = edited_between(
        &plain,
        "<sheetData>",
        "</sheetData>",
        &cell(&zeros(8 << 20)),
    );
    assert_eq!(
        rule(read_limited(&ab(), &limits, "x", &long)).0,
        "limit.line"
    );
    limits.max_unzipped_bytes = 4 << 20;
    assert_eq!(rule(read_limited(&ab(), &limits, "x", &long)).0, "zip.size");
}

#[test]
fn a_workbook_is_not_given_the_room_it_claims_to_need() {
    let plain = book(&[("s", &|sheet| {
        header(sheet);
        sheet.write(1, 0, "x").unwrap();
    })]);
    let with = |count: &str| {
        let edit = |name: &str, text: &mut String| {
            if name == "xl/sharedStrings.xml" {
                *text = text.replace("uniqueCount=\"3\"", count);
            }
        };
        rule_of(read(&ab(), remade(&plain, edit)))
    };
    assert_eq!(with("uniqueCount=\"3\""), "read");
    assert_eq!(with("odd=\">\" uniqueCount=\"4000000000\""), "file.broken");
    for count in ["4000000000", "99999999999999999999999", "-1", "&#52;"] {
        assert_eq!(with(&format!("uniqueCount = '{count}'")), "file.broken");
    }
}

fn rule_of(result: Result<Whole, ReadError>) -> &'static str {
    result.map_or_else(|error| error.rule(), |_| "read")
}

#[test]
fn a_million_empty_rows_are_passed_over() {
    let mut rows = String::from(
        "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>a</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>b</t></is></c></row>",
    );
    for row in 2..=1_048_575 {
        // As a formatted column leaves them.
        rows.push_str(&format!(
            "<row r=\"{row}\" s=\"1\"><c r=\"A{row}\" s=\"0\"/></row>"
        ));
    }
    rows.push_str("<row r=\"1048576\"><c r=\"A1048576\"><v>5</v></c></row></sheetData>");
    let bytes = edited_between(
        &book(&[("s", &header)]),
        "<sheetData>",
        "</sheetData>",
        &rows,
    );
    let start = std::time::Instant::now();
    let whole = read(&ab(), bytes).unwrap();
    assert_eq!(
        (whole.texts(0), whole.rows.clone()),
        (vec!["5", ""], vec![1_048_576])
    );
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
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
