"""Rotations against GPArotation and R's varimax, their gradients, and invariances."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from comply_measure.errors import InputError
from comply_measure.measurement.dimensionality import gradient_projection
from comply_measure.measurement.dimensionality.factor_analyzer_engine import rotate_with_factor_analyzer
from comply_measure.measurement.dimensionality.rotation import (
    RotationOptions,
    criterion_of,
    random_starts,
    rotate,
)
from comply_measure.measurement.dimensionality.rotation_stack import (
    RotatedStack,
    align,
    procrustes,
    rotate_stack,
    start_of,
)

FOLDER = Path(__file__).parent.parent / "reference" / "measurement"
TARGET = np.zeros((12, 3))
for _k in range(3):
    TARGET[4 * _k : 4 * _k + 4, _k] = np.nan
OPTIONS = {
    "varimax": RotationOptions("varimax"),
    "quartimax": RotationOptions("quartimax"),
    "equamax": RotationOptions("equamax"),
    "geomin_orthogonal": RotationOptions("geomin_orthogonal"),
    "oblimin": RotationOptions("oblimin"),
    "oblimin_minus_half": RotationOptions("oblimin", gamma=-0.5),
    "geomin": RotationOptions("geomin"),
    "target": RotationOptions("target", target=TARGET),
    "promax": RotationOptions("promax"),
}


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def unrotated(reference) -> np.ndarray:
    return np.array(reference["unrotated"])


def _matched(loadings: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns of the reference in our order and with our signs; order and signs."""
    similarity = loadings.T @ expected
    order = np.abs(similarity).argmax(axis=1)
    signs = np.sign(similarity[np.arange(len(order)), order])
    return expected[:, order] * signs, order


# GPArotation ran to a projected gradient of about 1e-8, R's varimax to rounding error
@pytest.mark.parametrize(
    "name",
    [
        "varimax",
        "quartimax",
        "equamax",
        "geomin_orthogonal",
        "oblimin",
        "oblimin_minus_half",
        "geomin",
        "target",
    ],
)
def test_rotations_equal_r(reference, unrotated, name) -> None:
    expected = reference["rotation"][name]
    # R's functions start at the identity only; geomin has several minima, and ours takes the best
    found = rotate(unrotated, replace(OPTIONS[name], n_starts=1))
    assert rotate(unrotated, OPTIONS[name]).value <= found.value + 1e-9
    loadings, order = _matched(found.loadings, np.array(expected["loadings"]))
    assert found.converged
    np.testing.assert_allclose(found.loadings, loadings, atol=1e-6)
    if "phi" in expected:
        phi = np.abs(np.array(expected["phi"])[np.ix_(order, order)])
        np.testing.assert_allclose(np.abs(found.factor_correlation), phi, atol=1e-6)
    if "value" in expected and name != "target":
        assert found.value <= expected["value"] + 1e-9


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_rotation_keeps_what_the_factors_explain(unrotated, name) -> None:
    found = rotate(unrotated, OPTIONS[name])
    common = found.loadings @ found.factor_correlation @ found.loadings.T
    np.testing.assert_allclose(common, unrotated @ unrotated.T, atol=1e-10)
    np.testing.assert_allclose(np.diag(found.factor_correlation), 1.0, atol=1e-12)
    np.testing.assert_allclose(found.loadings, unrotated @ found.transformation, atol=1e-10)


@pytest.mark.parametrize("name", [n for n in sorted(OPTIONS) if n != "promax"])
def test_gradients_equal_central_differences(name) -> None:
    rng = np.random.default_rng(8)
    loadings = rng.normal(size=(2, 12, 3)) * 0.5
    criterion = criterion_of(OPTIONS[name], 12, 3)
    value, gradient = criterion.evaluate(loadings)
    assert value.shape == (2,)
    for i, j in [(0, 0), (5, 1), (11, 2)]:
        shift = np.zeros((12, 3))
        shift[i, j] = 1e-6
        slope = (criterion.evaluate(loadings + shift)[0] - criterion.evaluate(loadings - shift)[0]) / 2e-6
        np.testing.assert_allclose(gradient[:, i, j], slope, atol=1e-8)


@pytest.mark.parametrize("name", ["varimax", "oblimin", "geomin", "promax"])
def test_the_start_does_not_matter(unrotated, name) -> None:
    turn = random_starts(3, 2, np.random.default_rng(4))[1]
    first = rotate(unrotated, OPTIONS[name])
    second = rotate(unrotated @ turn, OPTIONS[name])
    np.testing.assert_allclose(second.loadings, first.loadings, atol=1e-6)


def test_simple_structure_is_found_again() -> None:
    loadings = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6], [0.5]]))
    mixed = loadings @ random_starts(3, 2, np.random.default_rng(2))[1]
    for name in ("varimax", "oblimin", "geomin", "quartimax"):
        found = rotate(mixed, RotationOptions(name, epsilon=1e-4))
        matched, _ = _matched(found.loadings, loadings)
        np.testing.assert_allclose(found.loadings, matched, atol=2e-3)
        np.testing.assert_allclose(found.factor_correlation, np.eye(3), atol=5e-3)


def test_order_and_signs(unrotated) -> None:
    for name in ("varimax", "oblimin", "promax"):
        found = rotate(-unrotated[:, ::-1], OPTIONS[name])
        assert (found.loadings.sum(axis=0) >= 0).all()
        explained = np.diag(found.factor_correlation @ found.loadings.T @ found.loadings)
        assert (np.diff(explained) <= 1e-12).all()


def test_target_keeps_its_own_order(unrotated) -> None:
    swapped = rotate(unrotated, RotationOptions("target", target=TARGET[:, [1, 0, 2]]))
    plain = rotate(unrotated, RotationOptions("target", target=TARGET))
    np.testing.assert_allclose(np.abs(swapped.loadings), np.abs(plain.loadings[:, [1, 0, 2]]), atol=1e-6)


# factor_analyzer stops where R's functions stop: 1e-5 of the varimax criterion, 1e-5 of the oblique gradient
@pytest.mark.parametrize(
    ("name", "atol"), [("oblimin", 1e-4), ("geomin", 1e-3), ("varimax", 2e-3), ("promax", 4e-3)]
)
def test_factor_analyzer_rotates_to_the_same_place(unrotated, name, atol) -> None:
    own, other = rotate(unrotated, OPTIONS[name]), rotate_with_factor_analyzer(unrotated, OPTIONS[name])
    np.testing.assert_allclose(other.loadings, own.loadings, atol=atol)
    np.testing.assert_allclose(other.factor_correlation, own.factor_correlation, atol=atol)


@pytest.mark.parametrize("name", ["varimax", "oblimin", "promax", "target"])
def test_stack_continues_from_a_known_solution(unrotated, name) -> None:
    options = OPTIONS[name]
    known = rotate(unrotated, options)
    start = start_of(unrotated, options, known.transformation)
    rng = np.random.default_rng(6)
    stack = np.stack([unrotated, *(unrotated + 0.02 * rng.normal(size=(3, 12, 3)))])
    found = align(rotate_stack(stack, options, start, 1e-9), known.loadings, options)
    assert found.converged.all()
    np.testing.assert_allclose(found.loadings[0], known.loadings, atol=1e-6)
    for one, matrix in zip(found.loadings[1:], stack[1:], strict=True):
        again = rotate(matrix, options)
        alone = RotatedStack(again.loadings[None], again.factor_correlation[None], np.ones(1, bool))
        matched = align(alone, known.loadings, options).loadings[0]
        np.testing.assert_allclose(np.abs(one), np.abs(matched), atol=1e-6)


def test_procrustes_and_alignment_undo_rotation_order_and_sign(unrotated) -> None:
    turn = random_starts(3, 3, np.random.default_rng(9))
    np.testing.assert_allclose(procrustes(unrotated @ turn, unrotated), np.stack([unrotated] * 3), atol=1e-12)
    phi = np.array([[1, 0.3, 0.1], [0.3, 1, -0.2], [0.1, -0.2, 1]])
    order, sign = [2, 0, 1], np.array([1.0, -1.0, 1.0])
    shuffled = RotatedStack(
        (unrotated[:, order] * sign)[None],
        (phi[np.ix_(order, order)] * np.outer(sign, sign))[None],
        np.ones(1, dtype=bool),
    )
    back = align(shuffled, unrotated, RotationOptions("oblimin"))
    np.testing.assert_allclose(back.loadings[0], unrotated)
    np.testing.assert_allclose(back.factor_correlation[0], phi)


def _six_starts(criterion: str) -> tuple[np.ndarray, object, np.ndarray]:
    """Loadings without structure, repeated; the criterion; starts, some of which end at poorer minima."""
    rng = np.random.default_rng(3)
    loadings, target = rng.normal(size=(9, 3)), 0.7 * rng.normal(size=(9, 3))
    options = RotationOptions(criterion, target=target if criterion.startswith("target") else None)
    starts = random_starts(3, 6, np.random.default_rng(1))
    return np.broadcast_to(loadings, (6, 9, 3)), criterion_of(options, 9, 3), starts


def test_a_start_is_given_up_only_where_it_cannot_win() -> None:
    all_to_the_end = gradient_projection.project(*_six_starts("target"))
    race = gradient_projection.project(*_six_starts("target"), rivals=True)
    best = int(all_to_the_end.value.argmin())
    assert all_to_the_end.converged.all()
    assert race.n_iterations < all_to_the_end.n_iterations
    assert race.converged.tolist() == [False, False, True, False, False, True]
    assert int(race.value.argmin()) == best
    assert np.array_equal(race.transformation[best], all_to_the_end.transformation[best])
    # rivals that reach the same minimum go on to the end, so that they can be counted
    assert race.value[[2, 5]].tolist() == all_to_the_end.value[[2, 5]].tolist()


@pytest.mark.parametrize("criterion", ["target", "varimax", "geomin"])
def test_steps_tried_together_are_those_tried_one_by_one(criterion, monkeypatch) -> None:
    together = gradient_projection.project(*_six_starts(criterion))
    monkeypatch.setattr(gradient_projection, "CELLS", 0)
    one_by_one = gradient_projection.project(*_six_starts(criterion))
    assert one_by_one.n_iterations == together.n_iterations
    assert np.array_equal(one_by_one.transformation, together.transformation)


def test_one_factor_is_left_alone_and_bad_input_is_listed(unrotated) -> None:
    one = rotate(unrotated[:, :1])
    np.testing.assert_array_equal(one.loadings, unrotated[:, :1])
    for options, pattern in [
        (RotationOptions("simplimax"), "varimax"),
        (RotationOptions("target"), "shape"),
        (RotationOptions("target", target=np.full((12, 3), np.nan)), "no entries"),
        (RotationOptions("geomin", epsilon=0.0), "greater than 0"),
        (RotationOptions("oblimin", n_starts=0), "at least 1"),
    ]:
        with pytest.raises(InputError, match=pattern):
            rotate(unrotated, options)
    with pytest.raises(InputError, match="finite"):
        rotate(np.full((4, 2), np.nan))
