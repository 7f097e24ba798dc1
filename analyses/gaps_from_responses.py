"""From raw survey answers to a table of role gaps.

python analyses/gaps_from_responses.py [responses.csv] [gaps.csv]

Without arguments it uses the shipped study and prints the table. The file has a row per informant with the
columns unit, firm, role and one column per item, as in datasets/msi_triads/responses.csv. Of several informants of
one role in a unit the first is used; informants="average" would average them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import pandas as pd

from comply_measure import TriadData, load_dataset, load_scale, read_responses
from comply_measure.responses import Responses, write_csv
from comply_measure.triads import gap_tests

ROLES = ("marketing", "sales", "it")


def read(path: Path | None) -> Responses:
    """Answers from a file, checked against the COMPLY scale; every problem of the file in one error."""
    if path is None:
        return cast(Responses, load_dataset("msi_triads"))
    return read_responses(path, load_scale("comply"), attribute_set="20", informants="first")


def role_gap_table(responses: Responses) -> pd.DataFrame:
    """Mean gap of every pair of roles on every dimension, with tests that allow for units of one firm."""
    # One score per informant and dimension: reverse-keyed items are recoded, attributes count alike.
    scores = responses.scores("dimension", scale_key="comply")
    dimensions = list(scores.columns.drop(["unit", "firm", "role"]))
    # A unit with its roles side by side; units that lack a role stay in for the pairs they have.
    has_firms = responses.n_firms > 1
    triads = TriadData.from_long(scores, dimensions, firm="firm" if has_firms else None, roles=ROLES)
    return gap_tests(triads, cluster=has_firms).tidy()


def main(arguments: list[str]) -> None:
    """Read, compute, then write or print."""
    source = Path(arguments[0]) if arguments else None
    table = role_gap_table(read(source))
    if len(arguments) > 1:
        write_csv(table, arguments[1])
        return
    shown = table[["column", "pair", "n_units", "mean", "lower", "upper", "p_holm", "d_z_hedges"]]
    print(shown.to_string(index=False, float_format=lambda value: f"{value:.3f}"))


if __name__ == "__main__":
    main(sys.argv[1:])
