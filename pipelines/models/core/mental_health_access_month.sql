/*
description: Children whom mental health services saw in the twelve months to each month end; a row for each child and month end of the area, and one of each provider that saw it
owner: Mental health data team, North East London NHS Foundation Trust
grain: [child_uid, month_ends_on, seen_by]
tags: [nelft, mhsds]
tests:
  - expression: n_contacts >= 1
  - expression: (provider_code is null) <> (area_code is null)
*/
-- As NHS England counts access: attended contacts (5, 6) of the child itself, under 18 at the first of the twelve
-- months. A month with a contact counts for itself and the eleven month ends after it. A child that two providers
-- saw once each was seen twice in the area and once by each: so the area and a provider have rows of their own.
with seen as (
    select
        coalesce(person_key, referral_uid) as child_uid,
        person_key,
        cast(date_part('year', contact_on) * 12 + date_part('month', contact_on) - 1 as bigint) as month_number,
        provider_code,
        provider_name,
        area_code,
        area_name,
        area_level,
        min(contact_on) as first_on,
        count(*) as n_contacts
    from core.contact
    where data_set = 'MHSDS' and is_child_seen
    group by
        coalesce(person_key, referral_uid), person_key,
        date_part('year', contact_on) * 12 + date_part('month', contact_on),
        provider_code, provider_name, area_code, area_name, area_level
),

windows as (
    select
        child_uid,
        person_key,
        unnest(generate_series(month_number, month_number + 11)) as month_number,
        provider_code,
        provider_name,
        area_code,
        area_name,
        area_level,
        first_on,
        n_contacts
    from seen
),

twelve_months as (
    select
        child_uid,
        month_number,
        area_code as seen_by,
        cast(null as varchar) as provider_code,
        cast(null as varchar) as provider_name,
        area_code,
        min(area_name) as area_name,
        min(area_level) as area_level,
        min(first_on) as first_on,
        sum(n_contacts) as n_contacts
    from windows
    group by child_uid, month_number, area_code
    union all
    select
        child_uid,
        month_number,
        provider_code as seen_by,
        provider_code,
        min(provider_name) as provider_name,
        cast(null as varchar) as area_code,
        cast(null as varchar) as area_name,
        cast(null as varchar) as area_level,
        min(first_on) as first_on,
        sum(n_contacts) as n_contacts
    from windows
    group by child_uid, month_number, provider_code
),

-- What was known of the child on the first day: several contacts on one day say the same.
first_time as (
    select
        coalesce(person_key, referral_uid) as child_uid,
        contact_on,
        min(sex) as sex,
        min(birth_month) as birth_month,
        min(age_band) as age_band,
        min(deprivation_decile) as deprivation_decile
    from core.contact
    where data_set = 'MHSDS' and is_child_seen
    group by coalesce(person_key, referral_uid), contact_on
)

select
    twelve_months.child_uid,
    month.month_ends_on,
    twelve_months.seen_by,
    twelve_months.provider_code,
    twelve_months.provider_name,
    twelve_months.area_code,
    twelve_months.area_name,
    twelve_months.area_level,
    twelve_months.first_on,
    twelve_months.n_contacts,
    first_time.sex,
    first_time.age_band,
    first_time.deprivation_decile
from twelve_months
inner join core.month as month on month.month_number = twelve_months.month_number
-- The area's months are those that every provider sent, a provider's its own of these.
inner join core.health_period as known
    on known.area_code = twelve_months.seen_by
    and known.about = 'mental_health'
    and month.month_ends_on <= known.known_to
    -- The twelfth month reported is the first with twelve.
    and month.month_starts_on >= known.known_from + interval '11 months'
inner join first_time
    on first_time.child_uid = twelve_months.child_uid
    and first_time.contact_on = twelve_months.first_on
-- Under 18, from the month of birth.
where first_time.birth_month + interval '18 years' > twelve_months.first_on
