/*
description: Requests and assessments that are under way at each month end, and whether the child waits for therapy then; a row for each request and month end
owner: SEND data team
grain: [person_key, received_on, month_ends_on]
tags: [council, eput]
tests:
  - not_null: [is_waiting_for_therapy]
*/
-- Under way from the day of the request until the family is told that there is to be no assessment or no plan, the
-- request is withdrawn, the child moves away, or the plan begins. The therapies are speech and language, occupational and physiotherapy.
with requests as (
    select
        person_key,
        received_on,
        least(
            case when request_outcome in ('N', 'W') then coalesce(decided_on, withdrawn_on) end,
            case when assessment_outcome in ('N', 'W') then coalesce(assessed_on, withdrawn_on) end,
            final_plan_on,
            closed_on
        ) as over_on,
        known_on
    from core.ehc_case
    where not is_transferred_in and person_key is not null
),

spans as (
    select
        person_key,
        received_on,
        least(coalesce(cast(over_on - interval '1 day' as date), known_on), known_on) as shows_until_on
    from requests
),

months as (
    select
        person_key,
        received_on,
        unnest(
            generate_series(
                cast(date_part('year', received_on) * 12 + date_part('month', received_on) - 1 as bigint),
                cast(
                    date_part('year', shows_until_on + interval '1 day') * 12
                        + date_part('month', shows_until_on + interval '1 day') - 2
                    as bigint
                )
            )
        ) as month_number
    from spans
    where shows_until_on >= received_on
),

waiting as (
    select
        person_key,
        month_ends_on,
        count(*) as n_referrals,
        max(n_days) as n_days
    from core.waiting_month
    where is_therapy and person_key is not null
    group by person_key, month_ends_on
)

select
    request.person_key,
    request.received_on,
    month.month_ends_on,
    request.area_code,
    request.area_name,
    request.area_level,
    month.month_ends_on - request.received_on as n_days,
    waiting.person_key is not null as is_waiting_for_therapy,
    coalesce(waiting.n_referrals, 0) as n_therapies_waited_for,
    waiting.n_days as n_days_waited_for_therapy,
    request.sex,
    request.ethnicity_group,
    request.primary_need,
    request.deprivation,
    coalesce(band.age_band, 'Unknown') as age_band
from months
inner join core.month as month on month.month_number = months.month_number
inner join core.ehc_case as request
    on request.person_key = months.person_key
    and request.received_on = months.received_on
left join waiting
    on waiting.person_key = months.person_key
    and waiting.month_ends_on = month.month_ends_on
left join core.child as child on child.person_key = months.person_key
left join seed.age_band as band
    on band.age = cast(floor((months.month_number - date_part('year', child.birth_month) * 12 - date_part('month', child.birth_month) + 1) / 12.0) as bigint)
