//! What the board holds: about one child, in its registers and trackers; and
//! about the area, in contracts and ledgers.

use super::council::number;
use super::record::Record;
use super::school::financial_year;
use super::tables::board::{
    CETR, CONTINUING_CARE, CONTRACT_ACTUAL, CONTRACT_PLAN, DCO_ADVICE_TRACKER,
    DYNAMIC_SUPPORT_REGISTER, JOINT_PACKAGE, PERSONAL_HEALTH_BUDGET, SERVICE_FINANCE,
};
use super::tables::council::{LOCAL_OFFER_COUNT, PARENT_CARER_SURVEY};
use super::tables::eput::ADVICE_TRACKER;
use crate::world::World;
use crate::world::area::Delivered;
use crate::world::calendar;
use crate::world::commissioning::tracked;
use crate::world::ehc::{AdviceOutcome, AdviceRequest, Agency};
use crate::world::family::Child;
use crate::world::health::{Service, lighthouse_transfer};
use chrono::Datelike;

/// Sub-ICB location of Southend's practices.
const SUB_ICB: &str = "99G";

/// Everything about a child on the world's last day.
pub(crate) fn records(child: &Child, world: &World) -> Vec<Record> {
    let mut records = Vec::new();
    registers(child, world, &mut records);
    support(child, &mut records);
    let assessments = (child.requests.iter()).filter_map(|request| request.assessment.as_ref());
    for advice in assessments.flat_map(|assessment| &assessment.advice) {
        trackers(child, advice, &mut records);
    }
    records
}

fn registers(child: &Child, world: &World, records: &mut Vec<Record>) {
    let postcode = child.home_on(world.last_day()).map(|home| &home.postcode);
    for package in &child.packages {
        let need = child
            .plan_on(package.from)
            .map(|plan| plan.needs.primary.code());
        records.push(
            Record::new(&JOINT_PACKAGE)
                .put("package_id", number("JP", package.id))
                .put("nhs_number", &child.nhs_number)
                .put("date_of_birth", child.born)
                .put_some("postcode", postcode)
                .put("package_type", package.kind)
                .put_some("primary_need", need)
                .put("provider_name", package.provider)
                .put("start_date", package.from)
                .put_some("end_date", package.until)
                .put("annual_cost_gbp", pounds(package.annual_pounds()))
                .put("education_gbp", pounds(package.education_pounds))
                .put("social_care_gbp", pounds(package.social_care_pounds))
                .put("health_gbp", pounds(package.health_pounds))
                .done(),
        );
    }
    for care in &child.continuing_care {
        let eligible = care.eligible.filter(|_| care.decided.is_some());
        records.push(
            Record::new(&CONTINUING_CARE)
                .put("referral_id", number("CC", care.id))
                .put("nhs_number", &child.nhs_number)
                .put("date_of_birth", child.born)
                .put_some("postcode", postcode)
                .put("sub_icb_code", SUB_ICB)
                .put("referred_date", care.referred)
                .put_some("assessed_date", care.assessed)
                .put_some("decided_date", care.decided.filter(|_| eligible.is_some()))
                .put_some("eligible", eligible.map(u8::from))
                .put_some("package_start_date", care.package_from)
                .done(),
        );
    }
    for budget in &child.health_budgets {
        records.push(
            Record::new(&PERSONAL_HEALTH_BUDGET)
                .put("budget_id", number("PHB", budget.id))
                .put("nhs_number", &child.nhs_number)
                .put("date_of_birth", child.born)
                .put_some("postcode", postcode)
                .put("sub_icb_code", SUB_ICB)
                .put("budget_type", budget.kind)
                .put("start_date", budget.from)
                .put_some("end_date", budget.until)
                .put("annual_budget_gbp", pounds(budget.annual_pounds))
                .done(),
        );
    }
}

/// Without consent a row says that a family was asked, and not which.
fn support(child: &Child, records: &mut Vec<Record>) {
    let consent = (child.support_register.as_ref()).is_none_or(|register| register.consent);
    let who = |record: Record| match consent {
        true => record
            .put("nhs_number", &child.nhs_number)
            .put("family_name", &child.surname)
            .put("given_name", child.forename)
            .put("date_of_birth", child.born),
        false => record,
    };
    if let Some(register) = &child.support_register {
        let entry = || {
            let record = Record::new(&DYNAMIC_SUPPORT_REGISTER)
                .put("register_id", number("DSR", register.id))
                .put_flag("consent", consent);
            who(record).put("asked_date", register.asked)
        };
        match consent {
            false => records.push(entry().done()),
            true => records.extend(register.ratings.iter().map(|(from, rating)| {
                entry()
                    .put("rating", rating)
                    .put("rated_date", from)
                    .put_some("left_date", register.until)
                    .done()
            })),
        }
    }
    for review in &child.treatment_reviews {
        let record = Record::new(&CETR)
            .put("review_id", number("CETR", review.id))
            .put_flag("consent", consent);
        records.push(
            who(record)
                .put("requested_date", review.requested)
                .put_some("held_date", review.held)
                .put_some("admitted_date", review.admitted)
                .done(),
        );
    }
}

/// The same request in the provider's tracker and in the designated clinical
/// officer's.
fn trackers(child: &Child, advice: &AdviceRequest, records: &mut Vec<Record>) {
    let Some(service) = service(advice.agency).filter(|_| tracked(advice)) else {
        return;
    };
    let is_late = advice.received.is_some_and(|day| day > advice.due);
    let outcome = advice.outcome.map(|outcome| match outcome {
        AdviceOutcome::Advice if is_late => "LATE",
        AdviceOutcome::Advice => "ADVICE",
        AdviceOutcome::NotKnown => "NOT_KNOWN",
        AdviceOutcome::Nil => "NIL",
    });
    // What never came has no day.
    let received = advice.received.filter(|_| outcome != Some("NIL"));
    let outcome = outcome.filter(|outcome| received.is_some() || *outcome == "NIL");
    let request = number("A", advice.id);
    if advice.sent >= lighthouse_transfer() {
        let reason = match advice.missed_appointment {
            true => "Child missed the appointment",
            false => "No capacity in the service",
        };
        records.push(
            Record::new(&ADVICE_TRACKER)
                .put("request_id", &request)
                .put(
                    "child_name",
                    format_args!("{} {}", child.forename, child.surname),
                )
                .put("date_of_birth", child.born)
                .put("nhs_number", &child.nhs_number)
                .put("service", service.code())
                .put("requested_date", advice.sent)
                .put("due_date", advice.due)
                .put_some("received_date", received)
                .put_some("outcome", outcome)
                .put_some("reason", is_late.then_some(reason))
                .done(),
        );
    }
    records.push(
        Record::new(&DCO_ADVICE_TRACKER)
            .put("request_id", &request)
            .put("nhs_number", &child.nhs_number)
            .put("date_of_birth", child.born)
            .put("service", service.code())
            .put("provider_code", service.provider_on(advice.sent).code())
            .put("requested_date", advice.sent)
            .put("due_date", advice.due)
            .put_some("received_date", received)
            .put_some("outcome", outcome)
            .put_flag("missed_appointment", advice.missed_appointment)
            .put(
                "times_chased",
                u8::from(is_late) * (1 + (advice.id % 3) as u8),
            )
            .done(),
    );
}

fn service(agency: Agency) -> Option<Service> {
    match agency {
        Agency::SpeechLanguage => Some(Service::SpeechLanguage),
        Agency::OccupationalTherapy => Some(Service::OccupationalTherapy),
        Agency::Physiotherapy => Some(Service::Physiotherapy),
        Agency::Paediatrics => Some(Service::Paediatrics),
        Agency::Camhs => Some(Service::Camhs),
        Agency::EducationalPsychology | Agency::SocialCare => None,
    }
}

fn pounds(pounds: u32) -> String {
    format!("{pounds}.00")
}

/// Everything about the area: contracts, money, the Local Offer, the survey.
pub(crate) fn area<'a>(
    world: &'a World,
    delivered: &'a Delivered,
) -> impl Iterator<Item = Record> + 'a {
    let plans = world.contract_plans().map(|plan| {
        Record::new(&CONTRACT_PLAN)
            .put(
                "financial_year",
                financial_year(calendar::financial_year(plan.month)),
            )
            .put("provider_code", plan.provider.code())
            .put("service_line", plan.service.code())
            .put("currency", "CONTACT")
            .put("month", plan.month)
            .put("planned_activity", plan.contacts)
            .put("unit_price_gbp", pounds(plan.price_pounds))
            .put(
                "planned_cost_gbp",
                pounds(plan.contacts * plan.price_pounds),
            )
            .done()
    });
    let actuals = delivered.actuals(world).map(|actual| {
        Record::new(&CONTRACT_ACTUAL)
            .put("month", actual.month)
            .put("provider_code", actual.provider.code())
            .put("service_line", actual.service.code())
            .put("currency", "CONTACT")
            .put("actual_activity", actual.contacts)
            .put(
                "actual_cost_gbp",
                pounds(actual.contacts * actual.price_pounds),
            )
            .done()
    });
    let finance = world.service_finance().map(|finance| {
        Record::new(&SERVICE_FINANCE)
            .put("financial_year", financial_year(finance.financial_year))
            .put("service_line", finance.service.code())
            .put("provider_code", finance.provider.code())
            .put("funder", "ICB")
            .put("budget_gbp", pounds(finance.budget_pounds))
            .put("spend_gbp", pounds(finance.spent_pounds))
            .done()
    });
    let offer = world.local_offer_counts().map(|count| {
        Record::new(&LOCAL_OFFER_COUNT)
            .put("month", count.month.format("%Y-%m"))
            .put("page", count.page)
            .put("section", "Local Offer")
            .put("page_views", count.views)
            .put("unique_visitors", count.visitors)
            .put("from_search", count.views / 2)
            .put("mean_seconds", 40 + count.views % 50)
            .done()
    });
    let survey = world.survey_answers().map(|answer| {
        Record::new(&PARENT_CARER_SURVEY)
            .put("response_id", number("S", answer.response))
            .put("wave", format_args!("{}-autumn", answer.wave.year()))
            .put("respondent", answer.respondent)
            .put("age_band", answer.age_band)
            .put_flag("has_plan", answer.has_plan)
            .put("question", answer.question)
            .put_some("answer", answer.answer)
            .done()
    });
    plans
        .chain(actuals)
        .chain(finance)
        .chain(offer)
        .chain(survey)
}
