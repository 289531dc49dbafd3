/*
description: Children on the dynamic support register at each month end, with their rating; a row for each entry and month end
owner: Learning disability and autism programme, NHS Mid and South Essex ICB
grain: [register_id, month_ends_on]
tags: [commissioner]
tests:
  - accepted_values: {column: rating, values: [RED, AMBER, GREEN]}
*/
-- Families that did not consent are not on the register, which does not mean that there is no need: how many they
-- are is in staging.commissioner_support_register. The day on which a child leaves is no day on the register.
with ratings as (
    select
        rating.register_id,
        rating.person_ref,
        rating.rating,
        rating.rated_on,
        least(
            coalesce(rating.held_until, rating.as_of_on),
            coalesce(cast(rating.left_on - interval '1 day' as date), rating.as_of_on),
            rating.as_of_on
        ) as shows_until_on
    from staging.commissioner_support_register_rating as rating
),

months as (
    select
        register_id,
        person_ref,
        rating,
        unnest(
            generate_series(
                cast(date_part('year', rated_on) * 12 + date_part('month', rated_on) - 1 as bigint),
                cast(
                    date_part('year', shows_until_on + interval '1 day') * 12
                        + date_part('month', shows_until_on + interval '1 day') - 2
                    as bigint
                )
            )
        ) as month_number
    from ratings
    where shows_until_on >= rated_on
)

select
    months.register_id,
    person.person_key,
    month.month_ends_on,
    area.area_code,
    area.area_name,
    area.area_level,
    months.rating
from months
inner join core.month as month on month.month_number = months.month_number
cross join seed.commissioner_area as area
left join staging.person on person.person_ref = months.person_ref
