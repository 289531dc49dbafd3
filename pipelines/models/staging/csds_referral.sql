/*
description: Referrals to community services, as last reported; a row for each referral of a provider and system
owner: Community services data team, Essex Partnership University NHS Foundation Trust
grain: [service_request_uid]
tags: [eput, csds]
tests:
  - unique: [service_request_uid]
  - not_null: [received_on]
  - relationship: {column: local_patient_uid, to: staging.csds_patient, field: local_patient_uid}
*/
-- One submission counts for a provider and month: the one on the board's list of active ones, else a refresh
-- before a primary, else the last. Of the same thing in several months the last counts: by end of the
-- reporting period, then receipt, then submission, then row. Ids are a provider's own, so that provider and
-- system are part of the key.
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
    from eput.csds_header as header
    left join commissioner.csds_active_submission as active
        on active.submission_id = header.submission_id
        and coalesce(active.org_id_provider, header.org_id_provider) = header.org_id_provider
),

ranked as (
    select
        sent.org_id_provider || ':' || submission.primary_system || ':' || sent.service_request_id as service_request_uid,
        sent.service_request_id,
        sent.local_patient_uid,
        sent.org_id_commissioner,
        sent.received_date as received_on,
        sent.received_time as received_time,
        sent.source_of_referral,
        sent.org_id_referring,
        sent.priority_type,
        sent.primary_referral_reason,
        sent.discharge_date as discharged_on,
        sent.service_line_agreement,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        sent.rp_end_date as last_reported_on,
        row_number() over (
            partition by sent.org_id_provider, submission.primary_system, sent.service_request_id
            order by sent.rp_end_date desc, sent.effective_from desc nulls last, sent.submission_id desc, sent._row desc
        ) as newest
    from eput.csds_referral as sent
    inner join submissions as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.place = 1
)

select
    service_request_uid,
    service_request_id,
    local_patient_uid,
    org_id_commissioner,
    received_on,
    received_time,
    source_of_referral,
    org_id_referring,
    priority_type,
    primary_referral_reason,
    discharged_on,
    service_line_agreement,
    org_id_provider,
    submission_id,
    data_set_version,
    last_reported_on
from ranked
where newest = 1
