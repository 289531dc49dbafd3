//! A small sound project for tests to break.

use crate::{Draft, Project};
use std::path::Path;

/// Every kind of file, each with the keys of the examples in the documentation.
pub(crate) const SOUND: [(&str, &str); 16] = [
    (
        "pipelines/warehouse.yaml",
        "name: A warehouse
lake: ${JCW_LAKE:-./lake}
time_zone: Europe/London
home_area: E06000033
partners:
  - {id: council, name: Southend-on-Sea City Council, organisation: E06000033}
  - {id: eput, name: Essex Partnership}
",
    ),
    (
        "pipelines/council/requests.yaml",
        "description: Requests for assessment
owner: SEND data team
contract: council/requests
files:
  - ${JCW_SOURCES:-./extracts}/**/requests.csv
schedule: {cron: \"0 6 * * 1-5\", time_zone: Europe/London}
limits: {max_bytes: 2 GiB}
settle: 5 s
store: {aws_region: eu-west-2}
",
    ),
    (
        "schemas/council/requests.yaml",
        r"description: one row for each area, year and breakdown
owner: DfE
layout:
  format: csv
  footer: '^Number of records: (?<count>\d+)'
columns:
  - {name: time_period, type: text, required: true, pattern: '\d{4}', description: Calendar year}
  - {name: area, type: text, required: true}
  - names: [received, refused]
    type: integer
    symbols: dfe
    optional: true
  - {name: month, type: date, formats: ['%Y-%m-%d'], from: {file_name: '(?<month>\d{4}-\d{2}-\d{2})'}}
  - {name: is_open, type: boolean, yes: [Y, 1, true], no: [N, 0, false]}
  - {name: band, type: code, codes: {total: All waiting}, from: {sheet: {Table 4: total}}}
  - {name: rate, type: decimal, scale: 4, symbols: {x: unavailable, '-': {status: zero, value: 0}}}
versions:
  - {id: '2025', shows: [pc_decsion_4weeks]}
period: [time_period]
key: [time_period, area]
rules:
  - {id: fewer-refused, check: received >= refused, severity: warn, message: More refused than received}
references:
  - {id: known-area, column: area, table: seed.area, to: area_code, message: Unknown area}
row_count: {min_ratio: 0.1, max_ratio: 10}
",
    ),
    (
        "schemas/symbols.yaml",
        "dfe: {x: unavailable, low: low, \"~\": low}\nsitrep: {\"*\": suppressed, \"\": not_submitted}\n",
    ),
    (
        "schemas/codes.yaml",
        "sex: {M: Male, F: Female}\nyes_no: [Y, N]\n",
    ),
    (
        "pipelines/council/sen2.yaml",
        "description: SEN2 person-level returns
owner: SEND data team
contract: council/sen2
files: [\"./extracts/council/sen2/*\"]
",
    ),
    (
        "schemas/council/sen2/delivery.yaml",
        r"description: One SEN2 return
owner: SEND data team
tables: [return, person, request]
header: return
shapes:
  - name: xml
    files: '(?i).*\.xml'
    layout: {format: xml}
    parts:
      return: {record: Message}
      person: {record: Message/Persons/Person}
      request: {record: Message/Persons/Person/Requests}
  - name: blade
    files: '(?i)Blade-Export_(?<set>\d{2}-\d{2}-\d{4})_(?<table>[a-z0-9]+)\.csv'
    layout: {format: csv, encoding: windows-1252}
    parts:
      request: {file: requests, optional: true, delimiter: pipe}
      return: {file: sen2}
      person: {file: person}
  - name: template
    files: '(?i).*\.xlsx'
    layout: {format: xlsx, title_rows: true}
    parts:
      return: {sheets: ['Header'], title_rows: false}
      person: {sheets: ['Persons?']}
totals:
  - {id: person-total, table: person, column: persons, message: Not as many persons as the header states}
",
    ),
    (
        "schemas/council/sen2/return.yaml",
        "description: one row for each return
owner: DfE
columns:
  - {name: lea, type: text, required: true}
  - {name: year, type: integer, required: true}
  - {name: made_at, type: timestamp, required: true, aliases: [DateTime]}
  - {name: persons, type: integer}
period: [lea, year]
as_of: made_at
",
    ),
    (
        "schemas/council/sen2/person.yaml",
        "description: one row for each person
owner: DfE
columns:
  - {name: lea, type: text, from: header}
  - {name: census_year, type: integer, from: {header: year}}
  - {name: year, type: integer, from: header}
  - {name: person_id, type: integer, required: true, aliases: [record_id]}
  - {name: upn, type: upn, classification: identifier}
  - {name: sex, type: code, codes: sex, classification: quasi}
period: [lea, year]
key: [person_id]
row_id: [person_id]
rules:
  - {id: SP0010, check: upn is not null, message: A UPN is missing, source: DfE SEN2 specification}
",
    ),
    (
        "schemas/council/sen2/request.yaml",
        "description: one row for each request
owner: DfE
columns:
  - {name: lea, type: text, from: header}
  - {name: year, type: integer, from: header}
  - {name: request_id, type: integer, required: true}
  - {name: person_id, type: integer, required: true}
period: [lea, year]
key: [request_id]
references:
  - {id: known-person, column: [lea, person_id], table: council.sen2_person, to: [lea, person_id], message: No such person}
",
    ),
    (
        "pipelines/seeds/area.csv",
        "area_code,area_name\nE06000033,Southend-on-Sea\n",
    ),
    (
        "pipelines/seeds/area.yaml",
        "description: Areas
owner: SEND data team
columns:
  - {name: area_code, type: text, required: true}
  - {name: area_name, type: text}
key: [area_code]
",
    ),
    (
        "pipelines/models/staging/requests.sql",
        "/*
description: Requests as the council means them
owner: SEND data team
grain: [area_code, period]
materialised: view
tags: [council]
tests:
  - unique: [area_code, period]
  - relationship: {column: area_code, to: seed.area, field: area_code}
    blocking: false
  - expression: received >= 0
  - row_count: {min: 1}
*/
select area as area_code, time_period as period, received from council.requests
",
    ),
    (
        "pipelines/models/metrics/request.sql",
        "/*
description: Requests ready to be divided
owner: SEND data team
grain: [area_code, period]
*/
select * from staging.requests
",
    ),
    (
        "pipelines/metrics/E03.yaml",
        "id: E03
name: Refusal rate
question: How often does the area say no?
owner: SEND data team
definition: Refused divided by received
cohort: All requests
unit: percent
polarity: low_contested
source: DfE
comparator: England
design: published
caveats: [Early data]
trap: Not the operational rate
version: 1
published:
  from: metrics.request
  numerator: refused
  denominator: received
  published: refused_pc
  grain: calendar_year
  dimensions: [sex, age]
",
    ),
    (
        "pipelines/metrics/E35.yaml",
        "id: E35
name: A mix
question: Which kinds?
owner: SEND data team
definition: Each kind
cohort: All
unit: days
polarity: context
source: A local design
comparator: none
design: local
version: 2
changes:
  - {version: 2, on: 2026-11-22, what: The median too}
person_level:
  from: metrics.request
  cohort: received  >  0
  exclusions:
    - {id: exception, what: An exception applies, sql: has_exception}
  grains: [month, academic_year]
  when: started_on
  by: {Sex: sex}
  covers: {from: metrics.request, filter: area_code = 'E06000033'}
  parts:
    - {id: median, name: Median days, numerator: days_to_plan, percentile: 0.5}
    - {id: late, name: Late, unit: percent, numerator: days_to_plan > 140, denominator: 'true'}
",
    ),
];

/// The text of a file of the sound project.
pub(crate) fn sound(path: &str) -> &'static str {
    SOUND
        .iter()
        .find(|(other, _)| *other == path)
        .map(|(_, text)| *text)
        .unwrap()
}

/// Reads the sound project with `changes`: a text for a file, or `None` to
/// take it out.
pub(crate) fn draft(changes: &[(&str, Option<&str>)]) -> Draft {
    let root = tempfile::tempdir().unwrap();
    let unchanged = SOUND
        .iter()
        .filter(|(path, _)| !changes.iter().any(|(changed, _)| changed == path));
    let changed = changes
        .iter()
        .filter_map(|(path, text)| Some((*path, (*text)?)));
    for (path, text) in unchanged.copied().chain(changed) {
        write(root.path(), path, text.as_bytes());
    }
    Draft::read(root.path(), &environment)
}

pub(crate) fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// `SET` is set, and nothing else.
pub(crate) fn environment(name: &str) -> Option<String> {
    (name == "SET").then(|| "a-secret".to_owned())
}

/// The sound project, changed where it stays sound.
pub(crate) fn project(changes: &[(&str, Option<&str>)]) -> Project {
    let draft = draft(changes);
    assert_eq!(draft.diagnostics, []);
    draft.project.unwrap()
}

/// The problems, one line each, of the sound project with `changes`.
pub(crate) fn problems(changes: &[(&str, Option<&str>)]) -> Vec<String> {
    draft(changes)
        .diagnostics
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The problems when `from` is replaced by `to`, once, in one file.
pub(crate) fn problems_when(path: &str, from: &str, to: &str) -> Vec<String> {
    let text = sound(path);
    assert!(text.contains(from), "{path} does not contain {from}");
    problems(&[(path, Some(&text.replacen(from, to, 1)))])
}
