//! A record is what one row of one partner says of a person. Records are kept
//! normalised and packed, so that millions of them fit into little memory:
//! names are interned, numbers and postcodes are a machine word each.

use super::normalise;
use super::texts::Texts;
pub(crate) use super::texts::Word;
use chrono::{Datelike, NaiveDate};
use std::collections::HashSet;
use std::sync::Arc;

/// What one row says of its person, as it stands in the vault. Blank is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Record<'a> {
    /// The pseudonym of all that the row says of the person.
    pub person_ref: &'a str,
    /// The table: `council.ehcna_case`.
    pub source: &'a str,
    /// Who counts the local ids: those of one scope differ from child to
    /// child. `council`, `eput`.
    pub scope: &'a str,
    /// The partner's own number for the person; where a partner has several
    /// systems, with the system's name and a colon before it.
    pub local_id: Option<&'a str>,
    /// NHS number, traced or not.
    pub nhs_number: Option<&'a str>,
    /// NHS number status indicator; `01` is verified.
    pub nhs_number_status: Option<&'a str>,
    /// Unique pupil number, permanent or temporary.
    pub upn: Option<&'a str>,
    /// Unique learner number.
    pub uln: Option<&'a str>,
    /// Family name.
    pub surname: Option<&'a str>,
    /// Given names.
    pub forename: Option<&'a str>,
    /// Both in one, given names first or `SURNAME, Forename`.
    pub full_name: Option<&'a str>,
    /// Date of birth.
    pub birth_date: Option<NaiveDate>,
    /// Sex in any of the partners' codes: M, F, 1, 2.
    pub sex: Option<&'a str>,
    /// Home postcode.
    pub postcode: Option<&'a str>,
}

/// A record, packed. Zero is none in every field.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Packed {
    pub(crate) person_ref: Word,
    pub(crate) source: u16,
    pub(crate) scope: u16,
    /// Which of a partner's systems counts the local id: what stands before the
    /// last colon of it, `R1L:SystmOne:9993115`.
    pub(crate) system: u16,
    pub(crate) local_id: Word,
    pub(crate) nhs_number: u64,
    pub(crate) is_verified: bool,
    pub(crate) upn: u64,
    pub(crate) is_temporary_upn: bool,
    pub(crate) uln: u64,
    pub(crate) surname: Word,
    pub(crate) forename: Word,
    /// Days from the common era; 0 is none.
    pub(crate) birth_date: i32,
    /// 1 male, 2 female.
    pub(crate) sex: u8,
    pub(crate) postcode: u64,
}

/// All records that are to be linked, each once.
#[derive(Debug, Default)]
pub struct Records {
    texts: Texts,
    sources: Vec<Arc<str>>,
    pub(crate) rows: Vec<Packed>,
    seen: HashSet<(Word, u16)>,
}

impl Records {
    /// None yet.
    pub fn new() -> Self {
        Records::default()
    }

    /// Adds a record; the same person_ref of the same table counts once. What
    /// is no valid identifier, or one kept for tests, is passed over, so that
    /// nobody is tied by it.
    pub fn add(&mut self, record: &Record<'_>) {
        let person_ref = self.word(record.person_ref);
        let source = self.source(record.source);
        if !self.seen.insert((person_ref, source)) {
            return;
        }
        let scope = self.source(record.scope);
        let local_id = filled(record.local_id).map_or(0, |text| self.word(text));
        let system = filled(record.local_id).and_then(|text| text.rsplit_once(':'));
        let system = self.source(system.map_or("", |(system, _)| system));
        let nhs_number = filled(record.nhs_number).and_then(normalise::nhs_number);
        let upn = filled(record.upn).and_then(normalise::upn);
        let uln = filled(record.uln).and_then(normalise::uln);
        let (surname, forename) = normalise::names(
            filled(record.surname),
            filled(record.forename),
            filled(record.full_name),
        );
        let first = forename.split(' ').next().unwrap_or_default();
        self.word(first);
        let packed = Packed {
            person_ref,
            source,
            scope,
            system,
            local_id,
            nhs_number: nhs_number.unwrap_or(0),
            is_verified: nhs_number.is_some()
                && filled(record.nhs_number_status).is_some_and(normalise::is_verified),
            upn: upn.map_or(0, |(upn, _)| upn),
            is_temporary_upn: upn.is_some_and(|(_, is_temporary)| is_temporary),
            uln: uln.unwrap_or(0),
            surname: self.word(&surname),
            forename: self.word(&forename),
            birth_date: record.birth_date.map_or(0, |day| day.num_days_from_ce()),
            sex: filled(record.sex).map_or(0, normalise::sex),
            postcode: filled(record.postcode)
                .and_then(normalise::postcode)
                .unwrap_or(0),
        };
        self.rows.push(packed);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text of a word; empty for none.
    pub(crate) fn text(&self, word: Word) -> &str {
        self.texts.text(word)
    }

    /// The name of a table or scope, which all that name it share.
    pub(crate) fn shared_source_name(&self, source: u16) -> Arc<str> {
        let name = self.sources.get(usize::from(source));
        name.map_or_else(|| "".into(), Arc::clone)
    }

    pub(crate) fn source_name(&self, source: u16) -> &str {
        self.sources
            .get(usize::from(source))
            .map_or("", |text| text)
    }

    /// The numbers of those of these tables that there are records of.
    pub(crate) fn sources_among(&self, tables: &[String]) -> Vec<u16> {
        (0u16..)
            .zip(&self.sources)
            .filter(|(_, name)| tables.iter().any(|table| **table == ***name))
            .map(|(source, _)| source)
            .collect()
    }

    /// The word of a text that is there. Each first given name is.
    pub(crate) fn find(&self, text: &str) -> Option<Word> {
        self.texts.find(text)
    }

    fn word(&mut self, text: &str) -> Word {
        self.texts.put(text)
    }

    fn source(&mut self, name: &str) -> u16 {
        match self.sources.iter().position(|known| **known == *name) {
            Some(place) => place as u16,
            None => {
                self.sources.push(name.into());
                (self.sources.len() - 1) as u16
            }
        }
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
