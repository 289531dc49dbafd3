/*
description: Suspensions and permanent exclusions; a row for each of them
owner: SEND data team
grain: [academic_year, suspension_id]
tags: [council]
tests:
  - not_null: [child_id, kind]
*/
select
    academic_year,
    suspension_id,
    child_id,
    person_ref,
    birth_month,
    urn,
    sen_status,
    kind,
    reason,
    start_date as started_on,
    sessions as n_sessions,
    kind = 'permanent' as is_permanent,
    extract_date as as_of
from council.suspension
