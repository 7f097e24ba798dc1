"""Scores stand under the data's own row labels: a join never gives one person another's score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from comply_measure import sem

TWO_LEVELS = "level: 1\n fw =~ a + b + c\nlevel: 2\n fb =~ a + b + c\n"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    random = np.random.default_rng(2)
    common = random.normal(size=(240, 1))
    frame = pd.DataFrame(common + random.normal(size=(240, 4)), columns=list("abcd"))
    frame["group"] = np.where(random.random(240) < 0.5, "u", "v")
    frame["unit"] = np.repeat(np.arange(40), 6)
    frame[["a", "b", "c"]] += 0.7 * random.normal(size=40)[frame["unit"], None]
    frame.index = [f"person {i}" for i in random.permutation(240)]
    return frame


FITS = {
    "plain": {},
    "groups": {"group": "group"},
    "fiml": {"missing": "ml"},
    "two levels": {"model": TWO_LEVELS, "cluster": "unit"},
    "ordered": {"ordered": True},
}


def fitted(data: pd.DataFrame, options: dict) -> sem.Fit:
    given = dict(options)
    if given.get("ordered"):
        data = data.assign(
            **{k: (1.0 + (data[k] > -1) + (data[k] > 0.5)).where(data[k].notna()) for k in "abcd"}
        )
    return sem.fit(given.pop("model", "f =~ a + b + c + d"), data, **given)


@pytest.mark.parametrize("kind", list(FITS))
def test_a_part_of_the_data_keeps_its_labels(kind: str, data: pd.DataFrame) -> None:
    part = data[data["d"] > -2.0]
    assert 200 < len(part) < len(data)
    scores = fitted(part, FITS[kind]).predict()
    assert scores.index.equals(part.index)
    backwards = fitted(part.iloc[::-1], FITS[kind]).predict()
    assert_allclose(scores.loc[part.index], backwards.loc[part.index], atol=1e-6)
    assert "no score" not in scores.attrs


@pytest.mark.parametrize("kind", list(FITS))
def test_incomplete_rows_stay_with_a_reason(kind: str, data: pd.DataFrame) -> None:
    gaps = data.copy()
    gaps.iloc[[3, 50], 0] = np.nan
    gaps.iloc[7, :4] = np.nan
    scores = fitted(gaps, FITS[kind]).predict(se=True)
    assert scores.index.equals(gaps.index)
    lost = [7] if kind == "fiml" else [3, 7, 50]
    assert np.flatnonzero(scores.isna().any(axis=1)).tolist() == lost
    assert list(scores.attrs["no score"].values()) == [tuple(lost)]


def test_labels_that_stand_twice(data: pd.DataFrame) -> None:
    twice = pd.concat([data.iloc[:100], data.iloc[:60]])
    fit = sem.fit("f =~ a + b + c + d", twice)
    scores = fit.predict()
    assert scores.index.equals(twice.index)
    assert_allclose(scores.iloc[:60], scores.iloc[100:], atol=1e-12)
    assert fit.predict(twice.iloc[40:130]).index.equals(twice.index[40:130])


@pytest.mark.parametrize("missing", ["listwise", "ml"])
def test_new_data_without_rows_or_without_values(missing: str, data: pd.DataFrame) -> None:
    fit = sem.fit("f =~ a + b + c + d", data, missing=missing)
    none = fit.predict(data.iloc[:0], se=True)
    assert none.shape == (0, 2) and list(none.columns) == ["f", "f_se"]
    blank = data.iloc[:3].copy()
    blank.iloc[:, :4] = np.nan
    scores = fit.predict(blank)
    assert scores.index.equals(blank.index) and scores["f"].isna().all()
    assert scores.attrs["no score"] == {"no value at all": (0, 1, 2)}


def test_new_data_under_full_information_and_without_a_group(data: pd.DataFrame) -> None:
    gaps = data.iloc[:5].copy()
    gaps.iloc[1, 0] = np.nan
    full = sem.fit("f =~ a + b + c + d", data, missing="ml")
    scores = full.predict(gaps)
    S, at = full.implied()["cov"].to_numpy(), full.implied()["mean"].to_numpy()
    loadings = full.estimates.query("op == '=~'")["est"].to_numpy()
    variance = full.estimates.query("lhs == 'f' and rhs == 'f'")["est"].item()
    seen = [1, 2, 3]
    pull = variance * loadings[seen] @ np.linalg.inv(S[np.ix_(seen, seen)])
    expected = pull @ (gaps.iloc[1, 1:4].to_numpy(float) - at[seen])
    assert scores["f"].iloc[1] == pytest.approx(expected, abs=1e-10)
    gaps["group"] = gaps["group"].where([True, True, False, True, True])
    scores = sem.fit("f =~ a + b + c + d", data, group="group").predict(gaps, group="group")
    reasons = scores.attrs["no score"]
    assert reasons["the group is missing"] == (2,) and sorted(sum(reasons.values(), ())) == [1, 2]


def test_clusters_without_complete_cases_stay(data: pd.DataFrame) -> None:
    gaps = data.copy()
    gaps.loc[gaps["unit"] == 4, "b"] = np.nan
    scores = fitted(gaps, FITS["two levels"]).predict(level=2)
    assert list(scores.index) == list(range(40))
    assert np.flatnonzero(scores["fb"].isna()).tolist() == [4]
    assert list(scores.attrs["no score"].values()) == [(4,)]
