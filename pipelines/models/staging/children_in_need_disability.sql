/*
description: Children in need and those with a disability recorded, names put right; a row for each area and year
owner: Children's social care performance, Southend-on-Sea City Council
grain: [area_code, period]
tags: [commissioner]
tests:
  - accepted_values: {column: area_level, values: [country, region, local_authority]}
*/
select
    coalesce(new_la_code, region_code, country_code) as area_code,
    coalesce(la_name, region_name, country_name) as area_name,
    case geographic_level
        when 'National' then 'country'
        when 'Regional' then 'region'
        else 'local_authority'
    end as area_level,
    old_la_code,
    region_code,
    region_name,
    country_code,
    time_period as period,
    -- The reporting year ends on 31 March, so most of it lies in the calendar year before.
    cast(time_period as int) - 1 as year,
    cast(time_period || '-03-31' as date) as counted_on,
    at31_episodes as children,
    at31_episodes_status as children_status,
    at31_episodes_disability_recorded as with_disability,
    at31_episodes_disability_recorded_status as with_disability_status,
    at31_episodes_disability_recorded_percent as with_disability_percent,
    autism_percent,
    behaviour_percent,
    communication_percent,
    consciousness_percent,
    hand_function_percent,
    hearing_percent,
    incontinence_percent,
    learning_difficulties_percent,
    mobility_percent,
    personal_care_percent,
    vision_percent,
    other_percent
from commissioner.children_in_need_disability
where category = 'Recorded disability'
