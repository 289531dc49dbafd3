/*
description: Counts behind the assessment metrics, a row for each area, calendar year and breakdown
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
    assessments,
    assessments_status,
    assessments_issued,
    assessments_issued_status,
    assessments_not_issued,
    assessments_not_issued_status,
    not_issued_within_16_weeks,
    not_issued_within_16_weeks_status,
    not_issued_over_16_weeks,
    not_issued_over_16_weeks_status,
    other_mediations,
    other_mediations_status,
    other_tribunals,
    other_tribunals_status,
    other_tribunals_after_mediation,
    other_tribunals_after_mediation_status,
    assessments_issued_pc,
    assessments_not_issued_pc,
    not_issued_within_16_weeks_pc
from staging.dfe_assessments
