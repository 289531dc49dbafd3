"""What the `delta-sharing` client from PyPI does with a profile file.

Prints a line `client | call | outcome` for each call, and `all calls` at the end.
"""

import os
import sys

import delta_sharing
from delta_sharing.protocol import DeltaSharingProfile
from delta_sharing.rest_client import DataSharingRestClient
from delta_sharing.protocol import Table

PROFILE = sys.argv[1]
CLIENT = "delta-sharing (Python)"


def said(call, outcome="works"):
    print(f"{CLIENT} | {call} | {outcome}", flush=True)


client = delta_sharing.SharingClient(PROFILE)
shares = client.list_shares()
assert [share.name for share in shares] == ["warehouse"], shares
said("list_shares")
schemas = client.list_schemas(shares[0])
assert [schema.name for schema in schemas] == ["published"], schemas
said("list_schemas")
names = [table.name for table in client.list_tables(schemas[0])]
assert names == ["metric_definition", "metric_value"], names
said("list_tables")
assert [table.name for table in client.list_all_tables()] == names
said("list_all_tables")

url = PROFILE + "#warehouse.published.metric_value"
newest = delta_sharing.load_as_pandas(url)
assert len(newest) == 3, newest
assert set(newest["metric_id"]) == {"R01"}, newest
said("load_as_pandas")
few = delta_sharing.load_as_pandas(url, limit=2)
assert len(few) == 2 and list(few.columns) == list(newest.columns), few
said("load_as_pandas(limit)")
older = delta_sharing.load_as_pandas(url, version=1)
assert older["denominator"].sum() == newest["denominator"].sum() - 1, (older, newest)
said("load_as_pandas(version)", "works: the version is the release's number")
assert delta_sharing.get_table_version(url) == 2
said("get_table_version")
metadata = delta_sharing.get_table_metadata(url)
assert "metric_id" in metadata.schema_string, metadata
said("get_table_metadata")
try:
    delta_sharing.load_table_changes_as_pandas(url, starting_version=1)
    raise SystemExit("changes were shared")
except Exception as error:
    assert "400" in str(error), error
said("load_table_changes_as_pandas", "refused: a release replaces the one before")
rest = DataSharingRestClient(DeltaSharingProfile.read_from_file(PROFILE))
try:
    rest.query_table_metadata(Table("requests", "warehouse", "council"))
    raise SystemExit("what is not published was shared")
except Exception as error:
    assert "404" in str(error), error
print("all calls", flush=True)
# Arrow's threads sometimes abort the interpreter as it ends; that is not ours to test.
os._exit(0)
