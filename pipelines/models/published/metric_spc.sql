/*
description: >-
  The control chart of every figure that has enough of a series: each point with the mean, the limits and whether it
  is more than chance; a row for each metric, basis, part, area, breakdown and period
owner: SEND data team
grain: [metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown, period]
tags: [published, accountability]
tests:
  - accepted_values: {column: signal, values: [none, high, low]}
  - expression: lower_limit <= mean and mean <= upper_limit
  - expression: "(signal = 'none') = not (is_outside_limits or is_in_shift or is_in_trend or is_two_of_three)"
*/
-- The rules are those of NHS England's Making Data Count: an XmR chart, limits at the mean plus and minus 2.66 times
-- the mean moving range, no point left out. Special cause is
--   a point outside the limits;
--   a shift:   seven or more points in a row on one side of the mean;
--   a trend:   seven or more points in a row, each above the last, or each below it;
--   two of three points in a row, all on one side of the mean, in the outer third between mean and limit.
-- Every point that belongs to such a run is marked, not the last alone. The point is high or low by its side of the
-- mean; one that is marked for a trend alone, by where the trend goes.
-- Twelve points are the fewest from which limits are drawn: of fewer there is nothing here.
--
-- A month without a figure is passed over: the points beside it are next to each other.
with figures as (
    select
        metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown, period, period_start, value,
        -- Exact, so that the order in which points are added up changes nothing.
        cast(value as decimal(24, 6)) as exact_value
    from published.metric_value
    where value is not null
        and status = 'ok'
        and period_grain in ('month', 'quarter', 'term')
        and breakdown_topic in ('Total', 'Service', 'Agency')
),

moves as (
    select
        metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown, period, period_start, value, exact_value,
        abs(exact_value - lag(exact_value) over series) as moving_range,
        case
            when exact_value > lag(exact_value) over series then 1
            when exact_value < lag(exact_value) over series then -1
            else 0
        end as step
    from figures
    window series as (partition by metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown order by period_start)
),

-- Of a whole series, beside each of its points.
charts as (
    select
        metric_id,
        basis,
        part,
        area_code,
        period_grain,
        breakdown_topic,
        breakdown,
        count(*) as n_points,
        cast(sum(exact_value) as double) / count(*) as mean,
        cast(sum(moving_range) as double) / nullif(count(moving_range), 0) as mean_moving_range
    from moves
    group by metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown
    having count(*) >= 12
),

points as (
    select
        moves.metric_id,
        moves.basis,
        moves.part,
        moves.area_code,
        moves.period_grain,
        moves.breakdown_topic,
        moves.breakdown,
        moves.period,
        moves.period_start,
        moves.value,
        moves.step,
        charts.n_points,
        charts.mean,
        charts.mean - 2.66 * charts.mean_moving_range as lower_limit,
        charts.mean + 2.66 * charts.mean_moving_range as upper_limit,
        case when moves.value > charts.mean then 1 when moves.value < charts.mean then -1 else 0 end as side,
        abs(moves.value - charts.mean) > 2.66 * charts.mean_moving_range as is_outside_limits,
        abs(moves.value - charts.mean) > 2.66 * charts.mean_moving_range * 2 / 3
        and abs(moves.value - charts.mean) <= 2.66 * charts.mean_moving_range as is_near_limit
    from moves
    inner join charts
        on charts.metric_id = moves.metric_id
        and charts.basis = moves.basis
        and charts.part = moves.part
        and charts.area_code = moves.area_code
        and charts.period_grain = moves.period_grain
        and charts.breakdown_topic = moves.breakdown_topic
        and charts.breakdown = moves.breakdown
),

-- Where a run of seven, or of three, comes to its end.
run_ends as (
    select
        metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown, period, period_start, value,
        n_points, mean, lower_limit, upper_limit, side, step, is_outside_limits, is_near_limit,
        case when abs(sum(side) over last_seven) = 7 then 1 else 0 end as ends_shift,
        -- Seven points are six steps.
        case when abs(sum(step) over last_six) = 6 then cast(sum(step) over last_six as bigint) / 6 else 0 end as ends_trend,
        case
            when abs(sum(side) over last_three) = 3
                and sum(case when is_near_limit then 1 else 0 end) over last_three >= 2
                then 1
            else 0
        end as ends_two_of_three
    from points
    window
        last_three as (
            partition by metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown
            order by period_start rows between 2 preceding and current row
        ),
        last_six as (
            partition by metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown
            order by period_start rows between 5 preceding and current row
        ),
        last_seven as (
            partition by metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown
            order by period_start rows between 6 preceding and current row
        )
),

marked as (
    select
        metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown, period, period_start, value,
        n_points, mean, lower_limit, upper_limit, side, is_outside_limits,
        max(ends_shift) over next_seven = 1 as is_in_shift,
        max(ends_trend) over next_seven as rises,
        min(ends_trend) over next_seven as falls,
        is_near_limit and max(ends_two_of_three) over next_three = 1 as is_two_of_three
    from run_ends
    window
        next_three as (
            partition by metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown
            order by period_start rows between current row and 2 following
        ),
        next_seven as (
            partition by metric_id, basis, part, area_code, period_grain, breakdown_topic, breakdown
            order by period_start rows between current row and 6 following
        )
)

select
    metric_id,
    basis,
    part,
    area_code,
    period_grain,
    breakdown_topic,
    breakdown,
    period,
    period_start,
    value,
    n_points,
    mean,
    lower_limit,
    upper_limit,
    is_outside_limits,
    is_in_shift,
    rises = 1 or falls = -1 as is_in_trend,
    is_two_of_three,
    case
        when is_outside_limits or is_in_shift or is_two_of_three then case when side > 0 then 'high' else 'low' end
        when rises = 1 then 'high'
        when falls = -1 then 'low'
        else 'none'
    end as signal
from marked
