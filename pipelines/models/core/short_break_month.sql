/*
description: Children with a short break at each month end; a row for each child and month end
owner: Children's social care
grain: [child_uid, month_ends_on]
tags: [council]
*/
-- The last day of a short break is a day of it. A child with two breaks is one child.
with breaks as (
    select
        coalesce(number.person_key, rest.child_id) as child_uid,
        rest.started_on,
        least(coalesce(rest.ended_on, rest.as_of), rest.as_of) as shows_until_on
    from staging.council_short_break as rest
    left join staging.person_number as number on number.local_id = rest.child_id
),

months as (
    select distinct
        child_uid,
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
    from breaks
    where shows_until_on >= started_on
)

select
    months.child_uid,
    month.month_ends_on,
    area.area_code,
    area.area_name,
    area.area_level
from months
inner join core.month as month on month.month_number = months.month_number
cross join seed.commissioner_area as area
