//! Health services: who waits, who comes, and how that meets with plans.
//!
//! A child is *seen* at an appointment that was attended (status 5 or 6) by the
//! child; a proxy is not the child. Months are counted for the area and for the
//! provider that runs the service then, with all services together and each.

use super::period::{Period, Periods};
use super::slice::{self, Slice};
use super::tally::Tally;
use crate::world::calendar::{Term, after, age, days_between, month_end, month_start};
use crate::world::ehc::Request;
use crate::world::family::Child;
use crate::world::health::{Priority, Provider, Referral, ReferralReason, Service};
use chrono::{Datelike, NaiveDate};

/// Counts what is about health in a child's life.
pub(super) fn count(child: &Child, tally: &mut Tally) {
    for referral in &child.referrals {
        waiting(child, referral, tally);
        referred(child, referral, tally);
        attended(child, referral, tally);
    }
    has_access(child, tally);
    on_caseload(child, tally);
    specified(child, tally);
    for request in &child.requests {
        waiting_under_assessment(child, request, tally);
    }
}

/// By service, sex, age on the day, and the address at the end of its month,
/// which is what the submission of the month has; for the area and for the
/// provider that runs the service on the day.
fn slices(child: &Child, service: Service, on: NaiveDate) -> [Slice; 10] {
    let provider = service.provider_on(on);
    let [total, of_service, sex, age, home] = [
        Slice::TOTAL,
        Slice::service(service),
        Slice::sex(child.sex),
        Slice::age(child.born, on),
        Slice::deprivation(child, month_end(on)),
    ];
    [
        total,
        of_service,
        sex,
        age,
        home,
        total.at(provider),
        of_service.at(provider),
        sex.at(provider),
        age.at(provider),
        home.at(provider),
    ]
}

fn earliest(dates: [Option<NaiveDate>; 3]) -> Option<NaiveDate> {
    dates.into_iter().flatten().min()
}

/// Whether the extracts tell if the child had been seen before they begin: of a
/// referral that is older than they are they do so by a later appointment, which
/// is a first one or not, or by its rejection.
fn is_known(referral: &Referral, periods: &Periods) -> bool {
    let from = periods.known_from(referral.service);
    referral.received >= from
        || (referral.rejected).is_some_and(|on| (from..=periods.last).contains(&on))
        || (referral.contacts.iter()).any(|contact| (from..=periods.last).contains(&contact.on))
}

/// At the end of each month, of referrals of which it is known:
/// - H01: referrals neither turned down nor discharged, the child not seen yet.
/// - H02: of these, those more than 126 days old, for 100.
/// - H03: of these, those more than 364 days old.
/// - H05: community paediatrics' 18-week clocks that have not stopped, those of
///   126 days or less for 100. Consultant-led only: therapies have no clock.
/// - H10: referrals to neurodiversity for suspected autism that are open, those
///   not seen and more than 91 days old for 100.
fn waiting(child: &Child, referral: &Referral, tally: &mut Tally) {
    if let Some(clock) = referral.clock {
        for month in tally.periods.month_ends(clock.start, clock.end) {
            let end = month_end(month);
            let in_time = days_between(clock.start, end) <= 126;
            let slices = slices(child, referral.service, end);
            tally.share(("H05", "all"), Period::Month(month), &slices, in_time);
        }
    }
    if !is_known(referral, &tally.periods) {
        return;
    }
    let over = earliest([referral.rejected, referral.discharged, None]);
    let seen = referral.first_seen().map(|contact| contact.on);
    let until = earliest([referral.rejected, referral.discharged, seen]);
    for month in tally.periods.month_ends(referral.received, until) {
        let period = Period::Month(month);
        let end = month_end(month);
        let slices = slices(child, referral.service, end);
        let days = days_between(referral.received, end);
        tally.count(("H01", "all"), period, &slices);
        tally.share(("H02", "all"), period, &slices, days > 126);
        tally.add(
            ("H03", "all"),
            period,
            &slices,
            f64::from(u8::from(days > 364)),
            0.0,
        );
    }
    if referral.service == Service::Neurodiversity
        && referral.reason == ReferralReason::SuspectedAutism
    {
        for month in tally.periods.month_ends(referral.received, over) {
            let end = month_end(month);
            let late =
                seen.is_none_or(|seen| seen > end) && days_between(referral.received, end) > 91;
            let slices = slices(child, referral.service, end);
            tally.share(("H10", "all"), Period::Month(month), &slices, late);
        }
    }
}

/// By the month in which a referral was received:
/// - H06: referrals; those turned down by the end of the world's last
///   calendar year, and the others,
///   for 100.
///
/// By the month in which the child was first seen:
/// - H04: median and 95th percentile of the days since the referral.
/// - H12: of referrals for an eating disorder, urgent ones seen within 7 days of
///   receipt, and routine ones within 28, each for 100 of its kind first seen
///   in the month; day 7 and day 28 are in time.
fn referred(child: &Child, referral: &Referral, tally: &mut Tally) {
    let month = Period::month_of(referral.received);
    let of_receipt = slices(child, referral.service, referral.received);
    let rejected = (referral.rejected).is_some_and(|on| on <= tally.periods.last);
    tally.count(("H06", "received"), month, &of_receipt);
    tally.share(("H06", "rejected"), month, &of_receipt, rejected);
    tally.share(("H06", "accepted"), month, &of_receipt, !rejected);
    if let Some(seen) = referral.first_seen() {
        let month = Period::month_of(seen.on);
        let days = days_between(referral.received, seen.on);
        let slices = slices(child, referral.service, seen.on);
        tally.lasted("H04", month, &slices, days);
        if referral.service == Service::EatingDisorders {
            let (part, standard) = match referral.priority {
                Priority::Urgent => ("urgent", 7),
                Priority::Routine => ("routine", 28),
            };
            tally.share(("H12", part), month, &slices, days <= standard);
        }
    }
}

/// By the month of the appointment:
/// - H07: missed without warning or too late (3, 7), for 100 of 3, 5, 6 and 7.
/// - H09: cancelled by the provider (4), for 100 appointments.
fn attended(child: &Child, referral: &Referral, tally: &mut Tally) {
    for contact in &referral.contacts {
        let month = Period::month_of(contact.on);
        let slices = slices(child, referral.service, contact.on);
        if !contact.attendance.is_cancelled() {
            let missed = contact.attendance.is_missed();
            tally.share(("H07", "all"), month, &slices, missed);
        }
        let by_provider = contact.attendance == crate::world::health::Attended::CancelledByProvider;
        tally.share(("H09", "all"), month, &slices, by_provider);
    }
}

/// H13: plans on the last day of a month, those of children with an open
/// referral to EPUT for 100 plans; by service, those with one to that service.
fn on_caseload(child: &Child, tally: &mut Tally) {
    if child.requests.iter().all(|request| request.plan.is_none()) {
        return;
    }
    for month in tally.periods.months() {
        let period = Period::Month(month);
        let end = period.end();
        let Some(plan) = child.plan_on(end) else {
            continue;
        };
        let open = |service: Option<Service>| {
            child.referrals.iter().any(|referral| {
                service.is_none_or(|service| service == referral.service)
                    && referral.is_open_on(end)
                    && referral.service.provider_on(end) == Provider::Eput
            })
        };
        let slices = [
            Slice::TOTAL,
            Slice::need(plan.needs.primary),
            Slice::sex(child.sex),
            Slice::age(child.born, end),
        ];
        tally.share(("H13", "all"), period, &slices, open(None));
        for service in Service::ALL {
            if service.team_type().is_some() {
                let slice = [Slice::service(service)];
                tally.share(("H13", "all"), period, &slice, open(Some(service)));
            }
        }
    }
}

/// H11: at the end of each month, children who were seen at least once, and at
/// least twice, by mental health services in the twelve months that end with it,
/// and who were under 18 (from the month of birth) when they were seen first in
/// these. Sex, age and address are those of that first time.
fn has_access(child: &Child, tally: &mut Tally) {
    let mut seen: Vec<NaiveDate> = (child.referrals.iter())
        .filter(|referral| referral.service.provider_on(referral.received) == Provider::Nelft)
        .flat_map(|referral| &referral.contacts)
        .filter(|contact| contact.is_child_seen())
        .map(|contact| contact.on)
        .collect();
    seen.sort_unstable();
    let Some(latest) = seen.last().copied() else {
        return;
    };
    for month in tally.periods.rolling() {
        // Into the month of which that of the end is the twelfth.
        let from = month_start(after(month, -320));
        let in_window = |on: &NaiveDate| (from..=month_end(month)).contains(on);
        if latest < from {
            break;
        }
        let mut within = seen.iter().copied().filter(in_window);
        let Some(first) = within.next() else { continue };
        if age(month_start(child.born), first) >= 18 {
            continue;
        }
        let area = [
            Slice::TOTAL,
            Slice::sex(child.sex),
            Slice::age(child.born, first),
            Slice::deprivation(child, month_end(first)),
        ];
        let slices = [area, area.map(|slice| slice.at(Provider::Nelft))].concat();
        let period = Period::Month(month);
        tally.count(("H11", "one_contact"), period, &slices);
        if within.next().is_some() {
            tally.count(("H11", "two_contacts"), period, &slices);
        }
    }
}

/// H14: contacts that section G of plans specifies for a whole term, and the
/// appointments of that service in the term at which the child was seen, for
/// 100 of them.
fn specified(child: &Child, tally: &mut Tally) {
    let lines: Vec<_> = child
        .plans()
        .flat_map(|plan| &plan.provision)
        .filter(|line| line.section == "G")
        .collect();
    if lines.is_empty() {
        return;
    }
    let terms: Vec<Term> = tally
        .periods
        .terms()
        .filter(|term| {
            tally
                .periods
                .years()
                .any(|year| year == term.start().year())
        })
        .collect();
    for term in terms {
        for line in &lines {
            let whole =
                line.from <= term.start() && line.until.is_none_or(|until| until > term.end());
            let service = Service::ALL
                .into_iter()
                .find(|service| line.agency.is_some() && service.agency() == line.agency);
            let Some(service) = service.filter(|_| whole) else {
                continue;
            };
            let seen = child
                .referrals
                .iter()
                .filter(|referral| referral.service == service)
                .flat_map(|referral| &referral.contacts)
                .filter(|contact| contact.is_child_seen())
                .filter(|contact| (term.start()..=term.end()).contains(&contact.on))
                .count();
            let slices = [Slice::TOTAL, Slice::service(service)];
            let planned = f64::from(line.contacts_per_term);
            tally.add(
                ("H14", "all"),
                Period::Term(term),
                &slices,
                seen as f64,
                planned,
            );
        }
    }
}

/// H15: at the end of each month, requests and assessments under way, those of
/// children who wait for speech and language therapy, occupational therapy or
/// physiotherapy for 100.
fn waiting_under_assessment(child: &Child, request: &Request, tally: &mut Tally) {
    let plan = request.plan.as_ref();
    if plan.is_some_and(|plan| plan.transfer_in.is_some()) {
        return;
    }
    let until = earliest([request.over(), plan.map(|plan| plan.start), None]);
    for month in tally.periods.month_ends(request.received, until) {
        let end = month_end(month);
        let waits = child.referrals.iter().any(|referral| {
            matches!(
                referral.service,
                Service::SpeechLanguage | Service::OccupationalTherapy | Service::Physiotherapy
            ) && referral.is_waiting_on(end)
                && is_known(referral, &tally.periods)
        });
        let slices = slice::on(child, end, tally.periods.last_day);
        tally.share(("H15", "all"), Period::Month(month), &slices, waits);
    }
}
