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
-- A row of an active submission counts; of the same thing sent in several months the last: by end of the
-- reporting period, then receipt, then submission, then row. Ids are a provider's own: the key has the
-- provider and its system in it.
-- A contact with a parent or carer in the child's place does not count as the child seen.
with active_rows as (
    select
        coalesce(sent.care_contact_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.care_contact_id) as care_contact_uid,
        sent.care_contact_id,
        coalesce(sent.service_request_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.service_request_id) as service_request_uid,
        sent.service_request_id,
        sent.team_id_local,
        sent.contact_date,
        sent.org_id_commissioner,
        sent.contact_duration,
        sent.contact_subject,
        sent.consultation_mechanism,
        sent.location_type,
        sent.attendance,
        sent.cancellation_date,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        submission.rp_end_date,
        submission.effective_from,
        sent._row as row_number_sent
    from nelft.mhsds_contact as sent
    inner join staging.mhsds_submission as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.is_active
),

ranked as (
    select
        care_contact_uid,
        care_contact_id,
        service_request_uid,
        service_request_id,
        team_id_local,
        contact_date,
        org_id_commissioner,
        contact_duration,
        contact_subject,
        consultation_mechanism,
        location_type,
        attendance,
        cancellation_date,
        org_id_provider,
        submission_id,
        data_set_version,
        rp_end_date,
        row_number() over (
            partition by care_contact_uid
            order by rp_end_date desc, effective_from desc nulls last, submission_id desc, row_number_sent desc
        ) as place
    from active_rows
)

select
    care_contact_uid,
    care_contact_id,
    service_request_uid,
    service_request_id,
    team_id_local,
    contact_date as contact_on,
    org_id_commissioner,
    contact_duration,
    contact_subject,
    consultation_mechanism,
    location_type,
    attendance,
    cancellation_date as cancelled_on,
    attendance is not null as is_attendance_known,
    coalesce(attendance in ('5', '6'), false) as is_attended,
    coalesce(attendance in ('3', '7'), false) as is_dna,
    coalesce(attendance = '4', false) as is_cancelled_by_provider,
    coalesce(contact_subject = '02', false) as is_proxy,
    coalesce(attendance in ('5', '6'), false) and coalesce(contact_subject <> '02', true) as is_child_seen,
    org_id_provider,
    submission_id,
    data_set_version,
    rp_end_date as last_reported_on
from ranked
where place = 1
