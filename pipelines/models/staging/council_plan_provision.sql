/*
description: Provision that plans specify; a row for each provision of a section and service
owner: SEND data team
grain: [provision_id]
tags: [council]
tests:
  - not_null: [plan_id, section, service]
*/
-- A plan transferred in has no case, so that plan_id leads to council_ehcna_case for most plans, not for all.
select
    provision_id,
    plan_id,
    child_id,
    person_ref,
    section,
    service,
    sessions as n_sessions,
    frequency,
    hours_each,
    hours_each_year,
    funder,
    start_date as started_on,
    end_date as ended_on,
    extract_date as as_of
from council.plan_provision
