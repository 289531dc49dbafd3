/*
description: New EHC plans by primary need, names and labels put right; a row for each area, year and breakdown
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
    published.ehc_plans as plans,
    published.ehc_plans_status as plans_status,
    published.number_asd as need_asd,
    published.number_asd_status as need_asd_status,
    published.number_hi as need_hi,
    published.number_hi_status as need_hi_status,
    published.number_mld as need_mld,
    published.number_mld_status as need_mld_status,
    published.number_msi as need_msi,
    published.number_msi_status as need_msi_status,
    published.number_oth as need_oth,
    published.number_oth_status as need_oth_status,
    published.number_pd as need_pd,
    published.number_pd_status as need_pd_status,
    published.number_pmld as need_pmld,
    published.number_pmld_status as need_pmld_status,
    published.number_semh as need_semh,
    published.number_semh_status as need_semh_status,
    published.number_slcn as need_slcn,
    published.number_slcn_status as need_slcn_status,
    published.number_sld as need_sld,
    published.number_sld_status as need_sld_status,
    published.number_spld as need_spld,
    published.number_spld_status as need_spld_status,
    published.number_vi as need_vi,
    published.number_vi_status as need_vi_status,
    published.number_need_unknown as need_not_recorded,
    published.number_need_unknown_status as need_not_recorded_status,
    published.asd_pc as need_asd_pc,
    published.asd_pc_status as need_asd_pc_status,
    published.hi_pc as need_hi_pc,
    published.hi_pc_status as need_hi_pc_status,
    published.mld_pc as need_mld_pc,
    published.mld_pc_status as need_mld_pc_status,
    published.msi_pc as need_msi_pc,
    published.msi_pc_status as need_msi_pc_status,
    published.oth_pc as need_oth_pc,
    published.oth_pc_status as need_oth_pc_status,
    published.pd_pc as need_pd_pc,
    published.pd_pc_status as need_pd_pc_status,
    published.pmld_pc as need_pmld_pc,
    published.pmld_pc_status as need_pmld_pc_status,
    published.semh_pc as need_semh_pc,
    published.semh_pc_status as need_semh_pc_status,
    published.slcn_pc as need_slcn_pc,
    published.slcn_pc_status as need_slcn_pc_status,
    published.sld_pc as need_sld_pc,
    published.sld_pc_status as need_sld_pc_status,
    published.spld_pc as need_spld_pc,
    published.spld_pc_status as need_spld_pc_status,
    published.vi_pc as need_vi_pc,
    published.vi_pc_status as need_vi_pc_status,
    published.unknown_pc as need_not_recorded_pc,
    published.unknown_pc_status as need_not_recorded_pc_status
from council.dfe_sen_need_new_plans as published
left join seed.dfe_label on dfe_label.published_label = published.breakdown
