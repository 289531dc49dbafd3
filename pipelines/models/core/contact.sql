/*
description: Appointments of the area's children with community and mental health services; a row for each contact of a provider and system
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [contact_uid]
tags: [eput, nelft, csds, mhsds]
tests:
  - not_null: [service_name, provider_code, contact_on]
*/
-- Attended is 5 or 6, missed is 3 or 7, cancelled is 2 or 4. Attendance is blank on many contacts for structural
-- reasons: such a contact is none of these.
with contacts as (
    select
        care_contact_uid, service_request_uid, org_id_provider, contact_on, attendance, contact_duration,
        is_attendance_known, is_attended, is_dna, is_cancelled_by_provider, is_proxy, is_child_seen
    from staging.csds_contact
    union all
    select
        care_contact_uid, service_request_uid, org_id_provider, contact_on, attendance, contact_duration,
        is_attendance_known, is_attended, is_dna, is_cancelled_by_provider, is_proxy, is_child_seen
    from staging.mhsds_contact
)

select
    contact.care_contact_uid as contact_uid,
    referral.referral_uid,
    referral.person_key,
    referral.data_set,
    referral.service_code,
    referral.service_name,
    referral.agency,
    referral.provider_code,
    referral.provider_name,
    referral.area_code,
    referral.area_name,
    referral.area_level,
    contact.contact_on,
    contact.contact_duration as n_minutes,
    contact.is_attendance_known,
    contact.is_attended,
    contact.is_dna,
    contact.attendance = '2' as is_cancelled_by_family,
    contact.is_cancelled_by_provider,
    contact.is_proxy,
    contact.is_child_seen,
    referral.sex,
    referral.birth_month,
    -- Born on the first of the month, as far as the lake knows.
    coalesce(band.age_band, 'Unknown') as age_band,
    coalesce(home.deprivation_decile, 'Unknown') as deprivation_decile
from contacts as contact
inner join core.referral as referral on referral.referral_uid = contact.service_request_uid
left join core.patient_month as home
    on home.local_patient_uid = referral.local_patient_uid
    and home.month_number = date_part('year', contact.contact_on) * 12 + date_part('month', contact.contact_on) - 1
left join seed.age_band as band
    on band.age = cast(
        floor((date_part('year', contact.contact_on) * 12 + date_part('month', contact.contact_on) - date_part('year', referral.birth_month) * 12 - date_part('month', referral.birth_month)) / 12.0) as bigint
    )
