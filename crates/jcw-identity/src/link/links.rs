//! Links are what linkage says: which records are of one person, why, and which
//! pairs a person should look at.

use std::sync::Arc;

/// Why a record is tied to the others of its person. The strongest that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchClass {
    /// A person said so.
    Decided,
    /// The same verified NHS number.
    NhsNumber,
    /// The same UPN, ULN, untraced NHS number or local id, and nothing else
    /// against it.
    Carried,
    /// The same names and date of birth, and postcode or sex.
    Deterministic,
    /// Likely enough by all that they say.
    Probabilistic,
    /// To nobody's.
    Alone,
}

impl MatchClass {
    /// All, the strongest first.
    pub const ALL: [MatchClass; 6] = [
        MatchClass::Decided,
        MatchClass::NhsNumber,
        MatchClass::Carried,
        MatchClass::Deterministic,
        MatchClass::Probabilistic,
        MatchClass::Alone,
    ];

    /// As `identity.person` has it.
    pub fn word(self) -> &'static str {
        match self {
            MatchClass::Decided => "decided",
            MatchClass::NhsNumber => "nhs_number",
            MatchClass::Carried => "carried",
            MatchClass::Deterministic => "deterministic",
            MatchClass::Probabilistic => "probabilistic",
            MatchClass::Alone => "alone",
        }
    }
}

/// One record's place.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Which record.
    pub person_ref: Box<str>,
    /// The table that it is of.
    pub source: Arc<str>,
    /// Place in [`Links::clusters`].
    pub cluster: u32,
    /// How it is tied to another partner's records where it is, else to its own
    /// partner's.
    pub class: MatchClass,
    /// How likely in bits (log2 of the odds) a probabilistic tie is.
    pub weight: Option<f64>,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// What the person key is made from: the best identifier the person has,
    /// with its kind in front (`nhs\x1f...`), and no other cluster has it.
    /// A raw identifier: it goes through the key and nowhere else.
    pub anchor: Box<str>,
    /// Any record carries a traced NHS number.
    pub has_verified_nhs_number: bool,
    /// How many records.
    pub records: u32,
}

/// A partner's number of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalId {
    /// Who counts it.
    pub scope: Box<str>,
    /// The number as the vault has it.
    pub local_id: Box<str>,
    /// Whose it is; of several, the one with most records.
    pub cluster: u32,
    /// The partner gave it to more than one person.
    pub is_reused: bool,
}

/// Two records that may be of one person, for somebody to decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// One record.
    pub a: Box<str>,
    /// The other.
    pub b: Box<str>,
    /// Table of the first.
    pub a_source: Box<str>,
    /// Table of the other.
    pub b_source: Box<str>,
    /// How likely, from 0 to 1; none where it was not weighed.
    pub probability: Option<f64>,
    /// Why it was left open.
    pub reason: &'static str,
}

/// What linkage says, the same for the same records in whatever order.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// By person_ref, then table.
    pub links: Vec<Link>,
    /// People.
    pub clusters: Vec<Cluster>,
    /// By scope, then number.
    pub local_ids: Vec<LocalId>,
    /// Most likely first.
    pub reviews: Vec<Review>,
    /// Decisions that speak of a record that is not there, and so do nothing.
    pub n_unmatched_decisions: usize,
}
