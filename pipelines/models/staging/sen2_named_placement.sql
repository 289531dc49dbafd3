/*
description: Placements that plans name, of SEN2 returns; a row for each placement named
owner: SEND data team
grain: [lea, year, plan_detail_id]
tags: [council, sen2]
tests:
  - not_null: [named_plan_id]
  - expression: "n_main_placements = 1"
    blocking: false
*/
select
    detail.lea,
    detail.year,
    detail.plan_detail_id,
    detail.named_plan_id,
    assessment.request_id,
    detail.urn,
    detail.ukprn,
    detail.sen_setting,
    detail.placement_rank,
    detail.sen_unit_indicator as is_in_sen_unit,
    detail.resourced_provision_indicator as is_in_resourced_provision,
    sum(case when detail.placement_rank = 1 then 1 else 0 end) over (partition by detail.lea, detail.year, detail.named_plan_id) as n_main_placements,
    detail.spec_version
from council.sen2_plan_detail as detail
left join council.sen2_named_plan as plan
    on plan.lea = detail.lea and plan.year = detail.year and plan.named_plan_id = detail.named_plan_id
left join council.sen2_assessment as assessment
    on assessment.lea = plan.lea and assessment.year = plan.year and assessment.assessment_id = plan.assessment_id
