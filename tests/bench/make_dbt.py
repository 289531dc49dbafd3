#!/usr/bin/env python3
"""Writes the benchmark's 31 models as a dbt project for DuckDB, from the same
SQL files that jcw builds.

    make_dbt.py OUTPUT_FOLDER CONTACTS_PARQUET [--threads N]

Only table names change: `staging.contact` becomes a `ref`, `eput.contacts` a
`source`. What jcw tests on every build (the grain is unique and not null)
becomes dbt tests; `dbt run` leaves them out, `dbt build` runs them.
"""

import argparse
import re
from pathlib import Path

MODELS = Path(__file__).parent / "project" / "pipelines" / "models"

PROJECT = """
name: contacts
version: "1.0"
profile: contacts
model-paths: [models]
flags: {send_anonymous_usage_stats: false}
models: {contacts: {+materialized: table}}
"""
PROFILE = """
contacts:
  target: bench
  outputs:
    bench: {{type: duckdb, path: "{folder}/contacts.duckdb", threads: {threads}}}
"""
SOURCE = """
sources:
  - name: eput
    config: {{meta: {{external_location: "read_parquet('{parquet}')"}}}}
    tables: [{{name: contacts}}]
"""
GRAIN_TEST = """
{% test one_row_each(model, columns) %}
select {{ columns | join(', ') }}, count(*) as n_rows from {{ model }}
group by {{ columns | join(', ') }} having count(*) > 1
union all
select {{ columns | join(', ') }}, 0 from {{ model }}
where {{ columns | join(' is null or ') }} is null
{% endtest %}
"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("output", type=Path)
    arguments.add_argument("parquet", type=Path)
    arguments.add_argument("--threads", type=int, default=2)
    given = arguments.parse_args()
    folder = given.output.resolve()
    for part in ("models", "macros"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    schema = "version: 2\n" + SOURCE.format(parquet=given.parquet.resolve()) + "models:\n"
    for path in sorted(MODELS.glob("*/*.sql")):
        header, sql = path.read_text().split("*/", 1)
        grain = re.search(r"^grain: (\[.*\])$", header, re.MULTILINE).group(1)
        sql = sql.replace("from staging.contact ", "from {{ ref('contact') }} ")
        sql = sql.replace("from eput.contacts ", "from {{ source('eput', 'contacts') }} ")
        (folder / "models" / path.name).write_text(sql.lstrip())
        schema += f"  - {{name: {path.stem}, data_tests: [{{one_row_each: {{arguments: {{columns: {grain}}}}}}}]}}\n"
    (folder / "models" / "schema.yml").write_text(schema)
    (folder / "macros" / "one_row_each.sql").write_text(GRAIN_TEST.lstrip())
    (folder / "dbt_project.yml").write_text(PROJECT.lstrip())
    (folder / "profiles.yml").write_text(PROFILE.format(folder=folder, threads=given.threads).lstrip())


if __name__ == "__main__":
    main()
