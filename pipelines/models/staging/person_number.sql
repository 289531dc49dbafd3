/*
description: Who a partner's own number of a child means; a row for each number
owner: SEND data team
grain: [local_id]
tags: [identity]
tests:
  - not_null: [person_key]
*/
select
    local_id,
    person_key
from identity.local_id
