//! What partners do together, and what comes of it for children at school.

use super::period::Period;
use super::slice::Slice;
use super::tally::Tally;
use crate::world::World;
use crate::world::calendar::{age, census_day, days_between, month_end, month_start};
use crate::world::family::Child;

/// Counts a child's packages, care, register entries, schooling and whether
/// the child can be linked.
pub(super) fn count(child: &Child, tally: &mut Tally) {
    packages(child, tally);
    continuing_care(child, tally);
    register(child, tally);
    social_care(child, tally);
    linked(child, tally);
    school(child, tally);
}

/// J01: packages that run on the last day of a month, what they cost in a
/// year, and who pays; by the need of the plan on the day it began.
fn packages(child: &Child, tally: &mut Tally) {
    for package in &child.packages {
        let need = child
            .plan_on(package.from)
            .map_or(Slice::NEED_UNKNOWN, |plan| Slice::need(plan.needs.primary));
        let slices = [Slice::TOTAL, need];
        for month in tally.periods.months() {
            let period = Period::Month(month);
            if !package.is_active_on(period.end()) {
                continue;
            }
            tally.count(("J01", "packages"), period, &slices);
            for (part, pounds) in [
                ("cost", package.annual_pounds()),
                ("education", package.education_pounds),
                ("social_care", package.social_care_pounds),
                ("health", package.health_pounds),
            ] {
                tally.add(("J01", part), period, &slices, f64::from(pounds), 0.0);
            }
        }
    }
}

/// By the month in which a child was referred for continuing care:
/// - J02: referrals; those decided within 42 days for 100 referrals; those found
///   eligible for 100 decided.
///
/// On the last day of a month:
/// - J03: children under 18 (from the month of birth) who have been found eligible, those with
///   a personal health budget for 100.
fn continuing_care(child: &Child, tally: &mut Tally) {
    for care in &child.continuing_care {
        let month = Period::month_of(care.referred);
        let slices = [Slice::TOTAL, Slice::age(child.born, care.referred)];
        tally.count(("J02", "referrals"), month, &slices);
        let in_time = care
            .decided
            .is_some_and(|decided| days_between(care.referred, decided) <= 42);
        tally.share(("J02", "in_time"), month, &slices, in_time);
        if let Some(eligible) = care.eligible {
            tally.share(("J02", "eligible"), month, &slices, eligible);
        }
        let Some(decided) = care.decided.filter(|_| care.eligible == Some(true)) else {
            continue;
        };
        for month in tally.periods.months() {
            let period = Period::Month(month);
            let end = period.end();
            if decided > end || age(month_start(child.born), end) >= 18 {
                continue;
            }
            let budget = child
                .health_budgets
                .iter()
                .any(|budget| budget.from <= end && budget.until.is_none_or(|until| until >= end));
            let slices = [Slice::TOTAL, Slice::age(child.born, end)];
            tally.share(("J03", "all"), period, &slices, budget);
        }
    }
}

/// - J04: on the last day of the month, children on the dynamic support register
///   by rating; those without consent are not on it.
/// - J04R: treatment reviews asked for in the month, those held
///   by the day of admission, or held without any, for 100.
fn register(child: &Child, tally: &mut Tally) {
    if let Some(entry) = child
        .support_register
        .as_ref()
        .filter(|entry| entry.consent)
    {
        for month in tally.periods.month_ends(entry.asked, entry.until) {
            let part = match entry.rating_on(month_end(month)) {
                Some("RED") => "red",
                Some("AMBER") => "amber",
                Some("GREEN") => "green",
                _ => continue,
            };
            tally.count(("J04", part), Period::Month(month), &[Slice::TOTAL]);
        }
    }
    for review in &child.treatment_reviews {
        let month = Period::month_of(review.requested);
        let before = review.is_before_admission();
        tally.share(("J04R", "before_admission"), month, &[Slice::TOTAL], before);
    }
}

/// J08: referrals to the Children with Disabilities team received in the
/// month, those accepted by the world's last day for 100 referrals; J08S: children
/// with a short break on the last day of a month.
fn social_care(child: &Child, tally: &mut Tally) {
    for referral in &child.care_referrals {
        let month = Period::month_of(referral.received);
        let accepted = referral.accepted == Some(true);
        tally.share(("J08", "accepted"), month, &[Slice::TOTAL], accepted);
    }
    if child.short_breaks.is_empty() {
        return;
    }
    for month in tally.periods.months() {
        let period = Period::Month(month);
        let end = period.end();
        let running = child
            .short_breaks
            .iter()
            .any(|rest| rest.from <= end && rest.until.is_none_or(|until| until >= end));
        if running {
            tally.count(("J08S", "short_breaks"), period, &[Slice::TOTAL]);
        }
    }
}

/// J10: children with a plan or an assessment under way on census day, those who
/// by the submissions are also patients of EPUT or NELFT by then, with a verified
/// NHS number, for 100: the most that any linkage can find.
fn linked(child: &Child, tally: &mut Tally) {
    if child.requests.is_empty() {
        return;
    }
    for year in tally.periods.years().map(|year| year + 1) {
        let census = census_day(year);
        let known = child.plan_on(census).is_some()
            || child.requests.iter().any(|request| {
                request.is_open_on(census)
                    && request
                        .plan
                        .as_ref()
                        .is_none_or(|plan| plan.transfer_in.is_none())
            });
        if !known {
            continue;
        }
        let patient = child.referrals.iter().any(|referral| {
            let over = referral.rejected.or(referral.discharged);
            let from = tally.periods.known_from(referral.service);
            referral.received <= census.min(tally.periods.last)
                && over.is_none_or(|over| over >= from)
        });
        let linked = patient && child.nhs_number_verified;
        tally.share(
            ("J10", "all"),
            Period::Census(year),
            &[Slice::TOTAL],
            linked,
        );
    }
}

/// By term, in all and by SEN provision at the end of the term:
/// - O01: sessions missed for 100 possible; pupils who missed one in ten or more
///   for 100 pupils.
/// - O02: suspensions and permanent exclusions that began in the term, by the
///   provision on that day, for 100 pupils.
fn school(child: &Child, tally: &mut Tally) {
    for attendance in &child.attendance {
        let period = Period::Term(attendance.term);
        let slices = [Slice::TOTAL, Slice::provision(attendance.provision)];
        let missed = f64::from(attendance.authorised + attendance.unauthorised);
        let possible = f64::from(attendance.possible);
        tally.add(("O01", "absence"), period, &slices, missed, possible);
        let persistent = attendance.is_persistent_absence();
        tally.share(("O01", "persistent"), period, &slices, persistent);
        tally.add(("O02", "suspensions"), period, &slices, 0.0, 1.0);
        tally.add(("O02", "exclusions"), period, &slices, 0.0, 1.0);
    }
    for suspension in &child.suspensions {
        let term = tally
            .periods
            .terms()
            .find(|term| (term.start()..=term.end()).contains(&suspension.on));
        let Some(term) = term else { continue };
        let part = match suspension.permanent {
            true => "exclusions",
            false => "suspensions",
        };
        let slices = [Slice::TOTAL, Slice::provision(suspension.provision)];
        tally.add(("O02", part), Period::Term(term), &slices, 1.0, 0.0);
    }
}

/// What is about no child: the survey and the contract.
///
/// - O09: answers 4 and 5, for 100 answers from 1 to 5; not those left out or
///   that do not apply.
/// - H08: attended contacts of a month, proxies included, for 100 that the
///   contract planned.
pub(super) fn count_area(
    world: &World,
    delivered: &crate::world::area::Delivered,
    tally: &mut Tally,
) {
    for answer in world.survey_answers() {
        let Some(value) = answer.answer.filter(|value| (1..=5).contains(value)) else {
            continue;
        };
        let wave = Period::Wave(answer.wave);
        tally.share(("O09", "all"), wave, &[Slice::TOTAL], value >= 4);
        tally.share(("O09", answer.question), wave, &[Slice::TOTAL], value >= 4);
    }
    for plan in world.contract_plans() {
        let contacts = f64::from(delivered.contacts(plan.month, plan.service));
        let slices = [Slice::TOTAL, Slice::service(plan.service)];
        let slices = [slices, slices.map(|slice| slice.at(plan.provider))].concat();
        let planned = f64::from(plan.contacts);
        tally.add(
            ("H08", "all"),
            Period::Month(plan.month),
            &slices,
            contacts,
            planned,
        );
    }
}
