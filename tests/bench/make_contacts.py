#!/usr/bin/env python3
"""Writes a made-up contact extract for the benchmarks, and what is in it.

    make_contacts.py FOLDER [--rows 5000000]

FOLDER/contacts.csv    twelve columns, about 100 bytes a row, LF line ends
FOLDER/expected.json   how many rows any correct reader accepts, rejects (by
                       rule) and takes for duplicates

The same rows give the same bytes. Nobody is described: NHS numbers have valid
check digits but begin 888, a range that is issued to nobody.
Python 3.11, no packages.
"""

import argparse
import json
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

HEADER = (
    "care_contact_id,nhs_number,contact_date,provider_code,commissioner_code,team_type,"
    "attendance_status,consultation_mechanism,duration_minutes,activity_location,cost_gbp,received_at"
)
SEED = 882
CHUNK = 100_000
FIRST_DAY, DAYS = date(2024, 4, 1), 365

# Codes of the Community Services Data Set 1.6, and how often each is used.
PROVIDERS = {"R1L": 70, "RAT": 20, "RAJ": 10}
COMMISSIONERS = {"99G": 50, "07G": 20, "99E": 15, "99F": 15}
TEAMS = {"33": 30, "23": 20, "26": 15, "06": 15, "32": 10, "38": 5, "17": 2, "58": 2, "45": 1}
ATTENDANCE = {"5": 80, "3": 8, "2": 6, "4": 3, "6": 2, "7": 1}
MECHANISMS = {"01": 70, "02": 12, "11": 12, "05": 4, "09": 2}
LOCATIONS = {"L01": 40, "A01": 25, "B01": 20, "C01": 10, "D02": 5}

# Share of all rows spoilt in each way. A pair is two rows with one identifier.
FAULTS = {
    "check-digit": 2e-4,
    "unknown-code": 2e-4,
    "bad-date": 2e-4,
    "out-of-window": 1e-4,
    "no-duration": 1e-4,
    "ragged": 4e-5,
    "identical-pair": 8e-5,
    "conflicting-pair": 8e-5,
}


def nhs_numbers(count):
    """Valid ones: weights 10 to 2, the check digit makes the sum divide by 11."""
    numbers = []
    nine = 888_000_000
    while len(numbers) < count:
        nine += 3
        check = -sum(int(digit) * weight for digit, weight in zip(str(nine), range(10, 1, -1))) % 11
        if check < 10:
            numbers.append(f"{nine}{check}")
    return numbers


class Contacts:
    """Rows in order, a chunk at a time."""

    def __init__(self, rows):
        self.rows = rows
        self.random = random.Random(SEED)
        # A child is seen about 25 times a year.
        self.children = nhs_numbers(max(rows // 25, 1))
        days = [FIRST_DAY + timedelta(days=day) for day in range(DAYS + 30)]
        self.contact_days = [day.strftime("%d/%m/%Y") for day in days]
        self.received_days = [day.isoformat() for day in days]
        self.times = [f"T{minute // 60:02}:{minute % 60:02}:00Z" for minute in range(1440)]
        self.costs = [f"{pence // 100}.{pence % 100:02}" for pence in range(900, 25_000, 7)]

    def chunk(self, start):
        size = min(CHUNK, self.rows - start)
        draw = self.random

        def codes(weights):
            return draw.choices(list(weights), list(weights.values()), k=size)

        days = draw.choices(range(DAYS), k=size)
        lags = draw.choices(range(1, 29), k=size)
        columns = zip(
            # Multiplying by a number that shares no factor with 10**15 mixes the
            # order and repeats nothing.
            (f"CARECONTACT{number * 738_687_239_551_337 % 10**15:015}" for number in range(start, start + size)),
            draw.choices(self.children, k=size),
            (self.contact_days[day] for day in days),
            codes(PROVIDERS),
            codes(COMMISSIONERS),
            codes(TEAMS),
            codes(ATTENDANCE),
            codes(MECHANISMS),
            map(str, draw.choices(range(5, 121, 5), k=size)),
            codes(LOCATIONS),
            draw.choices(self.costs, k=size),
            (self.received_days[day + lag] + draw.choice(self.times) for day, lag in zip(days, lags)),
        )
        return [list(row) for row in columns]


def plan(rows, draw):
    """Row number -> what to do to it; for a pair also the row it repeats."""
    counts = {fault: max(1, round(rows * share)) for fault, share in FAULTS.items()}
    pairs = counts["identical-pair"] + counts["conflicting-pair"]
    places = draw.sample(range(rows), sum(counts.values()) + pairs)
    harms, originals = {}, set()
    for fault, count in counts.items():
        for _ in range(count):
            if fault.endswith("-pair"):
                first, second = sorted((places.pop(), places.pop()))
                originals.add(first)
                harms[second] = (fault, first)
            else:
                harms[places.pop()] = (fault, None)
    return counts, harms, originals


def spoil(row, fault, original):
    if fault == "check-digit":
        row[1] = row[1][:-1] + str((int(row[1][-1]) + 1) % 10)
    elif fault == "unknown-code":
        row[6] = "9"
    elif fault == "bad-date":
        row[2] = "31/02/2024"
    elif fault == "out-of-window":
        row[2] = "14/06/2019"
    elif fault == "no-duration":
        row[6], row[8] = "5", ""
    elif fault == "ragged":
        row.append("one cell too many")
    elif fault == "identical-pair":
        row[:] = original
    elif fault == "conflicting-pair":
        row[:] = original
        row[8] = "125"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--rows", type=int, default=5_000_000)
    given = arguments.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    counts, harms, originals = plan(given.rows, random.Random(SEED + 1))
    contacts, kept = Contacts(given.rows), {}
    with open(given.folder / "contacts.csv", "w", encoding="ascii", newline="") as file:
        file.write(HEADER + "\n")
        for start in range(0, given.rows, CHUNK):
            chunk = contacts.chunk(start)
            for number in originals & set(range(start, start + len(chunk))):
                kept[number] = list(chunk[number - start])
            for number in harms.keys() & set(range(start, start + len(chunk))):
                fault, first = harms[number]
                spoil(chunk[number - start], fault, kept.get(first))
            file.write("\n".join(map(",".join, chunk)) + "\n")
    rejected = Counter({fault: count for fault, count in counts.items() if not fault.endswith("-pair")})
    # Nobody can say which of two that differ is right, so both are refused.
    rejected["conflicting-key"] = 2 * counts["conflicting-pair"]
    expected = {
        "received": given.rows,
        "rejected": sum(rejected.values()),
        "duplicate": counts["identical-pair"],
        "accepted": given.rows - sum(rejected.values()) - counts["identical-pair"],
        "rejected_by_rule": dict(sorted(rejected.items())),
    }
    (given.folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
    print(json.dumps(expected, indent=2))


if __name__ == "__main__":
    main()
