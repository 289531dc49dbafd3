/*
description: Where each assessment stood at the end of every week of its twenty; a row for each request and week at whose end it was still running
owner: SEND data team
grain: [person_key, received_on, week]
tags: [council]
tests:
  - accepted_values: {column: stage, values: [request, assessment, agreed, draft]}
  - expression: ended_on is null or ended_on > stands_on
*/
-- Stages in the order of the law: the request waits for a decision; the assessment runs; a plan is agreed; the draft
-- is with the family. A case ends with the final plan, or with any decision that there is to be none. Only requests
-- since the returns begin: of older ones the case system keeps those that came to a plan.
with begun as (
    select area_code, min(known_from) as known_from
    from core.council_period
    where about = 'plans'
    group by area_code
),

cases as (
    select
        person_key,
        received_on,
        request.area_code,
        area_name,
        area_level,
        twenty_weeks_due_on as due_on,
        case when request_outcome = 'Y' then decided_on end as assessment_from_on,
        case when assessment_outcome = 'Y' then assessed_on end as agreed_on,
        draft_plan_on,
        least(
            case when request_outcome in ('N', 'W') then coalesce(decided_on, withdrawn_on) end,
            case when assessment_outcome in ('N', 'W') then coalesce(assessed_on, withdrawn_on) end,
            final_plan_on,
            closed_on
        ) as ended_on,
        known_on
    from core.ehc_case as request
    inner join begun on begun.area_code = request.area_code and request.received_on >= begun.known_from
    where not is_transferred_in and person_key is not null and is_in_case_system
),

weeks as (
    select
        person_key,
        received_on,
        area_code,
        area_name,
        area_level,
        due_on,
        assessment_from_on,
        agreed_on,
        draft_plan_on,
        ended_on,
        known_on,
        unnest(generate_series(0, 20)) as week
    from cases
),

standing as (
    select
        person_key,
        received_on,
        area_code,
        area_name,
        area_level,
        due_on,
        assessment_from_on,
        agreed_on,
        draft_plan_on,
        ended_on,
        known_on,
        cast(week as bigint) as week,
        received_on + cast(week * 7 as int) as stands_on
    from weeks
)

select
    person_key,
    received_on,
    area_code,
    area_name,
    area_level,
    week,
    stands_on,
    case
        when draft_plan_on <= stands_on then 'draft'
        when agreed_on <= stands_on then 'agreed'
        when assessment_from_on <= stands_on then 'assessment'
        else 'request'
    end as stage,
    due_on,
    assessment_from_on,
    agreed_on,
    draft_plan_on,
    ended_on,
    known_on
from standing
where stands_on <= known_on and coalesce(ended_on > stands_on, true)
