/*
description: Annual reviews; a row for each review, held or due
owner: SEND data team
grain: [review_id]
tags: [council]
tests:
  - not_null: [plan_id, due_on]
*/
-- A plan transferred in has no case, so that plan_id leads to council_ehcna_case for most plans, not for all.
select
    review_id,
    plan_id,
    child_id,
    person_ref,
    birth_month,
    lsoa,
    school_urn,
    due_date as due_on,
    meeting_date as held_on,
    is_phase_transfer,
    decision,
    decision_date as decided_on,
    draft_date as draft_on,
    final_date as final_on,
    health_invited as is_health_invited,
    health_attended as has_health_attended,
    health_reported as has_health_reported,
    social_care_invited as is_social_care_invited,
    social_care_attended as has_social_care_attended,
    social_care_reported as has_social_care_reported,
    family_attended as has_family_attended,
    child_views_recorded as has_child_views,
    extract_date as as_of
from council.annual_review
