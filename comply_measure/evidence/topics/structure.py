"""Topic ``structure``: hypotheses about units, by default from alignment to the outcomes of selling centers."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from comply_measure.errors import NotApplicableError
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.dyads import Dyad, dyads_of
from comply_measure.evidence.estimation import Cluster
from comply_measure.evidence.fit_details import FitDetails
from comply_measure.evidence.fits import NamedFit, fit_values, fit_verdicts, standardized, value_of
from comply_measure.evidence.focal import chosen_focal, focal
from comply_measure.evidence.measured_models import UnitModel, comparison, fit_units, remedies
from comply_measure.evidence.moderated_mediation import moderated_mediations
from comply_measure.evidence.moderation import Moderation, moderations
from comply_measure.evidence.rules.structure import INDIRECT, MODERATION, PATH
from comply_measure.evidence.sources import SourceComparison, source_comparison
from comply_measure.evidence.structural_options import StructureOptions
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.aggregation import AggregationEvidence, aggregation
from comply_measure.evidence.unit_variables import Measurement, UnitVariables
from comply_measure.evidence.verdicts import Answer, Number, Verdict
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
from comply_measure.statistics.multiplicity import holm, rejects

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
CORRECTED = ("corrected", "roles", "sam")


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
    estimator : str
        Estimator in words.
    kind : str
        ``own``, ``hypotheses``, ``constructs`` or ``blocks``: which model it is.
    measurement : str
        How constructs are measured.
    formed : tuple of str
        Constructs of the model that their items form (:attr:`.Focal.formed`).
    n_firms : int
        Firms that errors allow for; negative: firms that they do not allow for; 0: no firms.
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
    residuals, indices, covariance : DataFrame
        Largest residual correlations ``first, second, residual``; largest modification indices; the covariance matrix
        that the model was fitted to, ``variable`` and a column each.
    """

    named: NamedFit
    hypotheses: Sequence[Hypothesis]
    names: Mapping[str, str]
    n_units: int
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
        """Expected paths, and expected moderations, each family corrected together."""
        found: tuple[Verdict, ...] = ()
        if not self.named.obstacle:
            found = fit_verdicts((self.named,), conventions)
            found += path_verdicts(self.named, self.hypotheses, self.names, conventions)
        if self.mediated and self.indirect is not None:
            found += indirect_verdicts(self.indirect, self.mediated, self.names, conventions)
        if self.moderation is not None:
            found += moderation_verdicts(self.moderation, self.names, conventions)
        return found

    def problems(self) -> tuple[str, ...]:
        """Fewer firms than parameters."""
        return self.cautions


def path_verdicts(
    named: NamedFit,
    hypotheses: Sequence[Hypothesis],
    labels: Mapping[str, str],
    conventions: Mapping[str, float],
) -> tuple[Verdict, ...]:
    """Whether each expected path is there, p values corrected after Holm over all of them.

    A path that the fit does not estimate, or without standard error, cannot be judged and is not counted in the family.
    """
    table, raw = standardized(named.fit), named.fit.estimates
    names = [(path.outcome, "~", path.predictor) for path in hypotheses]
    p = np.array([value_of(raw, *name, "pvalue") for name in names])
    corrected, n = holm(p), int(np.isfinite(p).sum())
    found = []
    for path, name, p_value in zip(hypotheses, names, corrected, strict=True):
        beta, low, high = (value_of(table, *name, column) for column in ("est_std", "ci_lower", "ci_upper"))
        numbers: dict[str, Number] = {"beta": beta, "ci": (low, high), "p": float(p_value), "sign": path.sign}
        ends = [labels.get(key, key) for key in (path.predictor, path.outcome)]
        answer = _answer(beta, (low, high), float(p_value), path.sign, conventions)
        found.append(PATH.verdict(answer, *ends, numbers=numbers, n_family=n))
    return tuple(found)


def indirect_verdicts(
    effects: IndirectEffects,
    hypotheses: Sequence[Hypothesis],
    labels: Mapping[str, str],
    conventions: Mapping[str, float],
) -> tuple[Verdict, ...]:
    """Whether each expected indirect effect is there, Monte Carlo p values corrected after Holm over all of them."""
    rows = [indirect_row(effects, each) for each in hypotheses]
    p = np.array([row["mc_pvalue"] for row in rows])
    corrected, n = holm(p), int(np.isfinite(p).sum())
    # two small paths make the least indirect effect worth having
    limits = {**conventions, "small_effect": conventions["small_effect"] ** 2}
    found = []
    for each, row, p_value in zip(hypotheses, rows, corrected, strict=True):
        beta, ci = row["est_std"], (row["std_mc_lower"], row["std_mc_upper"])
        numbers: dict[str, Number] = {"beta": beta, "ci": ci, "p": float(p_value), "sign": each.sign}
        through = " → ".join(labels.get(name, name) for name in each.through)
        ends = [labels.get(each.predictor, each.predictor), through, labels.get(each.outcome, each.outcome)]
        answer = _answer(beta, ci, float(p_value), each.sign, limits)
        found.append(INDIRECT.verdict(answer, *ends, numbers=numbers, n_family=n))
    return tuple(found)


def indirect_row(effects: IndirectEffects, each: Hypothesis) -> dict[str, float]:
    """Numbers of an expected indirect effect; NaN where the model has none (its products are in equations apart)."""
    table = effects.of("specific")
    wanted = (table["predictor"] == each.predictor) & (table["outcome"] == each.outcome)
    mine = table[wanted & (table["through"] == " → ".join(each.through)) & (table["at"] == "")]
    columns = ("est", "mc_pvalue", "est_std", "std_mc_lower", "std_mc_upper")
    return {name: float(mine[name].iloc[0]) if len(mine) else math.nan for name in columns}


def moderation_verdicts(
    moderation: Moderation, labels: Mapping[str, str], conventions: Mapping[str, float]
) -> tuple[Verdict, ...]:
    """Whether each expected moderation is there, p values corrected after Holm over all of them."""
    table = moderation.table
    p = table["pvalue"].to_numpy(dtype=float)
    corrected, n = holm(p), int(np.isfinite(p).sum())
    found = []
    for row, p_value in zip(table.to_dict("records"), corrected, strict=True):
        beta, ci = float(row["est_std"]), (float(row["ci_lower"]), float(row["ci_upper"]))
        numbers: dict[str, Number] = {"beta": beta, "ci": ci, "p": float(p_value), "sign": int(row["sign"])}
        ends = [labels.get(str(row[key]), str(row[key])) for key in ("moderator", "predictor", "outcome")]
        answer = _answer(beta, _simultaneous(row, n), float(p_value), int(row["sign"]), conventions)
        found.append(MODERATION.verdict(answer, *ends, numbers=numbers, n_family=n))
    return tuple(found)


def _simultaneous(row: Mapping[Hashable, Any], n: int) -> tuple[float, float]:
    """Interval of one of n moderations, all of which it holds together with 95 % (Bonferroni)."""
    middle, half = float(row["est_std"]), (float(row["ci_upper"]) - float(row["ci_lower"])) / 2
    df = float(row["df"])
    wider = stdtrit(df, 1 - 0.025 / max(n, 1)) / stdtrit(df, 0.975) if df > 0 else math.nan
    return middle - wider * half, middle + wider * half


def _answer(
    beta: float, ci: tuple[float, float], p: float, sign: int, conventions: Mapping[str, float]
) -> Answer:
    signed = ci if sign > 0 else (-ci[1], -ci[0])
    if rejects(p, conventions["test_level"]):
        return "supported" if beta * sign > 0 else "not supported"
    return "not supported" if signed[1] < conventions["small_effect"] else "cannot say"


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
    paths = [each for each in hypotheses if not each.moderator and not each.through]
    measurement = options.measurement
    unit = fit_units(model, variables, measurement, options, cluster)
    beside, absent = remedies(model, variables, options, cluster, measurement, unit.fit)
    firms = variables.frame(())["firm"] if cluster == "firm" else None
    kind, details = _kind(options), FitDetails.of(unit.fit)
    return StructureEvidence(
        named=NamedFit("structure", "Structural model", unit.fit),
        hypotheses=tuple(paths),
        names=_BLOCKS if kind == "blocks" else {},
        n_units=len(unit.data),
        estimator=options.model_copy(update={"missing": unit.missing}).words(
            "units", responses, cluster=cluster
        ),
        kind=kind,
        measurement=measurement,
        formed=tuple(name for name in model.names if variables.formed(name)),
        n_firms=responses.n_firms * (1 if cluster == "firm" else -1) if responses.n_firms > 1 else 0,
        model=unit.text,
        cautions=(*_problems(unit.fit, responses, cluster), *absent),
        moderation=moderations(
            hypotheses,
            variables,
            corrected=measurement in CORRECTED,
            clusters=firms,
        ),
        comparison=(
            comparison(model, variables, options, cluster, measurement, unit.fit)
            if options.compare and kind != "blocks"
            else None
        ),
        remedies=beside,
        mediated=tuple(each for each in hypotheses if each.through and not each.moderator),
        moderated_mediation=moderated_mediations(
            hypotheses,
            variables,
            corrected=measurement in CORRECTED,
            clusters=firms,
            seed=seed,
        ),
        **_indirect(unit.fit, options, seed),
        dyads=dyads_of(options.dyads, variables, options, cluster, seed),
        residuals=details.residuals,
        indices=details.indices,
        covariance=details.covariance,
        sources=_sources(responses, options, cluster) if kind == "constructs" else None,
    )


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


def _indirect(fit: Fit, options: StructureOptions, seed: int) -> dict[str, Any]:
    """Indirect effects where the model has any, else the reason."""
    if not options.indirect:
        return {"indirect": None, "indirect_note": ""}
    found, why = attempt(lambda: indirect_effects(fit, bootstrap=options.bootstrap, seed=seed))
    return {"indirect": found, "indirect_note": "" if why.startswith(NO_ROUTE) else why}


def _problems(fit: Fit, responses: Responses, cluster: Cluster) -> tuple[str, ...]:
    if cluster != "firm" or responses.n_firms >= fit.npar:
        return ()
    return (
        f"The model has {fit.npar} free parameters and {responses.n_firms} firms: with fewer clusters than parameters "
        "the robust test statistic is not to be relied on, and standard errors are rough.",
    )
