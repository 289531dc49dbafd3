/*
description: How long each step takes on the way from the request to the first therapy contact; a row for each calendar year of request and step
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [area_code, request_year, step]
tags: [council, eput, nelft]
tests:
  - not_null: [step_name, n_requests]
  - expression: n_reached <= n_requests
*/
-- By the year in which the request came. Recent years have fewer who reached the last steps: not that it is quicker,
-- but that it is early. A median says nothing of those who have not arrived; n_reached says how many have.
with steps as (
    select area_code, area_name, received_on, 1 as step, 'Request to decision to assess' as step_name, days_request_to_decision as n_days, true as is_due
    from core.pathway
    union all
    select area_code, area_name, received_on, 2, 'Advice asked for to last advice received', days_advice, n_advice > 0
    from core.pathway
    union all
    select area_code, area_name, received_on, 3, 'Last advice to decision on a plan', days_advice_to_decision, n_advice > 0
    from core.pathway
    union all
    select area_code, area_name, received_on, 4, 'Request to final plan', days_request_to_plan, assessment_outcome = 'Y'
    from core.pathway
    union all
    select area_code, area_name, received_on, 5, 'Therapy referral to first therapy contact since the request', days_referral_to_therapy, n_therapy_referrals > 0
    from core.pathway
    union all
    select area_code, area_name, received_on, 6, 'Final plan with therapy in section G to the next therapy contact', days_plan_to_therapy, has_therapy_in_section_g and final_plan_on is not null
    from core.pathway
)

select
    area_code,
    min(area_name) as area_name,
    cast(date_part('year', received_on) as int) as request_year,
    step,
    min(step_name) as step_name,
    count(*) filter (where is_due) as n_requests,
    count(*) filter (where is_due and n_days is not null) as n_reached,
    median(n_days) filter (where is_due and n_days is not null) as median_days,
    cast(round(avg(n_days) filter (where is_due and n_days is not null), 1) as double) as mean_days
from steps
group by area_code, date_part('year', received_on), step
