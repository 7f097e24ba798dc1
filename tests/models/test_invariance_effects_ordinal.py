"""Effect sizes of ordered items: expected scores of the answered scale, not latent responses."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.models.invariance import (
    group_design,
    invariance_effects,
    invariance_ladder,
    ordinal_group_design,
)

ITEMS = list("wxyz")
CUTS = [-2.2, -1.6, -1.0, -0.2]
SHIFT = 0.6


def answers(n, seed=1):
    """Two groups with equal factors; the latent response of ``w`` is .6 higher in the second."""
    rng = np.random.default_rng(seed)
    frames = []
    for group, shift in (("a", 0.0), ("b", SHIFT)):
        eta = rng.standard_normal((n, 1))
        latent = 0.8 * eta + 0.6 * rng.standard_normal((4, n)).T + np.array([shift, 0, 0, 0])
        frames.append(pd.DataFrame(np.digitize(latent, CUTS) + 1.0, columns=ITEMS).assign(g=group))
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def ladder():
    released = frozenset({("intercept", "w")})
    return invariance_ladder(ordinal_group_design(answers(1000), {"F": ITEMS}, "g"), released=released)


def ogive(table, item, group):
    """E(x | η) of an item in a group, from the table of estimates alone."""
    mine = table[table.group == group]

    def value(lhs, op, rhs):
        return float(mine.est[(mine.lhs == lhs) & (mine.op == op) & (mine.rhs == rhs)].iloc[0])

    tau = mine.est[(mine.lhs == item) & (mine.op == "|")].to_numpy()
    level, slope = value(item, "~1", ""), value("F", "=~", item)
    root = np.sqrt(value(item, "~~", item))
    factor = norm(value("F", "~1", ""), np.sqrt(value("F", "~~", "F")))

    def expected(eta):
        return 1.0 + norm.cdf((level + slope * eta - tau) / root).sum()

    return expected, factor


def variance(table, item, group):
    expected, factor = ogive(table, item, group)
    mine = table[table.group == group]
    tau = mine.est[(mine.lhs == item) & (mine.op == "|")].to_numpy()
    root = float(mine.est[(mine.lhs == item) & (mine.op == "~~")].iloc[0]) ** 0.5
    level = float(mine.est[(mine.lhs == item) & (mine.op == "~1")].iloc[0])
    slope = float(mine.est[(mine.op == "=~") & (mine.rhs == item)].iloc[0])

    def second(eta):
        above = norm.cdf((level + slope * eta - tau) / root)
        shares = -np.diff(np.r_[1.0, above, 0.0])
        return shares @ np.arange(1, 6) ** 2 * factor.pdf(eta)

    mean = quad(lambda e: expected(e) * factor.pdf(e), -9, 9)[0]
    return quad(second, -9, 9)[0] - mean**2


@pytest.mark.parametrize("item", ITEMS)
def test_item_effects_are_the_integrals_they_name(ladder, item):
    fit = ladder.step("scalar").fit
    found = invariance_effects(ladder.design, fit).tidy().set_index("item").loc[item]
    table = fit.estimates
    (reference, _), (focal, factor) = ogive(table, item, 1), ogive(table, item, 2)
    plain = quad(lambda e: (focal(e) - reference(e)) * factor.pdf(e), -9, 9)[0]
    square = quad(lambda e: (focal(e) - reference(e)) ** 2 * factor.pdf(e), -9, 9)[0]
    spread = np.sqrt((variance(table, item, 1) + variance(table, item, 2)) / 2)
    assert found["bias"] == pytest.approx(plain, abs=1e-8)
    assert found["d_macs"] == pytest.approx(np.sqrt(square) / spread, abs=1e-7)
    assert found["d_macs_signed"] == pytest.approx(plain / spread, abs=1e-7)


def test_gap_is_that_of_the_answered_scale(ladder):
    """The latent responses would give item bias .951 and gap .341; population: item .365, gap .091, dMACS .586."""
    effects = invariance_effects(ladder.design, ladder.step("scalar").fit)
    item, gap = effects.tidy().set_index("item").loc["w"], effects.gap_table().iloc[0]
    raw = ladder.design.base.data.groupby("g")[ITEMS].mean().mean(axis=1)
    assert gap["observed_gap"] == pytest.approx(raw["b"] - raw["a"], abs=0.002)
    assert gap["bias"] == pytest.approx(effects.tidy()["bias"].mean(), abs=1e-12)
    assert gap["gap_without_bias"] == pytest.approx(gap["observed_gap"] - gap["bias"])
    assert item["bias"] == pytest.approx(0.365, abs=0.03)
    assert gap["bias"] == pytest.approx(0.091, abs=0.015)
    assert item["d_macs"] == pytest.approx(0.586, abs=0.03)


def test_large_samples_reach_the_population():
    """Σ_k Φ((.6 − τ_k)) − Φ(−τ_k) of a total variance of one: .36499; dMACS .58640."""
    design = ordinal_group_design(answers(40_000, seed=3), {"F": ITEMS}, "g")
    found = invariance_effects(design, design.fit("strict", frozenset({("intercept", "w")})))
    item = found.tidy().set_index("item")
    assert item.loc["w", "bias"] == pytest.approx(0.36499, abs=0.008)
    assert item.loc["w", "d_macs"] == pytest.approx(0.58640, abs=0.012)
    assert item.loc[["x", "y", "z"], "d_macs"].max() == 0.0  # all parameters equal
    assert found.gap_table()["bias"].iloc[0] == pytest.approx(0.09125, abs=0.002)
    # scalar: residual variances are free, too, so the other items have biases of sampling error
    loose = invariance_effects(design, design.fit("scalar", frozenset({("intercept", "w")})))
    item = loose.tidy().set_index("item")
    assert item.loc["w", "bias"] == pytest.approx(0.36499, abs=0.015)
    assert item.loc["w", "d_macs"] == pytest.approx(0.58640, abs=0.025)
    assert item.loc[["x", "y", "z"], "bias"].abs().max() < 0.015
    assert loose.gap_table()["bias"].iloc[0] == pytest.approx(0.09125, abs=0.008)


def test_scores_are_the_values_of_the_answers():
    """Answers 0, 2, 4, … double every bias; dMACS has no unit."""
    data = answers(1000)
    double = data.assign(**{item: 2.0 * data[item] - 2.0 for item in ITEMS})
    released = frozenset({("intercept", "w")})
    one, two = (
        invariance_effects(design, design.fit("strict", released))
        for design in (ordinal_group_design(d, {"F": ITEMS}, "g") for d in (data, double))
    )
    np.testing.assert_allclose(two.tidy()["bias"], 2.0 * one.tidy()["bias"], atol=1e-10)
    np.testing.assert_allclose(two.tidy()["d_macs"], one.tidy()["d_macs"], atol=1e-10)
    assert two.gap_table()["observed_gap"][0] == pytest.approx(2.0 * one.gap_table()["observed_gap"][0])


def test_fits_of_another_kind_are_refused(ladder):
    data = ladder.design.base.data
    design = group_design(data, {"F": ITEMS}, "g", missing="listwise")
    single = sem.fit("F =~ w + x + y + z", data, meanstructure=True)
    with pytest.raises(ComplyError, match=r"no loading of w \(b\)"):
        invariance_effects(design, single)
    clusters = data.assign(cl=np.arange(len(data)) % 100)
    two = sem.fit("level: 1\n F =~ w + x + y + z\nlevel: 2\n G =~ w + x + y + z\n", clusters, cluster="cl")
    with pytest.raises(ComplyError, match="two-level"):
        invariance_effects(design, two)
    mixed = sem.fit("F =~ w + x + y + z", data, group="g", ordered=["w", "x"])
    with pytest.raises(ComplyError, match="ordered"):
        invariance_effects(design, mixed)
