/*
description: Children and young people of whom a partner has a record, as last known; a row for each child
owner: SEND data team
grain: [person_key]
tags: [council, identity]
tests:
  - not_null: [sex, ethnicity_group]
*/
-- What partners say of a child differs now and then. Of each fact the latest is taken that is not blank: by the
-- day on which it was said; on the same day the SEN2 return before the council's case system, that before its
-- other lists, those before health's; then by the value, so that the choice is always the same.
with said as (
    select person_ref, birth_month, sex, ethnicity, 'dfe' as code_system, lsoa, reference_date as said_on, 1 as place
    from staging.sen2_person
    union all
    select person_ref, birth_month, sex, ethnicity, 'dfe' as code_system, lsoa, as_of as said_on, 2 as place
    from staging.council_ehcna_case
    union all
    select person_ref, birth_month, sex, null as ethnicity, null as code_system, lsoa, as_of as said_on, 3 as place
    from staging.council_cwd_referral
    union all
    select person_ref, birth_month, null as sex, null as ethnicity, null as code_system, lsoa, as_of as said_on, 4 as place
    from staging.council_annual_review
    union all
    select person_ref, birth_month, null as sex, null as ethnicity, null as code_system, lsoa, as_of as said_on, 4 as place
    from staging.council_out_of_school
    union all
    select person_ref, birth_month, null as sex, null as ethnicity, null as code_system, null as lsoa, as_of as said_on, 5 as place
    from staging.council_attendance
    union all
    -- Health asks for the gender: 1 male, 2 female; the rest says neither.
    select
        person_ref, birth_month,
        case gender when '1' then 'M' when '2' then 'F' end as sex,
        ethnic_category as ethnicity, 'nhs' as code_system, lsoa, last_reported_on as said_on, 6 as place
    from staging.csds_patient
    union all
    select
        person_ref, birth_month,
        case gender when '1' then 'M' when '2' then 'F' end as sex,
        ethnic_category as ethnicity, 'nhs' as code_system, lsoa, last_reported_on as said_on, 7 as place
    from staging.mhsds_patient
),

-- The second letter of an NHS category is a provider's own.
said_of as (
    select
        person.person_key,
        said.birth_month,
        said.sex,
        said.ethnicity,
        said.code_system,
        ethnicity_group.ethnicity_group,
        said.lsoa,
        said.said_on,
        said.place
    from said
    inner join staging.person on person.person_ref = said.person_ref
    left join seed.ethnicity_group
        on ethnicity_group.code_system = said.code_system
        and ethnicity_group.code = case when said.code_system = 'nhs' and said.ethnicity <> '99' then substr(said.ethnicity, 1, 1) else said.ethnicity end
),

-- The main type of need: of the newest return that has one, else as the newest request for an assessment says.
needs as (
    select
        person.person_key,
        need.sen_type as primary_need,
        1 as place,
        sent.reference_date as said_on
    from staging.sen2_need as need
    inner join staging.sen2_request as request
        on request.lea = need.lea and request.year = need.year and request.request_id = need.request_id
    inner join staging.sen2_return as sent on sent.lea = need.lea and sent.year = need.year
    inner join staging.person on person.person_ref = request.person_ref
    where need.is_primary
    union all
    select
        person.person_key,
        work.primary_need,
        2 as place,
        work.received_on as said_on
    from staging.council_ehcna_case as work
    inner join staging.person on person.person_ref = work.person_ref
    where work.primary_need is not null
),

main_needs as (
    select person_key, first_value(primary_need order by place, said_on desc, primary_need) as primary_need
    from needs
    group by person_key
),

latest as (
    select
        person_key,
        first_value(birth_month order by said_on desc, place, birth_month) filter (where birth_month is not null) as birth_month,
        first_value(sex order by said_on desc, place, sex) filter (where sex is not null) as sex,
        -- The council's four letters before the one letter of health: figures of the council then agree with its
        -- return, and a family that refused the council is not looked up elsewhere.
        first_value(ethnicity order by code_system, said_on desc, place, ethnicity) filter (where ethnicity is not null) as ethnicity,
        first_value(code_system order by code_system, said_on desc, place, ethnicity) filter (where ethnicity is not null) as ethnicity_code_system,
        first_value(ethnicity_group order by code_system, said_on desc, place, ethnicity) filter (where ethnicity is not null) as ethnicity_group,
        first_value(lsoa order by said_on desc, place, lsoa) filter (where lsoa is not null) as lsoa,
        bool_or(place <= 5) as is_known_to_council,
        bool_or(place >= 6) as is_known_to_health
    from said_of
    group by person_key
)

select
    latest.person_key,
    latest.birth_month,
    case latest.sex when 'F' then 'Female' when 'M' then 'Male' else 'Unknown' end as sex,
    latest.ethnicity,
    latest.ethnicity_code_system,
    coalesce(latest.ethnicity_group, 'Unknown') as ethnicity_group,
    main_needs.primary_need,
    latest.lsoa,
    deprivation.imd_decile,
    coalesce(cast(deprivation.imd_decile as varchar), 'Unknown') as deprivation,
    latest.is_known_to_council,
    latest.is_known_to_health
from latest
left join main_needs on main_needs.person_key = latest.person_key
left join staging.lsoa_deprivation as deprivation on deprivation.lsoa = latest.lsoa
