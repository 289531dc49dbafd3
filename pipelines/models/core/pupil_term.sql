/*
description: >-
  Pupils of a term with the sessions they missed, and suspensions and exclusions that began in it; a row for each pupil
  at a school and term, and one for each suspension or exclusion
owner: SEND data team
grain: [kind, row_id, period]
tags: [council]
tests:
  - not_null: [area_code, sen_status, period_start, period_end]
  - accepted_values: {column: kind, values: [pupil, suspension, permanent]}
*/
-- A pupil is counted under the SEN provision at the end of the term, a suspension under that on its first day: a
-- child that gets a plan during the term may be in one row of each.
with terms as (
    select
        concat(academic_year, '-', term) as period,
        academic_year,
        starts_on,
        ends_on
    from seed.school_term
),

pupils as (
    select
        'pupil' as kind,
        concat(attendance.child_id, '/', attendance.urn) as row_id,
        attendance.term as period,
        attendance.person_ref,
        attendance.urn,
        attendance.sen_status,
        attendance.n_sessions_possible,
        attendance.n_sessions_missed,
        -- One session in ten or more (DfE, persistent absence).
        attendance.n_sessions_possible > 0 and 10 * attendance.n_sessions_missed >= attendance.n_sessions_possible as is_persistently_absent
    from staging.council_attendance as attendance
),

suspended as (
    select
        suspension.kind,
        suspension.suspension_id as row_id,
        terms.period,
        suspension.person_ref,
        suspension.urn,
        suspension.sen_status,
        cast(null as bigint) as n_sessions_possible,
        cast(null as bigint) as n_sessions_missed,
        false as is_persistently_absent
    from staging.council_suspension as suspension
    inner join terms
        on terms.academic_year = suspension.academic_year
        and suspension.started_on between terms.starts_on and terms.ends_on
),

counted as (
    select kind, row_id, period, person_ref, urn, sen_status, n_sessions_possible, n_sessions_missed, is_persistently_absent
    from pupils
    union all
    select kind, row_id, period, person_ref, urn, sen_status, n_sessions_possible, n_sessions_missed, is_persistently_absent
    from suspended
)

select
    counted.kind,
    counted.row_id,
    counted.period,
    terms.starts_on as period_start,
    terms.ends_on as period_end,
    area.area_code,
    area.area_name,
    area.area_level,
    person.person_key,
    counted.urn,
    counted.sen_status,
    counted.n_sessions_possible,
    counted.n_sessions_missed,
    counted.is_persistently_absent
from counted
inner join seed.council_area as area on area.partner = 'council'
left join terms on terms.period = counted.period
left join staging.person on person.person_ref = counted.person_ref
