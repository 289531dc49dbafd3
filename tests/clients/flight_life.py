"""What becomes of Flight SQL answers when something happens meanwhile.

    python flight_life.py WHAT SERVER HTTP PASSWORD SQL [MORE]

Asks as ann and prints what it saw; ends with 1 at the first surprise.
"""

import os
import signal
import socket
import sys
import threading
import time

import pyarrow.flight as flight
from flight_sql import Client, batches, fields, message
from waiting import PATIENCE, becomes, tells, until

WHAT, SERVER, HTTP, PASSWORD, SQL = sys.argv[1:6]


def ended(answer):
    """How an answer ends, after how many rows. It is asked for here, because one
    that ends before its first message ends in the asking."""
    rows = 0
    try:
        for batch in batches(answer()):
            rows += len(batch)
    except flight.FlightError as error:
        return type(error).__name__, str(error), rows
    return "whole", "", rows


def unread():
    """One answer is not read; others of its connection are."""
    client = Client(SERVER, ("ann", PASSWORD))
    left = client.query(SQL)
    left.read_chunk()
    told = ('jcw_closed_total{door="flight",outcome="slow_answer"} 1', "jcw_running 0")

    def ends():
        assert client.rows("select 1 as one") == [{"one": 1}]
        return tells(HTTP, *told)

    until(ends, told)
    # Its place is free again.
    other = client.query(SQL)
    other.read_chunk()
    assert client.rows("select 1 as one") == [{"one": 1}]
    other.cancel()
    name, said, _ = ended(lambda: left)
    assert name == "FlightCancelledError" and "not read for too long" in said, (name, said)


def twice():
    """A ticket that is fetched twice at once is cancelled twice."""
    client = Client(SERVER, ("ann", PASSWORD))
    info = client.info(SQL)
    seen = []
    fetch = lambda: seen.append(ended(lambda: client.read(info.endpoints[0].ticket))[0])
    both = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in both:
        thread.start()
    becomes(HTTP, "jcw_running 2")
    (result,) = client.act("CancelFlightInfo", message((1, info.serialize())))
    assert fields(result)[1] == [1], result
    for thread in both:
        thread.join(PATIENCE)
    assert seen == ["FlightCancelledError"] * 2, seen


def revoked():
    """Somebody takes the login back while it runs."""
    client = Client(SERVER, ("ann", PASSWORD))
    name, said, _ = ended(lambda: client.query(SQL))
    assert name == "FlightUnauthenticatedError", (name, said)


def is_closed():
    host, port = HTTP.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
        return False
    except ConnectionRefusedError:
        return True


def drained():
    """Tells the server to stop, and reads on at leisure."""
    client = Client(SERVER, ("ann", PASSWORD))
    late = client.info("select 1 as one").endpoints[0].ticket
    reader = client.query(SQL)
    rows = len(reader.read_chunk().data)
    os.kill(int(sys.argv[7]), signal.SIGTERM)
    until(is_closed, "the server takes more")
    for batch in batches(reader):
        rows += len(batch)
        time.sleep(0.05)
    assert rows == int(sys.argv[6]), rows
    name, _, _ = ended(lambda: client.read(late))
    assert name == "FlightUnavailableError", name


{"unread": unread, "twice": twice, "revoked": revoked, "drained": drained}[WHAT]()
print(f"{WHAT} as it should be", flush=True)
# Arrow's threads sometimes abort the interpreter as it ends; that is not ours to test.
os._exit(0)
