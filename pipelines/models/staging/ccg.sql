/*
description: Clinical commissioning groups as of April 2021; a row for each
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [ccg_code]
materialised: view
tags: [commissioner]
*/
select ccg_code, ccg_ons_code, ccg_name
from commissioner.ccg
