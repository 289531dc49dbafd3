/*
description: Children with a plan or an assessment under way on each census day, and whether health knows them; a row for each child and census day
owner: SEND data team
grain: [person_key, census_on]
tags: [council, eput, nelft, identity]
tests:
  - not_null: [is_linked]
*/
-- Linked is a child whom a health provider reports under a verified NHS number, with a referral received by that
-- day: the most that any joint figure can know of. The records are tied as they are today, not as they were then.
with census_days as (
    select distinct reference_date as census_on
    from staging.sen2_return
),

known as (
    select reference_date as census_on, person_key
    from core.plan_year
    where is_at_census and person_key is not null
    union
    select census_days.census_on, request.person_key
    from core.ehc_case as request
    inner join census_days
        on request.received_on <= census_days.census_on
        and coalesce(
            least(
                case when request.request_outcome in ('N', 'W') then coalesce(request.decided_on, request.withdrawn_on) end,
                case when request.assessment_outcome in ('N', 'W') then coalesce(request.assessed_on, request.withdrawn_on) end,
                request.final_plan_on,
                request.closed_on
            ),
            date '9999-12-31'
        ) > census_days.census_on
    where request.person_key is not null and not request.is_transferred_in
),

verified as (
    select person_key, bool_or(has_verified_nhs_number) as has_verified_nhs_number
    from staging.person
    group by person_key
),

patients as (
    select person_key, min(received_on) as first_referred_on
    from core.referral
    where person_key is not null
    group by person_key
)

select
    known.person_key,
    known.census_on,
    area.area_code,
    area.area_name,
    area.area_level,
    patients.person_key is not null as is_patient,
    coalesce(verified.has_verified_nhs_number, false) as has_verified_nhs_number,
    patients.person_key is not null and coalesce(verified.has_verified_nhs_number, false) as is_linked
from known
cross join seed.commissioner_area as area
left join verified on verified.person_key = known.person_key
left join patients
    on patients.person_key = known.person_key
    and patients.first_referred_on <= known.census_on
