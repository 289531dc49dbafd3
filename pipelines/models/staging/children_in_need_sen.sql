/*
description: Special educational needs of children known to social care, names put right; a row for each area, academic year and social care group
owner: Children's social care performance, Southend-on-Sea City Council
grain: [area_code, period, social_care_group]
tags: [commissioner]
tests:
  - accepted_values: {column: area_level, values: [country, region, local_authority]}
  - accepted_values: {column: social_care_group, values: [Children in need, Child protection plan, Looked after for 12 months or more]}
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
    cast(substr(time_period, 1, 4) as int) as year,
    cast(cast(cast(substr(time_period, 1, 4) as int) + 1 as varchar) || '-03-31' as date) as counted_on,
    case social_care_group
        when 'CINO at 31 March' then 'Children in need'
        when 'CPPO at 31 March' then 'Child protection plan'
        when 'CLA 12 months at 31 March' then 'Looked after for 12 months or more'
    end as social_care_group,
    t_pupils as pupils,
    t_pupils_status as pupils_status,
    t_all_sen as any_sen,
    t_all_sen_status as any_sen_status,
    t_sen_support as sen_support,
    t_sen_support_status as sen_support_status,
    t_statement_or_ehc_plan as ehc_plan,
    t_statement_or_ehc_plan_status as ehc_plan_status,
    pt_all_sen as any_sen_percent,
    pt_sen_support as sen_support_percent,
    pt_statement_or_ehc_plan as ehc_plan_percent
from commissioner.children_in_need_sen
