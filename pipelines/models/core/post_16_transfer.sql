/*
description: >-
  Moves of young people with a plan from one post-16 institution to another, and whether the plan that names the new
  one was final five months before; a row for each move
owner: SEND data team
grain: [person_key, moved_on]
tags: [council, sen2]
tests:
  - not_null: [area_code, due_on]
  - expression: "due_on < moved_on"
  - expression: "is_in_time is null or is_in_time = coalesce(final_on <= due_on, false)"
*/
-- SEND Regulations 2014, reg. 18(2): where a young person moves from one post-16 institution to another, the plan is
-- reviewed and amended at least five months before the move. Calendar months: a move on 1 September has until
-- 1 April, and one on 31 July until the last day of February. A move from a school has a fixed day instead
-- (reg. 18(1): 31 March, core.plan_year), and a school's sixth form is a school.
--
-- The day of the move is that on which the return says that the new main place began; a return knows of most moves
-- only afterwards. The clock ends with the first plan of a phase transfer, or amended after a review, that became
-- final in the twelve months before the move or since it, and after the move before it, if there was one.
with stays as (
    select
        person_key,
        received_on,
        entered_on,
        placement_group,
        coalesce(cast(urn_on_the_day as varchar), cast(ukprn as varchar)) as institution,
        establishment_name
    from core.placement
    where kind = 'attended' and placement_rank = 1 and is_newest and entered_on is not null
),

-- Of two places that began on one day the one by name.
in_order as (
    select
        person_key,
        received_on,
        entered_on,
        placement_group,
        institution,
        establishment_name,
        lag(placement_group) over stays_of_person as group_before,
        lag(institution) over stays_of_person as institution_before,
        lag(establishment_name) over stays_of_person as name_before,
        lag(entered_on) over stays_of_person as entered_before_on
    from stays
    window stays_of_person as (partition by person_key order by entered_on, received_on, institution)
),

moves as (
    select
        person_key,
        min(received_on) as received_on,
        entered_on as moved_on,
        min(entered_before_on) as moved_before_on,
        min(name_before) as moved_from,
        min(establishment_name) as moved_to
    from in_order
    where placement_group = 'further_education' and group_before = 'further_education'
        and institution <> institution_before
        and entered_on > entered_before_on
    group by person_key, entered_on
),

finals as (
    select person_key, phase_transfer_final_on as final_on
    from core.plan_year
    where phase_transfer_final_on is not null
    union
    select person_key, final_on
    from core.review
    where final_on is not null
),

known as (
    select person_key, max(reference_date) as known_on
    from core.ehc_return_case
    group by person_key
),

timed as (
    select
        moves.person_key,
        moves.received_on,
        moves.moved_from,
        moves.moved_to,
        moves.moved_on,
        cast(moves.moved_on - interval '5 months' as date) as due_on,
        min(finals.final_on) as final_on,
        max(known.known_on) as known_on
    from moves
    inner join known on known.person_key = moves.person_key
    left join finals
        on finals.person_key = moves.person_key
        and finals.final_on > moves.moved_on - interval '12 months'
        and finals.final_on >= moves.moved_before_on
    group by moves.person_key, moves.received_on, moves.moved_from, moves.moved_to, moves.moved_on
)

select
    timed.person_key,
    timed.received_on,
    area.area_code,
    area.area_name,
    area.area_level,
    timed.moved_from,
    timed.moved_to,
    timed.moved_on,
    timed.due_on,
    timed.final_on,
    timed.final_on is null as is_open,
    -- Days left on the newest day of which we know, while nothing is final.
    case when timed.final_on is null then timed.due_on - timed.known_on end as days_left,
    coalesce(timed.final_on, timed.known_on) > timed.due_on as is_breached,
    case when timed.final_on is not null or timed.known_on > timed.due_on then coalesce(timed.final_on <= timed.due_on, false) end as is_in_time,
    timed.due_on <= clock.relaxed_to and timed.moved_on >= clock.relaxed_from as is_relaxed_2020,
    timed.known_on
from timed
inner join seed.council_area as area on area.partner = 'council'
inner join seed.clock on clock.id = 'post_16_transfer'
