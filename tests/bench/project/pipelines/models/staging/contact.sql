/*
description: One row for each accepted contact, with the month it fell in and whether the child was seen
owner: Whoever runs the benchmark
grain: [care_contact_id]
tags: [bench]
*/
select
    contacts.care_contact_id,
    contacts.nhs_number,
    contacts.contact_on,
    cast(date_trunc('month', contacts.contact_on) as date) as month_begins_on,
    contacts.provider_code,
    contacts.commissioner_code,
    contacts.team_type,
    contacts.attendance_status,
    contacts.attendance_status in ('5', '6') as is_seen,
    contacts.attendance_status in ('3', '7') as is_missed,
    contacts.consultation_mechanism,
    contacts.duration_minutes,
    contacts.activity_location,
    contacts.cost_gbp,
    contacts.received_at
from eput.contacts as contacts
