/*
description: EHC plans that ceased, by reason, names and labels put right; a row for each area, year and breakdown
owner: SEND data team
grain: [area_code, period, breakdown_topic, breakdown]
tags: [council, dfe]
tests:
  - accepted_values: {column: area_level, values: [country, region, local_authority]}
  - not_null: [period_start, period_end]
*/
select
    coalesce(published.new_la_code, published.region_code, published.country_code) as area_code,
    coalesce(published.la_name, published.region_name, published.country_name) as area_name,
    case published.geographic_level
        when 'National' then 'country'
        when 'Regional' then 'region'
        else 'local_authority'
    end as area_level,
    published.time_period as period,
    cast(published.time_period || '-01-01' as date) as period_start,
    cast(published.time_period || '-12-31' as date) as period_end,
    'calendar_year' as period_grain,
    -- DfE's total repeats its topic in both columns.
    case when published.breakdown = published.breakdown_topic then 'Total' else published.breakdown_topic end as breakdown_topic,
    case when published.breakdown = published.breakdown_topic then 'Total' else coalesce(dfe_label.label, published.breakdown) end as breakdown,
    published.total_ceased as plans_ceased,
    published.total_ceased_status as plans_ceased_status,
    published.max_age as ceased_max_age,
    published.max_age_status as ceased_max_age_status,
    published.needs_met as ceased_needs_met,
    published.needs_met_status as ceased_needs_met_status,
    published.he as ceased_higher_education,
    published.he_status as ceased_higher_education_status,
    published.employ as ceased_employment,
    published.employ_status as ceased_employment_status,
    published.transfer as ceased_transferred,
    published.transfer_status as ceased_transferred_status,
    published.no_engage as ceased_disengaged,
    published.no_engage_status as ceased_disengaged_status,
    published.moved_outside_eng as ceased_left_england,
    published.moved_outside_eng_status as ceased_left_england_status,
    published.deceased as ceased_deceased,
    published.deceased_status as ceased_deceased_status,
    published.not_rec as ceased_reason_not_recorded,
    published.not_rec_status as ceased_reason_not_recorded_status,
    published.other as ceased_other_reason,
    published.other_status as ceased_other_reason_status
from council.dfe_ceased_plans as published
left join seed.dfe_label on dfe_label.published_label = published.breakdown
