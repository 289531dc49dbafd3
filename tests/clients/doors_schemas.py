"""The promised columns are the streamed ones: for every table of a warehouse, and
for expressions whose types are not what they seem.

    doors_schemas.py GIVEN

Every way to learn the columns of an answer says the same: GetFlightInfo, GetSchema,
DoGet and each of its batches, ADBC's `execute_schema` and its table, an Arrow stream
over HTTP. Prints how many tables and expressions were tried.
"""

import random
import sys

import pyarrow as pa
import pyarrow.flight as flight
from doors import PATIENCE, Flight, Given, Http, Refused, ends
from flight_sql import command

EXPRESSIONS = 100
LEAVES = [
    "n", "t", "d", "x", "b", "null", "1", "1.5", "1.5e0", "'x'", "true", "now()", "x'00ff'",
    "cast(1.25 as decimal(9, 2))", "cast(n as decimal(38, 10))", "cast(n as real)", "cast(n as smallint)",
    "timestamp '2024-01-01T00:00:00'", "interval '1 day'", "current_date", "[1, 2]", "['a', null]",
    "named_struct('a', 1, 'b', t)", "arrow_cast(1, 'UInt8')", "arrow_cast(n, 'UInt64')", "arrow_cast(t, 'LargeUtf8')",
    "arrow_cast('a', 'Utf8View')", "arrow_cast(t, 'Dictionary(Int32, Utf8)')", "arrow_cast(x'00', 'BinaryView')",
    "arrow_cast(timestamp '2024-01-01T00:00:00', 'Timestamp(ns, \"Europe/London\")')", "arrow_cast(d, 'Date64')",
    "arrow_cast(timestamp '2024-01-01T00:00:00', 'Timestamp(s)')", "make_array(t, 'b')",
]
FORMS = [
    "coalesce({0}, {1})", "case when n > 3 then {0} else {1} end", "({0} + {1})", "({0} = {1})", "({0} || {1})",
    "make_array({0}, {1})", "sum({0}) over ()", "max({0}) over (order by n)", "array_agg({0}) over ()",
    "cast({0} as varchar)", "nullif({0}, {1})", "date_trunc('month', {0})", "lag({0}) over (order by n)",
    "avg({0}) over ()", "concat({0}, {1})", "greatest({0}, {1})", "{0} is null", "abs({0})", "upper({0})",
]
ROWS = (
    "(select value as n, concat('t', value) as t, date '2024-01-01' + cast(concat(value, ' days') as interval) as d,"
    " cast(value as decimal(12, 2)) as x, value % 2 = 0 as b from generate_series(1, 20)) r"
)
QUERIES = [
    "select {0} as a, {0} as a2 from {1}",
    "select {0} as a from {1} union all select {0} from {1} where n > 15",
    "select a, count(*) as k from (select {0} as a from {1}) q group by a",
    "select {0} as a from {1} where n < 0",
    "with q as (select {0} as a from {1}) select max(a) as m, first_value(a) as f, count(a) as l from q",
    "select distinct {0} from {1}",
]


class Doors:
    def __init__(self, given):
        self.http, self.adbc = Http(given, "eve"), Flight(given, "eve")
        self.flight = flight.FlightClient(f"grpc://{given.flight}")
        header = (b"authorization", f"Bearer {given.tokens['eve']}".encode())
        self.options = flight.FlightCallOptions(headers=[header], timeout=PATIENCE)

    def columns(self, sql):
        """Each way's columns, or that it was refused."""
        found = {}

        def learn(way, function):
            try:
                found[way] = function()
            except Refused as refused:
                found[way] = f"refused: {refused.kind}"
            except (pa.ArrowException, OSError) as error:
                kinds = ["invalid", "not found", "not implemented", "resource", "internal", "unavailable", "timed out"]
                found[way] = "refused: " + next((kind for kind in kinds if kind in str(error).lower()), str(error))

        descriptor = flight.FlightDescriptor.for_command(command("CommandStatementQuery", (1, sql)))
        learn("GetSchema", lambda: self.flight.get_schema(descriptor, self.options).schema)
        learn("GetFlightInfo", lambda: self.flight.get_flight_info(descriptor, self.options).schema)

        def streamed():
            ticket = self.flight.get_flight_info(descriptor, self.options).endpoints[0].ticket
            reader = self.flight.do_get(ticket, self.options)
            schema, rows = reader.schema, 0
            for batch in batches(reader):
                assert batch.schema.equals(schema, check_metadata=True), f"a batch of its own: {sql}"
                rows += batch.num_rows
            found["rows"] = rows
            return schema

        learn("DoGet", streamed)
        learn("ADBC execute_schema", lambda: self.adbc.schema(sql))
        learn("ADBC", lambda: self.adbc.table(sql).schema)

        def http():
            table = self.http.table(sql)
            assert table.num_rows == found.get("rows", table.num_rows), f"another number of rows: {sql}"
            return table.schema

        learn("HTTP", http)
        return found


def batches(reader):
    while True:
        try:
            yield reader.read_chunk().data
        except StopIteration:
            return


def agrees(sql, found):
    """Whether it was answered. All ways say the same, promises and answers apart
    where the answer was refused at its work."""
    found.pop("rows", None)
    promised = [found[way] for way in ("GetSchema", "GetFlightInfo", "ADBC execute_schema")]
    streamed = [found[way] for way in ("DoGet", "ADBC", "HTTP")]
    for group in (promised, streamed):
        refusals = [isinstance(one, str) for one in group]
        assert all(refusals) or not any(refusals), f"{sql}: {found}"
    if isinstance(streamed[0], str):
        assert not any("internal" in str(one).lower() for one in promised + streamed), f"{sql}: {found}"
        return False
    for one in promised + streamed:
        assert one.equals(streamed[0], check_metadata=True), f"{sql}: {found}"
    for field in streamed[0]:
        text = str(field.type)
        assert "view" not in text and "dictionary" not in text and "large" not in text and "[ns" not in text, (sql, field)
        assert not field.metadata, (sql, field.metadata)
    return True


def drawn(lot, depth=2):
    if depth == 0 or lot.random() < 0.3:
        return lot.choice(LEAVES)
    return lot.choice(FORMS).format(drawn(lot, depth - 1), drawn(lot, depth - 1))


def main():
    given = Given(sys.argv[1])
    doors, wrong = Doors(given), []

    def tries(sql):
        try:
            return agrees(sql, doors.columns(sql))
        except AssertionError as error:
            wrong.append(str(error))
            return True

    names = doors.http.rows("select table_schema, table_name from information_schema.tables")
    tables = [f'"{schema}"."{name}"' for schema, name in names if schema != "information_schema"]
    for table in tables:
        assert tries(f"select * from {table} limit 200"), table
    lot, answered, asked = random.Random(given.seed), 0, 0
    while answered < EXPRESSIONS:
        asked += 1
        assert asked < 8 * EXPRESSIONS, f"only {answered} of {asked} are answered"
        answered += tries(lot.choice(QUERIES).format(drawn(lot), ROWS))
    for told in wrong[:8]:
        print(told, file=sys.stderr)
    assert not wrong, f"{len(wrong)} are not as promised"
    print(f"{len(tables)} tables, {answered} of {asked} expressions", flush=True)


ends(main)
