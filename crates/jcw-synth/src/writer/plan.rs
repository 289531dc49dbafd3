//! The plan says what is sent about a family, and to which files it goes. It
//! only looks at the world and the mess, so that families can be packed on
//! another thread than the one that writes.

use super::contract;
use super::record::Record;
use super::returns::Return;
use super::single::Singles;
use super::submission::Submission;
use super::tables::board::CSDS_PERSON_BRIDGE;
use super::{board, council, csds, mhsds, school, sen2};
use crate::mess::{Context, Entry, Mess, hash, mixed};
use crate::truth::{PathwayRow, PersonRow};
use crate::world::World;
use crate::world::family::Child;
use crate::world::health::Provider;
use chrono::NaiveDate;

/// Rows that belong together, and where they go.
pub(crate) enum Parcel {
    /// To a return, by its place.
    Return(usize, Vec<Entry>),
    /// To a submission of a data set, by their places. With it goes what the
    /// child is called in the board's copies.
    Flow(usize, usize, String, Vec<Entry>),
    /// To the contract file of a month, by its place.
    Contract(usize, Vec<Entry>),
    /// To the extracts of their tables.
    Single(Vec<Entry>),
    /// Who a child is to each partner, and what happened to its requests.
    Person(PersonRow, Vec<PathwayRow>),
}

/// What families are turned into.
pub(crate) struct Plan<'a> {
    pub(crate) world: &'a World,
    pub(crate) mess: Mess,
    /// Years of the returns, with what each says of all its rows.
    pub(crate) returns: Vec<(i32, Context)>,
    /// Submissions of the two data sets.
    pub(crate) submissions: [Vec<(Submission, Context)>; 2],
    /// Months of the contract files.
    pub(crate) months: Vec<(NaiveDate, Context)>,
    single: Context,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        world: &'a World,
        mess: Mess,
        years: Vec<i32>,
        submissions: [Vec<Submission>; 2],
    ) -> Self {
        let with_context = |all: Vec<Submission>| {
            let all = all.into_iter();
            all.map(|submission| (submission.clone(), submission.context()))
                .collect()
        };
        let years = years.into_iter();
        let months = contract::all_months(world).into_iter();
        Plan {
            world,
            mess,
            returns: years.map(|year| (year, Return::context(year))).collect(),
            submissions: submissions.map(with_context),
            months: months
                .map(|month| (month, contract::context(month)))
                .collect(),
            single: Singles::context(world),
        }
    }

    /// Everything that is sent about a child, and the truth about it.
    pub(crate) fn pack(&self, child: &Child, pathways: Vec<PathwayRow>, parcels: &mut Vec<Parcel>) {
        let person = PersonRow::new(child, self.world);
        parcels.push(Parcel::Person(person, pathways));
        if !child.requests.is_empty() {
            self.pack_returns(child, parcels);
        }
        if !child.referrals.is_empty() {
            self.pack_health(child, parcels);
        }
        let mut records = council::records(child, self.world);
        records.extend(school::records(child, self.world));
        records.extend(board::records(child, self.world));
        if !records.is_empty() {
            let entries = self.spoil(1, 0, child, records, &self.single);
            parcels.push(Parcel::Single(entries));
        }
    }

    fn pack_returns(&self, child: &Child, parcels: &mut Vec<Parcel>) {
        for (place, (year, context)) in self.returns.iter().enumerate() {
            let records = sen2::records(child, *year);
            if !records.is_empty() {
                let entries = self.spoil(2, place, child, records, context);
                parcels.push(Parcel::Return(place, entries));
            }
        }
    }

    fn pack_health(&self, child: &Child, parcels: &mut Vec<Parcel>) {
        let pseudonym = self.pseudonym(child);
        let mut is_patient = false;
        for (flow, submissions) in self.submissions.iter().enumerate() {
            for (place, (submission, context)) in submissions.iter().enumerate() {
                let records = match flow {
                    0 => csds::records(child, submission),
                    _ => mhsds::records(child, submission),
                };
                if records.is_empty() {
                    continue;
                }
                is_patient |= flow == 0;
                let entries = self.spoil(3 + flow as u64, place, child, records, context);
                parcels.push(Parcel::Flow(flow, place, pseudonym.clone(), entries));
            }
        }
        if is_patient {
            let bridge = Record::new(&CSDS_PERSON_BRIDGE)
                .put("person_id", &pseudonym)
                .put("org_id_provider", Provider::Eput.code())
                .put("local_patient_id", child.local_patient_id(Provider::Eput))
                .done();
            let entries = self.spoil(5, 0, child, vec![bridge], &self.single);
            parcels.push(Parcel::Single(entries));
        }
        for (place, (month, context)) in self.months.iter().enumerate() {
            let records = contract::records(child, *month);
            if !records.is_empty() {
                let entries = self.spoil(6, place, child, records, context);
                parcels.push(Parcel::Contract(place, entries));
            }
        }
    }

    /// Rows that are about nobody, each a group of its own.
    pub(crate) fn pack_alone(&self, number: u64, record: Record) -> Vec<Entry> {
        let group = group(7, 0, number);
        self.mess.spoil(group, vec![record], &self.single)
    }

    fn spoil(
        &self,
        kind: u64,
        place: usize,
        child: &Child,
        mut records: Vec<Record>,
        context: &Context,
    ) -> Vec<Entry> {
        self.mess.drift(child, &mut records, context);
        let group = group(kind, place, child.person);
        self.mess.spoil(group, records, context)
    }

    /// What the child is called in the board's copies.
    fn pseudonym(&self, child: &Child) -> String {
        let bits = mixed(child.person ^ hash("pseudonym") ^ self.world.seed());
        format!("{bits:016X}")
    }
}

/// The name of a group of records.
fn group(kind: u64, place: usize, number: u64) -> u64 {
    mixed(number ^ mixed(kind << 32 | place as u64))
}
