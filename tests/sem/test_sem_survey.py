"""Clusters of ordered data and sampling weights against lavaan 0.7-2 (its default stopping rule: 1e-4)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

REFERENCE = Path(__file__).parent.parent / "reference"
LAVAAN: dict[str, dict[str, Any]] = json.loads(
    (REFERENCE / "sem_survey" / "cases.json").read_text(encoding="utf-8")
)
CASES = [case for case in LAVAAN if case.startswith("clusters")]
FILES = {
    "ordinal": "sem_ordinal/ordinal.csv",
    "gaps": "sem_ordinal/ordinal_missing.csv",
    "full": "sem_extras/simulated.csv",
    "holes": "sem_extras/incomplete.csv",
}


@cache
def survey(name: str) -> pd.DataFrame:
    """The data of the R script: weights and clusters by the number of the row."""
    frame = pd.read_csv(REFERENCE / FILES[name])
    i = np.arange(1, len(frame) + 1)
    frame["w"] = 0.4 + (i * 37 % 23) / 15
    frame["cl"] = i // 5 + 1000 * (frame["region"] == frame["region"][0])
    return frame[2:] if name == "gaps" else frame


@cache
def fit(case: str) -> sem.Fit:
    asked = LAVAAN[case]
    options = {name.replace(".", "_"): value for name, value in (asked["options"] or {}).items()}
    if asked["data"] in ("ordinal", "gaps"):
        options["ordered"] = [name for name in survey("ordinal") if name.startswith("u")]
    return sem.fit(asked["model"], survey(asked["data"]), estimator=asked["estimator"], **options)


@pytest.mark.parametrize("case", sorted(CASES))
def test_estimates_and_standard_errors(case: str) -> None:
    expected = {
        (row["lhs"], row["op"], row["rhs"], row.get("group", 1)): (row, std)
        for row, std in zip(LAVAAN[case]["parameters"], LAVAAN[case]["std_all"], strict=True)
    }
    found = fit(case)
    assert found.converged
    standardised = found.standardized()["est_std"]
    for place, row in found.estimates.iterrows():
        theirs, std = expected.pop((row["lhs"], row["op"], row["rhs"], max(row["group"], 1)))
        assert row["est"] == pytest.approx(theirs["est"], abs=1e-4)
        assert row["se"] == pytest.approx(theirs["se"], abs=1e-4)
        assert standardised[place] == pytest.approx(std, abs=1e-4)
    assert not expected


@pytest.mark.parametrize("case", sorted(CASES))
def test_measures_of_fit(case: str) -> None:
    ours, compared = fit(case).fit_measures, 0
    for name, theirs in LAVAAN[case]["fit_measures"].items():
        if theirs is not None and name in ours:
            assert ours[name] == pytest.approx(theirs, rel=1e-4, abs=1e-4), name
            compared += 1
    assert compared >= 15


@pytest.mark.parametrize("case", sorted(name for name in CASES if LAVAAN[name]["z"]))
def test_residuals_in_standard_errors(case: str) -> None:
    tables = fit(case).residuals("standardized")
    blocks = [tables] if "cov" in tables else list(tables.values())
    for block, theirs in zip(blocks, LAVAAN[case]["z"], strict=True):
        assert block["cov"].to_numpy()[1:4, 0] == pytest.approx(theirs, abs=1e-3)


@pytest.mark.parametrize("case", sorted(name for name in CASES if LAVAAN[name]["mi"]))
def test_modification_indices(case: str) -> None:
    found = fit(case).modification_indices()
    keyed = {(row.lhs, row.op, row.rhs, getattr(row, "group", 1)): row for row in found.itertuples()}
    for theirs in LAVAAN[case]["mi"]:
        ours = keyed[theirs["lhs"], theirs["op"], theirs["rhs"], theirs.get("group", 1)]
        assert ours.mi == pytest.approx(theirs["mi"], rel=1e-3)
        assert ours.epc == pytest.approx(theirs["epc"], abs=1e-3)


@pytest.mark.parametrize(
    ("estimator", "missing", "ordered"),
    [("WLSMV", "pairwise", 7), ("WLS", "listwise", 3), ("ULSMV", "pairwise", 5)],
)
def test_clusters_of_copies_are_the_cases_themselves(estimator: str, missing: str, ordered: int) -> None:
    """Every case twice, its copies a cluster: Γ and n double but for C/(C − 1) and n − 1.

    lavaan 0.7-2 sets to zero every cluster in which one case lacks a value (``rowsum`` of NA), which makes errors
    under pairwise deletion too small, and has no clusters with WLS.
    """
    frame = survey("gaps" if missing == "pairwise" else "ordinal")[:300]
    copies = pd.concat([frame, frame]).assign(pair=np.tile(np.arange(len(frame)), 2))
    model = "f =~ u1 + u2 + u3 + u4" if estimator == "WLS" else "f =~ u1 + u2 + u3 + u4 + u5"
    options: dict[str, Any] = {
        "estimator": estimator,
        "missing": missing,
        "ordered": [f"u{i}" for i in range(1, ordered + 1)],
    }
    once = sem.fit(model, frame, se="robust.sem", test="satorra.bentler", **options)
    twice = sem.fit(model, copies, cluster="pair", test="satorra.bentler", **options)
    n = once.n
    assert twice.n == 2 * n
    free = once.estimates["free"] > 0
    assert twice.estimates["est"].to_numpy() == pytest.approx(once.estimates["est"].to_numpy(), abs=1e-6)
    factor = np.sqrt(2 * n / (2 * n - 1))
    assert twice.estimates["se"][free].to_numpy() == pytest.approx(
        factor * once.estimates["se"][free].to_numpy(), rel=1e-5
    )
    ratio = (2 * n - 1) / (2 * n)
    assert twice.measures["chisq.scaled"] == pytest.approx(ratio * once.measures["chisq.scaled"], rel=1e-5)


def test_few_clusters_of_ordered_data_are_named() -> None:
    frame = survey("ordinal").assign(cl=lambda d: np.arange(len(d)) % 9)
    found = sem.fit("f =~ u1 + u2 + u3", frame, ordered=["u1", "u2", "u3"], cluster="cl")
    assert any(
        problem.code == "few_clusters" and "9 clusters for" in problem.message for problem in found.problems
    )
