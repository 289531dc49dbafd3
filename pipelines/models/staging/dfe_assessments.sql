/*
description: EHC needs assessments and their outcome, names and labels put right; a row for each area, year and breakdown
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
    published.assess_in_year as assessments,
    published.assess_in_year_status as assessments_status,
    published.assess_issued as assessments_issued,
    published.assess_issued_status as assessments_issued_status,
    published.assess_not_issued as assessments_not_issued,
    published.assess_not_issued_status as assessments_not_issued_status,
    published.assess_not_made as assessments_pending,
    published.assess_not_made_status as assessments_pending_status,
    published.assess_withdrawn as assessments_withdrawn,
    published.assess_withdrawn_status as assessments_withdrawn_status,
    published.assess_issued_pc as assessments_issued_pc,
    published.assess_issued_pc_status as assessments_issued_pc_status,
    published.assess_not_issued_pc as assessments_not_issued_pc,
    published.assess_not_issued_pc_status as assessments_not_issued_pc_status,
    published.assess_not_made_pc as assessments_pending_pc,
    published.assess_not_made_pc_status as assessments_pending_pc_status,
    published.assess_withdrawn_pc as assessments_withdrawn_pc,
    published.assess_withdrawn_pc_status as assessments_withdrawn_pc_status,
    published.outcome_decision_within_time as not_issued_within_16_weeks,
    published.outcome_decision_within_time_status as not_issued_within_16_weeks_status,
    published.outcome_decision_over_time as not_issued_over_16_weeks,
    published.outcome_decision_over_time_status as not_issued_over_16_weeks_status,
    published.outcome_decision_within_time_pc as not_issued_within_16_weeks_pc,
    published.outcome_decision_within_time_pc_status as not_issued_within_16_weeks_pc_status,
    published.outcome_decision_over_time_pc as not_issued_over_16_weeks_pc,
    published.outcome_decision_over_time_pc_status as not_issued_over_16_weeks_pc_status,
    published.number_assess_mediation as assessment_mediations,
    published.number_assess_mediation_status as assessment_mediations_status,
    published.number_assess_tribunal as assessment_tribunals,
    published.number_assess_tribunal_status as assessment_tribunals_status,
    published.number_asssess_mediation_tribunal as assessment_tribunals_after_mediation,
    published.number_asssess_mediation_tribunal_status as assessment_tribunals_after_mediation_status,
    published.number_other_mediation as other_mediations,
    published.number_other_mediation_status as other_mediations_status,
    published.number_other_tribunal as other_tribunals,
    published.number_other_tribunal_status as other_tribunals_status,
    published.number_other_mediation_tribunal as other_tribunals_after_mediation,
    published.number_other_mediation_tribunal_status as other_tribunals_after_mediation_status
from council.dfe_assessments as published
left join seed.dfe_label on dfe_label.published_label = published.breakdown
