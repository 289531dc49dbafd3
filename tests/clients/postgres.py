"""Real Postgres clients against a running server.

    python postgres.py HOST PORT

Users ann and bob act as `reader` and see the rows of their own `area` of
`published.metric_value` alone. Prints a line for each call,
`client | call | outcome`, and ends with 1 if one was not as expected.
"""

import datetime
import decimal
import sys

import psycopg
import sqlalchemy
from psycopg import sql
from report import LONG, does, failed
from waiting import cancelled

HOST, PORT = sys.argv[1], sys.argv[2]
PASSWORD = "correct horse battery staple"
TABLE = "published.metric_value"
NUMBERS = "(values (3), (4)) v(n)"


def refused(state, function):
    """What is refused has to be refused with the right code."""
    try:
        function()
    except psycopg.Error as error:
        assert error.sqlstate == state, f"{error.sqlstate}: {error}"
        return f"refused: {state}"
    raise AssertionError(f"was not refused with {state}")


def connect(user="ann", password=PASSWORD, **more):
    return psycopg.connect(
        host=HOST, port=PORT, user=user, password=password, dbname="warehouse",
        connect_timeout=120, **more,
    )


def one(connection, query, *values, binary=False):
    return connection.execute(query, values or None, binary=binary).fetchone()[0]


connection = connect(autocommit=True)


@does("psycopg", "connect with SCRAM-SHA-256")
def _():
    assert connection.info.server_version == 160006, connection.info.server_version
    assert connection.info.parameter_status("TimeZone") == "UTC"


@does("psycopg", "wrong password")
def _():
    def wrong():
        try:
            connect(password="wrong")
        except psycopg.OperationalError as error:
            assert "could not be established" in str(error), error
            raise psycopg.errors.InvalidPassword("") from None

    return refused("28P01", wrong)


@does("psycopg", "values in text and binary")
def _():
    query = (
        "select 7 as whole, cast(1.25 as decimal(10, 2)) as money, date '2026-02-01' as day,"
        " true as yes, cast(null as int) as nothing, 'é' as word, cast(0.5 as double) as half,"
        " timestamp '2026-02-01 12:30:00' as moment,"
        " arrow_cast('2026-02-01T12:30:00Z', 'Timestamp(Microsecond, Some(\"UTC\"))') as zoned"
    )
    zone = datetime.timezone.utc
    moment = datetime.datetime(2026, 2, 1, 12, 30)
    wanted = (
        7, decimal.Decimal("1.25"), datetime.date(2026, 2, 1), True, None, "é", 0.5,
        moment, moment.replace(tzinfo=zone),
    )
    for binary in (False, True):
        found = connection.execute(query, binary=binary).fetchone()
        found = tuple(
            value.astimezone(zone) if getattr(value, "tzinfo", None) else value for value in found
        )
        assert found == wanted, (binary, found)
        # What Postgres has no type for is of the next that it has.
        narrow = "select arrow_cast(-5, 'Int8'), arrow_cast(1.5, 'Float16'), make_array(arrow_cast(7, 'Int8'), null)"
        found = connection.execute(narrow, binary=binary).fetchone()
        assert found == (-5, 1.5, [7, None]), (binary, found)


@does("psycopg", "parameters typed by the client and by the plan")
def _():
    day = datetime.date(2026, 2, 1)
    assert one(connection, "select %s", 7) == 7
    assert one(connection, "select %s", "word") == "word"
    assert one(connection, "select %s + 1", 41) == 42
    assert one(connection, "select cast(%s as date)", day) == day
    assert one(connection, "select %b", decimal.Decimal("-12.5")) == decimal.Decimal("-12.5")
    assert one(connection, f"select count(*) from {TABLE} where period_start >= %s", day) > 0
    assert one(connection, f"select count(*) from {TABLE} where metric_id = %s", "none") == 0
    raw = psycopg.RawCursor(connection)
    values = [str(number) for number in range(10)]
    raw.execute("select $1 || $2 || $3 || $4 || $5 || $6 || $7 || $8 || $9 || $10", values)
    assert raw.fetchone()[0] == "0123456789"
    raw.execute("select $2 || $1", ["b", "a"])
    assert raw.fetchone()[0] == "ab"
    areas = ["E06000033", "E92000001", "it's, \"none\""]
    chosen = one(connection, f"select count(*) from {TABLE} where area_code = any(%s)", areas)
    written = one(connection, f"select count(*) from {TABLE} where area_code in ('E06000033', 'E92000001')")
    assert chosen == written > 0, (chosen, written)
    assert one(connection, "select date '2026-01-02' = any(%s::date[])", ["2026-01-02"]) is True
    rows = connection.execute(f"select * from {TABLE} limit %s", [2]).fetchall()
    assert len(rows) == 2, rows


@does("psycopg", "texts with quotation marks beside parameters")
def _():
    for query, values in [
        (f"select count(*) from {TABLE} where metric_id = 'x'' or ''1''=''1' and %s is not null", ["q"]),
        (f"select count(*) from {NUMBERS} where 'a' = 'x'' or ''1''=''1' and n = any(%s)", [[3, 4]]),
        (f"select count(*) from {TABLE} where metric_id = E'x\\' or 1=1 --' and %s is not null", ["q"]),
    ]:
        assert one(connection, query, *values) == 0, query
    assert one(connection, "select 'it''s' || %s", "!") == "it's!"
    client = psycopg.ClientCursor(connection)
    client.execute(
        f"select count(*) from {TABLE} where metric_id = %s and to_char(period_start, 'YYYY') > %s",
        ("x' or 1=1 or metric_id='", "0"),
    )
    assert client.fetchone() == (0,)


@does("psycopg", "parameters finer than what they are compared with")
def _():
    noon = datetime.datetime(2026, 2, 1, 12)
    for binary in (False, True):
        mark = "%b" if binary else "%s"
        assert one(connection, f"select count(*) from {NUMBERS} where n = {mark}", 3.5) == 0
        assert one(connection, f"select count(*) from {NUMBERS} where n < {mark}", 3.9) == 1
        assert one(connection, f"select count(*) from {NUMBERS} where n > {mark}", decimal.Decimal("3.5")) == 1
        assert one(connection, f"select {mark} + 1", 2.5) == 3.5
        assert one(connection, f"select count(*) from {TABLE} where period_start = {mark}", noon) == 0
    refused("22000", lambda: connection.execute("select 1 limit %s", [1.5]))


@does("psycopg", "prepared statement, many times")
def _():
    for _ in range(8):
        found = connection.execute("select %s || 'x'", ["a"], prepare=True).fetchone()
        assert found == ("ax",)


@does("psycopg", "pipeline")
def _():
    if not psycopg.Pipeline.is_supported():
        return "not in this libpq"
    with connection.pipeline():
        cursors = [connection.execute("select %s + 0", [number]) for number in range(20)]
        assert [cursor.fetchone()[0] for cursor in cursors] == list(range(20))


@does("psycopg", "server-side cursor")
def _():
    with connect() as other, other.cursor(name="many") as cursor:
        cursor.itersize = 3
        numbers = "select n from (values (1), (2), (3), (4), (5), (6), (7)) as v(n)"
        cursor.execute(f"{numbers} where n <= %s order by n", [5])
        assert [row[0] for row in cursor] == [1, 2, 3, 4, 5]
    with connect() as other, other.cursor(name="few") as cursor:
        cursor.execute(f"{numbers} where n < 4 order by n")
        some = []
        while rows := cursor.fetchmany(2):
            some += [row[0] for row in rows]
        assert some == [1, 2, 3], some


@does("psycopg", "stream")
def _():
    cursor = connection.cursor()
    rows = cursor.stream("select value from generate_series(1, 1000)")
    assert sum(row[0] for row in rows) == 500500


@does("psycopg", "transaction stays with one release")
def _():
    with connect() as other:
        other.execute("select 1")
        assert other.info.transaction_status.name == "INTRANS"
        state = refused("42P01", lambda: other.execute("select * from published.nothing"))
        assert refused("25P02", lambda: other.execute("select 1"))
        other.rollback()
        assert one(other, "select 1") == 1
        return state


@does("psycopg", "writes")
def _():
    refused("42501", lambda: connection.execute("create table a (b int)"))
    refused("42501", lambda: connection.execute(f"copy {TABLE} to stdout"))
    refused("42501", lambda: connection.execute("explain analyze select 1"))
    return refused("25006", lambda: connection.execute(f"delete from {TABLE}"))


@does("psycopg", "no table and no right to it look the same")
def _():
    said = set()
    for name in ("published.nothing", "jcw.run", "staging.request", "vault.person"):
        try:
            connection.execute(sql.SQL(f"select * from {name}"))
            raise AssertionError(name)
        except psycopg.Error as error:
            text = error.diag.message_primary.replace(name, "T").replace(name.split(".")[1], "T")
            said.add((error.sqlstate, text.split(";")[0]))
    assert len(said) == 1 and next(iter(said))[0] == "42P01", said
    return "refused: 42P01"


@does("psycopg", "place of an error")
def _():
    try:
        connection.execute(f"select\n  valeu from {TABLE}")
    except psycopg.Error as error:
        assert error.sqlstate == "42703", error
        assert error.diag.statement_position == "10", error.diag.statement_position
        return "refused: 42703"
    raise AssertionError("there is no such column")


@does("psycopg", "cancel")
def _():
    with cancelled(connection.cancel):
        outcome = refused("57014", lambda: connection.execute(LONG))
    assert one(connection, "select 1") == 1
    return outcome


@does("psycopg", "statement_timeout")
def _():
    connection.execute("set statement_timeout = '300ms'")
    outcome = refused("57014", lambda: connection.execute(LONG))
    connection.execute("reset statement_timeout")
    return outcome


@does("psycopg", "release")
def _():
    release = one(connection, "show release")
    connection.execute("set release = '1'")
    assert one(connection, f"select count(*) from {TABLE}") > 0
    outcome = refused("3D000", lambda: connection.execute("set release = '999'"))
    connection.execute("reset release")
    assert one(connection, "show release") == release
    for text, kept in [
        ("begin; set local release = '1'; commit", release),
        ("begin; set release = '1'; rollback", release),
        ("set local release = '1'", release),
        ("begin; set release = '1'; commit", "1"),
    ]:
        connection.execute(text)
        assert one(connection, "show release") == kept, text
    connection.execute("reset release")
    refused("0A000", lambda: connection.execute("select set_config('release', '1', false)"))
    assert one(connection, "show release") == release
    options = "-c release=1 -c purpose=test"
    assert one(connect(options=options), "show purpose") == "test"
    return outcome


@does("psycopg", "rows of one's own, by every way to ask")
def _():
    everything = set()
    for user, area in (("ann", "E06000033"), ("bob", "E06000034")):
        own = connect(user, autocommit=True)
        asked = [
            f"select distinct area_code from {TABLE}",
            f"select distinct area_code from {TABLE} where area_code <> '' or true",
            f"select distinct a.area_code from {TABLE} a left join {TABLE} b on true",
            f"with t as (select * from {TABLE}) select distinct area_code from t",
            f"select distinct area_code from (select * from {TABLE} union all select * from {TABLE}) u",
        ]
        for query in asked:
            found = {row[0] for row in own.execute(query)}
            assert found == {area}, (user, query, found)
            prepared = own.execute(query, prepare=True, binary=True)
            assert {row[0] for row in prepared} == {area}, (user, query)
        with own.transaction(), own.cursor(name="own") as cursor:
            cursor.execute(asked[0])
            assert {row[0] for row in cursor} == {area}
        everything |= {area}
    assert len(everything) == 2


engine = sqlalchemy.create_engine(
    f"postgresql+psycopg://ann:{PASSWORD.replace(' ', '%20')}@{HOST}:{PORT}/warehouse"
)


@does("SQLAlchemy", "connect and read")
def _():
    with engine.connect() as own:
        text = sqlalchemy.text(f"select count(*) from {TABLE} where area_code = :area")
        assert own.execute(text, {"area": "E06000033"}).scalar() > 0


inspector = None


@does("SQLAlchemy", "inspector: schemas and tables")
def _():
    global inspector
    inspector = sqlalchemy.inspect(engine)
    assert "published" in inspector.get_schema_names(), inspector.get_schema_names()
    assert inspector.default_schema_name == "published"
    names = inspector.get_table_names("published")
    assert "metric_value" in names, names
    assert "metric_value" in inspector.get_table_names()
    assert inspector.get_view_names("published") is not None
    assert inspector.has_table("metric_value", "published")
    assert not inspector.has_table("request", "staging")


@does("SQLAlchemy", "inspector: columns")
def _():
    columns = {column["name"]: column for column in inspector.get_columns("metric_value", "published")}
    assert isinstance(columns["period_start"]["type"], sqlalchemy.Date), columns["period_start"]
    assert isinstance(columns["area_code"]["type"], sqlalchemy.Text), columns["area_code"]


@does("SQLAlchemy", "inspector: primary and foreign keys")
def _():
    key = inspector.get_pk_constraint("metric_definition", "published")
    assert key["constrained_columns"] == ["metric_id", "basis", "part"], key
    assert key["name"] == "metric_definition_pkey", key
    [key] = inspector.get_foreign_keys("metric_value", "published")
    assert key["constrained_columns"] == ["metric_id", "basis", "part"], key
    assert key["referred_table"] == "metric_definition", key
    assert key["referred_schema"] == "published", key


@does("SQLAlchemy", "inspector: indexes and comments")
def _():
    assert inspector.get_indexes("metric_value", "published") == []
    assert inspector.get_unique_constraints("metric_value", "published") == []
    assert inspector.get_check_constraints("metric_value", "published") == []
    assert inspector.get_table_comment("metric_value", "published")["text"]
    assert inspector.get_table_options("metric_value", "published") == {}
    assert inspector.get_enums() == [] and inspector.get_sequence_names() == []


@does("SQLAlchemy", "reflected table")
def _():
    table = sqlalchemy.Table(
        "metric_value", sqlalchemy.MetaData(), schema="published", autoload_with=engine
    )
    with engine.connect() as own:
        query = sqlalchemy.select(table.c.area_code, sqlalchemy.func.count()).group_by(
            table.c.area_code
        )
        assert [row[0] for row in own.execute(query)] == ["E06000033"]
    everything = sqlalchemy.MetaData()
    everything.reflect(bind=engine, schema="published", views=True)
    assert TABLE in everything.tables, everything.tables.keys()


sys.exit(1 if failed else 0)
