/*
description: Special educational needs of children in need, on protection plans and looked after; a row for each area, academic year and social care group
owner: Children's social care performance, Southend-on-Sea City Council
grain: [area_code, period, breakdown_topic, breakdown]
tags: [commissioner]
tests:
  - not_null: [area_name, period_end]
  - expression: any_sen is null or any_sen <= pupils
*/
-- Groups are those of 31 March, needs those of the school census of the same academic year. A child
-- is in one group only, but the file has no total, and pupils the census does not know are in none.
select
    area_code,
    area_name,
    area_level,
    period,
    counted_on as period_start,
    counted_on as period_end,
    'academic_year' as period_grain,
    'Social care group' as breakdown_topic,
    social_care_group as breakdown,
    pupils,
    pupils_status,
    any_sen,
    any_sen_status,
    sen_support,
    sen_support_status,
    ehc_plan,
    ehc_plan_status,
    any_sen_percent,
    sen_support_percent,
    ehc_plan_percent
from staging.children_in_need_sen
