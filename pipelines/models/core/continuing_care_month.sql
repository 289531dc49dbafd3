/*
description: Children found eligible for continuing care, and whether they have a personal health budget; a row for each child and month end
owner: Personalised care team, NHS Mid and South Essex ICB
grain: [child_uid, month_ends_on]
tags: [commissioner]
tests:
  - not_null: [has_health_budget]
*/
-- From the decision until the eighteenth birthday: the tracker does not say when a child is found no longer
-- eligible, or moves away.
with eligible as (
    select
        coalesce(person_key, referral_id) as child_uid,
        person_key,
        min(decided_on) as eligible_from_on,
        min(birth_month) as birth_month,
        min(area_code) as area_code,
        min(area_name) as area_name,
        min(area_level) as area_level,
        max(as_of_on) as as_of_on
    from core.continuing_care
    where is_eligible and decided_on is not null
    group by coalesce(person_key, referral_id), person_key
),

spans as (
    select
        child_uid,
        person_key,
        eligible_from_on,
        birth_month,
        area_code,
        area_name,
        area_level,
        least(cast(birth_month + interval '18 years' - interval '1 day' as date), as_of_on) as shows_until_on
    from eligible
),

months as (
    select
        child_uid,
        unnest(
            generate_series(
                cast(date_part('year', eligible_from_on) * 12 + date_part('month', eligible_from_on) - 1 as bigint),
                cast(
                    date_part('year', shows_until_on + interval '1 day') * 12
                        + date_part('month', shows_until_on + interval '1 day') - 2
                    as bigint
                )
            )
        ) as month_number
    from spans
    where shows_until_on >= eligible_from_on
),

-- A child's budgets, at most a few: whether one runs on the day.
budgeted as (
    select
        months.child_uid,
        months.month_number,
        bool_or(budget.started_on <= month.month_ends_on and coalesce(budget.ended_on >= month.month_ends_on, true)) as has_health_budget
    from months
    inner join core.month as month on month.month_number = months.month_number
    inner join spans on spans.child_uid = months.child_uid
    inner join core.package as budget
        on budget.person_key = spans.person_key
        and budget.kind = 'personal_health_budget'
    group by months.child_uid, months.month_number
)

select
    months.child_uid,
    month.month_ends_on,
    spans.area_code,
    spans.area_name,
    spans.area_level,
    coalesce(budgeted.has_health_budget, false) as has_health_budget,
    coalesce(band.age_band, 'Unknown') as age_band
from months
inner join core.month as month on month.month_number = months.month_number
inner join spans on spans.child_uid = months.child_uid
left join budgeted on budgeted.child_uid = months.child_uid and budgeted.month_number = months.month_number
left join seed.age_band as band
    on band.age = cast(floor((months.month_number - date_part('year', spans.birth_month) * 12 - date_part('month', spans.birth_month) + 1) / 12.0) as bigint)
