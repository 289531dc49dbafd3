/*
description: Counts behind the waiting metrics, children and young people only; a row for each month, organisation and service line
owner: Performance team, Essex Partnership University NHS Foundation Trust
grain: [area_code, area_level, period, breakdown_topic, breakdown]
tags: [eput, sitrep]
tests:
  - accepted_values: {column: area_level, values: [country, nhs_region, icb, provider]}
  - accepted_values: {column: waiting_status, values: [ok, suppressed, not_submitted, missing]}
  - expression: (waiting_status = 'ok') = (waiting is not null)
*/
-- The list is counted at the end of the month. There is no `Total`: a sum of the lines a provider
-- submitted would fall when it stops submitting one.
select
    organisation_code as area_code,
    organisation_name as area_name,
    organisation_level as area_level,
    to_char(data_month, '%Y-%m') as period,
    cast(data_month + interval '1 month' - interval '1 day' as date) as period_start,
    cast(data_month + interval '1 month' - interval '1 day' as date) as period_end,
    'month' as period_grain,
    'Service line' as breakdown_topic,
    service_line as breakdown,
    waiting,
    waiting_status,
    waiting_over_18_weeks,
    waiting_over_18_weeks_status,
    waiting_over_52_weeks,
    waiting_over_52_weeks_status
from core.community_wait
where age_group = 'CYP'
