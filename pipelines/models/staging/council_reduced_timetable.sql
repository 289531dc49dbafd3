/*
description: Part-time timetables; a row for each of them
owner: SEND data team
grain: [timetable_id]
tags: [council]
tests:
  - not_null: [child_id, started_on]
*/
select
    timetable_id,
    child_id,
    person_ref,
    urn,
    sen_status,
    reason,
    start_date as started_on,
    review_date as reviewed_on,
    end_date as ended_on,
    hours_per_week,
    parent_agreed as is_agreed_by_parent,
    extract_date as as_of
from council.reduced_timetable
