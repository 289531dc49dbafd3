/*
description: Children waiting in England as DfE derived them from the SitRep; a row for each month and service line
owner: SEND data team
grain: [data_month, short_name]
materialised: view
tags: [reference, sitrep]
*/
-- DfE leaves out what stands before the colon (`Therapy interventions: `) and capitalises every word.
select
    data_month,
    lower(service_line) as short_name,
    waiting,
    waiting_18_to_52_weeks,
    waiting_over_52_weeks
from reference.sitrep_time_series
