/*
description: Requests by area and month, ready to be divided
owner: SEND data team
grain: [area_code, period]
tests:
  - row_count: {min: 1}
*/
select
    area_code,
    area_code as area_name,
    'local_authority' as area_level,
    to_char(month, '%Y-%m') as period,
    month as period_start,
    cast(month + interval '1 month' - interval '1 day' as date) as period_end,
    'month' as period_grain,
    'Total' as breakdown_topic,
    'Total' as breakdown,
    received,
    received_status,
    refused,
    refused_status
from staging.request
