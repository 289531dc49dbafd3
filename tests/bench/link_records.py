"""Writes what each partner says of a person as one CSV, for linkage.

    python3 link_records.py WORLD OUT.csv [--drift 0.1] [--seed 1]

WORLD is a folder of `jcw synth`. Each line is one record: what one partner's
table says of one child, once however many rows say it. `person` is who it is,
by the truth. Rows that a contract would reject (a spoilt number or date) are
left out. `--drift` spoils that share of the records the way people's details
really differ between organisations, which no contract can see: a misspelt or
shortened name, given and family name swapped, another family name, day and
month swapped, a slip in a date, an old postcode, no NHS number, no sex.
"""

import argparse
import csv
import datetime
import glob
import os
import random
import xml.etree.ElementTree as ElementTree

import openpyxl

COLUMNS = ["record", "source", "scope", "local_id", "nhs_number", "nhs_number_status", "upn",
           "uln", "surname", "forename", "full_name", "birth_date", "sex", "postcode", "person"]

# Table, scope, files, and which label holds what.
CSVS = [
    ("council.attendance", "council", "council/attendance/*.csv",
     {"local_id": "child_id", "upn": "upn", "birth_date": "date_of_birth"}),
    ("council.suspension", "council", "council/suspension/*.csv",
     {"local_id": "child_id", "upn": "upn", "birth_date": "date_of_birth"}),
    ("council.ehcna_case", "council", "council/ehcna_case/*.csv",
     {"local_id": "child_id", "upn": "upn", "surname": "surname", "forename": "forename",
      "birth_date": "date_of_birth", "sex": "sex", "postcode": "postcode"}),
    ("council.out_of_school", "council", "council/out_of_school/*.csv",
     {"local_id": "child_id", "upn": "upn", "surname": "surname", "forename": "forename",
      "birth_date": "date_of_birth", "postcode": "postcode"}),
    ("council.cwd_referral", "council", "council/cwd_referral/*.csv",
     {"local_id": "child_id", "nhs_number": "nhs_number", "surname": "surname",
      "forename": "forename", "birth_date": "date_of_birth", "sex": "sex", "postcode": "postcode"}),
    ("eput.csds_patient", "eput", "eput/csds/*CYP001MPI.csv",
     {"local_id": "LocalPatientID", "nhs_number": "NHSNumber", "nhs_number_status": "NHSNumber_Status",
      "birth_date": "DateOfBirth", "sex": "Gender", "postcode": "Postcode"}),
    ("eput.contract_activity", "eput", "eput/contract/*.csv",
     {"local_id": "Local Patient ID", "nhs_number": "NHS Number", "birth_date": "Date of Birth",
      "sex": "Gender"}),
    ("nelft.mhsds_patient", "nelft", "nelft/mhsds/*MHS001MPI.csv",
     {"local_id": "LocalPatientID", "nhs_number": "NHSNumber", "nhs_number_status": "NHSNumberStatus",
      "birth_date": "PersonBirthDate", "sex": "Gender", "postcode": "Postcode"}),
    ("commissioner.joint_package", "commissioner", "commissioner/joint_package/*.csv",
     {"nhs_number": "nhs_number", "birth_date": "date_of_birth", "postcode": "postcode"}),
    ("commissioner.continuing_care", "commissioner", "commissioner/continuing_care/*.csv",
     {"nhs_number": "nhs_number", "birth_date": "date_of_birth", "postcode": "postcode"}),
    ("commissioner.personal_health_budget", "commissioner", "commissioner/personal_health_budget/*.csv",
     {"nhs_number": "nhs_number", "birth_date": "date_of_birth", "postcode": "postcode"}),
    ("commissioner.dynamic_support_register", "commissioner", "commissioner/dynamic_support_register/*.csv",
     {"nhs_number": "nhs_number", "surname": "family_name", "forename": "given_name",
      "birth_date": "date_of_birth"}),
    ("commissioner.cetr", "commissioner", "commissioner/cetr/*.csv",
     {"nhs_number": "nhs_number", "surname": "family_name", "forename": "given_name",
      "birth_date": "date_of_birth"}),
]
WORKBOOKS = [
    ("eput.advice_tracker", "eput", "eput/advice_tracker/*.xlsx",
     {"nhs_number": "NHS number", "full_name": "Child", "birth_date": "Date of birth"}),
    ("commissioner.dco_advice_tracker", "commissioner", "commissioner/dco_advice_tracker/*.xlsx",
     {"nhs_number": "NHS number", "birth_date": "Date of birth"}),
]


def rows(world):
    for table, scope, pattern, labels in CSVS:
        for file in sorted(glob.glob(f"{world}/extracts/{pattern}")):
            with open(file, encoding="utf-8-sig", newline="") as handle:
                for row in csv.DictReader(handle):
                    yield table, scope, {role: row.get(label) or "" for role, label in labels.items()}
    for table, scope, pattern, labels in WORKBOOKS:
        for file in sorted(glob.glob(f"{world}/extracts/{pattern}")):
            sheet = openpyxl.load_workbook(file, read_only=True).active
            lines = list(sheet.iter_rows(values_only=True))
            header = next(i for i, line in enumerate(lines) if line[0] == "Request ID")
            places = {role: lines[header].index(label) for role, label in labels.items()}
            for line in lines[header + 1:]:
                yield table, scope, {role: str(line[place] or "").split(" 00:00")[0] if role == "birth_date"
                                     else str(line[place] or "") for role, place in places.items()}
    for file in sorted(glob.glob(f"{world}/extracts/council/sen2/*.xml")):
        for person in ElementTree.parse(file).getroot().iter("Person"):
            get = lambda tag: person.findtext(tag) or ""
            yield "council.sen2_person", "council", {
                "surname": get("Surname"), "forename": get("Forename"),
                "birth_date": get("PersonBirthDate"), "sex": get("Sex") or get("GenderCurrent"),
                "postcode": get("PostCode"), "upn": get("UPN"), "uln": get("UniqueLearnerNumber")}


def date(text):
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.datetime.strptime(text, form).date()
        except ValueError:
            pass
    return None


class Truth:
    def __init__(self, world):
        self.by = {name: {} for name in ("council", "eput", "nelft", "nhs", "upn", "uln", "names")}
        self.postcodes = []
        with open(f"{world}/truth/people.csv", encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                person = int(row["person"])
                for name, column in (("council", "council_child_id"), ("eput", "eput_local_patient_id"),
                                     ("nelft", "nelft_local_patient_id"), ("nhs", "nhs_number"),
                                     ("upn", "upn"), ("uln", "uln")):
                    if row[column]:
                        self.by[name][row[column]] = person

    def person(self, scope, row):
        found = {self.by[scope].get(row["local_id"])} if scope in self.by and row.get("local_id") else set()
        for name, role in (("nhs", "nhs_number"), ("upn", "upn"), ("uln", "uln")):
            if row.get(role):
                found.add(self.by[name].get(row[role].replace(" ", "").replace("-", "")))
        return found.pop() if len(found) == 1 else None


SHORT = {"Oliver": "Ollie", "Samuel": "Sam", "Joshua": "Josh", "Harriet": "Hattie", "Matilda": "Tilly",
         "Penelope": "Penny", "Florence": "Flo", "Theo": "Theodore", "Archie": "Archibald", "Freddie": "Frederick",
         "Charlie": "Charles", "Alfie": "Alfred", "Max": "Maximilian", "Leo": "Leonard", "Rosie": "Rosemary",
         "Teddy": "Edward", "Jack": "John", "Muhammad": "Mohammed", "Zofia": "Sophia", "Oliwia": "Olivia",
         "Chukwuemeka": "Emeka", "Elijah": "Eli", "Mateusz": "Matthew", "Szymon": "Simon", "Callum": "Cal"}


def slip(text, chance):
    at = chance.randrange(1, max(2, len(text)))
    kind = chance.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1:]
    if kind == 1:
        return text[:at] + chance.choice("aeiourlnst") + text[at:]
    if kind == 2 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2:]
    return text[:at] + chance.choice("aeiourlnst") + text[at + 1:]


def drift(row, chance, surnames, postcodes):
    """Spoils one or two things of a row."""
    for _ in range(1 + (chance.random() < 0.2)):
        kind = chance.choice(["surname", "forename", "short", "swapped", "other surname", "date", "day-month",
                              "postcode", "postcode", "number", "number", "number", "sex"])
        if kind == "surname" and row.get("surname"):
            row["surname"] = slip(row["surname"], chance)
        elif kind == "forename" and row.get("forename"):
            row["forename"] = slip(row["forename"], chance)
        elif kind == "short" and row.get("forename"):
            first = row["forename"].split("-")[0]
            row["forename"] = SHORT.get(row["forename"], first)
        elif kind == "swapped" and row.get("forename"):
            row["surname"], row["forename"] = row["forename"], row["surname"]
        elif kind == "other surname" and row.get("surname"):
            row["surname"] = chance.choice(surnames)
        elif kind == "date":
            day = date(row["birth_date"])
            moved = chance.choice([-365, 365, -1, 1, 10, -10, 30, -30])
            row["birth_date"] = (day + datetime.timedelta(days=moved)).isoformat()
        elif kind == "day-month":
            day = date(row["birth_date"])
            if day.day <= 12:
                row["birth_date"] = day.replace(month=day.day, day=day.month).isoformat()
        elif kind == "postcode" and row.get("postcode"):
            row["postcode"] = chance.choice(postcodes)
        elif kind == "number" and row.get("nhs_number"):
            row["nhs_number"], row["nhs_number_status"] = "", "07" if "nhs_number_status" in row else ""
        elif kind == "sex" and row.get("sex"):
            row["sex"] = "X" if row["sex"] in "12" else ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("world")
    parser.add_argument("out")
    parser.add_argument("--drift", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    truth = Truth(given.world)
    seen, kept = set(), []
    for table, scope, row in rows(given.world):
        day = date(row["birth_date"])
        person = truth.person(scope, row)
        if day is None or person is None or row.get("sex", "") not in ("", "M", "F", "1", "2", "X", "9"):
            continue
        row["birth_date"] = day.isoformat()
        said = (table, person) + tuple(sorted(row.items()))
        if said not in seen:
            seen.add(said)
            kept.append((table, scope, person, row))
    chance = random.Random(given.seed)
    surnames = sorted({row["surname"] for *_, row in kept if row.get("surname")})
    postcodes = sorted({row["postcode"] for *_, row in kept if row.get("postcode")})
    with open(given.out, "w", encoding="utf-8", newline="") as handle:
        out = csv.DictWriter(handle, COLUMNS, restval="")
        out.writeheader()
        chance.shuffle(kept)
        for number, (table, scope, person, row) in enumerate(kept):
            if chance.random() < given.drift:
                drift(row, chance, surnames, postcodes)
            out.writerow({"record": f"r{number}", "source": table, "scope": scope, "person": person, **row})
    print(f"{len(kept):,} records of {len({p for _, _, p, _ in kept}):,} people: {given.out}")


if __name__ == "__main__":
    main()
