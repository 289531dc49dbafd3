/*
description: Times that children were out of school; a row for each of them
owner: SEND data team
grain: [spell_id]
tags: [council]
tests:
  - not_null: [child_id, started_on]
*/
select
    spell_id,
    child_id,
    person_ref,
    birth_month,
    lsoa,
    sen_status,
    reason,
    start_date as started_on,
    end_date as ended_on,
    hours_per_week,
    extract_date as as_of
from council.out_of_school
