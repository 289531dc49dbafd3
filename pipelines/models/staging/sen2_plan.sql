/*
description: Plans of SEN2 returns; a row for each plan that was issued, active or both, by the request it hangs off
owner: SEND data team
grain: [lea, year, request_id, plan_number]
tags: [council, sen2]
tests:
  - not_null: [person_id]
  - unique: [lea, year, request_id]
    blocking: false
  # A plan without a named plan is one that was transferred in.
  - expression: "has_named_plan or is_transferred_in"
    blocking: false
  - expression: "started_on >= received_on"
    blocking: false
  - expression: "started_on >= assessed_on"
    blocking: false
  - expression: "has_active_plan or ceased_on is not null or started_on > closed_on"
    blocking: false
  # 106b of Annex A.
  - expression: "review_held_on >= started_on"
    blocking: false
  # 101d of Annex A.
  - expression: "n_needs >= 1 or not has_active_plan"
    blocking: false
  - expression: "n_placements >= 1 or not has_active_plan"
    blocking: false
*/
-- The need, the placement attended and the reviews hang off the active plan; the dates, the budget and the
-- placement named hang off the named plan. The two meet at the request.
with named as (
    select
        assessment.lea,
        assessment.year,
        assessment.request_id,
        assessment.assessment_outcome,
        assessment.assessment_outcome_date,
        assessment.week20,
        plan.named_plan_id,
        plan.start_date,
        plan.cease_date,
        plan.cease_reason,
        plan.plan_res,
        plan.plan_wbp,
        plan.pb,
        plan.oa,
        plan.dp
    from council.sen2_assessment as assessment
    inner join council.sen2_named_plan as plan
        on plan.lea = assessment.lea and plan.year = assessment.year and plan.assessment_id = assessment.assessment_id
),

needs as (
    select lea, year, active_plan_id, count(*) as n_needs
    from council.sen2_sen_need
    group by lea, year, active_plan_id
),

placements as (
    select lea, year, active_plan_id, count(*) as n_placements
    from council.sen2_placement_detail
    group by lea, year, active_plan_id
),

census as (
    select
        sent.lea,
        sent.year,
        sent.reference_date,
        max(census_date.census_date) as previous_census_date
    from council.sen2_return as sent
    left join seed.census_date on census_date.census_date < sent.reference_date
    group by sent.lea, sent.year, sent.reference_date
),

plans as (
    select
        request.lea,
        request.year,
        request.request_id,
        request.person_id,
        named.named_plan_id,
        active.active_plan_id,
        request.received_date as received_on,
        request.request_outcome,
        named.assessment_outcome,
        named.assessment_outcome_date as assessed_on,
        named.week20 as has_exception,
        named.start_date as started_on,
        named.cease_date as ceased_on,
        named.cease_reason,
        named.plan_res,
        named.plan_wbp,
        named.pb as has_personal_budget,
        named.oa as has_organised_arrangements,
        named.dp as direct_payment,
        active.transfer_la as transferred_from,
        -- Residence and work stood here in version 1.1, and stand with the placement since.
        active.res as residential_until_2023,
        active.wbp as work_based_until_2023,
        active.review_meeting as review_held_on,
        active.review_outcome,
        active.last_review as review_decided_on,
        active.review_draft as review_draft_on,
        active.phase_transfer_due_date as phase_transfer_due_on,
        active.phase_transfer_final_date as phase_transfer_final_on,
        census.reference_date,
        census.previous_census_date,
        request.spec_version
    from council.sen2_request as request
    left join named
        on named.lea = request.lea and named.year = request.year and named.request_id = request.request_id
    left join council.sen2_active_plan as active
        on active.lea = request.lea and active.year = request.year and active.request_id = request.request_id
    inner join census on census.lea = request.lea and census.year = request.year
    where named.named_plan_id is not null or active.active_plan_id is not null
)

select
    plans.lea,
    plans.year,
    plans.request_id,
    row_number() over (
        partition by plans.lea, plans.year, plans.request_id
        order by plans.started_on, plans.named_plan_id, plans.active_plan_id
    ) as plan_number,
    plans.person_id,
    plans.named_plan_id,
    plans.active_plan_id,
    plans.received_on,
    plans.assessed_on,
    plans.has_exception,
    plans.started_on,
    plans.ceased_on,
    plans.cease_reason,
    plans.plan_res,
    plans.plan_wbp,
    plans.has_personal_budget,
    plans.has_organised_arrangements,
    plans.direct_payment,
    plans.transferred_from,
    plans.residential_until_2023,
    plans.work_based_until_2023,
    plans.review_held_on,
    plans.review_outcome,
    plans.review_decided_on,
    plans.review_draft_on,
    plans.phase_transfer_due_on,
    plans.phase_transfer_final_on,
    coalesce(needs.n_needs, 0) as n_needs,
    coalesce(placements.n_placements, 0) as n_placements,
    plans.named_plan_id is not null as has_named_plan,
    plans.active_plan_id is not null as has_active_plan,
    plans.transferred_from is not null as is_transferred_in,
    plans.request_outcome = 'H' or coalesce(plans.assessment_outcome = 'H', false) as is_historical,
    -- Caseload: started by the day and not ceased by it. A plan transferred in has no start here.
    coalesce(plans.started_on, plans.received_on) <= plans.reference_date
    and (plans.ceased_on is null or plans.ceased_on > plans.reference_date) as is_open_at_census,
    -- One transferred in came during the year, so after the census day that opens it but for two weeks or three.
    plans.transferred_from is null
    and coalesce(plans.started_on, plans.received_on) <= plans.previous_census_date
    and (plans.ceased_on is null or plans.ceased_on > plans.previous_census_date) as is_open_at_previous_census,
    make_date(cast(plans.year - 1 as int), 12, 31) as closed_on,
    plans.previous_census_date,
    plans.reference_date,
    plans.spec_version
from plans
left join needs
    on needs.lea = plans.lea and needs.year = plans.year and needs.active_plan_id = plans.active_plan_id
left join placements
    on placements.lea = plans.lea and placements.year = plans.year and placements.active_plan_id = plans.active_plan_id
