//! The writer turns a world into what its partners send, in the shapes of their
//! real files, with faults, while families stream by.
//!
//! In the order a row travels:
//! - [`sen2`], [`csds`], [`mhsds`] and the other senders say what a partner
//!   knows about a child, as [`record::Record`]s of their [`table::Table`]s;
//! - the mess spoils some of them and notes which rules they then break;
//! - [`returns`] and [`flow`] write each record in every shape that it has, so
//!   that all shapes have the same faults;
//! - the [`spool`] appends it to its file, and [`output`] notes the row in
//!   which each fault stands.
//!
//! One thread makes families and records, another writes them, in the order of
//! families: the same arguments give the same bytes.

mod csds;
mod flow;
mod message;
mod mhsds;
mod output;
pub(crate) mod record;
mod returns;
mod sen2;
mod spool;
mod submission;
pub(crate) mod table;
pub(crate) mod tables;
mod text;
mod workbook;

use crate::Error;
use crate::mess::{Context, Entry, Mess, hash, mixed};
use crate::world::{Family, World};
use flow::{CSDS, Flow, MHSDS};
use output::Output;
use returns::Return;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use submission::Submission;

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

/// Writes everything that the world's partners send into a folder, which must
/// be empty or not there. A share `mess` of the rows, from 0 to 1, is spoilt.
/// `progress` is told the number of families done.
///
/// # Errors
/// When the folder or a file in it cannot be written.
pub fn write_world(
    world: &World,
    mess: f64,
    dir: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Written, Error> {
    let mut output = Output::new(dir);
    let mut returns = Vec::new();
    for year in world.return_years().filter(|year| *year >= sen2::FIRST_YEAR) {
        returns.push(Return::begin(year, &mut output)?);
    }
    let mut flows = [&CSDS, &MHSDS].map(|set| Flow::begin(set, world, &mut output));
    let plan = Plan {
        mess: Mess::new(mess, world.seed(), &tables::all()),
        seed: world.seed(),
        years: returns.iter().map(Return::year).collect(),
        submissions: [flows[0].submissions(), flows[1].submissions()],
    };

    let (sender, receiver) = sync_channel::<Vec<Parcel>>(8);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let sender = sender;
            let numbers = (0..world.family_count()).step_by(BATCH as usize);
            for first in numbers {
                let last = (first + BATCH).min(world.family_count());
                let parcels = (first..last).flat_map(|number| plan.pack(&world.family(number)));
                if sender.send(parcels.collect()).is_err() {
                    // The other side has stopped and tells why.
                    return;
                }
            }
        });
        let mut done = 0;
        for parcels in receiver {
            for parcel in parcels {
                match parcel.to {
                    To::Return(place) => returns[place].person(parcel.entries, &mut output)?,
                    To::Flow(flow, submission) => {
                        flows[flow].add(submission, &parcel.pseudonym, &parcel.entries, &mut output)?;
                    }
                }
            }
            done = (done + BATCH).min(world.family_count());
            progress(done);
        }
        Ok::<(), Error>(())
    })?;

    for one in returns {
        one.end(&mut output)?;
    }
    for flow in flows {
        flow.end(&mut output)?;
    }
    output.finish()
}

/// What the families are turned into.
struct Plan {
    mess: Mess,
    seed: u64,
    /// Years of the returns.
    years: Vec<i32>,
    /// Submissions of the two data sets.
    submissions: [Vec<Submission>; 2],
}

/// Records that belong together, and where they go.
struct Parcel {
    to: To,
    /// The child in the board's files.
    pseudonym: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
enum To {
    /// A return, by its place.
    Return(usize),
    /// A submission of a data set, by their places.
    Flow(usize, usize),
}

impl Plan {
    /// Everything that is sent about a family.
    fn pack(&self, family: &Family) -> Vec<Parcel> {
        let mut parcels = Vec::new();
        for child in &family.children {
            for (place, year) in self.years.iter().enumerate() {
                let records = sen2::records(child, *year);
                let context = Return::context(*year);
                self.add(&mut parcels, To::Return(place), child.person, records, &context);
            }
            for (flow, submissions) in self.submissions.iter().enumerate() {
                for (place, submission) in submissions.iter().enumerate() {
                    let records = match flow {
                        0 => csds::records(child, submission),
                        _ => mhsds::records(child, submission),
                    };
                    let context = submission.context();
                    let to = To::Flow(flow, place);
                    self.add(&mut parcels, to, child.person, records, &context);
                }
            }
        }
        parcels
    }

    fn add(
        &self,
        parcels: &mut Vec<Parcel>,
        to: To,
        person: u64,
        records: Vec<record::Record>,
        context: &Context,
    ) {
        if records.is_empty() {
            return;
        }
        let (kind, place) = match to {
            To::Return(place) => (1, place),
            To::Flow(flow, place) => (2 + flow as u64, place),
        };
        let group = mixed(person ^ mixed(kind << 32 | place as u64));
        parcels.push(Parcel {
            to,
            pseudonym: format!("{:016X}", mixed(person ^ hash("pseudonym") ^ self.seed)),
            entries: self.mess.spoil(group, records, context),
        });
    }
}
