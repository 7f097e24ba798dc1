"""Topic ``structure``: hypotheses about units, by default from alignment to the outcomes of selling centers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.dyads import Dyad, dyads_of
from comply_measure.evidence.estimation import Cluster
from comply_measure.evidence.fit_details import FitDetails
from comply_measure.evidence.fits import NamedFit, fit_values, fit_verdicts
from comply_measure.evidence.focal import chosen_focal, focal
from comply_measure.evidence.measured_models import UnitFit, UnitModel, comparison, fit_units, remedies
from comply_measure.evidence.moderated_mediation import moderated_mediations
from comply_measure.evidence.moderation import Moderation, moderations
from comply_measure.evidence.role_paths import RolePath, role_paths_of
from comply_measure.evidence.sources import SourceComparison, source_comparison
from comply_measure.evidence.structural_options import StructureOptions
from comply_measure.evidence.structural_verdicts import (
    indirect_verdicts,
    moderated_mediation_verdicts,
    moderation_verdicts,
    path_verdicts,
)
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.aggregation import AggregationEvidence, aggregation
from comply_measure.evidence.unit_variables import Measurement, UnitVariables
from comply_measure.evidence.verdicts import Verdict
from comply_measure.framework import smsc_constructs
from comply_measure.models import (
    FOCAL,
    Hypothesis,
    selling_center_hypotheses,
    selling_center_model,
    selling_center_moderations,
)
from comply_measure.models.hypothesised import hypothesised_paths
from comply_measure.responses import one_per_role
from comply_measure.sem import indirect_effects, quoted
from comply_measure.sem.mediation.api import NO_ROUTE

if TYPE_CHECKING:
    from comply_measure.instrument import Scale
    from comply_measure.responses import Responses
    from comply_measure.sem import Fit, IndirectEffects

_BLOCKS = {
    "preparation": "Preparation",
    "follow_up": "Follow-up",
    "positive_outcome": "Benefits",
    "negative_outcome": "Drawbacks",
}
_FOLLOW_UP = "joint_follow_up"
#: Measurements that take the error of unit scores off.
CORRECTED = ("corrected", "roles", "two_level", "sam")


def asked(options: StructureOptions, scales: tuple[Scale, ...]) -> str:
    """The built-in model needs a scale with dimensions and the selling-center constructs; others need nothing."""
    if options.model is not None or options.hypotheses is not None:
        return ""
    keys = {entry.key for scale in scales for entry in scale.constructs}
    wanted = {entry.key for entry in smsc_constructs()}
    own = "; state a model or hypotheses of your own"
    if not any(entry.level == "dimension" for scale in scales for entry in scale.constructs):
        return f"the model built in needs a scale with dimensions{own}"
    return "" if wanted <= keys else f"the model built in needs the constructs of the scale smsc{own}"


@dataclass(frozen=True, eq=False)
class StructureEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    named : NamedFit
        The fitted model.
    hypotheses : sequence of Hypothesis
        Expected paths; empty for a model the user wrote.
    names : mapping of str to str
        Labels of model variables that are no constructs.
    n_units : int
        Units the fit rests on.
    n_informants : int
        Informants, where these are its cases (two levels); else 0.
    estimator : str
        Estimator in words.
    kind : str
        ``own``, ``hypotheses``, ``constructs`` or ``blocks``: which model it is.
    measurement : str
        How constructs are measured.
    formed : tuple of str
        Constructs of the model that their items form (:attr:`.Focal.formed`).
    n_firms : int
        Firms of the units in the fit that errors allow for (on two levels: those of equations with moderators alone);
        negative: firms that they do not allow for; 0: no firms.
    model : str
        Model text.
    cautions : tuple of str
        What a reader must know first.
    sources : SourceComparison or None
        The expected paths with one rater, and with different raters; None for a model the user wrote, the form
        ``blocks``, or one rater.
    moderation : Moderation or None
        Expected moderations; None where none is stated.
    comparison : DataFrame or None
        The paths under every measurement (:func:`comply_measure.evidence.measured_models.comparison`).
    remedies : tuple of NamedFit
        Estimates beside a solution that cannot be used.
    mediated : sequence of Hypothesis
        Expected indirect effects.
    moderated_mediation : DataFrame or None
        Expected indirect effects with a moderated step
        (:func:`comply_measure.evidence.moderated_mediation.moderated_mediations`); None where none is stated.
    indirect : IndirectEffects or None
        Indirect, direct and total effects of the model; None without any.
    indirect_note : str
        Why there are none.
    dyads : sequence of Dyad
        Actor-partner models of two roles.
    by_role : sequence of RolePath
        Paths compared over the roles that rate their ends.
    residuals, indices, covariance : DataFrame
        Largest residual correlations ``first, second, residual``; largest modification indices; the covariance matrix
        that the model was fitted to, ``variable`` and a column each.
    """

    named: NamedFit
    hypotheses: Sequence[Hypothesis]
    names: Mapping[str, str]
    n_units: int
    n_informants: int
    estimator: str
    kind: str
    measurement: Measurement
    formed: tuple[str, ...]
    n_firms: int
    model: str
    cautions: tuple[str, ...]
    sources: SourceComparison | None
    moderation: Moderation | None
    comparison: pd.DataFrame | None
    remedies: tuple[NamedFit, ...]
    mediated: Sequence[Hypothesis]
    moderated_mediation: pd.DataFrame | None
    indirect: IndirectEffects | None
    indirect_note: str
    dyads: Sequence[Dyad]
    by_role: Sequence[RolePath]
    residuals: pd.DataFrame
    indices: pd.DataFrame
    covariance: pd.DataFrame

    def tidy(self) -> pd.DataFrame:
        """All parameters of the model, unstandardised."""
        return self.named.fit.estimates

    def values(self) -> Mapping[str, Value]:
        """Convergence, admissibility and fit."""
        return fit_values(self.named)[0]

    def reasons(self) -> Mapping[str, str]:
        """Why an index of fit is undefined."""
        return fit_values(self.named)[1]

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Expected paths, indirect effects, moderations and moderated mediations, each family corrected together."""
        found: tuple[Verdict, ...] = ()
        if not self.named.obstacle:
            found = fit_verdicts((self.named,), conventions)
            found += path_verdicts(self.named, self.hypotheses, self.names, conventions)
        if self.mediated and self.indirect is not None:
            found += indirect_verdicts(self.indirect, self.mediated, self.names, conventions)
        if self.moderation is not None:
            found += moderation_verdicts(self.moderation, self.names, conventions)
        if self.moderated_mediation is not None:
            found += moderated_mediation_verdicts(self.moderated_mediation, self.names, conventions)
        return found

    def problems(self) -> tuple[str, ...]:
        """Fewer firms than parameters."""
        return self.cautions


def structure(
    responses: Responses,
    options: StructureOptions | None = None,
    *,
    scores: AggregationEvidence | None = None,
    seed: int = 1,
) -> StructureEvidence:
    """The structural model of units.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : StructureOptions, optional
        Defaults where not given.
    scores : AggregationEvidence, optional
        Unit scores; made with the defaults of :func:`aggregation` where not given.
    seed : int
        Of Monte Carlo draws and replications of indirect effects.

    Returns
    -------
    StructureEvidence

    Raises
    ------
    NotApplicableError
        When no unit has what the model needs, a construct cannot be measured as chosen, or the study lacks the scales
        of the model built in.
    """
    options = options or StructureOptions()
    if reason := asked(options, tuple(responses.scales)):
        raise NotApplicableError(reason)
    responses = one_per_role(responses)
    scores = scores or aggregation(responses)
    needed = 1 if _kind(options) == "blocks" else 2
    variables = UnitVariables(responses, scores.scores, min_roles=needed)
    model, hypotheses = _model(responses, options)
    cluster: Cluster = options.cluster if responses.n_firms > 1 else "none"
    measurement = options.measurement
    unit = fit_units(model, variables, measurement, options, cluster)
    beside, absent = remedies(model, variables, options, cluster, measurement, unit.fit)
    firms = variables.frame(())["firm"] if cluster == "firm" else None
    of_firms = firms if unit.by_informants else unit.data.get("firm")
    n_firms = int(of_firms.nunique()) if cluster == "firm" and of_firms is not None else -responses.n_firms
    kind, details = _kind(options), FitDetails.of(unit.fit)
    named = NamedFit("structure", "Structural model", unit.fit)
    return StructureEvidence(
        named=named,
        names=_BLOCKS if kind == "blocks" else {},
        n_units=unit.n_units,
        n_informants=len(unit.data) if unit.by_informants else 0,
        estimator=_estimator(unit, options, responses, cluster, n_firms),
        kind=kind,
        measurement=measurement,
        formed=tuple(name for name in model.names if variables.formed(name)),
        n_firms=n_firms if responses.n_firms > 1 else 0,
        model=unit.text,
        cautions=(*_few_firms(named), *absent),
        comparison=(
            comparison(model, variables, options, cluster, measurement, unit)
            if options.compare and kind != "blocks"
            else None
        ),
        remedies=beside,
        **_of_hypotheses(hypotheses, variables, measurement, firms, seed),
        **_indirect(unit.fit, options, seed),
        dyads=dyads_of(options.dyads, variables, options, cluster, seed),
        by_role=role_paths_of(options.by_role, variables, cluster),
        residuals=details.residuals,
        indices=details.indices,
        covariance=details.covariance,
        sources=_sources(responses, options, cluster) if kind == "constructs" else None,
    )


def _estimator(
    unit: UnitFit, options: StructureOptions, responses: Responses, cluster: Cluster, n_firms: int
) -> str:
    """How the model was estimated, in words."""
    stated = options.model_copy(update={"missing": unit.missing})
    if not unit.by_informants:
        return stated.words("units", responses, cluster=cluster, clusters=max(n_firms, 0))
    return f"{stated.words('informants', responses, cluster='none')}, two levels, informants in units"


def _compute(request: Request, options: StructureOptions) -> StructureEvidence:
    given = request.evidence("aggregation", AggregationEvidence)
    return structure(request.responses, options, scores=given, seed=request.seed)


TOPIC = Topic(
    "structure",
    "Structural model",
    _compute,
    StructureOptions,
    ("aggregation",),
    asked=asked,
    informants="role",
)


def _kind(options: StructureOptions) -> str:
    if options.model is not None:
        return "own"
    return "hypotheses" if options.hypotheses is not None else options.form


def _model(responses: Responses, options: StructureOptions) -> tuple[UnitModel, tuple[Hypothesis, ...]]:
    """The model without measurement of its constructs, and every hypothesis."""
    if options.model is not None:
        return UnitModel.of(options.model), ()
    if options.hypotheses is not None:
        stated = options.stated()
        return UnitModel.of(
            _with_exogenous(hypothesised_paths(stated), responses, options.measurement)
        ), stated
    dimensions = list(chosen_focal(responses, None).factors)
    text = selling_center_model(dimensions, options.form, follow_up_items=_follow_up_items(responses))
    hypotheses = selling_center_hypotheses(options.form)
    ends = _ends(options.outcomes, hypotheses)
    moderated = () if options.form == "blocks" else selling_center_moderations()
    return UnitModel.of(_with_ends(text, ends)), (*hypotheses, *ends, *moderated)


def _ends(outcomes: Sequence[str], hypotheses: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Outcomes of units follow from alignment and from the role-specific outcomes, in the direction of these."""
    last = [Hypothesis(path.outcome, FOCAL, path.sign) for path in hypotheses if path.predictor != FOCAL]
    sources = {FOCAL: Hypothesis("", FOCAL, 1)} | {each.outcome: each for each in last}
    return tuple(
        Hypothesis(outcome, name, each.sign) for outcome in outcomes for name, each in sources.items()
    )


def _with_ends(text: str, ends: Sequence[Hypothesis]) -> str:
    """The built-in model with variables of the units at its end."""
    return "\n".join((text, hypothesised_paths(ends))) if ends else text


def _with_exogenous(text: str, responses: Responses, measurement: Measurement) -> str:
    """What stands above dimensions is latent and covaries with the other predictors, which a column would not."""
    variables = UnitVariables(responses)
    model = UnitModel.of(text)
    outcomes = {line.partition(" ~ ")[0] for line in text.split("\n") if " ~ " in line}
    free = [name for name in model.names if quoted(name) not in outcomes]
    lines = [
        f"{quoted(first)} ~~ {quoted(second)}"
        for first in free
        if variables.latent(first, measurement)
        for second in free
        if not variables.latent(second, measurement)
    ]
    return "\n".join((text, *lines))


def _sources(responses: Responses, options: StructureOptions, cluster: Cluster) -> SourceComparison | None:
    """Every expected path with one rater, and with different raters."""
    model = selling_center_model(list(chosen_focal(responses, None).factors))
    hypotheses = selling_center_hypotheses("constructs")
    means = [path.outcome for path in hypotheses if path.predictor == FOCAL]
    ends = list(dict.fromkeys(path.outcome for path in hypotheses if path.predictor != FOCAL))
    other = next(focal(responses, s) for s in responses.scales if _FOLLOW_UP in {c.key for c in s.constructs})

    def fit(table: pd.DataFrame) -> Fit:
        data = table if cluster == "firm" else table.drop(columns="firm")
        return options.fit(model, data, cluster=cluster)

    return source_comparison(chosen_focal(responses, None), other, means, ends, hypotheses, fit)


def _follow_up_items(responses: Responses) -> list[str]:
    for scale in responses.scales:
        if any(entry.key == _FOLLOW_UP for entry in scale.constructs):
            return list(responses.measurement(scale.key).get(_FOLLOW_UP, ()))
    return []


def _of_hypotheses(
    hypotheses: Sequence[Hypothesis],
    variables: UnitVariables,
    measurement: Measurement,
    firms: pd.Series[Any] | None,
    seed: int,
) -> dict[str, Any]:
    """Expected paths and indirect effects, told by the model's fit, and those with a moderator, fitted beside it."""
    corrected = measurement in CORRECTED
    return {
        "hypotheses": tuple(each for each in hypotheses if not each.moderator and not each.through),
        "mediated": tuple(each for each in hypotheses if each.through and not each.moderator),
        "moderation": moderations(hypotheses, variables, corrected=corrected, clusters=firms),
        "moderated_mediation": moderated_mediations(
            hypotheses, variables, corrected=corrected, clusters=firms, seed=seed
        ),
    }


def _indirect(fit: Fit, options: StructureOptions, seed: int) -> dict[str, Any]:
    """Indirect effects where the model has any, else the reason."""
    if not options.indirect:
        return {"indirect": None, "indirect_note": ""}
    found, why = attempt(lambda: indirect_effects(fit, bootstrap=options.bootstrap, seed=seed))
    return {"indirect": found, "indirect_note": "" if why.startswith(NO_ROUTE) else why}


def _few_firms(named: NamedFit) -> tuple[str, ...]:
    """The model's warning of fewer firms than parameters."""
    found = named.fit.problems
    return tuple(f"{named.label}: {finding}." for finding in found if finding.code == "few_clusters")
