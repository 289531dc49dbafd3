/*
description: What was done in care contacts, as last reported; a row for each activity of a provider and system
owner: Mental health data team, North East London NHS Foundation Trust
grain: [care_activity_uid]
tags: [nelft, mhsds]
tests:
  - unique: [care_activity_uid]
*/
-- A row of an active submission counts; of the same thing sent in several months the last: by end of the
-- reporting period, then receipt, then submission, then row. Ids are a provider's own: the key has the
-- provider and its system in it.
with active_rows as (
    select
        coalesce(sent.care_activity_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.care_activity_id) as care_activity_uid,
        sent.care_activity_id,
        coalesce(sent.care_contact_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.care_contact_id) as care_contact_uid,
        sent.care_contact_id,
        sent.activity_duration,
        sent.coded_procedure,
        sent.coded_finding,
        sent.coded_observation,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        submission.rp_end_date,
        submission.effective_from,
        sent._row as row_number_sent
    from nelft.mhsds_activity as sent
    inner join staging.mhsds_submission as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.is_active
),

ranked as (
    select
        care_activity_uid,
        care_activity_id,
        care_contact_uid,
        care_contact_id,
        activity_duration,
        coded_procedure,
        coded_finding,
        coded_observation,
        org_id_provider,
        submission_id,
        data_set_version,
        rp_end_date,
        row_number() over (
            partition by care_activity_uid
            order by rp_end_date desc, effective_from desc nulls last, submission_id desc, row_number_sent desc
        ) as place
    from active_rows
)

select
    care_activity_uid,
    care_activity_id,
    care_contact_uid,
    care_contact_id,
    activity_duration,
    coded_procedure,
    coded_finding,
    coded_observation,
    org_id_provider,
    submission_id,
    data_set_version,
    rp_end_date as last_reported_on
from ranked
where place = 1
