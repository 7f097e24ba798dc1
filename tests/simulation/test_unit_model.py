"""The unit-level system: path tracing by hand, and against its own simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from comply_measure.resources import shipped
from comply_measure.simulation import load_population
from comply_measure.simulation.schema import PopulationSpec
from comply_measure.simulation.unit_level import draw_latent
from comply_measure.simulation.unit_model import build_unit_model

POPULATION = load_population(shipped("datasets") / "msi_triads" / "population.yaml")
SMALL = load_population(Path(__file__).parent / "own_population.yaml")


def construct(paths: dict[str, float], moderations: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "firm_share": 0.1,
        "consensus_share": 0.5,
        "role_bias": {},
        "paths": paths,
        "moderations": moderations,
    }


def system(constructs: dict[str, Any], correlations: tuple[dict[str, Any], ...] = ()) -> PopulationSpec:
    document = SMALL.spec.model_dump()
    return PopulationSpec.model_validate(
        {**document, "constructs": constructs, "residual_correlations": correlations}
    )


def test_path_tracing() -> None:
    """alignment -> p (.5), q (.4), disturbances of p and q correlate .3; p, q -> y (.6, .2)."""
    spec = system(
        {
            "p": construct({"alignment": 0.5}),
            "q": construct({"alignment": 0.4}),
            "y": construct({"p": 0.6, "q": 0.2}),
        },
        ({"between": ["q", "p"], "correlation": 0.3},),
    )
    model, faults = build_unit_model(spec)
    assert faults == []
    assert model is not None
    pq = 0.5 * 0.4 + 0.3 * np.sqrt(0.75 * 0.84)
    assert model.covariance_of("p", "q") == pytest.approx(pq, abs=1e-14)
    assert model.covariance_of("p", "y") == pytest.approx(0.6 + 0.2 * pq, abs=1e-14)
    assert model.covariance_of("y", "alignment") == pytest.approx(0.6 * 0.5 + 0.2 * 0.4, abs=1e-14)
    left = 1 - (0.6**2 + 0.2**2 + 2 * 0.6 * 0.2 * pq)
    assert model.nodes[model.index("y")].residual_sd ** 2 == pytest.approx(left, abs=1e-14)


def test_variance_of_products() -> None:
    """m and f correlate c: Var(mf) = 1 + c², uncorrelated with m and f."""
    effect = {"predictor": "m", "moderator": "f", "coefficient": 0.3}
    spec = system(
        {
            "m": construct({"alignment": 0.5}),
            "f": construct({"alignment": 0.4}),
            "y": construct({"m": 0.2}, (effect,)),
            "z": construct({"f": 0.1}, (effect,)),
        }
    )
    model, _ = build_unit_model(spec)
    assert model is not None
    c = 0.5 * 0.4
    left = 1 - (0.2**2 + 0.3**2 * (1 + c**2))
    assert model.nodes[model.index("y")].residual_sd ** 2 == pytest.approx(left, abs=1e-14)
    assert model.covariance_of("y", "f") == pytest.approx(0.2 * c, abs=1e-14)
    both = 0.2 * 0.1 * c + 0.3**2 * (1 + c**2)
    assert model.covariance_of("y", "z") == pytest.approx(both, abs=1e-14)
    assert not model.nodes[model.index("y")].gaussian


def test_order_of_the_file_does_not_matter() -> None:
    parts = {"y": construct({"p": 0.6}), "p": construct({"alignment": 0.5})}
    forward, _ = build_unit_model(system(dict(reversed(parts.items()))))
    backward, _ = build_unit_model(system(parts))
    assert forward is not None
    assert backward is not None
    assert forward.covariance_of("y", "alignment") == backward.covariance_of("y", "alignment") == 0.3


def test_simulated_latents_have_the_solved_covariances() -> None:
    """60,000 units in firms of four; error of a correlation at most about 1.5/sqrt(n) with clustering."""
    rng = np.random.default_rng(5)
    model = POPULATION.unit_model
    latent, disturbance = draw_latent(model, np.repeat(np.arange(15_000), 4), rng)
    values = np.array([latent[name] for name in model.names])
    observed = np.cov(values)
    tolerance = 5 * 1.5 / np.sqrt(60_000)
    np.testing.assert_allclose(observed, model.covariance, atol=tolerance)
    assert np.corrcoef(disturbance["joint_preparation"], disturbance["joint_follow_up"])[
        0, 1
    ] == pytest.approx(0.15, abs=tolerance)


def test_firm_share_of_a_disturbance() -> None:
    """ICC(1) of alignment over firms = firm_share of the part that size does not explain."""
    rng = np.random.default_rng(6)
    size, firms = 4, 15_000
    latent, _ = draw_latent(POPULATION.unit_model, np.repeat(np.arange(firms), size), rng)
    part = POPULATION.spec.alignment.firm_share
    part = part * (1 - 0.15**2) + 0.15**2 * 0.40
    groups = latent["alignment"].reshape(firms, size)
    between, within = size * groups.mean(axis=1).var(ddof=1), groups.var(axis=1, ddof=1).mean()
    icc = (between - within) / (between + (size - 1) * within)
    assert icc == pytest.approx(part, abs=5 * 0.006)
