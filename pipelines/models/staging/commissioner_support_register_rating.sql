/*
description: Ratings of children on the dynamic support register; a row for each child and rating, from the first day it holds to the last
owner: Learning disability and autism programme, NHS Mid and South Essex ICB
grain: [register_id, rated_on]
tags: [commissioner]
tests:
  - unique: [register_id, rated_on]
*/
-- Families that did not consent are not here: see staging.commissioner_support_register. That a child is not on
-- the register does not mean that there is no need.
with rated as (
    select
        register_id,
        person_ref,
        birth_month,
        asked_date,
        rating,
        rated_date,
        left_date,
        extract_date,
        lead(rated_date) over (partition by register_id order by rated_date asc) as next_rated_date
    from commissioner.dynamic_support_register
    where consent
)

select
    register_id,
    person_ref,
    birth_month,
    asked_date as asked_on,
    rating,
    rated_date as rated_on,
    cast(coalesce(next_rated_date, left_date) - interval '1 day' as date) as held_until,
    left_date as left_on,
    extract_date as as_of_on
from rated
