#!/usr/bin/env python3
"""Polars converting the contact extract to typed zstd Parquet, with no checks:
the time any careful reader is measured against.

    ingest_polars.py DATA_FOLDER OUTPUT_FOLDER

A cell that does not fit its type becomes null, a cell too many is dropped.
Needs: polars.
"""

import json
import sys
import time
from pathlib import Path

import polars as pl

TYPES = {
    "care_contact_id": pl.String,
    "nhs_number": pl.String,
    "contact_date": pl.String,
    "provider_code": pl.String,
    "commissioner_code": pl.String,
    "team_type": pl.String,
    "attendance_status": pl.String,
    "consultation_mechanism": pl.String,
    "duration_minutes": pl.Int32,
    "activity_location": pl.String,
    "cost_gbp": pl.Decimal(12, 2),
    "received_at": pl.String,
}


def main():
    data, output = Path(sys.argv[1]), Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    rows = pl.scan_csv(data / "contacts.csv", schema=TYPES, truncate_ragged_lines=True, ignore_errors=True)
    rows = rows.with_columns(
        pl.col("contact_date").str.to_date("%d/%m/%Y", strict=False),
        pl.col("received_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC", strict=False),
    )
    rows.sink_parquet(output / "contacts.parquet", compression="zstd")
    seconds = time.perf_counter() - began
    written = pl.scan_parquet(output / "contacts.parquet").select(pl.len()).collect().item()
    print(json.dumps({"seconds": round(seconds, 2), "written": written}))


if __name__ == "__main__":
    main()
