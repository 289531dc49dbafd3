/*
description: Cases that were open on each day of forecast, how likely each was to run over twenty weeks, and what came of it; a row for each day and case
owner: SEND data team
grain: [forecast_on, person_key, received_on]
tags: [council]
tests:
  - expression: breach_chance >= 0 and breach_chance <= 1
  - expression: weeks_ahead >= 0
*/
-- The same forecast made as at past days, with nothing known later, so that it can be held against what happened.
-- A case of more than 140 days is over them already: its chance is 1 and it is no forecast (`is_over_already`).
with forecast_days as (
    select distinct area_code, forecast_on
    from core.breach_chance
),

newest as (
    select area_code, max(forecast_on) as forecast_on
    from forecast_days
    group by area_code
),

-- A case once: at its first week it was open.
cases as (
    select
        person_key, received_on, area_code, area_name, area_level, due_on, assessment_from_on, agreed_on, draft_plan_on,
        ended_on, known_on
    from core.case_landmark
    where week = 0
),

open_cases as (
    select
        days.forecast_on,
        cases.person_key,
        cases.received_on,
        cases.area_code,
        cases.area_name,
        cases.area_level,
        cases.due_on,
        case
            when cases.draft_plan_on <= days.forecast_on then 'draft'
            when cases.agreed_on <= days.forecast_on then 'agreed'
            when cases.assessment_from_on <= days.forecast_on then 'assessment'
            else 'request'
        end as stage,
        least(cast(floor((days.forecast_on - cases.received_on) / 7.0) as bigint), 19) as week,
        days.forecast_on >= cases.due_on as is_over_already,
        cases.ended_on,
        cases.known_on
    from cases
    inner join forecast_days as days
        on days.area_code = cases.area_code
        and cases.received_on <= days.forecast_on
        and coalesce(cases.ended_on > days.forecast_on, true)
),

-- Where no case of the last year stood at that stage in that week: all stages of the week.
of_any_stage as (
    select
        area_code,
        forecast_on,
        week,
        round(sum(breach_chance * n_past_cases) / sum(n_past_cases), 9) as breach_chance
    from core.breach_chance
    group by area_code, forecast_on, week
)

select
    open_cases.forecast_on,
    open_cases.person_key,
    open_cases.received_on,
    open_cases.area_code,
    open_cases.area_name,
    open_cases.area_level,
    open_cases.forecast_on = newest.forecast_on as is_newest,
    open_cases.stage,
    open_cases.forecast_on - open_cases.received_on as days_old,
    open_cases.due_on,
    cast(date_trunc('week', open_cases.due_on) as date) as due_week_starts_on,
    case when open_cases.is_over_already then 0 else cast(ceil((open_cases.due_on - open_cases.forecast_on) / 7.0) as bigint) end as weeks_ahead,
    open_cases.is_over_already,
    case
        when open_cases.is_over_already then 1.0
        else coalesce(chance.breach_chance, of_any_stage.breach_chance, 0.0)
    end as breach_chance,
    -- Known once day 140 has passed; day 140 itself is in time.
    case when open_cases.due_on < open_cases.known_on then coalesce(open_cases.ended_on > open_cases.due_on, true) end as is_breached
from open_cases
inner join newest on newest.area_code = open_cases.area_code
left join core.breach_chance as chance
    on chance.area_code = open_cases.area_code
    and chance.forecast_on = open_cases.forecast_on
    and chance.stage = open_cases.stage
    and chance.week = open_cases.week
left join of_any_stage
    on of_any_stage.area_code = open_cases.area_code
    and of_any_stage.forecast_on = open_cases.forecast_on
    and of_any_stage.week = open_cases.week
