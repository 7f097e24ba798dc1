"""Resampling in batches gives the numbers of one batch, and informants without a firm keep their place."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from drawn_triads import drawn_triads

from comply_measure import triads
from comply_measure.triads.agreement import resampling
from comply_measure.triads.gaps import pseudo
from comply_measure.triads.reliability.twoway import role_design
from comply_measure.triads.reml import simulate
from comply_measure.triads.reml.fit import fit_reml
from comply_measure.triads.reml.simulate import bootstrap_components

LONG = drawn_triads(3, units=12, missing=0.2, columns=2).to_long()


def rematched() -> pd.DataFrame:
    return triads.pseudo_baseline(drawn_triads(3, units=12, columns=2), replications=25, seed=6)


def resampled() -> pd.DataFrame:
    return triads.random_group_resampling(LONG, ["v0", "v1"], scheme="free", replications=25, seed=6).tidy()


def drawn() -> pd.DataFrame:
    values = drawn_triads(3, units=12, columns=1).values[:, :, 0]
    fit = fit_reml(values, role_design(3, random_roles=True))
    return pd.DataFrame(bootstrap_components(fit, np.isnan(values), 25, np.random.default_rng(6)))


@pytest.mark.parametrize(
    ("module", "table", "values"), [(pseudo, rematched, 72), (resampling, resampled, len(LONG))]
)
def test_small_batches_leave_every_number(
    module: ModuleType, table: object, values: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten replications at a time, the last five alone: draws follow each other as in one batch of 25."""
    assert callable(table)
    once = table()
    assert (once["replications"] == 25).all()
    monkeypatch.setattr(module, "BATCH_VALUES", 10 * values)
    pd.testing.assert_frame_equal(table(), once, rtol=1e-12)


def test_draws_in_small_batches_are_as_many_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(drawn()) == 25
    monkeypatch.setattr(simulate, "BATCH_VALUES", 10 * 36)
    assert len(drawn()) == 25


def test_informants_without_a_firm_keep_their_place() -> None:
    """Two units of a firm change informants, three units without one do not: four informants, three divisions."""
    answers = [1.0, 2.0, 5.0, 7.0, 1.0, 7.0, 2.0, 6.0, 3.0, 4.0]
    data = pd.DataFrame({"unit": np.repeat(list("abcde"), 2), "x": answers})
    data["firm"] = np.where(data["unit"].isin(["a", "b"]), "F", None)
    found = triads.random_group_resampling(data, ["x"], scheme="free", replications=400, seed=2, firm="firm")
    alone = [18.0, 8.0, 0.5]  # variances of c, d and e
    divisions = [(0.5, 2.0), (8.0, 12.5), (18.0, 4.5)]
    possible = sorted(float(np.mean([*division, *alone])) for division in divisions)
    assert np.unique(found.means[:, 0].round(12)) == pytest.approx(possible)
    shares = np.unique(found.means[:, 0].round(12), return_counts=True)[1] / 400
    assert shares == pytest.approx(np.full(3, 1 / 3), abs=4 * np.sqrt(2 / 9 / 400))
    row = found.tidy().iloc[0]
    assert row["variance"] == pytest.approx(possible[0]) and row["matched_within"] == "firm"
    assert (row["n_units"], row["n_informants"], row["replications"]) == (5, 10, 400)
    assert row["p"] == pytest.approx((1 + (found.means[:, 0] <= possible[0] + 1e-9).sum()) / 401)
