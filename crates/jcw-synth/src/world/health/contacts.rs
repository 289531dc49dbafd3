//! The course of a referral: appointments kept, missed and cancelled, until
//! the child is discharged.

use super::{Activity, Attended, Contact, Referral, Service};
use crate::world::calendar::{after, working_day};
use crate::world::chance::Chance;
use crate::world::ehc::Provision;
use chrono::{NaiveDate, NaiveTime};

/// Most appointments that one referral can have.
const MOST: u64 = 500;

/// When appointments may be, and what a plan says of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course<'a> {
    /// First appointment offered.
    pub(super) first: NaiveDate,
    /// Last day on which there can be one.
    pub(super) until: NaiveDate,
    /// What a plan specifies of the service, if anything.
    pub(super) lines: &'a [Provision],
    /// Appointments before this day are not told, but for the first at which
    /// the child was seen: nobody reports them.
    pub(super) from_here: NaiveDate,
}

/// Fills in appointments and the discharge.
pub(super) fn attend(referral: &mut Referral, course: Course<'_>, chance: &mut Chance) {
    let planned = course.lines.last().map(|line| line.until);
    let mut left = sessions(referral.service, chance);
    let mut seen = false;
    let mut missed_in_a_row = 0;
    let mut on = working_day(course.first);
    let mut last = referral.received;
    for number in 0..MOST {
        if on > course.until {
            return;
        }
        let contact = contact(referral, number, on, !seen, chance);
        let attended = contact.attendance.is_attended();
        missed_in_a_row = match contact.attendance.is_missed() {
            true => missed_in_a_row + 1,
            false => 0,
        };
        let first_seen = contact.is_child_seen() && !seen;
        seen |= contact.is_child_seen();
        last = on;
        if on >= course.from_here || first_seen {
            referral.contacts.push(contact);
        }
        left -= i64::from(attended);
        let over = match planned {
            // As long as the plan lasts; a line without an end has not ended.
            Some(until) => until.is_some_and(|until| on >= until),
            None => left <= 0 || missed_in_a_row >= 3,
        };
        if over {
            break;
        }
        on = working_day(after(
            on,
            interval(referral.service, on, course.lines, attended, chance),
        ));
    }
    let discharged = after(last, chance.between(0, 70));
    referral.discharged = (discharged <= course.until).then_some(discharged);
}

/// Appointments that a course has, where no plan says how many.
fn sessions(service: Service, chance: &mut Chance) -> i64 {
    match service {
        Service::Paediatrics => chance.between(1, 4),
        Service::SpeechLanguage => chance.between(2, 11),
        Service::OccupationalTherapy => chance.between(2, 7),
        Service::Physiotherapy => chance.between(1, 7),
        Service::Neurodiversity => chance.between(2, 5),
        Service::Camhs => chance.between(1, 14),
        Service::EatingDisorders => chance.between(6, 26),
    }
}

/// Days to the next appointment.
fn interval(
    service: Service,
    on: NaiveDate,
    lines: &[Provision],
    attended: bool,
    chance: &mut Chance,
) -> i64 {
    if !attended {
        return chance.between(12, 40);
    }
    let line = lines
        .iter()
        .filter(|line| line.from <= on)
        .max_by_key(|line| line.from)
        .or(lines.first());
    if let Some(line) = line {
        // Somewhat fewer than the plan specifies are offered.
        let apart = 365.0 / 3.0 / f64::from(line.contacts_per_term.max(1));
        return ((apart * (0.9 + 0.5 * chance.unit())) as i64).max(3);
    }
    match service {
        Service::Paediatrics => chance.between(80, 200),
        Service::SpeechLanguage => chance.between(7, 28),
        Service::OccupationalTherapy => chance.between(14, 45),
        Service::Physiotherapy => chance.between(14, 42),
        Service::Neurodiversity => chance.between(20, 90),
        Service::Camhs => chance.between(7, 24),
        Service::EatingDisorders => chance.between(6, 10),
    }
}

fn contact(
    referral: &Referral,
    number: u64,
    on: NaiveDate,
    first: bool,
    chance: &mut Chance,
) -> Contact {
    let id = referral.id * MOST + number;
    let attendance = match chance.weighted(&[5.0, 6.5, 3.2, 82.3, 2.4, 0.6]) {
        0 => Attended::CancelledByPatient,
        1 => Attended::DidNotAttend,
        2 => Attended::CancelledByProvider,
        3 => Attended::Seen,
        4 => Attended::LateButSeen,
        _ => Attended::LateNotSeen,
    };
    let (mechanism, location) = match chance.weighted(&[46.0, 24.0, 12.0, 8.0, 10.0]) {
        0 => ("01", "B01"),
        1 => ("01", "L01"),
        2 => ("01", "A01"),
        3 => ("11", "A01"),
        _ => ("02", "A01"),
    };
    let proxy = chance.happens(0.06);
    let minutes = [20, 30, 30, 45, 45, 60, 90][chance.between(0, 6) as usize];
    let cancelled = attendance
        .is_cancelled()
        .then(|| after(on, -chance.between(0, 14)).max(referral.received));
    let mut activities = Vec::new();
    if attendance.is_attended() {
        let kinds: &[&'static str] = match first {
            true => &["02"],
            false => &["03", "03", "04", "02", "06"],
        };
        activities.push(Activity {
            id: id * 4,
            kind: chance.pick(kinds),
            minutes,
        });
        if chance.happens(0.25) {
            activities.push(Activity {
                id: id * 4 + 1,
                kind: "04",
                minutes: 10,
            });
        }
    }
    let quarter = chance.between(0, 3) as u32 * 15;
    Contact {
        id,
        on,
        at: NaiveTime::from_hms_opt(chance.between(9, 16) as u32, quarter, 0).unwrap_or_default(),
        attendance,
        proxy,
        first,
        mechanism,
        location,
        group: !first && chance.happens(0.08),
        minutes: match attendance.is_attended() {
            true => minutes,
            false => 0,
        },
        cancelled,
        activities,
        staff: chance.between(1, 90) as u16,
    }
}
