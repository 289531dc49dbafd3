//! Referrals to the Children with Disabilities team, and the short breaks that
//! follow.

use super::{CareReferral, ShortBreak};
use crate::world::World;
use crate::world::calendar::{after, working_day};
use crate::world::chance::Purpose;
use crate::world::family::Child;
use crate::world::need::Need;

/// What social care does for a child with a disability.
pub(crate) fn simulate(child: &mut Child, world: &World) {
    let Some(needs) = child.needs else { return };
    let mut chance = child.chance(Purpose::Care);
    let share = match needs.severity {
        3 => 0.45,
        2 => 0.06,
        _ => 0.01,
    };
    if !chance.happens(share) {
        return;
    }
    let mut received = working_day(after(child.born, chance.between(700, 5800)));
    for number in 0..2 {
        if received > world.last_day() || !child.is_present_on(received) {
            return;
        }
        let source = chance.pick(&[
            "family",
            "family",
            "education",
            "education",
            "health",
            "social_care",
        ]);
        let decided = Some(after(
            received,
            chance.quantile(&[(0.0, 1.0), (0.8, 10.0), (1.0, 45.0)]),
        ))
        .filter(|on| *on <= world.last_day() && child.is_present_on(*on));
        let accepted = chance.happens(match needs.severity {
            3 => 0.75,
            2 => 0.4,
            _ => 0.15,
        });
        let disability = match needs.primary {
            Need::Asd => "AUT",
            Need::Pd => "MOB",
            Need::Hi => "HEAR",
            Need::Vi | Need::Msi => "VIS",
            Need::Sld | Need::Pmld | Need::Ds | Need::Mld => "LD",
            Need::Semh => "BEH",
            Need::Slcn => "COMM",
            Need::Spld | Need::Oth => "DDA",
        };
        let early_help = chance.happens(0.5);
        let decision = match (accepted, early_help) {
            (true, _) => "accepted",
            (false, true) => "early_help",
            (false, false) => "not_accepted",
        };
        let id = child.person * 10 + number;
        let closed = after(decided.unwrap_or(received), chance.between(200, 3000))
            .min(after(child.born, 18 * 365));
        child.care_referrals.push(CareReferral {
            id,
            received,
            source,
            decided,
            accepted: decided.map(|_| accepted),
            decision: decided.map(|_| decision),
            closed: Some(closed).filter(|on| {
                accepted && decided.is_some_and(|decided| decided <= *on) && *on <= world.last_day()
            }),
            disability,
        });
        match decided {
            Some(decided) if accepted => {
                give_break(
                    child,
                    world,
                    id,
                    after(decided, chance.between(20, 120)),
                    &mut chance,
                );
                return;
            }
            Some(_) if chance.happens(0.4) => {}
            _ => return,
        }
        received = working_day(after(received, chance.between(200, 900)));
    }
}

/// A short break, which starts after the decision and ends at 18.
fn give_break(
    child: &mut Child,
    world: &World,
    referral: u64,
    from: chrono::NaiveDate,
    chance: &mut crate::world::chance::Chance,
) {
    let last_day = child
        .left
        .map_or(world.last_day(), |(left, _)| after(left, -1));
    let kind = chance.pick(&["day", "day", "home", "overnight", "direct_payment"]);
    let until = after(from, chance.between(200, 2500)).min(after(child.born, 18 * 365));
    if from > last_day || from >= until || chance.happens(0.2) {
        return;
    }
    let annual_hours = chance.between(24, 320) as u32;
    let lasted = (until.min(world.last_day()) - from)
        .num_days()
        .clamp(0, 365) as u32;
    let (hour, share) = match kind {
        "overnight" => (31, 0.9),
        "day" => (14, 0.7),
        _ => (22, 0.8),
    };
    child.short_breaks.push(ShortBreak {
        id: child.person * 10,
        referral,
        kind,
        from,
        until: match child.left {
            Some((left, _)) if left <= until && left <= world.last_day() => Some(after(left, -1)),
            _ => Some(until).filter(|until| *until <= world.last_day()),
        },
        annual_hours,
        used_hours: (f64::from(annual_hours * lasted) / 365.0 * share * chance.unit()) as u32,
        annual_pounds: annual_hours * hour,
    });
}
