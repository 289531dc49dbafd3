/*
description: Placements attended, of SEN2 returns; a row for each placement of an active plan
owner: SEND data team
grain: [lea, year, placement_detail_id]
tags: [council, sen2]
tests:
  - not_null: [active_plan_id]
  # Ranks at the census: one main placement, a second only beside it.
  - expression: "not is_open_at_census or n_main_placements = 1"
    blocking: false
  - expression: "not is_open_at_census or n_second_placements <= 1"
    blocking: false
*/
with placements as (
    select
        placement.lea,
        placement.year,
        placement.placement_detail_id,
        placement.active_plan_id,
        active.request_id,
        placement.urn,
        placement.ukprn,
        placement.sen_setting,
        placement.placement_rank,
        placement.entry_date as entered_on,
        placement.leaving_date as left_on,
        placement.sen_unit_indicator as is_in_sen_unit,
        placement.resourced_provision_indicator as is_in_resourced_provision,
        -- Version 1.1 said both of the plan as a whole.
        coalesce(placement.res, active.res) as residential,
        coalesce(placement.wbp, active.wbp) as work_based_placement,
        placement.attendance_pattern,
        -- A child that moves on the day is at the new place.
        placement.entry_date <= placement.reference_date
        and (placement.leaving_date is null or placement.leaving_date > placement.reference_date) as is_open_at_census,
        placement.reference_date,
        placement.spec_version
    from council.sen2_placement_detail as placement
    left join council.sen2_active_plan as active
        on active.lea = placement.lea and active.year = placement.year and active.active_plan_id = placement.active_plan_id
)

select
    lea,
    year,
    placement_detail_id,
    active_plan_id,
    request_id,
    urn,
    ukprn,
    sen_setting,
    placement_rank,
    entered_on,
    left_on,
    is_in_sen_unit,
    is_in_resourced_provision,
    residential,
    work_based_placement,
    attendance_pattern,
    coalesce(is_open_at_census, false) as is_open_at_census,
    sum(case when is_open_at_census and placement_rank = 1 then 1 else 0 end) over (partition by lea, year, active_plan_id) as n_main_placements,
    sum(case when is_open_at_census and placement_rank = 2 then 1 else 0 end) over (partition by lea, year, active_plan_id) as n_second_placements,
    reference_date,
    spec_version
from placements
