/*
description: Where each patient lived, as the submission that counts for the month says; a row for each patient and month
owner: Community services data team, Essex Partnership University NHS Foundation Trust
grain: [local_patient_uid, month_number]
tags: [eput, csds]
*/
-- One submission counts for a provider and month: the one on the board's list of active ones, else a refresh
-- before a primary, else the last. Months are counted from year 0, as in core.month.
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

patients as (
    select
        sent.local_patient_uid,
        cast(date_part('year', sent.rp_start_date) * 12 + date_part('month', sent.rp_start_date) - 1 as bigint) as month_number,
        sent.lsoa
    from eput.csds_patient as sent
    inner join submissions as submission
        on submission.submission_id = sent.submission_id
        and submission.org_id_provider = sent.org_id_provider
        and submission.rp_start_date = sent.rp_start_date
    where submission.place = 1 and sent.local_patient_uid is not null
)

select
    local_patient_uid,
    month_number,
    max(lsoa) as lsoa
from patients
group by local_patient_uid, month_number
