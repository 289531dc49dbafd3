//! Decisions: whether to assess, whether to issue a plan, in what time, and who
//! disputes them.

use super::life;
use super::{
    AdviceOutcome, AdviceRequest, Agency, Assessment, Decision, Dispute, DisputeAbout, DisputeKind,
    DisputeResult, Outcome, Request,
};
use crate::world::World;
use crate::world::calendar::{after, day};
use crate::world::chance::Chance;
use crate::world::family::Child;
use crate::world::need::{Need, Needs};
use chrono::{Datelike, NaiveDate, Weekday};

/// Share of requests refused, by year received.
fn refused(year: i32) -> f64 {
    match year {
        ..=2018 => 0.3,
        2019 => 0.478,
        2020 => 0.471,
        2021 => 0.346,
        2022 => 0.317,
        2023 => 0.232,
        _ => 0.241,
    }
}

/// Share of plans that will be in time, by the quarter in which the request was
/// received: good until 2021, hardly any for requests of late 2022 and 2023,
/// then slowly better.
fn in_time(received: NaiveDate) -> f64 {
    match (received.year(), received.month()) {
        (..=2019, _) => 0.98,
        (2020, _) => 0.935,
        (2021, ..=6) => 0.96,
        (2021, _) => 0.93,
        (2022, ..=3) => 0.80,
        (2022, ..=7) => 0.55,
        (2022, _) => 0.05,
        (2023, ..=8) => 0.04,
        (2023, _) => 0.10,
        (2024, ..=8) => 0.21,
        (2024, _) => 0.32,
        (2025, _) => 0.42,
        _ => 0.5,
    }
}

/// Share of decisions not to issue that come within 16 weeks.
fn refusal_in_time(received: NaiveDate) -> f64 {
    match received.year() {
        ..=2021 => 0.55,
        2022 => 0.3,
        _ => 0.16,
    }
}

/// The weekday on or before a day.
pub(super) fn weekday(date: NaiveDate) -> NaiveDate {
    match date.weekday() {
        Weekday::Sat => after(date, -1),
        Weekday::Sun => after(date, -2),
        _ => date,
    }
}

/// Decides a request, and an assessment if it is to be assessed; a plan if one
/// is issued.
pub(super) fn decide(child: &Child, world: &World, request: &mut Request, chance: &mut Chance) {
    let Some(needs) = child.needs else { return };
    let received = request.received;
    let horizon = Horizon {
        last_day: world.last_day(),
        left: child.left,
    };
    let days = match chance.happens(0.932) {
        true => chance.quantile(&[(0.0, 12.0), (0.3, 28.0), (0.8, 40.0), (1.0, 42.9)]),
        false => chance.quantile(&[(0.0, 43.0), (0.6, 60.0), (1.0, 92.0)]),
    };
    let no =
        refused(received.year()) * [1.45, 1.08, 0.3][usize::from(needs.severity.clamp(1, 3)) - 1];
    let outcome = match chance.unit() {
        drawn if drawn < 0.035 => Outcome::Withdrawn,
        drawn if drawn < 0.035 + no => Outcome::No,
        _ => Outcome::Yes,
    };
    let on = weekday(after(received, days)).max(received);
    request.panel = horizon.sees(after(on, -chance.between(0, 4)).max(received));
    request.decision = horizon.sees(on).map(|on| Decision { outcome, on });
    match (request.decision, outcome) {
        (Some(_), Outcome::Yes) => assess(child, needs, horizon, on, request, chance),
        (Some(_), Outcome::No) => {
            dispute(request, DisputeAbout::RefusalToAssess, on, horizon, chance);
        }
        _ => {}
    }
    if request.over().is_none() && request.plan.is_none() {
        request.exported = horizon.left.filter(|(left, _)| *left <= horizon.last_day);
    }
}

/// What has happened by the last day, and before the child left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Horizon {
    pub(super) last_day: NaiveDate,
    pub(super) left: Option<(NaiveDate, u16)>,
}

impl Horizon {
    pub(super) fn sees(self, date: NaiveDate) -> Option<NaiveDate> {
        (date <= self.last_day && self.left.is_none_or(|(left, _)| date < left)).then_some(date)
    }
}

fn assess(
    child: &Child,
    needs: Needs,
    horizon: Horizon,
    agreed: NaiveDate,
    request: &mut Request,
    chance: &mut Chance,
) {
    let received = request.received;
    let no = [0.24, 0.17, 0.05][usize::from(needs.severity.clamp(1, 3)) - 1];
    let outcome = match chance.unit() {
        drawn if drawn < 0.025 => Outcome::Withdrawn,
        drawn if drawn < 0.025 + no => Outcome::No,
        _ => Outcome::Yes,
    };
    let punctual = chance.happens(in_time(received));
    let exception = chance.happens(match punctual {
        true => 0.01,
        false => 0.05,
    });
    // The earliest day on which advice can have been read.
    let soonest = after(agreed, 30);
    let (decided, draft, issued) = match outcome {
        Outcome::Yes => {
            let days = match punctual {
                true => chance.quantile(&[(0.0, 108.0), (0.5, 135.0), (1.0, 140.9)]),
                false => chance.quantile(&[
                    (0.0, 141.0),
                    (0.25, 165.0),
                    (0.7, 235.0),
                    (0.93, 350.0),
                    (1.0, 460.0),
                ]),
            };
            let last = weekday(after(received, days));
            let draft = weekday(after(last, -chance.between(18, 48)).max(soonest));
            let last = last.max(after(draft, 16));
            let decided = after(draft, -chance.between(0, 9)).max(agreed);
            (decided, Some(draft), Some(last))
        }
        _ => {
            let days = match chance.happens(refusal_in_time(received)) {
                true => chance.quantile(&[(0.0, 75.0), (0.6, 105.0), (1.0, 112.9)]),
                false => chance.quantile(&[(0.0, 113.0), (0.6, 150.0), (1.0, 290.0)]),
            };
            (weekday(after(received, days)).max(soonest), None, None)
        }
    };
    let mut assessment = Assessment {
        advice: advice(child, needs, request.id, agreed, decided, chance),
        panel: horizon.sees(after(decided, -chance.between(0, 5)).max(agreed)),
        decision: horizon.sees(decided).map(|on| Decision { outcome, on }),
        draft: draft.and_then(|draft| horizon.sees(draft)),
        exception,
    };
    assessment
        .advice
        .retain(|advice| horizon.sees(advice.sent).is_some());
    for advice in &mut assessment.advice {
        hide_what_comes_later(advice, assessment.decision.is_some(), horizon);
    }
    let refused = assessment.decision.filter(|_| outcome == Outcome::No);
    request.assessment = Some(assessment);
    if let Some(refused) = refused {
        dispute(
            request,
            DisputeAbout::RefusalToIssue,
            refused.on,
            horizon,
            chance,
        );
    }
    if let Some(start) = issued.and_then(|issued| horizon.sees(issued)) {
        request.plan = Some(life::issued(request.id, needs, start, None));
        dispute(request, DisputeAbout::Content, start, horizon, chance);
    }
}

/// Who is asked for advice, and when it comes: never after the decision, which
/// is taken without it if it must be.
fn advice(
    child: &Child,
    needs: Needs,
    request: u64,
    agreed: NaiveDate,
    decided: NaiveDate,
    chance: &mut Chance,
) -> Vec<AdviceRequest> {
    let sent = after(agreed, chance.between(0, 6)).min(decided);
    let strained = sent >= day(2022, 9, 1) && sent < day(2024, 6, 1);
    let mut asked = Vec::new();
    for (number, agency) in Agency::ALL.into_iter().enumerate() {
        let (share, punctual, unknown) = match agency {
            Agency::EducationalPsychology => (1.0, 0.62, 0.0),
            Agency::SocialCare => (1.0, 0.7, 0.55),
            Agency::SpeechLanguage => (likely(needs, &[Need::Slcn, Need::Asd]), 0.66, 0.12),
            Agency::OccupationalTherapy => (likely(needs, &[Need::Asd, Need::Pd]), 0.5, 0.2),
            Agency::Physiotherapy => (likely(needs, &[Need::Pd, Need::Pmld]) / 2.0, 0.8, 0.2),
            Agency::Paediatrics => (0.6, 0.55, 0.15),
            Agency::Camhs => (likely(needs, &[Need::Semh]) / 1.5, 0.45, 0.4),
        };
        if !chance.happens(share) {
            continue;
        }
        let punctual = match strained {
            true => punctual * 0.55,
            false => punctual,
        };
        let known = !chance.happens(unknown);
        let missed_appointment = known && chance.happens(0.05);
        let days = match chance.happens(if known { punctual } else { 0.92 }) {
            true => chance.quantile(&[(0.0, 4.0), (0.4, 28.0), (0.85, 41.0), (1.0, 42.9)]),
            false => chance.quantile(&[(0.0, 43.0), (0.5, 60.0), (0.9, 110.0), (1.0, 160.0)]),
        };
        let due = after(sent, 42);
        let arrives = after(sent, days);
        let received = match (chance.happens(0.04), arrives <= decided) {
            (true, _) => None,
            (false, true) => Some(arrives),
            // Hurried along, or given up.
            (false, false) if after(due, 1) <= decided => Some(chance.day(after(due, 1), decided)),
            (false, false) => None,
        };
        asked.push(AdviceRequest {
            id: request * 10 + number as u64,
            agency,
            sent,
            due,
            received,
            outcome: Some(match (received, known) {
                (None, _) => AdviceOutcome::Nil,
                (Some(_), false) => AdviceOutcome::NotKnown,
                (Some(_), true) => AdviceOutcome::Advice,
            }),
            missed_appointment,
        });
    }
    // A looked-after child's social worker is always known.
    if child.looked_after {
        for advice in &mut asked {
            if advice.agency == Agency::SocialCare
                && advice.outcome == Some(AdviceOutcome::NotKnown)
            {
                advice.outcome = Some(AdviceOutcome::Advice);
            }
        }
    }
    asked
}

fn likely(needs: Needs, wanted: &[Need]) -> f64 {
    match wanted.iter().any(|need| needs.include(*need)) {
        true => 0.8,
        false => 0.22,
    }
}

/// Advice that has not come by the last day is open, unless the decision was
/// taken without it.
fn hide_what_comes_later(advice: &mut AdviceRequest, decided: bool, horizon: Horizon) {
    advice.received = advice.received.and_then(|on| horizon.sees(on));
    if advice.received.is_none() {
        advice.outcome = decided.then_some(AdviceOutcome::Nil);
    }
}

/// Mediation and appeal about a decision; most appeals come after mediation.
fn dispute(
    request: &mut Request,
    about: DisputeAbout,
    decided: NaiveDate,
    horizon: Horizon,
    chance: &mut Chance,
) {
    let (mediation, tribunal) = match about {
        DisputeAbout::RefusalToAssess => (0.22, 0.08),
        DisputeAbout::RefusalToIssue => (0.2, 0.12),
        DisputeAbout::Content => (0.06, 0.07),
    };
    let mediated = chance.happens(mediation);
    let appealed = chance.happens(match mediated {
        true => tribunal * 3.0,
        false => tribunal / 2.0,
    });
    let asked = after(decided, chance.between(10, 55));
    for (kind, wanted, registered, longest) in [
        (DisputeKind::Mediation, mediated, asked, 45),
        (DisputeKind::Tribunal, appealed, after(asked, 40), 330),
    ] {
        let Some(registered) = horizon.sees(registered).filter(|_| wanted) else {
            continue;
        };
        let concluded = horizon.sees(after(registered, chance.between(longest / 3, longest)));
        let drawn = chance.weighted(&[45.0, 5.0, 20.0, 30.0]);
        let result = match (kind, drawn) {
            (DisputeKind::Mediation, 0) => DisputeResult::Agreed,
            (DisputeKind::Mediation, _) => DisputeResult::NotAgreed,
            (DisputeKind::Tribunal, 0) => DisputeResult::Upheld,
            (DisputeKind::Tribunal, 1) => DisputeResult::Dismissed,
            (DisputeKind::Tribunal, 2) => DisputeResult::Withdrawn,
            (DisputeKind::Tribunal, _) => DisputeResult::Conceded,
        };
        request.disputes.push(Dispute {
            id: request.id * 10 + request.disputes.len() as u64,
            kind,
            about,
            registered,
            concluded,
            result: concluded.map(|_| result),
        });
    }
}
