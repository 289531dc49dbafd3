/*
description: Children seen for the first time after a referral; a row for each referral whose child was seen
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [referral_uid]
tags: [eput, nelft]
tests:
  - unique: [referral_uid]
  - expression: n_days >= 0
*/
-- Age and neighbourhood are those of the day on which the child was seen.
select
    referral.referral_uid,
    referral.person_key,
    referral.service_code,
    referral.service_name,
    referral.is_therapy,
    referral.provider_code,
    referral.provider_name,
    referral.area_code,
    referral.area_name,
    referral.area_level,
    referral.received_on,
    referral.first_seen_on,
    referral.first_seen_on - referral.received_on as n_days,
    referral.priority_type,
    -- PRIORITY TYPE CODE 2 is urgent in both data sets; in MHSDS 1 is an emergency and 3 routine.
    case referral.data_set
        when 'MHSDS' then coalesce(referral.priority_type in ('1', '2'), false)
        else coalesce(referral.priority_type = '2', false)
    end as is_urgent,
    referral.sex,
    coalesce(band.age_band, 'Unknown') as age_band,
    coalesce(home.deprivation_decile, 'Unknown') as deprivation_decile
from core.referral as referral
left join core.patient_month as home
    on home.local_patient_uid = referral.local_patient_uid
    and home.month_number = date_part('year', referral.first_seen_on) * 12 + date_part('month', referral.first_seen_on) - 1
left join seed.age_band as band
    on band.age = cast(
        floor(
            (date_part('year', referral.first_seen_on) * 12 + date_part('month', referral.first_seen_on)
            - date_part('year', referral.birth_month) * 12 - date_part('month', referral.birth_month)) / 12.0
        ) as bigint
    )
where referral.first_seen_on is not null
