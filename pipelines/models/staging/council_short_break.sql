/*
description: Short breaks; a row for each short break granted
owner: Children's social care
grain: [short_break_id]
tags: [council]
tests:
  - not_null: [child_id, kind]
  - relationship: {column: referral_id, to: staging.council_cwd_referral, field: referral_id}
    blocking: false
*/
select
    short_break_id,
    child_id,
    person_ref,
    referral_id,
    kind,
    start_date as started_on,
    end_date as ended_on,
    hours_granted,
    hours_taken,
    funder,
    annual_cost as annual_cost_gbp,
    extract_date as as_of
from council.short_break
