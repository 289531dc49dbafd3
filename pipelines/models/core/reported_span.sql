/*
description: From when to when each provider's monthly submissions reach; a row for each provider, data set and unbroken run of months
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [provider_code, data_set, reported_from_on]
tags: [csds, mhsds]
tests:
  - expression: reported_until_on > reported_from_on
*/
-- What happened before is in no submission: a referral that was already open then may have been seen by the
-- child's therapist before, and nobody has told. A month that was not sent ends a run: nobody has told of it either.
with submissions as (
    select 'CSDS' as data_set, org_id_provider, rp_start_date, rp_end_date
    from staging.csds_submission
    where is_active
    union all
    select 'MHSDS' as data_set, org_id_provider, rp_start_date, rp_end_date
    from staging.mhsds_submission
    where is_active
),

begun as (
    select
        data_set,
        org_id_provider,
        rp_start_date,
        rp_end_date,
        coalesce(
            rp_start_date > max(rp_end_date) over earlier + interval '1 day',
            true
        ) as is_first_of_run
    from submissions
    window earlier as (
        partition by data_set, org_id_provider
        order by rp_start_date
        rows between unbounded preceding and 1 preceding
    )
),

runs as (
    select
        data_set,
        org_id_provider,
        rp_start_date,
        rp_end_date,
        count(*) filter (where is_first_of_run) over (
            partition by data_set, org_id_provider
            order by rp_start_date
            rows between unbounded preceding and current row
        ) as run
    from begun
)

select
    org_id_provider as provider_code,
    data_set,
    min(rp_start_date) as reported_from_on,
    max(rp_end_date) as reported_until_on,
    count(*) as n_months
from runs
group by org_id_provider, data_set, run
