/*
description: The health system each clinical commissioning group belonged to; a row for each group
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [ccg_code]
materialised: view
tags: [commissioner]
*/
select ccg_code, system_code, system_name
from commissioner.ccg_to_cancer_alliance
