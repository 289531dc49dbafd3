#!/usr/bin/env python3
"""DuckDB doing what jcw does with the contact extract: the same checks, the
accepted rows in zstd Parquet, the refused ones in a rejects file.

    ingest_duckdb.py DATA_FOLDER OUTPUT_FOLDER

Written as well as we know how: every cell read as text once; types and rules in
one pass into a typed table; repeated identifiers found by grouping the
identifiers alone, which is faster here and takes less memory than a window over
whole rows. Needs: duckdb.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

COLUMNS = (
    "care_contact_id nhs_number contact_date provider_code commissioner_code team_type "
    "attendance_status consultation_mechanism duration_minutes activity_location cost_gbp received_at"
).split()

# Weights 10 to 1 over all ten digits; a valid number divides by 11.
CHECK_SUM = " + ".join(f"(nhs // {10 ** (weight - 1)} % 10) * {weight}" for weight in range(10, 0, -1))

READ = """
create temp view raw as
select * from read_csv(
    '{data}/contacts.csv', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false,
    columns = {columns}, store_rejects = true, rejects_limit = 0
)
"""

TYPED = f"""
create temp table typed as
with parsed as (
    select
        *,
        case when regexp_full_match(nhs_number, '[0-9]{{10}}') then try_cast(nhs_number as bigint) end as nhs,
        try_strptime(contact_date, '%d/%m/%Y')::date as contact_on,
        try_cast(duration_minutes as integer) as minutes,
        try_cast(cost_gbp as decimal(12, 2)) as cost,
        try_cast(received_at as timestamptz) as received
    from raw
)
select
    care_contact_id, nhs_number, contact_on, provider_code, commissioner_code, team_type, attendance_status,
    consultation_mechanism, minutes as duration_minutes, activity_location, cost as cost_gbp, received as received_at,
    case
        when care_contact_id is null or not regexp_full_match(care_contact_id, 'CARECONTACT[0-9]{{15}}') then 'id'
        when nhs is null or ({CHECK_SUM}) % 11 <> 0 then 'check-digit'
        when contact_on is null then 'bad-date'
        when contact_on not between date '2024-04-01' and date '2025-03-31' then 'out-of-window'
        when coalesce(provider_code not in ('R1L', 'RAT', 'RAJ')
            or team_type not in ('06', '17', '23', '26', '32', '33', '38', '45', '58')
            or attendance_status not in ('2', '3', '4', '5', '6', '7')
            or consultation_mechanism not in ('01', '02', '05', '09', '11')
            or activity_location not in ('A01', 'B01', 'C01', 'D02', 'L01')
            or not regexp_full_match(commissioner_code, '[A-Z0-9]{{3,6}}'), true) then 'unknown-code'
        when duration_minutes is not null and (minutes is null or minutes not between 1 and 600) then 'duration'
        when attendance_status in ('5', '6') and minutes is null then 'no-duration'
        when cost is null or cost < 0 then 'cost'
        when received is null then 'received'
    end as rule
from parsed
"""

# Rows that share an identifier: all the same, or not.
REPEATED = """
create temp table repeated as
select
    care_contact_id,
    min(place) as first_row,
    count(*) as n_rows,
    count(distinct (nhs_number, contact_on, provider_code, commissioner_code, team_type, attendance_status,
        consultation_mechanism, duration_minutes, activity_location, cost_gbp, received_at)) as n_kinds
from (
    select rowid as place, * from typed
    where rule is null and care_contact_id in (
        select care_contact_id from typed where rule is null group by care_contact_id having count(*) > 1
    )
) as alike
group by care_contact_id
"""

ACCEPTED = """
copy (
    select typed.* exclude (rule)
    from typed left join repeated using (care_contact_id)
    where typed.rule is null and (repeated.n_kinds is null or (n_kinds = 1 and typed.rowid = first_row))
) to '{output}/contacts.parquet' (format parquet, compression zstd)
"""

REJECTED = """
copy (
    select line as row_number, 'ragged' as rule, csv_line as detail from reject_errors
    union all
    select typed.rowid, coalesce(typed.rule, 'conflicting-key'), care_contact_id
    from typed left join repeated using (care_contact_id)
    where typed.rule is not null or n_kinds > 1
) to '{output}/rejects.csv' (header)
"""


def main():
    data, output = Path(sys.argv[1]), Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    database = duckdb.connect()
    columns = "{" + ", ".join(f"{name}: 'VARCHAR'" for name in COLUMNS) + "}"
    for statement in (READ, TYPED, REPEATED, ACCEPTED, REJECTED):
        for part in ("{data}", data), ("{output}", output), ("{columns}", columns):
            statement = statement.replace(part[0], str(part[1]))
        database.execute(statement)
    seconds = time.perf_counter() - began
    by_rule = dict(database.execute(f"select rule, count(*) from '{output}/rejects.csv' group by rule order by rule").fetchall())
    found = {
        "accepted": database.execute(f"select count(*) from '{output}/contacts.parquet'").fetchone()[0],
        "rejected": sum(by_rule.values()),
        "duplicate": database.execute("select coalesce(sum(n_rows - 1), 0)::bigint from repeated where n_kinds = 1").fetchone()[0],
        "rejected_by_rule": by_rule,
    }
    expected = json.loads((data / "expected.json").read_text())
    wrong = {key: (found[key], expected[key]) for key in found if found[key] != expected[key]}
    print(json.dumps({"seconds": round(seconds, 2), **found}))
    if wrong:
        sys.exit(f"found and expected differ: {wrong}")


if __name__ == "__main__":
    main()
