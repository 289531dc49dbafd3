//! The path of one child through health services: who refers, how long the
//! child waits, what for.
//!
//! Rates of referral follow need; waits are those of the provider's situation
//! reports: community paediatrics and neurodiversity lengthen from 2022 on.

use super::contacts::{Course, attend};
use super::{Diagnosis, Priority, Referral, ReferralReason, ReferralSource, RttClock, Service};
use crate::world::World;
use crate::world::calendar::{after, day};
use crate::world::chance::{Chance, Purpose};
use crate::world::ehc::Provision;
use crate::world::family::{Child, Sex};
use crate::world::need::{Need, Needs};
use chrono::{Datelike, NaiveDate, NaiveTime};

/// Everything of health services that happens to a child.
pub(crate) fn simulate(child: &mut Child, world: &World) {
    let mut chance = child.chance(Purpose::Health);
    let mut referrals = Vec::new();
    for service in Service::ALL {
        let lines = specified(child, service);
        let mut free_from = child.present_from();
        for received in received(child, service, &lines, &mut chance) {
            // Long over before the first day that anybody reports on.
            let forgotten = lines.is_empty() && received < after(world.first_day(), -1_100);
            if received < free_from
                || received > last_of_childhood(child, world)
                || forgotten
                || !child.is_present_on(received)
            {
                continue;
            }
            let number = referrals.len() as u64;
            let referral = refer(child, world, service, received, &lines, number, &mut chance);
            free_from = referral
                .discharged
                .or(referral.rejected)
                .map_or(NaiveDate::MAX, |over| after(over, 30));
            referrals.push(referral);
        }
    }
    referrals.sort_by_key(|referral| (referral.received, referral.id));
    child.referrals = referrals;
}

/// What plans specify of this service, in order of time.
fn specified(child: &Child, service: Service) -> Vec<Provision> {
    let agency = service.agency();
    child
        .plans()
        .flat_map(|plan| &plan.provision)
        .filter(|line| agency.is_some() && line.agency == agency)
        .cloned()
        .collect()
}

/// Days on which a child is referred: before a plan that specifies the service,
/// or at an age at which the service is needed.
fn received(
    child: &Child,
    service: Service,
    lines: &[Provision],
    chance: &mut Chance,
) -> Vec<NaiveDate> {
    if let Some(line) = lines.first() {
        let before = after(line.from, -chance.between(60, 520));
        return vec![before.max(child.present_from()).max(after(child.born, 120))];
    }
    let mut days = Vec::new();
    if chance.happens(expected(child, service)) {
        let (youngest, oldest) = match service {
            Service::Paediatrics => (1.0, 13.0),
            Service::SpeechLanguage => (1.8, 8.0),
            Service::OccupationalTherapy => (3.5, 13.0),
            Service::Physiotherapy => (0.3, 15.0),
            Service::Neurodiversity => (3.0, 17.0),
            Service::Camhs => (6.0, 17.8),
            Service::EatingDisorders => (11.0, 17.8),
        };
        let years = youngest + (oldest - youngest) * (0.5 * chance.unit() + 0.5 * chance.unit());
        let first = after(child.born, (years * 365.25) as i64);
        days.push(first);
        if chance.happens(0.22) {
            days.push(after(first, chance.between(150, 1200)));
        }
    }
    days
}

/// Share of children who are referred to a service at some time.
fn expected(child: &Child, service: Service) -> f64 {
    let Some(needs) = child.needs else {
        return match (service, child.sex) {
            (Service::Paediatrics, _) => 0.14,
            (Service::SpeechLanguage, _) => 0.2,
            (Service::OccupationalTherapy, _) => 0.04,
            (Service::Physiotherapy, _) => 0.12,
            (Service::Neurodiversity, _) => 0.07,
            (Service::Camhs, _) => 0.16,
            (Service::EatingDisorders, Sex::Female) => 0.012,
            (Service::EatingDisorders, Sex::Male) => 0.003,
        };
    };
    let by =
        |wanted: &[Need], yes: f64, no: f64| match wanted.iter().any(|need| needs.include(*need)) {
            true => yes,
            false => no,
        };
    match service {
        Service::Paediatrics => by(
            &[
                Need::Asd,
                Need::Ds,
                Need::Pmld,
                Need::Sld,
                Need::Pd,
                Need::Msi,
            ],
            0.85,
            0.35,
        ),
        Service::SpeechLanguage => by(&[Need::Slcn, Need::Asd, Need::Ds], 0.92, 0.35),
        Service::OccupationalTherapy => by(&[Need::Pd, Need::Asd, Need::Sld], 0.5, 0.15),
        Service::Physiotherapy => by(&[Need::Pd, Need::Pmld, Need::Ds], 0.9, 0.12),
        Service::Neurodiversity => by(&[Need::Asd], 0.9, by(&[Need::Semh], 0.45, 0.18)),
        Service::Camhs => by(&[Need::Semh], 0.8, by(&[Need::Asd], 0.4, 0.2)),
        Service::EatingDisorders => by(&[Need::Asd, Need::Semh], 0.03, 0.01),
    }
}

/// One referral and all that comes of it.
fn refer(
    child: &Child,
    world: &World,
    service: Service,
    received: NaiveDate,
    lines: &[Provision],
    number: u64,
    chance: &mut Chance,
) -> Referral {
    // The mental health provider counts its referrals the other way round, so
    // that one number means two children.
    let id = match service {
        Service::Camhs | Service::EatingDisorders => (world.children + 1 - child.person) * 64,
        _ => child.person * 64,
    } + number;
    let priority = match chance.happens(if service == Service::EatingDisorders {
        0.25
    } else {
        0.07
    }) {
        true => Priority::Urgent,
        false => Priority::Routine,
    };
    let mut referral = Referral {
        id,
        service,
        received,
        received_at: NaiveTime::from_hms_opt(
            chance.between(8, 17) as u32,
            chance.between(0, 59) as u32,
            0,
        )
        .unwrap_or_default(),
        source: source(child, received, chance),
        priority,
        reason: reason(child.needs, service, chance),
        rejected: None,
        discharged: None,
        clock: None,
        contacts: Vec::new(),
        diagnoses: Vec::new(),
        onward: None,
    };
    let turned_down = lines.is_empty()
        && chance.happens(match service {
            Service::Camhs => 0.24,
            Service::Neurodiversity => 0.16,
            Service::EatingDisorders => 0.05,
            _ => 0.07,
        });
    let days = chance.between(3, 24);
    let waits = wait(service, priority, received, chance);
    let until = last_of_childhood(child, world);
    if turned_down {
        referral.rejected = Some(after(received, days)).filter(|on| *on <= until);
        referral.discharged = gone(child, world, referral.rejected);
    } else {
        let course = Course {
            first: after(received, waits),
            until,
            lines,
            from_here: world.first_day(),
        };
        attend(&mut referral, course, chance);
        if referral.discharged.is_none() {
            referral.discharged = gone(child, world, None);
        }
    }
    referral.clock = (service == Service::Paediatrics).then(|| clock(&referral, chance));
    if let Some(first) = referral.first_seen().map(|contact| contact.on) {
        find_out(child, &mut referral, first, until, chance);
    }
    referral
}

/// The last day on which a children's service sees the child in this world.
fn last_of_childhood(child: &Child, world: &World) -> NaiveDate {
    let adult = day(child.born.year() + 19, child.born.month(), child.born.day());
    let left = child
        .left
        .map_or(NaiveDate::MAX, |(left, _)| after(left, -1));
    world.last_day().min(after(adult, -1)).min(left)
}

/// Discharge of whoever moved away or grew up, unless it was over before.
fn gone(child: &Child, world: &World, over: Option<NaiveDate>) -> Option<NaiveDate> {
    let last = last_of_childhood(child, world);
    (over.is_none() && last < world.last_day()).then_some(after(last, 1))
}

/// Days from referral to the first appointment.
fn wait(service: Service, priority: Priority, received: NaiveDate, chance: &mut Chance) -> i64 {
    let strained = received >= day(2021, 10, 1);
    let days = match service {
        Service::Paediatrics if strained => chance.quantile(&[
            (0.0, 8.0),
            (0.2, 70.0),
            (0.5, 150.0),
            (0.8, 275.0),
            (0.97, 372.0),
            (1.0, 450.0),
        ]),
        Service::Paediatrics => {
            chance.quantile(&[(0.0, 5.0), (0.5, 75.0), (0.9, 150.0), (1.0, 300.0)])
        }
        Service::SpeechLanguage => {
            chance.quantile(&[(0.0, 4.0), (0.5, 58.0), (0.9, 130.0), (1.0, 260.0)])
        }
        Service::OccupationalTherapy => {
            chance.quantile(&[(0.0, 7.0), (0.5, 72.0), (0.9, 125.0), (1.0, 330.0)])
        }
        Service::Physiotherapy => {
            chance.quantile(&[(0.0, 2.0), (0.5, 34.0), (0.95, 115.0), (1.0, 190.0)])
        }
        Service::Neurodiversity => chance.quantile(&[
            (0.0, 30.0),
            (0.3, 190.0),
            (0.7, 400.0),
            (0.95, 640.0),
            (1.0, 800.0),
        ]),
        Service::Camhs => chance.quantile(&[(0.0, 1.0), (0.5, 38.0), (0.9, 120.0), (1.0, 300.0)]),
        Service::EatingDisorders if priority == Priority::Urgent => {
            chance.quantile(&[(0.0, 1.0), (0.8, 7.0), (1.0, 21.0)])
        }
        Service::EatingDisorders => chance.quantile(&[(0.0, 3.0), (0.8, 28.0), (1.0, 70.0)]),
    };
    match priority {
        Priority::Urgent if service != Service::EatingDisorders => (days / 4).max(1),
        _ => days.max(1),
    }
}

fn source(child: &Child, received: NaiveDate, chance: &mut Chance) -> ReferralSource {
    let small = received < after(child.born, 5 * 365);
    let weights: [f64; 6] = match small {
        true => [25.0, 15.0, 38.0, 14.0, 6.0, 2.0],
        false => [38.0, 36.0, 4.0, 12.0, 7.0, 3.0],
    };
    match chance.weighted(&weights) {
        0 => ReferralSource::Gp,
        1 => ReferralSource::Education,
        2 => ReferralSource::HealthVisitor,
        3 => ReferralSource::Hospital,
        4 => ReferralSource::Family,
        _ => ReferralSource::SocialCare,
    }
}

fn reason(needs: Option<Needs>, service: Service, chance: &mut Chance) -> ReferralReason {
    let autistic = needs.is_some_and(|needs| needs.include(Need::Asd));
    let first_is_likelier = chance.happens(0.8);
    let (first, second) = match service {
        Service::Paediatrics => (ReferralReason::Development, ReferralReason::Behaviour),
        Service::SpeechLanguage => (ReferralReason::Communication, ReferralReason::Feeding),
        Service::OccupationalTherapy => (ReferralReason::Motor, ReferralReason::Development),
        Service::Physiotherapy => (ReferralReason::Mobility, ReferralReason::Motor),
        Service::Neurodiversity if autistic || chance.happens(0.5) => (
            ReferralReason::SuspectedAutism,
            ReferralReason::SuspectedAdhd,
        ),
        Service::Neurodiversity => (
            ReferralReason::SuspectedAdhd,
            ReferralReason::SuspectedAutism,
        ),
        Service::Camhs => (
            match chance.between(0, 2) {
                0 => ReferralReason::LowMood,
                1 => ReferralReason::SelfHarm,
                _ => ReferralReason::Anxiety,
            },
            ReferralReason::Behaviour,
        ),
        Service::EatingDisorders => (
            ReferralReason::EatingDisorder,
            ReferralReason::EatingDisorder,
        ),
    };
    match first_is_likelier {
        true => first,
        false => second,
    }
}

/// The 18-week clock runs from the referral to the first treatment, which is
/// the first appointment or the next one, or to the day it is known that there
/// will be none.
fn clock(referral: &Referral, chance: &mut Chance) -> RttClock {
    let at_first = chance.happens(0.7);
    let mut seen = referral
        .contacts
        .iter()
        .filter(|contact| contact.is_child_seen())
        .map(|contact| contact.on);
    let first = seen.next();
    let treated = match at_first {
        true => first,
        false => seen.next(),
    };
    RttClock {
        pathway: referral.id,
        start: referral.received,
        end: treated.or(referral.rejected).or(referral.discharged),
    }
}

/// Diagnoses, and referrals to another service.
fn find_out(
    child: &Child,
    referral: &mut Referral,
    first: NaiveDate,
    until: NaiveDate,
    chance: &mut Chance,
) {
    let has = |need| child.needs.is_some_and(|needs| needs.include(need));
    let found = match (referral.service, referral.reason) {
        (Service::Neurodiversity, _) if has(Need::Asd) => Some(("35919005", "F84.0")),
        (Service::Neurodiversity, ReferralReason::SuspectedAdhd) => Some(("406506008", "F90.0")),
        (Service::SpeechLanguage, _) if has(Need::Slcn) => Some(("280032002", "F80.2")),
        (Service::Physiotherapy, _) if has(Need::Pd) => Some(("128188000", "G80.9")),
        (Service::Paediatrics, _) if has(Need::Ds) => Some(("41040004", "Q90.9")),
        (Service::Camhs, ReferralReason::Anxiety) => Some(("197480006", "F41.1")),
        (Service::Camhs, ReferralReason::LowMood) => Some(("35489007", "F32.9")),
        (Service::EatingDisorders, _) => Some(("72366004", "F50.9")),
        _ => None,
    };
    let last = referral.discharged.map_or(until, |end| end.min(until));
    let on = after(first, chance.between(0, 120));
    if let Some((snomed, icd10)) = found.filter(|_| on <= last && chance.happens(0.6)) {
        referral.diagnoses.push(Diagnosis { on, snomed, icd10 });
        if chance.happens(0.2) {
            referral.diagnoses.push(Diagnosis {
                on,
                snomed: "228156007",
                icd10: "F81.9",
            });
        }
    }
    let sent_on = after(first, chance.between(0, 60));
    if sent_on <= last && chance.happens(0.06) {
        let to = match referral.service {
            Service::Paediatrics => Service::Neurodiversity,
            Service::Neurodiversity => Service::Camhs,
            _ => Service::Paediatrics,
        };
        referral.onward = Some((sent_on, to));
    }
}
