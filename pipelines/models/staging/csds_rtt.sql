/*
description: Waiting time periods, as last reported; a row for each referral, kind of measurement and start
owner: Community services data team, Essex Partnership University NHS Foundation Trust
grain: [service_request_uid, waiting_time_measurement_type, clock_started_on]
tags: [eput, csds]
*/
-- A row of an active submission counts; of the same thing sent in several months the last: by end of the
-- reporting period, then receipt, then submission, then row. Ids are a provider's own: the key has the
-- provider and its system in it.
with active_rows as (
    select
        coalesce(sent.service_request_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.service_request_id) as service_request_uid,
        sent.service_request_id,
        sent.patient_pathway_id,
        sent.waiting_time_measurement_type,
        sent.rtt_start_date,
        sent.rtt_end_date,
        sent.rtt_status,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        submission.rp_end_date,
        submission.effective_from,
        sent._row as row_number_sent
    from eput.csds_rtt as sent
    inner join staging.csds_submission as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.is_active
),

ranked as (
    select
        service_request_uid,
        service_request_id,
        patient_pathway_id,
        waiting_time_measurement_type,
        rtt_start_date,
        rtt_end_date,
        rtt_status,
        org_id_provider,
        submission_id,
        data_set_version,
        rp_end_date,
        row_number() over (
            partition by service_request_uid, waiting_time_measurement_type, rtt_start_date
            order by rp_end_date desc, effective_from desc nulls last, submission_id desc, row_number_sent desc
        ) as place
    from active_rows
)

select
    service_request_uid,
    service_request_id,
    patient_pathway_id,
    waiting_time_measurement_type,
    rtt_start_date as clock_started_on,
    rtt_end_date as clock_stopped_on,
    rtt_status,
    rtt_end_date is null as is_running,
    org_id_provider,
    submission_id,
    data_set_version,
    rp_end_date as last_reported_on
from ranked
where place = 1
