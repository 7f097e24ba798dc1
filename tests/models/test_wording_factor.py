"""The factor of reverse wording: what is planted comes back, alone and beside agreeing with everything."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from comply_measure.errors import ComplyError, InputError
from comply_measure.models.method_variance import wording_factor
from comply_measure.resources import shipped
from comply_measure.simulation import item_moments, load_population

FACTORS = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3", "c4"]}
REVERSED = ("a3", "b3", "c4")
ITEMS = [item for items in FACTORS.values() for item in items]
SHIPPED = shipped("datasets") / "msi_triads" / "population.yaml"


def covariance(wording: float, agreeing: float) -> np.ndarray:
    loadings = np.zeros((10, 3))
    for column, items in enumerate(FACTORS.values()):
        for place, item in enumerate(items):
            loadings[ITEMS.index(item), column] = 0.8 - 0.05 * place - 0.1 * (item in REVERSED)
    factors = np.array([[1, 0.5, 0.4], [0.5, 1, 0.6], [0.4, 0.6, 1]])
    turned = np.array([item in REVERSED for item in ITEMS], dtype=float)
    implied = loadings @ factors @ loadings.T
    implied += np.outer(1 - 2 * turned, 1 - 2 * turned) * agreeing**2 + np.outer(turned, turned) * wording**2
    np.fill_diagonal(implied, 1.0)
    return implied


def with_moments(implied: np.ndarray, names: list[str], n: int = 500) -> pd.DataFrame:
    """Data whose sample covariance (divisor n) is the given one to rounding: ML then gives the population's values."""
    raw = np.random.default_rng(1).standard_normal((n, len(names)))
    raw -= raw.mean(axis=0)
    white = np.linalg.solve(np.linalg.cholesky(raw.T @ raw / n), raw.T).T
    return pd.DataFrame(white @ np.linalg.cholesky(implied).T, columns=names)


def fitted(implied: np.ndarray, **options):
    return wording_factor(
        with_moments(implied, ITEMS), FACTORS, REVERSED, estimator="ML", missing="listwise", **options
    )


def test_both_factors_are_recovered_exactly_from_population_moments() -> None:
    found = fitted(covariance(0.3, 0.2))
    assert not found.failures
    both = found.effects.set_index("model").loc["both"]
    assert both["wording"] == pytest.approx(0.3, abs=1e-4)
    assert both["agreeing"] == pytest.approx(0.2, abs=1e-4)
    assert both[["wording_variance", "agreeing_variance"]].tolist() == pytest.approx([0.09, 0.04], abs=1e-4)
    assert both["wording_se"] == pytest.approx(both["wording_variance_se"] / (2 * both["wording"]))
    assert both["wording_variance_p"] == pytest.approx(
        stats.norm.sf(both["wording_variance"] / both["wording_variance_se"])
    )
    assert found.fits["both"].measures["chisq"] == pytest.approx(0.0, abs=1e-6)
    assert [found.fits[name].measures["df"] for name in ("traits", "agreeing", "wording", "both")] == [
        32,
        31,
        31,
        30,
    ]
    loadings = found.loadings[found.loadings["model"] == "both"].set_index("item")
    assert loadings.loc["a3", ["substantive", "wording", "agreeing"]].tolist() == pytest.approx(
        [0.6, 0.3, -0.2], abs=1e-4
    )
    assert loadings.loc["a1", ["substantive", "wording", "agreeing"]].tolist() == pytest.approx(
        [0.8, 0, 0.2], abs=1e-4
    )
    assert loadings["reverse_keyed"].sum() == 3


def test_without_agreeing_the_wording_factor_takes_it_up() -> None:
    """Reverse-keyed pairs of different factors lose 2γ² of their covariance with others, so that ω comes out higher."""
    found = fitted(covariance(0.3, 0.2)).effects.set_index("model")
    assert found.loc["wording", "wording"] > 0.4
    assert np.isnan(found.loc["wording", "agreeing"])
    assert found.loc["wording", "note"] == "the model has no such factor"
    alone = fitted(covariance(0.3, 0.0)).effects.set_index("model")
    assert alone.loc["wording", "wording"] == pytest.approx(0.3, abs=1e-4)


def test_differences_and_rows_of_the_models() -> None:
    found = fitted(covariance(0.3, 0.2))
    table = found.difference_table().set_index(["restricted", "general"])
    for pair in (("agreeing", "both"), ("wording", "both")):
        fits = [found.fits[name].measures["chisq"] for name in pair]
        assert table.loc[pair, "chisq"] == pytest.approx(fits[0] - fits[1])
        assert table.loc[pair, "df"] == 1
    rows = found.tidy().set_index("model")
    assert list(rows.index) == ["traits", "agreeing", "wording", "both"]
    assert rows.loc["both", ["n_informants", "n_clusters"]].tolist() == [500, -1]
    assert rows.loc["both", "wording_se"] == pytest.approx(found.effects["wording_se"].iloc[-1])


def test_a_variance_below_zero_is_no_loading() -> None:
    """Reverse-keyed items that share less than the others do: the variance is regular there, its root is not."""
    implied, at = covariance(0.0, 0.2), [ITEMS.index(item) for item in REVERSED]
    implied[np.ix_(at, at)] -= 0.02 * (1 - np.eye(3))
    found = fitted(implied, models=("traits", "both"))
    row = found.effects.set_index("model").loc["both"]
    assert row["wording_variance"] == pytest.approx(-0.02, abs=1e-4)
    assert row["wording_variance_p"] > 0.5
    assert np.isnan(row["wording"]) and np.isnan(row["wording_se"])
    assert found.failures == {"agreeing": "not asked for", "wording": "not asked for"}
    assert not found.differences
    with pytest.raises(ComplyError, match="unknown model 'boht'; did you mean 'both'"):
        fitted(implied, models=("boht",))


def test_what_cannot_be_told_apart_is_refused() -> None:
    data = with_moments(covariance(0.3, 0.2), ITEMS)
    with pytest.raises(ComplyError, match="two factors with reverse-keyed and other items; 1 factor found"):
        wording_factor(data, FACTORS, ["a3"])
    with pytest.raises(ComplyError, match="in no factor: zz"):
        wording_factor(data, FACTORS, [*REVERSED, "zz"])
    with pytest.raises(InputError, match="wording factor cannot be fitted"):
        wording_factor(data.drop(columns="a1"), FACTORS, REVERSED)


@pytest.mark.parametrize("role", ["marketing", "it"])
def test_the_planted_wording_of_the_shipped_study_comes_back(role: str) -> None:
    """.30 and .18 are planted on latent answers; ratings of seven categories keep about 95 to 98 % of a loading."""
    population = load_population(SHIPPED)
    scale = population.scales[0]
    factors = {
        key: list(items)
        for key, items in scale.measurement("attribute", "21").items()
        if scale.dimension_of(key) in ("C", "O")
    }
    items = [item for members in factors.values() for item in members]
    moments = item_moments(population).of_role(role)
    at = [moments.names.index(item) for item in items]
    data = with_moments(moments.covariance[np.ix_(at, at)], items, n=2000)
    turned = [item for item in items if scale.item(item).keying == -1]
    assert len(turned) == 6
    found = wording_factor(data, factors, turned, estimator="ML", missing="listwise")
    both = found.loadings[(found.loadings["model"] == "both") & found.loadings["reverse_keyed"]]
    assert both["wording"].mean() == pytest.approx(0.30 * 0.97, abs=0.015)
    assert both["agreeing"].mean() == pytest.approx(-0.18 * 0.97, abs=0.015)
    assert (found.fits["both"].measures["rmsea"], found.fits["traits"].measures["rmsea"] > 0.03) == (
        0.0,
        True,
    )
