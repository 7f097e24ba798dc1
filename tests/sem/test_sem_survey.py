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
from comply_measure.errors import InputError

REFERENCE = Path(__file__).parent.parent / "reference"
LAVAAN: dict[str, dict[str, Any]] = json.loads(
    (REFERENCE / "sem_survey" / "cases.json").read_text(encoding="utf-8")
)
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
    if name == "holes":  # lavaan's weights are normalised with those of cases without any value
        return frame.dropna(how="all", subset=[f"a{i}" for i in range(1, 5)] + [f"b{i}" for i in range(1, 4)])
    return frame[2:] if name == "gaps" else frame


@cache
def fit(case: str) -> sem.Fit:
    asked = LAVAAN[case]
    options = {name.replace(".", "_"): value for name, value in (asked["options"] or {}).items()}
    if asked["data"] in ("ordinal", "gaps"):
        options["ordered"] = [name for name in survey("ordinal") if name.startswith("u")]
    return sem.fit(asked["model"], survey(asked["data"]), estimator=asked["estimator"], **options)


@pytest.mark.parametrize("case", sorted(LAVAAN))
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


@pytest.mark.parametrize("case", sorted(LAVAAN))
def test_measures_of_fit(case: str) -> None:
    ours, compared = fit(case).fit_measures, 0
    for name, theirs in LAVAAN[case]["fit_measures"].items():
        if case == "fiml_path" and name.endswith(".robust"):
            continue  # lavaan takes predictors for fixed there, which they are not
        if theirs is not None and name in ours:
            assert ours[name] == pytest.approx(theirs, rel=1e-4, abs=1e-4), name
            compared += 1
    assert compared >= 11


@pytest.mark.parametrize("case", sorted(name for name in LAVAAN if LAVAAN[name]["z"]))
def test_residuals_in_standard_errors(case: str) -> None:
    tables = fit(case).residuals("standardized")
    blocks = [tables] if "cov" in tables else list(tables.values())
    raw = fit(case).residuals("raw")
    raws = [raw] if "cov" in raw else list(raw.values())
    for block, plain, theirs in zip(blocks, raws, LAVAAN[case]["z"], strict=True):
        some = (
            np.abs(plain["cov"].to_numpy()[1:4, 0]) > 1e-3
        )  # where nothing is left to explain lavaan stops short
        assert block["cov"].to_numpy()[1:4, 0][some] == pytest.approx(np.array(theirs)[some], abs=1e-4)


@pytest.mark.parametrize("case", sorted(name for name in LAVAAN if LAVAAN[name]["mi"]))
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


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"missing": "ml"},
        {"missing": "ml", "group": "region"},
        {"estimator": "GLS"},
        {"ordered": ["u1", "u2"]},
    ],
)
def test_whole_weights_as_given_are_copies_of_cases(options: dict[str, Any]) -> None:
    """Moments, likelihood and statistics are those of data in which a case of weight k stands k times."""
    ordinal = "ordered" in options
    frame = survey("ordinal" if ordinal else "holes").iloc[:240]
    frame = frame.assign(k=1 + np.arange(len(frame)) % 3)
    copies = frame.loc[frame.index.repeat(frame["k"])].reset_index(drop=True)
    model = "f =~ u1 + u2 + y1 + y2" if ordinal else "A =~ a1 + a2 + a3\nA ~ x1"
    plain = sem.fit(model, copies, se="standard", test="standard", **options)
    weighted = sem.fit(
        model,
        frame,
        se="standard",
        test="standard",
        sampling_weights="k",
        sampling_weights_normalization="none",
        **options,
    )
    assert weighted.n < plain.n  # numbers of cases, not of weights
    for mine, other in zip(weighted.model.sample.groups, plain.model.sample.groups, strict=True):
        assert mine.cov == pytest.approx(other.cov, abs=1e-7)
        assert mine.n == other.n
    if not ordinal:  # there the weights of the correlations differ: copies say more than weights
        assert weighted.theta == pytest.approx(plain.theta, abs=1e-6)
        assert weighted.estimates["se"].to_numpy() == pytest.approx(
            plain.estimates["se"].to_numpy(), abs=1e-6
        )
        for name in ("chisq", "baseline.chisq", "srmr", "rmsea"):
            assert weighted.measures[name] == pytest.approx(plain.measures[name], rel=1e-6)


def test_weights_that_are_none_make_one_error() -> None:
    frame = survey("full").copy()
    frame.loc[[3, 5], "w"], frame.loc[7, "w"], frame.loc[8, "w"] = 0.0, -1.0, np.nan
    frame.loc[9, "w"] = np.inf
    with pytest.raises(InputError) as caught:
        sem.fit("A =~ a1 + a2 + a3", frame, sampling_weights="w")
    text = [str(problem) for problem in caught.value.problems]
    assert len(text) == 4
    assert any("zero" in line and "rows 3, 5" in line for line in text)
    assert any("negative" in line and "rows 7" in line for line in text)
    with pytest.raises(InputError, match="not a number"):
        sem.fit("A =~ a1 + a2 + a3", frame.assign(w="heavy"), sampling_weights="w")
    with pytest.raises(InputError, match="'weight' is not a column"):
        sem.fit("A =~ a1 + a2 + a3", frame, sampling_weights="weight")


@pytest.mark.parametrize(
    ("options", "column"),
    [
        ({"missing": "two.stage"}, "sampling_weights"),
        ({"engine": "semopy", "se": "standard", "test": "standard"}, "sampling_weights"),
        ({"bootstrap": 10}, "se"),
        ({"test": "bollen.stine"}, "test"),
        (
            {"model": "level: 1\nf =~ a1 + a2 + a3\nlevel: 2\nf =~ a1 + a2 + a3", "cluster": "unit"},
            "sampling_weights",
        ),
        ({"model": "A =~ a1 + a2\nB =~ b1 + b2\ny ~ A + B + A:B"}, "sampling_weights"),
    ],
)
def test_what_takes_no_weights_says_so(options: dict[str, Any], column: str) -> None:
    with pytest.raises(InputError) as caught:
        sem.fit(**({"model": "A =~ a1 + a2 + a3", "data": survey("full"), "sampling_weights": "w"} | options))
    assert column in [problem.column for problem in caught.value.problems]


def test_weights_after_the_fit() -> None:
    fitted = fit("cfa_MLR")
    with pytest.raises(sem.ModelError, match="sampling weights"):
        fitted.bootstrap(10)
    alone = sem.fit(LAVAAN["cfa_MLR"]["model"], survey("full"), estimator="MLR")
    with pytest.raises(InputError, match="other sampling weights"):
        sem.compare(fitted, alone)
    naive = sem.fit(
        "A =~ a1 + a2 + a3 + a4", survey("full"), sampling_weights="w", se="standard", test="standard"
    )
    notes = [str(problem) for problem in naive.problems if problem.code == "note"]
    assert [note.split(":")[0] for note in notes] == ["se='standard'", "test='standard'"]
