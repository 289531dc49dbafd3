/*
description: How deprived the area is in which each patient lived; a row for each patient and month reported
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [local_patient_uid, month_number]
tags: [eput, nelft]
tests:
  - not_null: [deprivation_decile]
*/
with patients as (
    select local_patient_uid, month_number, lsoa from staging.csds_patient_month
    union all
    select local_patient_uid, month_number, lsoa from staging.mhsds_patient_month
)

select
    patient.local_patient_uid,
    patient.month_number,
    -- 1 is the most deprived tenth of England's small areas.
    coalesce(cast(home.imd_decile as varchar), 'Unknown') as deprivation_decile
from patients as patient
left join staging.lsoa_deprivation as home on home.lsoa = patient.lsoa
