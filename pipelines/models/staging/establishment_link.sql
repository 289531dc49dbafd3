/*
description: What an establishment that closed was followed by; a row for each successor of a URN
owner: SEND data team
grain: [urn, successor_urn]
tags: [reference]
*/
select distinct
    urn,
    link_urn as successor_urn,
    link_established_on as succeeded_on
from reference.gias_links
where link_type like 'Successor%'
