/*
description: >-
  A child's way from the request through advice, decision and plan to the first therapy contact, across council and
  health; a row for each request for an assessment
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [person_key, received_on]
tags: [council, eput, nelft]
tests:
  - not_null: [area_code]
  - expression: first_therapy_contact_on is null or first_therapy_contact_on >= received_on
  - expression: therapy_after_plan_on is null or therapy_after_plan_on >= final_plan_on
*/
-- What nobody could see before: the council knows the request and the plan, each service its own advice and
-- appointments. The three meet by the person key; a child who could not be linked has no therapy columns
-- (`is_known_to_health` says so), which is not the same as no therapy.
with requests as (
    select
        person_key, received_on, request_id, plan_id, area_code, area_name, area_level, primary_need, sex, ethnicity_group,
        age_band, deprivation, request_outcome, assessment_outcome, draft_plan_on, final_plan_on, has_exception,
        -- To withdraw is a decision of the family's.
        coalesce(decided_on, case when request_outcome = 'W' then withdrawn_on end) as decided_on,
        coalesce(assessed_on, case when request_outcome = 'Y' and assessment_outcome = 'W' then coalesce(withdrawn_on, closed_on) end) as assessed_on,
        twenty_weeks_due_on, known_on,
        -- The final plan, or the day on which it was clear that there would be none.
        least(
            case when request_outcome in ('N', 'W') then coalesce(decided_on, withdrawn_on) end,
            case when assessment_outcome in ('N', 'W') then coalesce(assessed_on, withdrawn_on) end,
            final_plan_on,
            closed_on
        ) as ended_on
    from core.ehc_case
    where not is_transferred_in and person_key is not null
),

advice as (
    select
        request_id,
        min(sent_on) as advice_asked_on,
        max(received_on) as last_advice_on,
        count(*) as n_advice,
        count(*) filter (where is_health) as n_health_advice,
        count(*) filter (where is_late or is_nil_return) as n_advice_late_or_nil,
        count(*) filter (where is_health and (is_late or is_nil_return)) as n_health_advice_late_or_nil,
        max(received_on) filter (where agency = 'EP') as psychology_advice_on,
        max(received_on) filter (where agency = 'SLT') as speech_language_advice_on,
        max(received_on) filter (where agency = 'OT') as occupational_therapy_advice_on,
        max(received_on) filter (where agency = 'PHYSIO') as physiotherapy_advice_on,
        max(received_on) filter (where agency = 'PAEDS') as paediatrics_advice_on,
        max(received_on) filter (where agency = 'CAMHS') as camhs_advice_on,
        max(received_on) filter (where agency = 'SOCIAL_CARE') as social_care_advice_on
    from core.advice
    where request_id is not null
    group by request_id
),

-- Open when the request came, or received after it; of several the first.
therapy_referrals as (
    select
        request.person_key,
        request.received_on,
        min(referral.received_on) as therapy_referred_on,
        first_value(referral.first_seen_on order by referral.received_on, referral.first_seen_on) as therapy_referral_seen_on,
        count(*) as n_therapy_referrals,
        count(*) filter (where referral.is_rejected) as n_therapy_referrals_rejected
    from requests as request
    inner join core.referral as referral on referral.person_key = request.person_key
    where referral.is_therapy
        and coalesce(referral.closed_on, date '9999-12-31') >= request.received_on
    group by request.person_key, request.received_on
),

therapy_days as (
    select distinct contact.person_key, contact.contact_on
    from core.contact as contact
    inner join seed.health_service as service on service.service_code = contact.service_code
    where service.is_therapy and contact.is_child_seen and contact.person_key is not null
),

therapy_contacts as (
    select
        request.person_key,
        request.received_on,
        min(seen.contact_on) as therapy_on,
        min(seen.contact_on) filter (where seen.contact_on >= request.received_on) as first_therapy_contact_on,
        min(seen.contact_on) filter (where seen.contact_on >= request.final_plan_on) as therapy_after_plan_on
    from requests as request
    inner join therapy_days as seen on seen.person_key = request.person_key
    group by request.person_key, request.received_on
),

-- Therapy that section G of the plan specifies: what is to come after the plan.
section_g as (
    select
        line.plan_id,
        count(*) as n_therapy_lines,
        min(line.started_on) as therapy_specified_from_on
    from staging.council_plan_provision as line
    inner join seed.health_service as service on service.agency = line.service
    where line.section = 'G' and service.is_therapy
    group by line.plan_id
)

select
    request.person_key,
    request.received_on,
    request.request_id,
    request.plan_id,
    request.area_code,
    request.area_name,
    request.area_level,
    request.primary_need,
    request.sex,
    request.ethnicity_group,
    request.age_band,
    request.deprivation,
    coalesce(child.is_known_to_health, false) as is_known_to_health,
    request.request_outcome,
    request.decided_on,
    advice.advice_asked_on,
    advice.last_advice_on,
    coalesce(advice.n_advice, 0) as n_advice,
    coalesce(advice.n_health_advice, 0) as n_health_advice,
    coalesce(advice.n_advice_late_or_nil, 0) as n_advice_late_or_nil,
    coalesce(advice.n_health_advice_late_or_nil, 0) as n_health_advice_late_or_nil,
    advice.psychology_advice_on,
    advice.speech_language_advice_on,
    advice.occupational_therapy_advice_on,
    advice.physiotherapy_advice_on,
    advice.paediatrics_advice_on,
    advice.camhs_advice_on,
    advice.social_care_advice_on,
    request.assessment_outcome,
    request.assessed_on,
    request.draft_plan_on,
    request.final_plan_on,
    request.has_exception,
    request.ended_on,
    -- Day 141, if the case was still running when it began: day 140 is in time.
    case
        when coalesce(request.ended_on > request.twenty_weeks_due_on, true) and request.twenty_weeks_due_on < request.known_on
            then request.twenty_weeks_due_on + 1
    end as breached_on,
    coalesce(section_g.n_therapy_lines, 0) > 0 as has_therapy_in_section_g,
    therapy_referrals.therapy_referred_on,
    therapy_referrals.therapy_referral_seen_on,
    coalesce(therapy_referrals.n_therapy_referrals, 0) as n_therapy_referrals,
    coalesce(therapy_referrals.n_therapy_referrals_rejected, 0) as n_therapy_referrals_rejected,
    -- First of all that the submissions tell of.
    therapy_contacts.therapy_on,
    coalesce(therapy_contacts.therapy_on < request.received_on, false) as had_therapy_before_request,
    therapy_contacts.first_therapy_contact_on,
    therapy_contacts.therapy_after_plan_on,
    -- The waits, in whole days.
    request.decided_on - request.received_on as days_request_to_decision,
    advice.last_advice_on - advice.advice_asked_on as days_advice,
    request.assessed_on - advice.last_advice_on as days_advice_to_decision,
    request.final_plan_on - request.received_on as days_request_to_plan,
    therapy_referrals.therapy_referral_seen_on - therapy_referrals.therapy_referred_on as days_referral_to_therapy,
    therapy_contacts.first_therapy_contact_on - request.received_on as days_request_to_therapy,
    therapy_contacts.therapy_after_plan_on - request.final_plan_on as days_plan_to_therapy,
    request.known_on
from requests as request
left join advice on advice.request_id = request.request_id
left join therapy_referrals
    on therapy_referrals.person_key = request.person_key
    and therapy_referrals.received_on = request.received_on
left join therapy_contacts
    on therapy_contacts.person_key = request.person_key
    and therapy_contacts.received_on = request.received_on
left join section_g on section_g.plan_id = request.plan_id
left join core.child as child on child.person_key = request.person_key
