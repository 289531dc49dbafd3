"""Flight SQL over TLS, with certificates of the test's own authority.

    python flight_encrypted.py PORT AUTHORITY FOLDER PASSWORD TOKEN

User ann has the password and the token, grafana the certificate of that name.
Prints a line for each way in that is as it should be.
"""

import os
import sys

import adbc_driver_flightsql.dbapi as adbc
import pyarrow.flight as flight
from adbc_driver_flightsql import DatabaseOptions
from flight_sql import Client

PORT, AUTHORITY, FOLDER, PASSWORD, TOKEN = sys.argv[1:6]
SERVER = f"localhost:{PORT}"


def read(name):
    with open(os.path.join(FOLDER, name)) as file:
        return file.read()


ROOTS = read(f"{AUTHORITY}.pem")
BEARER = (b"authorization", b"Bearer " + TOKEN.encode())


def shows(name):
    return {"cert_chain": read(f"{name}.pem"), "private_key": read(f"{name}.key")}


def asks(who, **more):
    client = Client(SERVER, tls_root_certs=ROOTS, **more)
    assert client.rows("select 1 as one") == [{"one": 1}]
    print(who, flush=True)


def nobody(who, **more):
    try:
        Client(SERVER, tls_root_certs=more.pop("roots", ROOTS), **more).rows("select 1 as one")
    except flight.FlightError as error:
        print(f"{who}: {type(error).__name__}", flush=True)
    else:
        raise AssertionError(who)


def adbc_asks(who, **more):
    options = {DatabaseOptions.TLS_ROOT_CERTS.value: ROOTS, **more}
    with adbc.connect(f"grpc+tls://{SERVER}", db_kwargs=options, autocommit=True) as own:
        with own.cursor() as cursor:
            assert cursor.execute("select 1").fetchall() == [(1,)]
    print(who, flush=True)


asks("a password", login=("ann", PASSWORD))
asks("a token", header=BEARER)
asks("a certificate", **shows("grafana"))
nobody("a wrong password", login=("ann", "wrong"))
nobody("nothing")
nobody("a certificate that is nobody's", **shows("stranger"))
asks("a password beside a certificate that is nobody's", login=("ann", PASSWORD), **shows("stranger"))
nobody("a password beside another's certificate", login=("ann", PASSWORD), **shows("grafana"))
nobody("a token beside another's certificate", header=BEARER, **shows("grafana"))
nobody("a certificate of another authority", **shows("forged/grafana"))
nobody("a server of another authority", roots=read("other.pem"), login=("ann", PASSWORD))
adbc_asks("ADBC, a password", username="ann", password=PASSWORD)
adbc_asks("ADBC, a token", **{DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {TOKEN}"})
adbc_asks(
    "ADBC, a certificate",
    **{
        DatabaseOptions.MTLS_CERT_CHAIN.value: read("grafana.pem"),
        DatabaseOptions.MTLS_PRIVATE_KEY.value: read("grafana.key"),
    },
)
os._exit(0)
