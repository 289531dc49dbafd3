//! The pathway is what happened to a child from a request to the first therapy,
//! across the council and the providers: the days as they truly were, for a
//! warehouse that has to put them together from three partners' extracts.

use super::Truth;
use crate::world::calendar::after;
use crate::world::ehc::{Outcome, Request};
use crate::world::family::Child;
use crate::world::health::Service;
use chrono::{Datelike, Days, NaiveDate};
use std::collections::BTreeMap;

/// Days within which a plan is due, from the request (reg. 13(2)).
const TWENTY_WEEKS: i64 = 140;

/// The days of one request; not of a plan that came with the child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathwayRow {
    /// Number of the person.
    pub person: u64,
    /// The council's number of the request.
    pub request: u64,
    /// In the order of [`PathwayRow::COLUMNS`], from `received_on` on.
    pub days: [Option<NaiveDate>; 11],
}

impl PathwayRow {
    /// Columns of `pathway.csv`, in the order of [`PathwayRow::cells`].
    ///
    /// - `decided_on`: whether to assess, withdrawals included; `assessed_on`:
    ///   whether to issue a plan.
    /// - `ended_on`: the final plan, or the day on which it was clear that there
    ///   would be none.
    /// - `breached_on`: day 141, if the case was open at its beginning.
    /// - The last three: the day on which a therapist (speech and language,
    ///   occupational, physio) saw the child, first of all since the submissions
    ///   began, first since the request, first since the plan.
    pub const COLUMNS: [&'static str; 13] = [
        "person",
        "request_id",
        "received_on",
        "decided_on",
        "advice_asked_on",
        "last_advice_on",
        "assessed_on",
        "draft_plan_on",
        "ended_on",
        "breached_on",
        "therapy_on",
        "therapy_after_request_on",
        "therapy_after_plan_on",
    ];

    /// The row as text, empty where nothing happened.
    #[must_use]
    pub fn cells(&self) -> [String; 13] {
        let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
        let days = self.days.map(day);
        let mut cells: [String; 13] = Default::default();
        cells[0] = self.person.to_string();
        cells[1] = format!("R{:07}", self.request);
        for (cell, day) in cells[2..].iter_mut().zip(days) {
            *cell = day;
        }
        cells
    }
}

impl Truth {
    /// The pathways of a child.
    #[must_use]
    pub fn pathways(&self, child: &Child) -> Vec<PathwayRow> {
        let mut therapy: Vec<NaiveDate> = Vec::new();
        for referral in child.referrals.iter().filter(|one| is_therapy(one.service)) {
            let told = self.tally.periods.known_from(referral.service)..=self.tally.periods.last;
            let seen = referral
                .contacts
                .iter()
                .filter(|contact| contact.is_child_seen());
            therapy.extend(
                seen.map(|contact| contact.on)
                    .filter(|on| told.contains(on)),
            );
        }
        therapy.sort_unstable();
        let since = |day: Option<NaiveDate>| {
            day.and_then(|day| therapy.iter().copied().find(|seen| *seen >= day))
        };
        own_requests(child)
            .map(|request| {
                let assessment = request.assessment.as_ref();
                let advice = || assessment.into_iter().flat_map(|one| &one.advice);
                let plan = request.plan.as_ref().map(|plan| plan.start);
                PathwayRow {
                    person: child.person,
                    request: request.id,
                    days: [
                        Some(request.received),
                        request.decision.map(|decision| decision.on),
                        advice().map(|advice| advice.sent).min(),
                        advice().filter_map(|advice| advice.received).max(),
                        (assessment.and_then(|one| one.decision)).map(|decision| decision.on),
                        assessment.and_then(|one| one.draft),
                        ended(request),
                        breached(request, self.tally.periods.last_day),
                        therapy.first().copied(),
                        since(Some(request.received)),
                        since(plan),
                    ],
                }
            })
            .collect()
    }

    /// Cases that came to be over twenty weeks, by the Monday of the week in
    /// which their day 141 was.
    #[must_use]
    pub fn breaches(&self) -> &BTreeMap<NaiveDate, u64> {
        &self.breaches
    }

    pub(super) fn count_breaches(&mut self, child: &Child) {
        for request in own_requests(child) {
            if let Some(on) = breached(request, self.tally.periods.last_day) {
                let monday = on - Days::new(u64::from(on.weekday().num_days_from_monday()));
                *self.breaches.entry(monday).or_default() += 1;
            }
        }
    }
}

fn is_therapy(service: Service) -> bool {
    matches!(
        service,
        Service::SpeechLanguage | Service::OccupationalTherapy | Service::Physiotherapy
    )
}

fn own_requests(child: &Child) -> impl Iterator<Item = &Request> {
    child
        .requests
        .iter()
        .filter(|request| (request.plan.as_ref()).is_none_or(|plan| plan.transfer_in.is_none()))
}

/// The final plan, or the end without one.
fn ended(request: &Request) -> Option<NaiveDate> {
    if let Some(plan) = &request.plan {
        return Some(plan.start);
    }
    let assessment = request.assessment.as_ref();
    [request.decision, assessment.and_then(|one| one.decision)]
        .into_iter()
        .flatten()
        .find(|decision| decision.outcome != Outcome::Yes)
        .map(|decision| decision.on)
        .or(request.exported.map(|(on, _)| on))
}

/// Day 141, if the case was still open when it began; day 140 is in time.
fn breached(request: &Request, last_day: NaiveDate) -> Option<NaiveDate> {
    let due = after(request.received, TWENTY_WEEKS);
    let is_open = ended(request).is_none_or(|ended| ended > due);
    Some(after(due, 1)).filter(|day| is_open && *day <= last_day)
}
