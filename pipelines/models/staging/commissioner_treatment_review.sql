/*
description: Care (education) and treatment reviews; a row for each review asked for
owner: Learning disability and autism programme, NHS Mid and South Essex ICB
grain: [review_id]
tags: [commissioner]
tests:
  - unique: [review_id]
*/
select
    review_id,
    consent as has_consent,
    person_ref,
    birth_month,
    requested_date as requested_on,
    held_date as held_on,
    admitted_date as admitted_on,
    discharged_date as discharged_on,
    held_date is not null as is_held,
    is_before_admission,
    extract_date as as_of_on
from commissioner.cetr
