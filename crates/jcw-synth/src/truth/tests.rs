//! The boundary day of every clock, on children made by hand, and the figures of
//! a whole world against its returns.

use super::*;
use crate::world::calendar::{after, census_day, day};
use crate::world::ehc::{
    AdviceOutcome, AdviceRequest, Agency, Assessment, Cease, Decision, Outcome, PhaseTransfer,
    Plan, Request, Review, ReviewOutcome, Source,
};
use crate::world::health::{
    Attended, Contact, Priority, Referral, ReferralReason, ReferralSource, RttClock, Service,
};
use crate::world::need::{Need, Needs};
use crate::world::sen2::{self, Code};
use chrono::Datelike;

fn world() -> World {
    World::new(36, 1, 2023..=2024).unwrap()
}

/// A child to whom nothing has happened.
fn child() -> Child {
    let mut child = world()
        .families()
        .find_map(|family| family.children.into_iter().next())
        .unwrap();
    child.born = day(2015, 5, 1);
    child.arrived = None;
    child.left = None;
    child.needs = None;
    child.requests.clear();
    child.referrals.clear();
    child.attendance.clear();
    child.suspensions.clear();
    child.packages.clear();
    child.continuing_care.clear();
    child.health_budgets.clear();
    child.care_referrals.clear();
    child.short_breaks.clear();
    child.treatment_reviews.clear();
    child.support_register = None;
    child
}

fn request(received: NaiveDate) -> Request {
    Request {
        id: 1,
        received,
        source: Source::School,
        youth_accommodation: false,
        setting: None,
        panel: None,
        decision: None,
        exported: None,
        assessment: None,
        plan: None,
        disputes: Vec::new(),
        caseworker: 1,
    }
}

fn decided(received: NaiveDate, outcome: Outcome, days: i64) -> Request {
    let on = after(received, days);
    let mut request = request(received);
    request.decision = Some(Decision { outcome, on });
    request
}

fn assessed(received: NaiveDate, outcome: Outcome, days: i64) -> Request {
    let on = after(received, days);
    let mut request = decided(received, Outcome::Yes, 30);
    request.assessment = Some(Assessment {
        advice: Vec::new(),
        panel: None,
        decision: Some(Decision { outcome, on }),
        draft: None,
        exception: false,
    });
    request
}

fn planned(received: NaiveDate, days: i64, exception: bool) -> Request {
    let start = after(received, days);
    let mut request = assessed(received, Outcome::Yes, days - 20);
    request.assessment.as_mut().unwrap().exception = exception;
    request.plan = Some(plan(start));
    request
}

fn plan(start: NaiveDate) -> Plan {
    Plan {
        id: 1,
        start,
        transfer_in: None,
        ceased: None,
        needs: Needs {
            primary: Need::Ds,
            secondary: None,
            severity: 2,
        },
        residential: None,
        work_based: None,
        budget: None,
        named: Vec::new(),
        placements: Vec::new(),
        provision: Vec::new(),
        reviews: Vec::new(),
        phase_transfers: Vec::new(),
        audits: Vec::new(),
        costs: Vec::new(),
    }
}

/// Numerator and denominator of a total, of children with these requests.
fn of(requests: Vec<Request>, metric: &str, part: &str, period: &str) -> (f64, Option<f64>) {
    let mut truth = Truth::new(&world());
    for request in requests {
        let mut child = child();
        child.requests.push(request);
        truth.add_child(&child);
    }
    figure(&truth, metric, part, period)
}

fn figure(truth: &Truth, metric: &str, part: &str, period: &str) -> (f64, Option<f64>) {
    truth
        .metric_values()
        .find(|value| {
            value.metric_id == metric
                && value.part == part
                && value.period == period
                && value.breakdown_topic == "Total"
                && value.area_level == "local_authority"
        })
        .map(|value| (value.numerator, value.denominator))
        .unwrap()
}

#[test]
fn a_decision_on_day_42_is_within_six_weeks_and_counts_in_its_own_year() {
    let on_time = decided(day(2023, 12, 1), Outcome::No, 42);
    let late = decided(day(2023, 12, 1), Outcome::Yes, 43);
    let withdrawn = decided(day(2023, 12, 1), Outcome::Withdrawn, 40);
    let requests = vec![on_time, late, withdrawn];
    assert_eq!(of(requests.clone(), "E05", "all", "2024"), (1.0, Some(2.0)));
    assert_eq!(of(requests, "E05", "all", "2023"), (0.0, Some(0.0)));
}

#[test]
fn refusals_are_divided_by_all_received_and_by_those_decided() {
    let received = day(2024, 3, 1);
    let requests = vec![
        decided(received, Outcome::No, 30),
        decided(received, Outcome::Yes, 30),
        decided(received, Outcome::Withdrawn, 30),
        // Decided after census day: pending in this return.
        decided(day(2024, 12, 20), Outcome::No, 40),
    ];
    assert_eq!(of(requests.clone(), "E01", "all", "2024"), (4.0, None));
    assert_eq!(of(requests.clone(), "E03", "all", "2024"), (1.0, Some(4.0)));
    assert_eq!(of(requests.clone(), "E04", "all", "2024"), (1.0, Some(2.0)));
    assert_eq!(of(requests, "E07", "all", "2024"), (1.0, Some(4.0)));
}

#[test]
fn a_request_is_late_and_undecided_from_day_43_on() {
    // 30 April is day 42 of the first and day 43 of the second.
    let requests = vec![request(day(2024, 3, 19)), request(day(2024, 3, 18))];
    assert_eq!(of(requests, "E06", "all", "2024-04"), (1.0, Some(2.0)));
}

#[test]
fn no_plan_on_day_112_is_within_sixteen_weeks() {
    let received = day(2024, 3, 1);
    let requests = vec![
        assessed(received, Outcome::No, 112),
        assessed(received, Outcome::No, 113),
        assessed(received, Outcome::Yes, 100),
    ];
    assert_eq!(of(requests.clone(), "E11", "all", "2024"), (1.0, Some(2.0)));
    assert_eq!(of(requests, "E10", "all", "2024"), (2.0, Some(3.0)));
}

#[test]
fn an_assessment_outstanding_at_new_year_is_in_both_years() {
    let outstanding = assessed(day(2023, 10, 2), Outcome::Yes, 150);
    assert_eq!(
        of(vec![outstanding.clone()], "E09", "all", "2023"),
        (0.0, Some(1.0))
    );
    assert_eq!(
        of(vec![outstanding], "E09", "all", "2024"),
        (1.0, Some(1.0))
    );
}

#[test]
fn exceptions_leave_both_sides_of_the_twenty_weeks() {
    let received = day(2024, 3, 1);
    let requests = vec![
        planned(received, 140, false),
        planned(received, 141, false),
        planned(received, 130, true),
        planned(received, 200, true),
    ];
    assert_eq!(of(requests.clone(), "E12", "all", "2024"), (2.0, Some(4.0)));
    assert_eq!(of(requests.clone(), "E13", "all", "2024"), (1.0, Some(2.0)));
    assert_eq!(of(requests.clone(), "E16", "all", "2024"), (2.0, Some(4.0)));
    let (weeks, plans) = of(requests, "E15", "no_exception", "2024");
    assert!((weeks - 281.0 / 7.0).abs() < 1e-9 && plans == Some(2.0));
}

#[test]
fn fifty_two_weeks_are_364_days() {
    let received = day(2023, 3, 1);
    let requests = vec![planned(received, 364, false), planned(received, 365, false)];
    assert_eq!(
        of(requests.clone(), "E14", "weeks_20_to_52", "2024"),
        (1.0, Some(2.0))
    );
    assert_eq!(
        of(requests, "E14", "over_52_weeks", "2024"),
        (1.0, Some(2.0))
    );
}

#[test]
fn a_draft_on_day_112_is_by_week_sixteen() {
    let drafted = |days| {
        let mut request = planned(day(2024, 2, 1), 160, false);
        request.assessment.as_mut().unwrap().draft = Some(after(day(2024, 2, 1), days));
        request
    };
    assert_eq!(
        of(vec![drafted(112), drafted(113)], "E19", "all", "2024"),
        (1.0, Some(2.0))
    );
}

#[test]
fn advice_on_day_42_is_in_time_and_nil_is_not_late() {
    let sent = day(2024, 4, 1);
    let advice = |days: Option<i64>, outcome| AdviceRequest {
        id: 1,
        agency: Agency::SpeechLanguage,
        sent,
        due: after(sent, 42),
        received: days.map(|days| after(sent, days)),
        outcome: Some(outcome),
        missed_appointment: false,
    };
    let mut request = assessed(day(2024, 3, 1), Outcome::Yes, 100);
    request.assessment.as_mut().unwrap().advice = vec![
        advice(Some(42), AdviceOutcome::NotKnown),
        advice(Some(43), AdviceOutcome::Advice),
        advice(Some(52), AdviceOutcome::Advice),
        advice(None, AdviceOutcome::Nil),
    ];
    let requests = vec![request];
    assert_eq!(of(requests.clone(), "E17", "all", "2024"), (1.0, Some(4.0)));
    assert_eq!(
        of(requests.clone(), "E18", "late", "2024"),
        (2.0, Some(4.0))
    );
    assert_eq!(of(requests.clone(), "E18", "nil", "2024"), (1.0, Some(4.0)));
    assert_eq!(of(requests, "E18", "median_days_late", "2024"), (5.5, None));
}

#[test]
fn a_plan_counts_on_the_day_it_starts_and_not_on_the_day_it_ceases() {
    let census = census_day(2025);
    let from = |start: NaiveDate, ceased: Option<NaiveDate>| {
        let mut request = planned(after(start, -130), 130, false);
        let plan = request.plan.as_mut().unwrap();
        plan.ceased = ceased.map(|on| Cease { on, reason: 5 });
        request
    };
    let requests = vec![
        from(census, None),
        from(day(2022, 1, 5), Some(census)),
        from(day(2022, 1, 5), Some(after(census, 1))),
    ];
    assert_eq!(of(requests.clone(), "E20", "all", "202425"), (2.0, None));
    // Down syndrome is published under other.
    assert_eq!(of(requests, "E25", "oth", "202425"), (2.0, Some(2.0)));
}

#[test]
fn review_clocks_are_28_and_84_days_from_the_meeting() {
    let meeting = day(2024, 5, 1);
    let review = |decided, last| Review {
        id: 1,
        due: meeting,
        meeting: Some(meeting),
        decision: Some((after(meeting, decided), ReviewOutcome::Amend)),
        draft: Some(after(meeting, decided)),
        last: Some(after(meeting, last)),
        child_attended: true,
        parent_attended: true,
        invited: Vec::new(),
    };
    let mut request = planned(day(2022, 1, 5), 130, false);
    let plan = request.plan.as_mut().unwrap();
    plan.reviews = vec![review(28, 84), review(29, 85)];
    plan.phase_transfers = vec![PhaseTransfer {
        due: day(2024, 2, 15),
        last: Some(day(2024, 2, 15)),
    }];
    let requests = vec![request];
    assert_eq!(of(requests.clone(), "E28", "all", "2024"), (1.0, Some(2.0)));
    assert_eq!(of(requests.clone(), "E29", "all", "2024"), (1.0, Some(2.0)));
    assert_eq!(of(requests.clone(), "E27", "all", "2024"), (1.0, Some(1.0)));
    assert_eq!(
        of(requests.clone(), "E30", "overdue", "2024"),
        (0.0, Some(1.0))
    );
    assert_eq!(of(requests, "E31", "all", "2024"), (1.0, Some(1.0)));
}

fn referral(service: Service, received: NaiveDate) -> Referral {
    Referral {
        id: 1,
        service,
        received,
        received_at: chrono::NaiveTime::MIN,
        source: ReferralSource::Gp,
        priority: Priority::Routine,
        reason: ReferralReason::SuspectedAutism,
        rejected: None,
        discharged: None,
        clock: Some(RttClock {
            pathway: 1,
            start: received,
            end: None,
        }),
        contacts: Vec::new(),
        diagnoses: Vec::new(),
        onward: None,
    }
}

fn contact(on: NaiveDate, attendance: Attended, proxy: bool) -> Contact {
    Contact {
        id: 1,
        on,
        at: chrono::NaiveTime::MIN,
        attendance,
        proxy,
        first: true,
        mechanism: "01",
        location: "B01",
        group: false,
        minutes: 30,
        cancelled: None,
        activities: Vec::new(),
        staff: 1,
    }
}

fn of_referrals(referrals: Vec<Referral>, metric: &str, part: &str) -> (f64, Option<f64>) {
    let mut truth = Truth::new(&world());
    let mut child = child();
    child.referrals = referrals;
    truth.add_child(&child);
    figure(&truth, metric, part, "2024-06")
}

#[test]
fn waits_are_over_on_day_127_and_day_365() {
    let end = day(2024, 6, 30);
    let waiting: Vec<Referral> = [126, 127, 364, 365]
        .map(|days| referral(Service::Paediatrics, after(end, -days)))
        .into();
    assert_eq!(of_referrals(waiting.clone(), "H01", "all"), (4.0, None));
    assert_eq!(
        of_referrals(waiting.clone(), "H02", "all"),
        (3.0, Some(4.0))
    );
    assert_eq!(of_referrals(waiting.clone(), "H03", "all"), (1.0, None));
    assert_eq!(of_referrals(waiting, "H05", "all"), (1.0, Some(4.0)));
}

#[test]
fn only_an_attended_appointment_with_the_child_ends_a_wait() {
    let received = day(2024, 5, 1);
    let on = day(2024, 6, 10);
    let with = |attendance, proxy| {
        let mut referral = referral(Service::SpeechLanguage, received);
        referral.contacts = vec![contact(on, attendance, proxy)];
        referral
    };
    let referrals = vec![
        with(Attended::Seen, false),
        with(Attended::LateButSeen, false),
        with(Attended::Seen, true),
        with(Attended::LateNotSeen, false),
        with(Attended::DidNotAttend, false),
        with(Attended::CancelledByProvider, false),
    ];
    assert_eq!(of_referrals(referrals.clone(), "H01", "all"), (4.0, None));
    assert_eq!(
        of_referrals(referrals.clone(), "H04", "median"),
        (40.0, None)
    );
    assert_eq!(
        of_referrals(referrals.clone(), "H07", "all"),
        (2.0, Some(5.0))
    );
    assert_eq!(of_referrals(referrals, "H09", "all"), (1.0, Some(6.0)));
}

#[test]
fn suspected_autism_waits_too_long_from_day_92_on() {
    let end = day(2024, 6, 30);
    let referrals = [91, 92]
        .map(|days| referral(Service::Neurodiversity, after(end, -days)))
        .into();
    assert_eq!(of_referrals(referrals, "H10", "all"), (1.0, Some(2.0)));
}

#[test]
fn an_eating_disorder_is_seen_in_time_on_day_7_and_on_day_28() {
    let first = day(2024, 6, 20);
    let seen_after = |days: i64, priority| {
        let mut referral = referral(Service::EatingDisorders, after(first, -days));
        referral.priority = priority;
        referral.contacts = vec![contact(first, Attended::Seen, false)];
        referral
    };
    let referrals = vec![
        seen_after(7, Priority::Urgent),
        seen_after(8, Priority::Urgent),
        seen_after(28, Priority::Routine),
        seen_after(29, Priority::Routine),
    ];
    assert_eq!(
        of_referrals(referrals.clone(), "H12", "urgent"),
        (1.0, Some(2.0))
    );
    assert_eq!(of_referrals(referrals, "H12", "routine"), (1.0, Some(2.0)));
}

/// The child of these tests was born in May 2015.
#[test]
fn access_is_of_twelve_months_and_of_those_who_were_under_18_at_the_first_contact() {
    let with = |days: &[NaiveDate]| {
        let mut referral = referral(Service::Camhs, day(2023, 1, 2));
        let seen = days.iter().map(|on| contact(*on, Attended::Seen, false));
        referral.contacts = seen.collect();
        vec![referral]
    };
    let (within, before) = (day(2023, 7, 1), day(2023, 6, 30));
    let both = with(&[before, within]);
    assert_eq!(
        of_referrals(both.clone(), "H11", "one_contact"),
        (1.0, None)
    );
    assert_eq!(of_referrals(both, "H11", "two_contacts"), (0.0, None));
    let twice = with(&[within, day(2024, 6, 30)]);
    assert_eq!(of_referrals(twice, "H11", "two_contacts"), (1.0, None));
    let mut grown = child();
    grown.referrals = with(&[within]);
    for (born, counted) in [(day(2005, 7, 31), 0.0), (day(2005, 8, 1), 1.0)] {
        let mut truth = Truth::new(&world());
        grown.born = born;
        truth.add_child(&grown);
        let found = figure(&truth, "H11", "one_contact", "2024-06");
        assert_eq!(found, (counted, None), "{born}");
    }
}

#[test]
fn a_year_of_any_sort_is_its_months_and_what_lasts_is_as_at_its_end() {
    let received = [
        day(2023, 3, 31),
        day(2023, 4, 3),
        day(2023, 8, 31),
        day(2023, 9, 1),
    ];
    let requests: Vec<Request> = received.into_iter().map(request).collect();
    let of = |metric, period| of(requests.clone(), metric, "all", period);
    assert_eq!(of("E01", "2023"), (4.0, None));
    assert_eq!(of("E01", "2023-24"), (3.0, None));
    assert_eq!(of("E01", "202324"), (1.0, None));
    assert_eq!(of("E01", "2023-Q3"), (2.0, None));
    // On 30 September the last two are 30 and 29 days old.
    assert_eq!(of("E06", "2023-Q3"), (2.0, Some(4.0)));
    assert_eq!(of("E06", "2023-24"), (4.0, Some(4.0)));
}

#[test]
fn a_case_is_over_twenty_weeks_on_day_141_and_not_on_day_140() {
    let received = day(2024, 2, 5);
    let truth = Truth::new(&world());
    for (days, breached) in [(140, None), (141, Some(day(2024, 6, 25)))] {
        let mut child = child();
        child.requests.push(planned(received, days, false));
        let pathway = truth.pathways(&child).remove(0);
        let place = PathwayRow::COLUMNS
            .iter()
            .position(|name| *name == "breached_on");
        assert_eq!(pathway.days[place.unwrap() - 2], breached);
    }
}

/// Counted a second time, from the returns alone.
#[test]
fn the_returns_of_a_world_have_the_same_figures() {
    let world = World::new(4_000, 11, 2022..=2024).unwrap();
    let mut truth = Truth::new(&world);
    let mut people = Vec::new();
    for family in world.families() {
        truth.add(&family);
        people.extend(family.children);
    }
    for year in world.years() {
        let census = census_day(year + 1);
        let (mut received, mut refused, mut issued, mut in_time) = (0, 0, 0, 0);
        let (mut plans, mut ceased, mut in_six, mut decisions) = (0, 0, 0, 0);
        for person in people
            .iter()
            .filter_map(|child| sen2::person(child, year + 1))
        {
            for record in &person.requests {
                let counted =
                    record.outcome != Code::Historical && record.request.received.year() == year;
                received += i32::from(counted);
                refused += i32::from(counted && record.outcome == Code::No);
                if let Some(on) = record.outcome_date.filter(|on| on.year() == year) {
                    decisions += 1;
                    in_six += i32::from((on - record.request.received).num_days() <= 42);
                }
                let named = record
                    .assessment
                    .as_ref()
                    .and_then(|a| a.named_plan.as_ref());
                if let Some(plan) = named.filter(|plan| plan.start.year() == year) {
                    issued += 1;
                    in_time += i32::from((plan.start - record.request.received).num_days() <= 140);
                }
                let end = named.and_then(|plan| plan.ceased);
                ceased += i32::from(end.is_some_and(|end| end.on.year() == year));
                plans += i32::from(
                    record.active_plan.is_some() && end.is_none_or(|end| end.on > census),
                );
            }
        }
        let label = year.to_string();
        let same = |metric, numerator: i32, denominator: i32, period: &str| {
            let found = figure(&truth, metric, "all", period);
            let denominator = found.1.map(|_| f64::from(denominator));
            assert_eq!(
                found,
                (f64::from(numerator), denominator),
                "{metric} {period}"
            );
        };
        same("E01", received, 0, &label);
        same("E03", refused, received, &label);
        same("E05", in_six, decisions, &label);
        same("E12", in_time, issued, &label);
        same("E20", plans, 0, &format!("{year}{:02}", (year + 1) % 100));
        let found = figure(&truth, "E26", "transferred", &label);
        assert_eq!(found.1, Some(f64::from(ceased)));
    }
}
