/*
description: Every name by which an NHS organisation has been printed, with its ODS code; a row for each level and name in capitals
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [organisation_level, name_key]
tags: [eput, reference]
tests:
  - not_null: [organisation_code]
  - accepted_values: {column: organisation_level, values: [nhs_region, icb, provider]}
*/
-- The SitRep prints codes only since August 2023. Earlier months get them by name: first from later
-- workbooks, then from the ODS and ICB lists, then from seed.nhs_organisation_alias.
with named as (
    select organisation_level, name_key, organisation_code, 1 as preference, max(data_month) as seen_on
    from staging.sitrep_wait
    where organisation_code is not null
    group by organisation_level, name_key, organisation_code
    union all
    select 'provider', upper(organisation_name), organisation_code, 2, opened_on
    from staging.ods_trust
    union all
    select distinct 'icb', upper(icb_short_name), icb_code, 2, cast(null as date)
    from staging.sub_icb_location
    union all
    select distinct 'nhs_region', upper(nhs_region_name), nhs_region_code, 2, cast(null as date)
    from staging.sub_icb_location
    union all
    select organisation_level, upper(printed_name), organisation_code, 3, cast(null as date)
    from seed.nhs_organisation_alias
),

preferred as (
    select
        organisation_level,
        name_key,
        organisation_code,
        row_number() over (
            partition by organisation_level, name_key
            order by preference asc, seen_on desc nulls last, organisation_code asc
        ) as place
    from named
)

select organisation_level, name_key, organisation_code
from preferred
where place = 1
