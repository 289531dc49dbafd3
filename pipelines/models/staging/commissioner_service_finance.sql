/*
description: Budget and spend; a row for each financial year, service line, provider and funder
owner: Finance, NHS Mid and South Essex ICB
grain: [financial_year, service_line, provider_code, funder]
tags: [commissioner]
*/
select
    financial_year,
    service_line,
    provider_code,
    funder,
    budget_gbp,
    spend_gbp,
    spend_gbp - budget_gbp as overspend_gbp,
    extract_date as as_of_on
from commissioner.service_finance
