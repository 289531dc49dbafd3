#!/usr/bin/env python3
"""The Flight SQL door beside ROAPI's, on the same rows, on loopback.

    serve.py --jcw target/release/jcw --work FOLDER [--rows 5000000] [--rounds 3] [--seconds 10] [--tables 200]

Makes a Parquet file of made-up contacts, loads it with jcw as the table
`published.contact` of a small project with one metric, and gives ROAPI the same
file and the same table of metric values. Both servers run at the same time; each
round asks the one and then the other, so that a busy moment of the machine does
not fall on one of them. Every answer is compared: a fast wrong one stops the run.
A third server does nothing (`serve_floor.py`): what it takes is gRPC's and the client's.

jcw is asked by two users: `filtered`, whose role has a row filter on every row
of `contact` (it keeps them all, so that the answers are the same), `plain`, whose
role has none, and the query log is on for both. The last column of the result is
what the filter costs.

Needs roapi, adbc-driver-flightsql, adbc-driver-manager and pyarrow in the Python
that runs this file. Prints Markdown.
"""

import argparse
import multiprocessing
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import adbc_driver_flightsql.dbapi as flightsql
import pyarrow as pa
import pyarrow.parquet as pq

PASSWORD = "correct horse battery staple"
AGGREGATE = (
    "select area_code, count(*) as n, sum(minutes) as minutes from {contact} "
    "where team = 'Speech and language therapy' group by area_code order by area_code"
)
LOOKUP = "select value from {metric_value} where metric_id = 'B01' and area_code = 'E06000033' and period = '2024-07'"
FETCH = "select * from {contact}"
# The server that does nothing.
FLOOR = "floor"

FILES = {
    "pipelines/warehouse.yaml": """
name: Benchmark of serving
lake: ./lake
home_area: E06000033
partners:
  - {id: eput, name: Made-up contacts, organisation: R1L}
""",
    "pipelines/eput/contact.yaml": """
description: Made-up contacts, written by tests/bench/serve.py
owner: Whoever runs the benchmark
contract: eput/contact
files:
  - ./extracts/**/contact.parquet
""",
    "schemas/eput/contact.yaml": """
description: One row for each contact
owner: Whoever runs the benchmark
layout: {format: parquet}
columns:
  - {name: contact_id, type: integer, required: true}
  - {name: area_code, type: organisation_code, required: true}
  - {name: month, type: date, required: true}
  - {name: team, type: text, required: true}
  - {name: minutes, type: integer, required: true, description: Minutes}
  - {name: cost_pence, type: integer, required: true, description: Pence}
""",
    "pipelines/models/staging/contact.sql": """/*
description: One row for each contact
owner: Whoever runs the benchmark
grain: [contact_id]
materialised: view
*/
select contact_id, area_code, month, team, minutes, cost_pence from eput.contact
""",
    "pipelines/models/published/contact.sql": """/*
description: One row for each contact
owner: Whoever runs the benchmark
grain: [contact_id]
*/
select contact_id, area_code, month, team, minutes, cost_pence from staging.contact
""",
    "pipelines/models/metrics/long_contact.sql": """/*
description: Contacts, and long ones, by area and month
owner: Whoever runs the benchmark
grain: [area_code, period]
*/
select
    area_code,
    area_code as area_name,
    'local_authority' as area_level,
    to_char(month, '%Y-%m') as period,
    month as period_start,
    cast(month + interval '1 month' - interval '1 day' as date) as period_end,
    'month' as period_grain,
    'Total' as breakdown_topic,
    'Total' as breakdown,
    count(*) as contacts,
    sum(case when minutes > 60 then 1 else 0 end) as long_contacts
from staging.contact
group by area_code, month
""",
    "pipelines/metrics/B01.yaml": """
id: B01
name: Long contacts
question: How many contacts take more than an hour?
owner: Whoever runs the benchmark
definition: Contacts of more than 60 minutes, divided by all contacts of the month.
cohort: Every contact of the month.
unit: percent
polarity: context
source: Local definition
comparator: none
design: local
caveats: [Made up.]
version: 1
published:
  from: metrics.long_contact
  numerator: long_contacts
  denominator: contacts
  grain: month
""",
    "pipelines/roles.yaml": """
roles:
  - id: plain
    description: Sees every row, without a filter
    reads: [published]
    limits: {time: 600 s, rows: 100000000, memory: 4096 MiB, running: 64, waiting: 64}
  - id: filtered
    description: Sees every row that the filter lets through, which is all
    reads: [published]
    rows:
      published.contact: area_code <> $hidden
    limits: {time: 600 s, rows: 100000000, memory: 4096 MiB, running: 64, waiting: 64}
""",
}


def write(project, files):
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))


def make_contacts(path, rows):
    """The same rows every time."""
    lot = random.Random(33)
    areas = [f"E0600{number:04}" for number in range(1, 151)]
    teams = ["Speech and language therapy", "Occupational therapy", "Physiotherapy", "Hearing", "Community paediatrics"]
    path.parent.mkdir(parents=True, exist_ok=True)
    days = [19723, 19754, 19783, 19814, 19844, 19875, 19905, 19936, 19967, 19997, 20028, 20058]  # First days of months, 2024.
    writer = None
    for first in range(0, rows, 500_000):
        n = min(500_000, rows - first)
        batch = pa.table(
            {
                "contact_id": pa.array(range(first, first + n), pa.int64()),
                "area_code": pa.array(lot.choices(areas, k=n)),
                "month": pa.array(lot.choices(days, k=n), pa.int32()).cast(pa.date32()),
                "team": pa.array(lot.choices(teams, k=n)),
                "minutes": pa.array(lot.choices(range(5, 121), k=n), pa.int64()),
                "cost_pence": pa.array(lot.choices(range(1_000, 20_000), k=n), pa.int64()),
            }
        )
        writer = writer or pq.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_table(batch)
    writer.close()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class StartUp:
    """How long the first answer takes after a start, on a lake with many tables."""

    MODEL = """/*
description: Contacts of month {number}
owner: Whoever runs the benchmark
grain: [area_code, month]
*/
select area_code, month, count(*) as contacts, {number} as model from staging.contact group by area_code, month
"""

    def __init__(self, given):
        self.jcw, self.tables, self.rounds = given.jcw.resolve(), given.tables, given.rounds
        self.project = given.work.resolve() / f"project-of-{given.tables}-tables"

    def run(self, *arguments, **more):
        command = [str(part) for part in [self.jcw, "--project", self.project, *arguments]]
        return subprocess.run(command, cwd=self.project, check=True, text="input" in more or None, **more)

    def prepare(self):
        ready = self.project / "ready"
        if ready.exists():
            return
        shutil.rmtree(self.project, ignore_errors=True)
        write(self.project, FILES)
        write(self.project, {f"pipelines/models/published/month_{number:03}.sql": self.MODEL.format(number=number) for number in range(self.tables)})
        make_contacts(self.project / "extracts" / "contact.parquet", 10_000)
        self.run("run")
        self.run("user", "add", "filtered", "--role", "filtered", "--password-stdin", "--attribute", "hidden=W00000000", input=PASSWORD + "\n")
        ready.touch()

    def measure(self):
        """Milliseconds to the address, to the first answer of a user who logs in, and to all that metadata tells."""
        command = [str(part) for part in [self.jcw, "--project", self.project, "serve", "--postgres-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0", "--flight-addr", "127.0.0.1:0"]]
        found = []
        for _ in range(max(5, self.rounds)):
            began = time.perf_counter()
            with subprocess.Popen(command, cwd=self.project, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
                try:
                    line = next(line for line in server.stdout if line.startswith("flight "))
                    open_ = time.perf_counter()
                    door = (f"grpc://{line.split()[1]}", {"username": "filtered", "password": PASSWORD}, {})
                    rows = ask(door, "select sum(contacts) as n from published.month_007").to_pylist()
                    answered = time.perf_counter()
                    assert rows == [{"n": 10_000}], rows
                    with connect(door) as connection:
                        tables = connection.adbc_get_objects(depth="columns").read_all()
                    told = time.perf_counter()
                    assert str(tables.to_pylist()).count("'table_name': 'month_") == self.tables
                    found.append([1000 * (at - began) for at in (open_, answered, told)])
                finally:
                    server.terminate()
        return [statistics.median(times) for times in zip(*found)]

    def report(self):
        open_, answered, told = self.measure()
        print(f"A lake with {self.tables} published tables: the doors are open {open_:.0f} ms after the start, the first answer is there after {answered:.0f} ms, every table and column has been told after {told:.0f} ms.\n")


class Bench:
    def __init__(self, given):
        self.given, self.jcw = given, given.jcw.resolve()
        self.work = given.work.resolve()
        self.project = self.work / f"project-{given.rows}"
        self.parquet = self.project / "extracts" / "contact.parquet"
        self.metric_value = self.work / f"metric_value-{given.rows}.parquet"
        self.servers = []
        self.results = {}

    def prepare(self):
        ready = self.project / "ready"
        if not ready.exists():
            shutil.rmtree(self.project, ignore_errors=True)
            write(self.project, FILES)
            make_contacts(self.parquet, self.given.rows)
            self.run("run")
            for name in ("plain", "filtered"):
                self.run("user", "add", name, "--role", name, "--password-stdin", "--attribute", "hidden=W00000000", input=PASSWORD + "\n")
            ready.touch()
        with open(self.metric_value, "wb") as file:
            self.run("query", "--format", "parquet", "select * from published.metric_value", stdout=file)

    def run(self, *arguments, **more):
        command = [self.jcw, "--project", self.project, *arguments]
        subprocess.run([str(part) for part in command], cwd=self.project, check=True, text="input" in more or None, **more)

    def start(self):
        command = [self.jcw, "--project", self.project, "serve", "--postgres-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0", "--flight-addr", "127.0.0.1:0"]
        began = time.perf_counter()
        log = open(self.work / "jcw.log", "w")
        server = subprocess.Popen([str(part) for part in command], cwd=self.project, stdout=subprocess.PIPE, stderr=log, text=True)
        self.servers.append(server)
        line = next(line for line in server.stdout if line.startswith("flight "))
        self.doors = {
            name: (f"grpc://{line.split()[1]}", {"username": name, "password": PASSWORD}, {"contact": "published.contact", "metric_value": "published.metric_value"})
            for name in ("filtered", "plain")
        }
        first = ask(self.doors["filtered"], "select 1")
        self.started = time.perf_counter() - began
        assert first.column(0).to_pylist() == [1]
        port, others = free_port(), [free_port(), free_port()]
        roapi = shutil.which("roapi", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        if roapi is None:
            sys.exit("there is no roapi beside this Python; pip install roapi")
        tables = ["--table", f"contact={self.parquet}", "--table", f"metric_value={self.metric_value}"]
        addresses = ["--addr-http", f"127.0.0.1:{others[0]}", "--addr-postgres", f"127.0.0.1:{others[1]}", "--addr-flight-sql", f"127.0.0.1:{port}"]
        log = open(self.work / "roapi.log", "w")
        self.servers.append(subprocess.Popen([roapi, *addresses, *tables], cwd=self.work, stdout=log, stderr=log))
        self.doors["ROAPI"] = (f"grpc://127.0.0.1:{port}", {}, {"contact": "contact", "metric_value": "metric_value"})
        port = free_port()
        floor = [sys.executable, Path(__file__).with_name("serve_floor.py"), port, self.parquet]
        self.servers.append(subprocess.Popen([str(part) for part in floor]))
        self.floor = (f"grpc://127.0.0.1:{port}", {}, self.doors["ROAPI"][2])
        for door, log in ((self.doors["ROAPI"], "see roapi.log in the work folder"), (self.floor, "it said why")):
            for _ in range(600):
                try:
                    ask(door, "select 1")
                    break
                except Exception:
                    time.sleep(0.1)
            else:
                sys.exit(f"the server at {door[0]} does not answer; {log}")

    def stop(self):
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()

    def compare(self):
        """The same answers from all."""
        for sql in (AGGREGATE, LOOKUP, "select count(*) as n, sum(cost_pence) as s from {contact}"):
            answers = {name: [tuple(row.values()) for row in ask(door, sql).to_pylist()] for name, door in self.doors.items()}
            if len({str([tuple(round(float(v), 6) if isinstance(v, (int, float)) else str(v) for v in row) for row in rows]) for rows in answers.values()}) != 1:
                sys.exit(f"the answers to {sql} differ: { {name: rows[:3] for name, rows in answers.items()} }")
            if not answers["ROAPI"]:
                sys.exit(f"there is no answer to {sql}")

    def measure(self):
        for round_ in range(self.given.rounds):
            for name, door in [*self.doors.items(), (FLOOR, self.floor)]:
                note = self.results.setdefault(name, {})
                print(f"round {round_ + 1}: {name}", file=sys.stderr)
                one = latencies(door, "select 1", 300)
                note.setdefault("`select 1`, p50, ms", []).append(1000 * statistics.median(one))
                note.setdefault("`select 1`, p99, ms", []).append(1000 * sorted(one)[int(len(one) * 0.99) - 1])
                if name != FLOOR:
                    note.setdefault("filtered aggregate, ms", []).append(1000 * statistics.median(latencies(door, AGGREGATE, 10)))
                note.setdefault("published metric, ms", []).append(1000 * statistics.median(latencies(door, LOOKUP, 100)))
                note.setdefault("queries a second, 8 connections", []).append(self.throughput(door))
                note.setdefault("full fetch, MB/s", []).append(fetch(door))

    def throughput(self, door):
        with multiprocessing.get_context("spawn").Pool(8) as pool:
            counts = pool.starmap(count, [(door, self.given.seconds)] * 8)
        return sum(counts) / self.given.seconds

    def report(self):
        print(f"{self.given.rows:,} rows; roapi {version('roapi')}, adbc-driver-flightsql {version('adbc-driver-flightsql')}, pyarrow {pa.__version__}.")
        print(f"jcw's first answer came {1000 * self.started:.0f} ms after its start.\n")
        print("| | jcw, row filter and log | jcw, log alone | ROAPI | does nothing | jcw is | the filter costs |\n|---|---:|---:|---:|---:|---:|---:|")
        for what in self.results["ROAPI"]:
            value = {name: statistics.median(found[what]) for name, found in self.results.items() if what in found}
            floor = f"{value[FLOOR]:.1f}" if FLOOR in value else ""
            is_rate = what.endswith("/s") or "second" in what
            better = value["filtered"] / value["ROAPI"] if is_rate else value["ROAPI"] / value["filtered"]
            costs = value["plain"] / value["filtered"] if is_rate else value["filtered"] / value["plain"]
            print(f"| {what} | {value['filtered']:.1f} | {value['plain']:.1f} | {value['ROAPI']:.1f} | {floor} | {better:.1f} times as good | {100 * (costs - 1):.0f} % |")


def connect(door):
    address, login, _ = door
    return flightsql.connect(address, db_kwargs={**login, "adbc.flight.sql.client_option.with_max_msg_size": str(1 << 27)}, autocommit=True)


def ask(door, sql):
    with connect(door) as connection, connection.cursor() as cursor:
        cursor.execute(sql.format(**door[2]))
        return cursor.fetch_arrow_table()


def latencies(door, sql, times):
    """Seconds from asking to the last row, on one connection that is warm."""
    found = []
    with connect(door) as connection, connection.cursor() as cursor:
        for number in range(times + 5):
            began = time.perf_counter()
            cursor.execute(sql.format(**door[2]))
            cursor.fetch_arrow_table()
            if number >= 5:
                found.append(time.perf_counter() - began)
    return found


def count(door, seconds):
    """Lookups that one connection gets answered."""
    answered = 0
    with connect(door) as connection, connection.cursor() as cursor:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            cursor.execute(LOOKUP.format(**door[2]))
            cursor.fetch_arrow_table()
            answered += 1
    return answered


def fetch(door):
    """Megabytes of Arrow a second, of the whole table in batches."""
    with connect(door) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(FETCH.format(**door[2]))
        reader = cursor.fetch_record_batch()
        size = sum(batch.nbytes for batch in reader)
        return size / 1e6 / (time.perf_counter() - began)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jcw", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--tables", type=int, default=200, help="of the lake on which a start is timed")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    start_up = StartUp(given)
    start_up.prepare()
    start_up.report()
    bench = Bench(given)
    bench.prepare()
    try:
        bench.start()
        bench.compare()
        bench.measure()
        bench.report()
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
