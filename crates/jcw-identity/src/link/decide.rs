//! Applies what people decided, before any rule: `same` ties, `different` keeps
//! apart whatever the rules would say.

use super::decision::{Decision, Decisions, Mention, Verdict};
use super::forest::Forest;
use super::links::MatchClass;
use super::record::Records;
use std::collections::{BTreeMap, HashMap};

/// Applies the decisions, the latest first: an earlier one that a later one
/// makes impossible is passed over. Gives how many speak of a record that is not
/// there.
pub(crate) fn apply(forest: &mut Forest<'_>, decisions: &Decisions) -> usize {
    if decisions.all.is_empty() {
        return 0;
    }
    let mut latest: BTreeMap<(&Mention, &Mention), (usize, &Decision)> = BTreeMap::new();
    for (place, decision) in decisions.all.iter().enumerate() {
        let (a, b) = (&decision.a, &decision.b);
        latest.insert((a.min(b), a.max(b)), (place, decision));
    }
    let mut latest: Vec<(usize, &Decision)> = latest.into_values().collect();
    latest.sort_unstable_by_key(|(place, _)| std::cmp::Reverse(*place));
    let mentioned = Mentioned::new(forest, &latest);
    let mut n_unmatched = 0;
    for (_, decision) in latest {
        let [a, b] = [&decision.a, &decision.b].map(|mention| mentioned.places(mention));
        n_unmatched += usize::from(a.is_empty() || b.is_empty());
        match decision.verdict {
            Verdict::Same => {
                for (x, y) in product(a, b) {
                    if forest.is_undecided(forest.root(x), forest.root(y)) {
                        forest.join(x, y, MatchClass::Decided, None);
                    }
                }
            }
            Verdict::Different => {
                for (x, y) in product(a, b) {
                    if forest.root(x) != forest.root(y) {
                        forest.keep_apart(x, y);
                    }
                }
            }
        }
    }
    n_unmatched
}

fn product<'p>(a: &'p [u32], b: &'p [u32]) -> impl Iterator<Item = (u32, u32)> + 'p {
    a.iter().flat_map(|x| b.iter().map(move |y| (*x, *y)))
}

/// The records that decisions speak of, by pseudonym and by number.
struct Mentioned {
    by_ref: HashMap<Mention, Vec<u32>>,
    by_number: HashMap<Mention, Vec<u32>>,
}

impl Mentioned {
    fn new(forest: &Forest<'_>, decisions: &[(usize, &Decision)]) -> Mentioned {
        let mut by_ref: HashMap<u32, Vec<&Mention>> = HashMap::new();
        let mut by_id: HashMap<u32, Vec<(&str, &Mention)>> = HashMap::new();
        let records: &Records = forest.records;
        for mention in decisions
            .iter()
            .flat_map(|(_, decision)| [&decision.a, &decision.b])
        {
            if let Some(word) = mention.person_ref().and_then(|text| records.find(text)) {
                by_ref.entry(word).or_default().push(mention);
            }
            if let Some((scope, number)) = mention.number()
                && let Some(word) = records.find(number)
            {
                by_id.entry(word).or_default().push((scope, mention));
            }
        }
        let mut found = Mentioned {
            by_ref: HashMap::new(),
            by_number: HashMap::new(),
        };
        for place in 0..forest.len() {
            let row = forest.row(place);
            let refs = by_ref.get(&row.person_ref).into_iter().flatten().copied();
            let ids = (by_id.get(&row.local_id).into_iter().flatten())
                .filter(|(scope, _)| *scope == records.source_name(row.scope))
                .map(|(_, mention)| *mention);
            let note = |places: &mut HashMap<Mention, Vec<u32>>, mention: &Mention| {
                let places = places.entry(mention.clone()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            };
            refs.for_each(|mention| note(&mut found.by_ref, mention));
            ids.for_each(|mention| note(&mut found.by_number, mention));
        }
        found
    }

    /// By the number only where the pseudonym is gone.
    fn places(&self, mention: &Mention) -> &[u32] {
        let by_ref = self.by_ref.get(mention);
        let places = by_ref.or_else(|| self.by_number.get(mention));
        places.map_or(&[], Vec::as_slice)
    }
}
