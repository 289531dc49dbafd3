/*
description: Special educational needs of children in need, on protection plans and looked after; a row for each area, academic year and social care group
owner: Children's social care performance, Southend-on-Sea City Council
grain: [area_code, period, breakdown_topic, breakdown]
tags: [commissioner]
tests:
  - not_null: [area_name, period_end]
  - expression: any_sen is null or any_sen <= pupils
  # Authorities are exact; England and the regions are rounded to 10, so each count may be 5 out.
  - expression: area_level <> 'local_authority' or pupils = 0 or abs(100.0 * ehc_plan / pupils - ehc_plan_percent) < 0.0501
  - expression: area_level = 'local_authority' or ehc_plan_percent between 100.0 * (ehc_plan - 5) / (pupils + 5) - 0.0501 and 100.0 * (ehc_plan + 5) / (pupils - 5) + 0.0501
*/
-- Groups are those of 31 March, needs those of the school census of the same academic year. A child
-- is in one group only, but the file has no total, and pupils the census does not know are in none.
select
    coalesce(new_la_code, region_code, country_code) as area_code,
    coalesce(la_name, region_name, country_name) as area_name,
    case geographic_level when 'National' then 'country' when 'Regional' then 'region' else 'local_authority' end as area_level,
    time_period as period,
    cast(cast(cast(substr(time_period, 1, 4) as int) + 1 as varchar) || '-03-31' as date) as period_start,
    cast(cast(cast(substr(time_period, 1, 4) as int) + 1 as varchar) || '-03-31' as date) as period_end,
    'academic_year' as period_grain,
    'Social care group' as breakdown_topic,
    case social_care_group
        when 'CINO at 31 March' then 'Children in need'
        when 'CPPO at 31 March' then 'Child protection plan'
        when 'CLA 12 months at 31 March' then 'Looked after for 12 months or more'
    end as breakdown,
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
