"""Topic ``cfa``: one factor, correlated dimensions, second-order, over all informants and by role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.evidence.attempt import attempt, required
from comply_measure.evidence.base import Evidence, Value, topic_seeds
from comply_measure.evidence.choices import Names
from comply_measure.evidence.estimation import Cluster, Estimation, cluster_in_role
from comply_measure.evidence.factor_data import indicator_data, measured_data, measurement_text, rows_used
from comply_measure.evidence.factor_validity import construct_validity
from comply_measure.evidence.fit_details import FitDetails
from comply_measure.evidence.fits import (
    NamedFit,
    fit_row,
    fit_values,
    fit_verdicts,
)
from comply_measure.evidence.focal import Focal, chosen_focal
from comply_measure.evidence.keying import turned_items
from comply_measure.evidence.levels import TwoLevel, two_level
from comply_measure.evidence.rules.models import PREDICTS
from comply_measure.evidence.topic import Request, Topic
from comply_measure.evidence.verdicts import Answer, Number, Verdict
from comply_measure.models import correlated_factors, cross_validate, one_factor, second_order
from comply_measure.responses import Responses
from comply_measure.statistics.multiplicity import holm, rejects
from comply_measure.statistics.reasons import with_reasons

Model = Literal["one_factor", "correlated", "second_order"]
_BASELINE = "one_factor"
_LABELS = {
    "one_factor": "One factor",
    "correlated": "Correlated dimensions",
    "second_order": "Second order",
    "reflective": "Correlated, all constructs reflective",
}


class CfaOptions(Estimation):
    """Options of the step, beside those of :class:`Estimation`.

    Parameters
    ----------
    scale : str, optional
        Key of the scale; by default the first that has dimensions.
    models : tuple of str
        Structures to fit.
    cluster : {"unit", "firm", "none"}
        Informants of one unit are alike, and so are units of one firm: by default the firm where firms are known, else
        the unit.
    role_centred : bool
        Take each role's mean off first, so that mean differences between roles do not pass for common
        variance of the attributes.
    by_role : bool
        Also fit the last of `models` in each role.
    two_level : bool
        Also the correlated dimensions within and between units, from informants without a missing indicator.
    folds : int
        Parts of the cross-validation on whole firms (or units) against one factor; 0: none.
    """

    scale: Annotated[str | None, Names("scale")] = None
    models: Annotated[tuple[Model, ...], Field(min_length=1)] = ("one_factor", "correlated", "second_order")
    cluster: Cluster = "unit"
    role_centred: bool = True
    by_role: bool = True
    two_level: bool = True
    folds: Annotated[int, Field(ge=0, le=50)] = 5


@dataclass(frozen=True, eq=False)
class CfaEvidence(Evidence):
    """What the topic found.

    Parameters
    ----------
    title : str
        The scale.
    factors : mapping of str to sequence of str
        Dimension -> indicators; none for an index (:attr:`.Focal.measures`).
    top : str
        Name of the second-order factor.
    indicator_kind : str
        ``attribute scores`` or ``items``.
    fits : tuple of NamedFit
        Models of all informants; keys ``one_factor``, ``correlated``, ``second_order``.
    reflective : NamedFit or None
        The correlated model with the items of indices as their indicators; None where no construct is an index.
    by_role : tuple of NamedFit
        One model fitted in each role.
    roles_left_out : mapping of str to str
        Role -> why no model was fitted in it.
    differences : DataFrame
        Tests of nested models: model, df, difference, df_difference, p, method, note, reason; empty if there are
        none.
    n_units, n_informants : int
        Sample of `fits`.
    estimator, treatment : str
        Estimator in words; what was done to the data, in a sentence.
    estimator_by_role : str
        Estimator of `by_role`.
    turned : mapping of str to tuple of str
        Construct -> its items that run against it (:func:`.keying.turned_items`).
    levels : TwoLevel or None
        Correlated dimensions within and between units; None with a reason in `levels_obstacle`.
    levels_obstacle : str
    validity : DataFrame
        Dimensions in the model of correlated dimensions (:func:`construct_validity`); empty without that model.
    details : FitDetails or None
        Residuals, modification indices and covariance matrix of the last of `fits` that has an optimum.
    cross : DataFrame
        :class:`~comply_measure.models.CrossValidation` of the structures; empty with a reason in `cross_obstacle`.
    cross_obstacle : str
    """

    title: str
    factors: Mapping[str, Sequence[str]]
    top: str
    indicator_kind: str
    fits: tuple[NamedFit, ...]
    reflective: NamedFit | None
    by_role: tuple[NamedFit, ...]
    roles_left_out: Mapping[str, str]
    differences: pd.DataFrame
    n_units: int
    n_informants: int
    estimator: str
    treatment: str
    estimator_by_role: str
    turned: Mapping[str, tuple[str, ...]]
    levels: TwoLevel | None
    levels_obstacle: str
    validity: pd.DataFrame
    details: FitDetails | None
    cross: pd.DataFrame
    cross_obstacle: str

    @property
    def central(self) -> NamedFit | None:
        """The last of `fits` with results: what details are of."""
        return next((named for named in reversed(self.fits) if not named.obstacle), None)

    def get(self, key: str) -> NamedFit | None:
        """A fitted model by key, if it was asked for."""
        return next((named for named in self.fits if named.key == key), None)

    def tidy(self) -> pd.DataFrame:
        """Fit of the structures, a row each."""
        return pd.DataFrame([fit_row(named) for named in self.fits])

    def values(self) -> Mapping[str, Value]:
        """Convergence, admissibility and fit of every structure."""
        return {
            f"{named.key}_{name}": value
            for named in self.fits
            for name, value in fit_values(named)[0].items()
        }

    def verdicts(self, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
        """Whether each structure fits, and predicts other cases better than one factor."""
        return (*fit_verdicts(self.fits, conventions), *predicts_verdicts(self.cross, conventions))

    def reasons(self) -> Mapping[str, str]:
        """Why an index of fit is undefined."""
        return {
            f"{named.key}_{name}": why for named in self.fits for name, why in fit_values(named)[1].items()
        }


def predicts_verdicts(table: pd.DataFrame, conventions: Mapping[str, float]) -> tuple[Verdict, ...]:
    """Whether structures predict other cases better than one factor does (``cross_validate``)."""
    if table.empty:
        return ()
    known = table[table["p"].notna() & (table["model"] != "saturated")]
    found = []
    for row, p in zip(known.to_dict("records"), holm(known["p"].to_numpy(dtype=float)), strict=True):
        answer: Answer = "cannot say"
        if rejects(p, conventions["test_level"]):
            answer = "supported" if row["difference"] > 0 else "not supported"
        numbers: dict[str, Number] = {"difference": float(row["difference"]), "p": float(p)}
        numbers |= {"ci": (float(row["lower"]), float(row["upper"])), "baseline": _LABELS[_BASELINE]}
        found.append(PREDICTS.verdict(answer, _LABELS[row["model"]], numbers=numbers, n_family=len(known)))
    return tuple(found)


def cfa(responses: Responses, options: CfaOptions | None = None, *, seed: int = 0) -> CfaEvidence:
    """Confirmatory factor analysis: one factor, correlated dimensions, second order.

    Parameters
    ----------
    responses : Responses
        The validated answers.
    options : CfaOptions, optional
        Defaults where not given.
    seed : int
        Of the cross-validation's deal.

    Returns
    -------
    CfaEvidence

    Raises
    ------
    ComplyError
        If the scale allows none of the structures asked for.
    """
    options = (options or CfaOptions()).at_highest(responses)
    chosen = chosen_focal(responses, options.scale)
    texts = model_texts(chosen, options)
    everyone = measured_data(chosen, centred=options.role_centred)
    data = everyone[rows_used(everyone, "ml")]
    used = rows_used(data, options.missing)
    fits = required(lambda: {key: options.fit(text, data) for key, text in texts.items()})
    named = tuple(NamedFit(key, _LABELS[key], fit) for key, fit in fits.items())
    turned = turned_items(chosen)
    roles, left_out = _by_role(chosen, list(texts.values())[-1], options)
    levels, why_not = _two_level(chosen, everyone, options)
    cross, why_no_cross = cross_validated(chosen, texts, data, options, seed)
    correlated = next((fit for fit in named if fit.key == "correlated" and not fit.obstacle), None)
    return CfaEvidence(
        title=chosen.title,
        factors=chosen.measures,
        top=chosen.top,
        indicator_kind=chosen.indicator_kind,
        fits=named,
        reflective=_reflective(chosen, options),
        differences=_differences(fits),
        by_role=roles,
        roles_left_out=left_out,
        n_units=int(data.loc[used, "unit"].nunique()),
        n_informants=int(used.sum()),
        estimator=options.words("informants", responses),
        treatment=_treatment(options),
        estimator_by_role=options.words(
            "informants", responses, cluster=cluster_in_role(chosen, options.cluster)
        ),
        turned=turned,
        levels=levels,
        levels_obstacle=why_not,
        validity=pd.DataFrame()
        if correlated is None
        else construct_validity(correlated.fit, chosen.reflective, turned, chosen.indices),
        cross=cross,
        cross_obstacle=why_no_cross,
        details=None if (last := _last(named)) is None else FitDetails.of(last),
    )


def cross_validated(
    chosen: Focal, texts: Mapping[str, str], data: pd.DataFrame, options: CfaOptions, seed: int
) -> tuple[pd.DataFrame, str]:
    """The structures cross-validated against one factor, or why not."""
    nothing = pd.DataFrame()
    if not options.folds:
        return nothing, "not asked for"
    if _BASELINE not in texts or len(texts) < 2:
        return nothing, "it compares structures with one factor"
    firms = data["firm"]
    by = "firm" if firms.notna().all() and firms.nunique() >= 2 * options.folds else "unit"
    drawn = int(topic_seeds("cfa", seed).generate_state(1)[0])
    names = list(chosen.measure_names)
    found, why = attempt(
        lambda: cross_validate(
            texts, data, names, baseline=_BASELINE, cluster=by, seed=drawn, folds=options.folds
        )
    )
    return (nothing, why) if found is None else (found.table.assign(cluster=by), "")


def _last(fits: Sequence[NamedFit]) -> sem.Fit | None:
    """The last fit with results of the package's own engine."""
    found = [named.fit for named in fits if not named.obstacle]
    return found[-1] if found and isinstance(found[-1], sem.Fit) else None


def _compute(request: Request, options: CfaOptions) -> CfaEvidence:
    return cfa(request.responses, options, seed=request.seed)


TOPIC = Topic("cfa", "Measurement model", _compute, CfaOptions)


def _differences(fits: Mapping[str, sem.Fit]) -> pd.DataFrame:
    """Difference tests down the chain of nested structures; empty where they cannot be made."""
    columns = ["model", "df", "difference", "df_difference", "p", "method", "note", "reason"]
    usable = {key: fit for key, fit in fits.items() if fit.has_optimum}
    if len(usable) < 2:
        return pd.DataFrame(columns=columns)
    try:
        table = sem.compare(*usable.values(), names=[_LABELS[key] for key in usable])
    except ComplyError:  # semopy's fits and scales of two dimensions have nothing to compare
        return pd.DataFrame(columns=columns)
    found = pd.DataFrame(
        {
            "model": table.index.astype(str),
            "df": table["Df"].to_numpy(),
            "difference": table["Chisq diff"].to_numpy(),
            "df_difference": table["Df diff"].to_numpy(),
            "p": table["Pr(>Chisq)"].to_numpy(),
            "method": str(table.attrs.get("method", "")),
            "note": ["", *_untested(table.iloc[1:])],
        }
    )
    return with_reasons(found, dict.fromkeys(("difference", "df_difference", "p"), "the first, or no test"))


def _untested(table: pd.DataFrame) -> list[str]:
    """Of every comparison, why it has no test."""
    same = "the same degrees of freedom: no test"
    rows = zip(table["Df diff"], table["Pr(>Chisq)"], strict=True)
    return ["" if p == p else same if df == 0 else "the difference test is undefined" for df, p in rows]


def model_texts(chosen: Focal, options: CfaOptions) -> dict[str, str]:
    """Model text of every structure that the scale allows.

    Raises
    ------
    ComplyError
        If the scale allows none of them.
    """
    texts: dict[str, str] = {}
    for key in options.models:
        if key == "one_factor":
            texts[key] = one_factor(chosen.top, chosen.measure_names)
        elif key == "correlated":
            texts[key] = measurement_text(chosen, correlate=True)
        elif len(chosen.factors) >= 3:
            texts[key] = (
                f"{measurement_text(chosen, correlate=False)}\n{one_factor(chosen.top, list(chosen.factors))}"
                if chosen.indices
                else second_order(chosen.factors, chosen.top)
            )
    if not texts:
        raise ComplyError("a second-order model needs at least 3 dimensions; name other models")
    return texts


def _reflective(chosen: Focal, options: CfaOptions) -> NamedFit | None:
    """The correlated model as if the items of indices showed a common cause; the reading beside the index."""
    if not chosen.indices or "correlated" not in options.models:
        return None
    data = indicator_data(chosen, centred=options.role_centred)
    fit, _ = attempt(
        lambda: options.fit(correlated_factors(chosen.factors), data[rows_used(data, options.missing)])
    )
    return None if fit is None else NamedFit("reflective", _LABELS["reflective"], fit)


def _two_level(chosen: Focal, data: pd.DataFrame, options: CfaOptions) -> tuple[TwoLevel | None, str]:
    """The two-level model, or why there is none."""
    if not options.two_level:
        return None, "not asked for"
    if options.engine != "comply" or options.estimator not in ("ML", "MLR"):
        return None, "it needs ML or MLR of the package's own engine"
    if chosen.indices:
        return None, "an index has no indicators whose loadings could differ between the levels"
    if not data["unit"].duplicated().any():
        return None, "no unit has two informants"
    return attempt(lambda: two_level(data, chosen.factors, options.estimator))


def _treatment(options: CfaOptions) -> str:
    centred = (
        "Each role's means were taken off first, so that differences between roles do not pass for common "
        "variance. "
        if options.role_centred
        else ""
    )
    clusters = {
        "none": "those of one unit are not independent, and standard errors and tests do not allow for that.",
        "unit": "standard errors and tests allow for informants of one unit being alike, not for units of one firm.",
        "firm": "standard errors and tests allow for informants of one firm being alike.",
    }
    return f"{centred}Informants are pooled; {clusters[options.cluster]}"


def _by_role(chosen: Focal, text: str, options: CfaOptions) -> tuple[tuple[NamedFit, ...], Mapping[str, str]]:
    """Fits of the roles, and of the other roles why there is none."""
    if not options.by_role or len(chosen.roles) < 2:
        return (), {}
    data = measured_data(chosen, centred=False)
    cluster = cluster_in_role(chosen, options.cluster)
    fits, left_out = [], {}
    for role in chosen.roles:
        mine = data[(data["role"] == role) & rows_used(data, "ml")]
        if mine.empty:
            left_out[role] = "no answers"
            continue
        fit, why = attempt(partial(options.fit, text, mine, cluster=cluster))
        if fit is None:
            left_out[role] = why
        else:
            fits.append(NamedFit(role, role, fit))
    return tuple(fits), left_out
