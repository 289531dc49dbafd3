/*
description: Packages that several bodies pay for; a row for each package
owner: Children's commissioning, NHS Mid and South Essex ICB
grain: [package_id]
tags: [commissioner]
tests:
  - unique: [package_id]
  - expression: education_gbp + social_care_gbp + health_gbp = annual_cost_gbp
*/
select
    package_id,
    person_ref,
    birth_month,
    lsoa,
    package_type,
    primary_need,
    provider_name,
    start_date as started_on,
    end_date as ended_on,
    annual_cost_gbp,
    education_gbp,
    social_care_gbp,
    health_gbp,
    extract_date as as_of_on
from commissioner.joint_package
