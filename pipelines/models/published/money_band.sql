/*
description: How much is spent on a child in a year, in bands, and how many bodies share it; a row for each financial year, band and number of payers
owner: Children's commissioning, NHS Mid and South Essex ICB
grain: [area_code, financial_year, band, n_payers]
tags: [council, commissioner]
tests:
  - accepted_values: {column: n_payers, values: [1, 2, 3]}
*/
-- Bands and not pounds, so that no child's sum can be read off. Financial years of which the council's placements are told.
with costs as (
    select cost.area_code, cost.area_name, cost.financial_year, cost.payer, cost.person_key, cost.cost_gbp
    from core.cost as cost
    inner join (select distinct financial_year from core.cost where kind = 'placement') as told
        on told.financial_year = cost.financial_year
    where cost.person_key is not null
),

children as (
    select
        area_code,
        min(area_name) as area_name,
        financial_year,
        person_key,
        sum(cost_gbp) as cost_gbp,
        count(distinct payer) as n_payers
    from costs
    group by area_code, financial_year, person_key
),

banded as (
    select
        area_code,
        area_name,
        financial_year,
        n_payers,
        case
            when cost_gbp < 10000 then 1
            when cost_gbp < 25000 then 2
            when cost_gbp < 50000 then 3
            when cost_gbp < 100000 then 4
            else 5
        end as band
    from children
)

select
    area_code,
    min(area_name) as area_name,
    financial_year,
    band,
    case band
        when 1 then 'Under £10,000'
        when 2 then '£10,000 to £24,999'
        when 3 then '£25,000 to £49,999'
        when 4 then '£50,000 to £99,999'
        else '£100,000 and over'
    end as band_name,
    n_payers,
    count(*) as n_children
from banded
group by area_code, financial_year, band, n_payers
