"""Distances, heights and order in path diagrams: by hand, and against isotonic regression and every order there is."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import isotonic_regression

from comply_measure.sem.diagram.graph import graph_of
from comply_measure.sem.diagram.layers import _crossings, _ordered
from comply_measure.sem.diagram.layout import _Block, _stacked, panel_of
from comply_measure.sem.diagram.shapes import Node, Panel

ROW, BLOCK, FAN, RISE, GAP, PER_LINE, MARGIN = 0.12, 0.22, 1.0, 0.75, 1.15, 0.055, 0.14


def drawn(*rows: tuple[str, str, str]) -> tuple[Panel, dict[str, Node]]:
    """A panel without values, so that no label asks for more room; its nodes by name."""
    table = pd.DataFrame(rows, columns=["lhs", "op", "rhs"]).assign(est_std=float("nan"))
    panel = panel_of(graph_of(table, "est_std"))
    return panel, {node.name: node for node in panel.nodes}


def loadings(*names: str) -> list[tuple[str, str, str]]:
    return [(name, "=~", f"{name}_{k}") for name in names for k in (1, 2, 3)]


def test_distances_of_columns_rows_and_indicators() -> None:
    panel, at = drawn(*loadings("X", "M", "Y"), ("M", "~", "X"), ("Y", "~", "M"))
    x, m, y = at["X"].box, at["M"].box, at["Y"].box
    assert x.left - at["X_1"].box.right == pytest.approx(FAN)
    assert at["Y_1"].box.left - y.right == pytest.approx(FAN)
    for name in "XY":
        for a, b in (("1", "2"), ("2", "3")):
            assert at[f"{name}_{a}"].box.bottom - at[f"{name}_{b}"].box.top == pytest.approx(ROW)
        assert at[f"{name}_2"].y == pytest.approx(at[name].y)
    assert at["M_2"].box.left - at["M_1"].box.right == pytest.approx(ROW)
    assert at["M_3"].box.left - at["M_2"].box.right == pytest.approx(ROW)
    assert at["M_2"].x == pytest.approx(at["M"].x)
    assert at["M_1"].box.bottom - m.top == pytest.approx(RISE)
    column = max(m.width, at["M_3"].box.right - at["M_1"].box.left)
    between = GAP + PER_LINE
    assert m.x - column / 2 - x.right == pytest.approx(between)
    assert y.left - m.x - column / 2 == pytest.approx(between)
    assert at["X_1"].box.left == pytest.approx(MARGIN)
    assert panel.width - at["Y_1"].box.right == pytest.approx(MARGIN)
    assert min(node.box.bottom for node in panel.nodes) == pytest.approx(MARGIN)
    assert panel.height - max(node.box.top for node in panel.nodes) == pytest.approx(MARGIN)


def test_distance_of_factors_in_one_column_and_room_for_more_lines() -> None:
    _, at = drawn(*loadings("A", "B"), ("Y", "~", "A"), ("Y", "~", "B"))
    assert at["A_3"].box.bottom - at["B_1"].box.top == pytest.approx(BLOCK)
    assert at["Y"].y == pytest.approx((at["A"].y + at["B"].y) / 2)
    assert at["Y"].box.left - at["A"].box.right == pytest.approx(GAP + 2 * PER_LINE)


def test_indicators_of_two_mediators_stand_above_and_below() -> None:
    _, at = drawn(*loadings("M", "N"), ("M", "~", "x"), ("N", "~", "x"), ("y", "~", "M"), ("y", "~", "N"))
    assert at["M_1"].box.bottom - at["M"].box.top == pytest.approx(RISE)
    assert at["N"].box.bottom - at["N_1"].box.top == pytest.approx(RISE)
    assert at["M"].box.bottom - at["N"].box.top == pytest.approx(BLOCK)
    assert at["x"].y == pytest.approx((at["M"].y + at["N"].y) / 2)


def test_distance_of_method_factors() -> None:
    """Beyond the indicators they share, near the middle of these, as far from each other as factors are."""
    shared = [("P", "=~", "A_2"), ("P", "=~", "B_2"), ("Q", "=~", "A_3"), ("Q", "=~", "B_3")]
    _, at = drawn(*loadings("A", "B"), *shared)
    edge = max(node.box.right for name, node in at.items() if name not in "PQ")
    assert at["P"].box.left - edge == pytest.approx(1.3 * FAN)
    assert at["P"].box.bottom - at["Q"].box.top == pytest.approx(BLOCK)
    middle = np.mean([at[name].y for name in ("A_2", "B_2", "A_3", "B_3")])
    assert (at["P"].y + at["Q"].y) / 2 == pytest.approx(middle)


def test_the_curve_of_a_covariance_leads_from_side_to_side() -> None:
    """A parabola from the outward side of one variable to that of the other, turned about the height between them."""
    rows = [("y", "~", "A"), ("y", "~", "B"), ("A", "~~", "B")]
    table = pd.DataFrame(rows, columns=["lhs", "op", "rhs"]).assign(est_std=0.5)
    panel = panel_of(graph_of(table, "est_std"))
    at = {node.name: node.box for node in panel.nodes}
    (curve,) = [line for line in panel.lines if line.arrow.way == "covariance"]
    x, y = np.array(curve.points).T
    assert x[[0, -1]] == pytest.approx([at["A"].left, at["B"].left])
    assert at["A"].bottom < y[0] < at["A"].top
    assert at["B"].bottom < y[-1] < at["B"].top
    assert (np.diff(y) < 0).all()
    assert y + y[::-1] == pytest.approx(np.full(len(y), at["A"].y + at["B"].y))
    assert x == pytest.approx(x[::-1])
    assert x.argmin() in (len(x) // 2, (len(x) - 1) // 2)
    assert np.diff(x, 2) == pytest.approx(np.full(len(x) - 2, np.diff(x, 2)[0]))
    outmost = min(x.min(), curve.label.left if curve.label else x.min())
    assert outmost == pytest.approx(MARGIN)


@pytest.mark.parametrize(("factor", "up"), [("M", 1), ("N", -1)])
def test_the_curve_of_indicators_in_a_row_leads_from_top_to_top_or_bottom_to_bottom(
    factor: str, up: int
) -> None:
    """A parabola between the middles of the outward sides, highest or lowest halfway, even in its steps sideways."""
    paths = [("M", "~", "x"), ("N", "~", "x"), ("y", "~", "M"), ("y", "~", "N")]
    rows = [*loadings("M", "N"), *paths, (f"{factor}_1", "~~", f"{factor}_3")]
    table = pd.DataFrame(rows, columns=["lhs", "op", "rhs"]).assign(est_std=0.5)
    panel = panel_of(graph_of(table, "est_std"))
    at = {node.name: node for node in panel.nodes}
    (curve,) = [line for line in panel.lines if line.arrow.way == "covariance"]
    x, y = np.array(curve.points).T
    for place, name in ((0, f"{factor}_1"), (-1, f"{factor}_3")):
        side = at[name].box.top if up > 0 else at[name].box.bottom
        assert (x[place], y[place]) == pytest.approx((at[name].x, side))
    assert np.diff(x) == pytest.approx(np.full(len(x) - 1, (x[-1] - x[0]) / (len(x) - 1)))
    assert y == pytest.approx(y[::-1])
    assert (up * np.diff(y)[: len(y) // 2 - 1] > 0).all()
    assert np.diff(y, 2) == pytest.approx(np.full(len(y) - 2, np.diff(y, 2)[0]))


@pytest.mark.parametrize("seed", range(5))
def test_heights_are_those_of_an_isotonic_regression(seed: int) -> None:
    """Least squares under an order is isotonic regression once distances are added (pools of several sizes)."""
    rng = np.random.default_rng(seed)
    names = [f"v{k}" for k in range(8)]
    top, bottom = rng.uniform(0.2, 0.8, (2, 8))
    blocks = {name: _Block([], t, -b, 1.0) for name, t, b in zip(names, top, bottom, strict=True)}
    wished = 20.0 - 4.0 * np.arange(8) + rng.normal(scale=5.0, size=8)
    found = _stacked(names, blocks, dict(zip(names, wished, strict=True)), 1.25)
    offsets = np.concatenate([[0.0], np.cumsum(top[1:] + bottom[:-1] + 1.25 * BLOCK)])
    best = isotonic_regression(wished + offsets, increasing=False).x
    assert 1 < len(np.unique(np.round(best, 9))) < 8
    assert np.array([found[name] for name in names]) == pytest.approx(best - offsets, abs=1e-12)


def test_sweeps_in_both_directions_find_the_order_without_crossings() -> None:
    """Only another order of the left column is without crossings: sweeps have to go back, too."""
    left, right = ["a0", "a1", "a2"], ["b0", "b1", "b2"]
    links = [("a0", "b1"), ("a0", "b2"), ("a1", "b0"), ("a1", "b1"), ("a2", "b2")]
    assert _crossings([left, right], links) == 3
    assert min(_crossings([left, list(own)], links) for own in itertools.permutations(right)) == 2
    assert min(_crossings([list(own), right], links) for own in itertools.permutations(left)) == 0
    assert _crossings(_ordered([left, right], links), links) == 0
