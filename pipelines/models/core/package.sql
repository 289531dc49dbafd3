/*
description: Packages and budgets that the board pays for alone or with the council; a row for each package, budget or continuing care decision
owner: Children's commissioning, NHS Mid and South Essex ICB
grain: [package_uid]
tags: [commissioner]
tests:
  - unique: [package_uid]
  - not_null: [kind, area_code]
  - accepted_values: {column: kind, values: [joint_package, personal_health_budget, continuing_care]}
  - expression: ended_on is null or started_on is null or ended_on >= started_on
*/
-- Three registers that need not agree: a child with continuing care has a package that may also stand as a joint
-- package, and a personal health budget may pay for either. Costs are pounds a year; of continuing care the tracker
-- has none.
with packages as (
    select
        'JP:' || package_id as package_uid,
        'joint_package' as kind,
        package_type as type,
        person_ref,
        primary_need,
        provider_name,
        started_on,
        ended_on,
        education_gbp,
        social_care_gbp,
        health_gbp,
        as_of_on
    from staging.commissioner_joint_package
    union all
    select
        'PHB:' || budget_id, 'personal_health_budget', budget_type, person_ref, null, null, started_on, ended_on,
        null, null, annual_budget_gbp, as_of_on
    from staging.commissioner_personal_health_budget
    union all
    select
        'CC:' || referral_id, 'continuing_care', null, person_ref, null, null, package_started_on, null,
        null, null, null, as_of_on
    from staging.commissioner_continuing_care
    where is_eligible
)

select
    package.package_uid,
    person.person_key,
    package.kind,
    package.type,
    coalesce(package.primary_need, 'Unknown') as primary_need,
    package.provider_name as delivered_by,
    area.area_code,
    area.area_name,
    area.area_level,
    package.started_on,
    package.ended_on,
    package.education_gbp,
    package.social_care_gbp,
    package.health_gbp,
    coalesce(package.education_gbp, 0) + coalesce(package.social_care_gbp, 0) + coalesce(package.health_gbp, 0) as annual_cost_gbp,
    package.as_of_on
from packages as package
cross join seed.commissioner_area as area
left join staging.person on person.person_ref = package.person_ref
