"""Flight SQL call by call: the few messages of protocol buffers that pyarrow does
not make, and a client that asks with them."""

import pyarrow as pa
import pyarrow.flight as flight


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def message(*fields):
    out = b""
    for tag, value in fields:
        if isinstance(value, int):
            out += varint(tag << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(tag << 3 | 2) + varint(len(value)) + value
    return out


def command(name, *fields):
    url = f"type.googleapis.com/arrow.flight.protocol.sql.{name}"
    return message((1, url), (2, message(*fields)))


def fields(body):
    """The fields of a message, by tag; numbers and bytes."""
    out, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = body[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(body):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            assert key & 7 == 2, key
            length = number()
            value, at = body[at : at + length], at + length
        out.setdefault(key >> 3, []).append(value)
    return out


class Client:
    """Asks as one user: by a login, a header, or the certificate of its connection."""

    def __init__(self, address, login=None, header=None, **tls):
        scheme = "grpc+tls" if tls else "grpc"
        self.client = flight.FlightClient(f"{scheme}://{address}", **tls)
        if login:
            header = self.client.authenticate_basic_token(*login)
        self.options = flight.FlightCallOptions(headers=[header] if header else [], timeout=600)

    def info(self, sql):
        body = command("CommandStatementQuery", (1, sql))
        return self.client.get_flight_info(flight.FlightDescriptor.for_command(body), self.options)

    def read(self, ticket):
        return self.client.do_get(ticket, self.options)

    def query(self, sql):
        return self.read(self.info(sql).endpoints[0].ticket)

    def rows(self, sql):
        return pa.Table.from_batches(list(batches(self.query(sql)))).to_pylist()

    def act(self, name, body=b""):
        results = self.client.do_action(flight.Action(name, body), self.options)
        return [result.body.to_pybytes() for result in results]


def batches(reader):
    """Not read_all, which takes a cancelled query for Ctrl-C."""
    try:
        while True:
            yield reader.read_chunk().data
    except StopIteration:
        return
