/*
description: EHC plans with a personal budget, names and labels put right; a row for each area, year and breakdown
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
    census_date.census_date as period_start,
    census_date.census_date as period_end,
    'academic_year' as period_grain,
    -- DfE's total repeats its topic in both columns.
    case when published.breakdown = published.breakdown_topic then 'Total' else published.breakdown_topic end as breakdown_topic,
    case when published.breakdown = published.breakdown_topic then 'Total' else coalesce(dfe_label.label, published.breakdown) end as breakdown,
    published.personal_budget as personal_budgets,
    published.personal_budget_status as personal_budgets_status,
    published.org_arrangments as organised_arrangements,
    published.org_arrangments_status as organised_arrangements_status,
    published.pb_health as direct_payment_health,
    published.pb_health_status as direct_payment_health_status,
    published.pb_education as direct_payment_education,
    published.pb_education_status as direct_payment_education_status,
    published.pb_social as direct_payment_social_care,
    published.pb_social_status as direct_payment_social_care_status,
    published.pb_integrated as direct_payment_integrated,
    published.pb_integrated_status as direct_payment_integrated_status
from council.dfe_personal_budgets as published
left join seed.dfe_label on dfe_label.published_label = published.breakdown
left join seed.census_date on census_date.academic_year = published.time_period
