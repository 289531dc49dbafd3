"""Real Flight SQL clients against a running server.

    python flight.py SERVER OTHER_SERVER SHORT_SERVER HTTP

Three servers of one lake and one key, and where the first one tells of itself; the
tickets of the last one last a second.
Users ann and bob are commissioners with the passwords below. Prints a line for
each call, `client | call | outcome`, and ends with 1 if one was not as expected.
"""

import os
import sys
import threading
import time
import warnings

import adbc_driver_flightsql.dbapi as adbc
import adbc_driver_manager
import pandas
import polars
import pyarrow as pa
import pyarrow.flight as flight
from adbc_driver_flightsql import ConnectionOptions, DatabaseOptions, StatementOptions
from flight_sql import command, fields, message
from report import DIGITS, LONG, does, failed
from waiting import PATIENCE, becomes, cancelled

SERVER, OTHER, SHORT, HTTP = sys.argv[1:]
PASSWORDS = {"ann": "correct horse battery ann", "bob": "correct horse battery bob"}
TABLE = "published.metric_value"
# A call of each function that SqlInfo names.
CALLS = {
    **{name: f"{name}(0.5)" for name in "ABS ACOS ASIN ATAN CEIL COS COT DEGREES EXP FLOOR".split()},
    **{name: f"{name}(0.5)" for name in "LOG10 RADIANS ROUND SIN SQRT TAN".split()},
    **{name: f"{name}('a')" for name in "ASCII CHARACTER_LENGTH CHAR_LENGTH LENGTH LOWER".split()},
    **{name: f"{name}('a')" for name in "LTRIM OCTET_LENGTH REVERSE RTRIM TRIM UPPER".split()},
    **{name: f"{name}('ab', 'c')" for name in ["CONCAT", "COALESCE", "NULLIF"]},
    **{name: f"{name}(2, 3)" for name in ["ATAN2", "POWER"]},
    **{name: f"{name}('abc', 2)" for name in ["LEFT", "RIGHT"]},
    **{name: f"{name}()" for name in ["PI", "NOW", "CURRENT_DATE", "CURRENT_TIME"]},
    "POSITION": "position('b' in 'abc')",
    "REPLACE": "replace('abc', 'b', 'x')",
    "SUBSTRING": "substring('abc' from 2 for 1)",
    "EXTRACT": "extract(year from date '2026-07-01')",
}


def refused(expected, function):
    """What is refused has to be refused with the right code."""
    try:
        function()
    except Exception as error:
        text = f"{type(error).__name__} {error}"
        assert expected.lower().replace("_", "") in text.lower().replace("_", ""), text
        return f"refused: {expected}"
    raise AssertionError(f"was not refused with {expected}")


class Cookies(flight.ClientMiddlewareFactory):
    """Keeps cookies, as the drivers for JDBC and ODBC do."""

    def __init__(self):
        self.jar = {}

    def start_call(self, info):
        factory = self

        class Middleware(flight.ClientMiddleware):
            def sending_headers(self):
                return {"cookie": "; ".join(f"{k}={v}" for k, v in factory.jar.items())} if factory.jar else {}

            def received_headers(self, headers):
                for cookie in headers.get("set-cookie", []):
                    name, value = cookie.split(";")[0].split("=", 1)
                    factory.jar.pop(name, None)
                    if value:
                        factory.jar[name] = value

        return Middleware()


class Raw:
    """Calls of Flight as they are, for one user."""

    def __init__(self, server=SERVER, user="ann"):
        self.cookies = Cookies()
        self.client = flight.FlightClient(f"grpc://{server}", middleware=[self.cookies])
        header = self.client.authenticate_basic_token(user, PASSWORDS[user])
        self.options = flight.FlightCallOptions(headers=[header], timeout=120)

    def info(self, body):
        return self.client.get_flight_info(flight.FlightDescriptor.for_command(body), self.options)

    def schema(self, body):
        return self.client.get_schema(flight.FlightDescriptor.for_command(body), self.options).schema

    def get(self, ticket):
        # Not read_all, which takes a cancelled query for Ctrl-C.
        reader, batches = self.client.do_get(ticket, self.options), []
        schema = reader.schema
        try:
            while True:
                batches.append(reader.read_chunk().data)
        except StopIteration:
            return pa.Table.from_batches(batches, schema)

    def ask(self, body):
        """Info and answer; the promised schema has to be the streamed one."""
        info = self.info(body)
        table = self.get(info.endpoints[0].ticket)
        assert info.schema.equals(table.schema, check_metadata=True), (info.schema, table.schema)
        assert self.schema(body).equals(table.schema), body
        assert info.endpoints[0].locations == [], info.endpoints[0].locations
        return table

    def query(self, sql):
        return self.ask(command("CommandStatementQuery", (1, sql)))

    def act(self, name, body=b""):
        results = self.client.do_action(flight.Action(name, body), self.options)
        return [result.body.to_pybytes() for result in results]


def connect(user="ann", server=SERVER, **more):
    options = {
        "username": user,
        "password": PASSWORDS[user],
        DatabaseOptions.WITH_COOKIE_MIDDLEWARE.value: "true",
        **more,
    }
    return adbc.connect(f"grpc://{server}", db_kwargs=options, autocommit=True)


# ADBC's driver, through Python's DBAPI.


def adbc_calls():
    client = "ADBC"
    connection = connect()
    cursor = connection.cursor()

    @does(client, "Handshake")
    def _():
        assert cursor.execute("select 1").fetchall() == [(1,)]

    @does(client, "GetFlightInfo, DoGet of a statement")
    def _():
        cursor.execute(f"select * from {TABLE}")
        assert cursor.fetch_arrow_table().num_rows > 0

    @does(client, "GetSchema of a statement")
    def _():
        promised = cursor.adbc_execute_schema(f"select * from {TABLE}")
        cursor.execute(f"select * from {TABLE}")
        assert promised.equals(cursor.fetch_arrow_table().schema)

    @does(client, "CommandGetSqlInfo")
    def _():
        assert connection.adbc_get_info()["vendor_name"] == "jcw"

    for depth, call in [
        ("catalogs", "CommandGetCatalogs"),
        ("db_schemas", "CommandGetDbSchemas"),
        ("tables", "CommandGetTables"),
        ("all", "CommandGetTables with columns"),
    ]:

        @does(client, call)
        def _():
            catalogs = connection.adbc_get_objects(depth=depth).read_all().to_pylist()
            assert [c["catalog_name"] for c in catalogs] == ["warehouse"], catalogs
            if depth == "catalogs":
                return
            schemas = catalogs[0]["catalog_db_schemas"]
            assert [s["db_schema_name"] for s in schemas] == ["published"], schemas
            if depth == "db_schemas":
                return
            tables = {t["table_name"]: t for t in schemas[0]["db_schema_tables"]}
            assert "metric_value" in tables, tables
            if depth == "tables":
                return
            columns = {c["column_name"]: c for c in tables["metric_value"]["table_columns"]}
            assert columns["metric_id"]["xdbc_type_name"] == "VARCHAR", columns
            assert columns["metric_id"]["xdbc_is_autoincrement"] is False, columns

    @does(client, "CommandGetTableTypes")
    def _():
        assert connection.adbc_get_table_types() == ["TABLE", "VIEW"]

    @does(client, "Prepared query")
    def _():
        assert cursor.adbc_prepare("select 1 as one") is None or True
        assert cursor.execute("select 1 as one").fetchall() == [(1,)]

    @does(client, "Parameters")
    def _():
        cursor.execute("select $2 || '-' || $1 as both", ("one", "two"))
        assert cursor.fetchall() == [("two-one",)]
        places = ", ".join(f"${place}" for place in range(1, 13))
        cursor.execute(f"select {places}", tuple(str(place) for place in range(1, 13)))
        assert cursor.fetchall() == [tuple(str(place) for place in range(1, 13))]
        cursor.execute("select ? + 1, '?' || ?", (41, "x"))
        assert cursor.fetchall() == [(42, "?x")]

    @does(client, "Types of parameters")
    def _():
        schema = cursor.adbc_prepare(f"select * from {TABLE} where metric_id = $1 and 1 + $2 = 3")
        assert [str(field.type) for field in schema] == ["string", "int64"], schema

    @does(client, "Many rows of parameters")
    def _():
        rows = pa.table({"a": [3, 1, 2], "b": ["c", "a", "b"]})
        cursor.execute("select $1 as a, $2 as b", rows)
        got = cursor.fetch_arrow_table().to_pylist()
        assert [(int(row["a"]), row["b"]) for row in got] == [(3, "c"), (1, "a"), (2, "b")], got

    @does(client, "Too many rows of parameters")
    def _():
        rows = pa.table({"a": list(range(20_000))})
        return refused("RESOURCE_EXHAUSTED", lambda: cursor.execute("select $1 + 1", rows))

    @does(client, "ExecutePartitions")
    def _():
        partitions, schema = cursor.adbc_execute_partitions("select 7 as seven")
        assert schema.names == ["seven"] and len(partitions) == 1
        # A partition may be read by another connection of the same person.
        other = connect().cursor()
        other.adbc_read_partition(partitions[0])
        assert other.fetchall() == [(7,)]
        other.close()

    @does(client, "PollFlightInfo")
    def _():
        poll = connection.cursor()
        poll.adbc_statement.set_options(**{"adbc.statement.exec.incremental": "true"})
        poll.adbc_statement.set_sql_query("select 7 as seven")
        partitions, schema, _ = poll.adbc_statement.execute_partitions()
        assert len(partitions) == 1, partitions
        poll.adbc_read_partition(partitions[0])
        assert poll.fetchall() == [(7,)]
        poll.close()

    @does(client, "Cancel")
    def _():
        long = connection.cursor()
        with cancelled(long.adbc_cancel):
            outcome = refused("CANCELLED", lambda: (long.execute(LONG), long.fetchall()))
        assert cursor.execute("select 2").fetchall() == [(2,)]
        return "works" if outcome else None

    @does(client, "Session options")
    def _():
        own = connect()
        prefix = ConnectionOptions.OPTION_SESSION_OPTION_PREFIX.value
        handle = own.adbc_connection
        handle.set_options(**{prefix + "purpose": "annual review"})
        assert handle.get_option(prefix + "purpose") == "annual review"
        assert handle.get_option(prefix + "catalog") == "warehouse"
        release = handle.get_option(prefix + "release")
        handle.set_options(**{prefix + "release": release})
        refused("", lambda: handle.set_options(**{prefix + "release": "r99999999"}))
        # Which others there are, `flight_schema.py` tries.
        handle.set_options(**{"adbc.connection.db_schema": "published"})
        other = lambda: handle.set_options(**{"adbc.connection.db_schema": "core"})
        assert refused('there is no schema "core"', other)
        assert own.cursor().execute("select 1").fetchall() == [(1,)]

    @does(client, "Release by header")
    def _():
        header = DatabaseOptions.RPC_CALL_HEADER_PREFIX.value + "x-jcw-release"
        connect(**{header: "1"}).cursor().execute("select 1")
        gone = lambda: connect(**{header: "99999"}).cursor().execute("select 1")
        assert refused("NOT_FOUND", gone)

    @does(client, "Bulk fetch")
    def _():
        # Rows wide and narrow, 60 MB of them: more than one message may hold.
        wide = "case when f.n = 7 then '" + "x" * 60_000 + "' else 'x' end"
        cursor.execute(DIGITS + f"select a.n, {wide} as text from d a, d b, d c, d f")
        rows = largest = 0
        for batch in cursor.fetch_record_batch():
            rows, largest = rows + batch.num_rows, max(largest, batch.nbytes)
        assert rows == 10_000 and largest < 16 << 20, (rows, largest)

    @does(client, "Update")
    def _():
        update = connection.cursor()
        update.adbc_statement.set_sql_query(f"delete from {TABLE}")
        return refused("PermissionDenied", update.adbc_statement.execute_update)

    @does(client, "Ingest")
    def _():
        rows = pa.table({"a": [1]})
        return refused("PermissionDenied", lambda: cursor.adbc_ingest("a_table", rows))

    @does(client, "Transaction")
    def _():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            option = {"adbc.connection.autocommit": "false"}
            return refused("NOT_IMPLEMENTED", lambda: connection.adbc_connection.set_options(**option))

    for sql, call, code in [
        ("selec 1", "SQL that is none", "INVALID_ARGUMENT"),
        (f"select nope from {TABLE}", "A column that is not there", "INVALID_ARGUMENT"),
        ("select * from published.nope", "A table that is not there", "NOT_FOUND"),
        ("select * from jcw.run", "A table without right", "NOT_FOUND"),
        (f"delete from {TABLE}", "DELETE", "PermissionDenied"),
        ("create table t as select 1", "CREATE TABLE", "PermissionDenied"),
    ]:

        @does(client, call)
        def _():
            return refused(code, lambda: cursor.execute(sql))

    @does(client, "A wrong password")
    def _():
        wrong = {"username": "ann", "password": "wrong"}
        return refused("UNAUTHENTICATED", lambda: adbc.connect(f"grpc://{SERVER}", db_kwargs=wrong).cursor().execute("select 1"))

    cursor.close()


# Flight itself, with pyarrow: each call as it is on the wire.


def raw_calls():
    client = "pyarrow"
    raw, bob = Raw(), Raw(user="bob")

    @does(client, "Handshake")
    def _():
        assert raw.query("select 1 as one").to_pylist() == [{"one": 1}]

    @does(client, "Handshake, the first kind")
    def _():
        class Basic(flight.ClientAuthHandler):
            token = None

            def authenticate(self, outgoing, incoming):
                outgoing.write(flight.BasicAuth("ann", PASSWORDS["ann"]).serialize())
                self.token = incoming.read()

            def get_token(self):
                return self.token

        own = flight.FlightClient(f"grpc://{SERVER}")
        own.authenticate(Basic())
        assert len(list(own.list_actions())) > 0

    @does(client, "GetFlightInfo, DoGet of a statement")
    def _():
        assert raw.query(f"select * from {TABLE}").num_rows > 0

    for name, rows, *asked in [
        ("CommandGetCatalogs", 1),
        ("CommandGetDbSchemas", 1),
        ("CommandGetTables", 2),
        ("CommandGetTableTypes", 2),
        ("CommandGetXdbcTypeInfo", 14),
        ("CommandGetPrimaryKeys", None, (3, "metric_value")),
        ("CommandGetImportedKeys", None, (3, "metric_value")),
        ("CommandGetExportedKeys", None, (3, "metric_definition")),
        ("CommandGetCrossReference", None, (3, "metric_definition"), (6, "metric_value")),
        ("CommandGetSqlInfo", 89),
    ]:

        @does(client, name)
        def _():
            table = raw.ask(command(name, *asked))
            assert rows is None or table.num_rows >= rows, table

    @does(client, "GetSchema of a statement")
    def _():
        assert raw.schema(command("CommandStatementQuery", (1, "select 1 as one"))).names == ["one"]

    @does(client, "A table by its path")
    def _():
        descriptor = flight.FlightDescriptor.for_path("published", "metric_value")
        info = raw.client.get_flight_info(descriptor, raw.options)
        table = raw.get(info.endpoints[0].ticket)
        assert table.equals(raw.query(f"select * from {TABLE}"))
        assert raw.client.get_schema(descriptor, raw.options).schema.equals(table.schema)

    @does(client, "ListFlights")
    def _():
        names = [b"/".join(info.descriptor.path) for info in raw.client.list_flights(b"", raw.options)]
        assert b"published/metric_value" in names, names
        some = list(raw.client.list_flights(b"published.metric_v%", raw.options))
        assert len(some) == 1 and raw.get(some[0].endpoints[0].ticket).num_rows > 0

    @does(client, "ListActions")
    def _():
        names = {action.type for action in raw.client.list_actions(raw.options)}
        assert names == {
            "CreatePreparedStatement",
            "ClosePreparedStatement",
            "CancelFlightInfo",
            "CancelQuery",
            "RenewFlightEndpoint",
            "SetSessionOptions",
            "GetSessionOptions",
            "CloseSession",
        }, names

    @does(client, "A second server of the project")
    def _():
        info = raw.info(command("CommandStatementQuery", (1, "select 5 as five")))
        # The token too is good there.
        other = flight.FlightClient(f"grpc://{OTHER}")
        table = other.do_get(info.endpoints[0].ticket, raw.options).read_all()
        assert table.to_pylist() == [{"five": 5}]

    @does(client, "A borrowed ticket")
    def _():
        info = raw.info(command("CommandStatementQuery", (1, "select 5 as five")))
        return refused("Unauthenticated", lambda: bob.get(info.endpoints[0].ticket))

    @does(client, "A forged ticket")
    def _():
        info = raw.info(command("CommandStatementQuery", (1, "select 5 as five")))
        ticket = bytearray(info.endpoints[0].ticket.ticket)
        ticket[-5] ^= 1
        outcome = refused("Unauthenticated", lambda: raw.get(flight.Ticket(bytes(ticket))))
        made_up = command("TicketStatementQuery", (1, b"x" * 100))
        refused("Unauthenticated", lambda: raw.get(flight.Ticket(made_up)))
        return outcome

    @does(client, "An expired ticket")
    def _():
        short = Raw(SHORT)
        info = short.info(command("CommandStatementQuery", (1, "select 5 as five")))
        time.sleep(2.1)
        return refused("expired", lambda: short.get(info.endpoints[0].ticket))

    @does(client, "RenewFlightEndpoint")
    def _():
        info = raw.info(command("CommandStatementQuery", (1, "select 5 as five")))
        endpoint = info.endpoints[0].serialize()
        (renewed,) = raw.act("RenewFlightEndpoint", message((1, endpoint)))
        ticket = flight.Ticket(fields(fields(renewed)[1][0])[1][0])
        assert raw.get(ticket).to_pylist() == [{"five": 5}]
        refused("Unauthenticated", lambda: bob.act("RenewFlightEndpoint", message((1, endpoint))))

    @does(client, "CancelFlightInfo")
    def _():
        info = raw.info(command("CommandStatementQuery", (1, LONG)))
        ended = []

        def fetch():
            try:
                raw.get(info.endpoints[0].ticket)
                ended.append("an answer")
            except Exception as error:
                ended.append(type(error).__name__)

        running = threading.Thread(target=fetch)
        running.start()
        becomes(HTTP, "jcw_running 1")
        refused("Unauthenticated", lambda: bob.act("CancelFlightInfo", message((1, info.serialize()))))
        (result,) = raw.act("CancelFlightInfo", message((1, info.serialize())))
        assert fields(result)[1] == [1], result
        running.join(PATIENCE)
        assert ended == ["FlightCancelledError"], ended
        # One that has ended cannot be cancelled any more.
        (result,) = raw.act("CancelFlightInfo", message((1, info.serialize())))
        assert fields(result)[1] == [3], result

    @does(client, "CancelQuery")
    def _():
        info = raw.info(command("CommandStatementQuery", (1, LONG)))
        (result,) = raw.act("CancelQuery", command("ActionCancelQueryRequest", (1, info.serialize())))
        assert fields(fields(result)[2][0])[1] == [1], result
        assert refused("Cancelled", lambda: raw.get(info.endpoints[0].ticket))

    @does(client, "Session options")
    def _():
        own = Raw()
        asked = message((1, message((1, "purpose"), (2, message((1, "annual review"))))))
        asked += message((1, message((1, "colour"), (2, message((1, "red"))))))
        (result,) = own.act("SetSessionOptions", asked)
        (error,) = fields(result)[1]
        assert fields(error)[1] == [b"colour"] and fields(fields(error)[2][0])[1] == [1], result
        (result,) = own.act("GetSessionOptions")
        told = {fields(o)[1][0]: fields(fields(o)[2][0])[1][0] for o in fields(result)[1]}
        assert told[b"purpose"] == b"annual review", told
        assert (told[b"catalog"], told[b"schema"]) == (b"warehouse", b"published"), told
        for name, said in [("schema", "there is no schema"), ("catalog", "can only be")]:
            core = message((1, message((1, name), (2, message((1, "core"))))))
            refused(said, lambda: own.act("SetSessionOptions", core))
        # Somebody else gets nothing out of the cookie.
        thief = Raw(user="bob")
        thief.cookies.jar = dict(own.cookies.jar)
        (result,) = thief.act("GetSessionOptions")
        assert b"annual review" not in result

    @does(client, "CloseSession")
    def _():
        own = Raw()
        own.act("SetSessionOptions", message((1, message((1, "purpose"), (2, message((1, "x")))))))
        assert own.cookies.jar
        (result,) = own.act("CloseSession")
        assert fields(result)[1] == [1] and not own.cookies.jar

    for name, code, asked in [
        ("CommandStatementSubstraitPlan", "unimplemented", (1, b"")),
        ("CommandStatementUpdate", "Unauthorized", (1, "delete from t")),
        ("CommandStatementIngest", "Unauthorized", (2, "t")),
    ]:

        @does(client, name)
        def _():
            body = command(name, asked)

            def put():
                descriptor = flight.FlightDescriptor.for_command(body)
                writer, reader = raw.client.do_put(descriptor, pa.schema([]), raw.options)
                writer.done_writing()
                reader.read()
                writer.close()

            return refused({"unimplemented": "NotImplemented"}.get(code, code), put)

    for name, body in [
        ("BeginTransaction", command("ActionBeginTransactionRequest")),
        ("BeginSavepoint", command("ActionBeginSavepointRequest")),
        ("CreatePreparedSubstraitPlan", command("ActionCreatePreparedSubstraitPlanRequest")),
    ]:

        @does(client, name)
        def _():
            return refused("NotImplemented", lambda: raw.act(name, body))

    @does(client, "Calls without a login")
    def _():
        nobody = flight.FlightClient(f"grpc://{SERVER}")
        descriptor = flight.FlightDescriptor.for_command(command("CommandGetCatalogs"))
        for call in [
            lambda: nobody.get_flight_info(descriptor),
            lambda: nobody.get_schema(descriptor),
            lambda: nobody.do_get(flight.Ticket(command("CommandGetCatalogs"))).read_all(),
            lambda: list(nobody.list_flights()),
            lambda: list(nobody.list_actions()),
            lambda: list(nobody.do_action(flight.Action("CloseSession", b""))),
            lambda: nobody.do_put(descriptor, pa.schema([]))[1].read(),
        ]:
            refused("Unauthenticated", call)
        return "refused: Unauthenticated"

    @does(client, "Malformed messages")
    def _():
        for body in [b"", b"\xff" * 50, command("CommandNobodyKnows"), command("CommandStatementQuery", (1, b"\xff"))]:
            refused("", lambda: raw.info(body))
            refused("", lambda: raw.get(flight.Ticket(body)))
        refused("", lambda: raw.act("CancelFlightInfo", b"\xff"))
        return "refused: InvalidArgument"


# What a driver for JDBC sends, in its order: it logs in once, sets the catalogue,
# asks for all items of SqlInfo once, prepares every statement, binds, and closes.


def jdbc_calls():
    client = "JDBC (recorded)"
    raw = Raw()

    @does(client, "Handshake")
    def _():
        assert raw.options

    @does(client, "Session options")
    def _():
        asked = message((1, message((1, "catalog"), (2, message((1, "warehouse"))))))
        (result,) = raw.act("SetSessionOptions", asked)
        assert result == b"", result

    @does(client, "CommandGetSqlInfo")
    def _():
        items = {row["info_name"]: row["value"] for row in raw.ask(command("CommandGetSqlInfo")).to_pylist()}
        # The driver fails over each of these if it is missing.
        wanted = [*range(0, 6), *range(500, 577)]
        assert [item for item in wanted if item not in items] == []
        assert items[3] is True and items[504] == '"' and items[0] == "jcw"

    @does(client, "Functions that SqlInfo names")
    def _():
        items = raw.ask(command("CommandGetSqlInfo")).to_pylist()
        named = {row["info_name"]: row["value"] for row in items}
        for function in [name for item in (509, 510, 511, 512) for name in named[item]]:
            raw.schema(command("CommandStatementQuery", (1, f"select {CALLS[function]}")))

    def prepare(sql):
        (result,) = raw.act("CreatePreparedStatement", command("ActionCreatePreparedStatementRequest", (1, sql)))
        made = fields(fields(result)[2][0])
        schema = lambda tag: pa.ipc.read_schema(pa.py_buffer(made[tag][0])) if tag in made else None
        return made[1][0], schema(2), schema(3)

    def close(handle):
        raw.act("ClosePreparedStatement", command("ActionClosePreparedStatementRequest", (1, handle)))

    @does(client, "Prepared query")
    def _():
        handle, dataset, parameters = prepare(f"select * from {TABLE}")
        assert parameters is None
        table = raw.ask(command("CommandPreparedStatementQuery", (1, handle)))
        assert dataset.equals(table.schema)
        # Java's vectors have no views of text.
        assert not any("view" in str(field.type) for field in table.schema), table.schema
        close(handle)

    def bind(handle, table):
        descriptor = flight.FlightDescriptor.for_command(command("CommandPreparedStatementQuery", (1, handle)))
        writer, reader = raw.client.do_put(descriptor, table.schema, raw.options)
        writer.write_table(table)
        writer.done_writing()
        told = reader.read()
        writer.close()
        return fields(told.to_pybytes())[1][0]

    @does(client, "Parameters")
    def _():
        handle, _, parameters = prepare("select ? as a, 1 + ? as b")
        assert len(parameters) == 2
        table = pa.table({"1": ["x"], "2": pa.array([2], pa.int64())})
        bound = bind(handle, table)
        # New drivers go on with the handle they are given, old ones with theirs.
        for own in [bound, handle]:
            got = raw.ask(command("CommandPreparedStatementQuery", (1, own)))
            assert got.to_pylist() == [{"a": "x", "b": 3}], got
        again = bind(bound, pa.table({"1": ["y"], "2": pa.array([5], pa.int64())}))
        got = raw.ask(command("CommandPreparedStatementQuery", (1, again)))
        assert got.to_pylist() == [{"a": "y", "b": 6}], got
        close(handle)

    @does(client, "A borrowed handle")
    def _():
        handle, _, _ = prepare("select 1")
        bob = Raw(user="bob")
        return refused("Unauthenticated", lambda: bob.info(command("CommandPreparedStatementQuery", (1, handle))))

    @does(client, "CommandGetTables with columns")
    def _():
        table = raw.ask(command("CommandGetTables", (1, "warehouse"), (2, "publ%"), (3, "metric\\_value"), (5, 1)))
        (row,) = table.to_pylist()
        schema = pa.ipc.read_schema(pa.py_buffer(row["table_schema"]))
        names = {field.name: field.metadata[b"ARROW:FLIGHT:SQL:TYPE_NAME"] for field in schema}
        assert names["metric_id"] == b"VARCHAR", names
        assert raw.ask(command("CommandGetTables", (1, "elsewhere"))).num_rows == 0

    @does(client, "CommandGetXdbcTypeInfo")
    def _():
        names = raw.ask(command("CommandGetXdbcTypeInfo")).column("type_name").to_pylist()
        assert {"VARCHAR", "BIGINT", "DECIMAL", "TIMESTAMP"} <= set(names), names

    @does(client, "CloseSession")
    def _():
        (result,) = raw.act("CloseSession")
        assert fields(result)[1] == [1]


# Data frames, through ADBC.


def frames():
    connection = connect()

    @does("Polars", "GetFlightInfo, DoGet of a statement")
    def _():
        frame = polars.read_database(f"select * from {TABLE}", connection)
        assert frame.height > 0 and "metric_id" in frame.columns

    @does("Polars", "Parameters")
    def _():
        options = {"parameters": (4,)}
        frame = polars.read_database("select 1 + $1 as five", connection, execute_options=options)
        assert frame["five"].to_list() == [5]

    @does("pandas", "GetFlightInfo, DoGet of a statement")
    def _():
        frame = pandas.read_sql(f"select * from {TABLE}", connection)
        assert len(frame) > 0 and "metric_id" in frame.columns


adbc_calls()
raw_calls()
jdbc_calls()
frames()
sys.stdout.flush()
sys.stderr.flush()
# Arrow's threads sometimes abort the interpreter as it ends; that is not ours to test.
os._exit(1 if failed else 0)
