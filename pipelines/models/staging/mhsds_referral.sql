/*
description: Referrals to mental health services, as last reported; a row for each referral of a provider and system
owner: Mental health data team, North East London NHS Foundation Trust
grain: [service_request_uid]
tags: [nelft, mhsds]
tests:
  - unique: [service_request_uid]
  - not_null: [received_on]
  - relationship: {column: local_patient_uid, to: staging.mhsds_patient, field: local_patient_uid}
*/
-- A row of an active submission counts; of the same thing sent in several months the last: by end of the
-- reporting period, then receipt, then submission, then row. Ids are a provider's own: the key has the
-- provider and its system in it.
with active_rows as (
    select
        coalesce(sent.service_request_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.service_request_id) as service_request_uid,
        sent.service_request_id,
        coalesce(sent.local_patient_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.local_patient_id) as local_patient_uid,
        sent.local_patient_id,
        sent.org_id_commissioner,
        sent.received_date,
        sent.received_time,
        sent.source_of_referral,
        sent.org_id_referring,
        sent.priority_type,
        sent.primary_referral_reason,
        sent.discharge_date,
        sent.team_id_local,
        sent.service_agreement_line,
        sent.rejection_date,
        sent.rejection_reason,
        sent.closure_reason,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        submission.rp_end_date,
        submission.effective_from,
        sent._row as row_number_sent
    from nelft.mhsds_referral as sent
    inner join staging.mhsds_submission as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.is_active
),

ranked as (
    select
        service_request_uid,
        service_request_id,
        local_patient_uid,
        local_patient_id,
        org_id_commissioner,
        received_date,
        received_time,
        source_of_referral,
        org_id_referring,
        priority_type,
        primary_referral_reason,
        discharge_date,
        team_id_local,
        service_agreement_line,
        rejection_date,
        rejection_reason,
        closure_reason,
        org_id_provider,
        submission_id,
        data_set_version,
        rp_end_date,
        row_number() over (
            partition by service_request_uid
            order by rp_end_date desc, effective_from desc nulls last, submission_id desc, row_number_sent desc
        ) as place
    from active_rows
)

select
    service_request_uid,
    service_request_id,
    local_patient_uid,
    local_patient_id,
    org_id_commissioner,
    received_date as received_on,
    received_time as received_time,
    source_of_referral,
    org_id_referring,
    priority_type,
    primary_referral_reason,
    discharge_date as discharged_on,
    team_id_local,
    service_agreement_line,
    rejection_date as rejected_on,
    rejection_reason,
    closure_reason,
    rejection_date is not null as is_rejected,
    coalesce(primary_referral_reason = '25', false) as is_suspected_autism,
    org_id_provider,
    submission_id,
    data_set_version,
    rp_end_date as last_reported_on
from ranked
where place = 1
