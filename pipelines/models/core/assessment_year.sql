/*
description: EHC needs assessments of a calendar year, with what became of them in it; a row for each assessment and year
owner: SEND data team
grain: [person_key, received_on, year]
tags: [council, sen2]
tests:
  # DfE: assessments of the year = plan to be issued + none + not decided + withdrawn.
  - expression: "n_issued + n_not_issued + n_not_decided + n_withdrawn = 1"
*/
-- An assessment belongs to every year from the one in which it was agreed to the one in which it ended: one that is
-- under way at two New Years is in the assessments of two years, as in DfE's assess_in_year.
with assessments as (
    select
        person_key, received_on, area_code, area_name, area_level, sex, ethnicity_group, primary_need, deprivation, age_band,
        decided_on as agreed_on,
        case when assessment_outcome in ('Y', 'N') then assessed_on else closed_on end as ended_on,
        assessment_outcome,
        known_on
    from core.ehc_case
    where request_outcome = 'Y' and decided_on is not null and not is_transferred_in
),

by_year as (
    select
        person_key, received_on, area_code, area_name, area_level, sex, ethnicity_group, primary_need, deprivation, age_band,
        ended_on, assessment_outcome,
        unnest(generate_series(
            cast(date_part('year', agreed_on) as bigint),
            cast(date_part('year', coalesce(ended_on, known_on)) as bigint)
        )) as year
    from assessments
)

select
    person_key,
    received_on,
    year,
    area_code,
    area_name,
    area_level,
    sex,
    ethnicity_group,
    primary_need,
    deprivation,
    -- On the day the request was received.
    age_band,
    make_date(cast(year as int), 12, 31) as closed_on,
    ended_on,
    cast(coalesce(assessment_outcome = 'Y' and date_part('year', ended_on) = year, false) as int) as n_issued,
    cast(coalesce(assessment_outcome = 'N' and date_part('year', ended_on) = year, false) as int) as n_not_issued,
    cast(coalesce(date_part('year', ended_on) <> year, true) as int) as n_not_decided,
    cast(coalesce(coalesce(assessment_outcome, 'W') = 'W' and date_part('year', ended_on) = year, false) as int) as n_withdrawn
from by_year
