//! Assessments and plans: what comes of them, in what time, where the child is
//! placed, how they are reviewed and end.

use super::period::Period;
use super::requests::share_disputed;
use super::slice::{self, Slice};
use super::tally::Tally;
use crate::world::calendar::{age, census_day, day, days_between};
use crate::world::ehc::{
    Assessment, DisputeAbout, Outcome, Place, Plan, Request, Residential, ReviewOutcome, Strand,
    WorkBased,
};
use crate::world::family::Child;
use crate::world::need::Need;
use crate::world::setting::Group;
use chrono::{Datelike, NaiveDate};

/// Counts the assessment and the plan of a request.
///
/// An assessment is sliced by the child's age on the day of the request, what
/// comes of a plan by that on the day it came; flows by the last known address,
/// which is what the casework system has, where it has the case; all else by the
/// address in the SEN2 return, which is that on its census day.
pub(super) fn count(child: &Child, request: &Request, tally: &mut Tally) {
    let last_known = tally.periods.last_day;
    if let Some(assessment) = &request.assessment {
        let slices = slice::on(child, request.received, last_known);
        assessed(request, assessment, &slices, tally);
    }
    let Some(plan) = &request.plan else { return };
    issued(child, request, plan, tally);
    for year in tally.periods.years() {
        maintained(child, plan, year, tally);
    }
    reviewed(child, plan, tally);
    if let Some(cease) = plan.ceased {
        let slices = slice::on(child, cease.on, census_day(cease.on.year() + 1));
        let month = Period::month_of(cease.on);
        for (part, reason) in REASONS {
            tally.share(("E26", part), month, &slices, cease.reason == reason);
        }
        // The denominator is counted with the plans at census.
        let out = f64::from(u8::from(cease.reason == 5));
        let year = Period::Year(cease.on.year());
        tally.add(("E37", "all"), year, &slice::of_child(child), out, 0.0);
    }
    if let Some(transfer) = plan.transfer_in {
        let year = Period::Year(transfer.on.year());
        tally.add(("E37", "in"), year, &slice::of_child(child), 1.0, 0.0);
    }
}

/// E26: plans that ceased in the year, by reason, each for 100 that ceased.
const REASONS: [(&str, u8); 9] = [
    ("max_age", 1),
    ("needs_met", 2),
    ("higher_education", 3),
    ("employment", 4),
    ("transferred", 5),
    ("disengaged", 6),
    ("left_england", 7),
    ("deceased", 8),
    ("other_reason", 9),
];

/// Assessments of the year are those agreed by 31 December and not over before
/// 1 January: those that ended in it, and those outstanding at its end. So one
/// that is outstanding at two New Years is in two years' assessments, as in
/// DfE's file.
/// - E09, E10: those that ended in the year with Y, with N, for 100 of them.
/// - E11: of those that ended in the year with N, those within 112 days of the
///   *request*; day 112 is in time (reg. 10(1)).
/// - E19: of those that ended in the year with Y, those whose draft plan was
///   sent within 112 days of the request.
/// - E32: of those that ended in the year with Y, those with mediation, an
///   appeal, or both about the content of the plan registered by census day.
fn assessed(request: &Request, assessment: &Assessment, slices: &[Slice], tally: &mut Tally) {
    let Some(agreed) = request.decision.map(|decision| decision.on) else {
        return;
    };
    let over = assessment
        .decision
        .map(|decision| decision.on)
        .or(request.exported.map(|(on, _)| on));
    for year in tally.periods.years() {
        let (first, last) = (day(year, 1, 1), day(year, 12, 31));
        if agreed > last || over.is_some_and(|over| over < first) {
            continue;
        }
        let ended = assessment.decision.filter(|decision| decision.on <= last);
        let outcome = ended.map(|decision| decision.outcome);
        let period = Period::Year(year);
        tally.share(
            ("E09", "all"),
            period,
            slices,
            outcome == Some(Outcome::Yes),
        );
        tally.share(("E10", "all"), period, slices, outcome == Some(Outcome::No));
    }
    let Some(decision) = assessment.decision else {
        return;
    };
    let month = Period::month_of(decision.on);
    match decision.outcome {
        Outcome::No => {
            let in_time = days_between(request.received, decision.on) <= 112;
            tally.share(("E11", "all"), month, slices, in_time);
        }
        Outcome::Yes => {
            let drafted = assessment
                .draft
                .is_some_and(|draft| days_between(request.received, draft) <= 112);
            tally.share(("E19", "all"), month, slices, drafted);
            let census = census_day(decision.on.year() + 1);
            share_disputed(
                "E32",
                request,
                DisputeAbout::Content,
                census,
                month,
                slices,
                tally,
            );
        }
        Outcome::Withdrawn => {}
    }
}

/// First plans, by the month in which they began; not those transferred in.
/// - E12: within 140 days of the request, for 100 plans; day 140 is in time
///   (reg. 13(2)).
/// - E13: the same without plans to which an exception applied, which are left
///   out above *and* below the line.
/// - E14: 141 to 364 days, and over 364, with and without exceptions.
/// - E15: mean weeks, of seven days.
/// - E16: plans to which an exception applied, for 100 plans.
/// - E21: plans. E22N: by the setting that section I names first. E25N: by
///   primary need.
fn issued(child: &Child, request: &Request, plan: &Plan, tally: &mut Tally) {
    if plan.transfer_in.is_some() {
        return;
    }
    let month = Period::month_of(plan.start);
    let slices = &slice::on(child, plan.start, tally.periods.last_day);
    let days = days_between(request.received, plan.start);
    let exception = request
        .assessment
        .as_ref()
        .is_some_and(|assessment| assessment.exception);
    let weeks = days as f64 / 7.0;
    tally.share(("E12", "all"), month, slices, days <= 140);
    tally.share(
        ("E14", "weeks_20_to_52"),
        month,
        slices,
        (141..=364).contains(&days),
    );
    tally.share(("E14", "over_52_weeks"), month, slices, days > 364);
    tally.add(("E15", "all"), month, slices, weeks, 1.0);
    tally.share(("E16", "all"), month, slices, exception);
    if !exception {
        let late = (141..=364).contains(&days);
        tally.share(("E13", "all"), month, slices, days <= 140);
        tally.share(("E14", "weeks_20_to_52_no_exception"), month, slices, late);
        tally.share(
            ("E14", "over_52_weeks_no_exception"),
            month,
            slices,
            days > 364,
        );
        tally.add(("E15", "no_exception"), month, slices, weeks, 1.0);
    }
    tally.count(("E21", "all"), month, slices);
    let named = plan.named.first().map(|placed| placed.place);
    share_needs("E25N", plan, month, slices, tally);
    // Settings are named in the return alone.
    let slices = slice::on(child, plan.start, census_day(plan.start.year() + 1));
    share_mix("E22N", named, month, &slices, tally);
}

/// Plans that Southend maintains on census day, transferred ones included, and
/// what is asked of each once a year.
fn maintained(child: &Child, plan: &Plan, year: i32, tally: &mut Tally) {
    let census = census_day(year + 1);
    let due = plan
        .phase_transfers
        .iter()
        .filter(|transfer| transfer.due.year() == year && plan.is_active_on(transfer.due));
    for transfer in due {
        // E31: of plans maintained on a due date in the year, those whose final
        // plan was sent by it (reg. 18(1), (2)).
        let in_time = transfer.last.is_some_and(|last| last <= transfer.due);
        let slices = slice::on(child, transfer.due, census);
        tally.share(
            ("E31", "all"),
            Period::month_of(transfer.due),
            &slices,
            in_time,
        );
    }
    if !plan.is_active_on(census) {
        return;
    }
    let (period, calendar) = (Period::Census(year + 1), Period::Year(year));
    for part in ["all", "in"] {
        tally.add(("E37", part), calendar, &slice::of_child(child), 0.0, 1.0);
    }
    let place = (plan.placements_on(census))
        .find(|placement| placement.rank == 1)
        .map(|placement| placement.place);
    let mut slices = slice::on(child, census, census);
    slices.push(Slice::placement(group(place)));
    let slices = &slices;
    tally.count(("E20", "all"), period, slices);
    share_needs("E25", plan, period, slices, tally);
    placed(child, plan, place, period, slices, tally);
    budgeted(plan, census, period, slices, tally);
    expected(plan, year, slices, tally);
}

/// - E22: by the group of the place the child is at, main places only.
/// - E23: special independent and non-maintained ones.
/// - E24: nowhere, by the code that says so; no place on record.
/// - E35, E36: residential and work-based ones, of children who are somewhere.
///
/// Each for 100 plans at census.
fn placed(
    child: &Child,
    plan: &Plan,
    place: Option<Place>,
    period: Period,
    slices: &[Slice],
    tally: &mut Tally,
) {
    let census = period.end();
    share_mix("E22", place, period, slices, tally);
    let independent = matches!(
        place,
        Some(Place::Setting { setting, .. })
            if matches!(setting.group, Group::SpecialIndependent | Group::SpecialNonMaintained)
    );
    tally.share(("E23", "all"), period, slices, independent);
    let school_age = (5..16).contains(&age(child.born, census));
    let nowhere = match place {
        None => "unknown",
        Some(Place::Elsewhere("NEET")) => "neet",
        Some(Place::Elsewhere("NIEC")) => "notice_to_cease",
        Some(Place::Elsewhere("NIEO")) if school_age => "school_age",
        Some(Place::Elsewhere("NIEO")) => "other_ages",
        Some(_) => "",
    };
    for part in [
        "neet",
        "notice_to_cease",
        "other_ages",
        "school_age",
        "unknown",
    ] {
        tally.share(("E24", part), period, slices, nowhere == part);
    }
    let residential = plan.residential.filter(|_| place.is_some());
    let work_based = plan
        .work_based
        .filter(|(from, _)| place.is_some() && *from <= census)
        .map(|(_, kind)| kind);
    tally.share(("E35", "all"), period, slices, residential.is_some());
    for (part, kind) in [
        ("weeks_38_to_51", Residential::Termly),
        ("weeks_52", Residential::AllYear),
    ] {
        tally.share(("E35", part), period, slices, residential == Some(kind));
    }
    tally.share(("E36", "all"), period, slices, work_based.is_some());
    for (part, kind) in [
        ("supported_internship", WorkBased::SupportedInternship),
        ("apprenticeship", WorkBased::Apprenticeship),
        ("traineeship", WorkBased::Traineeship),
    ] {
        tally.share(("E36", part), period, slices, work_based == Some(kind));
    }
}

/// The group of the placement tables.
fn group(place: Option<Place>) -> &'static str {
    match place {
        None => "unknown",
        Some(Place::Elsewhere("EYP")) => "early_years",
        Some(Place::Elsewhere(_)) => "elsewhere",
        Some(Place::Setting { setting, .. }) => match setting.group {
            Group::MainstreamMaintained
            | Group::MainstreamAcademy
            | Group::MainstreamFree
            | Group::MainstreamIndependent => "mainstream",
            Group::SpecialMaintained
            | Group::SpecialAcademy
            | Group::SpecialNonMaintained
            | Group::SpecialIndependent => "special",
            Group::AlternativeMaintained | Group::AlternativeAcademy => "alternative_provision",
            Group::FurtherEducation | Group::SpecialistPost16 => "further_education",
        },
    }
}

fn share_mix(
    metric: &'static str,
    place: Option<Place>,
    period: Period,
    slices: &[Slice],
    tally: &mut Tally,
) {
    let found = group(place);
    for part in [
        "mainstream",
        "special",
        "alternative_provision",
        "further_education",
        "elsewhere",
        "early_years",
        "unknown",
    ] {
        tally.share((metric, part), period, slices, part == found);
    }
}

/// E25: by primary need; thirteen codes come in, twelve are published, Down
/// syndrome under other.
fn share_needs(
    metric: &'static str,
    plan: &Plan,
    period: Period,
    slices: &[Slice],
    tally: &mut Tally,
) {
    let primary = plan.needs.primary.published();
    for (part, need) in [
        ("asd", Need::Asd),
        ("hi", Need::Hi),
        ("mld", Need::Mld),
        ("msi", Need::Msi),
        ("oth", Need::Oth),
        ("pd", Need::Pd),
        ("pmld", Need::Pmld),
        ("semh", Need::Semh),
        ("slcn", Need::Slcn),
        ("sld", Need::Sld),
        ("spld", Need::Spld),
        ("vi", Need::Vi),
    ] {
        tally.share((metric, part), period, slices, primary == need);
    }
}

/// E34: personal budgets begun by census day, and what of them is paid how, for
/// 100 plans at census. A budget is said of the plan that was issued, which the
/// return of the year in which a plan came from elsewhere does not have.
fn budgeted(plan: &Plan, census: NaiveDate, period: Period, slices: &[Slice], tally: &mut Tally) {
    let has_come = plan
        .transfer_in
        .is_some_and(|transfer| transfer.on >= day(census.year() - 1, 1, 1));
    let budget = (plan.budget).filter(|budget| !has_come && budget.from <= census);
    let paid = budget.and_then(|budget| budget.direct_payment);
    tally.share(("E34", "personal_budget"), period, slices, budget.is_some());
    let organised = budget.is_some_and(|budget| budget.organised);
    tally.share(("E34", "organised"), period, slices, organised);
    for (part, strand) in [
        ("health", Strand::Health),
        ("education", Strand::Education),
        ("social_care", Strand::SocialCare),
        ("integrated", Strand::Integrated),
    ] {
        tally.share(("E34", part), period, slices, paid == Some(strand));
    }
}

/// Reviews are expected of plans at census that Southend maintained before the
/// year began.
/// - E27: those with a meeting on record, of whatever year.
/// - E30: those whose last meeting was before the year, those without any, and
///   both together.
fn expected(plan: &Plan, year: i32, slices: &[Slice], tally: &mut Tally) {
    if plan.maintained_from() >= day(year, 1, 1) {
        return;
    }
    let period = Period::Year(year);
    let last = plan
        .last_review_on(census_day(year + 1))
        .and_then(|review| review.meeting);
    let before = last.is_some_and(|meeting| meeting < day(year, 1, 1));
    tally.share(("E27", "all"), period, slices, last.is_some());
    tally.share(("E30", "no_meeting"), period, slices, last.is_none());
    tally.share(("E30", "last_meeting_before"), period, slices, before);
    tally.share(("E30", "overdue"), period, slices, before || last.is_none());
}

/// Decisions after a review, by the month in which they were made.
/// - E28: within 28 days of the meeting, for 100 decisions; day 28 is in time
///   (reg. 20(10)).
/// - E29: of decisions to amend, those whose final amended plan was sent within
///   84 days of the meeting (reg. 22; R (L, M, P) v Devon [2022] EWHC 493).
fn reviewed(child: &Child, plan: &Plan, tally: &mut Tally) {
    for review in &plan.reviews {
        let (Some(meeting), Some((on, outcome))) = (review.meeting, review.decision) else {
            continue;
        };
        let month = Period::month_of(on);
        let slices = &slice::on(child, on, tally.periods.last_day);
        tally.share(
            ("E28", "all"),
            month,
            slices,
            days_between(meeting, on) <= 28,
        );
        if outcome == ReviewOutcome::Amend {
            let in_time = review
                .last
                .is_some_and(|last| days_between(meeting, last) <= 84);
            tally.share(("E29", "all"), month, slices, in_time);
        }
    }
}
