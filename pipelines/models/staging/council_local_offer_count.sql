/*
description: How often pages of the Local Offer are read; a row for each page and month
owner: Local Offer editor
grain: [month, page]
tags: [council]
tests:
  - not_null: [n_page_views]
*/
select
    month,
    page,
    section,
    page_views as n_page_views,
    unique_visitors as n_unique_visitors,
    from_search as n_from_search,
    mean_seconds,
    extract_date as as_of
from council.local_offer_count
