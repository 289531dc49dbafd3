/*
description: Appeals to the SEND tribunal and the decisions they could be made about, a row for each area and calendar year
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, moj]
tests:
  - accepted_values: {column: area_level, values: [country, local_authority]}
*/
-- The table names authorities by DfE's three-digit number; core.area knows their ONS codes. Bournemouth
-- and Poole, which became one in 2019, have no number in the table; they stay in staging only.
with numbered_area as (
    -- A county that became a unitary authority keeps its number under a new ONS code: take the newer.
    select
        old_la_code, area_code, area_name,
        row_number() over (partition by old_la_code order by last_year desc, area_code asc) as place
    from core.area
    where area_level = 'local_authority'
),

area_of_line as (
    select
        appeals.line_name,
        appeals.period,
        case when appeals.area_level = 'country' then 'E92000001' else numbered_area.area_code end as area_code,
        case when appeals.area_level = 'country' then 'England' else numbered_area.area_name end as area_name
    from staging.moj_tribunal_appeals as appeals
    left join numbered_area
        on numbered_area.old_la_code = appeals.old_la_code
        and numbered_area.place = 1
    where not appeals.is_partial_total
)

select
    area_of_line.area_code,
    area_of_line.area_name,
    appeals.area_level,
    appeals.period,
    appeals.period_start,
    appeals.period_end,
    appeals.period_grain,
    'Total' as breakdown_topic,
    'Total' as breakdown,
    appeals.appeals_registered,
    -- A printed dash is a real nought.
    case when appeals.appeals_registered_status = 'zero' then 'ok' else appeals.appeals_registered_status end as appeals_registered_status,
    appeals.appealable_decisions,
    appeals.appealable_decisions_status,
    appeals.in_development_decisions,
    appeals.in_development_decisions_status,
    appeals.appeal_rate_pc,
    appeals.in_development_rate_pc
from staging.moj_tribunal_appeals as appeals
inner join area_of_line
    on area_of_line.line_name = appeals.line_name
    and area_of_line.period = appeals.period
where area_of_line.area_code is not null
