/*
description: Answers of parents and carers that say yes, no or something between; a row for each answer
owner: Southend parent carer forum
grain: [response_id, question]
tags: [council]
tests:
  - not_null: [area_code, period_start, period_end]
*/
-- The survey of spring closes on 30 April, that of autumn on 31 October. Left out and "does not apply" are no answers.
select
    answer.response_id,
    answer.question,
    area.area_code,
    area.area_name,
    area.area_level,
    answer.wave as period,
    case
        when answer.wave like '%-spring' then make_date(cast(substr(answer.wave, 1, 4) as int), 4, 30)
        else make_date(cast(substr(answer.wave, 1, 4) as int), 10, 31)
    end as period_start,
    case
        when answer.wave like '%-spring' then make_date(cast(substr(answer.wave, 1, 4) as int), 4, 30)
        else make_date(cast(substr(answer.wave, 1, 4) as int), 10, 31)
    end as period_end,
    answer.respondent,
    answer.age_band,
    answer.has_plan,
    answer.is_positive
from staging.council_parent_carer_survey as answer
inner join seed.council_area as area on area.partner = 'council'
where answer.is_counted
