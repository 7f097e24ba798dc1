"""Topic ``informants``: latent models of the dependent informants of a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.base import Evidence
from comply_measure.evidence.choices import Names
from comply_measure.evidence.estimation import firm_words
from comply_measure.evidence.fits import NamedFit, fit_row
from comply_measure.evidence.focal import (
    Focal,
    chosen_focal,
    require_roles,
)
from comply_measure.evidence.informant_tables import (
    common_shares,
    contrast_table,
    gap_table,
    predictor_effects,
    view_shares,
)
from comply_measure.evidence.keying import Turned, turned_items
from comply_measure.evidence.nested_views import WITHIN, crowd_table, nested_views
from comply_measure.evidence.options import TopicOptions
from comply_measure.evidence.outcomes import Outcome, OutcomeName, find_outcomes
from comply_measure.evidence.score_reliability import role_reliabilities
from comply_measure.evidence.several import of_persons
from comply_measure.evidence.texts import one_line
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.invariance import (
    InvarianceEvidence,
    held_indicators,
    of_scale,
)
from comply_measure.models.informants import (
    common_fate_model,
    ct_cm1_model,
    ct_cu_model,
    latent_congruence_model,
    mtmm_table,
    trifactor_model,
    wide_frame,
)
from comply_measure.models.informants.mtmm import MultitraitMatrix
from comply_measure.responses import Responses, one_per_role


class InformantOptions(TopicOptions):
    """Options of the step.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    reference : str, optional
        Role that defines the traits of the CT-C(M−1) model; by default the first role.
    estimator : {"ML", "MLR"}
        MLR gives robust errors and tests, by firm where firms are known.
    predictors : tuple of str
        Numeric unit-level variables that predict what the roles share (common fate) and their level and contrasts
        (latent congruence); none by default.
    several_from : int
        Units that must have two informants of a role, or three, for these to be modelled side by side (CT-C(M−1) model
        of interchangeable informants within roles). In simulated studies of 240 units .91 to .97 had an admissible
        solution with 50 such units; where all units have two of each role, .60 with 50 and .91 with 120.
    """

    scale: Annotated[str | None, Names("scale")] = None
    reference: Annotated[str | None, Names("role")] = None
    estimator: Literal["ML", "MLR"] = "MLR"
    predictors: Annotated[tuple[str, ...], Names("numeric unit variable")] = ()
    several_from: Annotated[int, Field(ge=20)] = 50


@dataclass(frozen=True, eq=False)
class InformantEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    mtmm : MultitraitMatrix
        Its ``matrix`` without an index: rows in the order of the columns.
    dimensions, roles : tuple of str
    reference : str
        Role that defines the traits of the CT-C(M−1) model.
    fits : tuple of NamedFit
        Models over all dimensions.
    trifactor : tuple of NamedFit
        One per dimension.
    shares : DataFrame
        ``dimension, attribute, role, common, view, only, residual, note``.
    congruence : tuple of NamedFit
        Latent congruence models, one per dimension.
    contrasts : DataFrame
        ``dimension, contrast, level, mean, mean_se, mean_p, variance, variance_lower, variance_upper, note``;
        ``contrast`` is ``level``, ``first_vs_second`` or ``third_vs_rest2``.
    common_share : DataFrame
        ``dimension, role, share``: share of a role's dimension score that is common to the unit.
    gaps : DataFrame
        ``InvarianceEvidence.latent_gaps``, else ``latent_gaps`` of all dimensions with ``p_holm``; may be empty.
    partial : bool
        Whether gaps and contrasts leave out what the roles answer differently.
    explained : tuple of NamedFit
        Models with predictors.
    effects : DataFrame
        ``effects_table`` of these with their ``model``; may be empty.
    predictors : tuple of OutcomeName
        What the names of predictors in `effects` stand for.
    crowd : DataFrame
        ``role, number, n_units, n_several`` of :func:`.nested_views.crowd_table`; empty where no role has several
        informants.
    several_from : int
        Units with several informants of a role from which these are modelled.
    nested : tuple of NamedFit
        CT-C(M−1) models of interchangeable informants within roles, one per dimension.
    nested_shares : DataFrame
        ``dimension, variable, role, consistency, common_method, unique_method, error, reliability, consistency_true,
        note``.
    failures : tuple of (str, str)
        Models that were refused or have serious findings: name and reason.
    n_units, n_informants : int
    estimator : str
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    """

    title: str
    mtmm: MultitraitMatrix
    dimensions: tuple[str, ...]
    roles: tuple[str, ...]
    reference: str
    fits: tuple[NamedFit, ...]
    trifactor: tuple[NamedFit, ...]
    shares: pd.DataFrame
    congruence: tuple[NamedFit, ...]
    contrasts: pd.DataFrame
    common_share: pd.DataFrame
    gaps: pd.DataFrame
    partial: bool
    explained: tuple[NamedFit, ...]
    effects: pd.DataFrame
    predictors: tuple[OutcomeName, ...]
    crowd: pd.DataFrame
    several_from: int
    nested: tuple[NamedFit, ...]
    nested_shares: pd.DataFrame
    failures: tuple[tuple[str, str], ...]
    n_units: int
    n_informants: int
    estimator: str
    turned: Turned

    def tidy(self) -> pd.DataFrame:
        """Fit of every model, told apart by ``kind``."""
        kinds = {
            "over all": self.fits,
            "trifactor": self.trifactor,
            "latent congruence": self.congruence,
            "explained": self.explained,
            WITHIN: self.nested,
        }
        return pd.DataFrame(
            [{"kind": kind, **fit_row(named)} for kind, fits in kinds.items() for named in fits]
        )

    def problems(self) -> tuple[str, ...]:
        """Models that were refused or have serious findings."""
        return tuple(f"{model}: {why}" for model, why in self.failures)


class _Fitter:
    """Fits models to one wide table and keeps what went wrong."""

    def __init__(self, wide: pd.DataFrame, estimator: str, cluster: str | None) -> None:
        self.wide, self.estimator, self.cluster = wide, estimator, cluster
        self.failed: list[tuple[str, str]] = []

    def on(self, wide: pd.DataFrame) -> _Fitter:
        """A fitter for another table that keeps what goes wrong in the same place."""
        other = _Fitter(wide, self.estimator, self.cluster)
        other.failed = self.failed
        return other

    def __call__(self, key: str, label: str, text: str) -> NamedFit | None:
        """The fit; None, with the reason kept, where the model is refused."""
        try:
            fit = sem.fit(
                text, self.wide, estimator=self.estimator, missing="ml", meanstructure=True, cluster=self.cluster
            )  # fmt: skip
        except ComplyError as problem:
            self.failed.append((label, one_line(problem)))
            return None
        named = NamedFit(key, label, fit)
        self.failed.extend((label, f"{finding}.") for finding in named.fit.problems if finding.serious)
        return named


def informants(
    responses: Responses,
    options: InformantOptions | None = None,
    *,
    invariance: InvarianceEvidence | None = None,
) -> InformantEvidence:
    """Latent models of the dependent informants of a unit; each that fails is named, the others go on.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : InformantOptions, optional
        Defaults where not given.
    invariance : InvarianceEvidence, optional
        What roles answer differently; equal loadings and intercepts are assumed where it is not given.

    Returns
    -------
    InformantEvidence

    Raises
    ------
    ComplyError
        If one role answered the scale, or a predictor is no numeric variable of the units.
    """
    options = options or InformantOptions()
    everyone, responses = responses, one_per_role(responses)
    chosen = chosen_focal(responses, options.scale)
    require_roles(chosen)
    roles, names = chosen.roles, list(chosen.factors)
    reference = options.reference or roles[0]
    cluster = responses.n_firms > 1 and options.estimator == "MLR"
    predictors = find_outcomes(responses, options.predictors, constructs=False)
    wide = _wide(chosen, cluster, predictors)
    fitted = _Fitter(wide, options.estimator, "firm" if cluster else None)
    kept = _present(_over_all(fitted, chosen, reference))
    known = of_scale(invariance, chosen)
    congruence = _congruence(fitted, chosen, known)
    trifactor = [
        fitted(d, d, trifactor_model(items, roles)) for d, items in chosen.factors.items() if len(items) >= 3
    ]
    explained = _explained(fitted, chosen, [p.column for p in predictors])
    people = of_persons(chosen_focal(everyone, options.scale))
    crowd = crowd_table(people, options.several_from)
    nested, nested_shares = nested_views(
        people, crowd, reference, cluster, lambda table, *model: fitted.on(table)(*model)
    )
    mtmm = mtmm_table(wide, names, roles, _reliabilities(chosen))
    return InformantEvidence(
        turned=turned_items(chosen),
        title=chosen.title,
        mtmm=replace(mtmm, matrix=mtmm.matrix.reset_index(drop=True)),
        dimensions=tuple(names),
        roles=roles,
        reference=reference,
        fits=kept,
        trifactor=_present(trifactor),
        shares=view_shares(trifactor, chosen),
        congruence=_present(congruence),
        contrasts=contrast_table(congruence, roles),
        common_share=common_shares(kept, names, roles),
        gaps=gap_table(congruence, roles) if known is None else known.latent_gaps,
        partial=known is not None,
        explained=_present(explained),
        effects=predictor_effects(explained),
        predictors=tuple(predictor.named for predictor in predictors),
        crowd=crowd,
        several_from=options.several_from,
        nested=nested,
        nested_shares=nested_shares,
        failures=tuple(fitted.failed),
        n_units=chosen.n_units,
        n_informants=chosen.n_informants,
        estimator=f"{options.estimator}, full information{firm_words(responses, clustered=cluster)}",
    )


def _compute(request: Request, options: InformantOptions) -> InformantEvidence:
    given = request.optional("invariance", InvarianceEvidence)
    return informants(request.responses, options, invariance=given)


TOPIC = Topic(
    "informants",
    "Shared and role-specific views",
    _compute,
    InformantOptions,
    uses=("invariance",),
    informants="both",
)


def _present(fits: Sequence[NamedFit | None]) -> tuple[NamedFit, ...]:
    return tuple(fit for fit in fits if fit is not None)


def _over_all(fitted: _Fitter, chosen: Focal, reference: str) -> list[NamedFit | None]:
    """Models of all dimensions together, where there are enough of them."""
    roles, names = chosen.roles, list(chosen.factors)
    found = [fitted("common_fate", "Common fate", common_fate_model(names, roles))]
    if len(roles) >= 3 and len(names) >= 3:
        found.append(fitted("ct_cu", "Correlated traits, correlated uniquenesses", ct_cu_model(names, roles)))
    if chosen.by_scores:
        label = f"CT-C(M−1), reference {reference}"
        found.append(fitted("ct_cm1", label, ct_cm1_model(chosen.factors, roles, reference)))
    return found


def _congruence(
    fitted: _Fitter, chosen: Focal, invariance: InvarianceEvidence | None
) -> list[NamedFit | None]:
    """Level and contrasts of each dimension, with what the roles answer differently free, if that is known."""
    free = {} if invariance is None else {c.key: c.released for c in invariance.roles}
    held = held_indicators(chosen, () if invariance is None else invariance.left_out)
    columns = wide_frame(held, chosen.indicator_names, chosen.roles).reset_index(drop=True)
    own = fitted.on(fitted.wide.assign(**{str(name): columns[name] for name in columns}))
    return [
        own(d, d, latent_congruence_model(d, items, chosen.roles, released=free.get(d, ())))
        for d, items in chosen.factors.items()
        if len(items) >= 2
    ]


def _explained(fitted: _Fitter, chosen: Focal, columns: Sequence[str]) -> list[NamedFit | None]:
    """What unit-level variables say of shared views, level and contrasts; nothing without such variables."""
    if not columns:
        return []
    roles = chosen.roles
    text = common_fate_model(list(chosen.factors), roles, predictors=columns)
    found = [fitted("common_fate_predicted", "Common fate, with predictors", text)]
    for d, items in chosen.factors.items():
        if len(items) >= 2:
            text = latent_congruence_model(d, items, roles, predictors=columns)
            found.append(fitted(f"predicted_{d}", f"{d}, level and contrasts", text))
    return found


def _wide(chosen: Focal, cluster: bool, predictors: Sequence[Outcome]) -> pd.DataFrame:
    """One row per unit: indicators and dimension scores of every role, the firm and the predictors."""
    table = chosen.indicators()
    if chosen.by_scores:
        extra = chosen.scores("dimension")[list(chosen.factors)]
        table = pd.concat([table, extra], axis=1)
    else:
        means = {d: table[list(items)].mean(axis=1) for d, items in chosen.factors.items()}
        table = table.assign(**means)
    variables = [*chosen.indicator_names, *chosen.factors]
    wide: pd.DataFrame = wide_frame(table, variables, chosen.roles, keep=["firm"] if cluster else [])
    for predictor in predictors:
        wide = wide.join(predictor.values)
    return wide.reset_index(drop=True)


def _reliabilities(chosen: Focal) -> dict[tuple[str, str], float] | None:
    measured = chosen.responses.measurement(chosen.scale.key, "dimension")
    found = role_reliabilities(chosen, {d: measured[d] for d in chosen.factors})
    if found is None:
        return None
    return {(d, role): value for role, row in found.items() for d, value in row.items()}
