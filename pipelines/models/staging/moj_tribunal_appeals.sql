/*
description: Appeals to the SEND tribunal, a row for each line of the Ministry of Justice's table and calendar year
owner: SEND data team
grain: [line_name, period]
tags: [council, moj]
tests:
  - accepted_values: {column: area_level, values: [country, local_authority]}
*/
select
    -- Footnote numbers stand at the end of names: 'England Total4,9'.
    regexp_replace(published.local_authority, '[0-9,]+$', '') as line_name,
    published.la_code as old_la_code,
    case when published.local_authority like 'England%' then 'country' else 'local_authority' end as area_level,
    -- 2024 has a second line for England, without the authorities whose counts are withheld.
    published.local_authority like '%excluding suppressed%' as is_partial_total,
    published.year as period,
    cast(published.year || '-01-01' as date) as period_start,
    cast(published.year || '-12-31' as date) as period_end,
    'calendar_year' as period_grain,
    published.appeals_registered,
    published.appeals_registered_status,
    published.total_appealable_decisions as appealable_decisions,
    published.total_appealable_decisions_status as appealable_decisions_status,
    published.appeal_rate as appeal_rate_pc,
    published.appeal_rate_status as appeal_rate_pc_status,
    published.in_development_decisions,
    -- The second denominator begins in 2024.
    case
        when published.year < '2024' then 'not_applicable'
        else published.in_development_decisions_status
    end as in_development_decisions_status,
    published.in_development_rate as in_development_rate_pc,
    published.in_development_rate_status as in_development_rate_pc_status
from council.moj_tribunal_appeals as published
