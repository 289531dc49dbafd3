/*
description: Families asked whether their child may be on the dynamic support register; a row for each
owner: Learning disability and autism programme, NHS Mid and South Essex ICB
grain: [register_id]
tags: [commissioner]
tests:
  - unique: [register_id]
*/
select
    register_id,
    consent as has_consent,
    min(asked_date) as asked_on,
    max(left_date) as left_on
from commissioner.dynamic_support_register
group by register_id, consent
