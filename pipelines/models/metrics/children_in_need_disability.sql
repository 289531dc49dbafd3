/*
description: Children in need with a disability recorded, a row for each area, year and type of disability
owner: Children's social care performance, Southend-on-Sea City Council
grain: [area_code, period, breakdown_topic, breakdown]
tags: [commissioner]
tests:
  - not_null: [area_name, period_end]
  - expression: with_disability is null or with_disability <= children
*/
with totals as (
    select
        area_code, area_name, area_level, period, counted_on,
        'Total' as breakdown_topic,
        'Total' as breakdown,
        with_disability,
        with_disability_status,
        children,
        children_status,
        with_disability_percent
    from staging.children_in_need_disability
),

-- By type DfE prints a percentage of the children with a disability, and no count: the figure is
-- theirs alone, and ours stays empty with the status `not_published`.
types as (
    select
        area_code, area_name, area_level, period, counted_on,
        'Type of disability' as breakdown_topic,
        kind.breakdown,
        cast(null as bigint) as with_disability,
        'not_published' as with_disability_status,
        with_disability as children,
        with_disability_status as children_status,
        case kind.breakdown
            when 'Autism' then autism_percent
            when 'Behaviour' then behaviour_percent
            when 'Communication' then communication_percent
            when 'Consciousness' then consciousness_percent
            when 'Hand function' then hand_function_percent
            when 'Hearing' then hearing_percent
            when 'Incontinence' then incontinence_percent
            when 'Learning difficulties' then learning_difficulties_percent
            when 'Mobility' then mobility_percent
            when 'Personal care' then personal_care_percent
            when 'Vision' then vision_percent
            when 'Other' then other_percent
        end as with_disability_percent
    from staging.children_in_need_disability
    cross join (
        values
            ('Autism'), ('Behaviour'), ('Communication'), ('Consciousness'), ('Hand function'), ('Hearing'), ('Incontinence'),
            ('Learning difficulties'), ('Mobility'), ('Personal care'), ('Vision'), ('Other')
    ) as kind (breakdown)
),

counted as (
    select
        area_code, area_name, area_level, period, counted_on, breakdown_topic, breakdown,
        with_disability, with_disability_status, children, children_status, with_disability_percent
    from totals
    union all
    select
        area_code, area_name, area_level, period, counted_on, breakdown_topic, breakdown,
        with_disability, with_disability_status, children, children_status, with_disability_percent
    from types
)

select
    area_code,
    area_name,
    area_level,
    period,
    counted_on as period_start,
    counted_on as period_end,
    'financial_year' as period_grain,
    breakdown_topic,
    breakdown,
    with_disability,
    with_disability_status,
    children,
    children_status,
    with_disability_percent
from counted
