/*
description: Sums that hold in DfE's files and so must hold in a return; a row for each return and sum
owner: SEND data team
grain: [la_number, year, identity]
tags: [council, sen2, dfe]
tests:
  - expression: "whole = parts"
*/
-- Which column is the whole and which are its parts. All 153 authorities' figures of 2024 hold to the first two.
with terms as (
    select
        la_number, year, file, published_column, n,
        case
            when file = 'requests.csv' and published_column in ('requests_received_in_year', 'requests_decided_to_assess', 'requests_decided_not_to_assess', 'requests_decision_not_made', 'requests_withdrawn')
                then 'requests received = to assess + not to assess + pending + withdrawn'
            when file = 'assessments.csv' and published_column in ('assess_in_year', 'assess_issued', 'assess_not_issued', 'assess_not_made', 'assess_withdrawn')
                then 'assessments = issued + not issued + not decided + withdrawn'
            when file = 'timeliness_20_week.csv' and published_column in ('plans_issued_den', 'plans_issued_within_20_weeks', 'plans_issued_gt20weeks_ltyear', 'plans_issued_gt_1_year')
                then 'plans issued = within 20 weeks + to a year + later'
            when file = 'timeliness_20_week.csv'
                then 'plans without exception = within 20 weeks + to a year + later'
            when file = 'ceased_plans.csv'
                then 'plans ceased = by reason'
            when file = 'caseload.csv' and published_column in ('ehcplans', 'mainstream_total', 'special_total', 'ap_pru_total', 'fe_total', 'ed_elsewhere', 'nm_early_years', 'placement_unknown')
                then 'plans = by group of placement'
            when file = 'sen_needs_all_plans.csv'
                then 'plans = by type of need'
            when file = 'annual_reviews.csv' and year >= 2024 and published_column in ('review_expected', 'total_review_meeting', 'no_review_meeting')
                then 'reviews expected = met + not met'
        end as identity,
        published_column in (
            'requests_received_in_year', 'assess_in_year', 'plans_issued_den', 'plans_issued_den_ex',
            'total_ceased', 'ehcplans', 'ehc_plans', 'review_expected'
        ) as is_whole
    from core.return_figure
)

select
    la_number,
    year,
    identity,
    sum(case when is_whole then n else 0 end) as whole,
    sum(case when is_whole then 0 else n end) as parts
from terms
where identity is not null
group by la_number, year, identity
