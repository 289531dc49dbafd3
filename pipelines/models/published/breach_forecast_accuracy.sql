/*
description: How far off the forecast of twenty-week breaches has been over all past quarters; a row for each distance
owner: SEND data team
grain: [area_code, horizon]
tags: [council]
*/
-- Bias above nought: it foretold more breaches than came. A plain error below the forecast's would mean that the
-- forecast is not worth its trouble.
select
    area_code,
    min(area_name) as area_name,
    horizon,
    count(*) as n_forecasts,
    sum(n_open) as n_open,
    sum(n_breached) as n_breached,
    round(avg(absolute_error), 2) as mean_absolute_error,
    round(avg(error), 2) as bias,
    round(avg(plain_absolute_error), 2) as plain_mean_absolute_error,
    round(100.0 * avg(case when is_within_range then 1.0 else 0.0 end), 1) as within_range_percent
from published.breach_forecast_backtest
group by area_code, horizon
