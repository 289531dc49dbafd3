/*
description: NHS trusts and care trusts, open or closed; a row for each ODS code
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [organisation_code]
materialised: view
tags: [reference]
*/
select organisation_code, organisation_name, nhs_region_code, icb_code, opened_on, closed_on
from reference.ods_trusts
