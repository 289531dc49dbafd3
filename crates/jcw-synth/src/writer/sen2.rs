//! What the council's SEN2 return says of one child, as records: a person, the
//! requests, and all that stands in each of them, in the order of a message.

use super::record::Record;
use super::table::Table;
use super::tables::sen2::{
    ACTIVE_PLAN, ASSESSMENT, NAMED_PLAN, PERSON, PERSON_TABLES, PLACEMENT_DETAIL, PLAN_DETAIL,
    REQUEST, SEN_NEED,
};
use crate::world::Sex;
use crate::world::ehc::{Place, Residential, ReviewOutcome, Strand, WorkBased};
use crate::world::family::Child;
use crate::world::sen2::{
    ActivePlanRecord, AssessmentRecord, Code, NamedPlanRecord, RequestRecord, person,
};

/// The first year of the person-level return.
pub(crate) const FIRST_YEAR: i32 = 2023;

/// The records of a child in the return of a year; none if it is not in scope.
/// Ids count each table's records from 1; the message counts on from what
/// stands before.
pub(crate) fn records(child: &Child, year: i32) -> Vec<Record> {
    let Some(person) = person(child, year) else {
        return Vec::new();
    };
    let mut message = Message {
        year,
        counts: [0; PERSON_TABLES.len()],
        records: Vec::new(),
    };
    let id = message.next(&PERSON);
    let sex = match child.sex {
        Sex::Female => "F",
        Sex::Male => "M",
    };
    let record = Record::new(&PERSON)
        .put("person_id", id)
        .put("surname", &child.surname)
        .put("forename", child.forename)
        .put("person_birth_date", child.born);
    let record = if year < 2024 {
        record.put("gender_current", sex)
    } else {
        record.put("sex", sex)
    };
    let record = record
        .put("ethnicity", child.ethnicity.dfe)
        .put_some("postcode", person.postcode)
        .put("upn", person.upn.unwrap_or_default())
        .put_some("unique_learner_number", person.uln);
    let record = match (person.upn, person.uln) {
        (Err(reason), None) => record.put("upn_unknown", reason),
        _ => record,
    };
    message.records.push(record.done());
    for request in &person.requests {
        message.request(id, request);
    }
    message.records
}

struct Message {
    year: i32,
    counts: [u64; PERSON_TABLES.len()],
    records: Vec<Record>,
}

impl Message {
    fn next(&mut self, table: &'static Table) -> u64 {
        let place = PERSON_TABLES.iter().position(|known| *known == table);
        place.map_or(0, |place| {
            self.counts[place] += 1;
            self.counts[place]
        })
    }

    fn request(&mut self, person: u64, request: &RequestRecord) {
        let id = self.next(&REQUEST);
        let record = Record::new(&REQUEST)
            .put("request_id", id)
            .put("person_id", person)
            .put("received_date", request.request.received);
        let record = if self.year >= 2025 && request.outcome != Code::Historical {
            record.put("request_source", request.request.source as u8)
        } else {
            record
        };
        let record = record
            .put_flag("rya", request.request.youth_accommodation)
            .put_some("request_outcome_date", request.outcome_date)
            .put("request_outcome", letter(request.outcome))
            .put_flag("request_mediation", request.mediation)
            .put_flag("request_tribunal", request.tribunal)
            .put_some("exported", request.exported.map(authority));
        self.records.push(record.done());
        if let Some(assessment) = &request.assessment {
            self.assessment(id, assessment);
        }
        if let Some(plan) = &request.active_plan {
            self.active_plan(id, plan);
        }
    }

    fn assessment(&mut self, request: u64, assessment: &AssessmentRecord) {
        let id = self.next(&ASSESSMENT);
        let record = Record::new(&ASSESSMENT)
            .put("assessment_id", id)
            .put("request_id", request)
            .put("assessment_outcome", letter(assessment.outcome))
            .put_some("assessment_outcome_date", assessment.outcome_date)
            .put_flag("assessment_mediation", assessment.mediation)
            .put_flag("assessment_tribunal", assessment.tribunal)
            .put_flag("other_mediation", assessment.other_mediation)
            .put_flag("other_tribunal", assessment.other_tribunal)
            .put_flag("week20", assessment.exception);
        self.records.push(record.done());
        if let Some(plan) = &assessment.named_plan {
            self.named_plan(id, plan);
        }
    }

    fn named_plan(&mut self, assessment: u64, plan: &NamedPlanRecord) {
        let id = self.next(&NAMED_PLAN);
        let budget = plan.budget.as_ref();
        let record = Record::new(&NAMED_PLAN)
            .put("named_plan_id", id)
            .put("assessment_id", assessment)
            .put("start_date", plan.start)
            .put_some("plan_res", plan.residential.map(residential))
            .put_some("plan_wbp", plan.work_based.map(work_based))
            .put_flag("pb", budget.is_some())
            .put_flag("oa", budget.is_some_and(|budget| budget.organised))
            .put_some(
                "dp",
                budget.and_then(|budget| budget.direct_payment).map(strand),
            )
            .put_some("cease_date", plan.ceased.map(|cease| cease.on))
            .put_some("cease_reason", plan.ceased.map(|cease| cease.reason));
        self.records.push(record.done());
        for detail in plan.details {
            let own = self.next(&PLAN_DETAIL);
            let record = Record::new(&PLAN_DETAIL)
                .put("plan_detail_id", own)
                .put("named_plan_id", id);
            let record = put_place(record, detail.place).put("placement_rank", detail.rank);
            self.records
                .push(put_indicators(record, detail.place).done());
        }
    }

    fn active_plan(&mut self, request: u64, plan: &ActivePlanRecord) {
        let id = self.next(&ACTIVE_PLAN);
        let record = Record::new(&ACTIVE_PLAN)
            .put("active_plan_id", id)
            .put("request_id", request)
            .put_some("transfer_la", plan.transfer_in.map(authority));
        let record = if self.year < 2024 {
            record
                .put_some("res", plan.residential.map(residential))
                .put_some("wbp", plan.work_based.map(work_based))
        } else {
            record
                .put_some("review_meeting", plan.review_meeting)
                .put_some("review_outcome", plan.review_outcome.map(review))
        };
        let record = if self.year >= 2025 {
            record
                .put_some("review_draft", plan.review_draft)
                .put_some("phase_transfer_due_date", plan.phase_transfer_due)
                .put_some("phase_transfer_final_date", plan.phase_transfer_final)
        } else {
            record
        };
        self.records
            .push(record.put_some("last_review", plan.review_decision).done());
        for placement in &plan.placements {
            let own = self.next(&PLACEMENT_DETAIL);
            let record = Record::new(&PLACEMENT_DETAIL)
                .put("placement_detail_id", own)
                .put("active_plan_id", id);
            let record = put_place(record, placement.place)
                .put("placement_rank", placement.rank)
                .put("entry_date", placement.entry)
                .put_some("leaving_date", placement.leaving);
            let record = if self.year < 2024 {
                record.put("attendance_pattern", "F")
            } else {
                record
            };
            let record = put_indicators(record, placement.place);
            let record = if self.year < 2024 {
                record
            } else {
                record
                    .put_some("res", plan.residential.map(residential))
                    .put_some("wbp", plan.work_based.map(work_based))
            };
            self.records.push(record.done());
        }
        let needs = [Some(plan.needs.primary), plan.needs.secondary];
        for (need, rank) in needs.into_iter().flatten().zip(1..) {
            let own = self.next(&SEN_NEED);
            let record = Record::new(&SEN_NEED)
                .put("sen_need_id", own)
                .put("active_plan_id", id)
                .put("sen_type", need.code())
                .put("sen_type_rank", rank);
            self.records.push(record.done());
        }
    }
}

/// The SEN setting stands only where there is no number.
fn put_place(record: Record, place: Place) -> Record {
    match place {
        Place::Setting { setting, .. } if !setting.urn.is_empty() => record.put("urn", setting.urn),
        Place::Setting { setting, .. } => record.put("ukprn", setting.ukprn),
        Place::Elsewhere(code) => {
            let record = record.put("sen_setting", code);
            match code {
                "OTH" => record.put("sen_setting_other", "Type of school named only"),
                "NIEO" => record.put("sen_setting_other", "Between placements"),
                _ => record,
            }
        }
    }
}

fn put_indicators(record: Record, place: Place) -> Record {
    match place {
        Place::Setting {
            sen_unit,
            resourced_provision,
            ..
        } => record
            .put_flag("sen_unit_indicator", sen_unit)
            .put_flag("resourced_provision_indicator", resourced_provision),
        Place::Elsewhere(_) => record,
    }
}

/// A DfE number; 0 is not known.
fn authority(number: u16) -> String {
    format!("{number:03}")
}

fn letter(code: Code) -> &'static str {
    match code {
        Code::Yes => "Y",
        Code::No => "N",
        Code::Historical => "H",
        Code::Awaiting => "A",
        Code::Withdrawn => "W",
    }
}

fn residential(kind: Residential) -> &'static str {
    match kind {
        Residential::Termly => "A",
        Residential::AllYear => "B",
    }
}

fn work_based(kind: WorkBased) -> &'static str {
    match kind {
        WorkBased::Apprenticeship => "A",
        WorkBased::Traineeship => "T",
        WorkBased::SupportedInternship => "S",
    }
}

fn strand(strand: Strand) -> &'static str {
    match strand {
        Strand::Education => "E",
        Strand::SocialCare => "S",
        Strand::Health => "H",
        Strand::Integrated => "I",
    }
}

fn review(outcome: ReviewOutcome) -> &'static str {
    match outcome {
        ReviewOutcome::Amend => "A",
        ReviewOutcome::Cease => "C",
        ReviewOutcome::Maintain => "M",
    }
}
