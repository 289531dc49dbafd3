"""What becomes of an answer through the Postgres wire when the server closes, or
when its reader takes nothing: `postgres_life.py PORT PID drain|slow`."""

import os
import pathlib
import signal
import sys
import time

import psycopg
from report import does, failed

PORT, PID, WHAT = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
PASSWORD = "correct horse battery staple"
ROWS = 200_000
# Some 200 bytes a row: more than the system holds for a reader.
WIDE = "select a.value, " + ", ".join(
    f"md5(cast(a.value + {n} as text)) as m{n}" for n in range(6)
)
WIDE += f" from generate_series(1, {ROWS}) as a"


def connect():
    return psycopg.connect(
        host="127.0.0.1",
        port=PORT,
        user="ann",
        password=PASSWORD,
        dbname="warehouse",
        autocommit=True,
        connect_timeout=20,
    )


def memory():
    """Bytes that the server holds, without the pages of its program's file."""
    status = pathlib.Path(f"/proc/{PID}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("RssAnon")]
    return int(line.split()[1]) << 10


def drain():
    """An answer that is being read when the server is told to close is read to
    its end; nobody else comes in."""
    connection = connect()
    rows = connection.cursor().stream(WIDE)
    seen = [next(rows)[0] for _ in range(10)]
    os.kill(PID, signal.SIGTERM)
    time.sleep(1)
    try:
        connect()
        raise AssertionError("somebody was let in")
    except psycopg.OperationalError:
        pass
    seen += [row[0] for row in rows]
    assert sorted(seen) == list(range(1, ROWS + 1)), len(seen)
    return "works: read to its end"


def slow():
    """Readers that take nothing hold no memory of the server, keep nobody out,
    and are let go at last."""
    connect().execute(WIDE).fetchall()
    before = memory()
    readers = []
    for _ in range(6):
        rows = connect().cursor().stream(WIDE)
        next(rows)
        readers.append(rows)
    time.sleep(3)
    grown = memory() - before
    # Three batches each, as the engine has them and as they leave, are some 60 MiB
    # for six; their whole answers would be 260.
    assert grown < 128 << 20, f"{grown >> 20} MiB for six readers"
    assert connect().execute("select 1").fetchone() == (1,)
    # `--reader-patience 5`
    time.sleep(7)
    for rows in readers:
        try:
            for _ in rows:
                pass
            raise AssertionError("the answer was kept")
        except psycopg.OperationalError:
            pass
    return "works: nothing is kept"


calls = {"drain": ("A server that closes", drain), "slow": ("A reader that takes nothing", slow)}
call, function = calls[WHAT]
does("psycopg", call)(function)
sys.exit(1 if failed else 0)
