/*
description: How long each step takes on the way from the request to the first therapy contact; a row for each calendar year of request and step
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [area_code, request_year, step]
tags: [council, eput, nelft]
tests:
  - not_null: [step_name, n_requests]
  - expression: n_reached <= n_requests
  - expression: not is_withheld or (median_days is null and mean_days is null)
*/
-- By the year in which the request came. Recent years have fewer who reached the last steps: not that it is quicker,
-- but that it is early. A median says nothing of those who have not arrived; n_reached says how many have. Only
-- requests since the returns begin, and for therapy since every health provider reports: of older ones the case
-- system keeps those that came to a plan, and the submissions not the first contact. A median or mean of fewer than
-- five children is left out (`is_withheld`): it says what one family waited.
with whole as (
    select council.area_code, council.known_from, health.known_from as health_known_from
    from (select area_code, min(known_from) as known_from from core.council_period where about = 'plans' group by area_code) as council
    left join (select area_code, min(known_from) as known_from from core.health_period where about = 'all_services' group by area_code) as health
        on health.area_code = council.area_code
),

pathways as (
    select
        pathway.area_code, pathway.area_name, pathway.person_key, pathway.received_on, pathway.assessment_outcome, pathway.final_plan_on,
        pathway.n_advice, pathway.n_therapy_referrals, pathway.has_therapy_in_section_g, pathway.days_request_to_decision,
        pathway.days_advice, pathway.days_advice_to_decision, pathway.days_request_to_plan,
        pathway.days_referral_to_therapy, pathway.days_plan_to_therapy,
        pathway.received_on >= whole.health_known_from as is_health_known
    from core.pathway as pathway
    inner join whole on whole.area_code = pathway.area_code and pathway.received_on >= whole.known_from
),

steps as (
    select area_code, area_name, person_key, received_on, 1 as step, 'Request to decision to assess' as step_name, days_request_to_decision as n_days, true as is_due
    from pathways
    union all
    select area_code, area_name, person_key, received_on, 2, 'Advice asked for to last advice received', days_advice, n_advice > 0
    from pathways
    union all
    select area_code, area_name, person_key, received_on, 3, 'Last advice to decision on a plan', days_advice_to_decision, n_advice > 0
    from pathways
    union all
    select area_code, area_name, person_key, received_on, 4, 'Request to final plan', days_request_to_plan, assessment_outcome = 'Y'
    from pathways
    union all
    select area_code, area_name, person_key, received_on, 5, 'Therapy referral to its first contact', days_referral_to_therapy, n_therapy_referrals > 0 and is_health_known
    from pathways
    union all
    select area_code, area_name, person_key, received_on, 6, 'Final plan with therapy in section G to the next therapy contact', days_plan_to_therapy, has_therapy_in_section_g and final_plan_on is not null and is_health_known
    from pathways
),

waits as (
    select
        area_code,
        min(area_name) as area_name,
        cast(date_part('year', received_on) as int) as request_year,
        step,
        min(step_name) as step_name,
        count(*) filter (where is_due) as n_requests,
        count(*) filter (where is_due and n_days is not null) as n_reached,
        count(distinct case when is_due and n_days is not null then person_key end) as n_children,
        median(n_days) filter (where is_due and n_days is not null) as median_days,
        cast(round(avg(n_days) filter (where is_due and n_days is not null), 1) as double) as mean_days
    from steps
    group by area_code, date_part('year', received_on), step
)

select
    area_code,
    area_name,
    request_year,
    step,
    step_name,
    n_requests,
    n_reached,
    case when n_children >= 5 then median_days end as median_days,
    case when n_children >= 5 then mean_days end as mean_days,
    n_children between 1 and 4 as is_withheld
from waits
