/*
description: Organisations and services in each form they have had, with what they are now; a row for each subject and form
owner: Business intelligence, NHS Mid and South Essex ICB
grain: [subject, form]
tags: [reference]
tests:
  - not_null: [organisation_code, organisation_name, current_code, current_name]
  - expression: valid_to is null or valid_from is null or valid_from <= valid_to
*/
-- To show a period as it was, join on the subject and the day: coalesce(valid_from, day) <= day and
-- coalesce(valid_to, day) >= day. To show it as it is, take current_code and current_name of the same row.
with forms as (
    select
        subject,
        subject_kind,
        organisation_code,
        organisation_name,
        organisation_kind,
        parent_code,
        valid_from,
        row_number() over (partition by subject order by valid_from asc nulls first) as form,
        lead(valid_from) over (partition by subject order by valid_from asc nulls first) as next_from
    from seed.organisation_succession
),

latest as (
    select subject, organisation_code, organisation_name, organisation_kind, parent_code
    from forms
    where next_from is null
)

select
    forms.subject,
    forms.form,
    forms.subject_kind,
    forms.organisation_code,
    forms.organisation_name,
    forms.organisation_kind,
    forms.parent_code,
    forms.valid_from,
    cast(forms.next_from - interval '1 day' as date) as valid_to,
    latest.organisation_code as current_code,
    latest.organisation_name as current_name,
    latest.organisation_kind as current_kind,
    latest.parent_code as current_parent_code,
    forms.next_from is null as is_current
from forms
inner join latest on latest.subject = forms.subject
