"""Links the records of link_records.py with Splink on DuckDB, as its own guide
advises, and says how long it took and how often it was right.

    python3 link_splink.py RECORDS.csv

Normalised as this project normalises. Term frequencies on names, date of birth
and postcode; m by expectation and maximisation over several blocking rules, u by
random sampling. Splink is shown at the threshold that suits it best by the
truth, which nobody would know.
"""

import logging
import re
import resource
import sys
import time
import unicodedata

import duckdb
import pandas
import pyarrow
import splink.comparison_library as compare
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI


def name(text):
    if not text:
        return None
    plain = unicodedata.normalize("NFKD", text).upper().replace("Ł", "L")
    plain = re.sub("[\u0300-\u036f'’]", "", plain)
    words = [word for word in re.sub("[^A-Z]+", " ", plain).split() if word not in {"VAN", "DER", "NI"}]
    return " ".join(words) or None


def read(path):
    rows = pandas.read_csv(path, dtype=str, keep_default_na=False)
    named = []
    for forename, surname, full in zip(rows.forename, rows.surname, rows.full_name):
        parts = full.rsplit(" ", 1) if full else ["", ""]
        named.append((name(forename or parts[0]), name(surname or parts[-1])))
    rows["forename"] = [forename for forename, _ in named]
    rows["surname"] = [surname for _, surname in named]
    rows["whole_name"] = [f"{one} {other}" if one and other else None for one, other in named]
    rows["nhs_number"] = rows.nhs_number.str.replace("[ -]", "", regex=True)
    rows["sex"] = rows.sex.map({"M": "M", "1": "M", "F": "F", "2": "F"})
    rows["local"] = [f"{scope}:{local}" if local else None for scope, local in zip(rows.scope, rows.local_id)]
    # A temporary UPN is no key.
    rows["upn"] = [text if text and not text[-1].isalpha() else None for text in rows.upn]
    for column in ("nhs_number", "uln", "postcode", "birth_date"):
        rows[column] = [text or None for text in rows[column]]
    rows = rows.rename(columns={"record": "unique_id"})
    columns = ["unique_id", "surname", "forename", "whole_name", "nhs_number", "upn", "uln", "local",
               "birth_date", "sex", "postcode"]
    return rows[columns], rows[["unique_id", "person", "birth_date"]]


SETTINGS = SettingsCreator(
    link_type="dedupe_only",
    comparisons=[
        compare.ForenameSurnameComparison("forename", "surname", forename_surname_concat_col_name="whole_name"),
        compare.DateOfBirthComparison("birth_date", input_is_string=True).configure(term_frequency_adjustments=True),
        compare.PostcodeComparison("postcode").configure(term_frequency_adjustments=True),
        compare.ExactMatch("sex"),
        compare.ExactMatch("nhs_number"),
        compare.ExactMatch("upn"),
        compare.ExactMatch("uln"),
        compare.ExactMatch("local"),
    ],
    blocking_rules_to_generate_predictions=[
        block_on("nhs_number"), block_on("upn"), block_on("uln"), block_on("local"),
        block_on("birth_date", "postcode"), block_on("birth_date", "surname"), block_on("birth_date", "forename"),
        block_on("surname", "forename", "substr(birth_date, 1, 4)"), block_on("surname", "postcode", "sex"),
        block_on("forename", "postcode"), block_on("substr(birth_date, 1, 7)", "postcode", "sex"),
    ],
    retain_intermediate_calculation_columns=False,
)


def accuracy(clusters, truth):
    both = truth.merge(clusters[["unique_id", "cluster_id"]], on="unique_id")
    pairs = lambda counts: int((counts * (counts - 1) // 2).sum())
    right = pairs(both.groupby(["cluster_id", "person"]).size())
    tied, true = pairs(both.groupby("cluster_id").size()), pairs(both.groupby("person").size())
    people = both.groupby("cluster_id").person.nunique()
    mixed = both[both.cluster_id.isin(people[people > 1].index)]
    days = mixed.groupby(["cluster_id", "birth_date"]).person.nunique()
    twins = days[days > 1].reset_index().cluster_id.nunique()
    return right / max(tied, 1), right / true, 2 * right / (tied + true), int((people > 1).sum()), twins


def main():
    logging.getLogger("splink").setLevel(logging.ERROR)
    rows, truth = read(sys.argv[1])
    start = time.time()
    api = DuckDBAPI(duckdb.connect())
    linker = Linker(api.register(pyarrow.Table.from_pandas(rows, preserve_index=False)), SETTINGS, log_level=logging.ERROR)
    train = linker.training
    train.estimate_probability_two_random_records_match(
        [block_on("nhs_number"), block_on("upn"), block_on("local"), block_on("whole_name", "birth_date")], recall=0.8)
    train.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (block_on("birth_date", "postcode"), block_on("local"), block_on("nhs_number"), block_on("whole_name")):
        train.estimate_parameters_using_expectation_maximisation(rule)
    predicted = linker.inference.predict(threshold_match_probability=0.2)
    clusters = {}
    for threshold in (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999):
        before = time.time()
        frame = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold)
        clusters[threshold] = (frame.as_pandas_dataframe(), time.time() - before)
    # One clustering is what anybody would run.
    spent = [seconds for _, seconds in clusters.values()]
    seconds = time.time() - start - sum(spent) + max(spent)
    for threshold, (frame, _) in clusters.items():
        precision, recall, f1, mixed, twins = accuracy(frame, truth)
        print(f"threshold {threshold:<8} precision {100 * precision:7.3f} recall {100 * recall:7.3f} "
              f"F1 {100 * f1:7.3f} people merged {mixed:>5} twins merged {twins:>5}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"linked in {seconds:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor in all, "
          f"peak memory {used.ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
