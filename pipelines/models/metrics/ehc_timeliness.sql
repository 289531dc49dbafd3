/*
description: Counts behind the 20-week metrics, a row for each area, calendar year and breakdown
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, dfe]
tests:
  - expression: plans_issued_no_exception <= plans_issued
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
    plans_issued,
    plans_issued_status,
    plans_issued_no_exception,
    plans_issued_no_exception_status,
    plans_within_20_weeks,
    plans_within_20_weeks_status,
    plans_within_20_weeks_no_exception,
    plans_within_20_weeks_no_exception_status,
    plans_20_to_52_weeks,
    plans_20_to_52_weeks_status,
    plans_20_to_52_weeks_no_exception,
    plans_20_to_52_weeks_no_exception_status,
    plans_over_52_weeks,
    plans_over_52_weeks_status,
    plans_over_52_weeks_no_exception,
    plans_over_52_weeks_no_exception_status,
    plans_within_20_weeks_pc,
    plans_within_20_weeks_no_exception_pc,
    plans_20_to_52_weeks_pc,
    plans_20_to_52_weeks_no_exception_pc,
    plans_over_52_weeks_pc,
    plans_over_52_weeks_no_exception_pc
from staging.dfe_timeliness
