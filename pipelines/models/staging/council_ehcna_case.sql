/*
description: EHC needs assessment cases as they stand; a row for each request
owner: SEND data team
grain: [request_id]
tags: [council]
tests:
  - not_null: [child_id, received_on]
*/
select
    request_id,
    child_id,
    person_ref,
    birth_month,
    sex,
    ethnicity,
    lsoa,
    school_urn,
    primary_need,
    received_date as received_on,
    request_source,
    request_panel_date as request_panel_on,
    request_outcome,
    request_outcome_date as decided_on,
    withdrawn_date as withdrawn_on,
    issue_panel_date as issue_panel_on,
    assessment_outcome,
    assessment_outcome_date as assessed_on,
    closed_date as closed_on,
    draft_plan_date as draft_plan_on,
    final_plan_date as final_plan_on,
    plan_id,
    exception,
    team,
    -- Nothing decided by the day of the extract.
    request_outcome is null or request_outcome = 'A' as is_pending,
    extract_date as as_of
from council.ehcna_case
