/*
description: Dedicated Schools Grant by authority, region and other sums, as printed; a row for each name and financial year
owner: Finance, Southend-on-Sea City Council
grain: [la_code, period]
materialised: view
tags: [commissioner]
*/
select
    la_code,
    time_period as period,
    -- The calendar year in which the financial year begins.
    cast(substr(time_period, 1, 4) as int) as year,
    dsg_allocation_gbp as allocation_gbp
from commissioner.dsg_allocation
