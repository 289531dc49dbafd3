/*
description: Referrals to the Children with Disabilities team; a row for each referral
owner: Children's social care
grain: [referral_id]
tags: [council]
tests:
  - not_null: [child_id, referred_on]
*/
select
    referral_id,
    child_id,
    person_ref,
    birth_month,
    sex,
    lsoa,
    referral_date as referred_on,
    source,
    decision,
    decision_date as decided_on,
    closed_date as closed_on,
    extract_date as as_of
from council.cwd_referral
