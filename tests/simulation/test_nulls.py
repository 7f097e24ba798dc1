"""Nulls: each takes one effect out of a population, and what it implies shows that nothing else is touched."""

from __future__ import annotations

import numpy as np
import pytest

from comply_measure.errors import ComplyError, InputError
from comply_measure.resources import shipped
from comply_measure.simulation import (
    NULLS,
    Population,
    implied_gaps,
    implied_icc,
    implied_loadings,
    load_population,
    null_population,
    simulate,
)
from comply_measure.simulation.rating_moments import item_moments

STATED = load_population(shipped("datasets") / "msi_triads" / "population.yaml")


def null(key: str) -> Population:
    return null_population(STATED, key)


def test_without_agreement_informants_of_a_unit_are_independent() -> None:
    moments = item_moments(null("no_agreement"))
    roles = np.array(moments.roles)
    between = moments.covariance[roles[:, None] != roles]
    assert np.abs(between).max() < 1e-12
    # Within an informant the hierarchy stays (noise changes a little with the part that is no longer shared).
    own, stated = moments.of_role("it"), item_moments(STATED).of_role("it")
    tree = [i for i, name in enumerate(own.names) if name.startswith(("C_", "O_"))]
    np.testing.assert_allclose(
        own.covariance[np.ix_(tree, tree)], stated.covariance[np.ix_(tree, tree)], atol=0.01
    )


def test_without_dispute_unit_means_are_reliable_and_roles_alike() -> None:
    found = implied_icc(null("no_dispute")).query("level == 'dimension'")
    assert (found["icc_ck"] > 0.93).all()
    assert (implied_icc(STATED).query("level == 'dimension'")["icc2"] < 0.72).all()


def test_without_gaps_and_planted_items_the_means_of_roles_are_equal() -> None:
    both = null_population(null("no_gaps"), "invariant")
    assert np.abs(implied_gaps(both)["gap"]).max() < 1e-12
    gaps = implied_gaps(null("no_gaps")).set_index(["construct", "role", "other"])["gap"]
    assert gaps["tool_orientation", "marketing", "it"] == pytest.approx(
        -0.191, abs=0.001
    )  # one planted item of four
    assert abs(gaps["definition", "marketing", "it"]) < 1e-12


def test_without_method_items_of_different_attributes_correlate_less_and_loadings_stay() -> None:
    without = null("no_method")
    assert without.spec.items.method_loading == 0
    np.testing.assert_array_equal(implied_loadings(without)["latent"], implied_loadings(STATED)["latent"])
    largest, smallest = (_with_marker(population) for population in (without, STATED))
    assert largest.max() < 0.01  # competence alone, by the noise of answers
    assert smallest.min() > 0.02


def _with_marker(population: Population) -> np.ndarray:
    """Covariances of the first item of the marker with the items of a dimension, without signs."""
    own = item_moments(population).of_role("it")
    items = [i for i, name in enumerate(own.names) if name.startswith("C_")]
    return np.abs(own.covariance[own.names.index("MK_5"), items])


def test_without_paths_and_outcomes_units_are_unrelated() -> None:
    model = null("no_paths").unit_model
    assert model.covariance_of("joint_preparation", "alignment") == 0
    assert model.covariance_of("salesperson_benefits", "joint_follow_up") == 0
    assert model.covariance_of("C", "alignment") == STATED.unit_model.covariance_of("C", "alignment") == 0.84
    outcome = null("no_outcomes").spec.unit_variables["customer_satisfaction"]
    assert outcome.coefficients == {}  # type: ignore[union-attr]


def test_completely_at_random_every_role_has_the_mean_share() -> None:
    missing = null("missing_at_random").spec.missing
    assert missing.informants.share == pytest.approx(dict.fromkeys(("marketing", "sales", "it"), 0.08))
    assert missing.cannot_judge.share == pytest.approx(dict.fromkeys(("marketing", "sales", "it"), 0.04 / 3))
    assert (
        missing.informants.slope,
        missing.informants.predictor,
        missing.cannot_judge.competence_slope,
    ) == (
        0,
        None,
        0,
    )
    assert missing.items == STATED.spec.missing.items


def test_attentive_studies_have_no_careless_informants_and_the_same_other_answers() -> None:
    small = STATED.with_units(60)
    as_stated, attentive = simulate(small, 3), simulate(null_population(small, "attentive"), 3)
    assert len(as_stated.truth.careless)
    assert attentive.truth.careless.empty
    keep = ~as_stated.responses["informant"].isin(as_stated.truth.careless["informant"])
    assert as_stated.responses[keep].equals(attentive.responses[keep])


def test_weak_items_load_six_tenths_as_much_planted_ones_too() -> None:
    weak, stated = implied_loadings(null("weak_items")), implied_loadings(STATED)
    items = (weak["level"] == "item").to_numpy()
    np.testing.assert_allclose(weak["latent"][items], 0.6 * stated["latent"][items])
    np.testing.assert_array_equal(weak["latent"][~items], stated["latent"][~items])


def test_every_null_is_a_population_and_says_what_it_changes() -> None:
    for key, entry in NULLS.items():
        assert entry.key == key
        assert entry.says
        changed = null(key)
        assert changed.spec != STATED.spec
        assert changed.unit_model.names == STATED.unit_model.names
    assert null_population(STATED, "stated") is STATED


def test_unknown_nulls_and_parameters_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ComplyError, match=r"unknown null 'no_gap'; did you mean 'no_gaps'\?"):
        null_population(STATED, "no_gap")
    spec = STATED.spec.model_copy(update={"roles": ("marketing", "sells", "it")})
    with pytest.raises(InputError, match=r"population.yaml cannot have these parameters(.|\n)*'sells'"):
        STATED.with_spec(spec)


def test_numbers_of_units_become_firms() -> None:
    assert [STATED.with_units(n).spec.sample.firms for n in (1, 60, 240, 10_000)] == [1, 15, 60, 2500]
