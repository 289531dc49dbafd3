/*
description: What is spent on children by who pays and what for, in all and for a child; a row for each financial year, kind and payer
owner: Children's commissioning, NHS Mid and South Essex ICB
grain: [area_code, financial_year, kind, payer]
tags: [council, commissioner]
tests:
  - not_null: [n_children]
  - expression: is_withheld or total_gbp is not null
  - expression: is_withheld = (n_children < 5)
*/
-- No child is here: means and medians are over the children for whom that payer pays for that kind of thing. A
-- child may stand in several rows, and registers overlap (see core.cost), so rows of different kinds are not to be
-- added without saying so; `all` counts placements, packages and short breaks, and each pound once for each register. Financial years of
-- which the council's placements are told. Pounds of fewer than five children are left out (`is_withheld`): a sum
-- beside the number of children is their mean.
with costs as (
    select cost.area_code, cost.area_name, cost.financial_year, cost.kind, cost.payer, cost.person_key, cost.cost_gbp
    from core.cost as cost
    inner join (select distinct financial_year from core.cost where kind = 'placement') as told
        on told.financial_year = cost.financial_year
    where cost.person_key is not null
),

for_each_child as (
    select area_code, area_name, financial_year, kind, payer, person_key, sum(cost_gbp) as cost_gbp
    from costs
    group by area_code, area_name, financial_year, kind, payer, person_key
    union all
    select area_code, area_name, financial_year, kind, 'all', person_key, sum(cost_gbp)
    from costs
    group by area_code, area_name, financial_year, kind, person_key
    union all
    select area_code, area_name, financial_year, 'all', 'all', person_key, sum(cost_gbp)
    from costs
    group by area_code, area_name, financial_year, person_key
    union all
    select area_code, area_name, financial_year, 'all', payer, person_key, sum(cost_gbp)
    from costs
    group by area_code, area_name, financial_year, payer, person_key
)

select
    area_code,
    min(area_name) as area_name,
    financial_year,
    kind,
    payer,
    count(*) as n_children,
    case when count(*) >= 5 then cast(round(sum(cost_gbp)) as bigint) end as total_gbp,
    case when count(*) >= 5 then cast(round(avg(cost_gbp)) as bigint) end as mean_gbp,
    case when count(*) >= 5 then cast(round(median(cost_gbp)) as bigint) end as median_gbp,
    count(*) < 5 as is_withheld
from for_each_child
group by area_code, financial_year, kind, payer
