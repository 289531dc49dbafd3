/*
description: Work-based placements beside the active plans of young people aged 16 to 25, a row for each area, academic year and breakdown
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, dfe]
*/
with plans_by_age as (
    select area_code, period, breakdown as age, plans
    from core.ehc_plan_stock
    where breakdown_topic = 'Child or young persons age'
        and breakdown in ('16', '17', '18', '19', '20', '21', '22', '23', '24', '25')
),

-- The ages as work_based_placements.csv names them, and all of them together.
young_people as (
    select
        area_code, period,
        'Young persons age' as breakdown_topic,
        case when age = '25' then '25 or over' else age end as breakdown,
        plans as active_plans
    from plans_by_age
    union all
    select
        area_code, period,
        'Total' as breakdown_topic,
        'Total' as breakdown,
        sum(plans) as active_plans
    from plans_by_age
    group by area_code, period
)

select
    counted.area_code,
    counted.area_name,
    counted.area_level,
    counted.period,
    counted.period_start,
    counted.period_end,
    counted.period_grain,
    counted.breakdown_topic,
    counted.breakdown,
    counted.work_based_placements,
    counted.work_based_placements_status,
    counted.supported_internships,
    counted.supported_internships_status,
    counted.apprenticeships,
    counted.apprenticeships_status,
    counted.traineeships,
    counted.traineeships_status,
    young_people.active_plans,
    case when young_people.active_plans is null then 'unavailable' else 'ok' end as active_plans_status
from staging.dfe_work_based_placements as counted
left join young_people
    on young_people.area_code = counted.area_code
    and young_people.period = counted.period
    and young_people.breakdown_topic = counted.breakdown_topic
    and young_people.breakdown = counted.breakdown
