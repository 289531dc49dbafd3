/*
description: Who waits for a first contact at each month end; a row for each referral and month end at which its child waits
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [referral_uid, month_ends_on]
tags: [eput, nelft]
tests:
  - expression: n_days >= 0
*/
-- A child waits from the day the referral was received until the day it is first seen, or the referral is turned
-- down or closed. The day on which it ends is no day of waiting.
with waits as (
    select
        referral.referral_uid,
        referral.received_on,
        greatest(referral.received_on, referral.reported_from_on) as shows_from_on,
        -- The last month end on which it may show: the one before the wait ended, or the last reported.
        least(
            coalesce(cast(referral.waited_until_on - interval '1 day' as date), referral.reported_until_on),
            referral.reported_until_on
        ) as shows_until_on
    from core.referral as referral
    where referral.is_history_known
),

-- A month end lies in [from, until] if the month of `from` is not after the month before the day after `until`.
months as (
    select
        referral_uid,
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
    from waits
    where shows_until_on >= shows_from_on
)

select
    referral.referral_uid,
    referral.person_key,
    month.month_starts_on,
    month.month_ends_on,
    referral.service_code,
    referral.service_name,
    referral.agency,
    referral.is_therapy,
    referral.provider_code,
    referral.provider_name,
    referral.area_code,
    referral.area_name,
    referral.area_level,
    referral.received_on,
    month.month_ends_on - referral.received_on as n_days,
    referral.sex,
    -- Born on the first of the month, as far as the lake knows.
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
