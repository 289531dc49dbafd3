//! Annual reviews and phase transfers.

use super::decisions::{Horizon, weekday};
use super::{Agency, Invited, PhaseTransfer, Plan, Review, ReviewOutcome};
use crate::world::calendar::{academic_year, after, day, days_between};
use crate::world::chance::Chance;
use crate::world::family::Child;
use chrono::NaiveDate;

/// Holds the reviews of a plan until it ceases or the world ends.
pub(super) fn hold(child: &Child, plan: &mut Plan, horizon: Horizon, chance: &mut Chance) {
    let end = plan.ceased.map_or(horizon.last_day, |cease| cease.on);
    let mut due = after(plan.maintained_from(), 365);
    let mut number = 0;
    while due <= after(end, 30) {
        let held = chance.happens(0.955).then(|| {
            weekday(after(
                due,
                chance.quantile(&[(0.0, -90.0), (0.6, -10.0), (0.9, 15.0), (1.0, 130.0)]),
            ))
        });
        let meeting = held.filter(|on| *on < end).and_then(|on| horizon.sees(on));
        if due <= horizon.last_day || meeting.is_some() {
            plan.reviews
                .push(review(plan, due, number, meeting, horizon, chance));
        }
        due = after(held.unwrap_or(due), 365);
        number += 1;
    }
    plan.phase_transfers = phase_transfers(child, plan, horizon, chance);
}

fn review(
    plan: &Plan,
    due: NaiveDate,
    number: u64,
    meeting: Option<NaiveDate>,
    horizon: Horizon,
    chance: &mut Chance,
) -> Review {
    let mut review = Review {
        id: plan.id * 100 + number,
        due,
        meeting,
        decision: None,
        draft: None,
        last: None,
        child_attended: chance.happens(0.55),
        parent_attended: chance.happens(0.9),
        invited: Vec::new(),
    };
    let Some(meeting) = meeting else {
        review.child_attended = false;
        review.parent_attended = false;
        return review;
    };
    let days = match chance.happens(0.665) {
        true => chance.quantile(&[(0.0, 2.0), (0.6, 22.0), (1.0, 28.9)]),
        false => chance.quantile(&[(0.0, 29.0), (0.6, 55.0), (1.0, 150.0)]),
    };
    let decided = after(meeting, days);
    let ceases_soon = plan.ceased.is_some_and(|cease| {
        !matches!(cease.reason, 5 | 7 | 8)
            && cease.on >= decided
            && days_between(meeting, cease.on) < 200
    });
    let outcome = match (ceases_soon, chance.happens(0.42)) {
        (true, _) => ReviewOutcome::Cease,
        (_, true) => ReviewOutcome::Amend,
        (_, false) => ReviewOutcome::Maintain,
    };
    let undecided = chance.happens(0.05) || plan.ceased.is_some_and(|cease| cease.on < decided);
    review.decision = horizon
        .sees(decided)
        .filter(|_| !undecided)
        .map(|on| (on, outcome));
    if review.decision.is_some() && outcome == ReviewOutcome::Amend {
        let draft = after(decided, chance.between(0, 12));
        let days = match chance.happens(0.5) {
            true => chance.between(50, 84),
            false => chance.between(85, 230),
        };
        let last = after(meeting, days).max(after(draft, 16));
        let alive = |on: &NaiveDate| plan.ceased.is_none_or(|cease| cease.on > *on);
        review.draft = horizon.sees(draft).filter(alive);
        review.last = horizon
            .sees(last)
            .filter(alive)
            .filter(|_| review.draft.is_some());
    }
    review.invited = invited(plan, meeting, chance);
    review
}

/// Health and social care are asked, and seldom come.
fn invited(plan: &Plan, meeting: NaiveDate, chance: &mut Chance) -> Vec<Invited> {
    let mut invited = Vec::new();
    for agency in Agency::ALL {
        let provides = plan.provision.iter().any(|line| {
            line.agency == Some(agency)
                && line.from <= meeting
                && line.until.is_none_or(|until| until > meeting)
        });
        let asked = provides || agency == Agency::SocialCare && chance.happens(0.4);
        if !asked {
            continue;
        }
        let (attends, reports) = match agency {
            Agency::EducationalPsychology => (0.35, 0.5),
            Agency::SocialCare => (0.22, 0.25),
            Agency::SpeechLanguage | Agency::OccupationalTherapy => (0.24, 0.5),
            _ => (0.1, 0.35),
        };
        invited.push(Invited {
            agency,
            attended: chance.happens(attends),
            reported: chance.happens(reports),
        });
    }
    invited
}

/// Into primary, into secondary, out of secondary: 15 February, and 31 March
/// for post-16.
fn phase_transfers(
    child: &Child,
    plan: &Plan,
    horizon: Horizon,
    chance: &mut Chance,
) -> Vec<PhaseTransfer> {
    let cohort = academic_year(child.born);
    [
        day(cohort + 5, 2, 15),
        day(cohort + 12, 2, 15),
        day(cohort + 17, 3, 31),
    ]
    .into_iter()
    // Plans issued in the autumn before already name the next setting.
    .filter(|due| after(plan.maintained_from(), 150) <= *due && plan.is_active_on(*due))
    .map(|due| {
        let days = match chance.happens(0.72) {
            true => chance.between(-70, 0),
            false => chance.between(1, 120),
        };
        PhaseTransfer {
            due,
            last: horizon
                .sees(after(due, days))
                .filter(|last| plan.ceased.is_none_or(|cease| cease.on >= *last)),
        }
    })
    // The next one is known a year ahead.
    .filter(|transfer| transfer.due <= after(horizon.last_day, 366))
    .collect()
}
