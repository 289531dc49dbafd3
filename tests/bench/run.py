#!/usr/bin/env python3
"""Runs the two benchmarks side by side on this machine and prints Markdown.

    run.py --jcw target/release/jcw --work FOLDER [--rounds 3] [--only ingest|build]

Each round runs every program once, one after the other, so that a busy moment
of the machine does not fall on one of them. Times are of the whole process from
start to end; memory is its largest resident size. The page cache is warm for
all: the extract is read through once before the first round.

Needs (see README.md) duckdb, polars, dbt-core and dbt-duckdb in the Python that
runs this file.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent


def measured(command, environment=None, accept=(0,)):
    """Seconds and MiB of a command; its output is shown when it fails."""
    log = open("last-command.log", "w+")
    # What the program before has not written to disk yet is not this one's burden.
    os.sync()
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command], stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accept:
        log.seek(0)
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{log.read()[-4000:]}")
    # Linux tells kibibytes, macOS bytes.
    mib = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
    return seconds, mib


class Bench:
    def __init__(self, given):
        self.jcw, self.rounds = given.jcw.resolve(), given.rounds
        self.work = given.work.resolve()
        self.data = self.work / "data"
        self.results = {}
        self.work.mkdir(parents=True, exist_ok=True)
        os.chdir(self.work)
        if not (self.data / "expected.json").exists():
            subprocess.run([sys.executable, HERE / "make_contacts.py", self.data, "--rows", str(given.rows)], check=True)
        self.expected = json.loads((self.data / "expected.json").read_text())
        # The same project without its models: pulling and checking alone.
        self.ingest_project = self.work / "ingest-project"
        shutil.rmtree(self.ingest_project, ignore_errors=True)
        shutil.copytree(HERE / "project", self.ingest_project, ignore=shutil.ignore_patterns("models"))

    def note(self, name, seconds_and_mib):
        self.results.setdefault(name, []).append(seconds_and_mib)
        print(f"{name}: {seconds_and_mib[0]:.2f} s, {seconds_and_mib[1]:.0f} MiB", file=sys.stderr)

    def fresh(self, name):
        shutil.rmtree(self.work / name, ignore_errors=True)
        return self.work / name

    def run_jcw(self, lake, *arguments, project=None):
        command = [self.jcw, "--project", project or self.ingest_project, "--lake", lake, *arguments]
        # 4: published, with some rows or files held back.
        return measured(command, {"JCW_SOURCES": str(self.data)}, accept=(0, 4))

    def check_jcw(self, lake):
        question = (
            "select received, accepted, rejected, duplicate, (select count(*) from eput.contacts) as in_table "
            "from jcw.extract"
        )
        command = [self.jcw, "--project", self.ingest_project, "--lake", lake, "query", "--format", "csv", question]
        answer = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout
        found = [int(count) for count in answer.split()[-1].split(",")]
        counts = [self.expected[name] for name in ("received", "accepted", "rejected", "duplicate", "accepted")]
        if found != counts:
            sys.exit(f"jcw counted {found} rows, expected {counts}")

    def ingest(self):
        with open(self.data / "contacts.csv", "rb") as file:
            while file.read(1 << 24):
                pass
        for _ in range(self.rounds):
            lake = self.fresh("lake")
            self.note("jcw run", self.run_jcw(lake, "run"))
            self.check_jcw(lake)
            for name, script in (("DuckDB, same checks", "duckdb"), ("Polars, no checks", "polars")):
                output = self.fresh(script)
                self.note(name, measured([sys.executable, HERE / f"ingest_{script}.py", self.data, output]))

    def build(self):
        parquet = self.work / "duckdb" / "contacts.parquet"
        if not parquet.exists():
            measured([sys.executable, HERE / "ingest_duckdb.py", self.data, parquet.parent])
        loaded = self.work / "lake"
        if not loaded.exists():
            self.run_jcw(loaded, "run")
        dbt = [Path(sys.executable).parent / "dbt", "--quiet"]
        for _ in range(self.rounds):
            lake = self.fresh("lake-build")
            shutil.copytree(loaded, lake)
            project = HERE / "project"
            self.note("jcw build", self.run_jcw(lake, "build", project=project))
            self.note("jcw build, nothing changed", self.run_jcw(lake, "build", project=project))
            for name, command in (("dbt run", "run"), ("dbt build (with the tests jcw always runs)", "build")):
                folder = self.fresh("dbt")
                subprocess.run([sys.executable, HERE / "make_dbt.py", folder, parquet], check=True)
                self.note(name, measured([*dbt, command, "--project-dir", folder, "--profiles-dir", folder]))

    def table(self, names, baseline):
        lines = ["| | median s | all s | peak MiB | jcw is |", "|---|---:|---|---:|---:|"]
        own = statistics.median(seconds for seconds, _ in self.results[baseline])
        for name in names:
            times = [seconds for seconds, _ in self.results[name]]
            peak = max(mib for _, mib in self.results[name])
            middle = statistics.median(times)
            ratio = "" if name == baseline else f"{own / middle:.2f} of it"
            every = ", ".join(f"{seconds:.2f}" for seconds in times)
            lines.append(f"| {name} | {middle:.2f} | {every} | {peak:.0f} | {ratio} |")
        return "\n".join(lines)


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "dbt-core", "dbt-duckdb"))
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}; {packages}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--jcw", type=Path, required=True)
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--rows", type=int, default=5_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", choices=["ingest", "build"])
    given = arguments.parse_args()
    bench = Bench(given)
    print(f"Machine: {machine()}; {bench.expected['received']:,} rows.\n")
    if given.only != "build":
        bench.ingest()
        print("One CSV into zstd Parquet\n")
        print(bench.table(["jcw run", "DuckDB, same checks", "Polars, no checks"], "jcw run"), "\n")
    if given.only != "ingest":
        bench.build()
        names = ["jcw build", "jcw build, nothing changed", "dbt run", "dbt build (with the tests jcw always runs)"]
        print("One staging table over it and 30 monthly aggregates\n")
        print(bench.table(names, "jcw build"))


if __name__ == "__main__":
    main()
