"""Every index of agreement of every unit by its formula, null distributions at their edges, steps of the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import triads
from comply_measure.errors import InputError
from comply_measure.triads.agreement.nulls import null_distribution, null_distributions
from comply_measure.triads.reml import fit
from comply_measure.triads.reml.likelihood import Evaluation

NAN = np.nan
LOW, HIGH = -2, 2
SCALES = {"A": ["a", "b"], "B": ["b", "c", "d"], "C": ["d"]}


def answers() -> pd.DataFrame:
    """Units of one to four informants; a scale mean of zero, an end of the scale, too few answers."""
    rng = np.random.default_rng(31)
    unit = np.repeat(np.arange(14), [3, 2, 4, 1] * 3 + [3, 3])
    x = np.clip(rng.integers(-1, 2, (14, 4))[unit] + rng.integers(-1, 2, (len(unit), 4)), LOW, HIGH).astype(
        float
    )
    x[rng.random(x.shape) < 0.12] = NAN
    x[unit == 12] = [[-1, 1, 0, 2], [0, 0, 0, 2], [1, -1, 0, 2]]
    x[unit == 13] = [[2, NAN, 1, -2], [2, NAN, NAN, 0], [NAN, NAN, NAN, 2]]
    return pd.DataFrame(x, columns=list("abcd")).assign(unit=unit)


def item_values(x: np.ndarray) -> dict[str, float]:
    """Statistics of one item's answers."""
    n, mean, s2 = len(x), x.mean(), x.var(ddof=1)
    halves = np.r_[
        np.full(n // 2, LOW), np.full(n - n // 2, HIGH)
    ]  # the largest variance that n answers reach
    inside = LOW * (n - 1) + HIGH <= n * mean <= HIGH * (n - 1) + LOW
    awg = NAN
    if mean in (LOW, HIGH):
        awg = 1.0
    elif inside:
        awg = 1 - 2 * s2 / (((HIGH + LOW) * mean - mean**2 - HIGH * LOW) * n / (n - 1))
    return {
        "s2": s2, "ad_mean": np.abs(x - mean).mean(), "ad_median": np.abs(x - np.median(x)).mean(),
        "sd_wg": np.sqrt(s2), "awg_j": awg, "rwg_prime_j_exact": 1 - s2 / halves.var(ddof=1),
    }  # fmt: skip


def unit_values(
    rows: pd.DataFrame, share: float, variance: dict[str, float]
) -> dict[Any, tuple[float, int, str]]:
    """Value, items used and reason of every index."""
    x = rows.to_numpy()
    columns = [item[~np.isnan(item)] for item in x.T]
    used = [item_values(item) for item in columns if len(item) > 1]
    J, known = len(used), ~np.isnan(x).all(axis=1)
    n = int(known.sum())
    why = "" if max(1, np.ceil(share * x.shape[1])) <= J else "too few items answered by 2 informants"
    why = why if n > 1 else "fewer than 2 informants"
    scores = np.array([row[~np.isnan(row)].mean() for row in x[known]])
    s2 = np.mean([item["s2"] for item in used]) if used else NAN
    found: dict[Any, tuple[float, str]] = {}
    for name, null in variance.items():
        q = 1 - s2 / null
        bottom = J * q + 1 - q
        found["rwg_j", name] = max(q, 0) * J / (J * max(q, 0) + 1 - max(q, 0)), ""
        zero = abs(bottom) < 1e-12
        found["rwg_j_untruncated", name] = (
            (NAN, "untruncated rwg(j) has a zero denominator") if zero else (J * q / bottom, "")
        )
        found["rwg_star_j", name] = q, ""
    found["rwg_prime_j", ""] = 1 - s2 / ((HIGH - LOW) ** 2 / 4), ""
    for name in ("ad_mean", "ad_median", "sd_wg", "rwg_prime_j_exact"):
        found[name, ""] = (np.mean([item[name] for item in used]) if used else NAN), ""
    awg = [item["awg_j"] for item in used if not np.isnan(item["awg_j"])]
    nowhere = "unit mean outside the range where a_wg is defined"
    found["awg_j", ""] = (np.mean(awg), "") if awg else (NAN, nowhere)
    sd = scores.std(ddof=1) if n > 1 else NAN
    mean = scores.mean() if n else NAN
    found["sd_score", ""] = sd, ""
    found["range_score", ""] = (np.ptp(scores) if n else NAN), ""
    found["cv_score", ""] = (NAN, "mean of the scores is zero") if mean == 0 else (sd / mean, "")
    return {
        key: (NAN if why else value, len(awg) if key[0] == "awg_j" else J, why or reason)
        for key, (value, reason) in found.items()
    }


@pytest.mark.parametrize("missing", ["itemwise", "listwise"])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_every_index_of_every_unit_by_its_formula(missing: Any, share: float) -> None:
    data = answers()
    found = triads.agreement_indices(
        data, SCALES, minimum=LOW, maximum=HIGH, nulls=["uniform", 1.25], missing=missing, min_items=share
    )
    table = {
        (row["unit"], row["scale"], row["index"], row["null"]): row for row in found.tidy().to_dict("records")
    }
    seen = set()
    for scale, items in SCALES.items():
        for unit, rows in data.groupby("unit"):
            rows = (
                rows[items] if missing == "itemwise" else rows[items].where(rows[items].notna().all(axis=1))
            )
            expected = unit_values(rows, share, {"uniform": 2.0, "variance 1.25": 1.25})
            for (index, null), (value, used, why) in expected.items():
                row = table.pop((unit, scale, index, null))
                assert row["value"] == pytest.approx(value, abs=1e-12, nan_ok=True), (unit, scale, index)
                assert (row["note"], row["n_items_used"]) == (why, used), (unit, scale, index)
                assert row["n_informants"] == rows.notna().any(axis=1).sum()
                assert row["n_items"] == len(items)
                seen.add(why)
                if index == "rwg_j" and null == "uniform":
                    assert found.values("rwg_j").loc[unit, scale] == pytest.approx(value, nan_ok=True)
    assert not table
    assert len(seen) >= (5 if missing == "itemwise" else 4)
    assert found.practical_ad == 5 / 6


def test_one_unit_has_no_spread_in_the_summary() -> None:
    data = answers()
    summary = triads.agreement_indices(
        data[data["unit"] == 0],
        SCALES,
        minimum=LOW,
        maximum=HIGH,
        nulls=["uniform", 1.25],
        indices=["rwg_j", "ad_mean", "sd_score"],
    ).summary()
    assert set(summary["note"]) == {"one unit: no standard deviation"}
    assert summary["sd"].isna().all()
    assert (summary["minimum"] == summary["maximum"]).all()
    by_null = summary.groupby("null")["null_variance"].unique()
    assert (by_null["uniform"], by_null["variance 1.25"]) == (2.0, 1.25)
    assert summary.loc[summary["null"] == "", "null_variance"].isna().all()


def test_nulls_by_name_variance_and_probabilities_at_their_edges() -> None:
    assert null_distribution("normal", 1, 5) == triads.NullDistribution(
        "normal", 1.04, (0.07, 0.24, 0.38, 0.24, 0.07)
    )
    assert null_distribution("heavy_skew", 0, 10) == triads.NullDistribution("heavy_skew", 4.02, None)
    assert null_distribution("slight_skew", 1, 7).variance == 2.90
    for ends in ((1, 4), (1, 12)):
        assert null_distribution("uniform", *ends).variance == ((ends[1] - ends[0] + 1) ** 2 - 1) / 12
        with pytest.raises(InputError, match="5 to 11 categories"):
            null_distribution("normal", *ends)
    half = null_distribution([0.5, 0.0, 0.5], 1, 3)
    assert half == triads.NullDistribution("pmf 0.5 0 0.5", 1.0, (0.5, 0.0, 0.5))
    assert null_distribution([0.2, 0.3, 0.5 + 0.9e-9], 1, 3).variance == pytest.approx(0.61)
    for bad, why in (
        ([0.5, 0.5 + 2e-9], "non-negative numbers that sum to 1"),
        ([0.5, 0.5 - 2e-9], "non-negative numbers that sum to 1"),
        ([1.5, -0.5], "non-negative numbers that sum to 1"),
        ([NAN, 1.0], "non-negative numbers that sum to 1"),
        ([1.0, 0.0], "more than one category with positive probability"),
        ([0.5, 0.3, 0.2], "2, one per category"),
        (0.0, "a positive number"),
        (-1.0, "a positive number"),
        (NAN, "a positive number"),
        (np.inf, "a positive number"),
        ("flat", "uniform, slight_skew"),
    ):
        with pytest.raises(InputError, match=why):
            null_distribution(bad, 1, 2)
    assert [n.name for n in null_distributions(["uniform", 0.2, [0.1, 0.9]], 1, 2)] == [
        "uniform", "variance 0.2", "pmf 0.1 0.9",
    ]  # fmt: skip
    assert [n.name for n in null_distributions([0.1, 0.9], 1, 2)] == ["pmf 0.1 0.9"]
    with pytest.raises(InputError, match="named twice"):
        null_distributions(["uniform", 0.2, 0.2], 1, 2)


def evaluation(gradient: list[list[float]], information: np.ndarray) -> Evaluation:
    B = len(gradient)
    return Evaluation(np.zeros(B), np.array(gradient), information, np.zeros((B, 0)), np.zeros((B, 0, 0)))


def test_newton_moves_what_is_free_and_holds_what_would_turn_negative() -> None:
    I = np.array([[4.0, 1, 0.5], [1, 3, 0.8], [0.5, 0.8, 2]])
    one = np.broadcast_to(I, (4, 3, 3))
    theta = np.array([[0.5, 0.4, 1.0], [0.0, 0.4, 1.0], [0.0, 0.4, 1.0], [0.0, 0.4, fit.RESIDUAL_FLOOR]])
    g = [[1.0, -0.5, 0.3], [-1.0, -0.5, 0.3], [0.1, 0.9, 0.3], [0.7, 0.2, -5.0]]
    direction, gain = fit._newton(theta, evaluation(g, one))
    np.testing.assert_allclose(direction[0], np.linalg.solve(I, g[0]))
    assert gain[0] == pytest.approx(0.5 * np.dot(g[0], np.linalg.solve(I, g[0])))
    # at zero with a falling likelihood: held; the others as if it were not there
    np.testing.assert_allclose(direction[1], [0, *np.linalg.solve(I[1:, 1:], g[1][1:])])
    # at zero with a rising likelihood, but the joint step would take it below: held, its own gain not forgotten
    assert np.linalg.solve(I, g[2])[0] < 0
    np.testing.assert_allclose(direction[2], [0, *np.linalg.solve(I[1:, 1:], g[2][1:])])
    # a residual at its floor does not fall further
    np.testing.assert_allclose(direction[3], [*np.linalg.solve(I[:2, :2], g[3][:2]), 0])
    alone = [[2.0, 0.0, 0.0]]
    steep = np.array([[[4.0, 0, 0], [0, 1e-20, 0], [0, 0, 9.0]]])
    diagonal = fit._diagonal(evaluation(alone, steep))
    np.testing.assert_allclose(diagonal, [[4.0, 9e-12, 9.0]])
    small = fit._diagonal(evaluation(alone, 1e-3 * steep))
    np.testing.assert_allclose(small, [[4e-3, 1e-12, 9e-3]])
    blocked = fit._newton(
        np.array([[0.0, 0.5, 1.0]]),
        evaluation([[0.5, 1e-9, 2.0]], np.array([[[1.0, 0, 0.9], [0, 1, 0], [0.9, 0, 1.0]]])),
    )
    assert blocked[1][0] == pytest.approx(2.0)  # ½ · 2² / 1
    held = fit._newton(
        np.array([[0.0, 0.5, 1.0]]),
        evaluation([[3.0, 0.0, 4.0]], np.array([[[1.0, 0, 3.0], [0, 1, 0], [3.0, 0, 16.0]]])),
    )
    assert held[1][0] == pytest.approx(max(0.5 * np.linalg.solve([[1, 3], [3, 16]], [3, 4]) @ [3, 4], 4.5))
