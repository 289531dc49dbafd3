//! Requests for an assessment, and the advice that an assessment asks for.
//!
//! Two cohorts, as in DfE's file: what was *received* in a month, as it stood
//! on the census day after its calendar year (E01 to E04, E07, E08), and what
//! was *decided* in a month, whenever it was received (E05). Plans that were
//! transferred in have a request elsewhere (SEN2 outcome `H`), which is in
//! neither.
//!
//! A request is sliced by the child's age on the day it was received, advice by
//! that on the day it was asked for; both by the last known address, which is
//! what the casework system has.

use super::period::Period;
use super::slice::{self, Slice};
use super::tally::Tally;
use crate::world::calendar::{census_day, days_between, month_end};
use crate::world::ehc::{
    AdviceOutcome, AdviceRequest, DisputeAbout, DisputeKind, Outcome, Request, Source,
};
use crate::world::family::Child;
use chrono::{Datelike, NaiveDate};

/// Counts one request of a child.
pub(super) fn count(child: &Child, request: &Request, tally: &mut Tally) {
    if request
        .plan
        .as_ref()
        .is_some_and(|plan| plan.transfer_in.is_some())
    {
        return;
    }
    let slices = slice::on(child, request.received, tally.periods.last_day);
    received(request, &slices, tally);
    decided(request, &slices, tally);
    undecided(child, request, tally);
    if let Some(assessment) = &request.assessment {
        for advice in &assessment.advice {
            count_advice(child, advice, tally);
        }
    }
}

/// - E01: requests received in the year.
/// - E02: by source, each for 100 of them.
/// - E03: refused by census day, for 100 *received*, pending and withdrawn ones
///   included.
/// - E04: refused by census day, for 100 decided (Y or N) by census day.
/// - E07: withdrawn by census day, for 100 received.
/// - E08: refused by census day with mediation, an appeal, or both registered
///   by census day, for 100 refused.
fn received(request: &Request, slices: &[Slice], tally: &mut Tally) {
    let month = Period::month_of(request.received);
    let census = census_day(request.received.year() + 1);
    let outcome = request
        .decision
        .filter(|decision| decision.on <= census)
        .map(|decision| decision.outcome);
    tally.count(("E01", "all"), month, slices);
    for (part, source) in [
        ("family", Source::Family),
        ("school", Source::School),
        ("health", Source::Health),
        ("social_care", Source::SocialCare),
        ("other", Source::Other),
    ] {
        tally.share(("E02", part), month, slices, request.source == source);
    }
    let refused = outcome == Some(Outcome::No);
    tally.share(("E03", "all"), month, slices, refused);
    if matches!(outcome, Some(Outcome::Yes | Outcome::No)) {
        tally.share(("E04", "all"), month, slices, refused);
    }
    tally.share(
        ("E07", "all"),
        month,
        slices,
        outcome == Some(Outcome::Withdrawn),
    );
    if refused {
        let about = DisputeAbout::RefusalToAssess;
        share_disputed("E08", request, about, census, month, slices, tally);
    }
}

/// Mediation, tribunal and both, registered by a day.
pub(super) fn share_disputed(
    metric: &'static str,
    request: &Request,
    about: DisputeAbout,
    by: NaiveDate,
    period: Period,
    slices: &[Slice],
    tally: &mut Tally,
) {
    let registered = |kind| {
        request.disputes.iter().any(|dispute| {
            dispute.kind == kind && dispute.about == about && dispute.registered <= by
        })
    };
    let mediation = registered(DisputeKind::Mediation);
    let tribunal = registered(DisputeKind::Tribunal);
    tally.share((metric, "mediation"), period, slices, mediation);
    tally.share((metric, "tribunal"), period, slices, tribunal);
    let both = mediation && tribunal;
    tally.share((metric, "tribunal_after_mediation"), period, slices, both);
}

/// E05: decisions Y or N made in the year, those made within 42 days of receipt
/// for 100 of them; day 42 is in time (SEND Regulations 2014, reg. 5(1)).
fn decided(request: &Request, slices: &[Slice], tally: &mut Tally) {
    if let Some(decision) = request.decision
        && decision.outcome != Outcome::Withdrawn
    {
        let month = Period::month_of(decision.on);
        let in_time = days_between(request.received, decision.on) <= 42;
        tally.share(("E05", "all"), month, slices, in_time);
    }
}

/// E06: at the end of each month, requests received and neither decided nor
/// withdrawn nor taken along to another area, those more than 42 days old for
/// 100 of them.
fn undecided(child: &Child, request: &Request, tally: &mut Tally) {
    let until = request
        .decision
        .map(|decision| decision.on)
        .or(request.exported.map(|(on, _)| on));
    for month in tally.periods.month_ends(request.received, until) {
        let end = month_end(month);
        let slices = slice::on(child, end, tally.periods.last_day);
        let late = days_between(request.received, end) > 42;
        tally.share(("E06", "all"), Period::Month(month), &slices, late);
    }
}

/// By the month in which the request for advice was sent, as it stood on the
/// world's last day, in all and by agency:
/// - E17: answered (advice, or not known to the service) within 42 days, for
///   100 sent; day 42 is in time, and a missed appointment excuses nobody here.
/// - E18: of those answered late the median of the days after the due date;
///   those answered late, and those never answered before the decision, for
///   100 sent.
fn count_advice(child: &Child, advice: &AdviceRequest, tally: &mut Tally) {
    let month = Period::month_of(advice.sent);
    let mut slices = slice::on(child, advice.sent, tally.periods.last_day);
    slices.push(Slice::agency(advice.agency));
    let late = advice
        .received
        .map(|received| days_between(advice.due, received));
    tally.share(
        ("E17", "all"),
        month,
        &slices,
        late.is_some_and(|days| days <= 0),
    );
    tally.share(
        ("E18", "late"),
        month,
        &slices,
        late.is_some_and(|days| days > 0),
    );
    let nil = advice.outcome == Some(AdviceOutcome::Nil);
    tally.share(("E18", "nil"), month, &slices, nil);
    if let Some(days) = late.filter(|days| *days > 0) {
        tally.lasted("E18", month, &slices, days);
    }
}
