/*
description: From when to when each provider's monthly submissions reach; a row for each provider and data set
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [provider_code, data_set]
tags: [csds, mhsds]
tests:
  - expression: reported_until_on > reported_from_on
*/
-- What happened before is in no submission: a referral that was already open then may have been seen by the
-- child's therapist before, and nobody has told.
with submissions as (
    select 'CSDS' as data_set, org_id_provider, rp_start_date, rp_end_date
    from staging.csds_submission
    where is_active
    union all
    select 'MHSDS' as data_set, org_id_provider, rp_start_date, rp_end_date
    from staging.mhsds_submission
    where is_active
)

select
    org_id_provider as provider_code,
    data_set,
    min(rp_start_date) as reported_from_on,
    max(rp_end_date) as reported_until_on,
    count(*) as n_months
from submissions
group by org_id_provider, data_set
