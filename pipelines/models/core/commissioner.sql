/*
description: Every NHS commissioner, a row for each code and kind with the dates it was in force; a code can live on as another kind of body
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [commissioner_code, commissioner_kind]
tags: [commissioner, reference]
tests:
  - not_null: [commissioner_name, ons_code]
  - accepted_values: {column: commissioner_kind, values: [ccg, sub_icb_location, icb]}
  - expression: valid_to is null or valid_from is null or valid_from <= valid_to
*/
-- The Health and Care Act 2022 abolished clinical commissioning groups at the end of 30 June 2022.
-- Their codes live on for the sub-ICB locations that took their place (99G: NHS Southend CCG, now
-- a location of Mid and South Essex ICB). When a CCG began is not in the lists.
with ccgs as (
    select
        ccg.ccg_code as commissioner_code,
        'ccg' as commissioner_kind,
        ccg.ccg_name as commissioner_name,
        ccg.ccg_ons_code as ons_code,
        cast(null as date) as valid_from,
        date '2022-06-30' as valid_to,
        health_system.system_code as parent_code,
        health_system.system_name as parent_name,
        successor.sub_icb_code as successor_code,
        successor.icb_code as successor_parent_code,
        successor.nhs_region_code
    from staging.ccg
    left join staging.ccg_system as health_system on health_system.ccg_code = ccg.ccg_code
    left join staging.sub_icb_location as successor on successor.sub_icb_code = ccg.ccg_code
),

sub_icb_locations as (
    select
        sub_icb_code as commissioner_code,
        'sub_icb_location' as commissioner_kind,
        sub_icb_name as commissioner_name,
        sub_icb_ons_code as ons_code,
        date '2022-07-01' as valid_from,
        cast(null as date) as valid_to,
        icb_code as parent_code,
        icb_name as parent_name,
        cast(null as varchar) as successor_code,
        cast(null as varchar) as successor_parent_code,
        nhs_region_code
    from staging.sub_icb_location
),

integrated_care_boards as (
    select distinct
        icb_code as commissioner_code,
        'icb' as commissioner_kind,
        icb_name as commissioner_name,
        icb_ons_code as ons_code,
        date '2022-07-01' as valid_from,
        cast(null as date) as valid_to,
        nhs_region_code as parent_code,
        nhs_region_name as parent_name,
        cast(null as varchar) as successor_code,
        cast(null as varchar) as successor_parent_code,
        nhs_region_code
    from staging.sub_icb_location
)

select
    commissioner_code, commissioner_kind, commissioner_name, ons_code, valid_from, valid_to, parent_code, parent_name,
    successor_code, successor_parent_code, nhs_region_code
from ccgs
union all
select
    commissioner_code, commissioner_kind, commissioner_name, ons_code, valid_from, valid_to, parent_code, parent_name,
    successor_code, successor_parent_code, nhs_region_code
from sub_icb_locations
union all
select
    commissioner_code, commissioner_kind, commissioner_name, ons_code, valid_from, valid_to, parent_code, parent_name,
    successor_code, successor_parent_code, nhs_region_code
from integrated_care_boards
