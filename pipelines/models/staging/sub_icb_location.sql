/*
description: Sub-ICB locations with their board and NHS England region; a row for each location
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [sub_icb_code]
materialised: view
tags: [commissioner]
*/
select
    sub_icb_code,
    sub_icb_ons_code,
    sub_icb_name,
    icb_code,
    icb_ons_code,
    icb_name,
    -- `NHS Mid and South Essex Integrated Care Board` stands as `Mid and South Essex` in the SitRep.
    replace(replace(icb_name, 'NHS ', ''), ' Integrated Care Board', '') as icb_short_name,
    nhs_region_code,
    nhs_region_ons_code,
    nhs_region_name
from commissioner.subicb_icb_region
