/*
description: Requests of SEN2 returns; a row for each request, with what followed from it
owner: SEND data team
grain: [lea, year, request_id]
tags: [council, sen2]
tests:
  - not_null: [person_id, received_on, request_outcome]
  - expression: "n_assessments <= 1"
    blocking: false
  - expression: "n_active_plans <= 1"
    blocking: false
  # An assessment follows only a decision to assess; a historical decision was one.
  - expression: "n_assessments = 0 or request_outcome in ('Y', 'H')"
    blocking: false
  - expression: "received_on >= birth_month"
    blocking: false
  # A check of SEN2 analysts: a person has at most one request that is open, or a plan, on the census day.
  - expression: "n_open_requests_of_person <= 1"
    blocking: false
*/
with assessments as (
    select
        lea,
        year,
        request_id,
        count(*) as n_assessments,
        bool_or(assessment_outcome = 'A') as is_being_assessed
    from council.sen2_assessment
    group by lea, year, request_id
),

ceased as (
    select
        assessment.lea,
        assessment.year,
        assessment.request_id,
        max(plan.cease_date) as cease_date
    from council.sen2_assessment as assessment
    inner join council.sen2_named_plan as plan
        on plan.lea = assessment.lea and plan.year = assessment.year and plan.assessment_id = assessment.assessment_id
    group by assessment.lea, assessment.year, assessment.request_id
),

active as (
    select
        lea,
        year,
        request_id,
        count(*) as n_active_plans,
        max(transfer_la) as transferred_from
    from council.sen2_active_plan
    group by lea, year, request_id
),

followed as (
    select
        request.lea,
        request.year,
        request.request_id,
        request.person_id,
        person.person_ref,
        person.birth_month,
        request.received_date as received_on,
        request.request_source,
        request.rya as is_in_youth_accommodation,
        request.request_outcome,
        request.request_outcome_date as decided_on,
        request.request_mediation as has_mediation,
        request.request_tribunal as has_tribunal,
        request.exported as exported_to,
        -- Decided before the collection period: in no count of the year's requests.
        request.request_outcome = 'H' as is_historical,
        active.transferred_from is not null as is_transferred_in,
        active.transferred_from,
        coalesce(assessments.n_assessments, 0) as n_assessments,
        coalesce(active.n_active_plans, 0) as n_active_plans,
        request.request_outcome = 'A'
        or coalesce(assessments.is_being_assessed, false)
        or (active.request_id is not null and (ceased.cease_date is null or ceased.cease_date > request.reference_date)) as is_open_at_census,
        request.reference_date,
        request.spec_version
    from council.sen2_request as request
    left join council.sen2_person as person
        on person.lea = request.lea and person.year = request.year and person.person_id = request.person_id
    left join assessments
        on assessments.lea = request.lea and assessments.year = request.year and assessments.request_id = request.request_id
    left join ceased
        on ceased.lea = request.lea and ceased.year = request.year and ceased.request_id = request.request_id
    left join active
        on active.lea = request.lea and active.year = request.year and active.request_id = request.request_id
)

select
    lea,
    year,
    request_id,
    person_id,
    person_ref,
    birth_month,
    received_on,
    request_source,
    is_in_youth_accommodation,
    request_outcome,
    decided_on,
    has_mediation,
    has_tribunal,
    exported_to,
    is_historical,
    is_transferred_in,
    transferred_from,
    n_assessments,
    n_active_plans,
    is_open_at_census,
    sum(case when is_open_at_census then 1 else 0 end) over (partition by lea, year, person_id) as n_open_requests_of_person,
    reference_date,
    spec_version
from followed
