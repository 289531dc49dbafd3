/*
description: Every local authority, region and country in the national files, a row for each ONS code with its latest name and the years it was in use
owner: SEND data team
grain: [area_code]
tags: [reference]
tests:
  - not_null: [area_name, area_level, first_year, last_year, is_current]
  - accepted_values: {column: area_level, values: [country, region, local_authority]}
  - expression: area_level <> 'local_authority' or (old_la_code is not null and region_code is not null)
  - expression: first_year <= last_year
*/
-- `year` is the calendar year in which the reporting period begins, so that all files agree on
-- when an authority began and ended.
with printed as (
    select 'population' as source, year, area_code, area_name, area_level, old_la_code, region_code, region_name, country_code
    from staging.population
    union all
    select 'children_in_need_disability' as source, year, area_code, area_name, area_level, old_la_code, region_code, region_name, country_code
    from staging.children_in_need_disability
    union all
    select 'children_in_need_sen' as source, year, area_code, area_name, area_level, old_la_code, region_code, region_name, country_code
    from staging.children_in_need_sen
    union all
    select 'dfe_requests' as source, year, area_code, area_name, area_level, old_la_code, region_code, region_name, country_code
    from staging.area_in_requests
),

areas as (
    select distinct
        source,
        year,
        area_code,
        area_name,
        area_level,
        old_la_code,
        -- London's authorities stand under Inner and Outer London.
        case when area_level = 'local_authority' then region_code end as region_code,
        case when area_level = 'local_authority' then region_name end as region_name,
        case when area_level <> 'country' then country_code end as country_code
    from printed
),

last_year_of_source as (
    select source, max(year) as last_year
    from areas
    group by source
),

-- An authority is still there unless some file stopped printing it (Cumbria after 2022).
in_use as (
    select areas.area_code, areas.source, max(areas.year) = last_year_of_source.last_year as is_in_latest
    from areas
    inner join last_year_of_source on last_year_of_source.source = areas.source
    group by areas.area_code, areas.source, last_year_of_source.last_year
),

current_areas as (
    select area_code, bool_and(is_in_latest) as is_current
    from in_use
    group by area_code
),

-- Some files print today's code for years before it existed (cin_sen_la.csv: Buckinghamshire). The
-- population estimates do not, so they go first.
years as (
    select
        area_code,
        coalesce(min(case when source = 'population' then year end), min(year)) as first_year,
        max(year) as last_year
    from areas
    group by area_code
),

latest_name as (
    select
        area_code, area_name, area_level, old_la_code, region_code, region_name, country_code,
        row_number() over (partition by area_code order by year desc, source asc, area_name asc) as place
    from areas
)

select
    latest_name.area_code,
    latest_name.area_name,
    latest_name.area_level,
    latest_name.old_la_code,
    latest_name.region_code,
    latest_name.region_name,
    latest_name.country_code,
    years.first_year,
    years.last_year,
    current_areas.is_current
from latest_name
inner join years on years.area_code = latest_name.area_code
inner join current_areas on current_areas.area_code = latest_name.area_code
where latest_name.place = 1
