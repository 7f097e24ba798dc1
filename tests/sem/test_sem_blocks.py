"""Groups without common parameters are fitted and tested block by block: the numbers of the dense path."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39

from comply_measure import sem
from comply_measure.sem.blocks import BlockMatrix, block_product, components_of
from comply_measure.sem.estimation import estimate
from comply_measure.sem.inference.covariance import invert, symmetric_inverse
from comply_measure.sem.inference.parts import first_order_information

MODEL = "v =~ x1 + x2 + x3\nt =~ x4 + x5 + x6\ns =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def schools() -> pd.DataFrame:
    data = holzinger39.get_data()
    return data.assign(g=np.arange(len(data)) % 3)


def parts(fit: sem.Fit) -> list[tuple[int, ...]]:
    return [component.groups for component in fit.model.objective.components]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [(0,), (1,), (2,)]),
        ({"group_equal": "loadings"}, [(0, 1, 2)]),
        ({"model": MODEL + "\nx1 ~~ c(a, b, a)*x1"}, [(0, 2), (1,)]),
        ({"model": MODEL + "\nx1 ~~ c(a, b, d)*x1\na == 2*d"}, [(0, 2), (1,)]),
        ({"model": MODEL + "\nx1 ~~ c(a, a, d)*x1\nx2 ~~ c(h, i, i)*x2"}, [(0, 1, 2)]),
    ],
)
def test_groups_that_share_a_coordinate_hang_together(
    schools: pd.DataFrame, options: dict[str, Any], expected: list[tuple[int, ...]]
) -> None:
    fit = sem.fit(options.pop("model", MODEL), schools, group="g", **options)
    assert parts(fit) == expected
    places = [component.phi.tolist() for component in fit.model.objective.components]
    assert sorted(np.concatenate(places).tolist()) == list(range(len(fit.optimum.point.phi)))


def test_two_levels_of_a_group_hang_together() -> None:
    rng = np.random.default_rng(5)
    between = np.repeat(rng.standard_normal((40, 3)) + rng.standard_normal((40, 1)), 6, axis=0)
    y = between + rng.standard_normal((240, 1)) + rng.standard_normal((240, 3))
    data = pd.DataFrame(y, columns=["a", "b", "c"]).assign(c_=np.repeat(np.arange(40), 6))
    data = data.assign(g=np.where(data.c_ < 20, "p", "q"))
    fit = sem.fit("level: 1\nf =~ a + b + c\nlevel: 2\nh =~ a + b + c", data, cluster="c_", group="g")
    assert parts(fit) == [(0, 1), (2, 3)]
    dense = fit.optimum.point.theta_hessian
    assert fit.optimum.point.hessian == pytest.approx(dense, abs=1e-12)


@pytest.mark.parametrize("estimator", ["ML", "MLR", "MLM", "MLMV", "ULS"])
def test_numbers_are_those_of_the_dense_path(schools: pd.DataFrame, estimator: str) -> None:
    model = MODEL + "\nx1 ~~ c(a, b, a)*x1"
    blocks = sem.fit(model, schools, group="g", estimator=estimator)
    objective = blocks.model.objective
    slices = [slice(layout.first, layout.first + layout.q) for layout in objective.layouts]
    whole = components_of(objective.space, slices, [(0, 1, 2)])
    assert len(whole) == 1
    dense = sem.fit(model, schools, group="g", estimator=estimator)
    objective = dense.model.objective
    objective.__dict__["components"] = tuple(whole)
    dense = sem.Fit(dense.model, estimate(dense.model))
    assert np.abs(blocks.theta - dense.theta).max() < 1e-12
    assert blocks.optimum.point.information == pytest.approx(dense.optimum.point.information, abs=1e-11)
    assert blocks.vcov_array == pytest.approx(np.asarray(dense.vcov_array), rel=1e-8, abs=1e-12)
    for name, value in dense.measures.items():
        assert blocks.measures[name] == pytest.approx(value, rel=1e-9, abs=1e-10, nan_ok=True), name


def test_robust_errors_of_a_group_are_those_of_the_group_alone(schools: pd.DataFrame) -> None:
    fit = sem.fit(MODEL, schools, group="g", estimator="MLR")
    for number, (_, part) in enumerate(schools.groupby("g"), start=1):
        alone = sem.fit(MODEL, part, estimator="MLR", meanstructure=True)
        mine = fit.estimates[fit.estimates.group == number]
        assert mine.est.to_numpy() == pytest.approx(alone.estimates.est.to_numpy(), abs=1e-8)
        assert mine.se.to_numpy() == pytest.approx(alone.estimates.se.to_numpy(), abs=1e-8)


def test_a_singular_group_is_named(schools: pd.DataFrame) -> None:
    model = "v =~ c(1, NA, 1)*x1 + x2 + x3"
    fit = sem.fit(model, schools, group="g", meanstructure=False)
    names = fit.model.table.free_names()
    involved = {names[place] for place in fit.covariance.unidentified}
    assert involved
    assert all(name.endswith(".g2") for name in involved)


def test_what_moves_by_a_tenth_of_the_most_is_named() -> None:
    """Of a direction without curvature (1, .11, .09, 0), whatever the units of the parameters are."""
    direction = np.array([1.0, 0.11, 0.09, 0.0])
    flat = np.eye(4) - np.outer(direction, direction) / (direction @ direction)
    for places in ([np.arange(4)], [np.array([0, 1, 2]), np.array([3])]):
        components = [SimpleNamespace(phi=place) for place in places]
        point: Any = SimpleNamespace(
            objective=SimpleNamespace(space=SimpleNamespace(K=None), components=components)
        )
        found = invert(flat, point, 100.0)
        assert found.vcov is None
        assert found.unidentified == (0, 1)


def test_a_factor_without_unit_is_named_and_nothing_else(schools: pd.DataFrame) -> None:
    fit = sem.fit("v =~ NA*x1 + x2 + x3\nt =~ x4 + x5 + x6", schools)
    names = fit.model.table.free_names()
    involved = {names[place] for place in fit.covariance.unidentified}
    assert involved == {"v=~x1", "v=~x2", "v=~x3", "v~~v", "v~~t"}
    assert any(all(name in str(problem) for name in involved) for problem in fit.problems)


def test_sandwich_by_blocks_equals_the_dense_product(schools: pd.DataFrame) -> None:
    fit = sem.fit(MODEL, schools, group="g", estimator="MLR")
    point = fit.optimum.point
    P = symmetric_inverse(0.5 * point.hessian)
    assert P is not None
    B = first_order_information(fit.model, point)
    expected = P @ B @ P / fit.n
    assert fit.vcov_array == pytest.approx(expected, rel=1e-8, abs=1e-12)
    places = [component.theta for component in fit.model.objective.components]
    assert block_product(places, P, B, P) / fit.n == pytest.approx(expected, rel=1e-9, abs=1e-13)


def test_block_matrices() -> None:
    rng = np.random.default_rng(2)
    roots = [rng.standard_normal((size, size)) for size in (3, 2)]
    places = (np.array([0, 2, 4]), np.array([1, 3]))
    matrix = BlockMatrix(5, places, tuple(root @ root.T + np.eye(len(root)) for root in roots))
    dense = matrix.dense()
    vector = rng.standard_normal(5)
    assert dense[0, 1] == dense[3, 4] == 0.0
    assert matrix.factor().solve(vector) == pytest.approx(np.linalg.solve(dense, vector), abs=1e-12)
    assert matrix.quadratic(vector) == pytest.approx(vector @ dense @ vector, abs=1e-12)
    assert matrix.plus_diagonal(vector**2).dense() == pytest.approx(dense + np.diag(vector**2), abs=1e-12)
    assert matrix.is_positive_definite()
    assert not matrix.plus_diagonal(np.array([0.0, -100.0, 0.0, 0.0, 0.0])).is_positive_definite()
