/*
description: Answers to the survey of parents and carers; a row for each answer
owner: Southend parent carer forum
grain: [response_id, question]
tags: [council]
tests:
  - not_null: [wave]
*/
select
    response_id,
    wave,
    respondent,
    age_band,
    has_plan,
    question,
    answer,
    -- Agree and strongly agree, of those who gave an answer that says something.
    answer in ('1', '2', '3', '4', '5') as is_counted,
    answer in ('4', '5') as is_positive,
    extract_date as as_of
from council.parent_carer_survey
