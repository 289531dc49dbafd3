/*
description: Who runs each health service, from when to when; a row for each service and provider in turn
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [service_code, runs_from_on]
tags: [eput, nelft]
tests:
  - not_null: [provider_code, provider_name]
*/
-- The Lighthouse was MSEFT's until February 2022 and has been EPUT's since: history before belongs to MSEFT.
select
    service.service_code,
    service.service_name,
    service.agency,
    service.team_type,
    service.is_therapy,
    service.is_consultant_led,
    run.organisation_code as provider_code,
    run.organisation_name as provider_name,
    coalesce(run.valid_from, date '1900-01-01') as runs_from_on,
    coalesce(run.valid_to, date '9999-12-31') as runs_until_on,
    run.is_current
from seed.health_service as service
inner join core.organisation as run on run.subject = service.organisation_subject
