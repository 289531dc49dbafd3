/*
description: How deprived small areas are; a row for each lower-layer super output area
owner: SEND data team
grain: [lsoa]
tags: [reference]
*/
select
    lsoa21 as lsoa,
    imd_decile
from reference.lsoa_deprivation
