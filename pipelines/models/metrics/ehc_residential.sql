/*
description: Residential placements beside the active plans they are among, a row for each area, academic year and breakdown
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, dfe]
*/
select
    counted.area_code,
    counted.area_name,
    counted.area_level,
    counted.period,
    counted.period_start,
    counted.period_end,
    counted.period_grain,
    counted.breakdown_topic,
    counted.breakdown,
    counted.residential,
    counted.residential_status,
    counted.residential_38_to_51_weeks,
    counted.residential_38_to_51_weeks_status,
    counted.residential_52_weeks,
    counted.residential_52_weeks_status,
    -- The plans of the same area, census and breakdown, where DfE publishes them.
    ehc_plan_stock.plans as active_plans,
    coalesce(ehc_plan_stock.plans_status, 'unavailable') as active_plans_status
from staging.dfe_residential_settings as counted
left join core.ehc_plan_stock
    on ehc_plan_stock.area_code = counted.area_code
    and ehc_plan_stock.period = counted.period
    and ehc_plan_stock.breakdown_topic = counted.breakdown_topic
    and ehc_plan_stock.breakdown = counted.breakdown
