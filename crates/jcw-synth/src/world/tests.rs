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

/// Not a promise but a look: the rates that the world comes to.
#[test]
fn rates_are_near_those_of_the_area() {
    let world = World::new(60_000, 1, 2019..=2024).unwrap();
    let (mut requests, mut refused, mut issued, mut in_time) = ([0; 6], [0; 6], [0; 6], [0; 6]);
    let (mut active, mut present, mut contacts) = ([0; 6], [0; 6], 0);
    let (mut ceased, mut refs, mut waiting) = ([[0; 10]; 6], [0; 7], [[0; 3]; 7]);
    let mut placements = std::collections::BTreeMap::<String, u32>::new();
    for child in children(&world) {
        for year in 0..6 {
            let census = census_day(2020 + year as i32);
            present[year] +=
                i32::from(child.is_present_on(census) && calendar::age(child.born, census) < 25);
            active[year] += i32::from(child.plan_on(census).is_some());
        }
        if let Some(plan) = child.plan_on(census_day(2025)) {
            let name = plan
                .placements_on(census_day(2025))
                .next()
                .map_or("none".to_owned(), |p| match p.place {
                    ehc::Place::Setting { setting, .. } => format!("{:?}", setting.group),
                    ehc::Place::Elsewhere(code) => code.to_owned(),
                });
            *placements.entry(name).or_default() += 1;
        }
        for request in &child.requests {
            use chrono::Datelike;
            let slot =
                |date: NaiveDate| usize::try_from(date.year() - 2019).ok().filter(|y| *y < 6);
            let transferred = request
                .plan
                .as_ref()
                .is_some_and(|p| p.transfer_in.is_some());
            if let (Some(y), false) = (slot(request.received), transferred) {
                requests[y] += 1;
                refused[y] += i32::from(request.decision.is_some_and(|d| d.outcome == Outcome::No));
            }
            if let Some(plan) = &request.plan {
                if let (Some(y), false) = (slot(plan.start), transferred) {
                    issued[y] += 1;
                    in_time[y] += i32::from((plan.start - request.received).num_days() <= 140);
                }
                if let Some((cease, y)) = plan.ceased.and_then(|c| Some((c, slot(c.on)?))) {
                    ceased[y][usize::from(cease.reason)] += 1;
                }
            }
        }
        for referral in &child.referrals {
            let s = health::Service::ALL
                .iter()
                .position(|s| *s == referral.service)
                .unwrap();
            refs[s] += i32::from(referral.received >= world.first_day());
            contacts += referral.contacts.len();
            let at = calendar::day(2023, 10, 31);
            if referral.is_waiting_on(at) {
                let days = (at - referral.received).num_days();
                waiting[s][0] += 1;
                waiting[s][1] += i32::from(days > 126);
                waiting[s][2] += i32::from(days > 364);
            }
        }
    }
    let share = |part: [i32; 6], whole: [i32; 6]| {
        std::array::from_fn::<f64, 6, _>(|i| {
            (1000.0 * f64::from(part[i]) / f64::from(whole[i])).round() / 10.0
        })
    };
    println!(
        "present {present:?}\nrequests {requests:?} per 1000 {:?}",
        share(requests, present).map(|x| x * 10.0)
    );
    println!(
        "refused {:?}\nissued {issued:?} in time {:?}",
        share(refused, requests),
        share(in_time, issued)
    );
    println!(
        "active {active:?} {:?}\nceased {ceased:?}",
        share(active, present)
    );
    println!("referrals {refs:?} waiting {waiting:?} contacts {contacts}\nplaces {placements:?}");
}
