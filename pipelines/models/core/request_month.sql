/*
description: Requests for an assessment that were not decided at the end of a month; a row for each of them and month end
owner: SEND data team
grain: [person_key, received_on, month_ends_on]
tags: [council]
tests:
  - expression: "days_old >= 0"
*/
-- Undecided: neither decided nor withdrawn, and the child still lives here. A month end later than the newest
-- extract is not known.
with requests as (
    select
        person_key, received_on, area_code, area_name, area_level, sex, ethnicity_group, primary_need, deprivation, team,
        six_weeks_due_on, known_on,
        coalesce(decided_on, withdrawn_on, closed_on) as ended_on
    from core.ehc_case
    where not is_transferred_in
        and (is_six_weeks_open or coalesce(decided_on, withdrawn_on, closed_on) is not null)
),

months as (
    select
        person_key, received_on, area_code, area_name, area_level, sex, ethnicity_group, primary_need, deprivation, team,
        six_weeks_due_on, known_on, ended_on,
        cast(unnest(generate_series(
            cast(date_trunc('month', received_on) as date),
            coalesce(ended_on, known_on),
            interval '1 month'
        )) + interval '1 month' - interval '1 day' as date) as month_ends_on
    from requests
)

select
    months.person_key,
    months.received_on,
    months.month_ends_on,
    months.area_code,
    months.area_name,
    months.area_level,
    months.sex,
    months.ethnicity_group,
    months.primary_need,
    months.deprivation,
    coalesce(age_band.age_band, 'Unknown') as age_band,
    months.team,
    months.month_ends_on - months.received_on as days_old,
    -- Day 42 is in time (reg. 5(1)).
    months.month_ends_on > months.six_weeks_due_on as is_over_six_weeks
from months
left join core.child on child.person_key = months.person_key
left join seed.age_band
    on age_band.age = (12 * (date_part('year', months.month_ends_on) - date_part('year', child.birth_month))
        + date_part('month', months.month_ends_on) - date_part('month', child.birth_month)) / 12
where months.month_ends_on < coalesce(months.ended_on, months.known_on + 1)
