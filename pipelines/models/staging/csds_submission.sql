/*
description: Every CSDS submission received, and whether it is the one that counts for its provider and month; a row for each submission
owner: Community services data team, Essex Partnership University NHS Foundation Trust
grain: [org_id_provider, rp_start_date, submission_id]
tags: [eput, csds]
tests:
  - not_null: [is_active]
*/
-- The board's list of active submissions decides where it says anything about a provider and month; else the
-- last submission does, a refresh before a primary.
with listed as (
    select
        header.submission_id,
        header.org_id_provider,
        header.rp_start_date,
        header.rp_end_date,
        header.file_type,
        header.effective_from,
        header.primary_system,
        header.data_set_version,
        active.submission_id is not null as is_listed
    from eput.csds_header as header
    left join commissioner.csds_active_submission as active
        on active.submission_id = header.submission_id
        and coalesce(active.org_id_provider, header.org_id_provider) = header.org_id_provider
),

ranked as (
    select
        submission_id,
        org_id_provider,
        rp_start_date,
        rp_end_date,
        file_type,
        effective_from,
        primary_system,
        data_set_version,
        is_listed,
        max(case when is_listed then 1 else 0 end) over (partition by org_id_provider, rp_start_date) = 1 as has_list,
        row_number() over (
            partition by org_id_provider, rp_start_date
            order by case when file_type = 'refresh' then 1 else 0 end desc, effective_from desc nulls last, submission_id desc
        ) as place
    from listed
)

select
    submission_id,
    org_id_provider,
    rp_start_date,
    rp_end_date,
    file_type,
    effective_from,
    primary_system,
    data_set_version,
    case when has_list then is_listed else place = 1 end as is_active
from ranked
