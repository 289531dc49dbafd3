/*
description: What the contract plans and what was delivered; a row for each provider, service line, currency and month
owner: Contracts team, NHS Mid and South Essex ICB
grain: [provider_code, service_line, currency, month]
tags: [commissioner]
tests:
  - unique: [provider_code, service_line, currency, month]
*/
-- A line that is only planned, or only delivered, is there with the other side blank.
select
    coalesce(planned.provider_code, actual.provider_code) as provider_code,
    coalesce(planned.service_line, actual.service_line) as service_line,
    coalesce(planned.currency, actual.currency) as currency,
    coalesce(planned.month, actual.month) as month,
    planned.planned_activity as n_planned,
    planned.planned_cost_gbp,
    actual.actual_activity as n_actual,
    actual.actual_cost_gbp
from commissioner.contract_plan as planned
full outer join commissioner.contract_actual as actual
    on actual.provider_code = planned.provider_code
    and actual.service_line = planned.service_line
    and actual.currency = planned.currency
    and actual.month = planned.month
