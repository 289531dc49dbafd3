"""SEN2 XML by lxml and pandas: parse, nine tables, and the checks of the
contracts that a data frame can do. Prints rows and rows kept back, by table.

usage: sen2_peer.py FILE
"""

import sys
import time

import pandas as pd
from lxml import etree

TABLES = {
    "person": ("Person", None),
    "request": ("Requests", "person"),
    "assessment": ("Assessment", "request"),
    "named_plan": ("NamedPlan", "assessment"),
    "plan_detail": ("PlanDetail", "named_plan"),
    "active_plan": ("ActivePlans", "request"),
    "placement_detail": ("PlacementDetail", "active_plan"),
    "sen_need": ("SENneed", "active_plan"),
}
BY_TAG = {tag: (name, parent) for name, (tag, parent) in TABLES.items()}
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
DATES = {
    "person": ["PersonBirthDate"],
    "request": ["ReceivedDate", "RequestOutcomeDate"],
    "assessment": ["AssessmentOutcomeDate"],
    "named_plan": ["StartDate", "CeaseDate"],
    "active_plan": ["ReviewMeeting", "LastReview", "ReviewDraft", "PhaseTransferDueDate", "PhaseTransferFinalDate"],
    "placement_detail": ["EntryDate", "LeavingDate"],
}
CODES = {
    "person": {"Sex": set("MF")},
    "request": {"RequestOutcome": set("YNHAW"), "RequestSource": set("12345")},
    "assessment": {"AssessmentOutcome": set("YNHAW")},
    "sen_need": {"SENtype": set("SPLD MLD SLD PMLD SEMH SLCN HI VI MSI PD ASD DS OTH".split())},
}

def parse(path):
    """Streams the file into a list of dictionaries for each table."""
    rows = {name: [] for name in TABLES}
    open_ids = {}
    for event, element in etree.iterparse(
        path, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
    ):
        known = BY_TAG.get(element.tag)
        if known is None:
            continue
        name, parent = known
        if event == "start":
            open_ids[name] = len(rows[name]) + 1
            rows[name].append({f"{name}_id": open_ids[name], f"{parent}_id": open_ids.get(parent)})
        else:
            row = rows[name][open_ids[name] - 1]
            for child in element:
                if child.tag not in BY_TAG:
                    row[child.tag] = child.text
            if name == "person":
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    return {name: pd.DataFrame(found) for name, found in rows.items()}

def upn_is_right(upn):
    if not isinstance(upn, str):
        return True
    if len(upn) != 13 or upn[0] not in LETTERS or not upn[1:12].isdigit():
        return False
    last = int(upn[12]) if upn[12].isdigit() else LETTERS.find(upn[12])
    total = sum(int(digit) * weight for weight, digit in enumerate(upn[1:12], 2)) + 13 * last
    return last >= 0 and LETTERS[total % 23] == upn[0]

def uln_is_right(uln):
    if not isinstance(uln, str):
        return True
    if len(uln) != 10 or not uln.isdigit() or uln[0] == "0":
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(uln[:9], range(10, 1, -1))) % 11
    return rest != 0 and 10 - rest == int(uln[9])

def check(tables):
    """Marks the rows that break a rule; children of a marked row too."""
    bad = {name: pd.Series(False, index=table.index) for name, table in tables.items()}
    for name, columns in DATES.items():
        table = tables[name]
        for column in columns:
            if column in table:
                dates = pd.to_datetime(table[column], format="%Y-%m-%d", errors="coerce")
                bad[name] |= dates.isna() & table[column].notna()
                table[column] = dates
    for name, columns in CODES.items():
        for column, codes in columns.items():
            if column in tables[name]:
                bad[name] |= ~tables[name][column].isin(codes) & tables[name][column].notna()
    person, request = tables["person"], tables["request"]
    bad["person"] |= ~person["UPN"].map(upn_is_right)
    if "UniqueLearnerNumber" in person:
        bad["person"] |= ~person["UniqueLearnerNumber"].map(uln_is_right)
    bad["person"] |= person["Ethnicity"].isna() | person["PersonBirthDate"].isna()
    bad["request"] |= request["RequestOutcomeDate"] < request["ReceivedDate"]
    for name, (_, parent) in TABLES.items():
        if parent is not None:
            kept = set(tables[parent].loc[~bad[parent], f"{parent}_id"])
            bad[name] |= ~tables[name][f"{parent}_id"].isin(kept)
    return bad

def main(path):
    begun = time.perf_counter()
    tables = parse(path)
    bad = check(tables)
    for name, table in tables.items():
        print(f"{name}: {len(table)} rows, {int(bad[name].sum())} kept back")

    print(f"{time.perf_counter() - begun:.2f} s", file=sys.stderr)

main(sys.argv[1])
