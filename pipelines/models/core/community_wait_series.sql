/*
description: Children waiting in England as DfE derived them from the SitRep, under the service lines of the workbooks; a row for each month, service line and measure
owner: Performance team, Essex Partnership University NHS Foundation Trust
grain: [data_month, service_line, measure]
tags: [sitrep, reference]
*/
with service_lines as (
    select distinct
        service_line,
        lower(case when strpos(service_line, ': ') > 0 then substr(service_line, strpos(service_line, ': ') + 2) else service_line end) as short_name
    from core.community_wait
    where age_group = 'CYP'
),

measures as (
    select data_month, short_name, 'waiting' as measure, waiting as people
    from staging.sitrep_time_series
    union all
    select data_month, short_name, 'waiting_18_to_52_weeks' as measure, waiting_18_to_52_weeks as people
    from staging.sitrep_time_series
    union all
    select data_month, short_name, 'waiting_over_52_weeks' as measure, waiting_over_52_weeks as people
    from staging.sitrep_time_series
)

select
    measures.data_month,
    coalesce(service_lines.service_line, measures.short_name) as service_line,
    measures.measure,
    measures.people
from measures
left join service_lines on service_lines.short_name = measures.short_name
