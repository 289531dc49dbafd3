/*
description: Mediations and appeals; a row for each of them
owner: SEND data team
grain: [dispute_id]
tags: [council]
tests:
  - not_null: [kind, about, opened_on]
  - relationship: {column: request_id, to: staging.council_ehcna_case, field: request_id}
    blocking: false
*/
select
    dispute_id,
    request_id,
    plan_id,
    child_id,
    person_ref,
    kind,
    about,
    decision_date as disputed_decision_on,
    opened_date as opened_on,
    held_date as held_on,
    outcome,
    closed_date as closed_on,
    health_attended as has_health_attended,
    social_care_attended as has_social_care_attended,
    extract_date as as_of
from council.mediation_appeal
