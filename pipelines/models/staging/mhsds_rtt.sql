/*
description: Waiting time periods, as last reported; a row for each referral, kind of measurement and start
owner: Mental health data team, North East London NHS Foundation Trust
grain: [service_request_uid, waiting_time_measurement_type, clock_started_on]
tags: [nelft, mhsds]
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
    from nelft.mhsds_header as header
    left join commissioner.mhsds_active_submission as active
        on active.submission_id = header.submission_id
        and coalesce(active.org_id_provider, header.org_id_provider) = header.org_id_provider
),

ranked as (
    select
        sent.org_id_provider || ':' || submission.primary_system || ':' || sent.service_request_id as service_request_uid,
        sent.service_request_id,
        sent.patient_pathway_id,
        sent.waiting_time_measurement_type,
        sent.rtt_start_date as clock_started_on,
        sent.rtt_end_date as clock_stopped_on,
        sent.rtt_status,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        sent.rp_end_date as last_reported_on,
        row_number() over (
            partition by sent.org_id_provider, submission.primary_system, sent.service_request_id, sent.waiting_time_measurement_type, sent.rtt_start_date
            order by sent.rp_end_date desc, sent.effective_from desc nulls last, sent.submission_id desc, sent._row desc
        ) as newest
    from nelft.mhsds_rtt as sent
    inner join submissions as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.place = 1
)

select
    service_request_uid,
    service_request_id,
    patient_pathway_id,
    waiting_time_measurement_type,
    clock_started_on,
    clock_stopped_on,
    rtt_status,
    clock_stopped_on is null as is_running,
    org_id_provider,
    submission_id,
    data_set_version,
    last_reported_on
from ranked
where newest = 1
