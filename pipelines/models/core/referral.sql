/*
description: Referrals of the area's children to community and mental health services; a row for each referral of a provider and system
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [referral_uid]
tags: [eput, nelft, csds, mhsds]
tests:
  - unique: [referral_uid]
  - not_null: [service_name, provider_code, area_code, received_on]
  - expression: closed_on is null or closed_on >= received_on
    blocking: false
*/
-- Children of the area are those for whom its NHS commissioner pays; a provider's other patients are not here.
-- A child is seen at a contact that was attended (status 5 or 6) by the child: a parent or carer in the child's
-- place (subject 02) is not the child. That a service assesses or treats is another thing: see core.rtt_month.
with community_team as (
    select
        service_request_uid,
        -- A referral to several teams is that of the first that did not turn it down.
        coalesce(min(team_type) filter (where rejected_on is null), min(team_type)) as team_type,
        case when count(rejected_on) = count(*) then max(rejected_on) end as rejected_on,
        case when count(coalesce(closed_on, rejected_on)) = count(*) then max(coalesce(closed_on, rejected_on)) end as closed_on
    from staging.csds_service_type
    group by service_request_uid
),

community as (
    select
        referral.service_request_uid as referral_uid,
        'CSDS' as data_set,
        referral.local_patient_uid,
        service.service_code,
        referral.org_id_provider,
        referral.org_id_commissioner,
        referral.received_on,
        referral.source_of_referral,
        referral.priority_type,
        referral.primary_referral_reason,
        team.rejected_on,
        case when team.rejected_on is null then least(referral.discharged_on, team.closed_on) end as discharged_on
    from staging.csds_referral as referral
    left join community_team as team on team.service_request_uid = referral.service_request_uid
    left join seed.health_service as service on service.team_type = team.team_type
),

mental_health as (
    select
        service_request_uid as referral_uid,
        'MHSDS' as data_set,
        local_patient_uid,
        -- Primary reason for referral 12 is eating disorders (NHS Data Dictionary).
        case when primary_referral_reason = '12' then 'CYPED' else 'CAMHS' end as service_code,
        org_id_provider,
        org_id_commissioner,
        received_on,
        source_of_referral,
        priority_type,
        primary_referral_reason,
        rejected_on,
        case when rejected_on is null then discharged_on end as discharged_on
    from staging.mhsds_referral
),

referrals as (
    select
        referral_uid, data_set, local_patient_uid, service_code, org_id_provider, org_id_commissioner, received_on,
        source_of_referral, priority_type, primary_referral_reason, rejected_on, discharged_on
    from community
    union all
    select
        referral_uid, data_set, local_patient_uid, service_code, org_id_provider, org_id_commissioner, received_on,
        source_of_referral, priority_type, primary_referral_reason, rejected_on, discharged_on
    from mental_health
),

contacts as (
    select service_request_uid, contact_on, consultation_type, is_child_seen
    from staging.csds_contact
    union all
    select service_request_uid, contact_on, consultation_type, is_child_seen
    from staging.mhsds_contact
),

attendance as (
    select
        service_request_uid,
        min(contact_on) filter (where is_child_seen) as first_seen_on,
        -- Consultation type 01 is a first one, 02 a follow-up (CSDS ETOS 1.6).
        min(contact_on) filter (where consultation_type = '01') as first_consultation_on,
        min(contact_on) filter (where consultation_type = '02') as follow_up_on,
        count(*) as n_contacts
    from contacts
    group by service_request_uid
),

patient as (
    select local_patient_uid, gender, birth_month from staging.csds_patient
    union all
    select local_patient_uid, gender, birth_month from staging.mhsds_patient
),

-- From the first month sent to the last: one that was missed in between is no figure's (core.health_period).
spans as (
    select
        provider_code,
        data_set,
        min(reported_from_on) as reported_from_on,
        max(reported_until_on) as reported_until_on
    from core.reported_span
    group by provider_code, data_set
),

dated as (
    select
        referral.referral_uid,
        referral.data_set,
        referral.local_patient_uid,
        referral.service_code,
        referral.org_id_provider,
        referral.org_id_commissioner,
        referral.received_on,
        referral.source_of_referral,
        referral.priority_type,
        referral.primary_referral_reason,
        referral.rejected_on,
        referral.discharged_on,
        least(referral.rejected_on, referral.discharged_on) as closed_on,
        attendance.first_seen_on as first_reported_seen_on,
        coalesce(attendance.n_contacts, 0) as n_contacts,
        span.reported_from_on,
        span.reported_until_on,
        -- Open when the submissions begin: whether the child had been seen shows by the next consultation.
        referral.received_on >= span.reported_from_on
            or referral.rejected_on is not null
            or attendance.first_consultation_on is not null
            or attendance.follow_up_on is not null as is_history_known,
        coalesce(
            referral.received_on < span.reported_from_on
                and referral.rejected_on is null
                and attendance.follow_up_on < coalesce(attendance.first_consultation_on, date '9999-12-31'),
            false
        ) as was_seen_before_reports
    from referrals as referral
    left join attendance on attendance.service_request_uid = referral.referral_uid
    left join spans as span
        on span.provider_code = referral.org_id_provider
        and span.data_set = referral.data_set
)

select
    referral.referral_uid,
    referral.local_patient_uid,
    number.person_key,
    referral.data_set,
    referral.service_code,
    coalesce(service.service_name, 'Another community service') as service_name,
    coalesce(service.agency, 'other') as agency,
    coalesce(service.is_therapy, false) as is_therapy,
    coalesce(service.is_consultant_led, false) as is_consultant_led,
    -- Who reports it now, and so who runs it since; who received it is core.health_service as at the day.
    referral.org_id_provider as provider_code,
    coalesce(provider.current_name, referral.org_id_provider) as provider_name,
    area.area_code,
    area.area_name,
    area.area_level,
    referral.received_on,
    referral.source_of_referral,
    referral.priority_type,
    referral.primary_referral_reason,
    coalesce(referral.primary_referral_reason = '25', false) as is_suspected_autism,
    referral.rejected_on,
    referral.discharged_on,
    referral.closed_on,
    case when not referral.was_seen_before_reports then referral.first_reported_seen_on end as first_seen_on,
    referral.was_seen_before_reports,
    referral.is_history_known,
    -- The first day on which the child no longer waits; the day of receipt where it never did in the reports.
    case
        when referral.was_seen_before_reports then referral.received_on
        else least(referral.closed_on, referral.first_reported_seen_on)
    end as waited_until_on,
    referral.rejected_on is not null as is_rejected,
    referral.n_contacts,
    referral.reported_from_on,
    referral.reported_until_on,
    case patient.gender when '1' then 'Male' when '2' then 'Female' else 'Unknown' end as sex,
    patient.birth_month,
    coalesce(band.age_band, 'Unknown') as age_band,
    coalesce(home.deprivation_decile, 'Unknown') as deprivation_decile
from dated as referral
inner join seed.commissioner_area as area on area.commissioner_code = referral.org_id_commissioner
left join seed.health_service as service on service.service_code = referral.service_code
left join core.organisation as provider
    on provider.subject = referral.org_id_provider
    and provider.subject_kind = 'provider'
    and provider.is_current
left join staging.person_number as number on number.local_id = referral.local_patient_uid
left join patient on patient.local_patient_uid = referral.local_patient_uid
left join core.patient_month as home
    on home.local_patient_uid = referral.local_patient_uid
    and home.month_number = date_part('year', referral.received_on) * 12 + date_part('month', referral.received_on) - 1
-- Born on the first of the month, as far as the lake knows.
left join seed.age_band as band
    on band.age = cast(
        floor(
            (date_part('year', referral.received_on) * 12 + date_part('month', referral.received_on)
            - date_part('year', patient.birth_month) * 12 - date_part('month', patient.birth_month)) / 12.0
        ) as bigint
    )
