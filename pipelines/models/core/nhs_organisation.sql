/*
description: NHS trusts and other providers, integrated care boards and NHS England regions; a row for each ODS code
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [organisation_code]
tags: [eput, reference]
tests:
  - not_null: [organisation_name, organisation_level]
  - accepted_values: {column: organisation_level, values: [nhs_region, icb, provider]}
*/
-- The latest name, in the spelling that is not all capitals where one was ever printed.
with printed as (
    select
        name.organisation_code,
        name.organisation_level,
        wait.organisation_name,
        wait.organisation_name = upper(wait.organisation_name) as is_in_capitals,
        max(wait.data_month) as seen_on
    from staging.sitrep_wait as wait
    inner join core.nhs_organisation_name as name
        on name.organisation_level = wait.organisation_level and name.name_key = wait.name_key
    group by name.organisation_code, name.organisation_level, wait.organisation_name
    union all
    select organisation_code, 'provider', organisation_name, true, cast(null as date)
    from staging.ods_trust
    union all
    select distinct icb_code, 'icb', icb_short_name, false, cast(null as date)
    from staging.sub_icb_location
    union all
    select distinct nhs_region_code, 'nhs_region', nhs_region_name, false, cast(null as date)
    from staging.sub_icb_location
),

spellings as (
    select
        organisation_code,
        organisation_level,
        organisation_name,
        is_in_capitals,
        seen_on,
        max(seen_on) over (partition by organisation_code, upper(organisation_name)) as name_seen_on
    from printed
),

preferred as (
    select
        organisation_code,
        organisation_level,
        organisation_name,
        row_number() over (
            partition by organisation_code
            order by name_seen_on desc nulls last, is_in_capitals asc, seen_on desc nulls last, organisation_name asc
        ) as place
    from spellings
),

region_of_icb as (
    select distinct icb_code, nhs_region_code
    from staging.sub_icb_location
)

select
    preferred.organisation_code,
    preferred.organisation_name,
    preferred.organisation_level,
    case when preferred.organisation_level = 'provider' then trust.icb_code end as icb_code,
    case preferred.organisation_level
        when 'provider' then trust.nhs_region_code
        when 'icb' then region_of_icb.nhs_region_code
    end as nhs_region_code
from preferred
left join staging.ods_trust as trust on trust.organisation_code = preferred.organisation_code
left join region_of_icb on region_of_icb.icb_code = preferred.organisation_code
where preferred.place = 1
