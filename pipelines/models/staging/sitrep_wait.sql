/*
description: People waiting for community health services as NHS England printed it, labels put right; a row for each month, band, age group, service line and organisation
owner: Performance team, Essex Partnership University NHS Foundation Trust
grain: [data_month, band, age_group, service_line, organisation_level, name_key]
tags: [eput, sitrep]
tests:
  - accepted_values: {column: organisation_level, values: [country, nhs_region, icb, provider]}
  - accepted_values: {column: waiting_status, values: [ok, suppressed, not_submitted]}
  - expression: (waiting_status = 'ok') = (waiting is not null)
*/
select
    data_month,
    band,
    age_group,
    -- `Therapy interventions: dietetics` became `Therapy interventions: Dietetics` in June 2023.
    case
        when strpos(service_line, ': ') > 0
            then substr(service_line, 1, strpos(service_line, ': ') + 1)
                || upper(substr(service_line, strpos(service_line, ': ') + 2, 1))
                || substr(service_line, strpos(service_line, ': ') + 3)
        else service_line
    end as service_line,
    case
        when lower(organisation_name) = 'england' then 'country'
        when organisation_type = 'Region' then 'nhs_region'
        when organisation_type = 'ICB' then 'icb'
        when organisation_type in ('Organisation', 'Provider') then 'provider'
    end as organisation_level,
    organisation_code,
    organisation_name,
    -- Names are in capitals from August 2023: compared without case and spacing.
    upper(regexp_replace(organisation_name, '\s+', ' ', 'g')) as name_key,
    waiting,
    waiting_status
from eput.chs_sitrep
