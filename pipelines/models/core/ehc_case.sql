/*
description: >-
  Requests for an EHC needs assessment, with what came of them and every statutory clock; a row for each request,
  be it in several SEN2 returns, in the council's case system or in both
owner: SEND data team
grain: [person_key, received_on]
tags: [council, sen2]
tests:
  - not_null: [area_code, age_band, sex, ethnicity_group]
  - accepted_values: {column: request_outcome, values: [Y, N, W]}
  - accepted_values: {column: assessment_outcome, values: [Y, N, W]}
  # DfE: received = to assess + not to assess + pending + withdrawn.
  - expression: "n_received = n_decided_yes + n_decided_no + n_pending + n_withdrawn"
  - expression: "not is_six_weeks_open or request_outcome is null"
  - expression: "is_six_weeks_breached is null or is_six_weeks_breached = (six_weeks_days > 42)"
  - expression: "is_twenty_weeks_breached is null or is_twenty_weeks_breached = (twenty_weeks_days > 140)"
*/
-- The same request is known by its child and the day on which it was received. A code H of a return (historical:
-- decided before its period) says that something was decided and not what: it is never an outcome here, so that a
-- request that stands in three returns counts once, in the year of its own dates.
--
-- Where both know a thing, the council's case system says what happened and when: it has dates that a return has
-- not (withdrawn, draft), and it is newer. The newest return fills what the case system lacks.
with returned as (
    select
        person_key,
        received_on,
        max(lea) as la_number,
        max(reference_date) as last_census_on,
        min(year) as first_return,
        max(year) as last_return,
        bool_or(transferred_from is not null) as is_transferred_in,
        max(transferred_from) as transferred_from,
        min(closed_on) filter (where transferred_from is not null) as transferred_by,
        first_value(request_source order by year desc) filter (where request_source is not null) as request_source,
        bool_or(request_outcome = 'H') as is_request_historical,
        bool_or(assessment_outcome = 'H') as is_assessment_historical,
        first_value(request_outcome order by year desc) filter (where request_outcome in ('Y', 'N', 'W')) as request_outcome,
        first_value(decided_on order by year desc) filter (where decided_on is not null) as decided_on,
        -- What the return said on the census day after the year in which the request came.
        first_value(request_outcome order by year) filter (where year = date_part('year', received_on) + 1) as outcome_in_return,
        bool_or(has_request_mediation) filter (where year = date_part('year', received_on) + 1) as has_mediation,
        bool_or(has_request_tribunal) filter (where year = date_part('year', received_on) + 1) as has_tribunal,
        max(exported_to) as exported_to,
        first_value(assessment_outcome order by year desc) filter (where assessment_outcome in ('Y', 'N', 'W')) as assessment_outcome,
        first_value(assessed_on order by year desc) filter (where assessed_on is not null) as assessed_on,
        bool_or(has_exception) as has_exception,
        bool_or(has_content_mediation) filter (where year = date_part('year', assessed_on) + 1) as has_content_mediation,
        bool_or(has_content_tribunal) filter (where year = date_part('year', assessed_on) + 1) as has_content_tribunal,
        first_value(started_on order by year desc) filter (where started_on is not null) as plan_started_on
    from core.ehc_return_case
    group by person_key, received_on
),

-- Two cases of one child that came on one day are one request entered twice.
casework as (
    select
        person_key, request_id, plan_id, received_on, team, school_urn, lsoa, primary_need, request_source,
        request_outcome, decided_on, withdrawn_on, assessment_outcome, assessed_on, closed_on, draft_plan_on, final_plan_on, exception, as_of
    from (
        select
            person.person_key,
            work.request_id,
            work.plan_id,
            work.received_on,
            work.team,
            work.school_urn,
            work.lsoa,
            work.primary_need,
            work.request_source,
            work.request_outcome,
            work.decided_on,
            work.withdrawn_on,
            work.assessment_outcome,
            work.assessed_on,
            work.closed_on,
            work.draft_plan_on,
            work.final_plan_on,
            work.exception,
            work.as_of,
            row_number() over (partition by person.person_key, work.received_on order by work.request_id) as place
        from staging.council_ehcna_case as work
        left join staging.person on person.person_ref = work.person_ref
    )
    where place = 1
),

-- Mediation and appeals as the council lists them, for requests that are in no return.
disputes as (
    select
        dispute.request_id,
        min(dispute.opened_on) filter (where dispute.kind = 'mediation' and dispute.about = 'refusal_to_assess') as mediation_on,
        min(dispute.opened_on) filter (where dispute.kind = 'appeal' and dispute.about = 'refusal_to_assess') as tribunal_on,
        min(dispute.opened_on) filter (where dispute.kind = 'mediation' and dispute.about = 'content') as content_mediation_on,
        min(dispute.opened_on) filter (where dispute.kind = 'appeal' and dispute.about = 'content') as content_tribunal_on
    from staging.council_mediation_appeal as dispute
    group by dispute.request_id
),

advice as (
    select
        request_id,
        count(*) as n_advice_requests,
        count(*) filter (where is_late) as n_advice_late,
        count(*) filter (where is_nil_return) as n_advice_nil,
        max(days_late) as advice_days_late
    from core.advice
    group by request_id
),

requests as (
    select
        coalesce(casework.person_key, returned.person_key) as person_key,
        coalesce(casework.received_on, returned.received_on) as received_on,
        casework.request_id,
        casework.plan_id,
        casework.team,
        casework.school_urn,
        casework.lsoa,
        casework.primary_need,
        coalesce(casework.request_source, returned.request_source) as request_source,
        coalesce(returned.is_transferred_in, false) and casework.request_id is null as is_transferred_in,
        returned.transferred_from,
        returned.transferred_by,
        coalesce(case when casework.request_outcome in ('Y', 'N', 'W') then casework.request_outcome end, returned.request_outcome) as request_outcome,
        coalesce(casework.decided_on, returned.decided_on) as decided_on,
        casework.withdrawn_on,
        coalesce(case when casework.assessment_outcome in ('Y', 'N', 'W') then casework.assessment_outcome end, returned.assessment_outcome) as assessment_outcome,
        coalesce(casework.assessed_on, returned.assessed_on) as assessed_on,
        -- Neither a decision nor a plan: the assessment was withdrawn, or the child moved away.
        casework.closed_on,
        casework.draft_plan_on,
        coalesce(casework.final_plan_on, returned.plan_started_on) as final_plan_on,
        returned.exported_to,
        coalesce(returned.is_request_historical, false) as is_request_historical,
        coalesce(returned.is_assessment_historical, false) as is_assessment_historical,
        casework.exception,
        casework.exception is not null or coalesce(returned.has_exception, false) as has_exception,
        returned.outcome_in_return,
        returned.first_return,
        returned.last_return,
        casework.request_id is not null as is_in_case_system,
        returned.person_key is not null as is_in_return,
        -- The day up to which we know of it.
        coalesce(casework.as_of, returned.last_census_on) as known_on,
        returned.has_mediation,
        returned.has_tribunal,
        returned.has_content_mediation,
        returned.has_content_tribunal
    from casework
    full outer join returned
        on returned.person_key = casework.person_key and returned.received_on = casework.received_on
),

-- DfE counts a year's requests as they stood on the census day after it.
at_census as (
    select
        requests.person_key,
        requests.received_on,
        requests.request_id,
        requests.plan_id,
        requests.team,
        requests.school_urn,
        requests.lsoa,
        requests.primary_need,
        requests.request_source,
        requests.is_transferred_in,
        requests.transferred_from,
        requests.transferred_by,
        requests.request_outcome,
        requests.decided_on,
        requests.withdrawn_on,
        requests.assessment_outcome,
        requests.assessed_on,
        requests.closed_on,
        requests.draft_plan_on,
        requests.final_plan_on,
        requests.exported_to,
        requests.is_request_historical,
        requests.is_assessment_historical,
        requests.exception,
        requests.has_exception,
        requests.first_return,
        requests.last_return,
        requests.is_in_case_system,
        requests.is_in_return,
        requests.known_on,
        census.census_date as census_on,
        case
            when coalesce(requests.decided_on, requests.withdrawn_on) is not null
                then case when coalesce(requests.decided_on, requests.withdrawn_on) <= census.census_date then requests.request_outcome end
            when requests.outcome_in_return in ('Y', 'N', 'W') then requests.outcome_in_return
        end as outcome_at_census,
        coalesce(requests.has_mediation, disputes.mediation_on <= census.census_date, false) as has_request_mediation,
        coalesce(requests.has_tribunal, disputes.tribunal_on <= census.census_date, false) as has_request_tribunal,
        coalesce(requests.has_content_mediation, disputes.content_mediation_on <= census_of_assessment.census_date, false) as is_content_mediated,
        coalesce(requests.has_content_tribunal, disputes.content_tribunal_on <= census_of_assessment.census_date, false) as is_content_appealed
    from requests
    left join disputes on disputes.request_id = requests.request_id
    left join seed.census_date as census
        on date_part('year', census.census_date) = date_part('year', requests.received_on) + 1
    left join seed.census_date as census_of_assessment
        on date_part('year', census_of_assessment.census_date) = date_part('year', requests.assessed_on) + 1
),

-- Which event ends each clock, and what stops it without that event. How long each runs is in seed.clock.
--   six_weeks      reg. 5(1):  ends when the family is told whether there is to be an assessment
--   sixteen_weeks  reg. 10(1): ends when the family is told that there is to be no plan; to issue one stops it
--   draft          ends when the draft is sent (a step of the code of practice, not a limit of the law)
--   twenty_weeks   reg. 13(2): ends with the final plan
clocks as (
    select
        requests.person_key,
        requests.received_on,
        requests.known_on,
        clock.id,
        requests.received_on + clock.days as due_on,
        clock.relaxed_from,
        clock.relaxed_to,
        case clock.id
            when 'six_weeks' then requests.decided_on
            when 'sixteen_weeks' then case when requests.assessment_outcome = 'N' then requests.assessed_on end
            when 'draft' then requests.draft_plan_on
            when 'twenty_weeks' then requests.final_plan_on
        end as ended_on,
        case clock.id
            when 'six_weeks' then requests.request_outcome is not null or requests.is_request_historical
            when 'sixteen_weeks' then requests.request_outcome in ('N', 'W') or requests.assessment_outcome is not null or requests.is_assessment_historical
            else requests.request_outcome in ('N', 'W') or requests.assessment_outcome in ('N', 'W')
        end
        or requests.final_plan_on is not null
        or requests.closed_on is not null
        or requests.exported_to is not null as is_stopped
    from requests
    inner join seed.clock on clock.id in ('six_weeks', 'sixteen_weeks', 'draft', 'twenty_weeks')
    where not requests.is_transferred_in
),

-- Day 42 of a clock of 42 days is in time. A clock that runs is measured at the newest day of which we know.
measured as (
    select
        person_key,
        received_on,
        id,
        due_on,
        ended_on is null and not coalesce(is_stopped, false) as is_open,
        case when ended_on is not null or not coalesce(is_stopped, false) then coalesce(ended_on, known_on) - received_on end as days,
        case when ended_on is null and not coalesce(is_stopped, false) then due_on - known_on end as days_left,
        case when ended_on is not null or not coalesce(is_stopped, false) then coalesce(ended_on, known_on) > due_on end as is_breached,
        received_on <= relaxed_to and coalesce(ended_on, due_on) >= relaxed_from as is_relaxed
    from clocks
),

by_request as (
    select
        person_key,
        received_on,
        max(due_on) filter (where id = 'six_weeks') as six_weeks_due_on,
        max(days) filter (where id = 'six_weeks') as six_weeks_days,
        max(days_left) filter (where id = 'six_weeks') as six_weeks_days_left,
        bool_or(is_open) filter (where id = 'six_weeks') as is_six_weeks_open,
        bool_or(is_breached) filter (where id = 'six_weeks') as is_six_weeks_breached,
        max(due_on) filter (where id = 'sixteen_weeks') as sixteen_weeks_due_on,
        max(days) filter (where id = 'sixteen_weeks') as sixteen_weeks_days,
        max(days_left) filter (where id = 'sixteen_weeks') as sixteen_weeks_days_left,
        bool_or(is_open) filter (where id = 'sixteen_weeks') as is_sixteen_weeks_open,
        bool_or(is_breached) filter (where id = 'sixteen_weeks') as is_sixteen_weeks_breached,
        max(due_on) filter (where id = 'draft') as draft_due_on,
        max(days) filter (where id = 'draft') as draft_days,
        max(days_left) filter (where id = 'draft') as draft_days_left,
        bool_or(is_open) filter (where id = 'draft') as is_draft_open,
        bool_or(is_breached) filter (where id = 'draft') as is_draft_breached,
        max(due_on) filter (where id = 'twenty_weeks') as twenty_weeks_due_on,
        max(days) filter (where id = 'twenty_weeks') as twenty_weeks_days,
        max(days_left) filter (where id = 'twenty_weeks') as twenty_weeks_days_left,
        bool_or(is_open) filter (where id = 'twenty_weeks') as is_twenty_weeks_open,
        bool_or(is_breached) filter (where id = 'twenty_weeks') as is_twenty_weeks_breached,
        bool_or(is_relaxed) as is_relaxed_2020
    from measured
    group by person_key, received_on
)

select
    cases.person_key,
    cases.received_on,
    cases.request_id,
    cases.plan_id,
    area.area_code,
    area.area_name,
    area.area_level,
    cases.team,
    cases.school_urn,
    -- As asked; of a case that stands in a return only, the child's.
    coalesce(cases.primary_need, child.primary_need, 'Unknown') as primary_need,
    child.sex,
    child.ethnicity_group,
    coalesce(cast(deprivation.imd_decile as varchar), 'Unknown') as deprivation,
    -- On the day the request was received.
    coalesce(age_band.age_band, 'Unknown') as age_band,
    cases.request_source,
    cases.is_transferred_in,
    cases.transferred_from,
    cases.transferred_by,
    cases.request_outcome,
    cases.decided_on,
    cases.withdrawn_on,
    cases.outcome_at_census,
    cases.census_on,
    -- Of one that was decided before the first return that has it, nobody here knows how.
    cases.is_request_historical and cases.request_outcome is null as is_outcome_unknown,
    cast(not cases.is_transferred_in and not (cases.is_request_historical and cases.request_outcome is null) as int) as n_received,
    cast(not cases.is_transferred_in and cases.outcome_at_census is not distinct from 'Y' as int) as n_decided_yes,
    cast(not cases.is_transferred_in and cases.outcome_at_census is not distinct from 'N' as int) as n_decided_no,
    cast(not cases.is_transferred_in and cases.outcome_at_census is null and not (cases.is_request_historical and cases.request_outcome is null) as int) as n_pending,
    cast(not cases.is_transferred_in and cases.outcome_at_census is not distinct from 'W' as int) as n_withdrawn,
    cases.has_request_mediation,
    cases.has_request_tribunal,
    cases.assessment_outcome,
    cases.assessed_on,
    cases.closed_on,
    cases.is_content_mediated,
    cases.is_content_appealed,
    cases.draft_plan_on,
    cases.final_plan_on,
    cases.exported_to,
    cases.has_exception,
    cases.exception,
    cases.first_return,
    cases.last_return,
    cases.is_in_case_system,
    cases.is_in_return,
    cases.known_on,
    clocks.six_weeks_due_on,
    clocks.six_weeks_days,
    clocks.six_weeks_days_left,
    clocks.is_six_weeks_open,
    clocks.is_six_weeks_breached,
    clocks.sixteen_weeks_due_on,
    clocks.sixteen_weeks_days,
    clocks.sixteen_weeks_days_left,
    clocks.is_sixteen_weeks_open,
    clocks.is_sixteen_weeks_breached,
    clocks.draft_due_on,
    clocks.draft_days,
    clocks.draft_days_left,
    clocks.is_draft_open,
    clocks.is_draft_breached,
    clocks.twenty_weeks_due_on,
    clocks.twenty_weeks_days,
    clocks.twenty_weeks_days_left,
    clocks.is_twenty_weeks_open,
    clocks.is_twenty_weeks_breached,
    coalesce(advice.n_advice_requests, 0) as n_advice_requests,
    coalesce(advice.n_advice_late, 0) as n_advice_late,
    coalesce(advice.n_advice_nil, 0) as n_advice_nil,
    -- The worst of its requests for advice.
    advice.advice_days_late,
    coalesce(advice.n_advice_late > 0, false) as is_advice_breached,
    coalesce(clocks.is_relaxed_2020, false) as is_relaxed_2020
from at_census as cases
inner join seed.council_area as area on area.partner = 'council'
left join core.child on child.person_key = cases.person_key
left join seed.age_band
    on age_band.age = (12 * (date_part('year', cases.received_on) - date_part('year', child.birth_month))
        + date_part('month', cases.received_on) - date_part('month', child.birth_month)) / 12
-- The home as casework has it; of a case that stands in a return only, the child's last known one.
left join staging.lsoa_deprivation as deprivation on deprivation.lsoa = case when cases.is_in_case_system then cases.lsoa else child.lsoa end
left join by_request as clocks
    on clocks.person_key = cases.person_key and clocks.received_on = cases.received_on
left join advice on advice.request_id = cases.request_id
