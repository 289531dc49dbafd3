/*
description: Establishments as Get Information about Schools has them, open or closed; a row for each URN
owner: SEND data team
grain: [urn]
tags: [reference]
*/
select
    urn,
    ukprn,
    establishment_name,
    la_code as la_number,
    -- Some extracts write 01, some 1.
    ltrim(type_of_establishment_code, '0') as establishment_type_code,
    type_of_establishment_name as establishment_type,
    opened_on,
    closed_on
from reference.gias_establishment
