/*
description: Active EHC plans on the census date, the denominator of whatever is counted among them; a row for each area, academic year and breakdown
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, dfe]
tests:
  - expression: plans is null or plans >= 0
*/
with plans_by_characteristic as (
    select
        area_code, area_name, area_level, period, period_start, period_end, period_grain,
        breakdown_topic, breakdown, plans, plans_status
    from staging.dfe_caseload
),

-- caseload.csv has placements as columns; the file by primary need has them as rows.
plans_by_placement as (
    select
        area_code, area_name, area_level, period, period_start, period_end, period_grain,
        breakdown_topic, breakdown, plans, plans_status
    from staging.dfe_sen_need_all_plans
    where breakdown_topic = 'Type of placement'
),

-- Other files stop at `20 and over`; caseload.csv has every age to 25.
plans_aged_20_and_over as (
    select
        area_code, area_name, area_level, period, period_start, period_end, period_grain,
        breakdown_topic, '20 and over' as breakdown,
        sum(plans) as plans,
        case when count(plans) = count(*) then 'ok' else 'unavailable' end as plans_status
    from staging.dfe_caseload
    where breakdown_topic = 'Child or young persons age'
        and breakdown in ('20', '21', '22', '23', '24', '25')
    group by
        area_code, area_name, area_level, period, period_start, period_end, period_grain, breakdown_topic
)

select
    area_code, area_name, area_level, period, period_start, period_end, period_grain,
    breakdown_topic, breakdown, plans, plans_status
from plans_by_characteristic
union all
select
    area_code, area_name, area_level, period, period_start, period_end, period_grain,
    breakdown_topic, breakdown, plans, plans_status
from plans_by_placement
union all
select
    area_code, area_name, area_level, period, period_start, period_end, period_grain,
    breakdown_topic, breakdown, plans, plans_status
from plans_aged_20_and_over
