/*
description: Counts behind the metrics of new plans, a row for each area, calendar year and breakdown
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, dfe]
*/
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
    plans,
    plans_status,
    mainstream_total,
    mainstream_total_status,
    special_total,
    special_total_status,
    ap_pru_total,
    ap_pru_total_status,
    fe_total,
    fe_total_status,
    ed_elsewhere,
    ed_elsewhere_status,
    nm_early_years,
    nm_early_years_status,
    placement_unknown,
    placement_unknown_status,
    mainstream_total_pc,
    special_total_pc,
    ap_pru_total_pc,
    fe_total_pc,
    ed_elsewhere_pc,
    nm_early_years_pc,
    placement_unknown_pc
from staging.dfe_new_plans
