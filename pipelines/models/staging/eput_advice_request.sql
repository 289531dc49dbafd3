/*
description: Requests for health advice as EPUT's tracker has them; a row for each request
owner: Designated clinical officer, Essex Partnership University NHS Foundation Trust
grain: [request_id]
tags: [eput]
tests:
  - unique: [request_id]
*/
-- Six weeks run from the day the service was asked, whatever the day the assessment was asked for (SEND
-- Regulations 2014, reg. 8). Day 42 is within time.
select
    request_id,
    person_ref,
    birth_month,
    service,
    requested_date as requested_on,
    due_date as due_on,
    received_date as received_on,
    outcome,
    received_date is not null as is_answered,
    coalesce(outcome = 'NIL', false) as is_nil_return,
    coalesce(received_date <= due_date, false) as is_within_six_weeks,
    extract_date as as_of_on
from eput.advice_tracker
