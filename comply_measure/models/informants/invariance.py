"""Measurement invariance across dependent roles, in the wide format."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from comply_measure.errors import ComplyError
from comply_measure.models.informants.wide import (
    Factors,
    check_design,
    residual_correlations,
    role_factor,
    wide_term,
)
from comply_measure.sem.language.quoting import quoted

Level = Literal["configural", "metric", "scalar", "strict", "means"]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class RoleInvariance:
    """One level of the invariance ladder.

    Attributes
    ----------
    level : str
    text : str
        Model text for ``sem.fit(text, wide, missing="fiml", meanstructure=True)``.
    released : frozenset of (str, str)
        Pairs (kind, variable) that are free over roles although the level would hold them equal;
        kind is ``"loading"``, ``"intercept"`` or ``"residual"``.
    """

    level: Level
    text: str
    released: frozenset[tuple[str, str]]


def role_invariance_model(
    factors: Factors,
    roles: Sequence[str],
    level: Level,
    released: Collection[tuple[str, str]] = (),
) -> RoleInvariance:
    """Model text of one invariance level across roles that describe the same unit.

    One factor per dimension and role; residuals of the same variable correlate between roles; all factors
    correlate. The first role's factors have variance 1 (and mean 0 from ``scalar`` on); the other roles' are
    free from ``metric`` (variances) and ``scalar`` (means) on. Treating roles as independent groups would be
    wrong, because the rows are not independent (Vandenberg & Lance 2000; Cheung & Rensvold 2002).

    Parameters
    ----------
    factors : mapping
        Dimension → its variables (names without role).
    roles : sequence of str
        The first is the reference.
    level : {"configural", "metric", "scalar", "strict", "means"}
        Equal: nothing, loadings, + intercepts, + residual variances, + latent means.
    released : collection of (kind, variable)
        Exceptions for partial invariance; each variable's parameter is then free in every role.

    Returns
    -------
    RoleInvariance

    Raises
    ------
    ComplyError
        For an impossible design, an unknown level or a release that leaves a factor without anchor.
    """
    check_design(factors, roles)
    if level not in LEVELS:
        raise ComplyError(f"invariance level {level!r} is unknown; allowed: {', '.join(LEVELS)}")
    free = frozenset(released)
    _check_released(factors, free, level)
    at = LEVELS.index(level)
    lines: list[str] = []
    for role in roles:
        for factor, items in factors.items():
            lines += _factor_lines(factor, items, role, role == roles[0], at, free)
    lines += residual_correlations((i for items in factors.values() for i in items), roles)
    return RoleInvariance(level, "\n".join(lines), free)


def _factor_lines(
    factor: str, items: Sequence[str], role: str, reference: bool, at: int, free: frozenset[tuple[str, str]]
) -> list[str]:
    name = quoted(role_factor(factor, role))
    metric, scalar, strict, means = (at >= i for i in (1, 2, 3, 4))

    def label(kind: str, prefix: str, item: str, held: bool) -> str:
        return f"{quoted(f'{prefix}_{item}')}*" if held and (kind, item) not in free else ""

    # a label alone keeps the first loading fixed at 1 in lavaan's defaults: NA* frees it
    terms = [f"NA*{wide_term(items[0], role)}"]
    terms += [
        f"{label('loading', 'l', i, metric)}{wide_term(i, role)}"
        for position, i in enumerate(items)
        if position or label("loading", "l", i, metric)
    ]
    variance = "1*" if reference or not metric else "NA*"
    mean = "0*" if reference or not scalar or means else "NA*"
    lines = [f"{name} =~ {' + '.join(terms)}", f"{name} ~~ {variance}{name}", f"{name} ~ {mean}1"]
    for item in items:
        column = wide_term(item, role)
        lines.append(f"{column} ~ {label('intercept', 't', item, scalar)}1")
        if strict:
            lines.append(f"{column} ~~ {label('residual', 'e', item, True)}{column}")
    return lines


def _check_released(factors: Factors, free: frozenset[tuple[str, str]], level: str) -> None:
    kinds = ("loading", "intercept", "residual")
    known = {i for items in factors.values() for i in items}
    for kind, item in sorted(free):
        if kind not in kinds:
            raise ComplyError(f"cannot release {kind!r}; allowed: {', '.join(kinds)}")
        if item not in known:
            raise ComplyError(f"cannot release {kind} of {item!r}: no factor has this variable")
    for kind, needed_from in (("loading", 1), ("intercept", 2)):
        if LEVELS.index(level) < needed_from:
            continue
        for factor, items in factors.items():
            held = [i for i in items if (kind, i) not in free]
            if not held:
                raise ComplyError(f"{factor}: at least one {kind} must be equal over roles to link them")
