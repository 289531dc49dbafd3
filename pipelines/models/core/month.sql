/*
description: The calendar by months, 2015 to 2035; a row for each month
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [month_number]
tags: [calendar]
tests:
  - unique: [month_starts_on]
  - expression: month_ends_on >= month_starts_on
*/
-- `month_number` counts months from year 0, so that what lasts from one day to another is taken apart into months
-- by whole numbers, without comparing every row with every month.
with numbered as (
    select unnest(generate_series(2015 * 12, 2035 * 12 + 11)) as month_number
),

begun as (
    select
        cast(month_number as bigint) as month_number,
        make_date(cast(month_number / 12 as int), cast(month_number % 12 as int) + 1, 1) as month_starts_on
    from numbered
)

select
    month_number,
    month_starts_on,
    cast(month_starts_on + interval '1 month' - interval '1 day' as date) as month_ends_on,
    month_number % 3 = 2 as is_quarter_end
from begun
