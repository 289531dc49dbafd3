/*
description: ONS mid-year estimates of children aged 0 to 17, a row for each area and year
owner: Public health intelligence, Southend-on-Sea City Council
grain: [area_code, mid_year]
tags: [commissioner]
tests:
  - expression: children_0_to_17 is null or children_0_to_17 > 0
*/
select
    coalesce(new_la_code, region_code, country_code) as area_code,
    cast(time_period as int) as mid_year,
    population_estimate as children_0_to_17,
    population_estimate_status as children_0_to_17_status
from commissioner.population
where age_group = 'Children aged 0 to 17 years'
