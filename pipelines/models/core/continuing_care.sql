/*
description: Referrals for children's continuing care and the six weeks to a decision; a row for each referral
owner: Continuing care team, NHS Mid and South Essex ICB
grain: [referral_id]
tags: [commissioner]
tests:
  - unique: [referral_id]
  - expression: n_days is null or n_days >= 0
*/
-- Six weeks from referral to decision (DHSC national framework for children and young people's continuing care,
-- January 2016). Day 42 is in time; a referral without a decision is not.
select
    care.referral_id,
    person.person_key,
    area.area_code,
    area.area_name,
    area.area_level,
    care.referred_on,
    care.assessed_on,
    care.decided_on,
    care.is_decided,
    coalesce(care.is_eligible, false) as is_eligible,
    care.decided_on - care.referred_on as n_days,
    coalesce(care.decided_on - care.referred_on <= 42, false) as is_within_six_weeks,
    care.birth_month,
    coalesce(band.age_band, 'Unknown') as age_band,
    care.as_of_on
from staging.commissioner_continuing_care as care
cross join seed.commissioner_area as area
left join staging.person on person.person_ref = care.person_ref
left join seed.age_band as band
    on band.age = cast(
        floor(
            (date_part('year', care.referred_on) * 12 + date_part('month', care.referred_on)
            - date_part('year', care.birth_month) * 12 - date_part('month', care.birth_month)) / 12.0
        ) as bigint
    )
