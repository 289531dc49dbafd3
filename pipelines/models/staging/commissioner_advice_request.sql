/*
description: Requests for health advice as the designated clinical officer has them; a row for each request
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [request_id]
tags: [commissioner]
tests:
  - unique: [request_id]
*/
-- A missed appointment excuses a late answer (SEND Regulations 2014, reg. 8).
select
    request_id,
    person_ref,
    birth_month,
    service,
    provider_code,
    requested_date as requested_on,
    due_date as due_on,
    received_date as received_on,
    outcome,
    missed_appointment as is_appointment_missed,
    times_chased as n_chased,
    received_date is not null as is_answered,
    coalesce(outcome = 'NIL', false) as is_nil_return,
    coalesce(received_date <= due_date, false) as is_within_six_weeks,
    extract_date as as_of_on
from commissioner.dco_advice_tracker
