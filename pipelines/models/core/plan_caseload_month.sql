/*
description: Plans in force at each quarter's end, and whether the child is on the caseload of a service of the Lighthouse; a row for each child with a plan, quarter's end and service
owner: Designated clinical officer, NHS Mid and South Essex ICB
grain: [person_key, month_ends_on, service_code]
tags: [council, eput]
tests:
  - not_null: [is_on_caseload]
*/
-- On the caseload is having a referral that is neither turned down nor closed, seen yet or not. A child with two
-- plans on a day, one here and one about to be taken over, is one child.
with services as (
    select service_code, service_name
    from core.health_service
    where is_current and team_type is not null
),

newest_return as (
    select max(reference_date) as census_on
    from staging.sen2_return
),

-- A plan that began before the newest census and is in no return had ended before the returns begin; one that a
-- later return no longer has was over by its last.
plan_spans as (
    select
        plan.person_key,
        plan.maintained_from,
        least(
            coalesce(cast(plan.ceased_on - interval '1 day' as date), span.last_on),
            case when plan.last_census_on < newest_return.census_on then plan.last_census_on else span.last_on end,
            span.last_on
        ) as shows_until_on,
        plan.primary_need
    from core.plan as plan
    cross join newest_return
    cross join (select max(reported_until_on) as last_on from core.reported_span) as span
    where plan.person_key is not null
        and plan.maintained_from is not null
        and (plan.last_return is not null or plan.started_on > newest_return.census_on)
),

plan_months as (
    select
        person_key,
        maintained_from,
        primary_need,
        unnest(
            generate_series(
                cast(date_part('year', maintained_from) * 12 + date_part('month', maintained_from) - 1 as bigint),
                cast(
                    date_part('year', shows_until_on + interval '1 day') * 12
                        + date_part('month', shows_until_on + interval '1 day') - 2
                    as bigint
                )
            )
        ) as month_number
    from plan_spans
    where shows_until_on >= maintained_from
),

-- The last month of each quarter is enough, and a third of the rows.
children as (
    select
        person_key,
        month_number,
        first_value(primary_need order by maintained_from desc) as primary_need
    from plan_months
    where month_number % 3 = 2
    group by person_key, month_number
),

referrals as (
    select
        referral.person_key,
        referral.service_code,
        greatest(referral.received_on, referral.reported_from_on) as shows_from_on,
        least(
            coalesce(cast(referral.closed_on - interval '1 day' as date), referral.reported_until_on),
            referral.reported_until_on
        ) as shows_until_on
    from core.referral as referral
    inner join services on services.service_code = referral.service_code
    -- Only of children who ever have a plan.
    inner join (select distinct person_key from core.plan where person_key is not null) as planned
        on planned.person_key = referral.person_key
),

referral_months as (
    select
        person_key,
        service_code,
        unnest(
            generate_series(
                cast(date_part('year', shows_from_on) * 12 + date_part('month', shows_from_on) - 1 as bigint),
                cast(
                    date_part('year', shows_until_on + interval '1 day') * 12
                        + date_part('month', shows_until_on + interval '1 day') - 2
                    as bigint
                )
            )
        ) as month_number
    from referrals
    where shows_until_on >= shows_from_on
),

caseload as (
    select distinct person_key, service_code, month_number
    from referral_months
    where month_number % 3 = 2
),

-- The few before the many: the engine keeps the left side of a join in memory, and lets the right side pass.
children_described as (
    select
        children.person_key,
        children.month_number,
        month.month_ends_on,
        area.area_code,
        area.area_name,
        area.area_level,
        coalesce(children.primary_need, 'Unknown') as primary_need,
        coalesce(child.sex, 'Unknown') as sex,
        coalesce(band.age_band, 'Unknown') as age_band
    from seed.commissioner_area as area
    cross join (core.month as month inner join children on children.month_number = month.month_number)
    left join core.child as child on child.person_key = children.person_key
    left join seed.age_band as band
        on band.age = cast(floor((children.month_number - date_part('year', child.birth_month) * 12 - date_part('month', child.birth_month) + 1) / 12.0) as bigint)
)

select
    child.person_key,
    child.month_ends_on,
    services.service_code,
    services.service_name,
    caseload.person_key is not null as is_on_caseload,
    child.area_code,
    child.area_name,
    child.area_level,
    child.primary_need,
    child.sex,
    child.age_band
from caseload
right join (services cross join children_described as child)
    on caseload.person_key = child.person_key
    and caseload.month_number = child.month_number
    and caseload.service_code = services.service_code
