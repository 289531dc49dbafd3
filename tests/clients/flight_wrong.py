"""Asks wrong questions by ADBC and prints the gRPC code and the sentence of each.

    python flight_wrong.py SERVER HTTP USER PASSWORD < questions

Questions are a JSON array of SQL on standard input; `null` is one that is asked while
another runs for the same user.
"""

import json
import os
import re
import sys
import threading

import adbc_driver_flightsql.dbapi as adbc
from waiting import becomes

SERVER, HTTP, USER, PASSWORD = sys.argv[1:5]
ENDLESS = (
    "select count(*) as n from generate_series(1, 1000000) a,"
    " generate_series(1, 1000000) b where a.value * b.value % 1000003 = 7"
)


def ask(sql):
    options = {"username": USER, "password": PASSWORD}
    with adbc.connect(f"grpc://{SERVER}", db_kwargs=options, autocommit=True) as connection:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.fetch_arrow_table()


def told(sql):
    try:
        ask(sql)
    except Exception as error:
        text = str(error)
        code = re.search(r"\((\w+); ", text)
        return {"code": code.group(1) if code else "", "said": text}
    return {"code": "", "said": "an answer"}


def ignored():
    try:
        ask(ENDLESS)
    except Exception:
        pass


def busy():
    # The one before has been told its end a moment before it leaves its place.
    becomes(HTTP, "jcw_running 0")
    threading.Thread(target=ignored, daemon=True).start()
    becomes(HTTP, "jcw_running 1")
    return told("select 1")


for question in json.load(sys.stdin):
    print(json.dumps(busy() if question is None else told(question)), flush=True)
os._exit(0)
