/*
description: Every published figure of every area beside England, its region and its statistical neighbours; a row for each metric, part, area, period and breakdown
owner: SEND data team
grain: [metric_id, part, area_code, period, breakdown_topic, breakdown]
tags: [published]
tests:
  - expression: neighbours_with_value between 0 and 10
  - expression: rank_among_neighbours is null or rank_among_neighbours between 1 and neighbours_with_value + 1
*/
-- Two averages of the neighbours, because they answer different questions:
--   neighbours_mean_of_values  every neighbour counts the same, whatever its size;
--   neighbours_ratio_of_sums   all their children together, so large neighbours weigh more. Null for
--                              counts, which have no denominator.
-- Both are of the neighbours that have a figure (neighbours_with_value of neighbours_listed): an
-- extract with few areas has few. Providers and boards have a region and no neighbours.
with figures as (
    select
        metric_id, part, part_name, area_code, area_name, area_level, period, period_start, period_end, period_grain,
        breakdown_topic, breakdown, numerator, denominator, value, unit, status
    from published.metric_value
    where basis = 'published'
),

england as (
    select metric_id, part, period, breakdown_topic, breakdown, value
    from figures
    where area_level = 'country'
),

regions as (
    select area_code, region_code
    from core.area
    where region_code is not null
    union all
    select organisation_code as area_code, nhs_region_code as region_code
    from core.nhs_organisation
    where nhs_region_code is not null
),

neighbour_figures as (
    select
        figures.metric_id,
        figures.part,
        neighbours.area_code,
        figures.period,
        figures.breakdown_topic,
        figures.breakdown,
        -- Exact numbers, so that the order in which they are added changes nothing.
        cast(figures.numerator as decimal(28, 7)) as numerator,
        cast(figures.denominator as decimal(28, 7)) as denominator,
        cast(figures.value as decimal(28, 10)) as value
    from figures
    inner join core.statistical_neighbour as neighbours on neighbours.neighbour_code = figures.area_code
    where figures.value is not null
),

neighbour_averages as (
    select
        theirs.metric_id,
        theirs.part,
        theirs.area_code,
        theirs.period,
        theirs.breakdown_topic,
        theirs.breakdown,
        count(*) as neighbours_with_value,
        cast(sum(theirs.value) as double) / count(*) as mean_of_values,
        cast(sum(case when theirs.denominator is not null then theirs.numerator end) as double) as sum_of_numerators,
        cast(sum(theirs.denominator) as double) as sum_of_denominators,
        sum(case when theirs.value > cast(own.value as decimal(28, 10)) then 1 else 0 end) as neighbours_above
    from neighbour_figures as theirs
    inner join figures as own
        on own.metric_id = theirs.metric_id
        and own.part = theirs.part
        and own.area_code = theirs.area_code
        and own.period = theirs.period
        and own.breakdown_topic = theirs.breakdown_topic
        and own.breakdown = theirs.breakdown
    group by theirs.metric_id, theirs.part, theirs.area_code, theirs.period, theirs.breakdown_topic, theirs.breakdown
),

neighbours_listed as (
    select area_code, count(distinct neighbour_rank) as neighbours_listed
    from core.statistical_neighbour
    group by area_code
)

select
    figures.metric_id,
    figures.part,
    figures.part_name,
    figures.area_code,
    figures.area_name,
    figures.area_level,
    figures.period,
    figures.period_start,
    figures.period_end,
    figures.period_grain,
    figures.breakdown_topic,
    figures.breakdown,
    figures.unit,
    figures.status,
    figures.value,
    england.value as england_value,
    figures.value - england.value as difference_to_england,
    regions.region_code,
    region_figures.area_name as region_name,
    region_figures.value as region_value,
    figures.value - region_figures.value as difference_to_region,
    coalesce(neighbours_listed.neighbours_listed, 0) as neighbours_listed,
    coalesce(neighbour_averages.neighbours_with_value, 0) as neighbours_with_value,
    neighbour_averages.mean_of_values as neighbours_mean_of_values,
    neighbour_averages.sum_of_numerators / nullif(neighbour_averages.sum_of_denominators, 0)
        * case figures.unit when 'percent' then 100.0 when 'per_10000' then 10000.0 else 1.0 end as neighbours_ratio_of_sums,
    figures.value - neighbour_averages.mean_of_values as difference_to_neighbours_mean,
    -- 1 is the highest value among the area and its neighbours, whether high is good or not.
    case when figures.value is not null then neighbour_averages.neighbours_above + 1 end as rank_among_neighbours
from figures
left join england
    on england.metric_id = figures.metric_id
    and england.part = figures.part
    and england.period = figures.period
    and england.breakdown_topic = figures.breakdown_topic
    and england.breakdown = figures.breakdown
left join regions on regions.area_code = figures.area_code
left join figures as region_figures
    on region_figures.metric_id = figures.metric_id
    and region_figures.part = figures.part
    and region_figures.area_code = regions.region_code
    and region_figures.period = figures.period
    and region_figures.breakdown_topic = figures.breakdown_topic
    and region_figures.breakdown = figures.breakdown
left join neighbour_averages
    on neighbour_averages.metric_id = figures.metric_id
    and neighbour_averages.part = figures.part
    and neighbour_averages.area_code = figures.area_code
    and neighbour_averages.period = figures.period
    and neighbour_averages.breakdown_topic = figures.breakdown_topic
    and neighbour_averages.breakdown = figures.breakdown
left join neighbours_listed on neighbours_listed.area_code = figures.area_code
