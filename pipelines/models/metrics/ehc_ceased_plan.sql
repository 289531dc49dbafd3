/*
description: Plans that ceased, by reason, beside the plans active at the end of the year; a row for each area, calendar year and breakdown
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, dfe]
*/
with ceased as (
    select
        area_code,
        area_name,
        area_level,
        period,
        period_start,
        period_end,
        period_grain,
        breakdown_topic,
        breakdown,
        plans_ceased,
        plans_ceased_status,
        ceased_max_age,
        ceased_max_age_status,
        ceased_needs_met,
        ceased_needs_met_status,
        ceased_higher_education,
        ceased_higher_education_status,
        ceased_employment,
        ceased_employment_status,
        ceased_transferred,
        ceased_transferred_status,
        ceased_disengaged,
        ceased_disengaged_status,
        ceased_left_england,
        ceased_left_england_status,
        ceased_deceased,
        ceased_deceased_status,
        ceased_reason_not_recorded,
        ceased_reason_not_recorded_status,
        ceased_other_reason,
        ceased_other_reason_status,
        -- The January census that ends calendar year 2024 is that of academic year 202425.
        period || right(cast(cast(period as int) + 1 as varchar), 2) as census_period
    from staging.dfe_ceased_plans
)

select
    ceased.area_code,
    ceased.area_name,
    ceased.area_level,
    ceased.period,
    ceased.period_start,
    ceased.period_end,
    ceased.period_grain,
    ceased.breakdown_topic,
    ceased.breakdown,
    ceased.plans_ceased,
    ceased.plans_ceased_status,
    ceased.ceased_max_age,
    ceased.ceased_max_age_status,
    ceased.ceased_needs_met,
    ceased.ceased_needs_met_status,
    ceased.ceased_higher_education,
    ceased.ceased_higher_education_status,
    ceased.ceased_employment,
    ceased.ceased_employment_status,
    ceased.ceased_transferred,
    ceased.ceased_transferred_status,
    ceased.ceased_disengaged,
    ceased.ceased_disengaged_status,
    ceased.ceased_left_england,
    ceased.ceased_left_england_status,
    ceased.ceased_deceased,
    ceased.ceased_deceased_status,
    ceased.ceased_reason_not_recorded,
    ceased.ceased_reason_not_recorded_status,
    ceased.ceased_other_reason,
    ceased.ceased_other_reason_status,
    ehc_plan_stock.plans as active_plans,
    -- Age, placement and years held are counted differently for plans that ceased.
    case
        when ceased.breakdown_topic not in ('Total', 'Sex', 'Ethnicity') then 'not_applicable'
        else coalesce(ehc_plan_stock.plans_status, 'unavailable')
    end as active_plans_status
from ceased
left join core.ehc_plan_stock
    on ehc_plan_stock.area_code = ceased.area_code
    and ehc_plan_stock.period = ceased.census_period
    and ehc_plan_stock.breakdown_topic = ceased.breakdown_topic
    and ehc_plan_stock.breakdown = ceased.breakdown
    and ceased.breakdown_topic in ('Total', 'Sex', 'Ethnicity')
