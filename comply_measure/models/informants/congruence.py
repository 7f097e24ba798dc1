"""Latent congruence: level and contrasts of the roles as latent variables (Cheung 2009), for two or more roles."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from comply_measure.errors import ComplyError
from comply_measure.models.informants.effects import effect_lines
from comply_measure.models.informants.wide import check_design, residual_correlations, role_factor, wide_term
from comply_measure.sem.language.quoting import quoted

Floats = npt.NDArray[np.float64]


def role_contrasts(n_roles: int) -> Floats:
    """Rows: the mean of all roles, then each role against the mean of those before it, shape (k, k).

    Two roles: level and ``first − second``. Three: level, ``first − second`` and
    ``third − (first + second)/2``. The second contrast's sign is chosen so that role 1 − role 2 is positive
    where the first role is higher.

    Raises
    ------
    ComplyError
        For fewer than two roles.
    """
    if n_roles < 2:
        raise ComplyError(f"contrasts need at least 2 roles; given: {n_roles}")
    contrasts = np.zeros((n_roles, n_roles))
    contrasts[0] = 1.0 / n_roles
    contrasts[1, :2] = (1.0, -1.0)
    for row in range(2, n_roles):
        contrasts[row, :row] = -1.0 / row
        contrasts[row, row] = 1.0
    return contrasts


def contrast_names(factor: str, roles: Sequence[str]) -> list[str]:
    """Names of the latent variables: ``factor.level``, then one per contrast.

    Raises
    ------
    ComplyError
        For fewer than two roles.
    """
    role_contrasts(len(roles))
    names = [f"{factor}.level", f"{factor}.{roles[0]}_vs_{roles[1]}"]
    return names + [f"{factor}.{role}_vs_rest{i}" for i, role in enumerate(roles[2:], start=2)]


def latent_congruence_model(
    factor: str,
    items: Sequence[str],
    roles: Sequence[str],
    outcomes: Sequence[str] = (),
    predictors: Sequence[str] = (),
    released: Collection[tuple[str, str]] = (),
) -> str:
    """Model text of the latent congruence model of one dimension.

    Role factors ``F_r`` are exact functions of the level (their mean) and of ``k − 1`` contrasts:
    ``F = C⁻¹ (level, contrasts)'`` with C of :func:`role_contrasts`. Two roles give Cheung's (2009) model,
    ``F1 = LEV + ½·CON``, ``F2 = LEV − ½·CON``. Loadings and intercepts are equal over roles and
    effect-coded (mean loading 1, intercepts sum to 0; Little, Slegers & Card 2006), so that level and contrasts
    are in the units of the items. Residuals of one item correlate between the roles.

    Parameters
    ----------
    factor : str
        Name of the dimension.
    items : sequence of str
        Its variables, at least two (names without role).
    roles : sequence of str
        Order defines the contrasts.
    outcomes : sequence of str
        Unit-level columns, or latent variables of appended lines (:func:`common_fate_model`), that level and
        contrasts predict. Effects of a role that also rates the outcome are inflated by its own view.
    predictors : sequence of str
        Unit-level columns that predict level and contrasts, and are controlled for in the outcomes.
    released : collection of (kind, variable)
        Loadings (``"loading"``) and intercepts (``"intercept"``) that are free over roles (partial invariance); the
        effect coding is over those that are equal.

    Returns
    -------
    str
        Fit with ``meanstructure=True``. ``variance(contrast) = 0`` lies on the boundary: halve the p value.
    """
    check_design({factor: items}, roles)
    held = {kind: [i for i in items if (kind, i) not in released] for kind in ("loading", "intercept")}
    if not all(held.values()):
        raise ComplyError(f"{factor}: at least one loading and one intercept must be equal over roles")

    def label(kind: str, prefix: str, item: str) -> str:
        return f"{quoted(f'{prefix}_{item}')}*" if item in held[kind] else ""

    lines: list[str] = []
    for role in roles:
        name = quoted(role_factor(factor, role))
        terms = [f"NA*{wide_term(items[0], role)}"]
        terms += [
            f"{label('loading', 'l', i)}{wide_term(i, role)}"
            for place, i in enumerate(items)
            if place or i in held["loading"]
        ]
        lines.append(f"{name} =~ {' + '.join(terms)}")
        lines += [f"{wide_term(i, role)} ~ {label('intercept', 't', i)}1" for i in items]
        lines += [f"{name} ~~ 0*{name}", f"{name} ~ 0*1"]
    latent = contrast_names(factor, roles)
    weights = np.linalg.inv(role_contrasts(len(roles)))
    named = [quoted(name) for name in latent]
    views = [quoted(role_factor(factor, role)) for role in roles]
    for j, name in enumerate(named):
        terms = [f"{float(weights[i, j])!r}*{view}" for i, view in enumerate(views)]
        lines.append(f"{name} =~ {' + '.join(terms)}")
        lines += [f"{name} ~~ NA*{name}", f"{name} ~ NA*1"]
        lines += [f"{name} ~~ {other}" for other in named[:j]]
    lines += residual_correlations(items, roles)
    sums = {
        kind: " + ".join(quoted(f"{prefix}_{i}") for i in held[kind])
        for kind, prefix in (("loading", "l"), ("intercept", "t"))
    }
    lines += [f"{sums['loading']} == {len(held['loading'])}", f"{sums['intercept']} == 0"]
    lines += effect_lines(latent, outcomes, predictors)
    return "\n".join(lines)
