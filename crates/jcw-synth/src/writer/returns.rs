//! SEN2 returns in three shapes: the message, the Department's "Blade" export,
//! and its workbook.

use super::message::{Element, Nesting, leaf};
use super::output::Output;
use super::record::Record;
use super::spool::FileId;
use super::table::Table;
use super::tables::sen2::{PERSON_TABLES, RETURN};
use super::text::BLADE;
use super::workbook::BookId;
use crate::Error;
use crate::mess::{Context, Entry};
use crate::world::calendar::{after, census_day};

/// Number of the local authority that makes the return.
const AUTHORITY: &str = "882";

/// Tag and depth of each table's element in a message, in the order of
/// [`PERSON_TABLES`].
const ELEMENTS: [Element; 8] = [
    Element {
        tag: "Person",
        depth: 0,
    },
    Element {
        tag: "Requests",
        depth: 1,
    },
    Element {
        tag: "Assessment",
        depth: 2,
    },
    Element {
        tag: "NamedPlan",
        depth: 3,
    },
    Element {
        tag: "PlanDetail",
        depth: 4,
    },
    Element {
        tag: "ActivePlans",
        depth: 2,
    },
    Element {
        tag: "PlacementDetail",
        depth: 3,
    },
    Element {
        tag: "SENneed",
        depth: 3,
    },
];

/// Blade's word for each table.
const BLADE_NAMES: [&str; 8] = [
    "person",
    "requests",
    "assessment",
    "namedplan",
    "plandetail",
    "activeplans",
    "placementdetail",
    "senneed",
];

/// Place of the table that each table's records stand in.
const PARENTS: [usize; 8] = [0, 0, 1, 2, 3, 1, 5, 5];

/// Section headings of the workbook, which are its sheets' names too.
const SECTIONS: [&str; 9] = [
    "Header Record",
    "Person Record",
    "Requests Records",
    "Assessments Records",
    "Named Plan Records",
    "Plan Detail Records",
    "Active Plan Records",
    "Placement Detail Records",
    "SEN Need Records",
];

/// One return as it grows.
#[derive(Debug)]
pub(crate) struct Return {
    year: i32,
    message: FileId,
    nesting: Nesting,
    blade: [FileId; 8],
    book: BookId,
    counts: [u64; 8],
}

impl Return {
    /// Begins the return of a year, with its header.
    pub(crate) fn begin(year: i32, output: &mut Output) -> Result<Return, Error> {
        let header = header(year);
        let path = format!("extracts/council/sen2/SEN2_{AUTHORITY}_{year}.xml");
        let message = output.spool.file(&path, 1, || opening(&header));
        let census = census_day(year).format("%d-%m-%Y");
        let mut blade_file = |name: &str, start: Vec<u8>| {
            let path = format!("shapes/blade/council/sen2/Blade-Export_{census}_{name}.csv");
            output.spool.file(&path, 2, || start)
        };
        let blade =
            std::array::from_fn(|place| blade_file(BLADE_NAMES[place], blade_labels(place, year)));
        blade_file("sen2", blade_header(&header, year));
        let path = format!("shapes/template/council/sen2/SEN2_{AUTHORITY}_{year}.xlsx");
        let book = output.books.book(&path, || sheets(year))?;
        output
            .books
            .record(book, 0, &header, |column| column.is_in(year))?;
        Ok(Return {
            year,
            message,
            nesting: Nesting::default(),
            blade,
            book,
            counts: [0; 8],
        })
    }

    /// Adds a person with everything that stands in it. Ids in the records
    /// count from 1 and become those of the return.
    pub(crate) fn person(&mut self, entries: Vec<Entry>, output: &mut Output) -> Result<(), Error> {
        let before = self.counts;
        for Entry { mut record, broken } in entries {
            let Some(place) = place(record.table) else {
                continue;
            };
            self.counts[place] += 1;
            let number = self.counts[place];
            renumber(&mut record, 0, before[place]);
            if place > 0 {
                renumber(&mut record, 1, before[PARENTS[place]]);
            }
            let table = record.table;
            let nesting = &mut self.nesting;
            output.spool.append(self.message, |out| {
                nesting.record(out, &ELEMENTS[place], &record, self.year);
            })?;
            output.note(self.message, number, table, &broken)?;
            let row = output.spool.record(self.blade[place], 1, |out| {
                blade_record(out, place, number, &record, self.year);
            })?;
            output.note(self.blade[place], row, table, &broken)?;
            let year = self.year;
            let row = output
                .books
                .record(self.book, place + 1, &record, |column| column.is_in(year))?;
            output.note_in_book(self.book, row, table, &broken)?;
        }
        Ok(())
    }

    /// Year of its census day.
    pub(crate) fn year(&self) -> i32 {
        self.year
    }

    /// Closes the message.
    pub(crate) fn end(mut self, output: &mut Output) -> Result<(), Error> {
        output.spool.append(self.message, |out| {
            self.nesting.close_to(out, 0);
            out.extend_from_slice(b"  </Persons>\n</Message>\n");
        })
    }

    /// What the return says about all of its rows.
    pub(crate) fn context(year: i32) -> Context {
        Context {
            from: format!("{}-01-01", year - 1),
            to: census_day(year).to_string(),
            made: after(census_day(year), 40).to_string(),
            year,
            provider: AUTHORITY,
        }
    }
}

fn place(table: &Table) -> Option<usize> {
    PERSON_TABLES.iter().position(|known| *known == table)
}

fn renumber(record: &mut Record, cell: usize, before: u64) {
    let number: u64 = record.cell(cell).parse().unwrap_or_default();
    let column = record.table.columns[cell].name;
    record.set(column, &(before + number).to_string());
}

fn header(year: i32) -> Record {
    let census = census_day(year);
    let record = Record::new(&RETURN)
        .put("collection", "SEN2")
        .put("year", year)
        .put("reference_date", census)
        .put("source_level", "L")
        .put("lea", AUTHORITY)
        .put("software_code", "Made up")
        .put("release", "1.0")
        .put("serial_no", 1)
        .put("datetime", format!("{}T10:15:00Z", after(census, 40)))
        // There was no medical officer in 2023 and 2024.
        .put_flag("dmo", year >= 2025)
        .put_flag("dco", true);
    if year >= 2025 {
        record.put_flag("dsco", true).done()
    } else {
        record.done()
    }
}

/// A message up to where its persons begin.
fn opening(header: &Record) -> Vec<u8> {
    let mut out = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Message>\n  <Header>\n".to_vec();
    let mut group = |name: &str, columns: std::ops::Range<usize>| {
        out.extend_from_slice(format!("    <{name}>\n").as_bytes());
        for place in columns {
            let column = &header.table.columns[place];
            if !header.cell(place).is_empty() {
                out.extend_from_slice(b"      ");
                leaf(&mut out, column.label, header.cell(place), column.kind);
            }
        }
        out.extend_from_slice(format!("    </{name}>\n").as_bytes());
    };
    group("CollectionDetails", 0..3);
    group("Source", 3..9);
    group("LALevel", 9..12);
    out.extend_from_slice(b"  </Header>\n  <Persons>\n");
    out
}

fn blade_labels(place: usize, year: i32) -> Vec<u8> {
    let name = BLADE_NAMES[place];
    let mut labels = vec![
        format!("{name}tableid"),
        "nativeid".to_owned(),
        format!("{name}orderseqcolumn"),
        "sourceid".to_owned(),
    ];
    if place > 0 {
        labels.push(format!("{}tableid", BLADE_NAMES[PARENTS[place]]));
    }
    let own = PERSON_TABLES[place].columns.iter();
    labels.extend(
        own.filter(|column| !column.label.is_empty() && column.is_in(year))
            .map(|column| column.label.to_lowercase()),
    );
    BLADE.header(labels.iter().map(String::as_str))
}

/// Technical ids, then the columns of the table.
fn blade_record(out: &mut Vec<u8>, place: usize, number: u64, record: &Record, year: i32) {
    let id = record.cell(0);
    out.extend_from_slice(format!("{id},{number},{number},1,").as_bytes());
    if place > 0 {
        out.extend_from_slice(record.cell(1).as_bytes());
        out.push(b',');
    }
    BLADE.record(out, record, |column| {
        !column.label.is_empty() && column.is_in(year)
    });
}

fn blade_header(header: &Record, year: i32) -> Vec<u8> {
    let shown = header
        .table
        .columns
        .iter()
        .filter(|column| column.is_in(year));
    let mut labels = vec![
        "sen2tableid".to_owned(),
        "nativeid".to_owned(),
        "sen2orderseqcolumn".to_owned(),
        "sourceid".to_owned(),
    ];
    labels.extend(shown.map(|column| column.label.to_lowercase()));
    let mut out = BLADE.header(labels.iter().map(String::as_str));
    out.extend_from_slice(b"1,1,1,1,");
    BLADE.record(&mut out, header, |column| column.is_in(year));
    out
}

fn sheets(year: i32) -> Vec<(String, String, Vec<&'static str>)> {
    let tables = std::iter::once(&RETURN).chain(PERSON_TABLES);
    (SECTIONS.iter().zip(tables))
        .map(|(section, table)| {
            let columns = table.columns.iter().filter(|column| column.is_in(year));
            (
                (*section).to_owned(),
                (*section).to_owned(),
                columns.map(|column| column.title).collect(),
            )
        })
        .collect()
}
