#!/usr/bin/env python3
"""Writes the project's own models as a dbt project for DuckDB, over the source
tables of a lake, so that the two can be timed beside each other.

    pathway_dbt.py OUTPUT_FOLDER --jcw JCW --project PROJECT --lake LAKE

Only table names change: a model becomes a `ref`; source tables and seeds are
exported once to Parquet by `jcw query` and are views in DuckDB. The grain that
jcw tests on every build becomes a dbt test: `dbt run` leaves it out, `dbt build`
runs it.
"""

import argparse
import json
import re
import subprocess
from pathlib import Path

LAYERS = ("staging", "core", "metrics")
PROJECT = """
name: pathway
version: "1.0"
profile: pathway
model-paths: [models]
macro-paths: [macros]
flags: {{send_anonymous_usage_stats: false}}
models: {{pathway: {{+materialized: table}}}}
on-run-start: {hooks}
"""
PROFILE = """
pathway:
  target: bench
  outputs:
    bench: {{type: duckdb, path: "{folder}/pathway.duckdb", threads: {threads}, settings: {{memory_limit: "{memory}"}}}}
"""
SCHEMA_NAME = """
{% macro generate_schema_name(custom_schema_name, node) %}{{ custom_schema_name or target.schema }}{% endmacro %}
"""
GRAIN_TEST = """
{% test one_row_each(model, columns) %}
select {{ columns | join(', ') }}, count(*) as n_rows from {{ model }}
group by {{ columns | join(', ') }} having count(*) > 1
{% endtest %}
"""
# What the two dialects say differently of the same thing.
SAID_OTHERWISE = [
    # A division of whole numbers is whole.
    (re.compile(r" / (12|3)\b(?!\.)"), r" // \1"),
    (re.compile(r"\bclock\.days\b"), "cast(clock.days as integer)"),
    (re.compile(r"\bfirst_value\("), "first("),
    (re.compile(r"\bpercentile_cont\(([^,()]+),\s*([0-9.]+)\)"), r"quantile_cont(\1, \2)"),
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("output", type=Path)
    arguments.add_argument("--jcw", type=Path, required=True)
    arguments.add_argument("--project", type=Path, required=True)
    arguments.add_argument("--lake", type=Path, required=True)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--memory", default="4GB")
    given = arguments.parse_args()
    folder = given.output.resolve()
    for part in ("models", "macros", "sources"):
        (folder / part).mkdir(parents=True, exist_ok=True)

    models = {}
    for path in sorted((given.project / "pipelines/models").glob("*/*.sql")):
        if path.parent.name in LAYERS:
            models[f"{path.parent.name}.{path.stem}"] = path
    sources = export(given, folder / "sources", models)
    leave_out(models, sources)
    schema = "version: 2\nmodels:\n"
    for name, path in models.items():
        header, sql = path.read_text().split("*/", 1)
        layer = path.parent.name
        for wanted, instead in SAID_OTHERWISE:
            sql = wanted.sub(instead, sql)
        sql = re.sub(
            r"\b(from|join)\s+((?:%s)\.\w+)" % "|".join(LAYERS),
            lambda found: f"{found[1]} {{{{ ref('{found[2].replace('.', '__')}') }}}}" if found[2] in models else found[0],
            sql,
        )
        config = f"{{{{ config(schema='{layer}', alias='{path.stem}') }}}}\n"
        (folder / "models" / f"{layer}__{path.stem}.sql").write_text(config + sql.lstrip())
        grain = re.search(r"^grain: (\[.*?\])$", header, re.MULTILINE | re.DOTALL)
        if grain:
            schema += f"  - {{name: {layer}__{path.stem}, data_tests: [{{one_row_each: {{arguments: {{columns: {grain.group(1)}}}}}}}]}}\n"
    (folder / "models" / "schema.yml").write_text(schema)
    (folder / "macros" / "names.sql").write_text(SCHEMA_NAME)
    (folder / "macros" / "one_row_each.sql").write_text(GRAIN_TEST)
    hooks = [f"create schema if not exists {name}" for name in sorted({table.split(".")[0] for table in sources})]
    hooks += [f"create or replace view {table} as select * from read_parquet('{path}')" for table, path in sources.items()]
    (folder / "dbt_project.yml").write_text(PROJECT.format(hooks=json.dumps(hooks)).lstrip())
    (folder / "profiles.yml").write_text(
        PROFILE.format(folder=folder, threads=given.threads, memory=given.memory).lstrip()
    )
    print(f"{len(models)} models over {len(sources)} tables")


def reads(path):
    sql = re.sub(r"--.*", "", path.read_text().split("*/", 1)[1])
    return set(re.findall(r"\b(?:from|join)\s+([a-z_]+\.[a-z_0-9]+)", sql))


def leave_out(models, sources):
    """Models over tables that were never loaded, which jcw makes without rows."""
    while lacking := {name for name, path in models.items() if reads(path) - set(models) - set(sources)}:
        for name in lacking:
            del models[name]


def export(given, folder, models):
    """Every table that a model reads, no model makes, and the lake has."""
    read = set().union(*map(reads, models.values()))
    sources = {}
    for table in sorted(read - set(models)):
        target = folder / f"{table}.parquet"
        query = [given.jcw, "query", f"select * from {table}", "--format", "parquet"]
        with target.open("wb") as out:
            asked = subprocess.run([*query, "--project", given.project, "--lake", given.lake], stdout=out)
        if asked.returncode == 0:
            sources[table] = target
    return sources


if __name__ == "__main__":
    main()
