/*
description: Every percentage that DfE publishes, worked out again from the counts beside it; a row for each published percentage that is a number
owner: SEND data team
grain: [file, published_column, period, area_code, breakdown_topic, breakdown]
tags: [council, reconciliation]
tests:
  - not_null: [agrees]
  - expression: agrees or exception is not null
    blocking: false
*/
-- DfE prints one decimal place and rounds halves up. So is it done here, in whole numbers, with no
-- tolerance. Cells known not to follow from the printed counts are listed with the reason in
-- seed.dfe_exception and keep agrees = false.
with published_percentages as (
    select 'requests.csv' as file, 'request_assess_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        requests_to_assess as numerator, requests_received as denominator, requests_to_assess_pc as published
    from staging.dfe_requests
    union all
    select 'requests.csv' as file, 'request_not_assess_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        requests_refused as numerator, requests_received as denominator, requests_refused_pc as published
    from staging.dfe_requests
    union all
    select 'requests.csv' as file, 'request_outstanding_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        requests_pending as numerator, requests_received as denominator, requests_pending_pc as published
    from staging.dfe_requests
    union all
    select 'requests.csv' as file, 'request_withdrawn_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        requests_withdrawn as numerator, requests_received as denominator, requests_withdrawn_pc as published
    from staging.dfe_requests
    union all
    select 'requests.csv' as file, 'request_outcome_six_weeks_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        decisions_within_6_weeks as numerator, decisions_within_6_weeks + decisions_over_6_weeks as denominator, decisions_within_6_weeks_pc as published
    from staging.dfe_requests
    union all
    select 'requests.csv' as file, 'request_outcome_over_6_weeks_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        decisions_over_6_weeks as numerator, decisions_within_6_weeks + decisions_over_6_weeks as denominator, decisions_over_6_weeks_pc as published
    from staging.dfe_requests
    union all
    select 'assessments.csv' as file, 'assess_issued_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        assessments_issued as numerator, assessments as denominator, assessments_issued_pc as published
    from staging.dfe_assessments
    union all
    select 'assessments.csv' as file, 'assess_not_issued_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        assessments_not_issued as numerator, assessments as denominator, assessments_not_issued_pc as published
    from staging.dfe_assessments
    union all
    select 'assessments.csv' as file, 'assess_not_made_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        assessments_pending as numerator, assessments as denominator, assessments_pending_pc as published
    from staging.dfe_assessments
    union all
    select 'assessments.csv' as file, 'assess_withdrawn_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        assessments_withdrawn as numerator, assessments as denominator, assessments_withdrawn_pc as published
    from staging.dfe_assessments
    union all
    select 'assessments.csv' as file, 'outcome_decision_within_time_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        not_issued_within_16_weeks as numerator, not_issued_within_16_weeks + not_issued_over_16_weeks as denominator, not_issued_within_16_weeks_pc as published
    from staging.dfe_assessments
    union all
    select 'assessments.csv' as file, 'outcome_decision_over_time_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        not_issued_over_16_weeks as numerator, not_issued_within_16_weeks + not_issued_over_16_weeks as denominator, not_issued_over_16_weeks_pc as published
    from staging.dfe_assessments
    union all
    select 'timeliness_20_week.csv' as file, 'pc_plans_issued_within_20_weeks' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        plans_within_20_weeks as numerator, plans_issued as denominator, plans_within_20_weeks_pc as published
    from staging.dfe_timeliness
    union all
    select 'timeliness_20_week.csv' as file, 'pc_plans_issued_gt20weeks_ltYear' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        plans_20_to_52_weeks as numerator, plans_issued as denominator, plans_20_to_52_weeks_pc as published
    from staging.dfe_timeliness
    union all
    select 'timeliness_20_week.csv' as file, 'pc_plans_issued_gt_1_year' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        plans_over_52_weeks as numerator, plans_issued as denominator, plans_over_52_weeks_pc as published
    from staging.dfe_timeliness
    union all
    select 'timeliness_20_week.csv' as file, 'PC_plans_issued_20_weeks_ex' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        plans_within_20_weeks_no_exception as numerator, plans_issued_no_exception as denominator, plans_within_20_weeks_no_exception_pc as published
    from staging.dfe_timeliness
    union all
    select 'timeliness_20_week.csv' as file, 'PC_plans_issued_gt20weeks_ltYear_ex' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        plans_20_to_52_weeks_no_exception as numerator, plans_issued_no_exception as denominator, plans_20_to_52_weeks_no_exception_pc as published
    from staging.dfe_timeliness
    union all
    select 'timeliness_20_week.csv' as file, 'PC_plans_issued_gt_1_year_ex' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        plans_over_52_weeks_no_exception as numerator, plans_issued_no_exception as denominator, plans_over_52_weeks_no_exception_pc as published
    from staging.dfe_timeliness
    union all
    select 'annual_reviews.csv' as file, 'pc_decsion_4weeks' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        decisions_within_4_weeks as numerator, decisions_within_4_weeks + decisions_over_4_weeks as denominator, decisions_within_4_weeks_pc as published
    from staging.dfe_annual_reviews
    union all
    select 'annual_reviews.csv' as file, 'pc_decision_gt_4weeks' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        decisions_over_4_weeks as numerator, decisions_within_4_weeks + decisions_over_4_weeks as denominator, decisions_over_4_weeks_pc as published
    from staging.dfe_annual_reviews
    union all
    select 'caseload.csv' as file, 'mainstream_total_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        mainstream_total as numerator, plans as denominator, mainstream_total_pc as published
    from staging.dfe_caseload
    union all
    select 'caseload.csv' as file, 'special_total_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        special_total as numerator, plans as denominator, special_total_pc as published
    from staging.dfe_caseload
    union all
    select 'caseload.csv' as file, 'AP_PRU_total_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        ap_pru_total as numerator, plans as denominator, ap_pru_total_pc as published
    from staging.dfe_caseload
    union all
    select 'caseload.csv' as file, 'fe_total_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        fe_total as numerator, plans as denominator, fe_total_pc as published
    from staging.dfe_caseload
    union all
    select 'caseload.csv' as file, 'ed_elsewhere_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        ed_elsewhere as numerator, plans as denominator, ed_elsewhere_pc as published
    from staging.dfe_caseload
    union all
    select 'caseload.csv' as file, 'nm_early_years_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        nm_early_years as numerator, plans as denominator, nm_early_years_pc as published
    from staging.dfe_caseload
    union all
    select 'caseload.csv' as file, 'placement_unknown_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        placement_unknown as numerator, plans as denominator, placement_unknown_pc as published
    from staging.dfe_caseload
    union all
    select 'newplans.csv' as file, 'mainstream_total_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        mainstream_total as numerator, plans as denominator, mainstream_total_pc as published
    from staging.dfe_new_plans
    union all
    select 'newplans.csv' as file, 'special_total_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        special_total as numerator, plans as denominator, special_total_pc as published
    from staging.dfe_new_plans
    union all
    select 'newplans.csv' as file, 'AP_PRU_total_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        ap_pru_total as numerator, plans as denominator, ap_pru_total_pc as published
    from staging.dfe_new_plans
    union all
    select 'newplans.csv' as file, 'fe_total_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        fe_total as numerator, plans as denominator, fe_total_pc as published
    from staging.dfe_new_plans
    union all
    select 'newplans.csv' as file, 'ed_elsewhere_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        ed_elsewhere as numerator, plans as denominator, ed_elsewhere_pc as published
    from staging.dfe_new_plans
    union all
    select 'newplans.csv' as file, 'nm_early_years_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        nm_early_years as numerator, plans as denominator, nm_early_years_pc as published
    from staging.dfe_new_plans
    union all
    select 'newplans.csv' as file, 'placement_unknown_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        placement_unknown as numerator, plans as denominator, placement_unknown_pc as published
    from staging.dfe_new_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'asd_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_asd as numerator, plans as denominator, need_asd_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'hi_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_hi as numerator, plans as denominator, need_hi_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'mld_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_mld as numerator, plans as denominator, need_mld_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'msi_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_msi as numerator, plans as denominator, need_msi_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'oth_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_oth as numerator, plans as denominator, need_oth_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'pd_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_pd as numerator, plans as denominator, need_pd_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'pmld_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_pmld as numerator, plans as denominator, need_pmld_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'semh_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_semh as numerator, plans as denominator, need_semh_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'slcn_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_slcn as numerator, plans as denominator, need_slcn_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'sld_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_sld as numerator, plans as denominator, need_sld_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'spld_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_spld as numerator, plans as denominator, need_spld_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'vi_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_vi as numerator, plans as denominator, need_vi_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_needs_all_plans.csv' as file, 'unknown_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_not_recorded as numerator, plans as denominator, need_not_recorded_pc as published
    from staging.dfe_sen_need_all_plans
    union all
    select 'sen_need_newplans.csv' as file, 'asd_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_asd as numerator, plans as denominator, need_asd_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'hi_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_hi as numerator, plans as denominator, need_hi_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'mld_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_mld as numerator, plans as denominator, need_mld_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'msi_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_msi as numerator, plans as denominator, need_msi_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'oth_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_oth as numerator, plans as denominator, need_oth_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'pd_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_pd as numerator, plans as denominator, need_pd_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'pmld_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_pmld as numerator, plans as denominator, need_pmld_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'semh_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_semh as numerator, plans as denominator, need_semh_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'slcn_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_slcn as numerator, plans as denominator, need_slcn_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'sld_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_sld as numerator, plans as denominator, need_sld_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'spld_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_spld as numerator, plans as denominator, need_spld_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'vi_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_vi as numerator, plans as denominator, need_vi_pc as published
    from staging.dfe_sen_need_new_plans
    union all
    select 'sen_need_newplans.csv' as file, 'unknown_pc' as published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        need_not_recorded as numerator, plans as denominator, need_not_recorded_pc as published
    from staging.dfe_sen_need_new_plans
),

in_tenths as (
    select
        file, published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        numerator, denominator, published,
        -- Half up: floor(1000 n / d + 1/2).
        case when denominator > 0 then (2000 * numerator + denominator) / (2 * denominator) end as recomputed_tenths
    from published_percentages
    where published is not null
)

select
    in_tenths.file,
    in_tenths.published_column,
    in_tenths.period,
    in_tenths.area_code,
    in_tenths.area_name,
    in_tenths.area_level,
    in_tenths.breakdown_topic,
    in_tenths.breakdown,
    in_tenths.numerator,
    in_tenths.denominator,
    cast(cast(in_tenths.recomputed_tenths as decimal(12, 1)) / 10 as decimal(12, 1)) as recomputed,
    in_tenths.published,
    coalesce(in_tenths.published * 10 = in_tenths.recomputed_tenths, false) as agrees,
    dfe_exception.reason as exception
from in_tenths
left join seed.dfe_exception
    on dfe_exception.file = in_tenths.file
    and dfe_exception.published_column = in_tenths.published_column
    and dfe_exception.period = in_tenths.period
    and dfe_exception.area_code = in_tenths.area_code
    and dfe_exception.breakdown_topic = in_tenths.breakdown_topic
    and dfe_exception.breakdown = in_tenths.breakdown
