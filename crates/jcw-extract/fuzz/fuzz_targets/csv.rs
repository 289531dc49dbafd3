//! Any bytes as delimited text, under several layouts.
#![no_main]

use jcw_extract::open;
use jcw_extract_fuzz::{contract, file, limits, placed, read};
use jcw_project::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let mut contract = contract(Format::Csv, &["a", "b"]);
    let is = |bit: u8| choice & (1 << bit) != 0;
    let layout = &mut contract.layout;
    layout.headerless = is(0);
    layout.title_rows = is(1) && !is(0);
    layout.header_rows = if is(2) && !is(0) { 2 } else { 1 };
    layout.final_newline = !is(3);
    layout.skip_blank_rows = is(4);
    if is(5) {
        layout.footer = Some(placed(r"Total (?<count>\d+).*".to_owned()));
    }
    if is(6) {
        layout.encoding = placed("windows-1252".to_owned());
    }
    layout.delimiter = if is(7) { b'\t' } else { b',' };
    contract.columns[0].fill_down = choice & 0b0011_0000 == 0b0011_0000;
    let file = file(bytes);
    read(open(&contract, &limits(), "extract.csv", file.path()));
});
