/*
description: Multi-agency audits of plans; a row for each audit
owner: SEND data team
grain: [audit_id]
tags: [council]
tests:
  - not_null: [plan_id, overall_score]
  - relationship: {column: plan_id, to: staging.council_ehcna_case, field: plan_id}
    blocking: false
*/
select
    audit_id,
    plan_id,
    child_id,
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
