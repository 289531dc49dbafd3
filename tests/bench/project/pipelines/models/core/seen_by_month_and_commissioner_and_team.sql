/*
description: Contacts at which the child was seen, children and cost; a row for each month and commissioner, team
owner: Whoever runs the benchmark
grain: [month_begins_on, commissioner_code, team_type]
tags: [bench]
*/
select
    contact.month_begins_on,
    contact.commissioner_code,
    contact.team_type,
    count(*) as n_contacts,
    count(distinct contact.nhs_number) as n_children,
    sum(contact.duration_minutes) as minutes,
    sum(contact.cost_gbp) as cost_gbp
from staging.contact as contact
where contact.is_seen
group by contact.month_begins_on, contact.commissioner_code, contact.team_type
