/*
description: DfE's list of authorities most like each authority, by name; a row for each authority and rank
owner: SEND data team
grain: [area_name, neighbour_rank]
materialised: view
tags: [reference]
*/
select area_name, rank as neighbour_rank, neighbour_name
from reference.statistical_neighbours
