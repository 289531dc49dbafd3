/*
description: Counts behind the annual review metrics, a row for each area, calendar year and breakdown
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
    reviews_expected,
    reviews_expected_status,
    meetings,
    meetings_status,
    meetings_before_year,
    meetings_before_year_status,
    no_meeting,
    no_meeting_status,
    decisions_within_4_weeks,
    decisions_within_4_weeks_status,
    decisions_over_4_weeks,
    decisions_over_4_weeks_status,
    decisions_within_4_weeks_pc
from staging.dfe_annual_reviews
