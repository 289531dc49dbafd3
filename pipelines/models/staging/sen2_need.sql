/*
description: Types of need, of SEN2 returns; a row for each need of an active plan
owner: SEND data team
grain: [lea, year, sen_need_id]
tags: [council, sen2]
tests:
  - not_null: [active_plan_id, sen_type]
  # Just one primary need for a plan; at most one secondary one, of another type.
  - expression: "n_primary_needs = 1"
    blocking: false
  - expression: "n_secondary_needs <= 1"
    blocking: false
  - expression: "n_same_type = 1"
    blocking: false
*/
select
    need.lea,
    need.year,
    need.sen_need_id,
    need.active_plan_id,
    active.request_id,
    need.sen_type,
    need.sen_type_rank,
    need.sen_type_rank = 1 as is_primary,
    -- DfE counts Down syndrome under other: thirteen codes in, twelve out.
    case when need.sen_type = 'DS' then 'OTH' else need.sen_type end as sen_type_as_published,
    sum(case when need.sen_type_rank = 1 then 1 else 0 end) over (partition by need.lea, need.year, need.active_plan_id) as n_primary_needs,
    sum(case when need.sen_type_rank = 2 then 1 else 0 end) over (partition by need.lea, need.year, need.active_plan_id) as n_secondary_needs,
    count(*) over (partition by need.lea, need.year, need.active_plan_id, need.sen_type) as n_same_type,
    need.spec_version
from council.sen2_sen_need as need
left join council.sen2_active_plan as active
    on active.lea = need.lea and active.year = need.year and active.active_plan_id = need.active_plan_id
