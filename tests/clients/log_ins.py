"""Fails to log in, in a known order, where it takes a client: Flight, then Postgres.

    log_ins.py FLIGHT POSTGRES
"""

import os
import sys

import psycopg
import pyarrow as pa
import pyarrow.flight as flight

FLIGHT, POSTGRES = sys.argv[1:]


def fails(attempt):
    try:
        attempt()
    except (pa.ArrowException, OSError, psycopg.OperationalError):
        return
    raise AssertionError("let in")


client = flight.FlightClient(f"grpc://{FLIGHT}")
fails(lambda: client.authenticate_basic_token("ann", "wrong"))
fails(lambda: client.authenticate_basic_token("nobody-has-this-name", "wrong"))
bearer = flight.FlightCallOptions(headers=[(b"authorization", b"Bearer jcw_token_x")])
fails(lambda: list(client.list_actions(bearer)))

host, port = POSTGRES.rsplit(":", 1)
for user in ["ann", "nobody-has-this-name"]:
    fails(lambda: psycopg.connect(host=host, port=port, user=user, password="wrong", dbname="warehouse"))
print("all", flush=True)
# Arrow's threads sometimes abort the interpreter as it ends; that is not ours to test.
os._exit(0)
