/*
description: Care contacts of mental health services, as last reported; a row for each contact of a provider and system
owner: Mental health data team, North East London NHS Foundation Trust
grain: [care_contact_uid]
tags: [nelft, mhsds]
tests:
  - unique: [care_contact_uid]
  - not_null: [contact_on]
  - relationship: {column: service_request_uid, to: staging.mhsds_referral, field: service_request_uid}
*/
-- One submission counts for a provider and month: the one on the board's list of active ones, else a refresh
-- before a primary, else the last. Of the same thing in several months the last counts: by end of the
-- reporting period, then receipt, then submission, then row. Ids are a provider's own, so that provider and
-- system are part of the key.
-- A contact with a parent or carer in the child's place does not count as the child seen.
with submissions as (
    select
        header.submission_id,
        header.org_id_provider,
        header.rp_start_date,
        header.primary_system,
        header.data_set_version,
        row_number() over (
            partition by header.org_id_provider, header.rp_start_date
            order by
                active.submission_id is not null desc,
                header.file_type = 'refresh' desc,
                header.effective_from desc nulls last,
                header.submission_id desc
        ) as place
    from nelft.mhsds_header as header
    left join commissioner.mhsds_active_submission as active
        on active.submission_id = header.submission_id
        and coalesce(active.org_id_provider, header.org_id_provider) = header.org_id_provider
),

ranked as (
    select
        sent.org_id_provider || ':' || submission.primary_system || ':' || sent.care_contact_id as care_contact_uid,
        sent.care_contact_id,
        sent.org_id_provider || ':' || submission.primary_system || ':' || sent.service_request_id as service_request_uid,
        sent.service_request_id,
        sent.team_id_local,
        sent.contact_date as contact_on,
        sent.org_id_commissioner,
        sent.contact_duration,
        sent.consultation_type,
        sent.contact_subject,
        sent.consultation_mechanism,
        sent.location_type,
        sent.attendance,
        sent.cancellation_date as cancelled_on,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        sent.rp_end_date as last_reported_on,
        row_number() over (
            partition by sent.org_id_provider, submission.primary_system, sent.care_contact_id
            order by sent.rp_end_date desc, sent.effective_from desc nulls last, sent.submission_id desc, sent._row desc
        ) as newest
    from nelft.mhsds_contact as sent
    inner join submissions as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.place = 1
)

select
    care_contact_uid,
    care_contact_id,
    service_request_uid,
    service_request_id,
    team_id_local,
    contact_on,
    org_id_commissioner,
    contact_duration,
    consultation_type,
    contact_subject,
    consultation_mechanism,
    location_type,
    attendance,
    cancelled_on,
    attendance is not null as is_attendance_known,
    coalesce(attendance in ('5', '6'), false) as is_attended,
    coalesce(attendance in ('3', '7'), false) as is_dna,
    coalesce(attendance = '4', false) as is_cancelled_by_provider,
    coalesce(contact_subject = '02', false) as is_proxy,
    coalesce(attendance in ('5', '6'), false) and coalesce(contact_subject <> '02', true) as is_child_seen,
    org_id_provider,
    submission_id,
    data_set_version,
    last_reported_on
from ranked
where newest = 1
