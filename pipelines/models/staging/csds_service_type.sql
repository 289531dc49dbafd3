/*
description: Services that referrals were made to, as last reported; a row for each referral and team
owner: Community services data team, Essex Partnership University NHS Foundation Trust
grain: [service_request_uid, team_type, team_id_local]
tags: [eput, csds]
tests:
  - not_null: [team_type]
*/
-- A row of an active submission counts; of the same thing sent in several months the last: by end of the
-- reporting period, then receipt, then submission, then row. Ids are a provider's own: the key has the
-- provider and its system in it.
with active_rows as (
    select
        coalesce(sent.service_request_uid, sent.org_id_provider || ':' || submission.primary_system || ':' || sent.service_request_id) as service_request_uid,
        sent.service_request_id,
        sent.team_type,
        sent.team_id_local,
        sent.closure_date,
        sent.closure_reason,
        sent.rejection_date,
        sent.rejection_reason,
        sent.org_id_provider,
        sent.submission_id,
        submission.data_set_version,
        submission.rp_end_date,
        submission.effective_from,
        sent._row as row_number_sent
    from eput.csds_service_type as sent
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
        team_type,
        team_id_local,
        closure_date,
        closure_reason,
        rejection_date,
        rejection_reason,
        org_id_provider,
        submission_id,
        data_set_version,
        rp_end_date,
        row_number() over (
            partition by service_request_uid, team_type, team_id_local
            order by rp_end_date desc, effective_from desc nulls last, submission_id desc, row_number_sent desc
        ) as place
    from active_rows
)

select
    service_request_uid,
    service_request_id,
    team_type,
    team_id_local,
    closure_date as closed_on,
    closure_reason,
    rejection_date as rejected_on,
    rejection_reason,
    rejection_date is not null as is_rejected,
    org_id_provider,
    submission_id,
    data_set_version,
    rp_end_date as last_reported_on
from ranked
where place = 1
