/*
description: Personal health budgets; a row for each budget
owner: Personalised care team, NHS Mid and South Essex ICB
grain: [budget_id]
tags: [commissioner]
tests:
  - unique: [budget_id]
*/
select
    budget_id,
    person_ref,
    birth_month,
    lsoa,
    sub_icb_code,
    budget_type,
    start_date as started_on,
    end_date as ended_on,
    annual_budget_gbp,
    extract_date as as_of_on
from commissioner.personal_health_budget
