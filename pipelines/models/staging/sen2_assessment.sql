/*
description: Assessments of SEN2 returns; a row for each assessment, with the dates of its request
owner: SEND data team
grain: [lea, year, assessment_id]
tags: [council, sen2]
tests:
  - not_null: [request_id, assessment_outcome]
  # The order of events: request, decision to assess, decision to issue, plan.
  - expression: "assessed_on >= received_on"
    blocking: false
  - expression: "assessed_on >= decided_on"
    blocking: false
  # A plan follows only a decision to issue one; a historical decision was one.
  - expression: "n_plans = 0 or assessment_outcome in ('Y', 'H')"
    blocking: false
  - expression: "n_plans <= 1"
    blocking: false
*/
select
    assessment.lea,
    assessment.year,
    assessment.assessment_id,
    assessment.request_id,
    request.person_id,
    request.received_date as received_on,
    request.request_outcome_date as decided_on,
    assessment.assessment_outcome,
    assessment.assessment_outcome_date as assessed_on,
    assessment.assessment_mediation as has_mediation,
    assessment.assessment_tribunal as has_tribunal,
    assessment.other_mediation as has_content_mediation,
    assessment.other_tribunal as has_content_tribunal,
    assessment.week20 as has_exception,
    assessment.assessment_outcome = 'H' as is_historical,
    count(plan.named_plan_id) as n_plans,
    assessment.reference_date,
    assessment.spec_version
from council.sen2_assessment as assessment
left join council.sen2_request as request
    on request.lea = assessment.lea and request.year = assessment.year and request.request_id = assessment.request_id
left join council.sen2_named_plan as plan
    on plan.lea = assessment.lea and plan.year = assessment.year and plan.assessment_id = assessment.assessment_id
group by
    assessment.lea, assessment.year, assessment.assessment_id, assessment.request_id, request.person_id, request.received_date,
    request.request_outcome_date, assessment.assessment_outcome, assessment.assessment_outcome_date, assessment.assessment_mediation,
    assessment.assessment_tribunal, assessment.other_mediation, assessment.other_tribunal, assessment.week20,
    assessment.reference_date, assessment.spec_version
