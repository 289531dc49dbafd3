//! For the time being: records are one person's where they carry the same number.

use super::links::{Cluster, Link, Links, LocalId, MatchClass};
use super::record::Records;
use std::collections::{BTreeMap, HashMap};

pub(crate) fn link(records: &Records) -> Links {
    let rows = &records.rows;
    let mut root: Vec<usize> = (0..rows.len()).collect();
    fn find(root: &mut [usize], mut at: usize) -> usize {
        while root[at] != at {
            root[at] = root[root[at]];
            at = root[at];
        }
        at
    }
    let mut first: HashMap<(u8, u64, u64), usize> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        let carried = [
            (0, u64::from(row.scope), u64::from(row.local_id)),
            (1, 0, row.nhs_number),
            (2, 0, row.upn),
            (3, 0, row.uln),
            (4, 0, u64::from(row.person_ref)),
        ];
        for key in carried.into_iter().filter(|key| key.2 != 0) {
            let other = *first.entry(key).or_insert(place);
            let (a, b) = (find(&mut root, place), find(&mut root, other));
            root[a.max(b)] = a.min(b);
        }
    }
    let mut people: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in 0..rows.len() {
        people.entry(find(&mut root, place)).or_default().push(place);
    }
    let mut links = Links::default();
    let mut local_ids = BTreeMap::new();
    for members in people.into_values() {
        let cluster = links.clusters.len() as u32;
        let refs = members.iter().map(|place| records.text(rows[*place].person_ref));
        let anchor = refs.min().unwrap_or_default().to_owned();
        let is_verified = members.iter().any(|place| rows[*place].is_verified);
        links.clusters.push(Cluster {
            anchor: anchor.into(),
            has_verified_nhs_number: is_verified,
            records: members.len() as u32,
        });
        for place in &members {
            let row = &rows[*place];
            let class = match members.len() {
                1 => MatchClass::Alone,
                _ => MatchClass::Carried,
            };
            links.links.push(Link {
                person_ref: records.text(row.person_ref).into(),
                source: records.source_name(row.source).into(),
                cluster,
                class,
                weight: None,
            });
            if row.local_id != 0 {
                local_ids.entry((row.scope, row.local_id)).or_insert(cluster);
            }
        }
    }
    links.links.sort_by(|a, b| (&a.person_ref, &a.source).cmp(&(&b.person_ref, &b.source)));
    links.local_ids = (local_ids.into_iter())
        .map(|((scope, local_id), cluster)| LocalId {
            scope: records.source_name(scope).into(),
            local_id: records.text(local_id).into(),
            cluster,
            is_reused: false,
        })
        .collect();
    links
}
