/*
description: Every person whom a provider of community services reported, as last reported; a row for each person of a provider and system
owner: Community services data team, Essex Partnership University NHS Foundation Trust
grain: [local_patient_uid]
tags: [eput, csds]
tests:
  - unique: [local_patient_uid]
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
        sent.local_patient_uid,
        sent.person_ref,
        sent.person_id,
        sent.nhs_number_status,
        sent.birth_month,
        sent.lsoa,
        sent.gender,
        sent.ethnic_category,
        sent.ethnic_category_2021,
        sent.looked_after_indicator,
        sent.safeguarding_indicator,
        sent.disability_supervision_indicator,
        sent.education_assessment,
        sent.org_id_education_establishment,
        sent.date_of_death as died_on,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        sent.rp_end_date as last_reported_on,
        row_number() over (
            partition by sent.local_patient_uid
            order by sent.rp_end_date desc, sent.effective_from desc nulls last, sent.submission_id desc, sent._row desc
        ) as newest
    from eput.csds_patient as sent
    inner join submissions as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.place = 1
)

select
    local_patient_uid,
    person_ref,
    person_id,
    nhs_number_status,
    birth_month,
    lsoa,
    gender,
    ethnic_category,
    ethnic_category_2021,
    looked_after_indicator,
    safeguarding_indicator,
    disability_supervision_indicator,
    education_assessment,
    org_id_education_establishment,
    died_on,
    org_id_provider,
    submission_id,
    data_set_version,
    last_reported_on
from ranked
where newest = 1
