/*
description: The areas that DfE's file of requests prints, with their codes; a row for each area and year
owner: SEND data team
grain: [area_code, year]
materialised: view
tags: [council]
tests:
  - accepted_values: {column: area_level, values: [country, region, local_authority]}
*/
select distinct
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
    cast(time_period as int) as year
from council.dfe_requests
