/*
description: How many of the assessments now open will run over twenty weeks, by the week in which their twenty weeks end; a row for each week
owner: SEND data team
grain: [area_code, due_week_starts_on]
tags: [council]
tests:
  - expression: n_expected_breaches <= n_open
  - expression: n_low <= n_expected_breaches and n_expected_breaches <= n_high
*/
-- From how old each case is, the stage it has reached, and how long cases at that stage took in the last year. The
-- range holds what happens four times in five, if practice stays as it was in that year: a team that grows or
-- shrinks is not in it. How well it has done is in published.breach_forecast_accuracy. Cases that are over already
-- stand in the week in which they went over.
with weeks as (
    select
        area_code,
        min(area_name) as area_name,
        min(forecast_on) as forecast_on,
        due_week_starts_on,
        count(*) as n_open,
        count(*) filter (where is_over_already) as n_over_already,
        sum(breach_chance) as n_expected,
        sqrt(sum(breach_chance * (1 - breach_chance))) as spread
    from core.forecast_breach
    where is_newest
    group by area_code, due_week_starts_on
)

select
    area_code,
    area_name,
    forecast_on,
    due_week_starts_on,
    n_open,
    n_over_already,
    round(n_expected, 1) as n_expected_breaches,
    -- 1.28 standard deviations to either side.
    least(round(n_expected, 1), round(greatest(n_expected - 1.28 * spread, cast(n_over_already as double)), 1)) as n_low,
    greatest(round(n_expected, 1), round(least(n_expected + 1.28 * spread, cast(n_open as double)), 1)) as n_high
from weeks
