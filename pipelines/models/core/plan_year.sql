/*
description: >-
  EHC plans as a SEN2 return has them, with where the child is, what it needs and what is due; a row for each plan of
  a return
owner: SEND data team
grain: [lea, year, person_key, received_on]
tags: [council, sen2]
tests:
  - not_null: [area_code, sex, ethnicity_group, placement_group]
  - expression: "not (is_at_census and is_ceased_in_year)"
    blocking: false
  - expression: "not is_review_expected or is_at_census"
*/
-- A return covers the calendar year before its census day, and that day. So a plan that began, ceased or came from
-- elsewhere in the year is counted in the one return that covers the year (is_..._in_year), and a plan on the
-- census day in the return of that day (is_at_census); what a return says of other years is never counted.
with plans as (
    select
        lea, year, request_id, person_key, received_on, reference_date, opened_on, closed_on, deprivation,
        transferred_from, active_plan_id, started_on, ceased_on, cease_reason,
        has_exception, has_personal_budget, has_organised_arrangements, direct_payment,
        review_held_on, review_outcome, review_decided_on, phase_transfer_due_on, phase_transfer_final_on, is_plan_at_census
    from core.ehc_return_case
    where named_plan_id is not null or active_plan_id is not null
),

-- A return has two rows of one plan only by mistake: the lower number counts.
once as (
    select
        lea, year, request_id, person_key, received_on, reference_date, opened_on, closed_on, deprivation,
        transferred_from, active_plan_id, started_on, ceased_on, cease_reason,
        has_exception, has_personal_budget, has_organised_arrangements, direct_payment,
        review_held_on, review_outcome, review_decided_on, phase_transfer_due_on, phase_transfer_final_on, is_plan_at_census,
        row_number() over (partition by lea, year, person_key, received_on order by request_id) as place
    from plans
),

needs as (
    select
        lea, year, active_plan_id,
        first_value(sen_type order by sen_need_id) filter (where is_primary) as primary_need,
        first_value(sen_type_as_published order by sen_need_id) filter (where is_primary) as published_need,
        first_value(sen_type order by sen_need_id) filter (where not is_primary) as secondary_need
    from staging.sen2_need
    group by lea, year, active_plan_id
),

-- The main place on the census day; of two the one entered later.
main_places as (
    select
        lea, year, request_id, placement_group, is_independent_special, sen_setting, urn_on_the_day, establishment_name,
        residential, work_based_placement, is_in_sen_unit, is_in_resourced_provision,
        row_number() over (partition by lea, year, request_id order by entered_on desc, detail_id) as place
    from core.placement
    where kind = 'attended' and is_open_at_census and placement_rank = 1
),

named_places as (
    select
        lea, year, request_id, placement_group,
        row_number() over (partition by lea, year, request_id order by placement_rank, detail_id) as place
    from core.placement
    where kind = 'named'
),

-- When the council took over a plan from another authority is in no return: it is the day from which the council's
-- own list of provision has the plan that no assessment here led to.
taken_over as (
    select person.person_key, min(provision.started_on) as taken_over_on
    from staging.council_plan_provision as provision
    inner join staging.person on person.person_ref = provision.person_ref
    left join staging.council_ehcna_case as work on work.plan_id = provision.plan_id
    where work.plan_id is null
    group by person.person_key
),

-- Of a plan that the list does not have yet: the first day at a place here.
first_places as (
    select lea, year, request_id, min(entered_on) as entered_on
    from core.placement
    where kind = 'attended'
    group by lea, year, request_id
),

last_reviews as (
    select
        once.lea,
        once.year,
        once.request_id,
        max(review.held_on) as held_on
    from once
    inner join core.review
        on review.person_key = once.person_key
        and review.held_on <= once.reference_date
        and review.held_on >= coalesce(once.started_on, once.received_on)
    group by once.lea, once.year, once.request_id
),

dated as (
    select
        once.lea,
        once.year,
        once.request_id,
        once.person_key,
        once.received_on,
        once.reference_date,
        once.opened_on,
        once.closed_on,
        once.deprivation,
        once.transferred_from,
        once.active_plan_id,
        once.started_on,
        once.ceased_on,
        once.cease_reason,
        once.has_exception,
        once.has_personal_budget,
        once.has_organised_arrangements,
        once.direct_payment,
        once.review_held_on,
        once.review_outcome,
        once.review_decided_on,
        once.phase_transfer_due_on,
        once.phase_transfer_final_on,
        once.is_plan_at_census,
        taken_over.taken_over_on,
        -- From when the council maintains it.
        case
            when once.transferred_from is null then once.started_on
            else coalesce(taken_over.taken_over_on, greatest(first_places.entered_on, once.opened_on), once.closed_on)
        end as maintained_from,
        last_reviews.held_on as last_review_on
    from once
    left join taken_over on taken_over.person_key = once.person_key
    left join first_places
        on first_places.lea = once.lea and first_places.year = once.year and first_places.request_id = once.request_id
    left join last_reviews
        on last_reviews.lea = once.lea and last_reviews.year = once.year and last_reviews.request_id = once.request_id
    where once.place = 1
)

select
    dated.lea,
    dated.year,
    dated.person_key,
    dated.received_on,
    dated.request_id,
    area.area_code,
    area.area_name,
    area.area_level,
    child.sex,
    child.ethnicity_group,
    dated.deprivation,
    coalesce(needs.primary_need, 'Unknown') as primary_need,
    -- Thirteen types come in, twelve are published: Down syndrome is under other.
    coalesce(needs.published_need, 'Unknown') as published_need,
    needs.secondary_need,
    coalesce(age_at_census.age_band, 'Unknown') as age_band_at_census,
    coalesce(age_at_start.age_band, 'Unknown') as age_band_at_start,
    coalesce(age_at_cease.age_band, 'Unknown') as age_band_at_cease,
    coalesce(age_at_transfer.age_band, 'Unknown') as age_band_at_phase_transfer,
    dated.reference_date,
    dated.opened_on,
    dated.closed_on,
    dated.transferred_from,
    dated.started_on,
    dated.maintained_from,
    dated.ceased_on,
    dated.cease_reason,
    dated.has_exception,
    dated.is_plan_at_census as is_at_census,
    coalesce(dated.started_on between dated.opened_on and dated.closed_on, false) and dated.transferred_from is null as is_started_in_year,
    coalesce(dated.ceased_on between dated.opened_on and dated.closed_on, false) as is_ceased_in_year,
    coalesce(dated.transferred_from is not null and dated.maintained_from between dated.opened_on and dated.closed_on, false) as is_transferred_in_year,
    coalesce(main_place.placement_group, 'unknown') as placement_group,
    coalesce(main_place.is_independent_special, false) as is_independent_special,
    main_place.sen_setting,
    main_place.urn_on_the_day as urn,
    main_place.establishment_name,
    main_place.residential,
    main_place.work_based_placement,
    -- Compulsory school age, near enough: five to fifteen on the day.
    coalesce(age_at_census.age between 5 and 15, false) as is_school_age,
    coalesce(named_place.placement_group, 'unknown') as named_placement_group,
    coalesce(dated.has_personal_budget, false) as has_personal_budget,
    coalesce(dated.has_organised_arrangements, false) as has_organised_arrangements,
    dated.direct_payment,
    -- Reviews are due once a year of plans that the council has had since before the year.
    dated.is_plan_at_census and coalesce(dated.maintained_from < dated.opened_on, false) as is_review_expected,
    dated.last_review_on,
    -- The last one as the return itself has it; asked for since the return of 2024.
    dated.review_held_on,
    dated.review_outcome,
    dated.review_decided_on,
    dated.phase_transfer_due_on,
    dated.phase_transfer_final_on,
    coalesce(
        dated.phase_transfer_due_on between dated.opened_on and dated.closed_on
        and dated.maintained_from <= dated.phase_transfer_due_on
        and (dated.ceased_on is null or dated.ceased_on > dated.phase_transfer_due_on),
        false
    ) as is_phase_transfer_in_year,
    coalesce(dated.phase_transfer_final_on <= dated.phase_transfer_due_on, false) as is_phase_transfer_in_time
from dated
inner join seed.council_area as area on area.partner = 'council'
left join core.child on child.person_key = dated.person_key
left join needs on needs.lea = dated.lea and needs.year = dated.year and needs.active_plan_id = dated.active_plan_id
left join main_places as main_place
    on main_place.lea = dated.lea and main_place.year = dated.year and main_place.request_id = dated.request_id and main_place.place = 1
left join named_places as named_place
    on named_place.lea = dated.lea and named_place.year = dated.year and named_place.request_id = dated.request_id and named_place.place = 1
left join seed.age_band as age_at_census
    on age_at_census.age = (12 * (date_part('year', dated.reference_date) - date_part('year', child.birth_month))
        + date_part('month', dated.reference_date) - date_part('month', child.birth_month)) / 12
left join seed.age_band as age_at_start
    on age_at_start.age = (12 * (date_part('year', dated.started_on) - date_part('year', child.birth_month))
        + date_part('month', dated.started_on) - date_part('month', child.birth_month)) / 12
left join seed.age_band as age_at_cease
    on age_at_cease.age = (12 * (date_part('year', dated.ceased_on) - date_part('year', child.birth_month))
        + date_part('month', dated.ceased_on) - date_part('month', child.birth_month)) / 12
left join seed.age_band as age_at_transfer
    on age_at_transfer.age = (12 * (date_part('year', dated.phase_transfer_due_on) - date_part('year', child.birth_month))
        + date_part('month', dated.phase_transfer_due_on) - date_part('month', child.birth_month)) / 12
