/*
description: Plans issued and how long they took, with and without plans that had a permitted exception, names and labels put right; a row for each area, year and breakdown
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, dfe]
tests:
  - accepted_values: {column: area_level, values: [country, region, local_authority]}
  - not_null: [period_start, period_end]
*/
select
    coalesce(published.new_la_code, published.region_code, published.country_code) as area_code,
    coalesce(published.la_name, published.region_name, published.country_name) as area_name,
    case published.geographic_level
        when 'National' then 'country'
        when 'Regional' then 'region'
        else 'local_authority'
    end as area_level,
    published.time_period as period,
    cast(published.time_period || '-01-01' as date) as period_start,
    cast(published.time_period || '-12-31' as date) as period_end,
    'calendar_year' as period_grain,
    -- DfE's total repeats its topic in both columns.
    case when published.breakdown = published.breakdown_topic then 'Total' else published.breakdown_topic end as breakdown_topic,
    case when published.breakdown = published.breakdown_topic then 'Total' else coalesce(dfe_label.label, published.breakdown) end as breakdown,
    published.plans_issued_den as plans_issued,
    published.plans_issued_den_status as plans_issued_status,
    published.plans_issued_den_ex as plans_issued_no_exception,
    published.plans_issued_den_ex_status as plans_issued_no_exception_status,
    published.plans_issued_within_20_weeks as plans_within_20_weeks,
    published.plans_issued_within_20_weeks_status as plans_within_20_weeks_status,
    published.plans_issued_20_weeks_ex as plans_within_20_weeks_no_exception,
    published.plans_issued_20_weeks_ex_status as plans_within_20_weeks_no_exception_status,
    published.plans_issued_gt20weeks_ltyear as plans_20_to_52_weeks,
    published.plans_issued_gt20weeks_ltyear_status as plans_20_to_52_weeks_status,
    published.plans_issued_gt20weeks_ltyear_ex as plans_20_to_52_weeks_no_exception,
    published.plans_issued_gt20weeks_ltyear_ex_status as plans_20_to_52_weeks_no_exception_status,
    published.plans_issued_gt_1_year as plans_over_52_weeks,
    published.plans_issued_gt_1_year_status as plans_over_52_weeks_status,
    published.plans_issued_gt_1_year_ex as plans_over_52_weeks_no_exception,
    published.plans_issued_gt_1_year_ex_status as plans_over_52_weeks_no_exception_status,
    published.pc_plans_issued_within_20_weeks as plans_within_20_weeks_pc,
    published.pc_plans_issued_within_20_weeks_status as plans_within_20_weeks_pc_status,
    published.pc_plans_issued_20_weeks_ex as plans_within_20_weeks_no_exception_pc,
    published.pc_plans_issued_20_weeks_ex_status as plans_within_20_weeks_no_exception_pc_status,
    published.pc_plans_issued_gt20weeks_ltyear as plans_20_to_52_weeks_pc,
    published.pc_plans_issued_gt20weeks_ltyear_status as plans_20_to_52_weeks_pc_status,
    published.pc_plans_issued_gt20weeks_ltyear_ex as plans_20_to_52_weeks_no_exception_pc,
    published.pc_plans_issued_gt20weeks_ltyear_ex_status as plans_20_to_52_weeks_no_exception_pc_status,
    published.pc_plans_issued_gt_1_year as plans_over_52_weeks_pc,
    published.pc_plans_issued_gt_1_year_status as plans_over_52_weeks_pc_status,
    published.pc_plans_issued_gt_1_year_ex as plans_over_52_weeks_no_exception_pc,
    published.pc_plans_issued_gt_1_year_ex_status as plans_over_52_weeks_no_exception_pc_status
from council.dfe_timeliness as published
left join seed.dfe_label on dfe_label.published_label = published.breakdown
