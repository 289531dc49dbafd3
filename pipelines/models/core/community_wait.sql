/*
description: People waiting for community health services at the end of each month, by how long; a row for each month, organisation, age group and service line
owner: Performance team, Essex Partnership University NHS Foundation Trust
grain: [data_month, organisation_level, organisation_code, age_group, service_line]
tags: [eput, sitrep]
tests:
  - not_null: [organisation_name, waiting_status]
  - accepted_values: {column: age_group, values: [A, CYP]}
  - expression: waiting is null or waiting >= 0
  - expression: waiting_over_52_weeks is null or waiting_over_52_weeks <= waiting
    blocking: false
  - expression: has_known_code
    blocking: false
*/
-- England has an ONS code; everybody else an ODS code, printed since August 2023 and found by name
-- before that. A name that nothing explains stands for itself until someone adds it to
-- seed.nhs_organisation_alias.
with identified as (
    select
        wait.data_month,
        wait.band,
        wait.age_group,
        wait.service_line,
        wait.organisation_level,
        wait.name_key,
        coalesce(wait.organisation_code, name.organisation_code, country.area_code, wait.name_key) as organisation_code,
        coalesce(wait.organisation_code, name.organisation_code, country.area_code) is not null as has_known_code,
        coalesce(organisation.organisation_name, wait.organisation_name) as organisation_name,
        wait.waiting,
        wait.waiting_status
    from staging.sitrep_wait as wait
    left join core.nhs_organisation_name as name
        on name.organisation_level = wait.organisation_level and name.name_key = wait.name_key
    left join core.nhs_organisation as organisation
        on organisation.organisation_code = coalesce(wait.organisation_code, name.organisation_code)
    left join core.area as country
        on wait.organisation_level = 'country' and country.area_level = 'country' and upper(country.area_name) = wait.name_key
),

-- The name is part of the group so that two names with one code in one month fail the grain test.
banded as (
    select
        data_month, age_group, service_line, organisation_level, organisation_code, name_key, organisation_name, has_known_code,
        max(case when band = 'total' then waiting end) as waiting,
        coalesce(max(case when band = 'total' then waiting_status end), 'missing') as waiting_status,
        max(case when band = 'weeks_0_to_1' then waiting end) as waiting_0_to_1_weeks,
        coalesce(max(case when band = 'weeks_0_to_1' then waiting_status end), 'missing') as waiting_0_to_1_weeks_status,
        max(case when band = 'weeks_1_to_2' then waiting end) as waiting_1_to_2_weeks,
        coalesce(max(case when band = 'weeks_1_to_2' then waiting_status end), 'missing') as waiting_1_to_2_weeks_status,
        max(case when band = 'weeks_2_to_4' then waiting end) as waiting_2_to_4_weeks,
        coalesce(max(case when band = 'weeks_2_to_4' then waiting_status end), 'missing') as waiting_2_to_4_weeks_status,
        max(case when band = 'weeks_4_to_12' then waiting end) as waiting_4_to_12_weeks,
        coalesce(max(case when band = 'weeks_4_to_12' then waiting_status end), 'missing') as waiting_4_to_12_weeks_status,
        max(case when band = 'weeks_12_to_18' then waiting end) as waiting_12_to_18_weeks,
        coalesce(max(case when band = 'weeks_12_to_18' then waiting_status end), 'missing') as waiting_12_to_18_weeks_status,
        max(case when band = 'weeks_18_to_52' then waiting end) as waiting_18_to_52_weeks,
        coalesce(max(case when band = 'weeks_18_to_52' then waiting_status end), 'missing') as waiting_18_to_52_weeks_status,
        max(case when band = 'weeks_over_52' then waiting end) as waiting_over_52_weeks,
        coalesce(max(case when band = 'weeks_over_52' then waiting_status end), 'missing') as waiting_over_52_weeks_status
    from identified
    group by
        data_month, age_group, service_line, organisation_level, organisation_code, name_key, organisation_name, has_known_code
)

select
    data_month,
    organisation_level,
    organisation_code,
    organisation_name,
    has_known_code,
    age_group,
    service_line,
    waiting,
    waiting_status,
    waiting_0_to_1_weeks,
    waiting_0_to_1_weeks_status,
    waiting_1_to_2_weeks,
    waiting_1_to_2_weeks_status,
    waiting_2_to_4_weeks,
    waiting_2_to_4_weeks_status,
    waiting_4_to_12_weeks,
    waiting_4_to_12_weeks_status,
    waiting_12_to_18_weeks,
    waiting_12_to_18_weeks_status,
    waiting_18_to_52_weeks,
    waiting_18_to_52_weeks_status,
    waiting_over_52_weeks,
    waiting_over_52_weeks_status,
    -- 127 days and more.
    waiting_18_to_52_weeks + waiting_over_52_weeks as waiting_over_18_weeks,
    case when waiting_18_to_52_weeks_status <> 'ok' then waiting_18_to_52_weeks_status else waiting_over_52_weeks_status end as waiting_over_18_weeks_status
from banded
