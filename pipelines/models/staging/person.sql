/*
description: Who a record is about; a row for each reference to a person that some partner's record makes
owner: SEND data team
grain: [person_ref]
tags: [identity]
tests:
  - not_null: [person_key, match_class]
  - accepted_values: {column: match_class, values: [nhs_number, carried, deterministic, probabilistic, decided, alone]}
*/
-- A person_ref stands for all that one row says of its person. Rows with the same person_key are about the
-- same child, whichever partner sent them.
select
    person_ref,
    person_key,
    match_class,
    has_verified_nhs_number
from identity.person
