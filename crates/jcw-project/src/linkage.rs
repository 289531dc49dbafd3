//! Linkage is how sure the warehouse must be that two records are of one person
//! (`linkage:` of `pipelines/identity.yaml`). Every value has a default that
//! suits an area of a few hundred thousand people.

/// Thresholds and blocking rules of the probabilistic step.
#[derive(Debug, Clone, PartialEq)]
pub struct Linkage {
    /// Records are tied when it is at least this likely that they are of one
    /// person, from 0 to 1.
    pub accept: f64,
    /// Pairs at least this likely, and not tied, are listed for a person to
    /// look at.
    pub review: f64,
    /// How far the best candidate must be ahead of the next one that cannot be
    /// the same person, in bits: 3 is eight times as likely.
    pub margin_bits: f64,
    /// Whether records without a name may be tied by date of birth, postcode
    /// and sex when there is one candidate only. Where `false` a person decides
    /// on each: right where a twin may be known to one partner alone.
    pub accept_without_names: bool,
    /// Tables about the same event: who is in one is in the others, and who is
    /// not is not. It decides between twins of whom one partner has no names.
    pub companions: Vec<Vec<String>>,
    /// Records are compared when they agree on all fields of any of these.
    pub blocking: Vec<Vec<BlockingField>>,
    /// Blocks of more records than this are passed over: they say nothing.
    pub largest_block: usize,
    /// Pairs drawn by chance to learn how often strangers agree.
    pub sampled_pairs: usize,
    /// Rounds of expectation and maximisation at most.
    pub rounds: usize,
}

impl Default for Linkage {
    fn default() -> Self {
        use BlockingField::*;
        Linkage {
            accept: 0.99,
            review: 0.2,
            margin_bits: 3.0,
            accept_without_names: true,
            companions: Vec::new(),
            blocking: vec![
                vec![BirthDate, Postcode],
                vec![BirthDate, Surname],
                vec![BirthDate, Forename],
                vec![BirthDate, Sector, Sex],
                vec![Surname, Forename, BirthYear],
                vec![Surname, Forename, Sector],
                vec![Surname, Postcode, Sex],
                vec![Forename, Postcode],
                vec![BirthMonth, Postcode, Sex],
            ],
            largest_block: 500,
            sampled_pairs: 1_000_000,
            rounds: 50,
        }
    }
}

/// What records of one block agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockingField {
    /// The whole family name, without case, accents and signs.
    Surname,
    /// The first given name, likewise.
    Forename,
    /// Day, month and year of birth.
    BirthDate,
    /// Month and year of birth.
    BirthMonth,
    /// Year of birth.
    BirthYear,
    /// Sex.
    Sex,
    /// The whole postcode.
    Postcode,
    /// The postcode without its last two letters.
    Sector,
}

impl BlockingField {
    /// Every field with its word in YAML.
    pub const ALL: [(&'static str, BlockingField); 8] = [
        ("surname", BlockingField::Surname),
        ("forename", BlockingField::Forename),
        ("birth_date", BlockingField::BirthDate),
        ("birth_month", BlockingField::BirthMonth),
        ("birth_year", BlockingField::BirthYear),
        ("sex", BlockingField::Sex),
        ("postcode", BlockingField::Postcode),
        ("sector", BlockingField::Sector),
    ];

    /// The field of this word.
    pub fn of(word: &str) -> Option<BlockingField> {
        (BlockingField::ALL.iter())
            .find(|(name, _)| *name == word)
            .map(|(_, field)| *field)
    }
}
