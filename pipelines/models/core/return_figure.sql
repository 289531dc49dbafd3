/*
description: >-
  What a SEN2 return adds up to, under the names of DfE's published columns; a row for each return, file and column
owner: SEND data team
grain: [la_number, year, file, published_column]
tags: [council, sen2, dfe]
tests:
  - not_null: [area_code, n]
  - expression: "n >= 0"
*/
-- Counted from the rows of one return alone, as DfE has them, and not from the council's other systems: so it can be
-- held against what DfE printed. Rows of other years (H) and dates outside the calendar year are in no flow. A return
-- has the last review of each plan alone, so a decision that an earlier meeting led to in the year is not in it, and
-- E28, which has the council's list of reviews, is higher.
with limits as (
    select
        max(days) filter (where id = 'six_weeks') as six_weeks,
        max(days) filter (where id = 'sixteen_weeks') as sixteen_weeks,
        max(days) filter (where id = 'twenty_weeks') as twenty_weeks,
        max(days) filter (where id = 'review_decision') as review_decision
    from seed.clock
),

requests as (
    select
        lea, year, received_on, decided_on, request_outcome, is_in_youth_accommodation,
        coalesce(has_request_mediation, false) as has_request_mediation,
        coalesce(has_request_tribunal, false) as has_request_tribunal,
        assessment_outcome, assessed_on,
        coalesce(has_assessment_mediation, false) as has_assessment_mediation,
        coalesce(has_assessment_tribunal, false) as has_assessment_tribunal,
        coalesce(has_content_mediation, false) as has_content_mediation,
        coalesce(has_content_tribunal, false) as has_content_tribunal,
        coalesce(has_exception, false) as has_exception,
        started_on,
        received_on between opened_on and closed_on and request_outcome <> 'H' as is_received,
        coalesce(request_outcome in ('Y', 'N') and decided_on between opened_on and closed_on, false) as is_decided,
        -- Agreed by the end of the year and not over before it; what was decided before it is H.
        coalesce(assessment_outcome <> 'H', false) and coalesce(decided_on <= closed_on, true) as is_assessed,
        coalesce(assessed_on <= closed_on, false) as is_ended,
        coalesce(started_on between opened_on and closed_on, false) and transferred_from is null as is_issued,
        six_weeks, sixteen_weeks, twenty_weeks
    from core.ehc_return_case
    cross join limits
),

request_cells as (
    select
        lea,
        year,
        unnest(make_array(
            named_struct('file', 'requests.csv', 'published_column', 'requests_received_in_year', 'is_stock', false, 'is_in', is_received),
            named_struct('file', 'requests.csv', 'published_column', 'requests_rya', 'is_stock', false, 'is_in', is_received and is_in_youth_accommodation),
            named_struct('file', 'requests.csv', 'published_column', 'requests_decided_to_assess', 'is_stock', false, 'is_in', is_received and request_outcome = 'Y'),
            named_struct('file', 'requests.csv', 'published_column', 'requests_decided_not_to_assess', 'is_stock', false, 'is_in', is_received and request_outcome = 'N'),
            named_struct('file', 'requests.csv', 'published_column', 'requests_decision_not_made', 'is_stock', false, 'is_in', is_received and request_outcome = 'A'),
            named_struct('file', 'requests.csv', 'published_column', 'requests_withdrawn', 'is_stock', false, 'is_in', is_received and request_outcome = 'W'),
            named_struct('file', 'requests.csv', 'published_column', 'request_outcome_six_weeks', 'is_stock', false, 'is_in', is_decided and decided_on - received_on <= six_weeks),
            named_struct('file', 'requests.csv', 'published_column', 'request_outcome_over_6_weeks', 'is_stock', false, 'is_in', is_decided and decided_on - received_on > six_weeks),
            named_struct('file', 'requests.csv', 'published_column', 'mediation_related_request', 'is_stock', false, 'is_in', is_received and request_outcome = 'N' and has_request_mediation),
            named_struct('file', 'requests.csv', 'published_column', 'tribunal_related_request', 'is_stock', false, 'is_in', is_received and request_outcome = 'N' and has_request_tribunal),
            named_struct('file', 'requests.csv', 'published_column', 'tribunal_after_mediation_request', 'is_stock', false, 'is_in', is_received and request_outcome = 'N' and has_request_mediation and has_request_tribunal),
            named_struct('file', 'assessments.csv', 'published_column', 'assess_in_year', 'is_stock', false, 'is_in', is_assessed),
            named_struct('file', 'assessments.csv', 'published_column', 'assess_issued', 'is_stock', false, 'is_in', is_assessed and is_ended and assessment_outcome = 'Y'),
            named_struct('file', 'assessments.csv', 'published_column', 'assess_not_issued', 'is_stock', false, 'is_in', is_assessed and is_ended and assessment_outcome = 'N'),
            named_struct('file', 'assessments.csv', 'published_column', 'assess_not_made', 'is_stock', false, 'is_in', is_assessed and not is_ended and assessment_outcome <> 'W'),
            named_struct('file', 'assessments.csv', 'published_column', 'assess_withdrawn', 'is_stock', false, 'is_in', is_assessed and assessment_outcome = 'W'),
            named_struct('file', 'assessments.csv', 'published_column', 'outcome_decision_within_time', 'is_stock', false, 'is_in', is_assessed and is_ended and assessment_outcome = 'N' and assessed_on - received_on <= sixteen_weeks),
            named_struct('file', 'assessments.csv', 'published_column', 'outcome_decision_over_time', 'is_stock', false, 'is_in', is_assessed and is_ended and assessment_outcome = 'N' and assessed_on - received_on > sixteen_weeks),
            named_struct('file', 'assessments.csv', 'published_column', 'number_assess_mediation', 'is_stock', false, 'is_in', is_assessed and is_ended and assessment_outcome = 'N' and has_assessment_mediation),
            named_struct('file', 'assessments.csv', 'published_column', 'number_assess_tribunal', 'is_stock', false, 'is_in', is_assessed and is_ended and assessment_outcome = 'N' and has_assessment_tribunal),
            named_struct('file', 'assessments.csv', 'published_column', 'number_other_mediation', 'is_stock', false, 'is_in', is_assessed and is_ended and assessment_outcome = 'Y' and has_content_mediation),
            named_struct('file', 'assessments.csv', 'published_column', 'number_other_tribunal', 'is_stock', false, 'is_in', is_assessed and is_ended and assessment_outcome = 'Y' and has_content_tribunal),
            named_struct('file', 'timeliness_20_week.csv', 'published_column', 'plans_issued_den', 'is_stock', false, 'is_in', is_issued),
            named_struct('file', 'timeliness_20_week.csv', 'published_column', 'plans_issued_den_ex', 'is_stock', false, 'is_in', is_issued and not has_exception),
            named_struct('file', 'timeliness_20_week.csv', 'published_column', 'plans_issued_within_20_weeks', 'is_stock', false, 'is_in', is_issued and started_on - received_on <= twenty_weeks),
            named_struct('file', 'timeliness_20_week.csv', 'published_column', 'plans_issued_20_weeks_ex', 'is_stock', false, 'is_in', is_issued and not has_exception and started_on - received_on <= twenty_weeks),
            named_struct('file', 'timeliness_20_week.csv', 'published_column', 'plans_issued_gt20weeks_ltyear', 'is_stock', false, 'is_in', is_issued and started_on - received_on between twenty_weeks + 1 and 364),
            named_struct('file', 'timeliness_20_week.csv', 'published_column', 'plans_issued_gt20weeks_ltyear_ex', 'is_stock', false, 'is_in', is_issued and not has_exception and started_on - received_on between twenty_weeks + 1 and 364),
            named_struct('file', 'timeliness_20_week.csv', 'published_column', 'plans_issued_gt_1_year', 'is_stock', false, 'is_in', is_issued and started_on - received_on > 364),
            named_struct('file', 'timeliness_20_week.csv', 'published_column', 'plans_issued_gt_1_year_ex', 'is_stock', false, 'is_in', is_issued and not has_exception and started_on - received_on > 364)
        )) as cell
    from requests
),

plans as (
    select
        lea, year, opened_on, closed_on, is_at_census, is_started_in_year, is_ceased_in_year, cease_reason, is_review_expected,
        review_held_on, review_decided_on, placement_group, named_placement_group, published_need, is_independent_special,
        sen_setting, is_school_age, has_personal_budget, has_organised_arrangements, direct_payment, residential, work_based_placement,
        review_decision
    from core.plan_year
    cross join limits
),

plan_cells as (
    select
        lea,
        year,
        unnest(make_array(
            named_struct('file', 'newplans.csv', 'published_column', 'new_ehc_plans', 'is_stock', false, 'is_in', is_started_in_year),
            named_struct('file', 'newplans.csv', 'published_column', 'mainstream_total', 'is_stock', false, 'is_in', is_started_in_year and named_placement_group = 'mainstream'),
            named_struct('file', 'newplans.csv', 'published_column', 'special_total', 'is_stock', false, 'is_in', is_started_in_year and named_placement_group = 'special'),
            named_struct('file', 'newplans.csv', 'published_column', 'ap_pru_total', 'is_stock', false, 'is_in', is_started_in_year and named_placement_group = 'alternative_provision'),
            named_struct('file', 'newplans.csv', 'published_column', 'fe_total', 'is_stock', false, 'is_in', is_started_in_year and named_placement_group = 'further_education'),
            named_struct('file', 'newplans.csv', 'published_column', 'ed_elsewhere', 'is_stock', false, 'is_in', is_started_in_year and named_placement_group = 'elsewhere'),
            named_struct('file', 'newplans.csv', 'published_column', 'nm_early_years', 'is_stock', false, 'is_in', is_started_in_year and named_placement_group = 'early_years'),
            named_struct('file', 'newplans.csv', 'published_column', 'placement_unknown', 'is_stock', false, 'is_in', is_started_in_year and named_placement_group = 'unknown'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'ehc_plans', 'is_stock', false, 'is_in', is_started_in_year),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_asd', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'ASD'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_hi', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'HI'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_mld', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'MLD'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_msi', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'MSI'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_oth', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'OTH'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_pd', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'PD'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_pmld', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'PMLD'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_semh', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'SEMH'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_slcn', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'SLCN'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_sld', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'SLD'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_spld', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'SPLD'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_vi', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'VI'),
            named_struct('file', 'sen_need_newplans.csv', 'published_column', 'number_need_unknown', 'is_stock', false, 'is_in', is_started_in_year and published_need = 'Unknown'),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'total_ceased', 'is_stock', false, 'is_in', is_ceased_in_year),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'max_age', 'is_stock', false, 'is_in', is_ceased_in_year and cease_reason = '1'),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'needs_met', 'is_stock', false, 'is_in', is_ceased_in_year and cease_reason = '2'),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'he', 'is_stock', false, 'is_in', is_ceased_in_year and cease_reason = '3'),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'employ', 'is_stock', false, 'is_in', is_ceased_in_year and cease_reason = '4'),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'transfer', 'is_stock', false, 'is_in', is_ceased_in_year and cease_reason = '5'),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'no_engage', 'is_stock', false, 'is_in', is_ceased_in_year and cease_reason = '6'),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'moved_outside_eng', 'is_stock', false, 'is_in', is_ceased_in_year and cease_reason = '7'),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'deceased', 'is_stock', false, 'is_in', is_ceased_in_year and cease_reason = '8'),
            named_struct('file', 'ceased_plans.csv', 'published_column', 'other', 'is_stock', false, 'is_in', is_ceased_in_year and cease_reason = '9'),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'total_ehc_plans', 'is_stock', false, 'is_in', is_at_census),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'review_expected', 'is_stock', false, 'is_in', is_review_expected),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'review_not_expected', 'is_stock', false, 'is_in', is_at_census and not is_review_expected),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'total_review_meeting', 'is_stock', false, 'is_in', is_review_expected and review_held_on is not null),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'no_review_meeting', 'is_stock', false, 'is_in', is_review_expected and review_held_on is null),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'review_meeting_25', 'is_stock', false, 'is_in', is_review_expected and review_held_on > closed_on),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'review_meeting_24', 'is_stock', false, 'is_in', is_review_expected and review_held_on between opened_on and closed_on),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'review_meeting_prior_24', 'is_stock', false, 'is_in', is_review_expected and review_held_on < opened_on),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'number_decsion_4weeks', 'is_stock', false, 'is_in', review_decided_on between opened_on and closed_on and review_decided_on - review_held_on <= review_decision),
            named_struct('file', 'annual_reviews.csv', 'published_column', 'number_decision_gt_4weeks', 'is_stock', false, 'is_in', review_decided_on between opened_on and closed_on and review_decided_on - review_held_on > review_decision),
            named_struct('file', 'caseload.csv', 'published_column', 'ehcplans', 'is_stock', true, 'is_in', is_at_census),
            named_struct('file', 'caseload.csv', 'published_column', 'mainstream_total', 'is_stock', true, 'is_in', is_at_census and placement_group = 'mainstream'),
            named_struct('file', 'caseload.csv', 'published_column', 'special_total', 'is_stock', true, 'is_in', is_at_census and placement_group = 'special'),
            named_struct('file', 'caseload.csv', 'published_column', 'ap_pru_total', 'is_stock', true, 'is_in', is_at_census and placement_group = 'alternative_provision'),
            named_struct('file', 'caseload.csv', 'published_column', 'fe_total', 'is_stock', true, 'is_in', is_at_census and placement_group = 'further_education'),
            named_struct('file', 'caseload.csv', 'published_column', 'ed_elsewhere', 'is_stock', true, 'is_in', is_at_census and placement_group = 'elsewhere'),
            named_struct('file', 'caseload.csv', 'published_column', 'nm_early_years', 'is_stock', true, 'is_in', is_at_census and placement_group = 'early_years'),
            named_struct('file', 'caseload.csv', 'published_column', 'placement_unknown', 'is_stock', true, 'is_in', is_at_census and placement_group = 'unknown'),
            named_struct('file', 'caseload.csv', 'published_column', 'special_independent_and_non_maintained', 'is_stock', true, 'is_in', is_at_census and is_independent_special),
            named_struct('file', 'caseload.csv', 'published_column', 'neet', 'is_stock', true, 'is_in', is_at_census and sen_setting = 'NEET'),
            named_struct('file', 'caseload.csv', 'published_column', 'neet_ntci', 'is_stock', true, 'is_in', is_at_census and sen_setting = 'NIEC'),
            named_struct('file', 'caseload.csv', 'published_column', 'neet_other', 'is_stock', true, 'is_in', is_at_census and sen_setting = 'NIEO' and not is_school_age),
            named_struct('file', 'caseload.csv', 'published_column', 'neet_other_csa', 'is_stock', true, 'is_in', is_at_census and sen_setting = 'NIEO' and is_school_age),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'ehc_plans', 'is_stock', true, 'is_in', is_at_census),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_asd', 'is_stock', true, 'is_in', is_at_census and published_need = 'ASD'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_hi', 'is_stock', true, 'is_in', is_at_census and published_need = 'HI'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_mld', 'is_stock', true, 'is_in', is_at_census and published_need = 'MLD'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_msi', 'is_stock', true, 'is_in', is_at_census and published_need = 'MSI'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_oth', 'is_stock', true, 'is_in', is_at_census and published_need = 'OTH'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_pd', 'is_stock', true, 'is_in', is_at_census and published_need = 'PD'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_pmld', 'is_stock', true, 'is_in', is_at_census and published_need = 'PMLD'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_semh', 'is_stock', true, 'is_in', is_at_census and published_need = 'SEMH'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_slcn', 'is_stock', true, 'is_in', is_at_census and published_need = 'SLCN'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_sld', 'is_stock', true, 'is_in', is_at_census and published_need = 'SLD'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_spld', 'is_stock', true, 'is_in', is_at_census and published_need = 'SPLD'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_vi', 'is_stock', true, 'is_in', is_at_census and published_need = 'VI'),
            named_struct('file', 'sen_needs_all_plans.csv', 'published_column', 'number_need_unknown', 'is_stock', true, 'is_in', is_at_census and published_need = 'Unknown'),
            named_struct('file', 'personal_budgets.csv', 'published_column', 'personal_budget', 'is_stock', true, 'is_in', is_at_census and has_personal_budget),
            named_struct('file', 'personal_budgets.csv', 'published_column', 'org_arrangments', 'is_stock', true, 'is_in', is_at_census and has_organised_arrangements),
            named_struct('file', 'personal_budgets.csv', 'published_column', 'pb_health', 'is_stock', true, 'is_in', is_at_census and direct_payment = 'H'),
            named_struct('file', 'personal_budgets.csv', 'published_column', 'pb_education', 'is_stock', true, 'is_in', is_at_census and direct_payment = 'E'),
            named_struct('file', 'personal_budgets.csv', 'published_column', 'pb_social', 'is_stock', true, 'is_in', is_at_census and direct_payment = 'S'),
            named_struct('file', 'personal_budgets.csv', 'published_column', 'pb_integrated', 'is_stock', true, 'is_in', is_at_census and direct_payment = 'I'),
            named_struct('file', 'residential_settings.csv', 'published_column', 'res_tot', 'is_stock', true, 'is_in', is_at_census and residential is not null),
            named_struct('file', 'residential_settings.csv', 'published_column', 'res_3851', 'is_stock', true, 'is_in', is_at_census and residential = 'A'),
            named_struct('file', 'residential_settings.csv', 'published_column', 'res_52', 'is_stock', true, 'is_in', is_at_census and residential = 'B'),
            named_struct('file', 'work_based_placements.csv', 'published_column', 'open_wbp', 'is_stock', true, 'is_in', is_at_census and work_based_placement is not null),
            named_struct('file', 'work_based_placements.csv', 'published_column', 'open_supp_intern', 'is_stock', true, 'is_in', is_at_census and work_based_placement = 'S'),
            named_struct('file', 'work_based_placements.csv', 'published_column', 'open_apprentice', 'is_stock', true, 'is_in', is_at_census and work_based_placement = 'A'),
            named_struct('file', 'work_based_placements.csv', 'published_column', 'open_trainee', 'is_stock', true, 'is_in', is_at_census and work_based_placement = 'T')
        )) as cell
    from plans
),

cells as (
    select lea, year, cell from request_cells
    union all
    select lea, year, cell from plan_cells
),

counted as (
    select
        lea,
        year,
        cell['file'] as file,
        cell['published_column'] as published_column,
        cell['is_stock'] as is_stock,
        sum(case when cell['is_in'] then 1 else 0 end) as n
    from cells
    group by lea, year, cell['file'], cell['published_column'], cell['is_stock']
)

select
    counted.lea as la_number,
    counted.year,
    area.area_code,
    area.area_name,
    area.area_level,
    counted.file,
    counted.published_column,
    -- Flows 2024, stocks 202425: as DfE writes them.
    case
        when counted.is_stock then concat(cast(counted.year - 1 as varchar), substr(cast(counted.year as varchar), 3, 2))
        else cast(counted.year - 1 as varchar)
    end as period,
    counted.n
from counted
inner join seed.council_area as area on area.la_number = counted.lea
-- Meetings and decisions of reviews are asked for since the return of 2024.
where counted.file <> 'annual_reviews.csv'
    or counted.published_column in ('total_ehc_plans', 'review_expected', 'review_not_expected')
    or counted.year >= 2024
