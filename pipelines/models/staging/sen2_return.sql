/*
description: SEN2 returns, with the period each is about; a row for each authority and year
owner: SEND data team
grain: [lea, year]
tags: [council, sen2]
tests:
  - not_null: [reference_date, opened_on, closed_on]
  - expression: "previous_census_date < reference_date"
    blocking: false
*/
-- A return covers the calendar year before its census day and that day, so it shows plans at two census days.
select
    sent.lea,
    sent.year,
    sent.reference_date,
    max(census.census_date) as previous_census_date,
    make_date(cast(sent.year - 1 as int), 1, 1) as opened_on,
    make_date(cast(sent.year - 1 as int), 12, 31) as closed_on,
    sent.spec_version,
    sent.datetime as made_at,
    sent.software_code,
    sent.release,
    sent.serial_no,
    sent.dmo as has_medical_officer,
    sent.dco as has_clinical_officer,
    sent.dsco as has_social_care_officer
from council.sen2_return as sent
left join seed.census_date as census on census.census_date < sent.reference_date
group by
    sent.lea, sent.year, sent.reference_date, sent.spec_version, sent.datetime, sent.software_code,
    sent.release, sent.serial_no, sent.dmo, sent.dco, sent.dsco
