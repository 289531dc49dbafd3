/*
description: From when to when the council's returns are whole; a row for each unbroken run of returns and what it is about
owner: SEND data team
grain: [about, area_code, known_from]
tags: [council, sen2]
tests:
  - accepted_values: {column: about, values: [plans, phase_transfers]}
  - expression: "known_from < known_to"
*/
-- A return covers the calendar year before its census day and that day. A year that no return covers is not shown,
-- even where the case system has rows of it: it has no plans that were taken over or have ceased. Due dates of phase
-- transfers are asked for since the return of 2025.
with returns as (
    select
        area.area_code,
        area.area_name,
        area.area_level,
        sent.year,
        sent.opened_on,
        sent.reference_date,
        sent.year - row_number() over (partition by sent.lea order by sent.year) as run
    from staging.sen2_return as sent
    inner join seed.council_area as area on area.la_number = sent.lea
),

known as (
    select 'plans' as about, area_code, area_name, area_level, run, opened_on, reference_date
    from returns
    union all
    select 'phase_transfers' as about, area_code, area_name, area_level, run, opened_on, reference_date
    from returns
    where year >= 2025
)

select
    about,
    area_code,
    area_name,
    area_level,
    min(opened_on) as known_from,
    max(reference_date) as known_to
from known
group by about, area_code, area_name, area_level, run
