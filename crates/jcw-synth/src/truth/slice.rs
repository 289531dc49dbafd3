//! A slice is what of a period's children or events a figure is about: all of
//! them, those of one sex, of one age, ... of the area or of one provider.

use crate::world::calendar::{age, month_start};
use crate::world::education::SenProvision;
use crate::world::ehc::Agency;
use crate::world::family::{Child, Sex};
use crate::world::health::{Provider, Service};
use crate::world::need::Need;
use crate::world::place::Area;
use chrono::NaiveDate;

/// A topic and its words, in the order of their numbers.
type Topic = (&'static str, &'static [&'static str]);

/// Every topic; a slice's number is its place among all the words.
const TOPICS: [Topic; 10] = [
    ("Total", &["Total"]),
    ("Sex", &["Female", "Male"]),
    (
        "Age",
        &[
            "Under 5",
            "Age 5 to 10",
            "Age 11 to 15",
            "Age 16 to 19",
            "Age 20 to 25",
            "Unknown",
        ],
    ),
    (
        "Ethnicity",
        &["White", "Mixed", "Asian", "Black", "Other", "Unknown"],
    ),
    (
        "Primary need",
        &[
            "SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "PD", "ASD", "DS",
            "OTH", "Unknown",
        ],
    ),
    (
        "Placement",
        &[
            "mainstream",
            "special",
            "alternative_provision",
            "further_education",
            "elsewhere",
            "early_years",
            "unknown",
        ],
    ),
    (
        "Service",
        &[
            "Community paediatrics",
            "Speech and language therapy",
            "Occupational therapy",
            "Physiotherapy",
            "Neurodiversity",
            "CAMHS",
            "Eating disorders",
        ],
    ),
    (
        "Deprivation",
        &["Unknown", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
    ),
    (
        "Agency",
        &["EP", "SLT", "OT", "PHYSIO", "PAEDS", "CAMHS", "SOCIAL_CARE"],
    ),
    ("SEN provision", &["N", "K", "E"]),
];

/// Words of all topics together.
const WORDS: u8 = 64;

/// Areas after the authority itself.
const PROVIDERS: [Provider; 3] = [Provider::Eput, Provider::Mseft, Provider::Nelft];

/// A number, so that slices can be counted in a row: [`WORDS`] of the area, then
/// as many of each provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slice(u8);

/// Places in [`TOPICS`] at which the words of each topic begin.
const fn first(topic: usize) -> u8 {
    let (mut at, mut words) = (0, 0);
    while at < topic {
        words += TOPICS[at].1.len();
        at += 1;
    }
    words as u8
}

impl Slice {
    pub(super) const TOTAL: Slice = Slice(0);

    pub(super) fn sex(sex: Sex) -> Self {
        Slice(const { first(1) } + u8::from(sex == Sex::Male))
    }

    /// By the age on a day. Outside the vault a child is taken to be born on
    /// the first of the month, and so it is here.
    pub(super) fn age(born: NaiveDate, on: NaiveDate) -> Self {
        let band = match age(month_start(born), on) {
            ..0 => 5,
            0..5 => 0,
            5..11 => 1,
            11..16 => 2,
            16..20 => 3,
            20..26 => 4,
            _ => 5,
        };
        Slice(const { first(2) } + band)
    }

    /// By the main group of DfE's code; Chinese is Asian, as DfE reports it.
    pub(super) fn ethnicity(dfe: &str) -> Self {
        let group = match dfe {
            "REFU" | "NOBT" => 5,
            "CHNE" => 2,
            "OOTH" => 4,
            _ => match dfe.as_bytes().first() {
                Some(b'W') => 0,
                Some(b'M') => 1,
                Some(b'A') => 2,
                Some(b'B') => 3,
                _ => 5,
            },
        };
        Slice(const { first(3) } + group)
    }

    pub(super) fn need(need: Need) -> Self {
        Slice(const { first(4) } + need as u8)
    }

    pub(super) const NEED_UNKNOWN: Slice = Slice(first(4) + 13);

    /// By the word of the placement tables.
    pub(super) fn placement(word: &str) -> Self {
        let known = TOPICS[5].1.iter().position(|known| *known == word);
        Slice(const { first(5) } + known.unwrap_or(6) as u8)
    }

    pub(super) fn service(service: Service) -> Self {
        Slice(const { first(6) } + service as u8)
    }

    /// By how deprived the place is at which the child lives on a day.
    pub(super) fn deprivation(child: &Child, on: NaiveDate) -> Self {
        let area = child.home_on(on).and_then(|home| Area::of(&home.postcode));
        Slice(const { first(7) } + area.map_or(0, Area::decile))
    }

    pub(super) fn agency(agency: Agency) -> Self {
        Slice(const { first(8) } + agency as u8)
    }

    pub(super) fn provision(provision: SenProvision) -> Self {
        Slice(const { first(9) } + provision as u8)
    }

    /// The same of a provider, and not of the area.
    pub(super) fn at(self, provider: Provider) -> Self {
        Slice(self.0 % WORDS + (1 + provider as u8) * WORDS)
    }

    /// The slice of a number.
    pub(super) fn numbered(number: usize) -> Self {
        Slice(number as u8)
    }

    pub(super) fn number(self) -> usize {
        usize::from(self.0)
    }

    fn provider(self) -> Option<Provider> {
        let area = usize::from(self.0 / WORDS);
        PROVIDERS.get(area.checked_sub(1)?).copied()
    }

    /// Code, name and level of the area.
    pub(super) fn area(self) -> (&'static str, &'static str, &'static str) {
        let name = match self.provider() {
            None => return ("E06000033", "Southend-on-Sea", "local_authority"),
            Some(Provider::Eput) => "Essex Partnership University NHS Foundation Trust",
            Some(Provider::Mseft) => "Mid and South Essex NHS Foundation Trust",
            Some(Provider::Nelft) => "NELFT NHS Foundation Trust",
        };
        let code = self.provider().map_or("", Provider::code);
        (code, name, "provider")
    }

    /// Its topic and its word.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        let mut rest = usize::from(self.0 % WORDS);
        for (topic, words) in TOPICS {
            match words.get(rest) {
                Some(word) => return (topic, word),
                None => rest -= words.len(),
            }
        }
        ("", "")
    }
}

/// A child's slices that do not depend on a day, the total first.
pub(super) fn of_child(child: &Child) -> Vec<Slice> {
    let need = child.needs.map(|needs| Slice::need(needs.primary));
    [
        Slice::TOTAL,
        Slice::sex(child.sex),
        Slice::ethnicity(child.ethnicity.dfe),
    ]
    .into_iter()
    .chain(need)
    .collect()
}

/// The same, by age on one day and by the home on another.
pub(super) fn on(child: &Child, event: NaiveDate, home: NaiveDate) -> Vec<Slice> {
    let mut slices = of_child(child);
    slices.push(Slice::age(child.born, event));
    slices.push(Slice::deprivation(child, home));
    slices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::calendar::day;

    #[test]
    fn every_slice_has_the_words_that_it_was_made_for() {
        assert_eq!(
            TOPICS.iter().map(|(_, words)| words.len()).sum::<usize>(),
            64
        );
        for need in Need::ALL {
            assert_eq!(Slice::need(need).words(), ("Primary need", need.code()));
        }
        for service in Service::ALL {
            let slice = Slice::service(service).at(Provider::Nelft);
            assert_eq!(slice.words(), ("Service", service.name()));
            assert_eq!(slice.area().0, "RAT");
        }
        for agency in Agency::ALL {
            assert_eq!(Slice::agency(agency).words(), ("Agency", agency.code()));
        }
        assert_eq!(Slice::sex(Sex::Male).words(), ("Sex", "Male"));
        assert_eq!(Slice::ethnicity("CHNE").words().1, "Asian");
        assert_eq!(Slice::ethnicity("BOTH").words().1, "Black");
        assert_eq!(Slice::placement("special").words().1, "special");
        assert_eq!(
            Slice::provision(SenProvision::Plan).words(),
            ("SEN provision", "E")
        );
        assert_eq!(Slice::TOTAL.at(Provider::Eput).area().0, "R1L");
    }

    #[test]
    fn a_child_is_as_old_as_if_born_on_the_first_of_the_month() {
        let born = day(2019, 5, 20);
        assert_eq!(Slice::age(born, day(2024, 4, 30)).words().1, "Under 5");
        assert_eq!(Slice::age(born, day(2024, 5, 1)).words().1, "Age 5 to 10");
        assert_eq!(Slice::age(born, day(2045, 4, 30)).words().1, "Age 20 to 25");
        assert_eq!(Slice::age(born, day(2045, 5, 1)).words().1, "Unknown");
    }
}
