/*
description: EHC plans, as last known; a row for each plan, issued here or taken over from another authority
owner: SEND data team
grain: [person_key, received_on]
tags: [council, sen2]
tests:
  - not_null: [area_code, sex, ethnicity_group]
  - expression: "ceased_on >= started_on"
    blocking: false
  - expression: "is_transferred_in or is_within_20_weeks is null or is_within_20_weeks = (days_to_plan <= 140)"
*/
-- A plan is known by its child and the day on which the request that led to it was received. The case system knows
-- of plans since the last return; all else is as the newest return says. A plan that began before the newest census
-- day and has no last_return was over before the returns begin, and nobody here knows when.
with returned as (
    select
        person_key,
        received_on,
        first_value(started_on order by year desc) filter (where started_on is not null) as started_on,
        first_value(ceased_on order by year desc) filter (where ceased_on is not null) as ceased_on,
        first_value(cease_reason order by year desc) filter (where cease_reason is not null) as cease_reason,
        max(transferred_from) as transferred_from,
        min(maintained_from) filter (where transferred_from is not null) as taken_over_on,
        first_value(primary_need order by year desc) filter (where primary_need <> 'Unknown') as primary_need,
        first_value(published_need order by year desc) filter (where primary_need <> 'Unknown') as published_need,
        first_value(secondary_need order by year desc) filter (where secondary_need is not null) as secondary_need,
        first_value(named_placement_group order by year desc) as named_placement_group,
        first_value(placement_group order by year desc) filter (where is_at_census) as placement_group,
        first_value(urn order by year desc) filter (where is_at_census) as urn,
        first_value(residential order by year desc) as residential,
        first_value(work_based_placement order by year desc) as work_based_placement,
        first_value(has_personal_budget order by year desc) as has_personal_budget,
        first_value(has_organised_arrangements order by year desc) as has_organised_arrangements,
        first_value(direct_payment order by year desc) as direct_payment,
        max(last_review_on) as last_review_on,
        max(phase_transfer_due_on) as phase_transfer_due_on,
        max(year) as last_return,
        max(reference_date) as last_census_on
    from core.plan_year
    group by person_key, received_on
),

cases as (
    select
        person_key, received_on, request_id, plan_id, final_plan_on, has_exception, exception, deprivation, primary_need,
        twenty_weeks_days, is_twenty_weeks_breached, is_transferred_in, is_relaxed_2020
    from core.ehc_case
),

plans as (
    select
        cases.person_key,
        cases.received_on,
        cases.request_id,
        cases.plan_id,
        coalesce(cases.final_plan_on, returned.started_on) as started_on,
        cases.is_transferred_in,
        returned.transferred_from,
        returned.taken_over_on,
        returned.ceased_on,
        returned.cease_reason,
        coalesce(returned.primary_need, cases.primary_need) as primary_need,
        coalesce(returned.published_need, case when cases.primary_need = 'DS' then 'OTH' else cases.primary_need end) as published_need,
        returned.secondary_need,
        coalesce(returned.named_placement_group, 'unknown') as named_placement_group,
        coalesce(returned.placement_group, 'unknown') as placement_group,
        returned.urn,
        returned.residential,
        returned.work_based_placement,
        returned.has_personal_budget,
        returned.has_organised_arrangements,
        returned.direct_payment,
        returned.last_review_on,
        returned.phase_transfer_due_on,
        returned.last_return,
        returned.last_census_on,
        cases.deprivation,
        cases.has_exception,
        cases.exception,
        case when not cases.is_transferred_in then cases.twenty_weeks_days end as days_to_plan,
        case when not cases.is_transferred_in then not cases.is_twenty_weeks_breached end as is_within_20_weeks,
        cases.is_relaxed_2020
    from cases
    left join returned on returned.person_key = cases.person_key and returned.received_on = cases.received_on
    where cases.final_plan_on is not null or returned.person_key is not null
)

select
    plans.person_key,
    plans.received_on,
    plans.request_id,
    plans.plan_id,
    area.area_code,
    area.area_name,
    area.area_level,
    child.sex,
    child.ethnicity_group,
    plans.deprivation,
    plans.primary_need,
    plans.published_need,
    plans.secondary_need,
    -- On the day the plan was issued.
    coalesce(age_band.age_band, 'Unknown') as age_band,
    plans.started_on,
    plans.is_transferred_in,
    not plans.is_transferred_in as is_first_plan,
    plans.transferred_from,
    plans.taken_over_on,
    coalesce(plans.taken_over_on, plans.started_on) as maintained_from,
    plans.ceased_on,
    plans.cease_reason,
    plans.days_to_plan,
    plans.is_within_20_weeks,
    plans.has_exception,
    plans.exception,
    plans.is_relaxed_2020,
    plans.named_placement_group,
    plans.placement_group,
    plans.urn,
    plans.residential,
    plans.work_based_placement,
    coalesce(plans.has_personal_budget, false) as has_personal_budget,
    coalesce(plans.has_organised_arrangements, false) as has_organised_arrangements,
    plans.direct_payment,
    plans.last_review_on,
    plans.phase_transfer_due_on,
    plans.last_return,
    plans.last_census_on
from plans
inner join seed.council_area as area on area.partner = 'council'
left join core.child on child.person_key = plans.person_key
left join seed.age_band
    on age_band.age = (12 * (date_part('year', plans.started_on) - date_part('year', child.birth_month))
        + date_part('month', plans.started_on) - date_part('month', child.birth_month)) / 12
