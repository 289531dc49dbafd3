/*
description: Every MHSDS submission received, and whether it is the one that counts for its provider and month; a row for each submission
owner: Mental health data team, North East London NHS Foundation Trust
grain: [org_id_provider, rp_start_date, submission_id]
tags: [nelft, mhsds]
tests:
  - not_null: [is_active]
*/
-- One submission counts for a provider and month: the one on the board's list of active ones, else a refresh
-- before a primary, else the last.
with submissions as (
    select
        header.submission_id,
        header.org_id_provider,
        header.rp_start_date,
        header.rp_end_date,
        header.file_type,
        header.effective_from,
        header.primary_system,
        header.data_set_version,
        active.submission_id is not null as is_listed,
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
    is_listed,
    place = 1 as is_active
from submissions
