/*
description: Joint packages that run at each month end; a row for each package and month end
owner: Children's commissioning, NHS Mid and South Essex ICB
grain: [package_uid, month_ends_on]
tags: [commissioner]
tests:
  - expression: annual_cost_gbp >= 0
*/
-- The last day of a package is a day of it.
with runs as (
    select
        package_uid,
        started_on,
        least(coalesce(ended_on, as_of_on), as_of_on) as shows_until_on
    from core.package
    where kind = 'joint_package'
),

months as (
    select
        package_uid,
        unnest(
            generate_series(
                cast(date_part('year', started_on) * 12 + date_part('month', started_on) - 1 as bigint),
                cast(
                    date_part('year', shows_until_on + interval '1 day') * 12
                        + date_part('month', shows_until_on + interval '1 day') - 2
                    as bigint
                )
            )
        ) as month_number
    from runs
    where shows_until_on >= started_on
)

select
    package.package_uid,
    package.person_key,
    month.month_ends_on,
    package.type,
    package.primary_need,
    package.delivered_by,
    package.area_code,
    package.area_name,
    package.area_level,
    package.annual_cost_gbp,
    package.education_gbp,
    package.social_care_gbp,
    package.health_gbp
from months
inner join core.month as month on month.month_number = months.month_number
inner join core.package as package on package.package_uid = months.package_uid
