/*
description: Providers of community health services and NHS trusts, with the board and region their head office lies in; a row for each ODS code
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [provider_code]
tags: [eput, reference]
tests:
  - not_null: [provider_name]
*/
-- A head office says nothing about whom a provider serves: NELFT (RAT) lies in North East London
-- and sees Southend's children. Providers that are no NHS trust have no board or dates here.
select
    provider.organisation_code as provider_code,
    provider.organisation_name as provider_name,
    provider.icb_code,
    board.organisation_name as icb_name,
    provider.nhs_region_code,
    region.organisation_name as nhs_region_name,
    trust.opened_on,
    trust.closed_on
from core.nhs_organisation as provider
left join core.nhs_organisation as board on board.organisation_code = provider.icb_code
left join core.nhs_organisation as region on region.organisation_code = provider.nhs_region_code
left join staging.ods_trust as trust on trust.organisation_code = provider.organisation_code
where provider.organisation_level = 'provider'
