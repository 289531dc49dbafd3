/*
description: Every person whom a provider of mental health services reported, as last reported; a row for each person of a provider and system
owner: Mental health data team, North East London NHS Foundation Trust
grain: [local_patient_uid]
tags: [nelft, mhsds]
tests:
  - unique: [local_patient_uid]
*/
-- A row of an active submission counts; of the same thing sent in several months the last: by end of the
-- reporting period, then receipt, then submission, then row. Ids are a provider's own: the key has the
-- provider and its system in it.
with active_rows as (
    select
        coalesce(sent.local_patient_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.local_patient_id) as local_patient_uid,
        sent.local_patient_id,
        sent.person_id,
        sent.nhs_number,
        sent.nhs_number_status,
        sent.date_of_birth,
        sent.postcode,
        sent.gender,
        sent.ethnic_category,
        sent.org_id_education_establishment,
        sent.date_of_death,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        submission.rp_end_date,
        submission.effective_from,
        sent._row as row_number_sent
    from nelft.mhsds_patient as sent
    inner join staging.mhsds_submission as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.is_active
),

ranked as (
    select
        local_patient_uid,
        local_patient_id,
        person_id,
        nhs_number,
        nhs_number_status,
        date_of_birth,
        postcode,
        gender,
        ethnic_category,
        org_id_education_establishment,
        date_of_death,
        org_id_provider,
        submission_id,
        data_set_version,
        rp_end_date,
        row_number() over (
            partition by local_patient_uid
            order by rp_end_date desc, effective_from desc nulls last, submission_id desc, row_number_sent desc
        ) as place
    from active_rows
)

select
    local_patient_uid,
    local_patient_id,
    person_id,
    nhs_number,
    nhs_number_status,
    date_of_birth,
    postcode,
    gender,
    ethnic_category,
    org_id_education_establishment,
    date_of_death as died_on,
    org_id_provider,
    submission_id,
    data_set_version,
    rp_end_date as last_reported_on
from ranked
where place = 1
