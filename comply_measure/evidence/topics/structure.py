"""Topic ``structure``: alignment, preparation and follow-up, outcomes, over units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from comply_measure import sem
from comply_measure.errors import ComplyError, NotApplicableError
from comply_measure.evidence.base import Evidence, Value
from comply_measure.evidence.choices import Fault, Firms, Vocabulary
from comply_measure.evidence.estimation import Cluster, Estimation
from comply_measure.evidence.fits import NamedFit, fit_values, fit_verdicts, standardized, value_of
from comply_measure.evidence.focal import chosen_focal, focal
from comply_measure.evidence.rules.structure import PATH
from comply_measure.evidence.sources import SourceComparison, source_comparison
from comply_measure.evidence.texts import one_line
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.topics.aggregation import AggregationEvidence, aggregation
from comply_measure.evidence.verdicts import Answer, Number, Verdict
from comply_measure.framework import smsc_constructs
from comply_measure.models import FOCAL, Hypothesis, selling_center_hypotheses, selling_center_model
from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.language.records import columns_of
from comply_measure.statistics.multiplicity import holm
from comply_measure.statistics.words import unknown_message
from comply_measure.triads import TriadData, aggregate

if TYPE_CHECKING:
    from comply_measure.instrument import Scale
    from comply_measure.responses import Responses

_BLOCKS = {
    "preparation": "Preparation",
    "follow_up": "Follow-up",
    "positive_outcome": "Benefits",
    "negative_outcome": "Drawbacks",
}
_FOLLOW_UP = "joint_follow_up"


class StructureOptions(Estimation):
    """Options of the step, beside those of :class:`Estimation`.

    Parameters
    ----------
    form : {"constructs", "blocks"}
        Selling-center constructs as unit scores, or blocks of them as latent variables.
    model : str, optional
        A model of your own in lavaan's language instead, over unit scores and unit-level variables.
    cluster : {"firm", "none"}
        Units of one firm are alike, so by default the firm where firms are known.
    """

    form: Literal["constructs", "blocks"] = "constructs"
    model: Annotated[str | None, Field(min_length=1)] = None
    cluster: Annotated[Literal["firm", "none"], Firms()] = "firm"

    def faults(self, words: Vocabulary) -> Iterator[Fault]:
        """A model of the study's own is model text, and names scores and variables of the units."""
        if self.model is None:
            return
        try:
            records = parse_model(self.model)
        except ComplyError as error:
            yield ("model",), None, one_line(error), None
            return
        known = unit_columns(words.responses)
        latent = {term.lhs for term in records.terms if term.op == "=~"}
        named = [name for term in records.terms for side in (term.lhs, term.rhs) for name in columns_of(side)]
        for name in dict.fromkeys(named):
            if name and name not in known and name not in latent:
                yield ("model",), None, unknown_message("variable of the model", name, known), None


def applies(scales: tuple[Scale, ...]) -> str:
    """The built-in model needs a scale with dimensions and the selling-center constructs."""
    keys = {entry.key for scale in scales for entry in scale.constructs}
    wanted = {entry.key for entry in smsc_constructs() if entry.block != "facilitator"}
    if not any(entry.level == "dimension" for scale in scales for entry in scale.constructs):
        return "it needs a scale with dimensions"
    return "" if wanted <= keys else "it needs the constructs of the scale smsc"


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
    estimator, treatment : str
        Estimator in words; what was done to the data, in sentences.
    model : str
        Model text.
    cautions : tuple of str
        What a reader must know first.
    sources : SourceComparison or None
        The expected paths with one rater, and with different raters; None for a model the user wrote, the form
        ``blocks``, or one rater.
    """

    named: NamedFit
    hypotheses: Sequence[Hypothesis]
    names: Mapping[str, str]
    n_units: int
    estimator: str
    treatment: str
    model: str
    cautions: tuple[str, ...]
    sources: SourceComparison | None

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
        """Expected paths, corrected together."""
        if self.named.obstacle:
            return ()
        return fit_verdicts((self.named,), conventions) + path_verdicts(
            self.named, self.hypotheses, self.names, conventions
        )

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
        signed = (low, high) if path.sign > 0 else (-high, -low)
        answer: Answer = "cannot say"
        if p_value <= conventions["test_level"]:
            answer = "supported" if beta * path.sign > 0 else "not supported"
        elif signed[1] < conventions["small_effect"]:
            answer = "not supported"
        ends = [labels.get(key, key) for key in (path.predictor, path.outcome)]
        found.append(PATH.verdict(answer, *ends, numbers=numbers, n_family=n))
    return tuple(found)


def structure(
    responses: Responses,
    options: StructureOptions | None = None,
    *,
    scores: AggregationEvidence | None = None,
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

    Returns
    -------
    StructureEvidence
    """
    options = options or StructureOptions()
    scores = scores or aggregation(responses)
    data = unit_table(responses, scores.scores, options)
    dimensions = list(chosen_focal(responses, None).factors)
    own = options.model is not None
    model = options.model or selling_center_model(
        dimensions, options.form, follow_up_items=_follow_up_items(responses)
    )
    used = _variables(model, data)
    rows = data[used].notna()
    kept = data[rows.all(axis=1) if options.missing == "listwise" else rows.any(axis=1)]
    if kept.empty:
        raise NotApplicableError("no unit has the scores that the model needs")
    cluster: Cluster = options.cluster if responses.n_firms > 1 else "none"
    fit = options.fit(model, kept[[*used, "firm"]] if cluster == "firm" else kept[used], cluster=cluster)
    return StructureEvidence(
        named=NamedFit("structure", "Structural model", fit),
        hypotheses=() if own else selling_center_hypotheses(options.form),
        names=_BLOCKS,
        n_units=len(kept),
        estimator=options.words("units", cluster=cluster),
        treatment=_treatment(responses, "own" if own else options.form, clustered=cluster == "firm"),
        model=model,
        cautions=_problems(fit, responses, cluster),
        sources=None if own or options.form != "constructs" else _sources(responses, options, model, cluster),
    )


def _compute(request: Request, options: StructureOptions) -> StructureEvidence:
    given = request.evidence("aggregation", AggregationEvidence)
    return structure(request.responses, options, scores=given)


TOPIC = Topic("structure", "Structural model", _compute, StructureOptions, ("aggregation",), applies)


def unit_columns(responses: Responses) -> tuple[str, ...]:
    """Columns of :func:`unit_table`: scores of all scales, then numeric variables of the units."""
    names: dict[str, None] = {}
    for scale in responses.scales:
        chosen = focal(responses, scale)
        names |= dict.fromkeys(chosen.wholes)
        names |= dict.fromkeys(chosen.indicator_names if chosen.by_scores else ())
    names |= dict.fromkeys(map(str, responses.units.select_dtypes("number").columns))
    return tuple(names | dict.fromkeys(_follow_up_items(responses)))


def unit_table(responses: Responses, scores: pd.DataFrame, options: StructureOptions) -> pd.DataFrame:
    """Unit scores, numeric unit-level variables and, for ``blocks``, unit means of the follow-up items."""
    table = scores.set_index("unit").drop(columns="note")
    numeric = responses.units.select_dtypes("number")
    table = table.join(numeric.drop(columns=[name for name in numeric if name in table.columns]))
    if options.form == "blocks":
        items = _follow_up_items(responses)
        chosen = next(
            focal(responses, s) for s in responses.scales if _FOLLOW_UP in {c.key for c in s.constructs}
        )
        triads = TriadData.from_long(chosen.answers(), items, roles=chosen.roles)
        table = table.join(aggregate(triads, centring="role", min_roles=1).frame())
    return table


def _sources(
    responses: Responses, options: StructureOptions, model: str, cluster: Cluster
) -> SourceComparison | None:
    """Every expected path with one rater, and with different raters."""
    hypotheses = selling_center_hypotheses("constructs")
    means = [path.outcome for path in hypotheses if path.predictor == FOCAL]
    ends = list(dict.fromkeys(path.outcome for path in hypotheses if path.predictor != FOCAL))
    other = next(focal(responses, s) for s in responses.scales if _FOLLOW_UP in {c.key for c in s.constructs})

    def fit(table: pd.DataFrame) -> sem.Fit:
        data = table if cluster == "firm" else table.drop(columns="firm")
        return options.fit(model, data, cluster=cluster)

    return source_comparison(chosen_focal(responses, None), other, means, ends, hypotheses, fit)


def _follow_up_items(responses: Responses) -> list[str]:
    for scale in responses.scales:
        if any(entry.key == _FOLLOW_UP for entry in scale.constructs):
            return list(responses.measurement(scale.key).get(_FOLLOW_UP, ()))
    return []


def _variables(model: str, data: pd.DataFrame) -> list[str]:
    """Columns of the data that the model text names."""
    import re

    words = set(re.findall(r"[A-Za-z_.][A-Za-z0-9_.]*", model))
    known = [str(name) for name in data.columns if name != "firm"]
    used = [name for name in known if name in words]
    if not used:
        raise ComplyError(f"the model names no unit-level variable; there are: {', '.join(known)}")
    return used


_CASES = {
    "own": "The cases are units; their variables are unit scores from all informants of a unit. ",
    "constructs": (
        "The cases are units. Alignment is latent, measured by the dimension scores of the unit; the other "
        "variables are unit scores from marketing and sales informants, whose unreliability can bias coefficients "
        "either way. Facilitators, which should moderate, are not part of this model. "
    ),
    "blocks": (
        "The cases are units. Alignment is latent, measured by the dimension scores of the unit; preparation, "
        "benefits and drawbacks are latent, measured by the unit scores of their constructs, follow-up by the unit "
        "means of its items. Role-specific outcomes are not told apart. Facilitators, which should moderate, are "
        "not part of this model. "
    ),
}


def _treatment(responses: Responses, kind: str, *, clustered: bool) -> str:
    text = _CASES[kind]
    if clustered:
        text += (
            f"Standard errors and tests allow for units of one firm being alike ({responses.n_firms} firms)."
        )
    elif responses.n_firms > 1:
        text += "Units of one firm are not independent; standard errors do not allow for that."
    return text.strip()


def _problems(fit: sem.Fit, responses: Responses, cluster: Cluster) -> tuple[str, ...]:
    if cluster != "firm" or responses.n_firms >= fit.npar:
        return ()
    return (
        f"The model has {fit.npar} free parameters and {responses.n_firms} firms: with fewer clusters than parameters "
        "the robust test statistic is not to be relied on, and standard errors are rough.",
    )
