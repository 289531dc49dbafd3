//! What comes out depends on what is known of the records, and on nothing else.

use super::*;
use proptest::prelude::*;

#[test]
fn every_person_has_an_anchor_of_their_own() {
    let links = in_town(&[
        provider("a", "1", NHS[0]),
        Record {
            birth_date: day("2001-01-01"),
            ..provider("b", "2", NHS[0])
        },
    ]);
    let anchors: std::collections::BTreeSet<&str> = links
        .clusters
        .iter()
        .map(|cluster| &*cluster.anchor)
        .collect();
    assert_eq!(anchors.len(), links.clusters.len());
    assert!(!anchors.contains(""));
}

/// Each link in a line, its weight to the last bit.
fn summary(links: &Links) -> Vec<String> {
    (links.links.iter())
        .map(|link| {
            let anchor = &links.clusters[link.cluster as usize].anchor;
            let weight = link.weight.map(f64::to_bits);
            format!(
                "{} {} {anchor:?} {:?} {weight:?}",
                link.person_ref, link.source, link.class
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_records_does_not_matter(seed in any::<u64>(), children in 4usize..14) {
        let mut chance = seed | 1;
        let mut draw = move |below: usize| {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (chance >> 33) as usize % below
        };
        let names = ["Noah", "Felix", "Noel", "Felicity", "Hugo"];
        let days = ["2014-05-03", "2014-03-05", "2015-05-03", "2010-10-10"];
        let postcodes = ["SS1 4TJ", "SS1 4TK", "SS9 8ZW"];
        let refs: Vec<String> = (0..children).map(|place| format!("r{place:02}")).collect();
        let ids: Vec<String> = (0..children).map(|_| draw(6).to_string()).collect();
        let mut records: Vec<Record> = (refs.iter().zip(&ids))
            .map(|(person_ref, id)| {
                let mut record = match draw(2) {
                    0 => council(person_ref, id, names[draw(5)]),
                    _ => provider(person_ref, id, NHS[draw(4)]),
                };
                record.birth_date = day(days[draw(4)]);
                record.postcode = Some(postcodes[draw(3)]);
                if draw(4) == 0 {
                    record.nhs_number_status = Some("02");
                }
                record
            })
            .collect();
        let before = linked(&records);
        for place in (1..records.len()).rev() {
            records.swap(place, draw(place + 1));
        }
        let after = linked(&records);
        prop_assert_eq!(summary(&before), summary(&after));
        prop_assert_eq!(&before.reviews, &after.reviews);
        prop_assert_eq!(&before.local_ids.len(), &after.local_ids.len());
        // Never two verified numbers, unless somebody said so.
        for cluster in 0..before.clusters.len() as u32 {
            let numbers: std::collections::BTreeSet<&str> = (before.links.iter())
                .filter(|link| link.cluster == cluster)
                .filter_map(|link| records.iter().find(|record| *record.person_ref == *link.person_ref))
                .filter(|record| record.nhs_number_status == Some("01"))
                .filter_map(|record| record.nhs_number)
                .collect();
            let disputed = before.reviews.iter().any(|review| review.reason.contains("verified"));
            prop_assert!(numbers.len() < 2 || disputed, "{numbers:?}");
        }
    }
}
