/*
description: Young people with an EHC plan in a work-based placement, names and labels put right; a row for each area, year and breakdown
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
    published.open_wbp as work_based_placements,
    published.open_wbp_status as work_based_placements_status,
    published.open_supp_intern as supported_internships,
    published.open_supp_intern_status as supported_internships_status,
    published.open_apprentice as apprenticeships,
    published.open_apprentice_status as apprenticeships_status,
    published.open_trainee as traineeships,
    published.open_trainee_status as traineeships_status
from council.dfe_work_based_placements as published
left join seed.dfe_label on dfe_label.published_label = published.breakdown
left join seed.census_date on census_date.academic_year = published.time_period
