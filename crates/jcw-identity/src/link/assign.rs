//! Assignment ties clusters by likeness, the likeliest pair first, as long as
//! nothing forbids it and no other candidate is nearly as likely. Twins of whom
//! one partner has no names fit each other's records equally well: neither is
//! tied, and a person is asked.

use super::block;
use super::forest::Forest;
use super::level::compare;
use super::links::MatchClass;
use super::model::Model;
use super::names::Names;
use super::outcome::Doubt;
use super::profile::{Profile, profiles};
use super::twins::Twins;
use jcw_project::Linkage;

/// Two clusters and how likely they are one person.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    a: u32,
    b: u32,
    /// Bits for one person, before the share of such pairs is weighed in.
    bits: f32,
    /// One of them has no names.
    is_nameless: bool,
}

/// A candidate whose weight is below this is never one.
const FAINT: f64 = 0.0;
/// A tie can make another unambiguous; more passes than this never do.
const PASSES: usize = 5;

/// Ties clusters by likeness; what is left open goes to `doubts`.
pub(crate) fn tie<'r>(
    forest: &mut Forest<'r>,
    names: &Names<'r>,
    settings: &Linkage,
    doubts: &mut Vec<Doubt>,
) {
    let profiles = profiles(forest);
    let model = Model::learn(forest.records, names, &profiles, settings);
    let mut candidates = candidates(forest, names, &profiles, &model, settings);
    let prior = prior(&candidates, profiles.len());
    candidates.sort_unstable_by(|one, other| {
        (other.bits.total_cmp(&one.bits)).then((one.a, one.b).cmp(&(other.a, other.b)))
    });
    let of = Adjacency::new(&candidates, profiles.len());
    let twins = Twins::find(forest);
    let companions = (settings.companions.iter())
        .map(|tables| forest.records.sources_among(tables))
        .collect();
    let mut assignment = Assignment {
        forest,
        names,
        profiles: &profiles,
        candidates: &candidates,
        of,
        twins,
        companions,
        prior,
        settings,
    };
    for _ in 0..PASSES {
        if !assignment.pass() {
            break;
        }
    }
    assignment.tell(doubts);
}

/// Pairs of any block that could be one person.
fn candidates(
    forest: &Forest<'_>,
    names: &Names<'_>,
    profiles: &[Profile],
    model: &Model,
    settings: &Linkage,
) -> Vec<Candidate> {
    let mut pairs = Vec::new();
    for rule in &settings.blocking {
        pairs.extend(block::pairs(
            forest.records,
            profiles,
            rule,
            settings.largest_block,
        ));
    }
    pairs.sort_unstable();
    pairs.dedup();
    let weigh = |(a, b): (u32, u32)| {
        let (one, other) = (&profiles[a as usize], &profiles[b as usize]);
        let (comparison, shared) = compare(names, one, other);
        let bits = model.weight(&comparison, &shared);
        let is_candidate = bits > FAINT && forest.is_undecided(one.root, other.root);
        is_candidate.then(|| Candidate {
            a,
            b,
            bits: bits as f32,
            is_nameless: one.is_nameless() || other.is_nameless(),
        })
    };
    pairs.into_iter().filter_map(weigh).collect()
}

/// The share of all pairs that are of one person, as log odds in bits: the one
/// at which it is the share that is found.
fn prior(candidates: &[Candidate], clusters: usize) -> f64 {
    let clusters = clusters.max(2) as f64;
    let pairs = clusters * (clusters - 1.0) / 2.0;
    let most = 2.0 / clusters;
    let mut share: f64 = most / 4.0;
    for _ in 0..20 {
        let found: f64 = (candidates.iter())
            .map(|candidate| probability(f64::from(candidate.bits) + odds(share)))
            .sum();
        // As if one pair were known beforehand.
        share = ((found + 1.0) / pairs).clamp(1e-12, most.min(0.5));
    }
    odds(share)
}

fn odds(share: f64) -> f64 {
    (share / (1.0 - share)).log2()
}

/// Of log odds in bits.
fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

/// The candidates of each cluster.
struct Adjacency {
    first: Vec<u32>,
    candidates: Vec<u32>,
}

impl Adjacency {
    fn new(candidates: &[Candidate], clusters: usize) -> Adjacency {
        let mut ends: Vec<(u32, u32)> = Vec::with_capacity(candidates.len() * 2);
        for (place, candidate) in (0u32..).zip(candidates) {
            ends.push((candidate.a, place));
            ends.push((candidate.b, place));
        }
        ends.sort_unstable();
        let mut first = vec![0; clusters + 1];
        for (cluster, _) in &ends {
            first[*cluster as usize + 1] += 1;
        }
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        Adjacency {
            first,
            candidates: ends.into_iter().map(|(_, place)| place).collect(),
        }
    }

    fn of(&self, cluster: u32) -> &[u32] {
        let cluster = cluster as usize;
        &self.candidates[self.first[cluster] as usize..self.first[cluster + 1] as usize]
    }
}

struct Assignment<'a, 'r> {
    forest: &'a mut Forest<'r>,
    names: &'a Names<'r>,
    profiles: &'a [Profile],
    candidates: &'a [Candidate],
    of: Adjacency,
    twins: Twins,
    /// Tables about one event, by their numbers.
    companions: Vec<Vec<u16>>,
    prior: f64,
    settings: &'a Linkage,
}

impl Assignment<'_, '_> {
    /// Goes through the candidates once; whether any were tied.
    fn pass(&mut self) -> bool {
        let mut is_changed = false;
        for place in 0..self.candidates.len() {
            let candidate = self.candidates[place];
            let weight = f64::from(candidate.bits) + self.prior;
            if probability(weight) < self.settings.accept {
                break;
            }
            if candidate.is_nameless && !self.settings.accept_without_names {
                continue;
            }
            let (a, b) = self.roots(candidate);
            if a == b || !self.may_join(a, b) || self.has_rival(candidate) {
                continue;
            }
            let (a, b) = self.members(candidate);
            let class = MatchClass::Probabilistic;
            self.forest.join(a, b, class, Some(weight));
            is_changed = true;
        }
        is_changed
    }

    /// Another candidate of either cluster is nearly as likely, and cannot be
    /// the same person.
    fn has_rival(&self, candidate: Candidate) -> bool {
        let nearly = f64::from(candidate.bits) - self.settings.margin_bits;
        let is_rival = |one: u32, other: u32, place: u32| {
            let rival = self.candidates[place as usize];
            let third = if rival.a == one { rival.b } else { rival.a };
            if third == other || f64::from(rival.bits) < nearly {
                return false;
            }
            let [one, other, third] = [one, other, third].map(|cluster| self.root(cluster));
            // One that is taken by somebody else is no rival, nor one that is
            // the same person.
            third != one
                && third != other
                && self.may_join(one, third)
                && !self.may_join(other, third)
                && !self.is_decided_by_event(one, other, third)
        };
        let Candidate { a, b, .. } = candidate;
        if candidate.is_nameless && (self.has_free_twin(a, b) || self.has_free_twin(b, a)) {
            return true;
        }
        (self.of.of(a).iter()).any(|place| is_rival(a, b, *place))
            || (self.of.of(b).iter()).any(|place| is_rival(b, a, *place))
    }

    /// The first cluster may have a twin who could be the second as well.
    fn has_free_twin(&self, one: u32, other: u32) -> bool {
        let profile = |cluster: u32| &self.profiles[cluster as usize];
        let sex = profile(other).sex;
        (self.twins.of(profile(one).root).iter()).any(|twin| {
            let is_other_sex = |place: u32| ![0, sex].contains(&self.forest.row(place).sex);
            let twin = self.forest.root(*twin);
            let is_told_apart = sex != 0 && self.forest.members(twin).any(is_other_sex);
            let (one, other) = (self.root(one), self.root(other));
            twin != one
                && twin != other
                && !is_told_apart
                && self.may_join(twin, other)
                && !self.is_decided_by_event(other, one, twin)
        })
    }

    /// Tables about the same event know the cluster and one of its candidates,
    /// and not the other.
    fn is_decided_by_event(&self, cluster: u32, candidate: u32, rival: u32) -> bool {
        let is_in = |cluster: u32, tables: &[u16]| {
            (self.forest.members(cluster))
                .any(|place| tables.contains(&self.forest.row(place).source))
        };
        (self.companions.iter()).any(|tables| {
            is_in(cluster, tables) && is_in(candidate, tables) && !is_in(rival, tables)
        })
    }

    /// Lists what is likely and was not tied.
    fn tell(&self, doubts: &mut Vec<Doubt>) {
        for candidate in self.candidates {
            let probability = probability(f64::from(candidate.bits) + self.prior);
            if probability < self.settings.review {
                break;
            }
            let (a, b) = self.roots(*candidate);
            if a == b || !self.may_join(a, b) {
                continue;
            }
            let reason = if probability < self.settings.accept {
                "alike, and not enough to be sure"
            } else if self.has_rival(*candidate) {
                "alike, and so is another child: twins or namesakes"
            } else {
                "alike, and one has no name: a twin could be meant"
            };
            doubts.push(Doubt {
                a,
                b,
                probability: Some(probability),
                reason,
            });
        }
    }

    fn may_join(&self, a: u32, b: u32) -> bool {
        (self.forest).may_join(self.names, a, b, MatchClass::Probabilistic)
    }

    fn members(&self, candidate: Candidate) -> (u32, u32) {
        let of = |cluster: u32| self.profiles[cluster as usize].root;
        (of(candidate.a), of(candidate.b))
    }

    fn root(&self, cluster: u32) -> u32 {
        self.forest.root(self.profiles[cluster as usize].root)
    }

    fn roots(&self, candidate: Candidate) -> (u32, u32) {
        (self.root(candidate.a), self.root(candidate.b))
    }
}
