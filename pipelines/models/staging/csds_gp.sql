/*
description: Registrations with a general practice, as last reported; a row for each person, practice and start
owner: Community services data team, Essex Partnership University NHS Foundation Trust
grain: [local_patient_uid, org_id_gp, registered_on]
tags: [eput, csds]
*/
-- A row of an active submission counts; of the same thing sent in several months the last: by end of the
-- reporting period, then receipt, then submission, then row. Ids are a provider's own: the key has the
-- provider and its system in it.
with active_rows as (
    select
        coalesce(sent.local_patient_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.local_patient_id) as local_patient_uid,
        sent.local_patient_id,
        sent.org_id_gp,
        sent.gp_registration_start_date,
        sent.gp_registration_end_date,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        submission.rp_end_date,
        submission.effective_from,
        sent._row as row_number_sent
    from eput.csds_gp as sent
    inner join staging.csds_submission as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.is_active
),

ranked as (
    select
        local_patient_uid,
        local_patient_id,
        org_id_gp,
        gp_registration_start_date,
        gp_registration_end_date,
        org_id_provider,
        submission_id,
        data_set_version,
        rp_end_date,
        row_number() over (
            partition by local_patient_uid, org_id_gp, gp_registration_start_date
            order by rp_end_date desc, effective_from desc nulls last, submission_id desc, row_number_sent desc
        ) as place
    from active_rows
)

select
    local_patient_uid,
    local_patient_id,
    org_id_gp,
    gp_registration_start_date as registered_on,
    gp_registration_end_date as left_on,
    org_id_provider,
    submission_id,
    data_set_version,
    rp_end_date as last_reported_on
from ranked
where place = 1
