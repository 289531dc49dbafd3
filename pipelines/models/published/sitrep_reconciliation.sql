/*
description: Our reading of the SitRep workbooks beside DfE's national series and the sum of providers; a row for each month, service line and measure
owner: Performance team, Essex Partnership University NHS Foundation Trust
grain: [data_month, service_line, measure]
tags: [eput, sitrep]
tests:
  - accepted_values: {column: measure, values: [waiting, waiting_18_to_52_weeks, waiting_over_52_weeks]}
  - expression: difference_to_series = 0
    blocking: false
  - expression: difference_to_providers = 0
    blocking: false
*/
-- Months without a workbook have a series and no England figure; the series has four of the lines.
with measures as (
    select data_month, organisation_level, service_line, 'waiting' as measure, waiting as people
    from core.community_wait
    where age_group = 'CYP'
    union all
    select data_month, organisation_level, service_line, 'waiting_18_to_52_weeks', waiting_18_to_52_weeks
    from core.community_wait
    where age_group = 'CYP'
    union all
    select data_month, organisation_level, service_line, 'waiting_over_52_weeks', waiting_over_52_weeks
    from core.community_wait
    where age_group = 'CYP'
),

workbook as (
    select
        data_month,
        service_line,
        measure,
        max(case when organisation_level = 'country' then people end) as england,
        sum(case when organisation_level = 'provider' then people end) as providers_sum
    from measures
    group by data_month, service_line, measure
)

select
    coalesce(workbook.data_month, series.data_month) as data_month,
    coalesce(workbook.service_line, series.service_line) as service_line,
    coalesce(workbook.measure, series.measure) as measure,
    workbook.england as england_in_workbook,
    series.people as england_in_series,
    workbook.providers_sum as sum_of_providers,
    workbook.england - series.people as difference_to_series,
    workbook.england - workbook.providers_sum as difference_to_providers
from workbook
full outer join core.community_wait_series as series
    on series.data_month = workbook.data_month and series.service_line = workbook.service_line and series.measure = workbook.measure
