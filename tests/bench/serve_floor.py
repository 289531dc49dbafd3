#!/usr/bin/env python3
"""A Flight SQL server that does nothing: what a client is not faster than.

    serve_floor.py PORT CONTACTS.parquet

Whatever it is asked, it has had the answer all along: the table for `select *`, one
row for the rest. It plans, checks and logs nothing; what is measured of it is gRPC
and the client.
"""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import flight

# The driver asks once what the server is, and insists on the columns of the answer.
ABOUT = pa.schema(
    [
        pa.field("info_name", pa.uint32(), False),
        pa.field(
            "value",
            pa.dense_union(
                [
                    pa.field("string_value", pa.string()),
                    pa.field("bool_value", pa.bool_()),
                    pa.field("bigint_value", pa.int64()),
                    pa.field("int32_bitmask", pa.int32()),
                    pa.field("string_list", pa.list_(pa.string())),
                    pa.field("int32_to_int32_list_map", pa.map_(pa.int32(), pa.list_(pa.int32()))),
                ]
            ),
            False,
        ),
    ]
)
PREPARED = b"type.googleapis.com/arrow.flight.protocol.sql.ActionCreatePreparedStatementResult"


def field(number, value):
    """A field of a protobuf message."""
    length, rest = bytearray(), len(value)
    while rest > 127:
        length.append(rest & 127 | 128)
        rest >>= 7
    return bytes([number << 3 | 2, *length, rest]) + value


class Floor(flight.FlightServerBase):
    def __init__(self, port, contacts):
        super().__init__(f"grpc://127.0.0.1:{port}")
        self.answers = {
            b"about": pa.Table.from_batches([], ABOUT),
            b"one": pa.table({"value": [1]}),
            b"all": pq.read_table(contacts),
        }

    def do_action(self, context, action):
        if action.type != "CreatePreparedStatement":
            return []
        name = b"all" if b"select *" in action.body.to_pybytes() else b"one"
        made = field(1, name) + field(2, self.answers[name].schema.serialize().to_pybytes())
        return [flight.Result(pa.py_buffer(field(1, PREPARED) + field(2, made)))]

    def get_flight_info(self, context, descriptor):
        asked = descriptor.command
        name = b"about" if b"GetSqlInfo" in asked else b"all" if asked.endswith(b"all") else b"one"
        return flight.FlightInfo(self.answers[name].schema, descriptor, [flight.FlightEndpoint(name, [])], -1, -1)

    def do_get(self, context, ticket):
        return flight.RecordBatchStream(self.answers[ticket.ticket])


if __name__ == "__main__":
    Floor(*sys.argv[1:]).serve()
