/*
description: The percentages DfE prints about children in need, worked out again from the counts beside them; a row for each that is a number
owner: Children's social care performance, Southend-on-Sea City Council
grain: [metric_id, part, area_code, period, breakdown_topic, breakdown]
tags: [commissioner, reconciliation]
tests:
  - not_null: [agrees, is_within_rounding]
  - expression: agrees or (counts_are_rounded and is_within_rounding)
    blocking: false
*/
-- Counts of authorities are exact, and the percentage must follow from them to the decimal place
-- printed (halves up, in whole numbers, no tolerance). Counts of England and the regions are rounded
-- to 10: either may be 5 out, so the percentage must lie between what the outermost counts give.
with printed as (
    select
        metric_id, part, area_code, area_name, area_level, period, breakdown_topic, breakdown,
        cast(numerator as bigint) as numerator,
        cast(denominator as bigint) as denominator,
        published_value,
        area_level <> 'local_authority' as counts_are_rounded
    from published.metric_value
    where metric_id in ('J06', 'J07')
        and basis = 'published'
        and status = 'ok'
        and published_value is not null
        and denominator > 0
),

worked_out as (
    select
        metric_id, part, area_code, area_name, area_level, period, breakdown_topic, breakdown,
        numerator, denominator, published_value, counts_are_rounded,
        -- Tenths of a per cent.
        (2000 * numerator + denominator) / (2 * denominator) as tenths,
        (2000 * greatest(numerator - 5, 0) + denominator + 5) / (2 * (denominator + 5)) as least_tenths,
        case
            when denominator > 5 then (2000 * (numerator + 5) + denominator - 5) / (2 * (denominator - 5))
            else 1000
        end as most_tenths,
        cast(round(published_value * 10) as bigint) as published_tenths
    from printed
)

select
    metric_id,
    part,
    area_code,
    area_name,
    area_level,
    period,
    breakdown_topic,
    breakdown,
    numerator,
    denominator,
    published_value,
    tenths / 10.0 as worked_out_value,
    tenths = published_tenths as agrees,
    counts_are_rounded,
    published_tenths between least_tenths and most_tenths as is_within_rounding
from worked_out
