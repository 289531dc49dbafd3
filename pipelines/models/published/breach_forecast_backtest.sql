/*
description: The forecast of twenty-week breaches made as at past quarters, against what then happened; a row for each day of forecast and distance
owner: SEND data team
grain: [area_code, forecast_on, horizon]
tags: [council]
tests:
  - accepted_values: {column: horizon, values: [weeks 1 to 4, weeks 5 to 8, weeks 9 to 12, weeks 13 to 20, all weeks]}
  - expression: n_breached <= n_open
*/
-- Only what was known on the day goes into a forecast. The plain guess beside it is the share of cases that went
-- over in the year before, the same for every open case: a forecast worth having does better than that.
with judged as (
    select
        area_code, area_name, forecast_on, weeks_ahead, breach_chance, is_breached,
        case
            when weeks_ahead <= 4 then 'weeks 1 to 4'
            when weeks_ahead <= 8 then 'weeks 5 to 8'
            when weeks_ahead <= 12 then 'weeks 9 to 12'
            else 'weeks 13 to 20'
        end as horizon
    from core.forecast_breach
    where not is_over_already and is_breached is not null and not is_newest
),

by_distance as (
    select area_code, area_name, forecast_on, horizon, breach_chance, is_breached
    from judged
    union all
    select area_code, area_name, forecast_on, 'all weeks', breach_chance, is_breached
    from judged
),

-- Cases whose day 140 fell in the year before the day of forecast: of those running a week after receipt.
due as (
    select area_code, received_on, due_on, coalesce(ended_on > due_on, true) as is_breached
    from core.case_landmark
    where week = 0 and due_on < known_on
),

plain as (
    select
        days.area_code,
        days.forecast_on,
        avg(case when due.is_breached then 1.0 else 0.0 end) as share_breached
    from (select distinct area_code, forecast_on from judged) as days
    inner join due
        on due.area_code = days.area_code
        and due.due_on < days.forecast_on
        and due.due_on >= days.forecast_on - interval '1 year'
    group by days.area_code, days.forecast_on
),

compared as (
    select
        by_distance.area_code,
        min(by_distance.area_name) as area_name,
        by_distance.forecast_on,
        by_distance.horizon,
        count(*) as n_open,
        count(*) filter (where by_distance.is_breached) as n_breached,
        sum(by_distance.breach_chance) as n_expected,
        sqrt(sum(by_distance.breach_chance * (1 - by_distance.breach_chance))) as spread,
        sum(coalesce(plain.share_breached, 0.0)) as n_plain
    from by_distance
    left join plain
        on plain.area_code = by_distance.area_code
        and plain.forecast_on = by_distance.forecast_on
    group by by_distance.area_code, by_distance.forecast_on, by_distance.horizon
)

select
    area_code,
    area_name,
    forecast_on,
    horizon,
    n_open,
    n_breached,
    round(n_expected, 1) as n_expected_breaches,
    round(n_expected - n_breached, 1) as error,
    abs(round(n_expected - n_breached, 1)) as absolute_error,
    abs(n_expected - n_breached) <= greatest(1.28 * spread, 0.5) as is_within_range,
    round(n_plain, 1) as n_plain_guess,
    abs(round(n_plain - n_breached, 1)) as plain_absolute_error
from compared
