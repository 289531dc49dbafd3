/*
description: Contacts booked, children and cost; a row for each month and team
owner: Whoever runs the benchmark
grain: [month_begins_on, team_type]
tags: [bench]
*/
select
    contact.month_begins_on,
    contact.team_type,
    count(*) as n_contacts,
    count(distinct contact.nhs_number) as n_children,
    sum(contact.duration_minutes) as minutes,
    sum(contact.cost_gbp) as cost_gbp
from staging.contact as contact
group by contact.month_begins_on, contact.team_type
