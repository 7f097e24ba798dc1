"""Models of the same cases share their sample and baseline; other cases, options and released fits do not."""

from __future__ import annotations

import gc

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.sem import baseline, shared

ITEMS = ["x1", "x2", "x3", "x4", "x5", "x6"]
TWO = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
ONE = "f =~ x1 + x2 + x3 + x4 + x5 + x6"


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    factors = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.4], [0.4, 1.0]], 150)
    values = 0.8 * np.repeat(factors, 3, axis=1) + 0.6 * rng.standard_normal((150, 6))
    values[rng.random((150, 6)) < 0.1] = np.nan
    return pd.DataFrame(values, columns=ITEMS).assign(firm=np.arange(150) // 5)


def _fit(model: str, data: pd.DataFrame, missing: str, estimator: str = "MLR") -> sem.Fit:
    return sem.fit(model, data, estimator=estimator, missing=missing, meanstructure=True, cluster="firm")


@pytest.mark.parametrize("missing", ["ml", "listwise"])
def test_rivals_share_a_sample_and_keep_their_numbers(data, missing) -> None:
    others = list(shared._ALIVE.values())  # of fits that other tests still hold
    alone = _fit(ONE, data, missing).fit_measures
    gc.collect()
    assert all(any(sample is other for other in others) for sample in shared._ALIVE.values())
    first = _fit(TWO, data, missing)
    second = _fit(ONE, data, missing)
    assert second.model.sample is first.model.sample
    pd.testing.assert_series_equal(second.fit_measures, alone, check_exact=True)


@pytest.mark.parametrize("missing", ["ml", "listwise"])
def test_other_cases_are_another_sample(data, missing) -> None:
    first = _fit(TWO, data, missing)
    chisq = first.measures["chisq"]
    changed = data.copy()
    row = int(np.flatnonzero(data[ITEMS].notna().all(axis=1))[0])
    changed.loc[row, "x1"] += 3.0
    second = _fit(TWO, changed, missing)
    assert second.model.sample.groups[0] is not first.model.sample.groups[0]
    del first
    gc.collect()
    assert second.measures["chisq"] == _fit(TWO, changed.copy(), missing).measures["chisq"] != chisq
    other_clusters = data.assign(firm=data["firm"] // 2)
    third = _fit(TWO, other_clusters, missing)
    assert third.measures["chisq"] == chisq
    assert third.measures["chisq.scaled"] != _fit(TWO, data, missing).measures["chisq.scaled"]


def test_labels_of_rows_stay_those_of_the_data(data) -> None:
    first = _fit(TWO, data, "ml")
    labelled = data.set_index(pd.Index([f"r{i}" for i in range(len(data))]))
    second = _fit(TWO, labelled, "ml")
    assert second.model.sample.groups is first.model.sample.groups
    assert second.predict().index[0] == "r0"
    assert first.predict().index[0] == 0


def test_the_baseline_is_fitted_once_for_each_test(data, monkeypatch) -> None:
    fitted, fit = [], baseline.fitted_baseline
    monkeypatch.setattr(
        baseline, "fitted_baseline", lambda model, known: fitted.append(model) or fit(model, known)
    )
    models = [_fit(text, data, "listwise") for text in (TWO, ONE)]
    scaled = {model.measures["baseline.chisq.scaled"] for model in models}
    assert len(fitted) == len(scaled) == 1
    satorra = sem.fit(TWO, data, estimator="MLM", meanstructure=True, cluster="firm")
    assert satorra.measures["baseline.chisq.scaled"] not in scaled
    assert len(fitted) == 2


def test_a_sample_forgets_its_information_when_other_cases_are_fitted(data) -> None:
    first = _fit(TWO, data, "ml")
    group = first.model.sample.groups[0]
    assert np.isfinite(first.measures["chisq.scaled"])
    known = dict(group.inferences)
    assert len(known) == 1
    rival = _fit(ONE, data, "ml")
    assert rival.model.sample.groups[0] is group
    assert group.inferences == known  # the same cases: nothing is computed again
    other = _fit(TWO, data.iloc[:120], "ml")
    assert np.isfinite(other.measures["chisq.scaled"])
    assert not group.inferences
    ((which, before),) = known.items()
    assert group.inference(*which).trace_of_scores == before.trace_of_scores
