/*
description: Dedicated Schools Grant allocated, with the number of children it is for; a row for each area and financial year
owner: Finance, Southend-on-Sea City Council
grain: [area_code, period]
tags: [commissioner]
tests:
  - not_null: [area_name, allocation_gbp]
  - expression: allocation_gbp > 0
  - relationship: {column: area_code, to: core.area, field: area_code}
*/
-- An authority keeps its three-digit number when its ONS code changes, so the number is read as of
-- the year. England and the regions go by name; sums over types of authority are no area and left
-- out. London is printed twice with one amount.
with allocations as (
    select
        area.area_code,
        area.area_name,
        area.area_level,
        granted.period,
        granted.year,
        max(granted.allocation_gbp) as allocation_gbp
    from staging.dsg_allocation as granted
    inner join core.area
        on (
            area.area_level = 'local_authority'
            and area.old_la_code = granted.la_code
            and granted.year >= area.first_year
            and (area.is_current or granted.year <= area.last_year)
        )
        or (area.area_level in ('country', 'region') and lower(area.area_name) = lower(granted.la_code))
    group by area.area_code, area.area_name, area.area_level, granted.period, granted.year
)

select
    allocations.area_code,
    allocations.area_name,
    allocations.area_level,
    allocations.period,
    cast(cast(allocations.year as varchar) || '-04-01' as date) as period_start,
    cast(cast(allocations.year + 1 as varchar) || '-03-31' as date) as period_end,
    'financial_year' as period_grain,
    'Total' as breakdown_topic,
    'Total' as breakdown,
    allocations.allocation_gbp,
    -- 30 June falls within the financial year.
    population.children_0_to_17,
    coalesce(population.children_0_to_17_status, 'missing') as children_0_to_17_status
from allocations
left join staging.population
    on population.area_code = allocations.area_code and population.year = allocations.year
