/*
description: Requests as the council sends them, names put right
owner: SEND data team
grain: [area_code, month]
materialised: view
*/
select
    area_code,
    month,
    received,
    received_status,
    refused,
    refused_status
from council.requests
