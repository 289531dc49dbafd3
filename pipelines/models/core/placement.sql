/*
description: >-
  Where children with a plan are, and where their plans say they are to be, with the kind of establishment that it
  was on the day; a row for each placement of a return, attended or named
owner: SEND data team
grain: [lea, year, kind, detail_id]
tags: [council, sen2, reference]
tests:
  - not_null: [person_key, placement_group]
  - accepted_values: {column: kind, values: [attended, named]}
  - accepted_values: {column: placement_group, values: [mainstream, special, alternative_provision, further_education, elsewhere, early_years, unknown]}
*/
-- A return has no type where there is a URN: what sort of place it is, is looked up in Get Information about
-- Schools (GIAS) as at the day that the return speaks of. A school that had closed by then, most often because it
-- became an academy, is followed to its successor.
with attended as (
    select
        placement.lea, placement.year, placement.request_id, 'attended' as kind, placement.placement_detail_id as detail_id,
        placement.urn, placement.ukprn, placement.sen_setting, placement.placement_rank,
        placement.is_in_sen_unit, placement.is_in_resourced_provision,
        placement.entered_on, placement.left_on, placement.residential, placement.work_based_placement, placement.is_open_at_census
    from staging.sen2_placement as placement
),

named as (
    select
        placement.lea, placement.year, placement.request_id, 'named' as kind, placement.plan_detail_id as detail_id,
        placement.urn, placement.ukprn, placement.sen_setting, placement.placement_rank,
        placement.is_in_sen_unit, placement.is_in_resourced_provision,
        cast(null as date) as entered_on, cast(null as date) as left_on,
        plan.plan_res as residential, plan.plan_wbp as work_based_placement, false as is_open_at_census
    from staging.sen2_named_placement as placement
    left join staging.sen2_plan as plan
        on plan.lea = placement.lea and plan.year = placement.year and plan.named_plan_id = placement.named_plan_id
),

placed as (
    select
        lea, year, request_id, kind, detail_id, urn, ukprn, sen_setting, placement_rank, is_in_sen_unit, is_in_resourced_provision,
        entered_on, left_on, residential, work_based_placement, is_open_at_census
    from attended
    union all
    select
        lea, year, request_id, kind, detail_id, urn, ukprn, sen_setting, placement_rank, is_in_sen_unit, is_in_resourced_provision,
        entered_on, left_on, residential, work_based_placement, is_open_at_census
    from named
),

-- A provider number stands for one establishment, the open one of several.
providers as (
    select ukprn, first_value(urn order by closed_on is not null, urn) as urn
    from staging.establishment
    where ukprn is not null
    group by ukprn
),

-- Of several successors the first; then by number.
successors as (
    select
        establishment.urn,
        establishment.closed_on,
        first_value(link.successor_urn order by link.succeeded_on, link.successor_urn) as successor_urn
    from staging.establishment
    inner join staging.establishment_link as link on link.urn = establishment.urn
    where establishment.closed_on is not null
    group by establishment.urn, establishment.closed_on
),

seen as (
    select
        returned.person_key,
        returned.received_on,
        placed.lea,
        placed.year,
        placed.request_id,
        placed.kind,
        placed.detail_id,
        coalesce(placed.urn, providers.urn) as urn,
        placed.ukprn,
        placed.sen_setting,
        placed.placement_rank,
        placed.is_in_sen_unit,
        placed.is_in_resourced_provision,
        placed.entered_on,
        placed.left_on,
        placed.residential,
        placed.work_based_placement,
        placed.is_open_at_census,
        least(returned.reference_date, coalesce(placed.left_on, returned.reference_date)) as seen_on
    from placed
    inner join core.ehc_return_case as returned
        on returned.lea = placed.lea and returned.year = placed.year and returned.request_id = placed.request_id
    left join providers on providers.ukprn = placed.ukprn
),

-- Two steps: a school may become an academy, and that join another.
followed_once as (
    select
        seen.person_key, seen.received_on, seen.lea, seen.year, seen.request_id, seen.kind, seen.detail_id, seen.urn, seen.ukprn,
        seen.sen_setting, seen.placement_rank, seen.is_in_sen_unit, seen.is_in_resourced_provision,
        seen.entered_on, seen.left_on, seen.residential, seen.work_based_placement, seen.is_open_at_census, seen.seen_on,
        coalesce(successors.successor_urn, seen.urn) as later_urn
    from seen
    left join successors on successors.urn = seen.urn and successors.closed_on <= seen.seen_on
),

followed as (
    select
        once.person_key, once.received_on, once.lea, once.year, once.request_id, once.kind, once.detail_id, once.urn, once.ukprn,
        once.sen_setting, once.placement_rank, once.is_in_sen_unit, once.is_in_resourced_provision,
        once.entered_on, once.left_on, once.residential, once.work_based_placement, once.is_open_at_census, once.seen_on,
        coalesce(successors.successor_urn, once.later_urn) as urn_on_the_day
    from followed_once as once
    left join successors on successors.urn = once.later_urn and successors.closed_on <= once.seen_on
)

select
    followed.lea,
    followed.year,
    followed.kind,
    followed.detail_id,
    followed.person_key,
    followed.received_on,
    followed.request_id,
    followed.urn,
    followed.ukprn,
    followed.urn_on_the_day,
    establishment.establishment_name,
    establishment.establishment_type,
    followed.sen_setting,
    followed.placement_rank,
    followed.is_in_sen_unit,
    followed.is_in_resourced_provision,
    followed.entered_on,
    followed.left_on,
    followed.seen_on,
    followed.residential,
    followed.work_based_placement,
    followed.is_open_at_census,
    -- Words of E22. A provider that GIAS does not know is one of the register of learning providers, which DfE
    -- counts with further education (ukrlp_provider).
    case
        when establishment.urn is not null then coalesce(placement_group.placement_group, 'unknown')
        when followed.sen_setting = 'EYP' then 'early_years'
        when followed.sen_setting is not null then 'elsewhere'
        when followed.urn is null and followed.ukprn is not null then 'further_education'
        else 'unknown'
    end as placement_group,
    coalesce(placement_group.is_independent_special, false) as is_independent_special,
    -- The newest return that has this stay of the child at this place.
    row_number() over (
        partition by followed.person_key, followed.received_on, followed.kind, followed.urn, followed.ukprn, followed.sen_setting,
            followed.placement_rank, followed.entered_on
        order by followed.year desc, followed.detail_id
    ) = 1 as is_newest
from followed
left join staging.establishment on establishment.urn = followed.urn_on_the_day
left join seed.placement_group on placement_group.establishment_type_code = establishment.establishment_type_code
