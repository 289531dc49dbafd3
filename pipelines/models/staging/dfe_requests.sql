/*
description: Requests for an EHC needs assessment, names and labels put right; a row for each area, year and breakdown
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
    published.requests_received_in_year as requests_received,
    published.requests_received_in_year_status as requests_received_status,
    published.requests_rya as requests_youth_accommodation,
    published.requests_rya_status as requests_youth_accommodation_status,
    published.requests_decided_to_assess as requests_to_assess,
    published.requests_decided_to_assess_status as requests_to_assess_status,
    published.requests_decided_not_to_assess as requests_refused,
    published.requests_decided_not_to_assess_status as requests_refused_status,
    published.requests_decision_not_made as requests_pending,
    published.requests_decision_not_made_status as requests_pending_status,
    published.requests_withdrawn,
    published.requests_withdrawn_status,
    published.request_assess_pc as requests_to_assess_pc,
    published.request_assess_pc_status as requests_to_assess_pc_status,
    published.request_not_assess_pc as requests_refused_pc,
    published.request_not_assess_pc_status as requests_refused_pc_status,
    published.request_outstanding_pc as requests_pending_pc,
    published.request_outstanding_pc_status as requests_pending_pc_status,
    published.request_withdrawn_pc as requests_withdrawn_pc,
    published.request_withdrawn_pc_status as requests_withdrawn_pc_status,
    published.request_outcome_six_weeks as decisions_within_6_weeks,
    published.request_outcome_six_weeks_status as decisions_within_6_weeks_status,
    published.request_outcome_over_6_weeks as decisions_over_6_weeks,
    published.request_outcome_over_6_weeks_status as decisions_over_6_weeks_status,
    published.request_outcome_six_weeks_pc as decisions_within_6_weeks_pc,
    published.request_outcome_six_weeks_pc_status as decisions_within_6_weeks_pc_status,
    published.request_outcome_over_6_weeks_pc as decisions_over_6_weeks_pc,
    published.request_outcome_over_6_weeks_pc_status as decisions_over_6_weeks_pc_status,
    published.mediation_related_request as requests_mediation,
    published.mediation_related_request_status as requests_mediation_status,
    published.tribunal_related_request as requests_tribunal,
    published.tribunal_related_request_status as requests_tribunal_status,
    published.tribunal_after_mediation_request as requests_tribunal_after_mediation,
    published.tribunal_after_mediation_request_status as requests_tribunal_after_mediation_status
from council.dfe_requests as published
left join seed.dfe_label on dfe_label.published_label = published.breakdown
