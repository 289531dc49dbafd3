/*
description: Counts behind the request metrics, a row for each area, calendar year and breakdown
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, dfe]
tests:
  - expression: requests_refused is null or requests_refused >= 0
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
    requests_received,
    requests_received_status,
    requests_to_assess,
    requests_to_assess_status,
    requests_refused,
    requests_refused_status,
    requests_withdrawn,
    requests_withdrawn_status,
    decisions_within_6_weeks,
    decisions_within_6_weeks_status,
    decisions_over_6_weeks,
    decisions_over_6_weeks_status,
    requests_mediation,
    requests_mediation_status,
    requests_tribunal,
    requests_tribunal_status,
    requests_tribunal_after_mediation,
    requests_tribunal_after_mediation_status,
    requests_refused_pc,
    requests_withdrawn_pc,
    decisions_within_6_weeks_pc
from staging.dfe_requests
