/*
description: Children and young people of SEN2 returns; a row for each person of a return
owner: SEND data team
grain: [lea, year, person_id]
tags: [council, sen2]
tests:
  - not_null: [person_ref, birth_month, sex]
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
    person_ref,
    birth_month,
    -- Version 1.1 asked for gender.
    sex_or_gender as sex,
    ethnicity,
    lsoa,
    upn_as_compared is not null as has_upn,
    coalesce(is_upn_temporary, false) as is_upn_temporary,
    uln_as_compared is not null as has_uln,
    upn_unknown,
    -- Both numbers are pseudonyms here: the same number has the same one.
    case when upn_as_compared is null then 1 else count(*) over (partition by lea, year, upn_as_compared) end as n_same_upn,
    case when uln_as_compared is null then 1 else count(*) over (partition by lea, year, uln_as_compared) end as n_same_uln,
    reference_date,
    spec_version
from council.sen2_person
