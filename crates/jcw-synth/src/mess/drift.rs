//! Drift is what one system of records has otherwise than another about the same
//! child: a nickname, a misspelt or former name, the address before the last
//! move, a wrong day of birth, no NHS number. No rule is broken by it and no row
//! is kept back; it is what linkage has to bear.
//!
//! A system has a child the same way in all of its rows. No figure of a single
//! partner moves: the month of birth stays wherever ages are counted, and a
//! former address lies in the same small area.

use super::{Context, Mess, broken_rules, hash, mixed};
use crate::world::family::Child;
use crate::world::place;
use crate::writer::record::Record;
use chrono::{Datelike, NaiveDate};

/// Systems of records by the tables that come from them.
const SYSTEMS: [(&str, &str); 10] = [
    ("council.sen2", "casework"),
    ("council.ehcna", "casework"),
    ("council.annual", "casework"),
    ("council.cwd", "social care"),
    ("council.", "schools"),
    ("eput.advice", "advice tracker"),
    ("eput.", "EPUT"),
    ("nelft.", "NELFT"),
    ("commissioner.dco", "advice tracker"),
    ("commissioner.", "board"),
];

/// Systems whose dates of birth no age is counted from.
const WITHOUT_AGES: [&str; 2] = ["board", "advice tracker"];

/// Names as they are called, and as some system has them.
const NICKNAMES: [(&str, &str); 32] = [
    ("Amelia", "Millie"),
    ("Olivia", "Liv"),
    ("Florence", "Flo"),
    ("Evie", "Eve"),
    ("Elsie", "Elizabeth"),
    ("Rosie", "Rose"),
    ("Penelope", "Penny"),
    ("Harriet", "Hattie"),
    ("Matilda", "Tilly"),
    ("Zofia", "Sophie"),
    ("Oliwia", "Olivia"),
    ("Zoë", "Zoe"),
    ("Chloé", "Chloe"),
    ("Siân", "Sian"),
    ("Renée", "Renee"),
    ("Freddie", "Frederick"),
    ("Theo", "Theodore"),
    ("Archie", "Archibald"),
    ("Alfie", "Alfred"),
    ("Charlie", "Charles"),
    ("Teddy", "Edward"),
    ("Jack", "John"),
    ("Samuel", "Sam"),
    ("Joshua", "Josh"),
    ("Elijah", "Eli"),
    ("Stanley", "Stan"),
    ("Muhammad", "Mohammed"),
    ("Yusuf", "Yousef"),
    ("Jakub", "Jacob"),
    ("Łukasz", "Lukasz"),
    ("José", "Jose"),
    ("Seán", "Sean"),
];

/// How much oftener each sort of drift is than a spoilt row.
const FORENAME: f64 = 3.0;
const SURNAME: f64 = 2.0;
const BIRTH: f64 = 1.0;
const HOME: f64 = 3.0;
const NUMBER: f64 = 1.5;

impl Mess {
    /// Lets the records of a child drift, those of each system alike.
    pub(crate) fn drift(&self, child: &Child, records: &mut [Record], context: &Context) {
        if self.rate == 0.0 {
            return;
        }
        for record in records {
            let table = record.table.name;
            let is_about = self.about_persons.contains(&table);
            let system = (SYSTEMS.iter()).find(|(start, _)| table.starts_with(start));
            let Some((_, system)) = system.filter(|_| is_about) else {
                continue;
            };
            let before = record.clone();
            self.drift_one(child, record, system);
            // A rule broken would be a fault that nobody planted.
            let breaks = |record: &Record| broken_rules(record, context).len();
            if *record != before && breaks(record) > breaks(&before) {
                *record = before;
            }
        }
    }

    fn drift_one(&self, child: &Child, record: &mut Record, system: &str) {
        let bits = mixed(self.seed ^ mixed(child.person ^ hash(system)));
        let happens = |what: &str, often: f64| {
            let drawn = mixed(bits ^ hash(what));
            ((drawn >> 11) as f64 / (1u64 << 53) as f64) < self.rate * often
        };
        if happens("forename", FORENAME) {
            let other = other_forename(child.forename, bits);
            for column in ["forename", "given_name", "child_name"] {
                replace(record, column, child.forename, &other);
            }
        }
        if happens("surname", SURNAME) {
            let other = other_surname(&child.surname, bits);
            for column in ["surname", "family_name", "child_name"] {
                replace(record, column, &child.surname, &other);
            }
        }
        if happens("birth", BIRTH) {
            let other = other_birth(child.born, bits, WITHOUT_AGES.contains(&system));
            for column in ["date_of_birth", "person_birth_date"] {
                replace(record, column, &child.born.to_string(), &other.to_string());
            }
        }
        if happens("home", HOME) {
            let postcode = record.get("postcode").to_owned();
            replace(
                record,
                "postcode",
                &postcode,
                &place::nearby(&postcode, bits),
            );
        }
        if happens("number", NUMBER) && !record.get("nhs_number").is_empty() {
            record.set("nhs_number", "");
            if !record.get("nhs_number_status").is_empty() {
                record.set("nhs_number_status", "07");
            }
        }
    }
}

/// Puts another text where this one stands in a column that the table has.
fn replace(record: &mut Record, column: &str, text: &str, other: &str) {
    let cell = record.get(column);
    if !text.is_empty() && cell.contains(text) {
        let changed = cell.replacen(text, other, 1);
        record.set(column, &changed);
    }
}

fn other_forename(forename: &str, bits: u64) -> String {
    let known = NICKNAMES.iter().find(|(name, _)| *name == forename);
    match known.filter(|_| !bits.is_multiple_of(4)) {
        Some((_, nickname)) => (*nickname).to_owned(),
        None => misspelt(forename, bits),
    }
}

/// Misspelt, one half of two, or what the family was called before.
fn other_surname(surname: &str, bits: u64) -> String {
    let half = surname.rsplit(['-', ' ', '\'']).next().unwrap_or(surname);
    match bits % 5 {
        0 | 1 if half != surname => half.to_owned(),
        0 => crate::world::former_surname(bits),
        _ => misspelt(surname, bits),
    }
}

/// Two neighbouring letters changed about, or one left out; never the first.
fn misspelt(name: &str, bits: u64) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let inner = letters.len().saturating_sub(2);
    if inner == 0 {
        return name.to_owned();
    }
    let at = 1 + (bits >> 16) as usize % inner;
    match bits.is_multiple_of(2) && letters[at] != letters[at + 1] {
        true => letters.swap(at, at + 1),
        false => {
            letters.remove(at);
        }
    }
    letters.into_iter().collect()
}

/// Day and month changed about where nothing depends on the month and that is a
/// day; else another day of the same month. Earlier, so that nobody is born
/// after something happened to them.
fn other_birth(born: NaiveDate, bits: u64, may_swap: bool) -> NaiveDate {
    let swapped = NaiveDate::from_ymd_opt(born.year(), born.day(), born.month());
    let earlier = swapped.filter(|swapped| may_swap && *swapped < born);
    earlier.unwrap_or_else(|| {
        let day = 1 + (bits >> 8) as u32 % born.day();
        born.with_day(day).unwrap_or(born)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::place::Area;

    #[test]
    fn a_former_address_is_as_deprived_and_a_wrong_birthday_in_the_same_month() {
        let born = NaiveDate::from_ymd_opt(2015, 5, 20).unwrap();
        for bits in (0..500).map(mixed) {
            let nearby = place::nearby("SS1 2AB", bits);
            assert_eq!(Area::of(&nearby), Area::of("SS1 2AB"), "{nearby}");
            let other = other_birth(born, bits, true);
            assert!(other <= born && other.month() == born.month());
        }
        let swapped = other_birth(NaiveDate::from_ymd_opt(2015, 9, 4).unwrap(), 1, true);
        assert_eq!(swapped, NaiveDate::from_ymd_opt(2015, 4, 9).unwrap());
    }

    #[test]
    fn a_name_is_spelt_otherwise_and_begins_alike() {
        for bits in (0..200).map(mixed) {
            let other = misspelt("Thornwick", bits);
            assert!(other != "Thornwick" && other.starts_with('T'), "{other}");
        }
    }
}
