/*
description: Requests as SEN2 returns have them, with their assessment and plan and whose they are; a row for each request of a return
owner: SEND data team
grain: [lea, year, request_id]
tags: [council, sen2]
tests:
  - not_null: [person_key, received_on, request_outcome]
  # The same child's request of the same day stands once in a return.
  - unique: [lea, year, person_key, received_on]
    blocking: false
*/
-- A return names its rows by numbers of its own, other ones each year. What is the same in every return is the
-- child and the day on which the request was received: by these two a request is known again.
with assessments as (
    select
        lea, year, request_id, assessment_id, assessment_outcome, assessed_on, has_exception,
        has_mediation, has_tribunal, has_content_mediation, has_content_tribunal,
        row_number() over (partition by lea, year, request_id order by assessment_id) as place
    from staging.sen2_assessment
),

plans as (
    select
        lea, year, request_id, named_plan_id, active_plan_id, started_on, ceased_on, cease_reason,
        has_personal_budget, has_organised_arrangements, direct_payment,
        review_held_on, review_outcome, review_decided_on, review_draft_on,
        phase_transfer_due_on, phase_transfer_final_on, is_open_at_census
    from staging.sen2_plan
    where plan_number = 1
)

select
    request.lea,
    request.year,
    request.request_id,
    person.person_key,
    request.received_on,
    returned.reference_date,
    returned.opened_on,
    returned.closed_on,
    request.request_source,
    request.is_in_youth_accommodation,
    request.request_outcome,
    request.decided_on,
    request.has_mediation as has_request_mediation,
    request.has_tribunal as has_request_tribunal,
    request.exported_to,
    request.transferred_from,
    assessment.assessment_outcome,
    assessment.assessed_on,
    assessment.has_exception,
    assessment.has_mediation as has_assessment_mediation,
    assessment.has_tribunal as has_assessment_tribunal,
    assessment.has_content_mediation,
    assessment.has_content_tribunal,
    plan.named_plan_id,
    plan.active_plan_id,
    plan.started_on,
    plan.ceased_on,
    plan.cease_reason,
    plan.has_personal_budget,
    plan.has_organised_arrangements,
    plan.direct_payment,
    plan.review_held_on,
    plan.review_outcome,
    plan.review_decided_on,
    plan.review_draft_on,
    plan.phase_transfer_due_on,
    plan.phase_transfer_final_on,
    coalesce(plan.is_open_at_census, false) as is_plan_at_census,
    request.spec_version,
    sent_of.lsoa,
    coalesce(cast(deprivation.imd_decile as varchar), 'Unknown') as deprivation
from staging.sen2_request as request
inner join staging.sen2_return as returned
    on returned.lea = request.lea and returned.year = request.year
left join staging.person
    on person.person_ref = request.person_ref
left join staging.sen2_person as sent_of
    on sent_of.lea = request.lea and sent_of.year = request.year and sent_of.person_id = request.person_id
-- Where the child lived on the census day.
left join staging.lsoa_deprivation as deprivation on deprivation.lsoa = sent_of.lsoa
left join assessments as assessment
    on assessment.lea = request.lea
    and assessment.year = request.year
    and assessment.request_id = request.request_id
    and assessment.place = 1
left join plans as plan
    on plan.lea = request.lea and plan.year = request.year and plan.request_id = request.request_id
