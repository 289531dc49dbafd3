/*
description: Referrals to the Children with Disabilities team and whether they met its threshold; a row for each referral
owner: Children's social care
grain: [referral_id]
tags: [council]
tests:
  - unique: [referral_id]
*/
select
    referral.referral_id,
    person.person_key,
    area.area_code,
    area.area_name,
    area.area_level,
    referral.referred_on,
    referral.source,
    referral.decision,
    referral.decided_on,
    coalesce(referral.decision = 'accepted', false) as is_accepted,
    referral.closed_on
from staging.council_cwd_referral as referral
cross join seed.commissioner_area as area
left join staging.person on person.person_ref = referral.person_ref
