/*
description: Referrals for suspected autism that are open at each month end; a row for each referral and month end
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [referral_uid, month_ends_on]
tags: [eput, nelft]
tests:
  - expression: n_days >= 0
*/
-- Reason for referral 25 is suspected autism. The child development centre's referrals are in CSDS, and in no
-- national figure about autism; those to mental health are in MHSDS. NICE QS51: assessed within 13 weeks.
with open_referrals as (
    select
        referral.referral_uid,
        greatest(referral.received_on, referral.reported_from_on) as shows_from_on,
        least(coalesce(cast(referral.closed_on - interval '1 day' as date), referral.reported_until_on), referral.reported_until_on) as shows_until_on
    from core.referral as referral
    where referral.is_suspected_autism and referral.is_history_known
),

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
    from open_referrals
    where shows_until_on >= shows_from_on
)

select
    referral.referral_uid,
    referral.person_key,
    month.month_ends_on,
    referral.service_name,
    referral.provider_code,
    referral.provider_name,
    referral.area_code,
    referral.area_name,
    referral.area_level,
    month.month_ends_on - referral.received_on as n_days,
    not referral.was_seen_before_reports
        and coalesce(referral.first_seen_on > month.month_ends_on, true) as is_waiting,
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
