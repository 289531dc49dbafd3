"""The session option `schema`: where tables are that are named without one.

    flight_schema.py SERVER OTHER PASSWORD

Both servers are of one project. `thing` is 1 in `published` and 2 in `core`, which
eve may see and ann may not; nobody has a schema `nowhere`. By ADBC's driver, and by
pyarrow with a header.
"""

import os
import sys

import adbc_driver_flightsql.dbapi as adbc
import adbc_driver_manager
import pyarrow.flight as flight
from adbc_driver_flightsql import ConnectionOptions, DatabaseOptions
from flight_sql import Client, command

SERVER, OTHER, PASSWORD = sys.argv[1:]
SCHEMA = "adbc.connection.db_schema"
SESSION = ConnectionOptions.OPTION_SESSION_OPTION_PREFIX.value
HEADER = DatabaseOptions.RPC_CALL_HEADER_PREFIX.value
SQL = "select n from thing"


def connect(user="eve", server=SERVER, **more):
    options = {
        "username": user,
        "password": PASSWORD,
        DatabaseOptions.WITH_COOKIE_MIDDLEWARE.value: "true",
        **more,
    }
    return adbc.connect(f"grpc://{server}", db_kwargs=options, autocommit=True)


def value(connection, sql=SQL, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        ((found,),) = cursor.fetchall()
        return found


def refused(code, function):
    try:
        found = function()
    except (adbc_driver_manager.Error, flight.FlightError, KeyError, OSError) as error:
        assert code.replace("_", "").lower() in str(error).replace("_", "").lower(), error
        return str(error)
    raise AssertionError(f"answered: {found}")


def set_schema(connection, schema):
    connection.adbc_connection.set_options(**{SCHEMA: schema})


# One text is another table in another schema, there and back, whatever was planned.
eve = connect()
assert eve.adbc_current_db_schema == "published"
assert value(eve) == 1
for schema, wanted in [("core", 2), ("published", 1), ("core", 2)]:
    set_schema(eve, schema)
    assert eve.adbc_current_db_schema == schema
    assert eve.adbc_connection.get_option(SESSION + "schema") == schema
    assert value(eve) == wanted
    assert value(eve, f"{SQL} where n > $1", (0,)) == wanted
    assert value(eve, "select n from published.thing") == 1
    with eve.cursor() as cursor:
        assert cursor.adbc_execute_schema("describe thing").names[0] == "column_name"
assert value(eve, "select n from only_in_core") == 7
set_schema(eve, "published")
refused("NOT_FOUND", lambda: value(eve, "select n from only_in_core"))
eve.adbc_connection.set_options(**{SESSION + "schema": "core"})
assert value(eve) == 2
eve.adbc_connection.set_options(**{SESSION + "schema": ""})
assert value(eve) == 1 and eve.adbc_current_db_schema == "published"

# What was promised in one schema is fetched from it, also elsewhere and later.
set_schema(eve, "core")
with eve.cursor() as cursor:
    partitions, _ = cursor.adbc_execute_partitions(SQL)
    prepared = eve.cursor()
    prepared.adbc_prepare(SQL + " where n > $1")
    set_schema(eve, "published")
    cursor.adbc_read_partition(partitions[0])
    assert cursor.fetchall() == [(2,)]
    with connect(server=OTHER) as other, other.cursor() as elsewhere:
        elsewhere.adbc_read_partition(partitions[0])
        assert elsewhere.fetchall() == [(2,)]
    prepared.execute(SQL + " where n > $1", (0,))
    assert prepared.fetchall() == [(2,)], "a handle means what it meant when it was made"
    prepared.close()
assert value(eve) == 1

# Sessions are apart, and nobody's cookie is another's.
core = connect()
set_schema(core, "core")
assert (value(core), value(eve), value(connect())) == (2, 1, 1)

# No right to a schema, and no such schema: one sentence.
ann = connect("ann")
told = set()
for schema in ["core", "nowhere", "jcw", "information_schema"]:
    for option in [SCHEMA, SESSION + "schema"]:
        said = refused("NOT_FOUND", lambda: ann.adbc_connection.set_options(**{option: schema}))
        said = said.partition("there is no schema")
        assert said[1], said
        told.add((said[1] + said[2]).partition(";")[0].replace(schema, "S").partition(". ")[0])
    said = refused("NOT_FOUND", lambda: value(connect("ann", **{HEADER + "x-jcw-schema": schema})))
    assert f'there is no schema "{schema}"' in said, said
assert len(told) == 1, told
assert value(ann) == 1 and ann.adbc_current_db_schema == "published"
set_schema(ann, "published")
refused("can only be", lambda: ann.adbc_connection.set_options(**{"adbc.connection.catalog": "core"}))

# The header, for clients that keep no cookies; a path without a schema.
header = connect(**{HEADER + "x-jcw-schema": "core"})
assert value(header) == 2
raw = Client(SERVER, login=("eve", PASSWORD))
assert raw.rows(SQL) == [{"n": 1}]
raw.options = flight.FlightCallOptions(
    headers=[raw.client.authenticate_basic_token("eve", PASSWORD), (b"x-jcw-schema", b"core")], timeout=120
)
assert raw.rows(SQL) == [{"n": 2}]
info = raw.client.get_flight_info(flight.FlightDescriptor.for_path("thing"), raw.options)
assert raw.read(info.endpoints[0].ticket).read_all().to_pylist() == [{"n": 2}]
descriptor = flight.FlightDescriptor.for_command(command("CommandStatementQuery", (1, "select n from only_in_core")))
assert raw.client.get_schema(descriptor, raw.options).schema.names == ["n"]
print("all", flush=True)
# Arrow's threads sometimes abort the interpreter as it ends; that is not ours to test.
os._exit(0)
