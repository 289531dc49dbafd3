"""One month's CSDS submission with very many care contacts, in the provider's
own field names: CONTACTS contacts of a tenth as many referrals of a third as
many patients as referrals. One contact in a thousand belongs to no referral,
one in a thousand is dated after the period.

usage: make_csds.py FOLDER CONTACTS
"""

import random
import sys
from pathlib import Path

SET = "R1L_2024-04_refresh_000123"
FIXTURES = Path(__file__).parents[1] / "fixtures" / "csds" / "submission"


def main(folder, contacts):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(1)
    referrals = max(contacts // 10, 1)
    patients = max(referrals // 3, 1)
    files = {}
    for fixture in sorted(FIXTURES.glob(f"{SET}_*.csv")):
        name = fixture.stem.removeprefix(SET + "_")
        files[name] = open(folder / fixture.name, "w", buffering=1 << 20)
        files[name].write(fixture.read_text().splitlines()[0] + "\n")
    write = {name: file.write for name, file in files.items()}
    write["CYP000Header"](
        f"R1L,2024-04-01,2024-04-30,2024-06-10T09:30:00Z,SystmOne,1.6,R1L,{patients},0,{referrals},{referrals},0,0,{contacts},0,0,0,0\n"
    )
    for n in range(patients):
        year, month, day = 2006 + n % 17, 1 + n % 12, 1 + n % 28
        write["CYP001MPI"](f"L{n},R1L,,,,{year}-{month:02}-{day:02},SS{1 + n % 9} 1AA,{1 + n % 2},A,,,,,,,,,,,,,,,,\n")
    for n in range(referrals):
        write["CYP101Referral"](f"S{n},L{n % patients},99G,2024-0{1 + n % 4}-0{1 + n % 9},09:15,SLT,01,,,1,,,\n")
        write["CYP102ServiceTypeReferredTo"](f"S{n},T{n % 5},{(33, 23, 26, 45, 50)[n % 5]},,,,\n")
    planted = 0
    for n in range(contacts):
        chance = draw.random()
        referral = referrals + n if chance < 0.001 else draw.randrange(referrals)
        month = 5 if 0.001 <= chance < 0.002 else 4
        planted += chance < 0.002
        write["CYP201CareContact"](
            f"C{n},S{referral},T{n % 5},2024-0{month}-{1 + n % 28:02},{8 + n % 10:02}:15,99G,,{15 + n % 60},02,01,01,L01,,N,{(5, 5, 5, 6, 3, 2)[n % 6]},,,,,,\n"
        )
    for file in files.values():
        file.close()
    print(planted)


main(sys.argv[1], int(sys.argv[2]))
