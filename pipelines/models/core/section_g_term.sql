/*
description: Health provision that plans specify in section G beside the contacts delivered; a row for each child, service and school term
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [child_uid, service_code, period]
tags: [council, eput, nelft]
tests:
  - expression: n_specified > 0
  - expression: n_delivered >= 0
*/
-- Section G is health provision reasonably required (Children and Families Act 2014, section 37(2)(d)); the board
-- must arrange it (section 42(3)). What is in force for the whole of a term is counted for it: provision that began
-- or ended in the middle is not. Delivered is a contact of that service in the term at which the child was seen,
-- by any referral: which contact fulfils which line no partner writes down.
with lines as (
    select
        coalesce(number.person_key, line.child_id) as child_uid,
        number.person_key,
        service.service_code,
        line.started_on,
        line.ended_on,
        line.as_of,
        -- Sessions of a school year, which has 38 weeks and three terms. A term's are a third of it, taken at the end:
        -- thirds do not add up exactly.
        line.n_sessions * case line.frequency
            when 'week' then 38
            when 'fortnight' then 19
            when 'half_term' then 6
            when 'term' then 3
            else 1
        end as n_in_year
    from staging.council_plan_provision as line
    inner join seed.health_service as service on service.agency = line.service
    left join staging.person_number as number on number.local_id = line.child_id
    where line.section = 'G'
),

specified as (
    select
        line.child_uid,
        line.person_key,
        line.service_code,
        term.academic_year || '-' || term.term as period,
        min(term.starts_on) as period_start,
        min(term.ends_on) as period_end,
        count(*) as n_lines,
        sum(line.n_in_year) as n_in_year
    from lines as line
    inner join seed.school_term as term
        on line.started_on <= term.starts_on
        and coalesce(line.ended_on, date '9999-12-31') > term.ends_on
        and term.ends_on <= line.as_of
    group by line.child_uid, line.person_key, line.service_code, term.academic_year, term.term
),

-- Contacts of children who have section G provision; others are not needed.
children as (
    select distinct person_key
    from lines
    where person_key is not null
),

-- Terms by the months that they touch, so that a contact is held against one or two of them and not against all.
term_months as (
    select
        academic_year || '-' || term as period,
        starts_on,
        ends_on,
        unnest(
            generate_series(
                cast(date_part('year', starts_on) * 12 + date_part('month', starts_on) - 1 as bigint),
                cast(date_part('year', ends_on) * 12 + date_part('month', ends_on) - 1 as bigint)
            )
        ) as month_number
    from seed.school_term
),

seen as (
    select
        contact.person_key,
        contact.service_code,
        term.period,
        count(*) as n_delivered
    from core.contact as contact
    inner join children on children.person_key = contact.person_key
    inner join term_months as term
        on term.month_number = cast(date_part('year', contact.contact_on) * 12 + date_part('month', contact.contact_on) - 1 as bigint)
        and contact.contact_on between term.starts_on and term.ends_on
    where contact.is_child_seen
    group by contact.person_key, contact.service_code, term.period
)

select
    specified.child_uid,
    specified.person_key,
    specified.service_code,
    service.service_name,
    service.is_therapy,
    specified.period,
    specified.period_start,
    specified.period_end,
    area.area_code,
    area.area_name,
    area.area_level,
    specified.n_lines,
    -- Twelve places, so that terms and children add up to the same in any order.
    cast(specified.n_in_year / 3.0 as decimal(20, 12)) as n_specified,
    coalesce(seen.n_delivered, 0) as n_delivered,
    3 * coalesce(seen.n_delivered, 0) >= specified.n_in_year as is_delivered,
    coalesce(seen.n_delivered, 0) = 0 as is_nothing_delivered
from specified
cross join seed.commissioner_area as area
inner join seed.health_service as service on service.service_code = specified.service_code
left join seen
    on seen.person_key = specified.person_key
    and seen.service_code = specified.service_code
    and seen.period = specified.period
