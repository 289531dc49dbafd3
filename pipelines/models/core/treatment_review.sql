/*
description: Care (education) and treatment reviews; a row for each review asked for
owner: Learning disability and autism programme, NHS Mid and South Essex ICB
grain: [review_id]
tags: [commissioner]
tests:
  - unique: [review_id]
*/
-- Without consent a review is counted and nobody is named.
select
    review.review_id,
    case when review.has_consent then person.person_key end as person_key,
    area.area_code,
    area.area_name,
    area.area_level,
    review.requested_on,
    review.held_on,
    review.admitted_on,
    coalesce(review.is_before_admission, false) as is_before_admission
from staging.commissioner_treatment_review as review
cross join seed.commissioner_area as area
left join staging.person on person.person_ref = review.person_ref
