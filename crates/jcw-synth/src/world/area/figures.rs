//! The figures of the area.

use super::{
    ContractActual, ContractPlan, LocalOfferCount, SURVEY_QUESTIONS, ServiceFinance, SurveyAnswer,
};
use crate::world::World;
use crate::world::calendar::{day, financial_year, month_number, months};
use crate::world::chance::{Chance, Purpose};
use crate::world::family::Child;
use crate::world::health::{Provider, Service};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;

/// Pages of the Local Offer, with views a month for each 10,000 children.
const PAGES: [(&str, f64); 8] = [
    ("/local-offer", 420.0),
    ("/ehc-needs-assessment", 210.0),
    ("/sendiass", 95.0),
    ("/short-breaks", 130.0),
    ("/therapies", 160.0),
    ("/autism-and-adhd", 340.0),
    ("/preparing-for-adulthood", 60.0),
    ("/annual-reviews", 45.0),
];

/// Attended contacts a month that the contract expects for each 10,000
/// children, and the price of one.
fn expected(service: Service) -> (f64, u32) {
    match service {
        Service::Paediatrics => (40.0, 285),
        Service::SpeechLanguage => (130.0, 118),
        Service::OccupationalTherapy => (45.0, 124),
        Service::Physiotherapy => (50.0, 110),
        Service::Neurodiversity => (40.0, 240),
        Service::Camhs => (120.0, 165),
        Service::EatingDisorders => (15.0, 210),
    }
}

impl World {
    fn area_chance(&self, what: u64, month: NaiveDate) -> Chance {
        let number = what * 100_000 + month_number(month) as u64;
        Chance::new(self.seed, number, Purpose::Area)
    }

    /// Children in the area at a time, roughly: 25 cohorts of those that the
    /// world has.
    fn tens_of_thousands(&self) -> f64 {
        let cohorts = 25 + self.years.end() - self.years.start() + 1;
        self.children as f64 * 25.0 / f64::from(cohorts) / 10_000.0
    }

    /// Months of the simulated years.
    pub fn months(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        months(self.first_day(), day(*self.years.end(), 12, 1))
    }

    /// Visits to the Local Offer, by month and page.
    pub fn local_offer_counts(&self) -> impl Iterator<Item = LocalOfferCount> + '_ {
        self.months().flat_map(move |month| {
            PAGES
                .into_iter()
                .zip(1u64..)
                .map(move |((page, rate), number)| {
                    let mut chance = self.area_chance(number, month);
                    let season = match month.month() {
                        8 | 12 => 0.6,
                        9 | 1 => 1.3,
                        _ => 1.0,
                    };
                    let views = rate * self.tens_of_thousands() * season;
                    let views = (views * (0.8 + 0.4 * chance.unit())) as u32;
                    LocalOfferCount {
                        month,
                        page,
                        views,
                        visitors: (f64::from(views) * (0.5 + 0.2 * chance.unit())) as u32,
                    }
                })
        })
    }

    /// What contracts expect, by month, provider and service.
    pub fn contract_plans(&self) -> impl Iterator<Item = ContractPlan> + '_ {
        self.months().flat_map(move |month| {
            Service::ALL.into_iter().map(move |service| {
                let (rate, price_pounds) = expected(service);
                ContractPlan {
                    month,
                    provider: service.provider_on(month),
                    service,
                    contacts: (rate * self.tens_of_thousands()).round() as u32,
                    price_pounds,
                }
            })
        })
    }

    /// Money by financial year, provider and service: years that lie in the
    /// simulated ones at least in part.
    pub fn service_finance(&self) -> impl Iterator<Item = ServiceFinance> + '_ {
        let first = financial_year(self.first_day());
        (first..=*self.years.end()).flat_map(move |year| {
            Service::ALL
                .into_iter()
                .zip(50u64..)
                .map(move |(service, number)| {
                    let mut chance = self.area_chance(number, day(year, 4, 1));
                    let (rate, price) = expected(service);
                    let budget = rate * self.tens_of_thousands() * 12.0 * f64::from(price);
                    let spent = budget * (0.9 + 0.2 * chance.unit());
                    ServiceFinance {
                        financial_year: year,
                        provider: service.provider_on(day(year + 1, 3, 31)),
                        service,
                        budget_pounds: budget as u32,
                        forecast_pounds: (spent * (0.97 + 0.06 * chance.unit())) as u32,
                        spent_pounds: spent as u32,
                        staff_tenths: (budget / 5_200.0) as u32,
                    }
                })
        })
    }

    /// Answers of parents and carers, by wave: one wave each October.
    pub fn survey_answers(&self) -> impl Iterator<Item = SurveyAnswer> + '_ {
        self.years().flat_map(move |year| {
            let wave = day(year, 10, 31);
            let respondents = (self.tens_of_thousands() * 55.0).ceil().max(5.0) as u32;
            (1..=respondents).flat_map(move |respondent| self.answers(wave, respondent))
        })
    }

    fn answers(&self, wave: NaiveDate, respondent: u32) -> Vec<SurveyAnswer> {
        let number = u64::from(respondent) * 1_000 + 900;
        let mut chance = self.area_chance(number, wave);
        let age_band = chance.pick(&["0-4", "5-10", "5-10", "11-15", "11-15", "16-25"]);
        let has_plan = chance.happens(0.55);
        let content = chance.unit();
        let speaker = match age_band == "16-25" && chance.happens(0.4) {
            true => "young_person",
            false => "parent",
        };
        let wave_number = u64::from(wave.year().unsigned_abs() % 100);
        SURVEY_QUESTIONS
            .into_iter()
            .map(|question| {
                let drawn = 5.0 * (0.5 * content + 0.5 * chance.unit());
                let about_plan = matches!(question, "plan_right" | "provision_received");
                let answer = match about_plan && !has_plan {
                    true => 0,
                    false => 1 + drawn.min(4.99) as u8,
                };
                SurveyAnswer {
                    wave,
                    response: u64::from(respondent) * 100 + wave_number,
                    respondent: speaker,
                    question,
                    answer: (!chance.happens(0.04)).then_some(answer),
                    age_band,
                    has_plan,
                }
            })
            .collect()
    }
}

/// What providers delivered, counted while families go by.
///
/// ```
/// # use jcw_synth::world::{World, area::Delivered};
/// let world = World::new(50, 1, 2024..=2024)?;
/// let mut delivered = Delivered::default();
/// for family in world.families() {
///     family.children.iter().for_each(|child| delivered.add(child));
/// }
/// assert_eq!(delivered.actuals(&world).count(), 12 * 7);
/// # Ok::<(), jcw_synth::world::WorldError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Delivered {
    contacts: BTreeMap<(i32, Provider, Service), u32>,
}

impl Delivered {
    /// Counts a child's attended contacts, proxies included: a contract pays
    /// for both.
    pub fn add(&mut self, child: &Child) {
        for referral in &child.referrals {
            for contact in &referral.contacts {
                if contact.attendance.is_attended() {
                    let provider = referral.service.provider_on(contact.on);
                    let key = (month_number(contact.on), provider, referral.service);
                    *self.contacts.entry(key).or_default() += 1;
                }
            }
        }
    }

    /// Attended contacts of a service in a month.
    #[must_use]
    pub fn contacts(&self, month: NaiveDate, service: Service) -> u32 {
        let key = (month_number(month), service.provider_on(month), service);
        self.contacts.get(&key).copied().unwrap_or(0)
    }

    /// A line for every line of the plan.
    pub fn actuals(&self, world: &World) -> impl Iterator<Item = ContractActual> {
        world.contract_plans().map(|plan| ContractActual {
            month: plan.month,
            provider: plan.provider,
            service: plan.service,
            contacts: self.contacts(plan.month, plan.service),
            price_pounds: plan.price_pounds,
        })
    }
}
