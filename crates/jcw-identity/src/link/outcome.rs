//! Makes the links of what hangs together in the end.

use super::forest::Forest;
use super::links::{Cluster, Link, Links, LocalId, Review};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Two clusters that may be one, by members of theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doubt {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) probability: Option<f64>,
    pub(crate) reason: &'static str,
}

/// The links, clusters, local ids and reviews, in orders that follow from what
/// the records say.
pub(crate) fn outcome(forest: &Forest<'_>, doubts: &[Doubt]) -> Links {
    let records = forest.records;
    let mut place_of: HashMap<u32, u32> = HashMap::new();
    let mut members: Vec<Vec<u32>> = Vec::new();
    for place in 0..forest.len() {
        let cluster = *place_of.entry(forest.root(place)).or_insert_with(|| {
            members.push(Vec::new());
            (members.len() - 1) as u32
        });
        members[cluster as usize].push(place);
    }
    let anchors = anchors(forest, &members);
    let clusters = (members.iter().zip(anchors))
        .map(|(members, anchor)| Cluster {
            anchor,
            has_verified_nhs_number: (members.iter())
                .any(|place| forest.verified_number(*place) != 0),
            records: members.len() as u32,
        })
        .collect();
    let cluster_of = |place: u32| place_of.get(&forest.root(place)).copied().unwrap_or(0);
    let mut links: Vec<Link> = (0..forest.len())
        .map(|place| {
            let row = forest.row(place);
            Link {
                person_ref: records.text(row.person_ref).into(),
                source: records.shared_source_name(row.source),
                cluster: cluster_of(place),
                class: forest.class(place),
                weight: forest.weight(place),
            }
        })
        .collect();
    links.sort_unstable_by(|a, b| (&a.person_ref, &a.source).cmp(&(&b.person_ref, &b.source)));
    Links {
        links,
        clusters,
        local_ids: local_ids(forest, cluster_of),
        reviews: reviews(forest, doubts),
        n_unmatched_decisions: 0,
    }
}

/// What each cluster's key is made from: the number that is most likely to stay
/// its own when more is said of the person. A number that two clusters have goes
/// to the one with more records.
fn anchors(forest: &Forest<'_>, members: &[Vec<u32>]) -> Vec<Box<str>> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|cluster| std::cmp::Reverse(members[*cluster].len()));
    let mut used: HashSet<Box<str>> = HashSet::new();
    let mut anchors: Vec<Box<str>> = vec!["".into(); members.len()];
    for cluster in order {
        let candidates = candidates(forest, &members[cluster]);
        if let Some(anchor) = candidates.into_iter().find(|anchor| !used.contains(anchor)) {
            used.insert(anchor.clone());
            anchors[cluster] = anchor;
        }
    }
    anchors
}

fn candidates(forest: &Forest<'_>, members: &[u32]) -> Vec<Box<str>> {
    let records = forest.records;
    let mut numbers: Vec<(u8, u64)> = Vec::new();
    let mut texts: Vec<(u8, Box<str>)> = Vec::new();
    for place in members {
        let row = forest.row(*place);
        let upn = if row.is_temporary_upn { 0 } else { row.upn };
        numbers.extend([
            (0, forest.verified_number(*place)),
            (1, upn),
            (2, row.uln),
            (3, forest.nhs_number(*place)),
        ]);
        if row.local_id != 0 {
            let (scope, id) = (records.source_name(row.scope), records.text(row.local_id));
            texts.push((4, format!("{scope}\u{1f}{id}").into()));
        }
        texts.push((5, records.text(row.person_ref).into()));
    }
    numbers.retain(|(_, number)| *number != 0);
    numbers.sort_unstable();
    numbers.dedup();
    texts.sort_unstable();
    texts.dedup();
    let kind = |tier: u8| ["nhs", "upn", "uln", "nhs", "local", "ref"][usize::from(tier)];
    let numbers =
        (numbers.into_iter()).map(|(tier, number)| format!("{}\u{1f}{number}", kind(tier)).into());
    let texts =
        (texts.into_iter()).map(|(tier, text)| format!("{}\u{1f}{text}", kind(tier)).into());
    numbers.chain(texts).collect()
}

fn local_ids(forest: &Forest<'_>, cluster_of: impl Fn(u32) -> u32) -> Vec<LocalId> {
    let records = forest.records;
    let mut counts: BTreeMap<(&str, &str), BTreeMap<u32, u32>> = BTreeMap::new();
    for place in 0..forest.len() {
        let row = forest.row(place);
        if row.local_id != 0 {
            let id = (records.source_name(row.scope), records.text(row.local_id));
            *counts
                .entry(id)
                .or_default()
                .entry(cluster_of(place))
                .or_default() += 1;
        }
    }
    (counts.into_iter())
        .filter_map(|((scope, local_id), clusters)| {
            let is_reused = clusters.len() > 1;
            let most = clusters
                .into_iter()
                .max_by_key(|(cluster, count)| (*count, std::cmp::Reverse(*cluster)));
            most.map(|(cluster, _)| LocalId {
                scope: scope.into(),
                local_id: local_id.into(),
                cluster,
                is_reused,
            })
        })
        .collect()
}

fn reviews(forest: &Forest<'_>, doubts: &[Doubt]) -> Vec<Review> {
    let mut likeliest: BTreeMap<(u32, u32), Doubt> = BTreeMap::new();
    for doubt in doubts {
        let (a, b) = (forest.root(doubt.a), forest.root(doubt.b));
        if a == b || !forest.is_undecided(a, b) {
            continue;
        }
        let kept = likeliest.entry((a.min(b), a.max(b))).or_insert(*doubt);
        if doubt.probability > kept.probability {
            *kept = *doubt;
        }
    }
    let side = |root: u32| {
        // The record that says most is the easiest to judge by.
        let told = |place: &u32| {
            let row = forest.row(*place);
            (
                u32::from(row.forename != 0) + u32::from(row.postcode != 0),
                std::cmp::Reverse(*place),
            )
        };
        let row = forest.row(forest.members(root).max_by_key(told).unwrap_or(root));
        let records = forest.records;
        (
            records.text(row.person_ref),
            records.source_name(row.source),
        )
    };
    let mut reviews: Vec<Review> = (likeliest.into_iter())
        .map(|((a, b), doubt)| {
            let (a, b) = (side(a).min(side(b)), side(a).max(side(b)));
            Review {
                a: a.0.into(),
                b: b.0.into(),
                a_source: a.1.into(),
                b_source: b.1.into(),
                probability: doubt.probability,
                reason: doubt.reason,
            }
        })
        .collect();
    reviews.sort_by(|one, other| {
        let likely = |review: &Review| review.probability.unwrap_or(2.0);
        (likely(other).total_cmp(&likely(one)))
            .then_with(|| (&one.a, &one.b).cmp(&(&other.a, &other.b)))
    });
    reviews
}
