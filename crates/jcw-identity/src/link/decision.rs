//! A decision is what a person says of two records: the same person, or not. It
//! stands above every rule, in both directions; a later one about the same two
//! takes the place of an earlier one, so that every decision can be taken back.

use super::record::Record;

/// Which record is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mention {
    /// One record, by its pseudonym.
    PersonRef(Box<str>),
    /// All records with a partner's number: `council:C1000001`. Stands when the
    /// key is changed, and when more is said of the person.
    LocalId {
        /// Who counts it.
        scope: Box<str>,
        /// The number as the vault has it.
        local_id: Box<str>,
    },
    /// One record that has a partner's number: `kx3...@council:C1000001`. Once
    /// more is said of the person the pseudonym is another, and the number is
    /// what the record is known by.
    Record {
        /// Its pseudonym when it was decided.
        person_ref: Box<str>,
        /// Who counts the number.
        scope: Box<str>,
        /// The number as the vault has it.
        local_id: Box<str>,
    },
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Of one person.
    Same,
    /// Of two people.
    Different,
}

/// What a person said of two records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// One record.
    pub a: Mention,
    /// The other.
    pub b: Mention,
    /// What they are to each other.
    pub verdict: Verdict,
    /// Who says so.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Why.
    pub why: String,
}

/// All decisions, in the order in which they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// The latest last.
    pub all: Vec<Decision>,
}

/// Why a text is no list of decisions.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// Not a CSV.
    #[error("the decisions cannot be read: {0}")]
    Csv(#[from] csv::Error),
    /// A line that says neither.
    #[error("decision {line} says neither `same` nor `different`")]
    Verdict {
        /// 1 is the first below the header.
        line: usize,
    },
}

impl Mention {
    /// Reads `council:C1000001`, a person_ref where there is no colon, or both
    /// with `@` between.
    pub fn read(text: &str) -> Mention {
        let Some((scope, local_id)) = text.trim().split_once(':') else {
            return Mention::PersonRef(text.trim().into());
        };
        match scope.split_once('@') {
            Some((person_ref, scope)) => Mention::Record {
                person_ref: person_ref.into(),
                scope: scope.into(),
                local_id: local_id.into(),
            },
            None => Mention::LocalId {
                scope: scope.into(),
                local_id: local_id.into(),
            },
        }
    }

    /// The pseudonym of the record, where one is meant.
    pub fn person_ref(&self) -> Option<&str> {
        match self {
            Mention::PersonRef(person_ref) | Mention::Record { person_ref, .. } => Some(person_ref),
            Mention::LocalId { .. } => None,
        }
    }

    /// Who counts the partner's number, and the number, where one is named.
    pub fn number(&self) -> Option<(&str, &str)> {
        match self {
            Mention::LocalId { scope, local_id }
            | Mention::Record {
                scope, local_id, ..
            } => Some((scope, local_id)),
            Mention::PersonRef(_) => None,
        }
    }

    /// The same, if the record is meant, with its number beside the pseudonym;
    /// none if another is meant.
    pub fn found_in(&self, record: &Record<'_>) -> Option<Mention> {
        let number = (record.local_id.map(str::trim)).filter(|number| !number.is_empty());
        if let Some(person_ref) = self.person_ref() {
            let with_number = |local_id: &str| Mention::Record {
                person_ref: person_ref.into(),
                scope: record.scope.into(),
                local_id: local_id.into(),
            };
            let known = || number.map_or_else(|| self.clone(), with_number);
            return (person_ref == record.person_ref).then(known);
        }
        let is_meant = self.number() == number.map(|number| (record.scope, number));
        is_meant.then(|| self.clone())
    }
}

impl std::fmt::Display for Mention {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Mention::PersonRef(person_ref) => to.write_str(person_ref),
            Mention::LocalId { scope, local_id } => write!(to, "{scope}:{local_id}"),
            Mention::Record {
                person_ref,
                scope,
                local_id,
            } => write!(to, "{person_ref}@{scope}:{local_id}"),
        }
    }
}

impl Verdict {
    /// `same` or `different`.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Same => "same",
            Verdict::Different => "different",
        }
    }

    /// The verdict of this word.
    pub fn of(word: &str) -> Option<Verdict> {
        [Verdict::Same, Verdict::Different]
            .into_iter()
            .find(|verdict| verdict.word() == word)
    }
}

const COLUMNS: [&str; 6] = ["a", "b", "verdict", "by", "at", "why"];

impl Decisions {
    /// Reads what [`Decisions::write`] wrote.
    pub fn read(text: &str) -> Result<Decisions, DecisionError> {
        let mut all = Vec::new();
        for (place, row) in csv::Reader::from_reader(text.as_bytes())
            .records()
            .enumerate()
        {
            let row = row?;
            let cell = |place: usize| row.get(place).unwrap_or_default();
            all.push(Decision {
                a: Mention::read(cell(0)),
                b: Mention::read(cell(1)),
                verdict: Verdict::of(cell(2)).ok_or(DecisionError::Verdict { line: place + 1 })?,
                by: cell(3).to_owned(),
                at: cell(4).to_owned(),
                why: cell(5).to_owned(),
            });
        }
        Ok(Decisions { all })
    }

    /// As a CSV. It may hold partners' numbers of people: it stays in the vault.
    pub fn write(&self) -> Result<String, DecisionError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS)?;
        for one in &self.all {
            let (a, b) = (one.a.to_string(), one.b.to_string());
            writer.write_record([&a, &b, one.verdict.word(), &one.by, &one.at, &one.why])?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The same decisions under other pseudonyms, once the key has changed.
    pub fn renamed(&self, new: impl Fn(&str) -> Option<String>) -> Decisions {
        let rename = |mention: &Mention| {
            let mut renamed = mention.clone();
            if let Mention::PersonRef(name)
            | Mention::Record {
                person_ref: name, ..
            } = &mut renamed
                && let Some(new) = new(name)
            {
                *name = new.into();
            }
            renamed
        };
        let all = (self.all.iter())
            .map(|one| Decision {
                a: rename(&one.a),
                b: rename(&one.b),
                ..one.clone()
            })
            .collect();
        Decisions { all }
    }
}
