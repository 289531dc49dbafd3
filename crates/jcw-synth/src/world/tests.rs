//! What must be true of every world, whatever its seed.

use super::calendar::{after, census_day};
use super::ehc::{Outcome, Plan, Request, ReviewOutcome};
use super::family::Child;
use super::sen2::{self, Code};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn world(seed: u64) -> World {
    World::new(1_500, seed, 2021..=2024).unwrap()
}

fn children(world: &World) -> Vec<Child> {
    world
        .families()
        .flat_map(|family| family.children)
        .collect()
}

#[test]
fn a_family_is_the_same_in_whatever_order_it_is_made() {
    let world = world(3);
    let forwards: Vec<String> = world.families().map(|f| format!("{f:?}")).collect();
    for number in (0..world.family_count()).rev() {
        assert_eq!(
            format!("{:?}", world.family(number)),
            forwards[number as usize]
        );
    }
}

#[test]
fn there_are_as_many_children_as_asked_for_and_each_once() {
    for count in [1, 35, 36, 37, 1_000] {
        let world = World::new(count, 5, 2024..=2024).unwrap();
        let persons: Vec<u64> = children(&world).iter().map(|child| child.person).collect();
        assert_eq!(persons, (1..=count).collect::<Vec<u64>>());
    }
}

#[test]
fn worlds_of_nobody_and_years_without_a_past_are_refused() {
    assert!(World::new(0, 1, 2024..=2024).is_err());
    assert!(World::new(10, 1, 2014..=2016).is_err());
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    let backwards = World::new(10, 1, 2024..=2023);
    assert!(backwards.is_err());
}

#[test]
fn twins_share_birthday_and_addresses() {
    let mut twins = 0;
    for family in World::new(5_000, 9, 2023..=2024).unwrap().families() {
        for pair in family.children.windows(2) {
            if pair[0].twin && pair[1].twin && pair[0].born == pair[1].born {
                twins += 1;
                assert_eq!(pair[0].homes, pair[1].homes);
                assert_eq!(pair[0].surname, pair[1].surname);
                assert_ne!(pair[0].forename, pair[1].forename);
            }
        }
    }
    assert!(twins > 20);
}

#[test]
fn no_two_children_share_a_number() {
    let mut seen = BTreeSet::new();
    for child in children(&world(8)) {
        assert!(seen.insert(child.nhs_number.clone()));
        assert!(seen.insert(child.council_child_id.clone()));
        assert!(child.upn.value.is_none_or(|upn| seen.insert(upn)));
        assert!(child.uln.is_none_or(|(uln, _)| seen.insert(uln)));
    }
}

fn check_request(child: &Child, request: &Request, last_day: NaiveDate) {
    let mut at = request.received;
    let mut next = |date: Option<NaiveDate>, what: &str| {
        if let Some(date) = date {
            assert!(
                at <= date && date <= last_day,
                "{what} of {}: {at} {date}",
                request.id
            );
            at = date;
        }
    };
    let transferred = request
        .plan
        .as_ref()
        .is_some_and(|p| p.transfer_in.is_some());
    if !transferred {
        assert!(child.is_present_on(request.received));
    }
    next(request.panel, "panel");
    next(request.decision.map(|d| d.on), "decision");
    if let Some(assessment) = &request.assessment {
        assert_eq!(request.decision.map(|d| d.outcome), Some(Outcome::Yes));
        next(assessment.decision.map(|d| d.on), "assessment");
        next(assessment.draft, "draft");
        for advice in &assessment.advice {
            assert_eq!(advice.due, after(advice.sent, 42));
            assert!(
                advice
                    .received
                    .is_none_or(|day| day >= advice.sent && day <= last_day)
            );
        }
    }
    if let Some(plan) = &request.plan {
        next(Some(plan.start), "plan");
        next(Some(plan.maintained_from()), "transfer");
        next(plan.ceased.map(|cease| cease.on), "cease");
        check_plan(plan, last_day);
        if !transferred {
            let assessment = request.assessment.as_ref().unwrap();
            assert_eq!(assessment.decision.map(|d| d.outcome), Some(Outcome::Yes));
        }
    }
}

fn check_plan(plan: &Plan, last_day: NaiveDate) {
    assert_ne!(Some(plan.needs.primary), plan.needs.secondary);
    for placement in &plan.placements {
        assert!(placement.entry <= last_day.max(plan.maintained_from()));
        assert!(
            placement
                .leaving
                .is_none_or(|day| day >= placement.entry && day <= last_day)
        );
    }
    for pair in plan
        .placements
        .iter()
        .filter(|p| p.rank == 1)
        .collect::<Vec<_>>()
        .windows(2)
    {
        assert!(
            pair[0]
                .leaving
                .is_some_and(|leaving| leaving <= pair[1].entry),
            "two main places of {}: {:?} {:?}",
            plan.id,
            pair[0],
            pair[1]
        );
    }
    for review in &plan.reviews {
        let decided = review.decision.map(|(on, _)| on);
        assert!(decided.is_none_or(|on| Some(on) >= review.meeting));
        assert!(review.draft.is_none_or(|on| Some(on) >= decided));
        assert!(review.last.is_none_or(|on| Some(on) >= review.draft));
        if review.draft.is_some() {
            assert_eq!(
                review.decision.map(|(_, what)| what),
                Some(ReviewOutcome::Amend)
            );
        }
    }
}

fn check_health(child: &Child, last_day: NaiveDate) {
    for referral in &child.referrals {
        assert!(child.is_present_on(referral.received));
        assert!(referral.rejected.is_none() || referral.discharged.is_none());
        let mut at = referral.received;
        for contact in &referral.contacts {
            assert!(at <= contact.on && contact.on <= last_day);
            at = contact.on;
            assert_eq!(
                contact.cancelled.is_some(),
                contact.attendance.is_cancelled()
            );
            assert_eq!(
                contact.activities.is_empty(),
                !contact.attendance.is_attended()
            );
        }
        assert!(
            referral
                .discharged
                .is_none_or(|day| day >= at && day <= last_day)
        );
        if let Some(clock) = referral.clock {
            assert!(clock.end.is_none_or(|end| end >= clock.start));
        }
    }
}

fn check_return(child: &Child, year: i32) {
    let Some(person) = sen2::person(child, year) else {
        return;
    };
    let census = census_day(year);
    assert!(person.postcode.is_some());
    let mut active = 0;
    for record in &person.requests {
        assert_eq!(
            record.outcome_date.is_some(),
            matches!(record.outcome, Code::Yes | Code::No)
        );
        let started = record
            .assessment
            .as_ref()
            .and_then(|a| a.named_plan.as_ref());
        if let Some(plan) = started {
            assert!(plan.start >= record.request.received && plan.start <= census);
        }
        if let Some(plan) = &record.active_plan {
            active += usize::from(plan.plan.is_active_on(census));
            assert!(started.is_some() || plan.transfer_in.is_some());
            assert!(
                plan.review_decision
                    .is_none_or(|on| Some(on) >= plan.review_meeting)
            );
        }
    }
    assert!(active <= 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn whatever_the_seed_days_are_in_their_legal_order(seed: u64) {
        let world = world(seed);
        let last_day = world.last_day();
        for child in children(&world) {
            for request in &child.requests {
                check_request(&child, request, last_day);
            }
            check_health(&child, last_day);
            for year in world.return_years() {
                check_return(&child, year);
            }
            for term in &child.attendance {
                prop_assert!(term.authorised + term.unauthorised <= term.possible);
            }
        }
    }
}

/// Rates of a world as large as Southend, within what chance and a glance at
/// section 0 of the domain brief allow.
#[test]
fn rates_are_near_those_of_the_area() {
    let world = World::new(50_000, 1, 2022..=2024).unwrap();
    let mut truth = crate::truth::Truth::new(&world);
    let (census, mut present) = (census_day(2025), 0.0);
    for family in world.families() {
        truth.add(&family);
        let here =
            |child: &&Child| child.is_present_on(census) && calendar::age(child.born, census) < 25;
        present += family.children.iter().filter(here).count() as f64;
    }
    let values: Vec<_> = truth.metric_values().collect();
    let value = |metric: &str, period: &str| {
        values
            .iter()
            .find(|value| {
                value.metric_id == metric && value.period == period && value.breakdown == "Total"
            })
            .and_then(|value| value.value)
            .unwrap()
    };
    let near = |what: &str, found: f64, low: f64, high: f64| {
        assert!(
            (low..=high).contains(&found),
            "{what}: {found} is not in {low}..{high}"
        );
    };
    near(
        "requests for each 1,000",
        1000.0 * value("E01", "2024") / present,
        9.0,
        14.0,
    );
    near(
        "plans for each 100",
        100.0 * value("E20", "202425") / present,
        3.3,
        5.0,
    );
    near("refused", value("E03", "2024"), 20.0, 28.0);
    near("decided in six weeks", value("E05", "2024"), 90.0, 96.0);
    near("in twenty weeks 2022", value("E12", "2022"), 65.0, 90.0);
    near("in twenty weeks 2023", value("E12", "2023"), 1.0, 9.0);
    near("in twenty weeks 2024", value("E12", "2024"), 11.0, 23.0);
    near(
        "reviews decided in four weeks",
        value("E28", "2024"),
        60.0,
        72.0,
    );
    near("did not attend", value("H07", "2024-06"), 5.0, 12.0);
    near(
        "delivered of contract",
        value("H08", "2024-06"),
        60.0,
        130.0,
    );
    near("sessions missed", value("O01", "202425-autumn"), 4.0, 10.0);
}
