/*
description: From when to when figures about health services are whole, for the area and for each provider; a row for each kind of figure, area and unbroken run of months
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [about, area_code, known_from]
tags: [csds, mhsds]
tests:
  - accepted_values: {column: about, values: [all_services, mental_health, partnership]}
  - expression: "known_from < known_to"
*/
-- A month is whole when every provider that ran a service in it has sent that month: who has handed the service over
-- by then is not waited for. A month that is not ends a run, and a period across it is not shown. A provider is shown
-- for the whole months in which it ran a service, so that the providers add up to the area. The registers of the board
-- and of social care do not say since when they have been kept: they are shown from the first month that any provider
-- reports to the last (partnership).
with due as (
    select distinct
        run.provider_code,
        run.provider_name,
        case when run.team_type is null then 'MHSDS' else 'CSDS' end as data_set,
        month.month_number,
        month.month_starts_on,
        month.month_ends_on
    from core.health_service as run
    cross join (select min(reported_from_on) as first_on, max(reported_until_on) as last_on from core.reported_span) as told
    inner join core.month as month
        on month.month_starts_on between told.first_on and told.last_on
        and run.runs_from_on <= month.month_ends_on
        and run.runs_until_on >= month.month_starts_on
),

sent as (
    select
        due.provider_code,
        due.provider_name,
        due.data_set,
        due.month_number,
        due.month_starts_on,
        due.month_ends_on,
        span.provider_code is not null as is_sent
    from due
    left join core.reported_span as span
        on span.provider_code = due.provider_code
        and span.data_set = due.data_set
        and span.reported_from_on <= due.month_starts_on
        and span.reported_until_on >= due.month_ends_on
),

kinds as (
    select 'all_services' as about, provider_code, provider_name, month_number, month_starts_on, month_ends_on, is_sent
    from sent
    union all
    select 'mental_health', provider_code, provider_name, month_number, month_starts_on, month_ends_on, is_sent
    from sent
    where data_set = 'MHSDS'
),

whole as (
    select about, month_number, month_starts_on, month_ends_on
    from kinds
    group by about, month_number, month_starts_on, month_ends_on
    having bool_and(is_sent)
),

known as (
    select
        whole.about,
        area.area_code,
        area.area_name,
        area.area_level,
        whole.month_number,
        whole.month_starts_on,
        whole.month_ends_on
    from whole
    cross join seed.commissioner_area as area
    union all
    select distinct
        kinds.about,
        kinds.provider_code,
        kinds.provider_name,
        'provider',
        kinds.month_number,
        kinds.month_starts_on,
        kinds.month_ends_on
    from kinds
    inner join whole on whole.about = kinds.about and whole.month_number = kinds.month_number
),

runs as (
    select
        about,
        area_code,
        area_name,
        area_level,
        month_starts_on,
        month_ends_on,
        month_number - row_number() over (partition by about, area_code order by month_number) as run
    from known
)

select
    about,
    area_code,
    min(area_name) as area_name,
    min(area_level) as area_level,
    min(month_starts_on) as known_from,
    max(month_ends_on) as known_to
from runs
group by about, area_code, run
union all
select
    'partnership' as about,
    area.area_code,
    area.area_name,
    area.area_level,
    min(span.reported_from_on) as known_from,
    max(span.reported_until_on) as known_to
from core.reported_span as span
cross join seed.commissioner_area as area
group by area.area_code, area.area_name, area.area_level
