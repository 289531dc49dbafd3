//! Linkage says which records are of one person. The steps, each with what the
//! ones before it left:
//!
//! 1. what a person [decided](decision);
//! 2. the same verified NHS number, then other [numbers](exact) that records
//!    carry;
//! 3. [names, date of birth, and postcode or sex](deterministic);
//! 4. the [weight](model) of all that two clusters agree on, where nothing
//!    [forbids](forest) a tie and no other candidate is [as likely](assign).
//!
//! A tie must hold between all members of two clusters, not between two of their
//! records. Nothing is tied by likeness that would give one partner's two
//! children one key: twins are known by their partner's numbers and by their
//! given names, and where there are neither, a person is asked.
//!
//! ```
//! use jcw_identity::link::{Decisions, Record, Records, Settings, link};
//! let mut records = Records::new();
//! let child = Record { forename: Some("Zoë"), surname: Some("O'Marmere"), ..Record::default() };
//! for (person_ref, source, sex) in [("a", "council.case", "F"), ("b", "nelft.patient", "2")] {
//!     let birth_date = chrono::NaiveDate::from_ymd_opt(2014, 5, 3);
//!     records.add(&Record { person_ref, source, scope: source, sex: Some(sex), birth_date, ..child });
//! }
//! let links = link(&records, &Decisions::default(), &Settings::default());
//! assert_eq!(links.clusters.len(), 1);
//! ```

mod agree;
mod assign;
mod block;
mod decide;
mod decision;
mod deterministic;
mod exact;
mod forest;
mod level;
mod links;
mod model;
mod names;
mod nickname;
mod normalise;
mod outcome;
mod profile;
mod record;
#[cfg(test)]
mod tests;
mod texts;
mod twins;

pub use decision::{Decision, DecisionError, Decisions, Mention, Verdict};
pub use jcw_project::Linkage as Settings;
pub use links::{Cluster, Link, Links, LocalId, MatchClass, Review};
pub use record::{Record, Records};

/// Links the records. The same records, decisions and settings give the same
/// links, in whatever order the records came.
pub fn link(records: &Records, decisions: &Decisions, settings: &Settings) -> Links {
    let mut forest = forest::Forest::new(records);
    let names = names::Names::new(records);
    let mut doubts = Vec::new();
    let n_unmatched_decisions = decide::apply(&mut forest, decisions);
    exact::tie(&mut forest, &names, &mut doubts);
    deterministic::tie(&mut forest, &names);
    assign::tie(&mut forest, &names, settings, &mut doubts);
    Links {
        n_unmatched_decisions,
        ..outcome::outcome(&forest, &doubts)
    }
}
