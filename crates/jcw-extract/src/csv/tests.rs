//! What becomes of delimited text, well and badly written.

use crate::read_error::{ReadError, Standing};
use crate::testing::*;
use jcw_project::{Classification, Contract, DuplicateHeaders, Format, Layout, Limits, Origin};
use proptest::prelude::*;
use std::io::Write;

fn csv() -> Layout {
    layout(Format::Csv)
}

fn abc() -> Contract {
    contract(csv(), columns(&["a", "b", "c"]))
}

fn rules(whole: &Whole) -> Vec<(i64, &'static str)> {
    whole
        .malformed
        .iter()
        .map(|malformed| (malformed.row, malformed.rule))
        .collect()
}

#[test]
fn cells_are_the_partners_text_untouched() {
    let whole = read(
        &abc(),
        "a,b,c\n 1 ,,\"two\nlines, and \"\"marks\"\"\"\n\"\",long enough to be a view,x\n",
    )
    .unwrap();
    assert_eq!(whole.labels, ["a", "b", "c"]);
    assert_eq!(whole.texts(0), [" 1 ", "", "two\nlines, and \"marks\""]);
    assert_eq!(whole.texts(1), ["", "long enough to be a view", "x"]);
    assert_eq!(whole.rows, [2, 4]);
    assert_eq!(
        (
            whole.summary.records,
            whole.summary.rows,
            whole.summary.malformed
        ),
        (2, 2, 0)
    );
}

#[test]
fn a_byte_order_mark_any_line_ends_and_ctrl_z_are_no_text() {
    for text in [
        "\u{feff}a,b,c\n1,2,3\n4,5,6\n",
        "a,b,c\r\n1,2,3\r\n4,5,6\r\n",
        "a,b,c\r1,2,3\r4,5,6\r",
        "a,b,c\n1,2,3\n4,5,6\n\u{1a}",
        "\"a\",b,c\n1,2,\"3\"\n\n \n4,5,6\n",
    ] {
        let whole = read(&abc(), text).unwrap();
        assert_eq!(whole.labels, ["a", "b", "c"], "{text:?}");
        assert_eq!(
            (whole.texts(0), whole.texts(1)),
            (vec!["1", "2", "3"], vec!["4", "5", "6"]),
            "{text:?}"
        );
    }
}

#[test]
fn a_broken_record_is_set_aside_and_shifts_nothing() {
    let text = b"a,b,c\n1,1,234.56,x\n2,2\n3,caf\xe9,x\n4,\"a\"b\",x\n5,n\0l,x\n6,ok,x\n";
    let whole = read(&abc(), text).unwrap();
    assert_eq!(whole.texts(0), ["6", "ok", "x"]);
    assert_eq!(whole.rows, [7]);
    assert_eq!(
        rules(&whole),
        [
            (2, "csv.ragged"),
            (3, "csv.ragged"),
            (4, "csv.encoding"),
            (5, "csv.quote"),
            (6, "csv.nul")
        ]
    );
    assert_eq!(whole.malformed[2].text, "3,caf\\xE9,x");
    assert!(whole.warned("csv.encoding"));
    assert_eq!(whole.summary.records, 6);
}

#[test]
fn a_declared_encoding_is_decoded_and_an_undeclared_one_is_not_guessed() {
    let mut declared = abc();
    declared.layout.encoding = text("windows-1252");
    assert_eq!(
        read(&declared, b"a,b,c\n\xa31,\x93x\x94,caf\xe9\n")
            .unwrap()
            .texts(0),
        ["£1", "“x”", "café"]
    );
    let wide: Vec<u8> = "\u{feff}a,b,c\r\n£1,é,x\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read(&abc(), wide).unwrap().texts(0), ["£1", "é", "x"]);
    let error = read(&abc(), b"a,\xa3,c\n1,2,3\n").unwrap_err();
    assert_eq!(
        (error.rule(), error.standing(), error.line()),
        ("header.encoding", Standing::Rejected, Some(1))
    );
}

#[test]
fn text_encoded_twice_is_remarked_on() {
    assert!(
        read(&abc(), "a,b,c\n1,cafÃ©,3\n")
            .unwrap()
            .warned("csv.encoded_twice")
    );
    assert!(
        !read(&abc(), "a,b,c\n1,café,3\n")
            .unwrap()
            .warned("csv.encoded_twice")
    );
}

#[test]
fn trailing_delimiters_are_no_columns_unless_something_follows() {
    let whole = read(&abc(), "a,b,c,\n1,2,3,\n4,5,6\n7,8,9,10\n").unwrap();
    assert_eq!(whole.labels, ["a", "b", "c"]);
    assert_eq!(whole.cells.len(), 2);
    assert_eq!(rules(&whole), [(4, "csv.ragged")]);
    assert_eq!(
        read(&abc(), "a,b,c\n1,2,3,\n").unwrap().texts(0),
        ["1", "2", "3"]
    );
}

#[test]
fn nothing_is_held_rather_than_loaded_as_nothing() {
    for (text, rule) in [
        ("", "file.empty"),
        ("\n\n", "file.empty"),
        ("a,b,c\n", "file.no_rows"),
        ("a,b,c\n\n \n", "file.no_rows"),
    ] {
        let error = read(&abc(), text).unwrap_err();
        assert_eq!(
            (error.rule(), error.standing()),
            (rule, Standing::Held),
            "{text:?}"
        );
    }
}

#[test]
fn a_cut_last_line_is_held() {
    let error = read(&abc(), "a,b,c\n1,2,3\n4,5,6").unwrap_err();
    assert_eq!(
        (error.rule(), error.standing()),
        ("file.truncated", Standing::Held)
    );
    let mut loose = abc();
    loose.layout.final_newline = false;
    assert_eq!(
        read(&loose, "a,b,c\n1,2,3\n4,5,6").unwrap().texts(1),
        ["4", "5", "6"]
    );
    assert_eq!(
        read(&loose, "a,b,c\n1,2,3\n4,5,\"6\"").unwrap().texts(1),
        ["4", "5", "6"]
    );
    assert_eq!(
        read(&loose, "a,b,c\n1,2,3\n4,5").unwrap_err().rule(),
        "file.truncated"
    );
    assert_eq!(
        read(&loose, "a,b,c\n1,2,3\n4,\"5\",\"6")
            .unwrap_err()
            .rule(),
        "csv.unclosed_quote"
    );
}

#[test]
fn a_mark_that_is_never_closed_rejects_the_file() {
    let error = read(&abc(), "a,b,c\n1,2,3\n4,\"5,6\n7,8,9\n").unwrap_err();
    assert_eq!(
        (error.rule(), error.standing(), error.line()),
        ("csv.unclosed_quote", Standing::Rejected, Some(3))
    );
}

#[test]
fn another_delimiter_is_named() {
    for (text, found) in [
        ("a;b;c\n1;2;3\n", "semicolons"),
        ("a\tb\tc\n1\t2\t3\n", "tabs"),
        ("a|b|c\n1|2|3\n", "pipes"),
    ] {
        let error = read(&abc(), text).unwrap_err();
        assert_eq!(
            (error.rule(), error.standing()),
            ("csv.delimiter", Standing::Rejected)
        );
        assert!(error.to_string().contains(found), "{error}");
    }
    let mut declared = abc();
    declared.layout.delimiter = b';';
    assert_eq!(
        read(&declared, "a;b;c\n1,5;2;3\n").unwrap().texts(0),
        ["1,5", "2", "3"]
    );
}

#[test]
fn a_file_that_is_something_else_is_rejected_by_its_bytes() {
    for bytes in [
        &b"%PDF-1.7"[..],
        b"<!DOCTYPE html><table>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x1f\x8b\x08\x00",
        b"PAR1...",
        b"<?xml version='1.0'?>",
    ] {
        let error = read(&abc(), bytes).unwrap_err();
        assert_eq!(
            (error.rule(), error.standing()),
            ("file.format", Standing::Rejected),
            "{error}"
        );
    }
}

#[test]
fn limits_hold() {
    let limits = Limits {
        max_columns: 4,
        max_line_bytes: 100,
        ..Limits::default()
    };
    let read = |text: &str| {
        read_limited(&abc(), &limits, "x.csv", text).map_err(|error| (error.rule(), error.line()))
    };
    assert_eq!(
        read("a,b,c,d,e\n1,2,3,4,5\n").unwrap_err(),
        ("limit.columns", Some(1))
    );
    assert_eq!(
        read(&format!("a,b,c\n1,2,3\n1,2,{}\n", "x".repeat(200))).unwrap_err(),
        ("limit.line", Some(3))
    );
    assert_eq!(
        read(&format!("a,b,c\n1,2,\"{}\"\n", "x\n".repeat(100))).unwrap_err(),
        ("limit.line", Some(2))
    );
    assert_eq!(
        read_limited(
            &abc(),
            &Limits {
                max_bytes: 5,
                ..limits
            },
            "x.csv",
            "a,b,c\n1,2,3\n"
        )
        .unwrap_err()
        .rule(),
        "limit.bytes"
    );
}

#[test]
fn headers_that_say_the_same_twice_are_rejected_unless_declared() {
    let error = read(&abc(), "a,b,c,A \n1,2,3,1\n").unwrap_err();
    assert_eq!(
        (error.rule(), error.standing()),
        ("header.duplicate", Standing::Rejected)
    );
    assert!(
        error
            .to_string()
            .starts_with("the same label (\"A\") stands over two columns, the 1st and the 4th;"),
        "{error}"
    );
    let mut declared = abc();
    declared.layout.duplicate_headers = DuplicateHeaders::Identical;
    assert_eq!(
        read(&declared, "a,b,c,a\n1,2,3,1\n").unwrap().labels,
        ["a", "b", "c", "a"]
    );
}

#[test]
fn a_person_where_the_header_should_be_is_in_no_error() {
    let mut people = abc();
    people.columns[0].classification = Classification::Sensitive;
    let error = read(&people, "a,Jane Doe,b,Jane Doe\n1,2,3,4\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the same label stands over two columns, the 2nd and the 4th; each column needs its own"
    );
    let error = read(&abc(), "a,9434765919,b,9434765919\n1,2,3,4\n").unwrap_err();
    assert!(!error.to_string().contains("94347"), "{error}");
    // The contract refuses a file of which it knows no label.
    assert_eq!(
        read(&abc(), "Jane Doe,Jane Doe\n1,2\n").unwrap().labels,
        ["Jane Doe", "Jane Doe"]
    );
}

#[test]
fn titles_are_passed_over_and_a_header_that_is_not_there_is_described() {
    let mut titled = abc();
    titled.layout.title_rows = true;
    let whole = read(&titled, "Report,,\nfor 2024,,\n,,\nC,extra,B,A\n1,2,3,4\n").unwrap();
    assert_eq!(whole.labels, ["C", "extra", "B", "A"]);
    assert_eq!(whole.rows, [5]);
    let error = read(&titled, "Report,,\na,b,x\n1,2,3\n").unwrap_err();
    assert_eq!(error.rule(), "header.not_found");
    assert!(
        error
            .to_string()
            .contains("row 2 comes nearest and lacks c"),
        "{error}"
    );
    assert_eq!(
        read(&titled, "a;b;c\n1;2;3\n").unwrap_err().rule(),
        "csv.delimiter"
    );
}

#[test]
fn a_footer_ends_the_table_and_its_count_is_checked() {
    let mut footed = abc();
    footed.layout.footer = Some(text(r"^Number of records: (?<count>\d+)$"));
    let whole = read(&footed, "a,b,c\n1,2,3\n4,5\nNumber of records: 2").unwrap();
    assert_eq!(
        (whole.summary.records, whole.summary.rows, rules(&whole)),
        (2, 1, vec![(3, "csv.ragged")])
    );
    let error = read(&footed, "a,b,c\n1,2,3\nNumber of records:,2,\n").unwrap_err();
    assert_eq!(
        (error.rule(), error.standing()),
        ("footer.count", Standing::Held)
    );
    assert_eq!(
        read(&footed, "a,b,c\n1,2,3\n").unwrap_err().rule(),
        "footer.missing"
    );
    assert_eq!(
        read(&footed, "a,b,c\n1,2,3\n4,5,6").unwrap_err().rule(),
        "file.truncated"
    );
}

#[test]
fn sub_headings_blanks_and_row_numbers_depend_on_the_rows_above() {
    let mut shaped = contract(
        csv(),
        vec![
            column("a").fill_down(),
            column("b"),
            column("region"),
            column("n").from(Origin::RowNumber),
        ],
    );
    shaped.layout.sub_heading = Some(text("region"));
    shaped.layout.skip_blank_rows = true;
    let whole = read(&shaped, "a,b\nNORTH,\nx,1\n,2\n,\nSOUTH\n,3\n").unwrap();
    assert_eq!(whole.labels, ["a", "b", "region", "n"]);
    assert_eq!(
        [whole.texts(0), whole.texts(1), whole.texts(2)],
        [
            ["x", "1", "NORTH", "1"],
            ["x", "2", "NORTH", "2"],
            ["x", "3", "SOUTH", "3"]
        ]
    );
    assert_eq!(whole.rows, [3, 4, 7]);
}

#[test]
fn a_file_without_header_binds_in_order_and_only_at_its_width() {
    let mut headerless = abc();
    headerless.layout.headerless = true;
    let whole = read(&headerless, "1,2,3\n4,5\n").unwrap();
    assert_eq!(
        (whole.texts(0), rules(&whole)),
        (vec!["1", "2", "3"], vec![(2, "csv.ragged")])
    );
    let error = read(&headerless, "1,2,3,4\n").unwrap_err();
    assert_eq!(
        (error.rule(), error.standing()),
        ("header.width", Standing::Rejected)
    );
}

#[test]
fn two_header_rows_unpivot_into_years() {
    let mut wide = contract(
        csv(),
        vec![
            column("area"),
            column("year"),
            column("appeals").alias("Appeals registered"),
            column("rate"),
        ],
    );
    wide.layout.header_rows = 2;
    wide.layout.title_rows = true;
    wide.layout.unpivot = unpivot(r"^(?<year>\d{4}) / (?<column>.+?)\d*$", None);
    let whole = read(&wide, "Table 1,,,,\nArea,2023,,2024,\n,Appeals registered4,Rate2,Appeals registered,\nLeeds,1,2%,3,\nYork,5,6%,7,\n").unwrap();
    assert_eq!(whole.labels, ["Area", "year", "appeals", "rate"]);
    let rows: Vec<Vec<&str>> = (0..4).map(|row| whole.texts(row)).collect();
    assert_eq!(
        rows,
        [
            ["Leeds", "2023", "1", "2%"],
            ["Leeds", "2024", "3", ""],
            ["York", "2023", "5", "6%"],
            ["York", "2024", "7", ""]
        ]
    );
    assert_eq!(whole.cell(1, "rate"), None);
    assert_eq!(whole.rows, [4, 4, 5, 5]);
    assert_eq!((whole.summary.records, whole.summary.rows), (2, 4));
}

#[test]
fn the_files_name_gives_columns() {
    let origin = Origin::FileName(text(r"report_(?<month>\d{4}-\d{2})"));
    let named = contract(csv(), vec![column("a"), column("month").from(origin)]);
    let whole = read_limited(&named, &Limits::default(), "report_2024-05.csv", "a\n1\n").unwrap();
    assert_eq!(
        (whole.labels.as_slice(), whole.texts(0)),
        (
            &["a".to_owned(), "month".to_owned()][..],
            vec!["1", "2024-05"]
        )
    );
    let error = read_limited(&named, &Limits::default(), "other.csv", "a\n1\n").unwrap_err();
    assert_eq!(
        (error.rule(), error.standing()),
        ("file.name", Standing::Rejected)
    );
}

#[test]
fn what_the_file_shows_goes_before_what_its_name_says() {
    let origin = Origin::FileName(text(r"report_(?<month>\d{4}-\d{2})"));
    let mut month = column("month").from(origin);
    month.aliases = vec!["REPORT MONTH".to_owned()];
    let named = contract(csv(), vec![column("a"), month]);
    for name in ["report_2024-05.csv", "other.csv"] {
        let file = "a,REPORT MONTH\n1,2023-01\n";
        let whole = read_limited(&named, &Limits::default(), name, file).unwrap();
        assert_eq!(whole.labels, ["a", "REPORT MONTH"]);
        assert_eq!(whole.texts(0), ["1", "2023-01"]);
    }
}

/// Run with `cargo test --release -p jcw-extract speed -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a promise"]
fn speed() {
    let names: Vec<String> = (0..12)
        .map(|position| format!("column_{position}"))
        .collect();
    let contract = contract(csv(), names.iter().map(|name| column(name)).collect());
    for (what, quote) in [("unquoted", ""), ("quoted", "\"")] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut writer = std::io::BufWriter::new(file.as_file_mut());
        writeln!(writer, "{}", names.join(",")).unwrap();
        for row in 0..1_200_000u64 {
            let cell = |seed: u64| row.wrapping_mul(seed + 0x9E37_79B9_7F4A_7C15) >> 40;
            let fields = (0..12).map(|position| match position % 4 {
                0 => format!("{quote}{}{quote}", cell(position)),
                1 => format!("{quote}2024-05-{:02}{quote}", cell(position) % 28 + 1),
                2 => format!("{quote}ABC{}{quote}", cell(position) % 100),
                _ => format!("{quote}a longer note {}{quote}", cell(position) % 1_000),
            });
            writeln!(writer, "{}", fields.collect::<Vec<_>>().join(",")).unwrap();
        }
        writer.flush().unwrap();
        drop(writer);
        let megabytes = file.as_file().metadata().unwrap().len() as f64 / 1e6;
        for _ in 0..3 {
            let start = std::time::Instant::now();
            let mut reader =
                crate::open(&contract, &Limits::default(), "x.csv", file.path()).unwrap();
            let (mut parsing, mut rows) = (std::time::Duration::ZERO, 0);
            while let Some(piece) = reader.next_piece() {
                let piece = piece.unwrap();
                let began = std::time::Instant::now();
                rows += piece.into_rows().unwrap().batch.num_rows();
                parsing += began.elapsed();
            }
            let cutting = start.elapsed() - parsing;
            assert_eq!(rows, 1_200_000);
            let rate = |time: std::time::Duration| megabytes / time.as_secs_f64();
            println!(
                "{what}: {megabytes:.0} MB, parse {:.0} MB/s a core, cut {:.0} MB/s",
                rate(parsing),
                rate(cutting)
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn blocks_of_any_size_give_the_same_rows(
        text in "(a,b,c\n)([a-c1\",\n\r é]{0,120})(\n)",
        block_bytes in 1usize..64,
    ) {
        let whole = |block_bytes: usize| {
            let source = Box::new(std::io::Cursor::new(text.clone().into_bytes()));
            let plan = crate::plan::Plan::new(&abc(), &Limits::default(), &["x.csv"])?;
            let mut reader = super::CsvReader::new(std::sync::Arc::new(plan), source)?;
            reader.blocks = reader.blocks.with_block_bytes(block_bytes);
            drain(Box::new(reader))
        };
        let outcome = |whole: Result<Whole, ReadError>| match whole {
            Ok(whole) => Ok((whole.rows, whole.cells, whole.malformed)),
            Err(error) => Err((error.rule(), error.line())),
        };
        prop_assert_eq!(outcome(whole(block_bytes)), outcome(whole(1 << 20)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&abc(), &bytes);
        let mut shaped = contract(csv(), vec![column("a").fill_down(), column("b")]);
        shaped.layout.title_rows = true;
        shaped.layout.footer = Some(text("^end"));
        shaped.layout.final_newline = false;
        let _ = read(&shaped, [b"a,b\n".as_slice(), &bytes].concat());
    }

    #[test]
    fn rows_read_alone_and_in_order_are_the_same(text in "(a,b,c\n)([a-c1\",\n é]{0,120})(\n)") {
        let mut ordered = abc();
        ordered.columns[0].fill_down = false;
        ordered.layout.footer = Some(crate::testing::text("^never seen$"));
        let outcome = |whole: Result<Whole, ReadError>| match whole {
            Ok(whole) => Ok((whole.rows, whole.cells, whole.malformed)),
            Err(error) => Err(error.rule()),
        };
        prop_assert_eq!(outcome(read(&ordered, &text)), outcome(read(&abc(), &text)));
    }
}

#[test]
fn what_the_delivery_header_says_yields_to_the_files_own_column() {
    let said = |value: Option<&str>| {
        column("lea").alias("LA code").from(Origin::Header {
            column: text("lea"),
            value: value.map(str::to_owned),
        })
    };
    let of = |said| contract(layout(Format::Csv), vec![said, column("a")]);
    let own = read(&of(said(Some("882"))), "a,la_code\n1,883\n").unwrap();
    assert_eq!((own.labels.len(), own.texts(0)), (2, vec!["1", "883"]));
    let none = read(&of(said(Some("882"))), "a\n1\n").unwrap();
    assert_eq!(
        (none.texts(0), none.cell(0, "lea")),
        (vec!["1", "882"], Some("882"))
    );
    assert_eq!(read(&of(said(None)), "a\n1\n").unwrap().labels, ["a"]);
    let mut headerless = of(said(Some("882")));
    headerless.layout.headerless = true;
    assert_eq!(read(&headerless, "1\n").unwrap().texts(0), ["1", "882"]);
    let mut lines = of(said(Some("882")));
    lines.layout.format = Format::JsonLines;
    let lines = read(&lines, "{\"a\":1,\"lea\":\"883\"}\n{\"a\":2}\n").unwrap();
    assert_eq!(
        (lines.texts(0), lines.texts(1)),
        (vec!["1", "883"], vec!["2", "882"])
    );
}
