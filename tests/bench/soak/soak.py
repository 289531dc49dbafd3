#!/usr/bin/env python3
"""Clients of all manners at all doors at once, and whether they did any harm.

    soak.py --http HOST:PORT --postgres HOST:PORT --flight HOST:PORT
            --user NAME:PASSWORD [--user ...] --pid PID [--clients 200] [--seconds 60] [--patience 60] [--seed 1]
            [--time 60]

Each client, over and over, draws by lot what it does: asks and compares the
answer with the one that was given before the storm; reads an answer slowly, or
goes away in the middle of it; cancels; shows a wrong password or token; sends
bytes that are no protocol, or a good call with some of its bytes changed or left
out. A question that is well-formed must be answered rightly or refused with a
code that says so; nothing else may happen to it.

Afterwards the server must still answer, and what it holds in memory be within a
tenth of what it held after a storm of the same kind before: caches, threads and what
the allocator keeps of either it has by then. What an allocator keeps is not the same
after every storm, so one that leaves more than that is followed by another, three at
most, each measured by the one before; what leaks grows with each. Pages of the
program's own file are not counted. Prints a summary as JSON; exits with 1 when
something is wrong.

Whoever fails comes from other addresses of the loopback than those who ask in
earnest, for addresses are locked out too. A user `token` with a token as password
spares the server the password's hash at every call.

The HTTP door needs nothing but Python; Postgres needs psycopg, and Flight SQL
adbc_driver_flightsql: without them those doors get only what is malformed.
"""

import argparse
import base64
import collections
import json
import os
import random
import socket
import struct
import sys
import threading
import time

try:
    import psycopg
except ImportError:
    psycopg = None
try:
    import adbc_driver_flightsql.dbapi as flightsql
    import adbc_driver_manager
except ImportError:
    flightsql = None

# Seconds before a question runs: more than the server allows itself, which is half a
# minute for its turn to be prepared, as long for its turn to run, and twice its planning.
BEFORE = 90

QUESTIONS = [
    "select 1 as one",
    "select count(*) as n from published.metric_value",
    "select metric_id, count(*) as n from published.metric_value group by metric_id order by metric_id",
    "select sum(n.value) as s from generate_series(1, 100000) n",
    "select a.value as x from generate_series(1, 3000) a order by a.value desc",
]
LONG_ANSWER = "select a.value as x, 'a text that is not so short' as y from generate_series(1, 300000) a"
NO_END = (
    "select count(*) as n from generate_series(1, 1000000) a, generate_series(1, 1000000) b "
    "where a.value * b.value % 1000003 = 7"
)
# What is refused, with the codes of HTTP and of SQL.
REFUSED = [
    ("select select", 400, "42"),
    ("select * from core.no_such_table", 404, "42P01"),
    ("select no_such_column from published.metric_value", 400, "42"),
    ("drop table published.metric_value", 403, "42501"),
    ("select 1 where " + " or ".join(["1 = 2"] * 3000), 429, "53"),
]
# Refusals that mean "not now": too many questions, time, memory.
BUSY_HTTP = {408, 429, 503}
BUSY_SQL = ("53", "57")


class Wrong(Exception):
    """Something that must not happen."""


class Storm:
    def __init__(self, given):
        self.given = given
        # Whoever gives up before the server has to answer has not been left without one.
        self.patience = BEFORE + given.time
        self.doors = {name: address(getattr(given, name)) for name in ("http", "postgres", "flight")}
        self.users = [user.split(":", 1) for user in given.user]
        self.counts = collections.Counter()
        self.wrong = []
        self.lock = threading.Lock()
        self.truth = {sql: self.told(sql)[1] for sql in QUESTIONS}

    def told(self, sql):
        """Status and lines, asked again while the answer is "not now"."""
        until = time.monotonic() + self.patience
        while True:
            status, rows = self.http_rows(sql, *self.users[0])
            if status not in BUSY_HTTP or time.monotonic() > until:
                return status, rows
            time.sleep(0.5)

    def note(self, what):
        with self.lock:
            self.counts[what] += 1

    def blow(self, clients, seconds, seed):
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self.client, args=(random.Random(seed * 100_003 + number), until), daemon=True)
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0, until - time.monotonic()) + 3 * self.patience)
            if thread.is_alive():
                self.wrong.append("a client waits for ever")

    def client(self, lot, until):
        manners = [
            (30, self.asks_http),
            (10, self.asks_refused),
            (8, self.reads_slowly),
            (8, self.goes_away),
            (8, self.shows_something_wrong),
            (8, self.sends_nonsense),
            (8, self.sends_almost_sense),
            (4, self.asks_without_end),
        ]
        if psycopg:
            manners += [(15, self.asks_postgres), (6, self.cancels_postgres)]
        if flightsql:
            manners += [(15, self.asks_flight), (6, self.cancels_flight)]
        weights = [weight for weight, _ in manners]
        while time.monotonic() < until:
            _, manner = lot.choices(manners, weights)[0]
            try:
                manner(lot)
            except Wrong as wrong:
                with self.lock:
                    self.wrong.append(f"{manner.__name__}: {wrong}")
            except (OSError, socket.timeout) as error:
                # Whoever sends nonsense may be cut off; others may not.
                if manner.__name__.startswith(("asks", "reads", "cancels", "shows")):
                    with self.lock:
                        self.wrong.append(f"{manner.__name__}: {type(error).__name__}: {error}")

    # Over HTTP.

    def http(self, sql, user, password, header=None, source=None):
        body = json.dumps({"sql": sql}).encode()
        login = header or "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        stream = socket.create_connection(self.doors["http"], timeout=self.patience, source_address=source)
        stream.sendall(
            f"POST /v1/query HTTP/1.1\r\nhost: soak\r\nauthorization: {login}\r\naccept: text/csv\r\n"
            f"content-type: application/json\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return stream

    def http_rows(self, sql, user, password, header=None, source=None):
        """Status, and the lines of a whole answer."""
        with self.http(sql, user, password, header, source) as stream:
            return whole(b"".join(iter(lambda: stream.recv(1 << 16), b"")))

    def asks_http(self, lot):
        sql = lot.choice(QUESTIONS)
        status, rows = self.http_rows(sql, *lot.choice(self.users))
        self.judge_http(sql, status, rows)

    def judge_http(self, sql, status, rows):
        if status == 200 and rows is None:
            # Broken off: time or the end of the server. Never silently.
            return self.note("http broken off")
        if status == 200:
            if sql in self.truth and rows != self.truth[sql]:
                raise Wrong(f"another answer to {sql}: {rows[:3]}")
            return self.note("http answered")
        if status in BUSY_HTTP:
            return self.note(f"http {status}")
        raise Wrong(f"{status} for {sql}: {rows}")

    def asks_refused(self, lot):
        sql, code, _ = lot.choice(REFUSED)
        status, rows = self.http_rows(sql, *lot.choice(self.users))
        if status not in BUSY_HTTP | {code}:
            raise Wrong(f"{status} instead of {code} for {sql[:60]}: {rows}")
        self.note("http refused")

    def asks_without_end(self, lot):
        status, rows = self.http_rows(NO_END, *lot.choice(self.users))
        if status not in BUSY_HTTP and rows is not None:
            raise Wrong(f"{status} for what has no end: {rows}")
        self.note("http without end")

    def reads_slowly(self, lot):
        with self.http(LONG_ANSWER, *lot.choice(self.users)) as stream:
            for _ in range(lot.randrange(1, 8)):
                if not stream.recv(4096):
                    break
                time.sleep(lot.random() / 2)
        self.note("read slowly")

    def goes_away(self, lot):
        stream = self.http(lot.choice([LONG_ANSWER, NO_END, *QUESTIONS]), *lot.choice(self.users))
        time.sleep(lot.random() / 5)
        if lot.random() < 0.5:
            # Gone without a word, as when the power fails.
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()
        self.note("went away")

    def shows_something_wrong(self, lot):
        header = lot.choice(["Bearer " + "".join(lot.choices("abcdef0123456789", k=43)), "Bearer ", "Basic !!!!", None])
        name = "nobody" + str(lot.randrange(20))
        status, rows = self.http_rows("select 1", name, "wrong", header, stranger(lot))
        if status not in (400, 401, 429, 503):
            raise Wrong(f"{status} for a wrong login: {rows}")
        self.note(f"wrong login {status}")

    # What is no protocol.

    def sends(self, door, data, lot):
        with socket.create_connection(self.doors[door], timeout=10, source_address=stranger(lot)) as stream:
            stream.settimeout(2)
            try:
                stream.sendall(data)
                if lot.random() < 0.5:
                    stream.recv(1 << 16)
            except OSError:
                pass

    def sends_nonsense(self, lot):
        start = lot.choice(
            [
                b"",
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                b"POST /v1/query HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n",
                b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 500,
                struct.pack("!ii", 8, 80877103),
                struct.pack("!ii", 2**31 - 1, 196608),
                struct.pack("!ii", 16, 80877102) + bytes(8),
                b"\x16\x03\x01\x02\x00\x01",
            ]
        )
        self.sends(lot.choice(list(self.doors)), start + lot.randbytes(lot.randrange(2000)), lot)
        self.note("nonsense")

    def sends_almost_sense(self, lot):
        # Nobody's name: the lockout of a user is not what is tried here.
        user, password = "nobody", "wrong"
        settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
        frame = lambda kind, flags, stream, body: len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body
        startup = b"user\0" + user.encode() + b"\0database\0warehouse\0\0"
        startup = struct.pack("!ii", len(startup) + 8, 196608) + startup
        password_message = b"p" + struct.pack("!i", len(password) + 5) + password.encode() + b"\0"
        query = b"Q" + struct.pack("!i", 13) + b"select 1\0"
        door, good = lot.choice(
            [
                ("flight", settings + frame(1, 5, 1, b"\x83\x86\x45\x04/a/b\x41\x01c") + frame(0, 1, 1, b"\0\0\0\0\x02\x0a\0")),
                ("flight", settings + frame(3, 0, 1, bytes(4)) + frame(8, 0, 0, bytes(4)) + frame(6, 0, 0, bytes(8))),
                ("http", b'POST /v1/query HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{"sql":"select 1"}'),
                ("http", b"GET /readyz HTTP/1.1\r\nhost: h\r\n\r\nGET /metrics HTTP/1.1\r\nhost: h\r\n\r\n"),
                ("postgres", startup + password_message + query),
                ("postgres", startup + b"p" + struct.pack("!i", 2**30) + b"SCRAM-SHA-256\0"),
                ("postgres", startup + b"P" + struct.pack("!i", 8) + b"\0\0\0\0" + b"B" + struct.pack("!i", 4)),
            ]
        )
        bytes_ = bytearray(good)
        for _ in range(lot.randrange(1, 4)):
            at = lot.randrange(len(bytes_))
            if lot.random() < 0.5:
                bytes_[at] ^= 1 << lot.randrange(8)
            else:
                del bytes_[at:]
            if not bytes_:
                break
        self.sends(door, bytes(bytes_), lot)
        self.note("almost sense")

    # Over the Postgres wire.

    def postgres(self, lot):
        user, password = lot.choice(self.users)
        host, port = self.doors["postgres"]
        return psycopg.connect(
            host=host, port=port, user=user, password=password, dbname="warehouse", connect_timeout=self.patience,
            autocommit=True, sslmode="prefer",
        )

    def asks_postgres(self, lot):
        try:
            with self.postgres(lot) as connection:
                for _ in range(lot.randrange(1, 4)):
                    if lot.random() < 0.3:
                        sql, _, code = lot.choice(REFUSED)
                        self.refused_postgres(connection, sql, code)
                        continue
                    sql = lot.choice(QUESTIONS)
                    rows = [",".join(str(value) for value in row) for row in connection.execute(sql)]
                    if rows != self.truth[sql][1:]:
                        raise Wrong(f"another answer to {sql}: {rows[:3]}")
                    self.note("postgres answered")
        except psycopg.Error as error:
            self.judge_postgres(error)

    def refused_postgres(self, connection, sql, code):
        try:
            connection.execute(sql)
        except psycopg.Error as error:
            if (error.sqlstate or "").startswith((code, *BUSY_SQL)):
                return self.note("postgres refused")
            raise Wrong(f"{error.sqlstate} instead of {code} for {sql[:60]}") from error
        raise Wrong(f"answered: {sql[:60]}")

    def judge_postgres(self, error):
        if (error.sqlstate or "").startswith(BUSY_SQL):
            return self.note(f"postgres {error.sqlstate}")
        # Others guess from the same address; libpq tells no code of a log-in.
        for said, what in [("too many failed attempts", "kept waiting"), ("nothing was said for too long", "too slow")]:
            if said in str(error):
                return self.note(f"postgres {what}")
        raise Wrong(f"postgres {error.sqlstate}: {error}") from error

    def cancels_postgres(self, lot):
        try:
            with self.postgres(lot) as connection:
                stop = threading.Timer(lot.random(), connection.cancel)
                stop.start()
                try:
                    connection.execute(NO_END)
                    raise Wrong("what has no end was answered")
                finally:
                    stop.cancel()
                    stop.join()
        except psycopg.Error as error:
            self.judge_postgres(error)

    # Over Flight SQL.

    def flight(self, lot):
        user, password = lot.choice(self.users)
        host, port = self.doors["flight"]
        return flightsql.connect(f"grpc://{host}:{port}", db_kwargs={"username": user, "password": password}, autocommit=True)

    def asks_flight(self, lot):
        try:
            with self.flight(lot) as connection, connection.cursor() as cursor:
                sql = lot.choice(QUESTIONS)
                cursor.execute(sql)
                rows = [",".join(str(value) for value in row) for row in cursor.fetchall()]
                if rows != self.truth[sql][1:]:
                    raise Wrong(f"another answer to {sql}: {rows[:3]}")
                self.note("flight answered")
        except adbc_driver_manager.Error as error:
            self.judge_flight(error)

    def judge_flight(self, error):
        busy = ("RESOURCE_EXHAUSTED", "ResourceExhausted", "DEADLINE", "Deadline", "TIMEOUT", "CANCELLED", "Canceled", "Cancelled", "UNAVAILABLE", "Unavailable")
        if any(word in str(error) for word in busy):
            return self.note("flight busy")
        raise Wrong(f"flight: {error}") from error

    def cancels_flight(self, lot):
        try:
            with self.flight(lot) as connection, connection.cursor() as cursor:
                stop = threading.Timer(lot.random(), cursor.adbc_cancel)
                stop.start()
                try:
                    cursor.execute(NO_END)
                    cursor.fetchall()
                    raise Wrong("what has no end was answered")
                finally:
                    stop.cancel()
                    stop.join()
        except adbc_driver_manager.Error as error:
            self.judge_flight(error)

    # The server afterwards.

    def settles(self, target=0):
        """Memory in MiB once it is at `target`, or has not fallen for a while."""
        lowest, since = resident(self.given.pid), time.monotonic()
        while lowest > target and time.monotonic() - since < self.given.patience:
            # The allocator gives memory back when it is asked for some.
            self.http_rows(QUESTIONS[3], *self.users[0])
            time.sleep(0.5)
            memory = resident(self.given.pid)
            if memory < lowest * 0.995:
                lowest, since = memory, time.monotonic()
        return lowest


def whole(answer):
    """Status and lines of an HTTP answer; no lines when it was broken off."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 "):
        raise Wrong(f"no HTTP answer: {answer[:60]}")
    status = int(head[9:12])
    if b"transfer-encoding: chunked" in head.lower():
        pieces = []
        while body:
            size, _, body = body.partition(b"\r\n")
            size = int(size or b"0", 16)
            if size == 0:
                return status, b"".join(pieces).decode().split()
            pieces.append(body[:size])
            body = body[size + 2 :]
        return status, None
    return status, body.decode(errors="replace").split()


def stranger(lot):
    """An address of its own: who fails too often is locked out by address."""
    return f"127.0.{lot.randrange(1, 250)}.{lot.randrange(1, 250)}", 0


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:")) / 1024


def address(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for door in ("http", "postgres", "flight"):
        parser.add_argument(f"--{door}", required=True)
    parser.add_argument("--user", action="append", required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--patience", type=float, default=60, help="seconds in which memory has to fall again")
    parser.add_argument("--time", type=int, default=60, help="seconds that the users' role lets a question run")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    storm = Storm(given)
    held = [resident(given.pid)]
    storm.blow(given.clients, given.seconds, given.seed)
    held.append(storm.settles())
    for turn in range(1, 4):
        storm.blow(given.clients, given.seconds, given.seed + turn)
        most = held[-1] * 1.1
        held.append(storm.settles(most))
        if held[-1] <= most:
            break
    else:
        storm.wrong.append(f"memory grows with every storm: {held} MiB")
    for sql, rows in storm.truth.items():
        found = storm.told(sql)
        if found != (200, rows):
            storm.wrong.append(f"afterwards, {sql}: {found}")
    for door in ["http"] + ["postgres"] * bool(psycopg) + ["flight"] * bool(flightsql):
        if not storm.counts[f"{door} answered"]:
            storm.wrong.append(f"nobody was answered at the {door} door")
    if not os.path.exists(f"/proc/{given.pid}"):
        storm.wrong.append("the server is gone")
    summary = {
        "clients": given.clients,
        "seconds": given.seconds,
        "memory_mib": {"before": round(held[0], 1), "after each storm": [round(one, 1) for one in held[1:]]},
        "counts": dict(sorted(storm.counts.items())),
        "wrong": len(storm.wrong),
        "first wrong": storm.wrong[:10],
    }
    print(json.dumps(summary, indent=2))
    sys.exit(1 if storm.wrong else 0)


if __name__ == "__main__":
    main()
