//! A report says how well linkage went: how records were tied, how many
//! partners know a child, what waits for a person, and, where it is known who is
//! who, how often it was right.

use crate::link::{Links, MatchClass};
use std::collections::{BTreeMap, BTreeSet};

/// What linkage did, counted. It names nobody.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Records of each table by how they were tied, in the order of
    /// [`MatchClass::ALL`].
    pub by_source: BTreeMap<String, [u64; 6]>,
    /// People by the number of partners that know them: from 1.
    pub by_partners: BTreeMap<usize, u64>,
    /// People by the partners that know them: `council, eput`.
    pub by_partner_set: BTreeMap<String, u64>,
    /// People.
    pub people: u64,
    /// People with a traced NHS number.
    pub with_verified_nhs_number: u64,
    /// People whom the council knows.
    pub known_to_council: u64,
    /// Of them, those with a traced NHS number: the rate that J10 is about.
    pub council_with_verified_nhs_number: u64,
    /// Local ids that a partner gave to more than one person.
    pub reused_local_ids: u64,
    /// Pairs for a person to look at, by why.
    pub reviews: BTreeMap<&'static str, u64>,
    /// Where it is known who is who.
    pub accuracy: Option<Accuracy>,
}

/// How often linkage was right, over pairs of records.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Accuracy {
    /// Records of which it is known whose they are.
    pub records: u64,
    /// Pairs of one person that were tied.
    pub right: u64,
    /// Pairs that were tied.
    pub tied: u64,
    /// Pairs of one person.
    pub true_pairs: u64,
    /// Clusters that hold records of more than one person.
    pub mixed_clusters: u64,
    /// Of them, those whose people have the same date of birth: twins.
    pub twins_merged: u64,
}

impl Accuracy {
    /// From the cluster, the true person and the date of birth (days, or 0) of
    /// each record.
    pub fn of(records: &[(u32, u64, i32)]) -> Accuracy {
        let mut both: BTreeMap<(u32, u64), u64> = BTreeMap::new();
        let mut tied: BTreeMap<u32, u64> = BTreeMap::new();
        let mut people: BTreeMap<u64, u64> = BTreeMap::new();
        let mut births: BTreeMap<u64, BTreeSet<i32>> = BTreeMap::new();
        for (cluster, person, birth_date) in records {
            *both.entry((*cluster, *person)).or_default() += 1;
            *tied.entry(*cluster).or_default() += 1;
            *people.entry(*person).or_default() += 1;
            births.entry(*person).or_default().insert(*birth_date);
        }
        let mut in_cluster: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for (cluster, person) in both.keys() {
            in_cluster.entry(*cluster).or_default().push(*person);
        }
        in_cluster.retain(|_, people| people.len() > 1);
        let share_a_birthday = |people: &&Vec<u64>| {
            let mut seen = BTreeSet::new();
            (people.iter())
                .flat_map(|person| births.get(person).into_iter().flatten())
                .filter(|day| **day != 0)
                .any(|day| !seen.insert(*day))
        };
        let pairs = |counts: &mut dyn Iterator<Item = u64>| counts.map(|n| n * (n - 1) / 2).sum();
        Accuracy {
            records: records.len() as u64,
            right: pairs(&mut both.values().copied()),
            tied: pairs(&mut tied.values().copied()),
            true_pairs: pairs(&mut people.values().copied()),
            mixed_clusters: in_cluster.len() as u64,
            twins_merged: in_cluster.values().filter(share_a_birthday).count() as u64,
        }
    }

    /// Of the pairs that were tied, the share that is right.
    pub fn precision(&self) -> f64 {
        share(self.right, self.tied)
    }

    /// Of the pairs of one person, the share that was tied.
    pub fn recall(&self) -> f64 {
        share(self.right, self.true_pairs)
    }

    /// The harmonic mean of both.
    pub fn f1(&self) -> f64 {
        share(2 * self.right, self.tied + self.true_pairs)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    match whole {
        0 => 1.0,
        whole => part as f64 / whole as f64,
    }
}

impl Report {
    /// Counts what linkage did. The partner is the part of the table's name
    /// before the point; `council` is whom the council knows.
    pub fn new(links: &Links) -> Report {
        let mut by_source: BTreeMap<String, [u64; 6]> = BTreeMap::new();
        let mut partners: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); links.clusters.len()];
        for link in &links.links {
            let classes = by_source.entry(link.source.to_string()).or_default();
            let class = MatchClass::ALL
                .iter()
                .position(|class| *class == link.class);
            classes[class.unwrap_or(0)] += 1;
            let partner = link.source.split('.').next().unwrap_or_default();
            if let Some(partners) = partners.get_mut(link.cluster as usize) {
                partners.insert(partner);
            }
        }
        let mut report = Report {
            by_source,
            by_partners: BTreeMap::new(),
            by_partner_set: BTreeMap::new(),
            people: links.clusters.len() as u64,
            with_verified_nhs_number: 0,
            known_to_council: 0,
            council_with_verified_nhs_number: 0,
            reused_local_ids: links.local_ids.iter().filter(|id| id.is_reused).count() as u64,
            reviews: BTreeMap::new(),
            accuracy: None,
        };
        for (cluster, partners) in links.clusters.iter().zip(&partners) {
            let has_number = u64::from(cluster.has_verified_nhs_number);
            let is_council = u64::from(partners.contains("council"));
            report.with_verified_nhs_number += has_number;
            report.known_to_council += is_council;
            report.council_with_verified_nhs_number += is_council * has_number;
            *report.by_partners.entry(partners.len()).or_default() += 1;
            let set: Vec<&str> = partners.iter().copied().collect();
            *report.by_partner_set.entry(set.join(", ")).or_default() += 1;
        }
        for review in &links.reviews {
            *report.reviews.entry(review.reason).or_default() += 1;
        }
        report
    }

    /// Every figure on a line of its own: what, of what, number.
    pub fn rows(&self) -> Vec<(String, String, String)> {
        let mut rows = Vec::new();
        let mut put = |what: &str, of: &str, number: String| {
            rows.push((what.to_owned(), of.to_owned(), number));
        };
        put("people", "", self.people.to_string());
        put(
            "people with a verified NHS number",
            "",
            self.with_verified_nhs_number.to_string(),
        );
        put(
            "people known to the council",
            "",
            self.known_to_council.to_string(),
        );
        put(
            "of them with a verified NHS number (%)",
            "",
            percent(share(
                self.council_with_verified_nhs_number,
                self.known_to_council,
            )),
        );
        for (partners, people) in &self.by_partners {
            put(
                "people by number of partners",
                &partners.to_string(),
                people.to_string(),
            );
        }
        for (partners, people) in &self.by_partner_set {
            put("people known to", partners, people.to_string());
        }
        for (source, classes) in &self.by_source {
            for (class, records) in MatchClass::ALL.iter().zip(classes) {
                if *records > 0 {
                    let what = format!("records tied by {}", class.word());
                    put(&what, source, records.to_string());
                }
            }
        }
        put(
            "local ids given to several people",
            "",
            self.reused_local_ids.to_string(),
        );
        for (reason, pairs) in &self.reviews {
            put("pairs to review", reason, pairs.to_string());
        }
        if let Some(accuracy) = &self.accuracy {
            put(
                "precision (%)",
                "pairs of records",
                percent(accuracy.precision()),
            );
            put("recall (%)", "pairs of records", percent(accuracy.recall()));
            put("F1 (%)", "pairs of records", percent(accuracy.f1()));
            put(
                "people merged",
                "clusters",
                accuracy.mixed_clusters.to_string(),
            );
            put(
                "twins merged",
                "clusters",
                accuracy.twins_merged.to_string(),
            );
        }
        rows
    }
}

fn percent(share: f64) -> String {
    format!("{:.3}", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_is_counted_over_pairs() {
        // One cluster of two records of 1 and one of its twin 2, who has another.
        let records = [(0, 1, 500), (0, 1, 500), (0, 2, 500), (1, 2, 500)];
        let accuracy = Accuracy::of(&records);
        assert_eq!(
            (accuracy.right, accuracy.tied, accuracy.true_pairs),
            (1, 3, 2)
        );
        assert_eq!((accuracy.mixed_clusters, accuracy.twins_merged), (1, 1));
        assert!((accuracy.f1() - 0.4).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_link_is_no_fault() {
        let report = Report::new(&Links::default());
        assert_eq!((report.people, Accuracy::of(&[]).f1()), (0, 1.0));
        assert!(
            report
                .rows()
                .iter()
                .all(|(_, _, number)| !number.contains("NaN"))
        );
    }
}
