/*
description: From when to when figures about health services are whole, for the area and for each provider; a row for each kind of figure and area
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [about, area_code]
tags: [csds, mhsds]
tests:
  - accepted_values: {column: about, values: [all_services, mental_health, partnership]}
*/
-- A total of all services is whole only while every provider reports: EPUT does since it took over the Lighthouse
-- in March 2022. A provider is shown for the same time, so that the providers add up to the area. The registers of
-- the board and of social care do not say since when they have been kept: they are shown from the first month that
-- any provider reports (partnership).
with spans as (
    select
        span.data_set,
        span.provider_code,
        coalesce(provider.current_name, span.provider_code) as provider_name,
        span.reported_from_on,
        span.reported_until_on
    from core.reported_span as span
    left join core.organisation as provider
        on provider.subject = span.provider_code
        and provider.subject_kind = 'provider'
        and provider.is_current
),

kinds as (
    select 'all_services' as about, data_set, provider_code, provider_name, reported_from_on, reported_until_on
    from spans
    union all
    select 'mental_health', data_set, provider_code, provider_name, reported_from_on, reported_until_on
    from spans
    where data_set = 'MHSDS'
),

whole as (
    select about, max(reported_from_on) as known_from, min(reported_until_on) as known_to
    from kinds
    group by about
    union all
    select 'partnership', min(reported_from_on), max(reported_until_on)
    from spans
)

select
    whole.about,
    area.area_code,
    area.area_name,
    area.area_level,
    whole.known_from,
    whole.known_to
from whole
cross join seed.commissioner_area as area
union all
select
    kinds.about,
    kinds.provider_code as area_code,
    min(kinds.provider_name) as area_name,
    'provider' as area_level,
    min(whole.known_from) as known_from,
    min(whole.known_to) as known_to
from kinds
inner join whole on whole.about = kinds.about
group by kinds.about, kinds.provider_code
