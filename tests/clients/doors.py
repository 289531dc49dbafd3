"""The doors of a running server, each as a client that asks in SQL.

A door gives the rows of an answer as tuples of plain values, or raises `Refused`
with the kind of the refusal: the same word at every door.
"""

import datetime
import decimal
import http.client
import json
import os
import subprocess
import sys
import threading
import traceback

import adbc_driver_flightsql.dbapi as adbc
import adbc_driver_manager
import psycopg
import pyarrow as pa
from adbc_driver_flightsql import DatabaseOptions

# Longer than a server lets anybody wait, in seconds.
PATIENCE = 300

# The codes of each door, by what they mean.
HTTP = {
    400: "wrong", 401: "unauthenticated", 403: "refused", 404: "absent",
    408: "late", 429: "limit", 500: "internal", 501: "unsupported", 503: "limit",
}
SQLSTATES = [
    ("42P01", "absent"), ("42501", "refused"), ("0A", "unsupported"), ("25", "refused"),
    ("28", "unauthenticated"), ("42", "wrong"), ("22", "wrong"), ("53", "limit"), ("57014", "late"),
    ("54", "limit"), ("XX", "internal"),
]
GRPC = [
    ("INVALID_ARGUMENT", "wrong"), ("InvalidArgument", "wrong"), ("NOT_FOUND", "absent"), ("NotFound", "absent"),
    ("PermissionDenied", "refused"), ("UNAUTHORIZED", "refused"), ("Unauthorized", "refused"),
    ("UNAUTHENTICATED", "unauthenticated"), ("Unauthenticated", "unauthenticated"),
    ("NOT_IMPLEMENTED", "unsupported"), ("Unimplemented", "unsupported"),
    ("ResourceExhausted", "limit"), ("TIMEOUT", "late"), ("DeadlineExceeded", "late"), ("INTERNAL", "internal"),
]


class Refused(Exception):
    """Not answered: `kind` says how, `told` what was said."""

    def __init__(self, kind, told):
        super().__init__(f"{kind}: {told}")
        self.kind, self.told = kind, str(told)


def first(table, text, usual):
    return next((kind for start, kind in table if start in text), usual)


class Http:
    """Arrow streams over HTTP, with a token."""

    name = "http"

    def __init__(self, given, user):
        self.connection = http.client.HTTPConnection(given.http, timeout=PATIENCE)
        self.headers = {"authorization": f"Bearer {given.tokens[user]}", "content-type": "application/json"}
        # A server closes a connection on which nothing is asked for a while.
        self.headers["connection"] = "close"

    def table(self, sql):
        body = json.dumps({"sql": sql, "format": "arrow"})
        self.connection.request("POST", "/v1/query", body, self.headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 200:
            told = json.loads(answer)
            raise Refused(HTTP.get(response.status, str(response.status)), told["detail"])
        return pa.ipc.open_stream(answer).read_all()

    def rows(self, sql):
        return tuples(self.table(sql))


class Flight:
    """Flight SQL by ADBC's driver, with a password."""

    name = "flight"

    def __init__(self, given, user):
        options = {
            "username": user,
            "password": given.passwords[user],
            DatabaseOptions.WITH_COOKIE_MIDDLEWARE.value: "true",
            DatabaseOptions.TIMEOUT_QUERY.value: str(PATIENCE),
        }
        self.connection = adbc.connect(f"grpc://{given.flight}", db_kwargs=options, autocommit=True)

    def table(self, sql):
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetch_arrow_table()
        except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
            raise Refused(first(GRPC, str(error), "other"), error) from error

    def schema(self, sql):
        try:
            with self.connection.cursor() as cursor:
                return cursor.adbc_execute_schema(sql)
        except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
            raise Refused(first(GRPC, str(error), "other"), error) from error

    def rows(self, sql):
        return tuples(self.table(sql))


class Postgres:
    """psycopg, with a password by SCRAM; every second answer in binary."""

    name = "postgres"

    def __init__(self, given, user):
        host, port = given.postgres.rsplit(":", 1)
        self.connection = psycopg.connect(
            host=host, port=port, user=user, password=given.passwords[user], dbname="warehouse",
            connect_timeout=PATIENCE, autocommit=True, options=f"-c statement_timeout={PATIENCE}s",
        )
        self.asked = 0

    def rows(self, sql):
        self.asked += 1
        try:
            with self.connection.cursor(binary=self.asked % 2 == 0) as cursor:
                return [tuple(plain(value) for value in row) for row in cursor.execute(sql)]
        except psycopg.Error as error:
            state = error.sqlstate or ""
            kind = next((kind for start, kind in SQLSTATES if state.startswith(start)), "other")
            raise Refused(kind, f"{state} {error}") from error


class CommandLine:
    """`jcw query --as`, which has no codes: what it says on standard error is all."""

    name = "command line"

    def __init__(self, given, user):
        self.given, self.user = given, user

    def rows(self, sql):
        command = [self.given.jcw, "query", "--as", self.user, "--format", "json", sql]
        environment = {**os.environ, "JCW_IDENTITY_KEY": self.given.key}
        ran = subprocess.run(
            command, cwd=self.given.project, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
        if ran.returncode:
            raise Refused("not answered", ran.stderr.rpartition("error: ")[2])
        return json.loads(ran.stdout, parse_float=decimal.Decimal)


DOORS = [Http, Flight, Postgres, CommandLine]


def tuples(table):
    columns = [column.to_pylist() for column in table.columns]
    return [tuple(plain(value) for value in row) for row in zip(*columns)]


def plain(value):
    """A value without what only one client makes of it."""
    if isinstance(value, bool) or value is None or isinstance(value, (str, bytes, float)):
        return value
    if isinstance(value, int):
        return decimal.Decimal(value)
    if isinstance(value, decimal.Decimal):
        return value
    if isinstance(value, datetime.datetime):
        value = value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)
        return value.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return tuple(plain(one) for one in value)
    return str(value)


def from_json(rows, schema):
    """JSON's rows, as those of the other doors: JSON does not know a date from a text."""
    return [tuple(of_type(row.get(field.name), field.type) for field in schema) for row in rows]


def of_type(value, kind):
    if value is None:
        return None
    if pa.types.is_floating(kind):
        return float(value)
    if pa.types.is_decimal(kind):
        return decimal.Decimal(value)
    if pa.types.is_timestamp(kind):
        return plain(datetime.datetime.fromisoformat(value))
    if pa.types.is_list(kind):
        return tuple(of_type(one, kind.value_type) for one in value)
    return plain(value)


class Given:
    """What the test tells on the command line, as JSON."""

    def __init__(self, text):
        self.__dict__.update(json.loads(text))


def together(works):
    """Runs them at once, each in a thread of its own; the first failure is raised."""
    failures = []

    def run(work):
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def ends(main):
    """Runs it, and ends at once: Arrow's threads sometimes abort an interpreter that
    ends in its own time, which is not ours to test."""
    try:
        main()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)
