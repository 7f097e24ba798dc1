"""Every table of the topics on a small study against stored numbers; some of them by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pinned import STORED, TOPICS, digest, found, small_study
from scipy import stats

from comply_measure import evidence
from comply_measure.responses import Responses

KEPT = json.loads(STORED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Responses:
    return small_study(tmp_path_factory.mktemp("study"))


@pytest.mark.filterwarnings(
    "ignore:Second-order against Correlated dimensions"
)  # three dimensions: equivalent
@pytest.mark.parametrize("name", TOPICS)
def test_every_table_holds_the_stored_numbers(name: str, responses: Responses) -> None:
    now, kept = digest(found(name, responses)), KEPT[name]
    for path, columns in kept.items():
        for column, expected in columns.items():
            at = f"{name}: {path}: {column} (python tests/evidence/pinned.py writes the numbers anew)"
            assert now[path][column] == pytest.approx(expected, rel=2e-5, abs=1e-6), at


def test_numbers_of_the_small_study_by_hand(responses: Responses) -> None:
    scored, members = responses.scored(), responses.measurement("duo", "attribute")
    x = scored[[item for items in members.values() for item in items]]
    items = evidence.items(responses).tidy()
    pooled = items[items["group"] == "pooled"].set_index("item").loc[list(x)]
    np.testing.assert_allclose(pooled["mean"], x.mean())
    np.testing.assert_allclose(pooled["sd"], x.std())
    assert pooled["n_missing"].sum() == 5
    roles = evidence.sample(responses).roles.set_index("role")
    counts = responses.data["role"].value_counts()
    for role in ("buyer", "seller"):
        assert roles.loc[role, "n_informants"] == counts[role]
        assert roles.loc[role, "share"] == counts[role] / 60
    table = evidence.reliability(responses).scales[0].constructs
    alpha = table[table["group"] == "pooled"].set_index("construct")["alpha"]
    C = x[list(members["ease"])].cov().to_numpy()  # nothing is missing
    assert alpha["ease"] == pytest.approx(1.5 * (1 - np.trace(C) / C.sum()), rel=1e-9)
    scores = responses.scores("dimension", "duo")
    wide = scores.pivot_table(index="unit", columns="role", values="flow")
    d = (wide["buyer"] - wide["seller"]).dropna()
    gaps = evidence.gaps(responses).tidy()
    row = gaps[(gaps["kind"] == "dimension") & (gaps["column"] == "flow")].iloc[0]
    assert (row["n_units"], row["n_clusters"]) == (len(d), 12)
    expected = [d.mean(), d.std(), d.abs().mean(), d.mean() / d.std()]
    names = ["mean", "sd", "mean_absolute", "d_z"]
    np.testing.assert_allclose(row[names].to_numpy(float), expected, rtol=1e-9)
    icc = evidence.agreement(responses).icc.set_index("column").loc["flow"]
    groups = [part.dropna().to_numpy() for _, part in scores.groupby("unit")["flow"]]
    f, p = stats.f_oneway(*groups)
    np.testing.assert_allclose(icc[["f", "p"]].to_numpy(float), [f, p], rtol=1e-9)
    kept = wide.dropna().mean(axis=1)
    described = evidence.aggregation(responses).description.set_index("construct").loc["flow"]
    assert (described["n_units"], described["n_short"]) == (len(kept), 60 - len(kept))
    names = ["mean", "sd", "minimum", "maximum"]
    expected = [kept.mean(), kept.std(), kept.min(), kept.max()]
    np.testing.assert_allclose(described[names].to_numpy(float), expected, rtol=1e-9)
