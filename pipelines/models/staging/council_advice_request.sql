/*
description: Requests for advice to an assessment; a row for each body asked
owner: SEND data team
grain: [advice_id]
tags: [council]
tests:
  - not_null: [agency, sent_on]
  - relationship: {column: request_id, to: staging.council_ehcna_case, field: request_id}
    blocking: false
*/
select
    advice_id,
    request_id,
    child_id,
    person_ref,
    agency,
    sent_date as sent_on,
    due_date as due_on,
    received_date as received_on,
    outcome,
    late_reason,
    -- Six weeks from the day the body was asked (SEND Regulations 2014, reg. 8).
    received_date is not null and received_date <= sent_date + interval '42 days' as is_within_6_weeks,
    extract_date as as_of
from council.ehcna_advice_request
