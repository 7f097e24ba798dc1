"""Polynomial of two roles' latent views of one dimension: product indicators and model text."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.models.hierarchy import summed
from comply_measure.models.informants.wide import check_design, residual_correlations, role_factor, wide_term
from comply_measure.sem.language.quoting import quoted
from comply_measure.tables.numbers import column_problem
from comply_measure.tables.wide import wide_column

COEFFICIENTS = ("b0", "b1", "b2", "b3", "b4", "b5")


def product_column(item: str, first: str, second: str) -> str:
    """Name of the product of one item's answers by two roles (or of its square): ``item.first.x.second``."""
    return f"{item}.{first}.x.{second}"


def product_indicators(
    wide: pd.DataFrame, items: Sequence[str], roles: Sequence[str], centre: float = 0.0
) -> pd.DataFrame:
    """Data of the latent polynomial: indicators about one centre and double-mean-centred products.

    For every item, the squares of both roles' answers and their product (matched pairs: every indicator is
    used once in each product). ``p = (x − x̄)(y − ȳ)``, then ``p − p̄`` (Lin, Wen, Marsh & Lin 2010), over the
    units in which each is known; a product is missing where one of its parts is.

    Parameters
    ----------
    wide : DataFrame
        One row per unit with columns ``item.role``.
    items : sequence of str
        Items or scores (names without role).
    roles : sequence of str
        Two roles: X and Y.
    centre : float
        Subtracted from the indicators of both roles, for instance the middle of the scale. Only one value for
        both leaves the line X = Y where it is.

    Returns
    -------
    DataFrame
        ``wide`` with the indicators centred and three new columns per item.

    Raises
    ------
    InputError
        If columns are missing, or an indicator does not vary.
    ComplyError
        For other than two roles.
    """
    first, second = _two(roles)
    columns = [wide_column(i, r) for r in (first, second) for i in items]
    faults = [column_problem(wide, column) for column in columns]
    faults += [
        Problem("item is named twice", column=i) for i in dict.fromkeys(items) if list(items).count(i) > 1
    ]
    problems = [fault for fault in faults if fault is not None]
    if problems:
        raise InputError("The products of indicators cannot be made.", problems)
    out = wide.copy()
    out[columns] = out[columns].astype(float) - centre
    flat = [c for c in columns if not out[c].max() > out[c].min()]
    if flat:
        raise InputError(
            "The products of indicators cannot be made.", [Problem("does not vary", column=c) for c in flat]
        )
    deviation = out[columns] - out[columns].mean()
    for item in items:
        for one, two in ((first, first), (first, second), (second, second)):
            product = deviation[wide_column(item, one)] * deviation[wide_column(item, two)]
            out[product_column(item, one, two)] = product - product.mean()
    return out


def latent_polynomial_model(
    factor: str,
    items: Sequence[str],
    roles: Sequence[str],
    outcome: str,
    outcome_items: Sequence[str] = (),
    controls: Sequence[str] = (),
) -> str:
    """Model text of ``Z = b0 + b1·X + b2·Y + b3·X² + b4·X·Y + b5·Y²`` with latent X and Y.

    X and Y are the views of two roles on one dimension, with loadings and intercepts equal over roles
    (a response surface compares them, so they must be on one scale). The three products are factors of the
    product indicators, unconstrained as in Marsh, Wen & Hau (2004); product residuals of one item correlate.
    Defined parameters: ``b0 … b5`` on the scale of the items (effect coding: mean loading 1, intercepts sum to
    0) about the data's centre, and ``a1 … a5`` of the surface. With u, v the deviations of X, Y from their
    means ``mx, my`` and g the coefficients of ``u, v, u² − Eu², uv − Euv, v² − Ev²``:
    ``b1 = g1 − 2·g3·mx − g4·my``, ``b2 = g2 − 2·g5·my − g4·mx``, ``b3, b4, b5 = g3, g4, g5``,
    ``b0 = g0 − g1·mx − g2·my + g3(mx² − Vu) + g4(mx·my − Cuv) + g5(my² − Vv)``.

    Parameters
    ----------
    factor : str
        Name of the dimension.
    items : sequence of str
        At least two (names without role), in the columns of :func:`product_indicators`.
    roles : sequence of str
        Two roles: X and Y.
    outcome : str
        Observed column, or the name of a latent outcome measured by ``outcome_items``; the intercept of a
        latent outcome is 0.
    outcome_items : sequence of str
    controls : sequence of str
        Observed unit-level columns; they correlate freely with X, Y and their products.

    Returns
    -------
    str
        Fit with ``meanstructure=True``, robust errors (products are not normal) and ``missing="ml"``.
    """
    first, second = _two(roles)
    check_design({factor: items}, roles)
    if len(items) < 2:
        raise ComplyError(
            f"a latent polynomial needs at least two items per dimension; {factor} has {len(items)}"
        )
    x, y = quoted(role_factor(factor, first)), quoted(role_factor(factor, second))
    products = {
        quoted(f"{factor}.xx"): (first, first),
        quoted(f"{factor}.xy"): (first, second),
        quoted(f"{factor}.yy"): (second, second),
    }
    outcome, controls = quoted(outcome), [quoted(control) for control in controls]
    lines = _measurement(items, ((x, first, "k1"), (y, second, "k2")))
    lines += [f"{x} ~~ v11*{x}", f"{x} ~~ v12*{y}", f"{y} ~~ v22*{y}"]
    lines += residual_correlations(items, roles)
    lines += [
        f"{name} =~ " + " + ".join(quoted(product_column(i, *pair)) for i in items)
        for name, pair in products.items()
    ]
    for item in items:
        xx, xy, yy = (quoted(product_column(item, *pair)) for pair in products.values())
        lines += [f"{xx} ~~ {xy}", f"{xx} ~~ {yy}", f"{xy} ~~ {yy}"]
    latent = [x, y, *products]
    pairs = [(one, two) for k, one in enumerate(latent) for two in latent[k + 1 :]]
    lines += [f"{one} ~~ {two}" for one, two in pairs[1:]]  # the first, X with Y, has its label
    if outcome_items:
        lines.append(f"{outcome} =~ {summed(outcome_items)}")
    terms = [f"g{k}_raw*{name}" for k, name in enumerate(latent, start=1)]
    lines.append(f"{outcome} ~ " + " + ".join([*terms, *controls]))
    lines.append(f"{outcome} ~ {'0' if outcome_items else 'g0'}*1")
    for k, control in enumerate(controls):
        lines += [f"{control} ~~ {control}", f"{control} ~ 1"]
        lines += [f"{control} ~~ {name}" for name in (*latent, *controls[k + 1 :])]
    return "\n".join([*lines, *_definitions(items, not outcome_items)])


def _two(roles: Sequence[str]) -> tuple[str, str]:
    if len(roles) != 2 or roles[0] == roles[1]:
        raise ComplyError(f"a latent polynomial is of two different roles; given: {', '.join(roles)}")
    return roles[0], roles[1]


def _measurement(items: Sequence[str], sides: Sequence[tuple[str, str, str]]) -> list[str]:
    """Factors of both roles: marker item, the other loadings and intercepts equal over roles."""
    lines = []
    for name, role, mean in sides:
        terms = [f"1*{wide_term(items[0], role)}"]
        terms += [f"{quoted(f'l_{i}')}*{wide_term(i, role)}" for i in items[1:]]
        lines.append(f"{name} =~ {' + '.join(terms)}")
        lines.append(f"{wide_term(items[0], role)} ~ 0*1")
        lines += [f"{wide_term(i, role)} ~ {quoted(f't_{i}')}*1" for i in items[1:]]
        lines.append(f"{name} ~ {mean}*1")
    return lines


def _definitions(items: Sequence[str], observed: bool) -> list[str]:
    """From the marker's metric and the factors' means to effect coding and the common centre."""
    n = len(items)
    g0 = "g0" if observed else "0"
    return [
        f"unit := ({' + '.join(['1', *(quoted(f'l_{i}') for i in items[1:])])})/{n}",
        f"shift := ({' + '.join(quoted(f't_{i}') for i in items[1:])})/{n}",
        "mx := unit*k1 + shift",
        "my := unit*k2 + shift",
        *(f"g{k} := g{k}_raw/unit" for k in (1, 2)),
        *(f"g{k} := g{k}_raw/unit^2" for k in (3, 4, 5)),
        f"b0 := {g0} - g1*mx - g2*my + g3*(mx^2 - unit^2*v11) + g4*(mx*my - unit^2*v12) + g5*(my^2 - unit^2*v22)",
        "b1 := g1 - 2*g3*mx - g4*my",
        "b2 := g2 - 2*g5*my - g4*mx",
        "b3 := g3",
        "b4 := g4",
        "b5 := g5",
        "a1 := b1 + b2",
        "a2 := b3 + b4 + b5",
        "a3 := b1 - b2",
        "a4 := b3 - b4 + b5",
        "a5 := b3 - b5",
    ]
