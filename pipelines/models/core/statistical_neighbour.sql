/*
description: The ten authorities most like each authority (DfE), by ONS code; an authority whose code changed has a row for each of its codes
owner: SEND data team
grain: [area_code, neighbour_code]
tags: [reference]
tests:
  - not_null: [neighbour_rank]
  - expression: neighbour_rank between 1 and 10
  - relationship: {column: area_code, to: core.area, field: area_code}
  - relationship: {column: neighbour_code, to: core.area, field: area_code}
  - expression: area_code <> neighbour_code
*/
-- DfE's list has names. Some are not those that ONS and DfE statistics print (seed.area_alias). A
-- name can have had two codes (Buckinghamshire, Dorset, North Yorkshire, Somerset): each is a row,
-- and as only one is in use in any year, figures of that year find one neighbour for each rank.
with named as (
    select area_code, lower(area_name) as name_key
    from core.area
    where area_level = 'local_authority'
    union all
    select area.area_code, lower(area_alias.alias) as name_key
    from seed.area_alias
    inner join core.area on lower(area.area_name) = lower(area_alias.area_name) and area.area_level = 'local_authority'
)

select
    area.area_code,
    neighbour.area_code as neighbour_code,
    listed.neighbour_rank
from staging.statistical_neighbour as listed
inner join named as area on area.name_key = lower(listed.area_name)
inner join named as neighbour on neighbour.name_key = lower(listed.neighbour_name)
