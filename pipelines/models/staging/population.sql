/*
description: ONS mid-year estimates of children aged 0 to 17, a row for each area and year
owner: Public health intelligence, Southend-on-Sea City Council
grain: [area_code, year]
tags: [commissioner]
tests:
  - accepted_values: {column: area_level, values: [country, region, local_authority]}
  - expression: children_0_to_17 is null or children_0_to_17 > 0
*/
select
    coalesce(new_la_code, region_code, country_code) as area_code,
    coalesce(la_name, region_name, country_name) as area_name,
    case geographic_level
        when 'National' then 'country'
        when 'Regional' then 'region'
        else 'local_authority'
    end as area_level,
    old_la_code,
    region_code,
    region_name,
    country_code,
    -- 30 June of this year.
    cast(time_period as int) as year,
    population_estimate as children_0_to_17,
    population_estimate_status as children_0_to_17_status
from commissioner.population
where age_group = 'Children aged 0 to 17 years'
