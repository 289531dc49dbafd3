/*
description: >-
  The council's SEN2 returns added up, beside what DfE printed for the area; a row for each file, column and period of a
  return
owner: SEND data team
grain: [area_code, file, published_column, period]
tags: [council, sen2, dfe]
*/
-- For an area to reconcile its own return. DfE corrects returns, asks authorities again and leaves plans out of
-- timeliness by a rule that it does not print, so a difference is a question and not yet a mistake. The columns bear
-- DfE's names as printed, misspelt ones too. A column that DfE does not print, or withholds (x), has none beside it.
with requests_printed as (
    select
        'requests.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'requests_received_in_year', 'n', cast(requests_received as bigint)),
            named_struct('published_column', 'requests_rya', 'n', cast(requests_youth_accommodation as bigint)),
            named_struct('published_column', 'requests_decided_to_assess', 'n', cast(requests_to_assess as bigint)),
            named_struct('published_column', 'requests_decided_not_to_assess', 'n', cast(requests_refused as bigint)),
            named_struct('published_column', 'requests_decision_not_made', 'n', cast(requests_pending as bigint)),
            named_struct('published_column', 'requests_withdrawn', 'n', cast(requests_withdrawn as bigint)),
            named_struct('published_column', 'request_outcome_six_weeks', 'n', cast(decisions_within_6_weeks as bigint)),
            named_struct('published_column', 'request_outcome_over_6_weeks', 'n', cast(decisions_over_6_weeks as bigint)),
            named_struct('published_column', 'mediation_related_request', 'n', cast(requests_mediation as bigint)),
            named_struct('published_column', 'tribunal_related_request', 'n', cast(requests_tribunal as bigint)),
            named_struct('published_column', 'tribunal_after_mediation_request', 'n', cast(requests_tribunal_after_mediation as bigint))
        )) as cell
    from staging.dfe_requests
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

assessments_printed as (
    select
        'assessments.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'assess_in_year', 'n', cast(assessments as bigint)),
            named_struct('published_column', 'assess_issued', 'n', cast(assessments_issued as bigint)),
            named_struct('published_column', 'assess_not_issued', 'n', cast(assessments_not_issued as bigint)),
            named_struct('published_column', 'assess_not_made', 'n', cast(assessments_pending as bigint)),
            named_struct('published_column', 'assess_withdrawn', 'n', cast(assessments_withdrawn as bigint)),
            named_struct('published_column', 'outcome_decision_within_time', 'n', cast(not_issued_within_16_weeks as bigint)),
            named_struct('published_column', 'outcome_decision_over_time', 'n', cast(not_issued_over_16_weeks as bigint)),
            named_struct('published_column', 'number_assess_mediation', 'n', cast(assessment_mediations as bigint)),
            named_struct('published_column', 'number_assess_tribunal', 'n', cast(assessment_tribunals as bigint)),
            named_struct('published_column', 'number_other_mediation', 'n', cast(other_mediations as bigint)),
            named_struct('published_column', 'number_other_tribunal', 'n', cast(other_tribunals as bigint))
        )) as cell
    from staging.dfe_assessments
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

timeliness_printed as (
    select
        'timeliness_20_week.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'plans_issued_den', 'n', cast(plans_issued as bigint)),
            named_struct('published_column', 'plans_issued_den_ex', 'n', cast(plans_issued_no_exception as bigint)),
            named_struct('published_column', 'plans_issued_within_20_weeks', 'n', cast(plans_within_20_weeks as bigint)),
            named_struct('published_column', 'plans_issued_20_weeks_ex', 'n', cast(plans_within_20_weeks_no_exception as bigint)),
            named_struct('published_column', 'plans_issued_gt20weeks_ltyear', 'n', cast(plans_20_to_52_weeks as bigint)),
            named_struct('published_column', 'plans_issued_gt20weeks_ltyear_ex', 'n', cast(plans_20_to_52_weeks_no_exception as bigint)),
            named_struct('published_column', 'plans_issued_gt_1_year', 'n', cast(plans_over_52_weeks as bigint)),
            named_struct('published_column', 'plans_issued_gt_1_year_ex', 'n', cast(plans_over_52_weeks_no_exception as bigint))
        )) as cell
    from staging.dfe_timeliness
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

newplans_printed as (
    select
        'newplans.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'new_ehc_plans', 'n', cast(plans as bigint)),
            named_struct('published_column', 'mainstream_total', 'n', cast(mainstream_total as bigint)),
            named_struct('published_column', 'special_total', 'n', cast(special_total as bigint)),
            named_struct('published_column', 'ap_pru_total', 'n', cast(ap_pru_total as bigint)),
            named_struct('published_column', 'fe_total', 'n', cast(fe_total as bigint)),
            named_struct('published_column', 'ed_elsewhere', 'n', cast(ed_elsewhere as bigint)),
            named_struct('published_column', 'nm_early_years', 'n', cast(nm_early_years as bigint)),
            named_struct('published_column', 'placement_unknown', 'n', cast(placement_unknown as bigint))
        )) as cell
    from staging.dfe_new_plans
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

sen_need_newplans_printed as (
    select
        'sen_need_newplans.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'ehc_plans', 'n', cast(plans as bigint)),
            named_struct('published_column', 'number_asd', 'n', cast(need_asd as bigint)),
            named_struct('published_column', 'number_hi', 'n', cast(need_hi as bigint)),
            named_struct('published_column', 'number_mld', 'n', cast(need_mld as bigint)),
            named_struct('published_column', 'number_msi', 'n', cast(need_msi as bigint)),
            named_struct('published_column', 'number_oth', 'n', cast(need_oth as bigint)),
            named_struct('published_column', 'number_pd', 'n', cast(need_pd as bigint)),
            named_struct('published_column', 'number_pmld', 'n', cast(need_pmld as bigint)),
            named_struct('published_column', 'number_semh', 'n', cast(need_semh as bigint)),
            named_struct('published_column', 'number_slcn', 'n', cast(need_slcn as bigint)),
            named_struct('published_column', 'number_sld', 'n', cast(need_sld as bigint)),
            named_struct('published_column', 'number_spld', 'n', cast(need_spld as bigint)),
            named_struct('published_column', 'number_vi', 'n', cast(need_vi as bigint)),
            named_struct('published_column', 'number_need_unknown', 'n', cast(need_not_recorded as bigint))
        )) as cell
    from staging.dfe_sen_need_new_plans
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

ceased_plans_printed as (
    select
        'ceased_plans.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'total_ceased', 'n', cast(plans_ceased as bigint)),
            named_struct('published_column', 'max_age', 'n', cast(ceased_max_age as bigint)),
            named_struct('published_column', 'needs_met', 'n', cast(ceased_needs_met as bigint)),
            named_struct('published_column', 'he', 'n', cast(ceased_higher_education as bigint)),
            named_struct('published_column', 'employ', 'n', cast(ceased_employment as bigint)),
            named_struct('published_column', 'transfer', 'n', cast(ceased_transferred as bigint)),
            named_struct('published_column', 'no_engage', 'n', cast(ceased_disengaged as bigint)),
            named_struct('published_column', 'moved_outside_eng', 'n', cast(ceased_left_england as bigint)),
            named_struct('published_column', 'deceased', 'n', cast(ceased_deceased as bigint)),
            named_struct('published_column', 'other', 'n', cast(ceased_other_reason as bigint))
        )) as cell
    from staging.dfe_ceased_plans
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

annual_reviews_printed as (
    select
        'annual_reviews.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'total_ehc_plans', 'n', cast(plans as bigint)),
            named_struct('published_column', 'review_expected', 'n', cast(reviews_expected as bigint)),
            named_struct('published_column', 'review_not_expected', 'n', cast(reviews_not_expected as bigint)),
            named_struct('published_column', 'total_review_meeting', 'n', cast(meetings as bigint)),
            named_struct('published_column', 'no_review_meeting', 'n', cast(no_meeting as bigint)),
            named_struct('published_column', 'review_meeting_25', 'n', cast(meetings_after_year as bigint)),
            named_struct('published_column', 'review_meeting_24', 'n', cast(meetings_in_year as bigint)),
            named_struct('published_column', 'review_meeting_prior_24', 'n', cast(meetings_before_year as bigint)),
            named_struct('published_column', 'number_decsion_4weeks', 'n', cast(decisions_within_4_weeks as bigint)),
            named_struct('published_column', 'number_decision_gt_4weeks', 'n', cast(decisions_over_4_weeks as bigint))
        )) as cell
    from staging.dfe_annual_reviews
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

caseload_printed as (
    select
        'caseload.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'ehcplans', 'n', cast(plans as bigint)),
            named_struct('published_column', 'mainstream_total', 'n', cast(mainstream_total as bigint)),
            named_struct('published_column', 'special_total', 'n', cast(special_total as bigint)),
            named_struct('published_column', 'ap_pru_total', 'n', cast(ap_pru_total as bigint)),
            named_struct('published_column', 'fe_total', 'n', cast(fe_total as bigint)),
            named_struct('published_column', 'ed_elsewhere', 'n', cast(ed_elsewhere as bigint)),
            named_struct('published_column', 'nm_early_years', 'n', cast(nm_early_years as bigint)),
            named_struct('published_column', 'placement_unknown', 'n', cast(placement_unknown as bigint)),
            named_struct('published_column', 'special_independent_and_non_maintained', 'n', cast(special_independent + special_non_maintained as bigint)),
            named_struct('published_column', 'neet', 'n', cast(neet as bigint)),
            named_struct('published_column', 'neet_ntci', 'n', cast(neet_notice_to_cease as bigint)),
            named_struct('published_column', 'neet_other', 'n', cast(neet_other_age as bigint)),
            named_struct('published_column', 'neet_other_csa', 'n', cast(neet_school_age as bigint))
        )) as cell
    from staging.dfe_caseload
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

sen_needs_all_plans_printed as (
    select
        'sen_needs_all_plans.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'ehc_plans', 'n', cast(plans as bigint)),
            named_struct('published_column', 'number_asd', 'n', cast(need_asd as bigint)),
            named_struct('published_column', 'number_hi', 'n', cast(need_hi as bigint)),
            named_struct('published_column', 'number_mld', 'n', cast(need_mld as bigint)),
            named_struct('published_column', 'number_msi', 'n', cast(need_msi as bigint)),
            named_struct('published_column', 'number_oth', 'n', cast(need_oth as bigint)),
            named_struct('published_column', 'number_pd', 'n', cast(need_pd as bigint)),
            named_struct('published_column', 'number_pmld', 'n', cast(need_pmld as bigint)),
            named_struct('published_column', 'number_semh', 'n', cast(need_semh as bigint)),
            named_struct('published_column', 'number_slcn', 'n', cast(need_slcn as bigint)),
            named_struct('published_column', 'number_sld', 'n', cast(need_sld as bigint)),
            named_struct('published_column', 'number_spld', 'n', cast(need_spld as bigint)),
            named_struct('published_column', 'number_vi', 'n', cast(need_vi as bigint)),
            named_struct('published_column', 'number_need_unknown', 'n', cast(need_not_recorded as bigint))
        )) as cell
    from staging.dfe_sen_need_all_plans
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

personal_budgets_printed as (
    select
        'personal_budgets.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'personal_budget', 'n', cast(personal_budgets as bigint)),
            named_struct('published_column', 'org_arrangments', 'n', cast(organised_arrangements as bigint)),
            named_struct('published_column', 'pb_health', 'n', cast(direct_payment_health as bigint)),
            named_struct('published_column', 'pb_education', 'n', cast(direct_payment_education as bigint)),
            named_struct('published_column', 'pb_social', 'n', cast(direct_payment_social_care as bigint)),
            named_struct('published_column', 'pb_integrated', 'n', cast(direct_payment_integrated as bigint))
        )) as cell
    from staging.dfe_personal_budgets
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

residential_settings_printed as (
    select
        'residential_settings.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'res_tot', 'n', cast(residential as bigint)),
            named_struct('published_column', 'res_3851', 'n', cast(residential_38_to_51_weeks as bigint)),
            named_struct('published_column', 'res_52', 'n', cast(residential_52_weeks as bigint))
        )) as cell
    from staging.dfe_residential_settings
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

work_based_placements_printed as (
    select
        'work_based_placements.csv' as file,
        area_code,
        period,
        unnest(make_array(
            named_struct('published_column', 'open_wbp', 'n', cast(work_based_placements as bigint)),
            named_struct('published_column', 'open_supp_intern', 'n', cast(supported_internships as bigint)),
            named_struct('published_column', 'open_apprentice', 'n', cast(apprenticeships as bigint)),
            named_struct('published_column', 'open_trainee', 'n', cast(traineeships as bigint))
        )) as cell
    from staging.dfe_work_based_placements
    where area_level = 'local_authority' and breakdown_topic = 'Total'
),

printed as (
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from requests_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from assessments_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from timeliness_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from newplans_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from sen_need_newplans_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from ceased_plans_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from annual_reviews_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from caseload_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from sen_needs_all_plans_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from personal_budgets_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from residential_settings_printed
    union all
    select file, area_code, period, cell['published_column'] as published_column, cell['n'] as n from work_based_placements_printed
)

select
    ours.area_code,
    ours.area_name,
    ours.area_level,
    ours.file,
    ours.published_column,
    ours.period,
    ours.n as ours,
    printed.n as printed,
    ours.n - printed.n as difference,
    case when printed.n is not null then ours.n = printed.n end as agrees
from core.return_figure as ours
left join printed
    on printed.file = ours.file
    and printed.area_code = ours.area_code
    and printed.period = ours.period
    and printed.published_column = ours.published_column
