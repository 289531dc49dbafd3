/*
description: >-
  Requests for advice to an assessment, by the body asked, and whether it answered in six weeks; a row for each
  request of the council, be it in the council's list, in EPUT's tracker, in the clinical officer's or in several
owner: SEND data team
grain: [advice_id]
tags: [council, eput, commissioner]
tests:
  - not_null: [area_code, agency, sent_on, due_on]
  - accepted_values: {column: agency, values: [EP, SLT, OT, PHYSIO, PAEDS, CAMHS, SOCIAL_CARE, EDUCATION, SENSORY, OTHER]}
  - expression: "due_on = sent_on + 42"
  - expression: "not (is_in_time and is_late)"
*/
-- All three lists name a request for advice by the council's number. Where they differ, the council's list counts:
-- it asked, and it is the one that has to decide. What is blank there is taken from the provider's tracker, which
-- knows when it answered, and then from the clinical officer's. That nothing came at all ("nil") only the trackers
-- say outright; in the council's list it is an assessment that was decided with no answer on file.
with council_list as (
    select
        asked.advice_id,
        asked.request_id,
        asked.person_ref,
        case asked.agency
            when 'educational_psychology' then 'EP'
            when 'speech_language' then 'SLT'
            when 'occupational_therapy' then 'OT'
            when 'physiotherapy' then 'PHYSIO'
            when 'community_paediatrics' then 'PAEDS'
            else upper(asked.agency)
        end as agency,
        asked.sent_on,
        asked.received_on,
        asked.outcome,
        asked.late_reason,
        asked.as_of
    from staging.council_advice_request as asked
),

trackers as (
    select
        coalesce(provider.request_id, officer.request_id) as advice_id,
        coalesce(provider.person_ref, officer.person_ref) as person_ref,
        coalesce(provider.service, officer.service) as agency,
        coalesce(provider.requested_on, officer.requested_on) as sent_on,
        coalesce(provider.received_on, officer.received_on) as received_on,
        coalesce(provider.outcome, officer.outcome) as outcome,
        coalesce(provider.is_nil_return, false) or coalesce(officer.is_nil_return, false) as is_nil_return,
        officer.is_appointment_missed,
        officer.provider_code,
        officer.n_chased,
        provider.request_id is not null as is_in_provider_tracker,
        officer.request_id is not null as is_in_officer_tracker,
        greatest(provider.as_of_on, officer.as_of_on) as as_of
    from staging.eput_advice_request as provider
    full outer join staging.commissioner_advice_request as officer on officer.request_id = provider.request_id
),

asked as (
    select
        coalesce(council_list.advice_id, trackers.advice_id) as advice_id,
        council_list.request_id,
        coalesce(council_list.person_ref, trackers.person_ref) as person_ref,
        coalesce(council_list.agency, trackers.agency) as agency,
        coalesce(council_list.sent_on, trackers.sent_on) as sent_on,
        coalesce(council_list.received_on, trackers.received_on) as received_on,
        lower(coalesce(council_list.outcome, trackers.outcome)) as outcome,
        coalesce(trackers.is_nil_return, false) as is_nil_in_tracker,
        -- Excuses a late answer (reg. 8); it is shown, and nobody is left out for it.
        coalesce(council_list.late_reason = 'appointment_missed', false) or coalesce(trackers.is_appointment_missed, false) as is_appointment_missed,
        trackers.provider_code,
        coalesce(trackers.n_chased, 0) as n_chased,
        council_list.advice_id is not null as is_in_council_list,
        coalesce(trackers.is_in_provider_tracker, false) as is_in_provider_tracker,
        coalesce(trackers.is_in_officer_tracker, false) as is_in_officer_tracker,
        coalesce(council_list.as_of, trackers.as_of) as known_on
    from council_list
    full outer join trackers on trackers.advice_id = council_list.advice_id
),

-- Advice to which assessment, and whether that was decided.
with_case as (
    select
        asked.advice_id,
        asked.request_id,
        asked.person_ref,
        asked.agency,
        asked.sent_on,
        asked.received_on,
        asked.outcome,
        asked.is_nil_in_tracker,
        asked.is_appointment_missed,
        asked.provider_code,
        asked.n_chased,
        asked.is_in_council_list,
        asked.is_in_provider_tracker,
        asked.is_in_officer_tracker,
        asked.known_on,
        work.lsoa,
        work.primary_need,
        -- Nothing came before the decision was taken.
        asked.received_on is null
        and (asked.is_nil_in_tracker or coalesce(asked.outcome = 'nil', false) or work.assessment_outcome is not null) as is_nil_return
    from asked
    left join staging.council_ehcna_case as work on work.request_id = asked.request_id
),

-- Six weeks from the day on which the body was asked, whatever the day of the request for an assessment
-- (SEND Regulations 2014, reg. 8(1)); day 42 is in time.
measured as (
    select
        with_case.advice_id,
        with_case.request_id,
        with_case.person_ref,
        with_case.agency,
        with_case.sent_on,
        with_case.received_on,
        with_case.outcome,
        with_case.is_appointment_missed,
        with_case.provider_code,
        with_case.n_chased,
        with_case.is_in_council_list,
        with_case.is_in_provider_tracker,
        with_case.is_in_officer_tracker,
        with_case.known_on,
        with_case.lsoa,
        with_case.primary_need,
        with_case.is_nil_return,
        with_case.sent_on + clock.days as due_on,
        with_case.received_on - with_case.sent_on as days,
        with_case.sent_on <= clock.relaxed_to
        and coalesce(with_case.received_on, with_case.sent_on + clock.days) >= clock.relaxed_from as is_relaxed_2020
    from with_case
    inner join seed.clock on clock.id = 'advice'
)

select
    asked.advice_id,
    asked.request_id,
    person.person_key,
    area.area_code,
    area.area_name,
    area.area_level,
    asked.agency,
    asked.agency not in ('EP', 'SOCIAL_CARE', 'EDUCATION', 'SENSORY') as is_health,
    asked.provider_code,
    child.sex,
    child.ethnicity_group,
    coalesce(asked.primary_need, child.primary_need, 'Unknown') as primary_need,
    coalesce(cast(deprivation.imd_decile as varchar), 'Unknown') as deprivation,
    coalesce(age_band.age_band, 'Unknown') as age_band,
    asked.sent_on,
    asked.due_on,
    asked.received_on,
    asked.days,
    asked.outcome,
    asked.is_appointment_missed,
    asked.n_chased,
    coalesce(asked.received_on <= asked.due_on, false) as is_in_time,
    coalesce(asked.received_on > asked.due_on, false) as is_late,
    case when asked.received_on > asked.due_on then asked.received_on - asked.due_on end as days_late,
    asked.is_nil_return,
    asked.received_on is null and not asked.is_nil_return as is_open,
    case when asked.received_on is null and not asked.is_nil_return then asked.due_on - asked.known_on end as days_left,
    asked.known_on,
    coalesce(asked.is_relaxed_2020, false) as is_relaxed_2020,
    asked.is_in_council_list,
    asked.is_in_provider_tracker,
    asked.is_in_officer_tracker
from measured as asked
inner join seed.council_area as area on area.partner = 'council'
left join staging.person on person.person_ref = asked.person_ref
left join core.child on child.person_key = person.person_key
left join seed.age_band
    on age_band.age = (12 * (date_part('year', asked.sent_on) - date_part('year', child.birth_month))
        + date_part('month', asked.sent_on) - date_part('month', child.birth_month)) / 12
left join staging.lsoa_deprivation as deprivation on deprivation.lsoa = coalesce(asked.lsoa, child.lsoa)
