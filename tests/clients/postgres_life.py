"""What becomes of an answer through the Postgres wire when the server closes, when
its reader takes nothing, or is nobody any more: `postgres_life.py PORT HTTP PID
drain|slow|removed REMOVE...`, where REMOVE is the command that removes its reader."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import psycopg
from report import does, failed
from waiting import becomes, until

PORT, HTTP, PID, WHAT = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
PASSWORD = "correct horse battery staple"
# More than the system holds for a reader; and a whole answer of nearly 200 MiB.
ROWS, MANY = 200_000, 900_000
# A number, and six texts of 32 bytes that each have an offset.
ROW = 8 + 6 * (32 + 4)
# What the engine makes at once.
BATCH = 8192 * ROW
# Two batches wait for their reader, one is on its way there and one leaves; each core
# has put one down and holds another. Two more, for what else a reader costs.
HELD = (4 + 2 * len(os.sched_getaffinity(0)) + 2) * BATCH


def wide(rows):
    texts = ", ".join(f"md5(cast(a.value + {n} as text)) as m{n}" for n in range(6))
    return f"select a.value, {texts} from generate_series(1, {rows}) as a"


def connect():
    return psycopg.connect(
        host="127.0.0.1",
        port=PORT,
        user="ann",
        password=PASSWORD,
        dbname="warehouse",
        autocommit=True,
        connect_timeout=120,
    )


def turned_away():
    try:
        connect().close()
        return False
    except psycopg.OperationalError:
        return True


def memory():
    """Bytes that the server holds, without the pages of its program's file, once they
    stay as they are."""
    last = quiet = 0

    def stays():
        nonlocal last, quiet
        time.sleep(1)
        before, last = last, held()
        quiet = quiet + 1 if abs(last - before) < BATCH else 0
        return quiet == 3

    until(stays, "the server takes more and more")
    return last


def held():
    status = pathlib.Path(f"/proc/{PID}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("RssAnon")]
    return int(line.split()[1]) << 10


def drain():
    """An answer that is being read when the server is told to close is read to
    its end; nobody else comes in."""
    connection = connect()
    rows = connection.cursor().stream(wide(ROWS))
    seen = [next(rows)[0] for _ in range(10)]
    os.kill(PID, signal.SIGTERM)
    until(turned_away, "somebody is let in")
    seen += [row[0] for row in rows]
    assert sorted(seen) == list(range(1, ROWS + 1)), len(seen)
    return "works: read to its end"


def slow():
    """Readers that take nothing hold no memory of the server, keep nobody out,
    and are let go at last."""
    connect().execute(wide(ROWS)).fetchall()
    readers = []

    def comes():
        rows = connect().cursor().stream(wide(MANY))
        next(rows)
        readers.append(rows)

    # The first two have what the server kept of the answer before.
    for _ in range(2):
        comes()
    before = memory()
    for _ in range(4):
        comes()
    each = (memory() - before) // 4
    assert each < HELD, f"{each >> 10} KiB for a reader, and not {HELD >> 10}"
    print(f"{each >> 10} KiB for a reader", file=sys.stderr)
    assert connect().execute("select 1").fetchone() == (1,)
    becomes(HTTP, "jcw_running 0")
    for rows in readers:
        try:
            for _ in rows:
                pass
            raise AssertionError("the answer was kept")
        except psycopg.OperationalError:
            pass
    return "works: nothing is kept"


def removed():
    """Who is removed has no more of a cursor, not even what was ready."""
    connection = connect()
    connection.execute("begin")
    connection.execute("declare k cursor for select value from generate_series(1, 8000)")
    assert len(connection.execute("fetch 2 from k").fetchall()) == 2
    subprocess.run(sys.argv[5:], check=True)

    def is_refused():
        try:
            return connection.execute("fetch 1 from k").fetchall() == []
        except psycopg.errors.InvalidAuthorizationSpecification:
            return True

    until(is_refused, "its rows are still given")
    return "works: refused"


calls = {"removed": ("A cursor of who is removed", removed), "drain": ("A server that closes", drain), "slow": ("A reader that takes nothing", slow)}
call, function = calls[WHAT]
does("psycopg", call)(function)
sys.exit(1 if failed else 0)
