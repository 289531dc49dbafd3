/*
description: Consultant-led waiting clocks that run at each month end; a row for each clock and month end
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [referral_uid, clock_started_on, month_ends_on]
tags: [eput]
tests:
  - expression: n_days >= 0
*/
-- The 18 weeks from referral to treatment are law for consultant-led care alone: community paediatrics here.
-- Therapies have no such clock, whatever rows a provider sends: theirs are left out.
with clocks as (
    select
        clock.service_request_uid as referral_uid,
        clock.clock_started_on,
        min(clock.clock_stopped_on) as clock_stopped_on
    from staging.csds_rtt as clock
    group by clock.service_request_uid, clock.clock_started_on
),

runs as (
    select
        clock.referral_uid,
        clock.clock_started_on,
        clock.clock_stopped_on,
        greatest(clock.clock_started_on, referral.reported_from_on) as shows_from_on,
        least(coalesce(cast(clock.clock_stopped_on - interval '1 day' as date), referral.reported_until_on), referral.reported_until_on) as shows_until_on
    from clocks as clock
    inner join core.referral as referral on referral.referral_uid = clock.referral_uid
    where referral.is_consultant_led
),

months as (
    select
        referral_uid,
        clock_started_on,
        unnest(
            generate_series(
                cast(date_part('year', shows_from_on) * 12 + date_part('month', shows_from_on) - 1 as bigint),
                cast(
                    date_part('year', shows_until_on + interval '1 day') * 12
                        + date_part('month', shows_until_on + interval '1 day') - 2
                    as bigint
                )
            )
        ) as month_number
    from runs
    where shows_until_on >= shows_from_on
)

select
    referral.referral_uid,
    months.clock_started_on,
    referral.person_key,
    month.month_ends_on,
    referral.service_name,
    referral.provider_code,
    referral.provider_name,
    referral.area_code,
    referral.area_name,
    referral.area_level,
    month.month_ends_on - months.clock_started_on as n_days,
    referral.sex,
    coalesce(band.age_band, 'Unknown') as age_band,
    coalesce(home.deprivation_decile, 'Unknown') as deprivation_decile
from months
inner join core.month as month on month.month_number = months.month_number
inner join core.referral as referral on referral.referral_uid = months.referral_uid
left join core.patient_month as home
    on home.local_patient_uid = referral.local_patient_uid
    and home.month_number = months.month_number
left join seed.age_band as band
    on band.age = cast(floor((month.month_number - date_part('year', referral.birth_month) * 12 - date_part('month', referral.birth_month) + 1) / 12.0) as bigint)
