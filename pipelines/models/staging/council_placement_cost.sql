/*
description: High-needs placements and who pays for them; a row for each placement and financial year
owner: Education finance
grain: [financial_year, placement_id]
tags: [council]
tests:
  - not_null: [plan_id, total_cost_gbp]
*/
-- A plan transferred in has no case, so that plan_id leads to council_ehcna_case for most plans, not for all.
select
    financial_year,
    placement_id,
    plan_id,
    child_id,
    person_ref,
    urn,
    kind,
    start_date as started_on,
    end_date as ended_on,
    education_cost as education_cost_gbp,
    social_care_cost as social_care_cost_gbp,
    health_cost as health_cost_gbp,
    total_cost as total_cost_gbp,
    social_care_cost > 0 or health_cost > 0 as is_jointly_funded,
    extract_date as as_of
from council.placement_cost
