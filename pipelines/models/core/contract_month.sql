/*
description: Contacts that contracts plan, that providers claim and that the data sets show; a row for each provider, service and month
owner: Contracts team, NHS Mid and South Essex ICB
grain: [provider_code, service_code, month_starts_on]
tags: [commissioner, eput, nelft]
tests:
  - not_null: [service_name, area_code]
*/
-- Contacts alone: assessments and blocks are another currency. Attended contacts count with a parent in the
-- child's place too, as the contract pays for them.
with planned as (
    select
        provider_code,
        service_line as service_code,
        month,
        sum(n_planned) as n_planned,
        sum(n_actual) as n_claimed,
        sum(planned_cost_gbp) as planned_cost_gbp,
        sum(actual_cost_gbp) as claimed_cost_gbp
    from staging.commissioner_contract_month
    where currency = 'CONTACT'
    group by provider_code, service_line, month
),

attended as (
    select
        provider_code,
        service_code,
        cast(date_trunc('month', contact_on) as date) as month,
        count(*) filter (where is_attended) as n_attended,
        count(*) filter (where is_child_seen) as n_child_seen
    from core.contact
    group by provider_code, service_code, date_trunc('month', contact_on)
)

select
    planned.provider_code,
    coalesce(provider.current_name, planned.provider_code) as provider_name,
    planned.service_code,
    coalesce(service.service_name, planned.service_code) as service_name,
    area.area_code,
    area.area_name,
    area.area_level,
    planned.month as month_starts_on,
    planned.n_planned,
    planned.n_claimed,
    coalesce(attended.n_attended, 0) as n_attended,
    coalesce(attended.n_child_seen, 0) as n_child_seen,
    planned.planned_cost_gbp,
    planned.claimed_cost_gbp
from planned
cross join seed.commissioner_area as area
left join attended
    on attended.provider_code = planned.provider_code
    and attended.service_code = planned.service_code
    and attended.month = planned.month
left join seed.health_service as service on service.service_code = planned.service_code
left join core.organisation as provider
    on provider.subject = planned.provider_code
    and provider.subject_kind = 'provider'
    and provider.is_current
