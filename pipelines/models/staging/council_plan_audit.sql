/*
description: Multi-agency audits of plans; a row for each audit
owner: SEND data team
grain: [audit_id]
tags: [council]
tests:
  - not_null: [plan_id, overall_score]
*/
-- A plan transferred in has no case, so that plan_id leads to council_ehcna_case for most plans, not for all.
select
    audit_id,
    plan_id,
    child_id,
    person_ref,
    audit_date as audited_on,
    child_voice_score,
    education_score,
    health_score,
    social_care_score,
    outcomes_score,
    overall_score,
    health_auditor_present as has_health_auditor,
    social_care_auditor_present as has_social_care_auditor,
    health_auditor_present and social_care_auditor_present as is_multi_agency,
    extract_date as as_of
from council.plan_audit
