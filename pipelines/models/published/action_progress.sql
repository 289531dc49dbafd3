/*
description: >-
  Where each thing that the area has promised stands in this release, since when, and whether the change is more
  than chance; a row for each action and figure, and one for each action that no figure shows
owner: SEND joint-commissioning manager
grain: [action_id, metric_id, part, basis, area_code, period_grain, breakdown_topic, breakdown]
tags: [published, accountability]
tests:
  - accepted_values: {column: variation, values: [improvement, concern, common cause, too few points, no figure]}
  - accepted_values: {column: assurance, values: [passes, fails, hit and miss, no target, too few points, no figure]}
  - expression: "is_more_than_chance = (variation in ('improvement', 'concern'))"
*/
-- Variation is that of the newest point by the rules of published.metric_spc; the action says which way is better.
-- Assurance asks whether the process as it runs will reach the target: always when the target lies beyond the limit
-- on the worse side, never when it lies beyond the one on the better side, now and then when it lies between.
with named as (
    select
        action.action_id,
        action.name,
        action.due_on,
        coalesce(shown.metric_id, 'none') as metric_id,
        coalesce(shown.part, 'none') as part,
        coalesce(shown.basis, 'none') as basis,
        coalesce(shown.area_code, 'none') as area_code,
        coalesce(shown.period_grain, 'none') as period_grain,
        coalesce(shown.breakdown_topic, 'none') as breakdown_topic,
        coalesce(shown.breakdown, 'none') as breakdown,
        shown.better,
        shown.baseline_period,
        shown.baseline_value,
        shown.target_value,
        shown.target_by
    from published.action as action
    left join published.action_metric as shown on shown.action_id = action.action_id
),

-- What several actions name is one chart.
promised as (
    select
        action_id, name, due_on, metric_id, part, basis, area_code, period_grain, breakdown_topic, breakdown,
        better, baseline_period, baseline_value, target_value, target_by,
        dense_rank() over (order by metric_id, part, basis, area_code, period_grain, breakdown_topic, breakdown) as chart_id
    from named
),

charts as (
    select distinct chart_id, metric_id, part, basis, area_code, period_grain, breakdown_topic, breakdown
    from promised
),

figures as (
    select
        charts.chart_id,
        figure.period,
        figure.value,
        figure.unit,
        row_number() over (partition by charts.chart_id order by figure.period_start desc) as age
    from charts
    inner join published.metric_value as figure
        on figure.metric_id = charts.metric_id
        and figure.part = charts.part
        and figure.basis = charts.basis
        and figure.area_code = charts.area_code
        and figure.period_grain = charts.period_grain
        and figure.breakdown_topic = charts.breakdown_topic
        and figure.breakdown = charts.breakdown
    where figure.value is not null
),

newest as (
    select chart_id, period, value, unit
    from figures
    where age = 1
),

points as (
    select
        charts.chart_id,
        point.period,
        point.period_start,
        point.n_points,
        point.mean,
        point.lower_limit,
        point.upper_limit,
        point.signal
    from charts
    inner join published.metric_spc as point
        on point.metric_id = charts.metric_id
        and point.part = charts.part
        and point.basis = charts.basis
        and point.area_code = charts.area_code
        and point.period_grain = charts.period_grain
        and point.breakdown_topic = charts.breakdown_topic
        and point.breakdown = charts.breakdown
),

chart_ends as (
    select
        chart_id,
        max(n_points) as n_points,
        max(mean) as mean,
        max(lower_limit) as lower_limit,
        max(upper_limit) as upper_limit,
        last_value(signal order by period_start) as signal
    from points
    group by chart_id
),

-- The last point with another signal than the newest: the present one began after it.
breaks as (
    select chart_ends.chart_id, max(points.period_start) as last_other_start
    from chart_ends
    inner join points on points.chart_id = chart_ends.chart_id
    where points.signal <> chart_ends.signal
    group by chart_ends.chart_id
),

-- The first period of the present signal.
since as (
    select points.chart_id, first_value(points.period order by points.period_start) as since_period
    from points
    left join breaks on breaks.chart_id = points.chart_id
    where breaks.last_other_start is null or points.period_start > breaks.last_other_start
    group by points.chart_id
),

standing as (
    select
        promised.action_id,
        promised.name,
        promised.due_on,
        promised.metric_id,
        promised.part,
        promised.basis,
        promised.area_code,
        promised.period_grain,
        promised.breakdown_topic,
        promised.breakdown,
        promised.better,
        promised.baseline_period,
        promised.baseline_value,
        promised.target_value,
        promised.target_by,
        newest.period,
        newest.value,
        newest.unit,
        chart_ends.n_points,
        chart_ends.mean,
        chart_ends.lower_limit,
        chart_ends.upper_limit,
        since.since_period,
        case
            when newest.value is null then 'no figure'
            when chart_ends.signal is null then 'too few points'
            when chart_ends.signal = 'none' then 'common cause'
            when (chart_ends.signal = 'high') = (promised.better = 'higher') then 'improvement'
            else 'concern'
        end as variation,
        case
            when newest.value is null then 'no figure'
            when promised.target_value is null then 'no target'
            when chart_ends.signal is null then 'too few points'
            when promised.better = 'higher' and promised.target_value <= chart_ends.lower_limit then 'passes'
            when promised.better = 'higher' and promised.target_value > chart_ends.upper_limit then 'fails'
            when promised.better = 'lower' and promised.target_value >= chart_ends.upper_limit then 'passes'
            when promised.better = 'lower' and promised.target_value < chart_ends.lower_limit then 'fails'
            else 'hit and miss'
        end as assurance
    from promised
    left join newest on newest.chart_id = promised.chart_id
    left join chart_ends on chart_ends.chart_id = promised.chart_id
    left join since on since.chart_id = promised.chart_id
)

select
    action_id,
    name,
    due_on,
    metric_id,
    part,
    basis,
    area_code,
    period_grain,
    breakdown_topic,
    breakdown,
    better,
    period,
    value,
    unit,
    baseline_period,
    baseline_value,
    value - baseline_value as change_since_baseline,
    target_value,
    target_by,
    case when better = 'higher' then value >= target_value when better = 'lower' then value <= target_value end as is_at_target,
    n_points,
    mean,
    lower_limit,
    upper_limit,
    variation,
    variation in ('improvement', 'concern') as is_more_than_chance,
    since_period,
    assurance,
    -- For a reader who wants one sentence.
    case variation
        when 'no figure' then 'No figure shows this in this release.'
        when 'too few points' then 'There are too few points to tell a change from chance.'
        when 'common cause' then 'Nothing but chance since ' || since_period || '.'
        when 'improvement' then 'Better than chance would have it, since ' || since_period || '.'
        else 'Worse than chance would have it, since ' || since_period || '.'
    end
    || case assurance
        when 'passes' then ' As things run, the target will be met every time.'
        when 'fails' then ' As things run, the target will not be met.'
        when 'hit and miss' then ' As things run, the target will be met at times and missed at others.'
        when 'no target' then ' No target has been set.'
        else ''
    end as sentence
from standing
