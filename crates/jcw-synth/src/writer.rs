//! The writer turns a world into what its partners send, in the shapes of their
//! real files, with faults, while families stream by.
//!
//! In the order a row travels:
//! - `sen2`, `csds`, `mhsds`, `contract`, `council`, `school` and `board` say
//!   what a partner knows about a child, as records of their tables;
//! - the mess spoils some of them and notes which rules they then break;
//! - `returns`, `flow` and `single` write each record in every shape that it
//!   has, so that all shapes have the same faults;
//! - the `spool` appends it to its file, and `output` notes the row in which
//!   each fault stands.
//!
//! One thread makes families and records, another writes them, in the order of
//! families: the same arguments give the same bytes.

mod board;
mod contract;
mod council;
mod csds;
mod flow;
mod message;
mod mhsds;
mod output;
mod plan;
pub(crate) mod record;
mod reference;
mod returns;
mod school;
mod sen2;
mod single;
mod spool;
mod submission;
pub(crate) mod table;
pub(crate) mod tables;
mod text;
mod workbook;

use crate::Error;
use crate::mess::{Faults, Mess};
use crate::truth::{MetricValue, PathwayRow, PersonRow, Truth};
use crate::world::World;
use flow::{CSDS, Flow, MHSDS};
use output::Output;
use plan::{Parcel, Plan};
use returns::Return;
use single::Singles;
use spool::FileId;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use text::{Dialect, PLAIN, SPREADSHEET};

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Every file with its size in bytes, in order of path.
    pub files: Vec<(String, u64)>,
    /// Workbooks that are left out because a table is longer than a sheet can
    /// be.
    pub left_out: Vec<String>,
    /// Lines of `truth/faults.csv`.
    pub faults: u64,
}

/// Families that travel together from one thread to the other.
const BATCH: u64 = 64;
/// Batches that may wait.
const WAITING: usize = 8;

/// Writes everything that the world's partners send into a folder, which must
/// be empty or not there, with these faults, or with a share of the rows, from 0
/// to 1, spoilt. `progress` is told the number of families done.
///
/// # Errors
/// When the folder or a file in it cannot be written.
pub fn write_world(
    world: &World,
    faults: impl Into<Faults>,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Written, Error> {
    let mut files = Files::begin(world, dir)?;
    let plan = Plan::new(
        world,
        Mess::new(faults.into(), world.seed(), &tables::all()),
        files.returns.iter().map(Return::year).collect(),
        [files.flows[0].submissions(), files.flows[1].submissions()],
    );
    let (sender, receiver) = sync_channel(WAITING);
    let truth = std::thread::scope(|scope| {
        let packing = scope.spawn(|| pack_all(world, &plan, sender));
        files.write_all(receiver, progress)?;
        // A thread that panicked is a fault of this program; the scope passes
        // the panic on.
        Ok::<_, Error>(
            packing
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        )
    })?;
    files.output.person = None;
    reference::write(world, &mut files.output)?;
    for (number, record) in (0..).zip(board::area(world, truth.delivered())) {
        files
            .singles
            .add(&plan.pack_alone(number, record), &mut files.output)?;
    }
    for (number, record) in (1 << 40..).zip(flow::active(&files.flows)) {
        let entries = plan.pack_alone(number, record);
        files.singles.add(&entries, &mut files.output)?;
    }
    files.end(&truth)
}

/// Makes families, counts the truth about them, and packs what is sent.
fn pack_all(world: &World, plan: &Plan, sender: SyncSender<Vec<Parcel>>) -> Truth {
    let mut truth = Truth::new(world);
    let count = world.family_count();
    for first in (0..count).step_by(BATCH as usize) {
        let mut parcels = Vec::new();
        for number in first..(first + BATCH).min(count) {
            let family = world.family(number);
            truth.add(&family);
            for child in &family.children {
                plan.pack(child, truth.pathways(child), &mut parcels);
            }
        }
        if sender.send(parcels).is_err() {
            // The other side has stopped, and tells why.
            break;
        }
    }
    truth
}

/// Every file while it grows.
struct Files {
    output: Output,
    returns: Vec<Return>,
    flows: [Flow; 2],
    /// Paths, by month; a month without a row has no file.
    contracts: Vec<String>,
    singles: Singles,
    people: FileId,
    pathways: FileId,
    families: u64,
}

impl Files {
    fn begin(world: &World, dir: &Path) -> Result<Files, Error> {
        let mut output = Output::new(dir);
        let mut returns = Vec::new();
        for year in world
            .return_years()
            .filter(|year| *year >= sen2::FIRST_YEAR)
        {
            returns.push(Return::begin(year, &mut output)?);
        }
        let flows = [&CSDS, &MHSDS].map(|set| Flow::begin(set, world, &mut output));
        let contracts = contract::all_months(world)
            .into_iter()
            .map(contract::path)
            .collect();
        let singles = Singles::begin(world, &flow::active_paths(&flows));
        let people = output
            .spool
            .file("truth/people.csv", 2, || TRUTH.header(PersonRow::COLUMNS));
        let pathways = output
            .spool
            .file("truth/pathway.csv", 2, || TRUTH.header(PathwayRow::COLUMNS));
        Ok(Files {
            output,
            returns,
            flows,
            contracts,
            singles,
            people,
            pathways,
            families: world.family_count(),
        })
    }

    fn write_all(
        &mut self,
        receiver: Receiver<Vec<Parcel>>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        let mut done = 0;
        for parcels in receiver {
            for parcel in parcels {
                self.write(parcel)?;
            }
            done = (done + BATCH).min(self.families);
            progress(done);
        }
        Ok(())
    }

    fn write(&mut self, parcel: Parcel) -> Result<(), Error> {
        let output = &mut self.output;
        match parcel {
            Parcel::Return(place, entries) => self.returns[place].person(entries, output),
            Parcel::Flow(flow, place, pseudonym, entries) => {
                self.flows[flow].add(place, &pseudonym, &entries, output)
            }
            Parcel::Single(entries) => self.singles.add(&entries, output),
            Parcel::Contract(place, entries) => {
                let labels = tables::eput::CONTRACT_ACTIVITY.columns.iter();
                let file = output.spool.file(&self.contracts[place], 2, || {
                    SPREADSHEET.header(labels.map(|column| column.label))
                });
                for entry in entries {
                    let row = output.spool.record(file, 1, |out| {
                        SPREADSHEET.record(out, &entry.record, |_| true);
                    })?;
                    output.note(file, row, entry.record.table, &entry.broken)?;
                }
                Ok(())
            }
            Parcel::Person(person, pathways) => {
                output.person = Some(person.person);
                truth_row(output, self.people, &person.cells())?;
                (pathways.iter())
                    .try_for_each(|pathway| truth_row(output, self.pathways, &pathway.cells()))
            }
        }
    }

    fn end(mut self, truth: &Truth) -> Result<Written, Error> {
        for one in self.returns {
            one.end(&mut self.output)?;
        }
        for flow in self.flows {
            flow.end(&mut self.output)?;
        }
        let values = self.output.spool.file("truth/metric_value.csv", 2, || {
            TRUTH.header(MetricValue::COLUMNS)
        });
        for value in truth.metric_values() {
            truth_row(&mut self.output, values, &value.cells())?;
        }
        let breaches = self.output.spool.file("truth/breach_week.csv", 2, || {
            TRUTH.header(["week_starts_on", "cases"])
        });
        for (week, cases) in truth.breaches() {
            truth_row(
                &mut self.output,
                breaches,
                &[week.to_string(), cases.to_string()],
            )?;
        }
        self.output.finish()
    }
}

fn truth_row(output: &mut Output, file: FileId, cells: &[String]) -> Result<(), Error> {
    let written = output.spool.record(file, 1, |out| {
        TRUTH.line(out, cells.iter().map(String::as_str));
    });
    written.map(|_| ())
}

/// The truth is nobody's file.
const TRUTH: Dialect = Dialect {
    line_end: "\n",
    ..PLAIN
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn written(
        children: u64,
        seed: u64,
        faults: impl Into<Faults>,
    ) -> (BTreeMap<String, Vec<u8>>, Written) {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(children, seed, 2024..=2024).unwrap();
        let written = write_world(&world, faults, dir.path(), &mut |_| {}).unwrap();
        let bytes = |path: &str| std::fs::read(spool::under(dir.path(), path)).unwrap();
        let files = written.files.iter();
        let files = files.map(|(path, _)| (path.clone(), bytes(path))).collect();
        (files, written)
    }

    #[test]
    fn the_same_arguments_give_the_same_bytes_and_another_seed_does_not() {
        let (first, told) = written(150, 7, 0.05);
        let (again, _) = written(150, 7, 0.05);
        let (other, _) = written(150, 8, 0.05);
        assert!(told.left_out.is_empty());
        for (path, size) in &told.files {
            assert_eq!(first[path].len() as u64, *size, "{path}");
        }
        let differ: Vec<&String> = (first.iter())
            .filter(|(path, bytes)| again.get(*path) != Some(*bytes))
            .map(|(path, _)| path)
            .collect();
        assert!(differ.is_empty(), "{differ:?}");
        assert_ne!(first, other);
    }

    #[test]
    fn without_mess_no_fault_is_listed_and_with_it_many_are() {
        let (clean, told) = written(150, 7, 0.0);
        assert_eq!(told.faults, 0);
        assert_eq!(clean["truth/faults.csv"], b"file,row,rule,severity,table\n");
        let (spoilt, told) = written(150, 7, 0.1);
        assert!(told.faults > 100);
        // The mess changes rows and adds twins; it makes no other files.
        assert!(clean.keys().eq(spoilt.keys()));
    }

    #[test]
    fn what_is_refused_can_be_left_out_and_nothing_else_is() {
        let (spoilt, _) = written(150, 7, 0.1);
        let faults = Faults {
            share: 0.1,
            refused_are_sent: false,
        };
        let (sound, _) = written(150, 7, faults);
        let list = String::from_utf8(spoilt["truth/faults.csv"].clone()).unwrap();
        let refused: BTreeSet<(&str, usize)> = list
            .lines()
            .map(|line| line.split(',').collect::<Vec<_>>())
            .filter(|cells| cells[3] == "reject_row")
            .map(|cells| (cells[0], cells[1].parse().unwrap()))
            .collect();
        let is_told = |path: &str| path.ends_with(".csv") && !path.contains("Header");
        let extracts = spoilt.keys().filter(|path| path.starts_with("extracts/"));
        for path in extracts.filter(|path| is_told(path)) {
            let kept: Vec<u8> = (spoilt[path].split_inclusive(|byte| *byte == b'\n').zip(1..))
                .filter(|(_, row)| !refused.contains(&(path.as_str(), *row)))
                .flat_map(|(line, _)| line.to_vec())
                .collect();
            // Of an extract that is left without rows there is no file.
            let same = sound.get(path).is_none_or(|sound| *sound == kept);
            assert!(same, "{path}");
        }
        assert!(
            !sound["truth/faults.csv"]
                .windows(10)
                .any(|text| text == b"reject_row")
        );
    }

    #[test]
    fn a_listed_fault_stands_where_the_list_says() {
        let (files, _) = written(300, 7, 0.1);
        let list = String::from_utf8(files["truth/faults.csv"].clone()).unwrap();
        let mut seen = 0;
        for line in list.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            let [path, row, rule, ..] = cells[..] else {
                panic!("{line}");
            };
            // What is required and blank can be read off a plain file.
            let Some(column) = rule.strip_suffix(".required") else {
                continue;
            };
            let Some(table) = tables::all()
                .into_iter()
                .find(|table| table.name == cells[4])
            else {
                panic!("{line}");
            };
            if !path.starts_with("extracts/") || !path.ends_with(".csv") {
                continue;
            }
            let text = String::from_utf8(files[path].clone()).unwrap();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let label = table.column(column).unwrap().label;
            let headers = reader.headers().unwrap();
            let place = headers.iter().position(|known| known == label).unwrap();
            let number: usize = row.parse().unwrap();
            let record = reader.records().nth(number - 2).unwrap().unwrap();
            assert_eq!(&record[place], "", "{line}");
            seen += 1;
        }
        assert!(seen > 20, "{seen}");
    }
}
