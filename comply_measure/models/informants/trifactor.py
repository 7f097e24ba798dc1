"""The trifactor model: common view, perspective of the role, specific to the item (Bauer et al. 2013)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comply_measure.errors import ComplyError
from comply_measure.models.hierarchy import summed
from comply_measure.models.informants.effects import effect_lines
from comply_measure.models.informants.wide import check_design, wide_term
from comply_measure.sem.language.quoting import quoted


def trifactor_model(
    items: Sequence[str],
    roles: Sequence[str],
    common_predictors: Sequence[str] = (),
    perspective_predictors: Mapping[str, Sequence[str]] | None = None,
    outcomes: Sequence[str] = (),
) -> str:
    """Model text of the trifactor model.

    Every rating ``y.item.role`` loads on the unit's common factor, on its role's perspective factor and on a
    factor of its item; all factors are orthogonal. Loadings are equal over roles and factor variances 1, which
    identifies the model. With predictors, the factors are regressed on them and their residual variances are 1.
    Source: Bauer, Howard, Baldasaro, Curran, Hussong, Chassin & Zucker (2013).

    Parameters
    ----------
    items : sequence of str
        Attributes or items, at least three (names without role).
    roles : sequence of str
        At least two.
    common_predictors : sequence of str
        Unit-level columns that predict the common factor.
    perspective_predictors : mapping, optional
        Role → columns that predict its perspective factor.
    outcomes : sequence of str
        Unit-level columns, or latent variables of appended lines, that the common and the perspective factors
        predict.

    Returns
    -------
    str
        Fit with ``orthogonal=True`` is not needed: zero covariances are written out.
    """
    check_design({"common": items}, roles)
    if len(items) < 3:
        raise ComplyError(f"the trifactor model needs at least three items; given: {len(items)}")
    columns = [(i, r) for r in roles for i in items]
    lines = ["common =~ " + _terms([f"{quoted(f'c_{i}')}*{wide_term(i, r)}" for i, r in columns], columns[0])]
    for role in roles:
        pairs = [(i, role) for i in items]
        terms = [f"{quoted(f'p_{i}')}*{wide_term(i, role)}" for i in items]
        lines.append(f"{quoted(f'view.{role}')} =~ " + _terms(terms, pairs[0]))
    for item in items:
        pairs = [(item, r) for r in roles]
        # one label over roles: equal specific loadings
        terms = [f"{quoted(f's_{item}')}*{wide_term(item, r)}" for r in roles]
        lines.append(f"{quoted(f'only.{item}')} =~ " + _terms(terms, pairs[0]))
    latent = ["common", *(f"view.{r}" for r in roles), *(f"only.{i}" for i in items)]
    named = [quoted(name) for name in latent]
    lines += [f"{name} ~~ 1*{name}" for name in named]
    lines += [f"{one} ~~ 0*{two}" for k, one in enumerate(named) for two in named[k + 1 :]]
    if common_predictors:
        lines.append(f"common ~ {summed(common_predictors)}")
    for role, predictors in (perspective_predictors or {}).items():
        if role not in roles:
            raise ComplyError(
                f"perspective predictors are given for {role!r}, which is not a role of the model"
            )
        lines.append(f"{quoted(f'view.{role}')} ~ {summed(predictors)}")
    lines += effect_lines(["common", *(f"view.{r}" for r in roles)], outcomes, ())
    return "\n".join(lines)


def _terms(terms: Sequence[str], first: tuple[str, str]) -> str:
    """Join terms; NA* frees the first loading, which a label alone would leave fixed at 1."""
    return " + ".join([f"NA*{wide_term(*first)}", *terms])
