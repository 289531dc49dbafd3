/*
description: Referrals, contacts and caseload of EPUT's monthly contract files, as last sent; a row for each kind, record and, for the caseload, month
owner: Contracts team, Essex Partnership University NHS Foundation Trust
grain: [record_type, record_id, about_month]
tags: [eput]
tests:
  - unique: [record_type, record_id, about_month]
*/
-- The caseload is counted anew each month. A referral or contact that was sent late, or again, is there once, as
-- in the file of the latest month and of those the one made last.
with sent as (
    select
        record_type,
        record_id,
        case when record_type = 'CASELOAD' then report_month else date_trunc('month', coalesce(contact_date, referral_date)) end as about_month,
        report_month,
        extract_date,
        local_patient_uid,
        person_ref,
        birth_month,
        gender,
        team_name,
        service_line,
        commissioner_code,
        referral_id,
        referral_date,
        contact_date,
        ltrim(attendance, '0') as attendance,
        contact_minutes,
        discharge_date,
        is_late_row,
        _row as row_number_sent
    from eput.contract_activity
),

ranked as (
    select
        record_type,
        record_id,
        cast(about_month as date) as about_month,
        report_month,
        local_patient_uid,
        person_ref,
        birth_month,
        gender,
        team_name,
        service_line,
        commissioner_code,
        referral_id,
        referral_date,
        contact_date,
        attendance,
        contact_minutes,
        discharge_date,
        is_late_row,
        row_number() over (
            partition by record_type, record_id, about_month
            order by report_month desc, extract_date desc, row_number_sent desc
        ) as newest
    from sent
)

select
    record_type,
    record_id,
    about_month,
    report_month,
    local_patient_uid,
    person_ref,
    birth_month,
    gender,
    team_name,
    service_line,
    commissioner_code,
    referral_id,
    referral_date as referred_on,
    contact_date as contact_on,
    attendance,
    coalesce(attendance in ('5', '6'), false) as is_attended,
    coalesce(attendance in ('3', '7'), false) as is_dna,
    contact_minutes,
    discharge_date as discharged_on,
    is_late_row
from ranked
where newest = 1
