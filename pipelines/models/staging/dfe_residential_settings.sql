/*
description: EHC plans with a residential placement, names and labels put right; a row for each area, year and breakdown
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
    published.res_tot as residential,
    published.res_tot_status as residential_status,
    published.res_3851 as residential_38_to_51_weeks,
    published.res_3851_status as residential_38_to_51_weeks_status,
    published.res_52 as residential_52_weeks,
    published.res_52_status as residential_52_weeks_status
from council.dfe_residential_settings as published
left join seed.dfe_label on dfe_label.published_label = published.breakdown
left join seed.census_date on census_date.academic_year = published.time_period
