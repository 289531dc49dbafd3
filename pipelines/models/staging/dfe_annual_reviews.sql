/*
description: Annual reviews of EHC plans, names and labels put right; a row for each area, year and breakdown
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
    published.total_ehc_plans as plans,
    published.total_ehc_plans_status as plans_status,
    published.review_expected as reviews_expected,
    published.review_expected_status as reviews_expected_status,
    published.review_not_expected as reviews_not_expected,
    published.review_not_expected_status as reviews_not_expected_status,
    published.total_review_meeting as meetings,
    published.total_review_meeting_status as meetings_status,
    published.no_review_meeting as no_meeting,
    published.no_review_meeting_status as no_meeting_status,
    published.review_meeting_25 as meetings_after_year,
    published.review_meeting_25_status as meetings_after_year_status,
    published.review_meeting_24 as meetings_in_year,
    published.review_meeting_24_status as meetings_in_year_status,
    published.review_meeting_prior_24 as meetings_before_year,
    published.review_meeting_prior_24_status as meetings_before_year_status,
    published.review_decision25 as decisions_after_year,
    published.review_decision25_status as decisions_after_year_status,
    published.review_decision24 as decisions_in_year,
    published.review_decision24_status as decisions_in_year_status,
    published.review_decision_prior24 as decisions_before_year,
    published.review_decision_prior24_status as decisions_before_year_status,
    published.review_decision_not_due as decisions_not_due,
    published.review_decision_not_due_status as decisions_not_due_status,
    published.review_decision_outstanding as decisions_outstanding,
    published.review_decision_outstanding_status as decisions_outstanding_status,
    published.outcome_amend as outcomes_amend,
    published.outcome_amend_status as outcomes_amend_status,
    published.outcome_cease as outcomes_cease,
    published.outcome_cease_status as outcomes_cease_status,
    published.outcome_maintan as outcomes_maintain,
    published.outcome_maintan_status as outcomes_maintain_status,
    published.no_outcome,
    published.no_outcome_status,
    published.number_decsion_4weeks as decisions_within_4_weeks,
    published.number_decsion_4weeks_status as decisions_within_4_weeks_status,
    published.number_decision_gt_4weeks as decisions_over_4_weeks,
    published.number_decision_gt_4weeks_status as decisions_over_4_weeks_status,
    published.pc_decsion_4weeks as decisions_within_4_weeks_pc,
    published.pc_decsion_4weeks_status as decisions_within_4_weeks_pc_status,
    published.pc_decision_gt_4weeks as decisions_over_4_weeks_pc,
    published.pc_decision_gt_4weeks_status as decisions_over_4_weeks_pc_status
from council.dfe_annual_reviews as published
left join seed.dfe_label on dfe_label.published_label = published.breakdown
