/*
description: Annual reviews of plans and how long what follows them takes; a row for each review, held or due
owner: SEND data team
grain: [review_key]
tags: [council, sen2]
tests:
  - not_null: [area_code]
  - expression: "is_decided_in_time is null or is_decided_in_time = (decided_on - held_on <= 28)"
  - expression: "is_final_in_time is null or not is_final_in_time or final_on - held_on <= 84"
*/
-- The council's own list has every review with all of its dates. A SEN2 return has a plan's last one only: it is
-- taken where the list has none of that child and that day.
with listed as (
    select
        review.review_id as review_key,
        review.review_id,
        review.plan_id,
        person.person_key,
        review.school_urn,
        review.is_phase_transfer,
        review.due_on,
        review.held_on,
        review.decision,
        review.decided_on,
        review.draft_on,
        review.final_on,
        review.is_health_invited,
        review.has_health_attended,
        review.has_health_reported,
        review.is_social_care_invited,
        review.has_social_care_attended,
        review.has_social_care_reported,
        review.as_of as known_on
    from staging.council_annual_review as review
    left join staging.person on person.person_ref = review.person_ref
),

listed_days as (
    select distinct person_key, held_on
    from listed
    where held_on is not null
),

returned as (
    select
        person_key,
        review_held_on as held_on,
        min(received_on) as received_on,
        first_value(review_outcome order by year desc) filter (where review_outcome is not null) as decision,
        first_value(review_decided_on order by year desc) filter (where review_decided_on is not null) as decided_on,
        first_value(review_draft_on order by year desc) filter (where review_draft_on is not null) as draft_on,
        max(reference_date) as known_on
    from core.ehc_return_case
    where review_held_on is not null
    group by person_key, review_held_on
),

reviews as (
    select
        review_key, review_id, plan_id, person_key, school_urn, is_phase_transfer, due_on, held_on, decision, decided_on, draft_on, final_on,
        is_health_invited, has_health_attended, has_health_reported, is_social_care_invited, has_social_care_attended, has_social_care_reported,
        known_on, true as is_listed
    from listed
    union all
    select
        concat('SEN2/', returned.person_key, '/', cast(returned.held_on as varchar)) as review_key,
        null as review_id, null as plan_id, returned.person_key, null as school_urn, null as is_phase_transfer, null as due_on, returned.held_on,
        returned.decision, returned.decided_on, returned.draft_on, null as final_on,
        null as is_health_invited, null as has_health_attended, null as has_health_reported,
        null as is_social_care_invited, null as has_social_care_attended, null as has_social_care_reported,
        returned.known_on, false as is_listed
    from returned
    left join listed_days on listed_days.person_key = returned.person_key and listed_days.held_on = returned.held_on
    where listed_days.person_key is null
),

-- review_decision  reg. 20(10): four weeks from the meeting to the day the family is told
-- review_final     reg. 22(2), (3) and R (L, M and P) v Devon [2022] EWHC 493: twelve weeks from the meeting to the
--                  final amended plan; it runs only where the decision is to amend
clocks as (
    select
        reviews.review_key,
        clock.id,
        reviews.held_on,
        reviews.known_on,
        reviews.held_on + clock.days as due_on,
        case clock.id when 'review_decision' then reviews.decided_on else reviews.final_on end as ended_on,
        reviews.held_on <= clock.relaxed_to and reviews.held_on + clock.days >= clock.relaxed_from as is_relaxed
    from reviews
    inner join seed.clock on clock.id in ('review_decision', 'review_final')
    where reviews.held_on is not null
        and (clock.id = 'review_decision' or (reviews.decision = 'A' and reviews.is_listed))
),

measured as (
    select
        review_key,
        max(due_on) filter (where id = 'review_decision') as decision_due_on,
        max(coalesce(ended_on, known_on) - held_on) filter (where id = 'review_decision') as decision_days,
        max(due_on - known_on) filter (where id = 'review_decision' and ended_on is null) as decision_days_left,
        bool_or(coalesce(ended_on, known_on) > due_on) filter (where id = 'review_decision') as is_decision_breached,
        bool_or(ended_on <= due_on) filter (where id = 'review_decision' and ended_on is not null) as is_decided_in_time,
        max(due_on) filter (where id = 'review_final') as final_due_on,
        max(coalesce(ended_on, known_on) - held_on) filter (where id = 'review_final') as final_days,
        max(due_on - known_on) filter (where id = 'review_final' and ended_on is null) as final_days_left,
        bool_or(coalesce(ended_on, known_on) > due_on) filter (where id = 'review_final') as is_final_breached,
        bool_or(coalesce(ended_on <= due_on, false)) filter (where id = 'review_final') as is_final_in_time,
        bool_or(is_relaxed) as is_relaxed_2020
    from clocks
    group by review_key
)

select
    reviews.review_key,
    reviews.review_id,
    reviews.plan_id,
    reviews.person_key,
    area.area_code,
    area.area_name,
    area.area_level,
    reviews.school_urn,
    child.sex,
    child.ethnicity_group,
    child.deprivation,
    coalesce(child.primary_need, 'Unknown') as primary_need,
    -- On the day of the decision.
    coalesce(age_band.age_band, 'Unknown') as age_band,
    reviews.is_phase_transfer,
    reviews.due_on,
    reviews.held_on,
    reviews.decision,
    reviews.decided_on,
    reviews.draft_on,
    reviews.final_on,
    measured.decision_due_on,
    measured.decision_days,
    measured.decision_days_left,
    coalesce(measured.is_decision_breached, false) as is_decision_breached,
    measured.is_decided_in_time,
    measured.final_due_on,
    measured.final_days,
    measured.final_days_left,
    coalesce(measured.is_final_breached, false) as is_final_breached,
    measured.is_final_in_time,
    coalesce(measured.is_relaxed_2020, false) as is_relaxed_2020,
    reviews.is_health_invited,
    reviews.has_health_attended,
    reviews.has_health_reported,
    reviews.is_social_care_invited,
    reviews.has_social_care_attended,
    reviews.has_social_care_reported,
    reviews.is_listed,
    reviews.known_on
from reviews
inner join seed.council_area as area on area.partner = 'council'
left join measured on measured.review_key = reviews.review_key
left join core.child on child.person_key = reviews.person_key
left join seed.age_band
    on age_band.age = (12 * (date_part('year', reviews.decided_on) - date_part('year', child.birth_month))
        + date_part('month', reviews.decided_on) - date_part('month', child.birth_month)) / 12
