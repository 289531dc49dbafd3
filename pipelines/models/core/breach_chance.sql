/*
description: How likely a case that stands at a stage in a week of its twenty is to run over them, as was known on each day of forecast; a row for each day, stage and week
owner: SEND data team
grain: [area_code, forecast_on, stage, week]
tags: [council]
tests:
  - expression: breach_chance >= 0 and breach_chance <= 1
*/
-- Kaplan and Meier's product over the weeks that are left, from cases that stood at the same stage in the same week
-- at some time in the year before the day of forecast, and from nothing that was learnt after that day: a case not
-- over by then counts only for the weeks it had lasted. Few cases borrow from all stages: the share that ends in a
-- week is that of the stage and of five cases more of any stage.
with forecast_days as (
    -- The first day of each quarter once there is a year to learn from, and the newest day known.
    select distinct
        quarter.area_code,
        quarter.forecast_on
    from (
        select
            span.area_code,
            month.month_starts_on as forecast_on
        from (
            select area_code, min(received_on) as first_on, max(known_on) as last_on
            from core.case_landmark
            group by area_code
        ) as span
        inner join core.month as month
            on month.month_number % 3 = 0
            and month.month_starts_on >= span.first_on + interval '1 year'
            and month.month_starts_on < span.last_on
        union all
        select area_code, max(known_on) as forecast_on
        from core.case_landmark
        group by area_code
    ) as quarter
),

-- The months of the year before each day of forecast, the day's own among them: a case's week is then held against
-- four or five days of forecast and not against all.
forecast_months as (
    select
        area_code,
        forecast_on,
        unnest(
            generate_series(
                cast(date_part('year', forecast_on) * 12 + date_part('month', forecast_on) - 13 as bigint),
                cast(date_part('year', forecast_on) * 12 + date_part('month', forecast_on) - 1 as bigint)
            )
        ) as month_number
    from forecast_days
),

-- Week 0 lasts from the day after receipt to day 7, and so on: what ends on day 140 ends in week 19, in time.
followed as (
    select
        days.area_code,
        days.forecast_on,
        case_week.stage,
        case_week.week,
        coalesce(case_week.ended_on <= days.forecast_on, false) as is_ended,
        case
            when case_week.ended_on <= days.forecast_on
                then cast(floor((case_week.ended_on - case_week.received_on - 1) / 7.0) as bigint)
            else cast(floor((days.forecast_on - case_week.received_on) / 7.0) as bigint)
        end as last_week
    from core.case_landmark as case_week
    inner join forecast_months as days
        on days.area_code = case_week.area_code
        and days.month_number = cast(date_part('year', case_week.stands_on) * 12 + date_part('month', case_week.stands_on) - 1 as bigint)
        and case_week.stands_on <= days.forecast_on
        and case_week.stands_on > days.forecast_on - interval '1 year'
    where case_week.week < 20
),

exits as (
    select
        area_code,
        forecast_on,
        stage,
        week,
        last_week,
        count(*) as n_left,
        count(*) filter (where is_ended) as n_ended
    from followed
    group by area_code, forecast_on, stage, week, last_week
),

starters as (
    select area_code, forecast_on, stage, week, sum(n_left) as n_cases
    from exits
    group by area_code, forecast_on, stage, week
),

-- Every week that is left, whether or not anything happened in it.
weeks_left as (
    select
        area_code,
        forecast_on,
        stage,
        week,
        n_cases,
        unnest(generate_series(week, 19)) as at_week
    from starters
),

at_risk as (
    select
        weeks_left.area_code,
        weeks_left.forecast_on,
        weeks_left.stage,
        weeks_left.week,
        weeks_left.n_cases,
        weeks_left.at_week,
        coalesce(exits.n_ended, 0) as n_ended,
        -- Ended in an earlier week, or not followed to the end of this one.
        weeks_left.n_cases
        - sum(coalesce(exits.n_left, 0)) over (
            partition by weeks_left.area_code, weeks_left.forecast_on, weeks_left.stage, weeks_left.week
            order by weeks_left.at_week
            rows between unbounded preceding and current row
        )
        + coalesce(exits.n_ended, 0) as n_at_risk
    from weeks_left
    left join exits
        on exits.area_code = weeks_left.area_code
        and exits.forecast_on = weeks_left.forecast_on
        and exits.stage = weeks_left.stage
        and exits.week = weeks_left.week
        and exits.last_week = weeks_left.at_week
),

of_any_stage as (
    select
        area_code,
        forecast_on,
        at_week,
        cast(sum(n_ended) as double) / nullif(sum(n_at_risk), 0) as share_ended
    from at_risk
    where week = at_week
    group by area_code, forecast_on, at_week
),

hazards as (
    select
        at_risk.area_code,
        at_risk.forecast_on,
        at_risk.stage,
        at_risk.week,
        at_risk.n_cases,
        (at_risk.n_ended + 5.0 * coalesce(of_any_stage.share_ended, 0)) / (at_risk.n_at_risk + 5.0) as share_ended
    from at_risk
    left join of_any_stage
        on of_any_stage.area_code = at_risk.area_code
        and of_any_stage.forecast_on = at_risk.forecast_on
        and of_any_stage.at_week = at_risk.at_week
)

select
    area_code,
    forecast_on,
    stage,
    week,
    min(n_cases) as n_past_cases,
    -- The product of the shares that go on, by logarithms; nine places are the same in whatever order they are added.
    round(exp(sum(ln(greatest(1.0 - share_ended, 1e-9)))), 9) as breach_chance
from hazards
group by area_code, forecast_on, stage, week
