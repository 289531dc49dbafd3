/*
description: How late each health service's advice is, beside its own waiting list at the month end; a row for each service and month
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [area_code, service_code, month_starts_on]
tags: [council, eput, nelft]
tests:
  - not_null: [service_name, n_waiting]
  - expression: n_late_or_nil <= n_due
*/
-- Advice by the month in which it was due, six weeks after the service was asked (reg. 8), so that a month is
-- judged on all that should have come in it. The list is that of the month's last day: a service whose list grows
-- while its advice slips is short of people; one whose list is steady has another problem. A median of fewer than
-- five children is left out, and the column beside it says so.
with advice as (
    select
        area_code,
        agency as service_code,
        cast(date_trunc('month', due_on) as date) as month_starts_on,
        count(*) as n_due,
        count(*) filter (where is_late or is_nil_return or (is_open and days_left < 0)) as n_late_or_nil,
        count(*) filter (where is_nil_return) as n_nil,
        count(*) filter (where is_appointment_missed) as n_appointment_missed,
        count(distinct case when days_late is not null then coalesce(person_key, advice_id) end) as n_children,
        median(days_late) as median_days_late
    from core.advice
    where is_health
    group by area_code, agency, date_trunc('month', due_on)
),

waiting as (
    select
        area_code,
        service_code,
        month_starts_on,
        count(*) as n_waiting,
        count(*) filter (where n_days > 126) as n_waiting_over_18_weeks,
        count(*) filter (where n_days > 364) as n_waiting_over_52_weeks,
        count(distinct coalesce(person_key, referral_uid)) as n_children,
        median(n_days) as median_days_waiting
    from core.waiting_month
    where service_code is not null
    group by area_code, service_code, month_starts_on
),

seen as (
    select
        area_code,
        service_code,
        cast(date_trunc('month', first_seen_on) as date) as month_starts_on,
        count(*) as n_first_seen,
        count(distinct coalesce(person_key, referral_uid)) as n_children,
        median(n_days) as median_days_to_first_contact
    from core.first_contact
    where service_code is not null
    group by area_code, service_code, date_trunc('month', first_seen_on)
),

-- Months in which every provider reports: before them a list is not whole.
months as (
    select
        covered.area_code,
        covered.area_name,
        month.month_starts_on,
        month.month_ends_on
    from core.health_period as covered
    inner join core.month as month
        on month.month_starts_on >= covered.known_from
        and month.month_ends_on <= covered.known_to
    where covered.about = 'all_services' and covered.area_level = 'local_authority'
)

select
    months.area_code,
    months.area_name,
    service.service_code,
    service.service_name,
    months.month_starts_on,
    months.month_ends_on,
    coalesce(advice.n_due, 0) as n_due,
    coalesce(advice.n_late_or_nil, 0) as n_late_or_nil,
    coalesce(advice.n_nil, 0) as n_nil,
    coalesce(advice.n_appointment_missed, 0) as n_appointment_missed,
    cast(round(100.0 * advice.n_late_or_nil / advice.n_due, 1) as double) as late_or_nil_percent,
    case when advice.n_children >= 5 then advice.median_days_late end as median_days_late,
    coalesce(advice.n_children between 1 and 4, false) as is_days_late_withheld,
    coalesce(waiting.n_waiting, 0) as n_waiting,
    coalesce(waiting.n_waiting_over_18_weeks, 0) as n_waiting_over_18_weeks,
    coalesce(waiting.n_waiting_over_52_weeks, 0) as n_waiting_over_52_weeks,
    case when waiting.n_children >= 5 then waiting.median_days_waiting end as median_days_waiting,
    coalesce(waiting.n_children between 1 and 4, false) as is_days_waiting_withheld,
    coalesce(seen.n_first_seen, 0) as n_first_seen,
    case when seen.n_children >= 5 then seen.median_days_to_first_contact end as median_days_to_first_contact,
    coalesce(seen.n_children between 1 and 4, false) as is_days_to_first_contact_withheld
from months
cross join seed.health_service as service
left join advice
    on advice.area_code = months.area_code
    and advice.service_code = service.service_code
    and advice.month_starts_on = months.month_starts_on
left join waiting
    on waiting.area_code = months.area_code
    and waiting.service_code = service.service_code
    and waiting.month_starts_on = months.month_starts_on
left join seen
    on seen.area_code = months.area_code
    and seen.service_code = service.service_code
    and seen.month_starts_on = months.month_starts_on
where service.agency is not null
