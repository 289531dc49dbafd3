/*
description: Whether a local authority has a designated medical, clinical and social care officer, a row for each authority and year
owner: SEND data team
grain: [area_code, period]
tags: [council, dfe]
*/
select
    published.new_la_code as area_code,
    published.la_name as area_name,
    'local_authority' as area_level,
    published.time_period as period,
    cast(published.time_period || '-01-01' as date) as period_start,
    cast(published.time_period || '-12-31' as date) as period_end,
    'calendar_year' as period_grain,
    published.des_med_off as has_medical_officer,
    published.des_med_off_status as has_medical_officer_status,
    published.des_clin_off as has_clinical_officer,
    published.des_clin_off_status as has_clinical_officer_status,
    published.des_so_care_off as has_social_care_officer,
    published.des_so_care_off_status as has_social_care_officer_status
from council.dfe_medical_officers as published
