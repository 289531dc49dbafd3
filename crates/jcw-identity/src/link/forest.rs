//! A forest is the clusters as they grow: records that are tied, under what
//! forbids a tie. Whether two clusters may be one is asked of all their members,
//! so that a chain of ties, each likely in itself, never joins two children.

use super::links::MatchClass;
use super::names::{NameMatch, Names};
use super::record::{Packed, Records};
use super::twins::are_neighbours;
use std::collections::{HashMap, HashSet};

/// Records by their canonical place, and how they hang together.
#[derive(Debug)]
pub(crate) struct Forest<'a> {
    pub(crate) records: &'a Records,
    order: Vec<u32>,
    parent: Vec<u32>,
    /// The next member of the same cluster, round in a circle.
    next: Vec<u32>,
    size: Vec<u32>,
    /// The NHS number is somebody else's.
    is_disputed: Vec<bool>,
    /// Pairs that a person said are different.
    different: HashSet<(u32, u32)>,
    /// How a record was tied to its own partner's.
    own: Vec<MatchClass>,
    /// How a record was tied to another partner's.
    across: Vec<MatchClass>,
    weight: HashMap<u32, f64>,
}

impl<'a> Forest<'a> {
    /// Each record alone. Their places follow from what they say, and not from
    /// the order in which they came or from their pseudonyms.
    pub(crate) fn new(records: &'a Records) -> Forest<'a> {
        let mut order: Vec<u32> = (0..records.len() as u32).collect();
        let row = |place: u32| &records.rows[place as usize];
        let numbers = |row: &Packed| {
            let names = (row.birth_date, row.postcode, row.sex);
            (row.nhs_number, row.upn, row.uln, names, row.is_verified)
        };
        let texts = |row: &Packed| {
            [
                records.source_name(row.source),
                records.source_name(row.scope),
                records.text(row.local_id),
                records.text(row.surname),
                records.text(row.forename),
                records.text(row.person_ref),
            ]
        };
        order.sort_unstable_by(|a, b| {
            let (a, b) = (row(*a), row(*b));
            numbers(a)
                .cmp(&numbers(b))
                .then_with(|| texts(a).cmp(&texts(b)))
        });
        let count = order.len();
        Forest {
            records,
            order,
            parent: (0..count as u32).collect(),
            next: (0..count as u32).collect(),
            size: vec![1; count],
            is_disputed: vec![false; count],
            different: HashSet::new(),
            own: vec![MatchClass::Alone; count],
            across: vec![MatchClass::Alone; count],
            weight: HashMap::new(),
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.order.len() as u32
    }

    pub(crate) fn row(&self, place: u32) -> &'a Packed {
        &self.records.rows[self.order[place as usize] as usize]
    }

    /// The cluster of a record, named by one of its members.
    pub(crate) fn root(&self, mut place: u32) -> u32 {
        while self.parent[place as usize] != place {
            place = self.parent[place as usize];
        }
        place
    }

    pub(crate) fn is_root(&self, place: u32) -> bool {
        self.parent[place as usize] == place
    }

    pub(crate) fn size(&self, root: u32) -> u32 {
        self.size[root as usize]
    }

    /// All records of a member's cluster.
    pub(crate) fn members(&self, member: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = Some(member);
        std::iter::from_fn(move || {
            let here = at?;
            at = Some(self.next[here as usize]).filter(|next| *next != member);
            Some(here)
        })
    }

    /// The NHS number of a record, unless it is somebody else's.
    pub(crate) fn nhs_number(&self, place: u32) -> u64 {
        match self.is_disputed[place as usize] {
            true => 0,
            false => self.row(place).nhs_number,
        }
    }

    pub(crate) fn verified_number(&self, place: u32) -> u64 {
        match self.row(place).is_verified {
            true => self.nhs_number(place),
            false => 0,
        }
    }

    /// The number stands in this record, and is not its person's.
    pub(crate) fn dispute(&mut self, place: u32) {
        self.is_disputed[place as usize] = true;
    }

    /// A person said that these records are of two people.
    pub(crate) fn keep_apart(&mut self, a: u32, b: u32) {
        self.different.insert((a.min(b), a.max(b)));
    }

    /// No person has said that any of two clusters' records are of two people.
    pub(crate) fn is_undecided(&self, a: u32, b: u32) -> bool {
        self.different.is_empty()
            || !(self.members(a))
                .any(|one| (self.members(b)).any(|other| self.is_kept_apart(one, other)))
    }

    fn is_kept_apart(&self, a: u32, b: u32) -> bool {
        self.different.contains(&(a.min(b), a.max(b)))
    }

    /// Two clusters may be one person, by all that their members say. What is
    /// tied by a number may have two local ids of one partner, who registered a
    /// child twice; what is tied by likeness may not, or twins would be one.
    pub(crate) fn may_join(&self, names: &Names<'_>, a: u32, b: u32, class: MatchClass) -> bool {
        let is_likeness = class >= MatchClass::Deterministic;
        let name = || self.names(names, a, b);
        self.is_undecided(a, b)
            && !self.differ(a, b, |place| self.verified_number(place))
            && !(is_likeness && self.local_ids_differ(a, b))
            && match name() {
                NameMatch::Agrees => true,
                NameMatch::Unknown => {
                    !(is_likeness && self.differ(a, b, |place| self.nhs_number(place)))
                }
                NameMatch::Doubtful => !is_likeness,
                NameMatch::Differs => false,
            }
    }

    /// The best that any two members' names say of each other.
    pub(crate) fn names(&self, names: &Names<'_>, a: u32, b: u32) -> NameMatch {
        let mut worst_known = None;
        for one in self.members(a) {
            let one = self.row(one);
            if one.forename == 0 {
                continue;
            }
            for other in self.members(b) {
                let other = self.row(other);
                if other.forename == 0 {
                    continue;
                }
                let found = names.compare(one, other);
                if found == NameMatch::Agrees {
                    return found;
                }
                worst_known = Some(worst_known.map_or(found, |best: NameMatch| best.min(found)));
            }
        }
        worst_known.unwrap_or(NameMatch::Unknown)
    }

    /// Both have a value, and none in common.
    fn differ(&self, a: u32, b: u32, value: impl Fn(u32) -> u64) -> bool {
        let mut has_both = false;
        for one in self.members(a) {
            let one = value(one);
            if one == 0 {
                continue;
            }
            for other in self.members(b) {
                let other = value(other);
                if one == other {
                    return false;
                }
                has_both |= other != 0;
            }
        }
        has_both
    }

    /// One partner knows both, under two numbers.
    pub(crate) fn local_ids_differ(&self, a: u32, b: u32) -> bool {
        let mut differing = None;
        for one in self.members(a) {
            let one = self.row(one);
            if one.local_id == 0 {
                continue;
            }
            for other in self.members(b) {
                let other = self.row(other);
                let is_counted_alike = (other.scope, other.system) == (one.scope, one.system);
                if other.local_id == 0 || !is_counted_alike {
                    continue;
                }
                if other.local_id == one.local_id {
                    return false;
                }
                differing = Some(());
            }
        }
        differing.is_some()
    }

    /// One partner gave them two numbers, one soon after the other.
    pub(crate) fn local_ids_are_neighbours(&self, a: u32, b: u32) -> bool {
        self.members(a).any(|one| {
            let one = self.row(one);
            self.members(b).map(|other| self.row(other)).any(|other| {
                let texts = [one, other].map(|row| self.records.text(row.local_id));
                (other.scope, other.system) == (one.scope, one.system)
                    && are_neighbours(texts[0], texts[1])
            })
        })
    }

    /// Both have a sex, and none in common.
    pub(crate) fn sexes_differ(&self, a: u32, b: u32) -> bool {
        self.differ(a, b, |place| u64::from(self.row(place).sex))
    }

    /// Ties two records and their clusters.
    pub(crate) fn join(&mut self, x: u32, y: u32, class: MatchClass, weight: Option<f64>) {
        let (a, b) = (self.root(x), self.root(y));
        if a == b {
            return;
        }
        for (one, other) in [(a, b), (b, a)] {
            self.note_scopes(one, other, class, weight);
        }
        for place in [x, y] {
            let own = &mut self.own[place as usize];
            *own = (*own).min(class);
        }
        let (kept, gone) = match self.size(a) >= self.size(b) {
            true => (a, b),
            false => (b, a),
        };
        self.parent[gone as usize] = kept;
        self.size[kept as usize] += self.size[gone as usize];
        self.next.swap(a as usize, b as usize);
    }

    /// Members of one cluster that now have another partner's beside them for
    /// the first time.
    fn note_scopes(&mut self, one: u32, other: u32, class: MatchClass, weight: Option<f64>) {
        let scope = self.row(other).scope;
        let is_mixed = self
            .members(other)
            .any(|place| self.row(place).scope != scope);
        let new: Vec<u32> = (self.members(one))
            .filter(|place| self.across[*place as usize] == MatchClass::Alone)
            .filter(|place| is_mixed || self.row(*place).scope != scope)
            .collect();
        for place in new {
            self.across[place as usize] = class;
            if let Some(weight) = weight {
                self.weight.insert(place, weight);
            }
        }
    }

    /// How a record is tied: to another partner's if it is, else to its own
    /// partner's.
    pub(crate) fn class(&self, place: u32) -> MatchClass {
        match self.across[place as usize] {
            MatchClass::Alone if self.own[place as usize] != MatchClass::Alone => {
                self.own[place as usize]
            }
            // Tied by those who came to it.
            MatchClass::Alone if self.size(self.root(place)) > 1 => MatchClass::Carried,
            class => class,
        }
    }

    pub(crate) fn weight(&self, place: u32) -> Option<f64> {
        self.weight.get(&place).copied()
    }
}
