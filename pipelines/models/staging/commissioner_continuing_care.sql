/*
description: Referrals for children's continuing care; a row for each referral
owner: Continuing care team, NHS Mid and South Essex ICB
grain: [referral_id]
tags: [commissioner]
tests:
  - unique: [referral_id]
*/
select
    referral_id,
    person_ref,
    birth_month,
    lsoa,
    sub_icb_code,
    referred_date as referred_on,
    assessed_date as assessed_on,
    decided_date as decided_on,
    eligible as is_eligible,
    decided_date is not null as is_decided,
    package_start_date as package_started_on,
    extract_date as as_of_on
from commissioner.continuing_care
