/*
description: Sessions possible and missed; a row for each pupil, school and term
owner: SEND data team
grain: [term, child_id, urn]
tags: [council]
tests:
  - not_null: [sen_status, n_sessions_possible]
*/
select
    term,
    academic_year,
    child_id,
    person_ref,
    birth_month,
    urn,
    sen_status,
    sessions_possible as n_sessions_possible,
    sessions_authorised as n_sessions_authorised,
    sessions_unauthorised as n_sessions_unauthorised,
    sessions_authorised + sessions_unauthorised as n_sessions_missed,
    extract_date as as_of
from council.attendance
