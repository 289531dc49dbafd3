/*
description: Children and young people of SEN2 returns; a row for each person of a return
owner: SEND data team
grain: [lea, year, person_id]
tags: [council, sen2]
tests:
  - not_null: [birth_date, sex]
  # 1520 of DfE's common rules, 109 of Annex A: two persons of a return with the same UPN.
  - expression: "n_same_upn = 1"
    blocking: false
  - expression: "n_same_uln = 1"
    blocking: false
*/
select
    lea,
    year,
    person_id,
    surname,
    forename,
    person_birth_date as birth_date,
    -- Version 1.1 asked for gender.
    coalesce(sex, gender_current) as sex,
    ethnicity,
    upper(postcode) as postcode,
    upn_as_compared as upn,
    -- A permanent one ends in a digit.
    coalesce(upn_as_compared ~ '[A-Z]$', false) as is_upn_temporary,
    replace(unique_learner_number, ' ', '') as uln,
    upn_unknown,
    case when upn_as_compared is null then 1 else count(*) over (partition by lea, year, upn_as_compared) end as n_same_upn,
    case when unique_learner_number is null then 1 else count(*) over (partition by lea, year, replace(unique_learner_number, ' ', '')) end as n_same_uln,
    reference_date,
    spec_version
from council.sen2_person
