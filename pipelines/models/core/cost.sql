/*
description: Pounds for a child in a financial year, by what they are for and who pays; a row for each item, financial year and payer
owner: Children's commissioning, NHS Mid and South Essex ICB
grain: [item_uid, financial_year, payer]
tags: [council, commissioner]
tests:
  - accepted_values: {column: payer, values: [education, social_care, health]}
  - accepted_values: {column: kind, values: [placement, joint_package, personal_health_budget, short_break]}
  - expression: cost_gbp > 0
*/
-- Placements come as pounds of the financial year. Packages, budgets and short breaks come as pounds a year with a
-- first and last day: their share of a financial year is by days, a running one up to the day of the extract.
-- Registers overlap: a joint package may pay for a placement that the council lists too, so kinds are not summed
-- into one truth here; `kind` stays in every row.
with placements as (
    select
        'L:' || placement_id as item_uid,
        'placement' as kind,
        child_id,
        financial_year,
        education_cost_gbp,
        social_care_cost_gbp,
        health_cost_gbp
    from staging.council_placement_cost
),

placement_parts as (
    select item_uid, kind, child_id, financial_year, 'education' as payer, education_cost_gbp as cost_gbp
    from placements
    union all
    select item_uid, kind, child_id, financial_year, 'social_care', social_care_cost_gbp
    from placements
    union all
    select item_uid, kind, child_id, financial_year, 'health', health_cost_gbp
    from placements
),

yearly as (
    select package_uid as item_uid, kind, person_key, started_on, ended_on, as_of_on, 'education' as payer, education_gbp as annual_gbp
    from core.package
    where kind in ('joint_package', 'personal_health_budget')
    union all
    select package_uid, kind, person_key, started_on, ended_on, as_of_on, 'social_care', social_care_gbp
    from core.package
    where kind in ('joint_package', 'personal_health_budget')
    union all
    select package_uid, kind, person_key, started_on, ended_on, as_of_on, 'health', health_gbp
    from core.package
    where kind in ('joint_package', 'personal_health_budget')
    union all
    select
        'SB:' || rest.short_break_id,
        'short_break',
        number.person_key,
        rest.started_on,
        rest.ended_on,
        rest.as_of,
        -- What several pay together is not split in the record: it stands with social care, which keeps it.
        case when rest.funder = 'icb' then 'health' when rest.funder in ('school', 'education') then 'education' else 'social_care' end,
        rest.annual_cost_gbp
    from staging.council_short_break as rest
    left join staging.person_number as number on number.local_id = rest.child_id
),

-- Financial years in which an item runs, by the year in which each begins.
years as (
    select
        item_uid,
        kind,
        person_key,
        payer,
        annual_gbp,
        started_on,
        least(coalesce(ended_on, as_of_on), as_of_on) as runs_until_on,
        unnest(
            generate_series(
                cast(date_part('year', started_on - interval '3 months') as bigint),
                cast(date_part('year', least(coalesce(ended_on, as_of_on), as_of_on) - interval '3 months') as bigint)
            )
        ) as begins_in
    from yearly
    where annual_gbp > 0
),

days as (
    select
        item_uid,
        kind,
        person_key,
        payer,
        annual_gbp,
        begins_in,
        least(runs_until_on, make_date(cast(begins_in + 1 as int), 3, 31))
        - greatest(started_on, make_date(cast(begins_in as int), 4, 1)) + 1 as n_days,
        make_date(cast(begins_in + 1 as int), 3, 31) - make_date(cast(begins_in as int), 4, 1) + 1 as n_days_of_year
    from years
),

costs as (
    select
        part.item_uid,
        part.kind,
        number.person_key,
        part.financial_year,
        part.payer,
        cast(part.cost_gbp as double) as cost_gbp
    from placement_parts as part
    left join staging.person_number as number on number.local_id = part.child_id
    where part.cost_gbp > 0
    union all
    select
        item_uid,
        kind,
        person_key,
        cast(begins_in as varchar) || '-' || lpad(cast((begins_in + 1) % 100 as varchar), 2, '0'),
        payer,
        round(cast(annual_gbp as double) * n_days / n_days_of_year, 2)
    from days
    where n_days > 0
)

select
    costs.item_uid,
    costs.financial_year,
    costs.payer,
    costs.kind,
    costs.person_key,
    area.area_code,
    area.area_name,
    area.area_level,
    costs.cost_gbp
from costs
cross join seed.commissioner_area as area
where costs.cost_gbp > 0
