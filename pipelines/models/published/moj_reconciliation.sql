/*
description: Every appeal rate that the Ministry of Justice publishes, worked out again from the counts beside it; a row for each published rate that is a number
owner: SEND data team
grain: [file, published_column, period, area_code, breakdown_topic, breakdown]
tags: [council, reconciliation]
tests:
  - not_null: [agrees]
  - expression: agrees or exception is not null
    blocking: false
*/
-- The Ministry of Justice prints one decimal place and rounds halves up. So is it done here, in whole numbers, with no
-- tolerance. Cells known not to follow from the printed counts are listed with the reason in
-- seed.moj_exception and keep agrees = false.
with published_percentages as (
    select 'send_tribunals_and_appeal_rate.csv' as file, 'SEND Tribunal Appeal Rate' as published_column, period, coalesce(old_la_code, line_name) as area_code, line_name as area_name, area_level,
        'Total' as breakdown_topic, 'Total' as breakdown,
        appeals_registered as numerator, appealable_decisions as denominator, appeal_rate_pc as published
    from staging.moj_tribunal_appeals
    union all
    select 'send_tribunals_and_appeal_rate.csv' as file, 'In development: SEND Tribunal Appeal Rate' as published_column, period, coalesce(old_la_code, line_name) as area_code, line_name as area_name, area_level,
        'Total' as breakdown_topic, 'Total' as breakdown,
        appeals_registered as numerator, in_development_decisions as denominator, in_development_rate_pc as published
    from staging.moj_tribunal_appeals
),

in_tenths as (
    select
        file, published_column, period, area_code, area_name, area_level, breakdown_topic, breakdown,
        numerator, denominator, published,
        -- Half up: floor(1000 n / d + 1/2).
        case when denominator > 0 then (2000 * numerator + denominator) / (2 * denominator) end as recomputed_tenths
    from published_percentages
    where published is not null
)

select
    in_tenths.file,
    in_tenths.published_column,
    in_tenths.period,
    in_tenths.area_code,
    in_tenths.area_name,
    in_tenths.area_level,
    in_tenths.breakdown_topic,
    in_tenths.breakdown,
    in_tenths.numerator,
    in_tenths.denominator,
    cast(cast(in_tenths.recomputed_tenths as decimal(12, 1)) / 10 as decimal(12, 1)) as recomputed,
    in_tenths.published,
    coalesce(in_tenths.published * 10 = in_tenths.recomputed_tenths, false) as agrees,
    moj_exception.reason as exception
from in_tenths
left join seed.moj_exception
    on moj_exception.file = in_tenths.file
    and moj_exception.published_column = in_tenths.published_column
    and moj_exception.period = in_tenths.period
    and moj_exception.area_code = in_tenths.area_code
    and moj_exception.breakdown_topic = in_tenths.breakdown_topic
    and moj_exception.breakdown = in_tenths.breakdown
