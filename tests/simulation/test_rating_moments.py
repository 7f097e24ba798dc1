"""Closed forms of rating moments: against bivariate normal probabilities, exact cases and simulated answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from comply_measure.errors import ComplyError
from comply_measure.resources import shipped
from comply_measure.simulation import (
    Population,
    implied_gaps,
    implied_icc,
    implied_loadings,
    implied_reliability,
    item_moments,
    load_population,
    score_moments,
)
from comply_measure.simulation.answers import attentive_answers
from comply_measure.simulation.hermite import rating_coefficients, rating_means
from comply_measure.simulation.implied import score_items
from comply_measure.simulation.informant_level import draw_informants
from comply_measure.simulation.latent_moments import target_covariance
from comply_measure.simulation.logistic import logistic, logistic_intercept
from comply_measure.simulation.plan import plan_items, plan_targets
from comply_measure.simulation.rating_moments import (
    item_target_covariance,
    latent_item_covariance,
    normal_items,
)
from comply_measure.simulation.unit_level import draw_units
from comply_measure.simulation.unit_model import build_unit_model

POPULATION = load_population(shipped("datasets") / "msi_triads" / "population.yaml").with_attribute_set("20")
ITEMS = item_moments(POPULATION)
BENT = {node.name for node in POPULATION.unit_model.nodes if not node.gaussian}
N_UNITS = 8_000


@pytest.fixture(scope="module")
def simulated() -> tuple[np.ndarray, np.ndarray]:
    """Keyed answers (units, roles, items) and perceptions, one informant a role; units are alone in their firm."""
    targets, items = plan_targets(POPULATION), plan_items(POPULATION)
    rng = np.random.default_rng(11)
    units = draw_units(POPULATION, np.arange(N_UNITS), rng, rng)
    informants = draw_informants(targets, units, rng)
    raw = attentive_answers(items, informants, rng)
    keyed = np.where(items.keying > 0, raw, items.minimum + items.maximum - raw)
    n_roles = len(POPULATION.roles)
    return keyed[:, :n_roles].astype(float), informants.targets[:, :n_roles]


@pytest.mark.parametrize("correlation", [-0.7, -0.2, 0.0, 0.4, 0.85])
def test_series_is_the_bivariate_normal_covariance(correlation: float) -> None:
    """Cov = ΣΣ P(x > s, y > t) - P(x > s)P(y > t); SciPy's bivariate probabilities are good to about 1e-9."""
    one, other = np.array([-1.5, -0.3, 0.9]), np.array([-0.8, 0.1, 0.7, 1.9])
    a, b = rating_coefficients(one), rating_coefficients(other)
    series = sum(a[n] * b[n] * correlation ** (n + 1) for n in range(len(a)))
    joint = stats.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]])
    exact = sum(joint.cdf([-s, -t]) - stats.norm.cdf(-s) * stats.norm.cdf(-t) for s in one for t in other)
    assert series == pytest.approx(exact, abs=1e-6)


def test_mean_and_mean_square_of_a_rating() -> None:
    cuts = np.array([-1.0, 0.2, 1.4])
    share = np.diff(np.concatenate([[0.0], stats.norm.cdf(cuts), [1.0]]))
    mean, square = rating_means(cuts)
    assert mean == pytest.approx((share * np.arange(4)).sum(), abs=1e-14)
    assert square == pytest.approx((share * np.arange(4) ** 2).sum(), abs=1e-14)


def test_latent_answers_have_the_stated_structure() -> None:
    items, targets = plan_items(POPULATION), plan_targets(POPULATION)
    marketing = POPULATION.roles.index("marketing")
    within = latent_item_covariance(POPULATION, targets, items, marketing, marketing)
    at = {
        name: items.ids.index(name)
        for name in ("C_dig_1", "C_dig_4", "C_pro_1", "O_def_1", "C_pro_5", "O_def_3")
    }
    method = 0.18**2
    assert within[at["C_dig_1"], at["C_dig_4"]] == pytest.approx(0.72 * 0.69 + method)
    assert within[at["C_dig_1"], at["C_pro_1"]] == pytest.approx(0.72 * 0.80 * 0.72 * 0.80 + method)
    dimensions = (0.72 * 0.84) * (0.82 * 0.82)
    assert within[at["C_dig_1"], at["O_def_1"]] == pytest.approx(0.72 * 0.72 * dimensions + method)
    # the method factor moves raw answers: after recoding it works against a reverse-keyed item
    assert within[at["C_pro_1"], at["C_pro_5"]] == pytest.approx(0.80 * 0.63 - method)
    # two reverse-keyed items share it again, and the factor of reverse wording
    digital = 0.80 * 0.84 * (0.82 * 0.82)
    both = within[at["C_pro_5"], at["O_def_3"]]
    assert both == pytest.approx(0.63 * 0.55 * digital + method + 0.30**2)


def test_informants_share_the_consensus_only() -> None:
    items, targets = plan_items(POPULATION), plan_targets(POPULATION)
    marketing, sales = POPULATION.roles.index("marketing"), POPULATION.roles.index("sales")
    between = latent_item_covariance(POPULATION, targets, items, marketing, sales)
    one, other = items.ids.index("O_def_1"), items.ids.index("O_def_2")
    dimension = 0.82**2 * 0.60 + (1 - 0.82**2) * np.sqrt(0.55 * 0.50)
    attribute = 0.82**2 * dimension + (1 - 0.82**2) * 0.35
    assert between[one, other] == pytest.approx(0.72 * 0.69 * attribute)
    own = 0.15 * (1 - 0.72**2 - 0.18**2)
    assert between[one, one] == pytest.approx(0.72**2 * attribute + own)


def test_implied_item_moments_match_simulated_answers(simulated: tuple[np.ndarray, np.ndarray]) -> None:
    """z-values of means and covariances over all items of all roles: unit spread, none far out."""
    keyed, _ = simulated
    ids = [item.id for item in POPULATION.items]
    places = [
        (POPULATION.roles.index(role), ids.index(name))
        for name, role in zip(ITEMS.names, ITEMS.roles, strict=True)
    ]
    data = np.column_stack([keyed[:, role, item] for role, item in places])
    error = np.sqrt(np.diag(ITEMS.covariance) / N_UNITS)
    z_mean = (data.mean(axis=0) - ITEMS.mean) / error
    assert np.abs(z_mean).max() < 4.5
    centred = data - data.mean(axis=0)
    product_variance = (centred**2).T @ (centred**2) / N_UNITS - np.cov(data.T, bias=True) ** 2
    z = (np.cov(data.T) - ITEMS.covariance) / np.sqrt(product_variance / N_UNITS)
    upper = z[np.triu_indices(len(z))]
    assert np.abs(upper).max() < 6.0
    assert np.sqrt((upper**2).mean()) == pytest.approx(1.0, abs=0.15)


def test_implied_values_match_simulated_scores(simulated: tuple[np.ndarray, np.ndarray]) -> None:
    keyed, perceived = simulated
    ids = [item.id for item in POPULATION.items]
    names = plan_targets(POPULATION).names
    scores = {
        name: sum(weight * keyed[:, :, ids.index(item)] for item, weight in weights.items())
        for name, weights in score_items(POPULATION, "dimension").items()
    }
    loadings = implied_loadings(POPULATION, ITEMS).set_index(["role", "level", "rhs"])["observed"]
    reliability = implied_reliability(POPULATION, ITEMS).set_index(["role", "construct"])["reliability"]
    gaps = implied_gaps(POPULATION, ITEMS).set_index(["construct", "role", "other"])
    icc = implied_icc(POPULATION, ITEMS).set_index("construct")
    for name, score in scores.items():
        for position, role in enumerate(POPULATION.roles):
            own = np.corrcoef(score[:, position], perceived[:, position, names.index(name)])[0, 1]
            top = np.corrcoef(score[:, position], perceived[:, position, 0])[0, 1]
            assert own**2 == pytest.approx(reliability[role, name], abs=5 * 0.007)
            assert top == pytest.approx(loadings[role, "dimension", name], abs=5 * 0.007)
        row = gaps.loc[(name, "marketing", "it")]
        difference = score[:, 0] - score[:, 2]
        assert difference.mean() == pytest.approx(row["gap"], abs=5 * row["sd_difference"] / np.sqrt(N_UNITS))
        means = score.mean(axis=1, keepdims=True)
        between = 3 * means.var(ddof=1)
        within = ((score - means) ** 2).sum() / (2 * N_UNITS)
        assert (between - within) / (between + 2 * within) == pytest.approx(
            icc.loc[name, "icc1"], abs=5 * 0.008
        )


def test_observed_loading_of_an_item_is_a_correlation(simulated: tuple[np.ndarray, np.ndarray]) -> None:
    keyed, perceived = simulated
    names = plan_targets(POPULATION).names
    ids = [item.id for item in POPULATION.items]
    sales = POPULATION.roles.index("sales")
    shared = item_target_covariance(POPULATION, sales)
    item, target = ids.index("C_dig_4"), names.index("digitalization")
    observed = np.cov(keyed[:, sales, item], perceived[:, sales, target])[0, 1]
    assert observed == pytest.approx(shared[item, target], abs=5 * 1.5 / np.sqrt(N_UNITS))
    assert np.isnan(shared[:, -1]).all()


def test_planted_items_show_in_the_implied_values() -> None:
    table = implied_loadings(POPULATION, ITEMS).query("level == 'item'").set_index(["rhs", "role"])["latent"]
    assert table["L_prox_5", "it"] == 0.35
    assert table["L_prox_5", "sales"] == table["L_prox_5", "marketing"] == 0.69
    mean = dict(zip(ITEMS.labels, ITEMS.mean, strict=True))
    # both items have the same thresholds without the planted shift
    assert mean["Y_tool_4@it"] - mean["Y_tool_6@it"] > 0.6


def test_constructs_that_are_not_normal_are_left_out() -> None:
    covered = set(ITEMS.names)
    assert {"JP_1", "JF_1", "PF_1", "MK_5", "INF_comp_1", "AL_overall_1"} <= covered
    assert covered.isdisjoint({"SB_1", "MB_1", "CD_1", "SD_1"})
    assert "MD_1" in covered


def test_moments_by_role_and_their_labels() -> None:
    scores = score_moments(POPULATION, "dimension", ITEMS)
    assert scores.labels[0] == "C@marketing"
    assert scores.mean.shape == (18,)
    own = scores.of_role("it")
    assert own.names == POPULATION.dimension_keys
    np.testing.assert_array_equal(own.covariance, scores.covariance[12:, 12:])
    assert np.linalg.eigvalsh(scores.covariance).min() > 0


def test_unknown_level() -> None:
    with pytest.raises(ComplyError, match="did you mean 'dimension'"):
        score_moments(POPULATION, "dimensions")


@pytest.mark.parametrize(("share", "slope"), [(0.02, -0.6), (0.10, 0.3), (0.5, 2.0), (0.9, 0.0)])
def test_logistic_intercept_gives_the_share(share: float, slope: float) -> None:
    """Against adaptive quadrature; 61 Gauss-Hermite nodes are good to 1e-6 here."""
    a = logistic_intercept(share, slope)
    mean, _ = integrate.quad(lambda z: logistic(np.array(a + slope * z)) * stats.norm.pdf(z), -12, 12)
    assert mean == pytest.approx(share, abs=1e-6)


def test_share_of_nothing_and_impossible_shares() -> None:
    assert logistic(np.array(logistic_intercept(0.0, 0.5) + 0.5 * 10)) == pytest.approx(0.0, abs=1e-100)
    with pytest.raises(ComplyError, match="share"):
        logistic_intercept(1.0, 0.0)


def _with_an_own_dimension() -> Population:
    """The small study with a dimension that is mostly its own, so that what follows from it shows."""
    small = load_population(Path(__file__).parent / "own_population.yaml")
    own = small.spec.dimensions["trust"].model_copy(update={"loading": 0.3})
    spec = small.spec.model_copy(update={"dimensions": {"trust": own}})
    model, faults = build_unit_model(spec)
    assert model is not None and not faults
    return replace(small, spec=spec, unit_model=model)


@pytest.mark.parametrize("shipped_study", [True, False])
def test_perceptions_have_the_stated_covariances_within_and_between_roles(simulated, shipped_study) -> None:
    """All targets by pair of roles: z of every covariance. In the small study a construct follows a dimension."""
    population, perceived, n = POPULATION, simulated[1], N_UNITS
    if not shipped_study:
        population, n, rng = _with_an_own_dimension(), 40_000, np.random.default_rng(3)
        units = draw_units(population, np.arange(n), rng, rng)
        perceived = draw_informants(plan_targets(population), units, rng).targets
    targets = plan_targets(population)
    centred = perceived - perceived.mean(axis=0)
    last = len(population.roles) - 1
    for role, other in ((0, 0), (0, 1), (last, 0), (last, last)):
        expected = target_covariance(targets, population.unit_model, role, other)
        a, b = centred[:, role], centred[:, other]
        covariance = a.T @ b / n
        error = np.sqrt((a**2).T @ b**2 / n - covariance**2) / np.sqrt(n)
        z = (covariance - expected) / error
        assert np.abs(z).max() < 5.0, (role, other)


@pytest.mark.parametrize("role", [0, 1, 2])
def test_ratings_covary_with_perceptions_as_implied(simulated, role: int) -> None:
    """Every item with every target that has a closed form; the two traits have none."""
    keyed, perceived = simulated
    targets, items = plan_targets(POPULATION), plan_items(POPULATION)
    implied = item_target_covariance(POPULATION, role)
    assert np.isnan(implied[:, -2:]).all()
    assert np.isfinite(implied[:, :-2]).all()
    usable = np.flatnonzero(items.asked[role] & normal_items(POPULATION, targets, items))
    x = keyed[:, role, usable] - keyed[:, role, usable].mean(axis=0)
    normal = [name not in BENT for name in targets.names[:-2]]
    t = perceived[:, role, :-2][:, normal] - perceived[:, role, :-2][:, normal].mean(axis=0)
    covariance = x.T @ t / N_UNITS
    error = np.sqrt(((x**2).T @ t**2) / N_UNITS - covariance**2) / np.sqrt(N_UNITS)
    z = (covariance - implied[usable][:, :-2][:, normal]) / error
    assert np.abs(z).max() < 5.0
