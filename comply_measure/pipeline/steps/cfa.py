"""Step ``cfa``: one factor, correlated dimensions, second-order, over all informants and by role."""

from __future__ import annotations

from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.models import correlated_factors, one_factor, second_order
from comply_measure.pipeline.choices import Names
from comply_measure.pipeline.estimation import Cluster, Estimation
from comply_measure.pipeline.focal import Focal, chosen_focal
from comply_measure.pipeline.step import Context, Step, StepOutput
from comply_measure.report.chapters.cfa import CfaResults, cfa_headline, cfa_section
from comply_measure.report.fits import NamedFit, fit_row
from comply_measure.report.labels import Labels

Model = Literal["one_factor", "correlated", "second_order"]
_LABELS = {
    "one_factor": "One factor",
    "correlated": "Correlated dimensions",
    "second_order": "Second-order",
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
        Informants of one unit are alike, so by default the unit.
    role_centred : bool
        Take each role's mean off first, so that mean differences between roles do not pass for common
        variance of the attributes.
    by_role : bool
        Also fit the last of `models` in each role.
    """

    scale: Annotated[str | None, Names("scale")] = None
    models: Annotated[tuple[Model, ...], Field(min_length=1)] = ("one_factor", "correlated", "second_order")
    cluster: Cluster = "unit"
    role_centred: bool = True
    by_role: bool = True


def run(context: Context, options: CfaOptions) -> StepOutput:
    """Fit the structures."""
    chosen = chosen_focal(context.responses, options.scale)
    texts = model_texts(chosen, options)
    everyone = indicator_data(chosen, centred=options.role_centred)
    data = everyone[rows_used(everyone, "ml")]
    used = rows_used(data, options.missing)
    fits = tuple(NamedFit(key, _LABELS[key], options.fit(text, data)) for key, text in texts.items())
    labels = Labels.of(context.responses.scales, context.language)
    results = CfaResults(
        title=chosen.title,
        factors=chosen.factors,
        top=chosen.top,
        indicator_kind=chosen.indicator_kind,
        fits=fits,
        differences=_differences(fits),
        by_role=_by_role(chosen, list(texts.values())[-1], options, labels),
        n_units=int(data.loc[used, "unit"].nunique()),
        n_informants=int(used.sum()),
        estimator=options.words("informants"),
        treatment=_treatment(options),
        estimator_by_role=options.words("informants", cluster="none"),
    )
    values, reasons = _values(fits)
    return StepOutput(
        cfa_section(results, labels, context.cutoffs),
        values=values,
        reasons=reasons,
        headline=cfa_headline(results),
    )


def _differences(fits: tuple[NamedFit, ...]) -> pd.DataFrame:
    """Difference tests down the chain of nested structures; empty where they cannot be made."""
    columns = ["model", "df", "difference", "df_difference", "p", "method"]
    usable = [named for named in fits if named.fit.converged]
    if len(usable) < 2:
        return pd.DataFrame(columns=columns)
    try:
        table = sem.compare(*(named.fit for named in usable), names=[named.label for named in usable])
    except ComplyError:  # semopy's fits and scales of two dimensions have nothing to compare
        return pd.DataFrame(columns=columns)
    return pd.DataFrame(
        {
            "model": table.index.astype(str),
            "df": table["Df"].to_numpy(),
            "difference": table["Chisq diff"].to_numpy(),
            "df_difference": table["Df diff"].to_numpy(),
            "p": table["Pr(>Chisq)"].to_numpy(),
            "method": str(table.attrs.get("method", "")),
        }
    )


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
            texts[key] = one_factor(chosen.top, chosen.indicator_names)
        elif key == "correlated":
            texts[key] = correlated_factors(chosen.factors)
        elif len(chosen.factors) >= 3:
            texts[key] = second_order(chosen.factors, chosen.top)
    if not texts:
        raise ComplyError("a second-order model needs at least 3 dimensions; name other models")
    return texts


def indicator_data(chosen: Focal, *, centred: bool) -> pd.DataFrame:
    """Unit, firm, role and indicators; each role's means taken off if asked."""
    data = chosen.indicators()
    names = list(chosen.indicator_names)
    if centred:
        data = data.copy()
        data[names] = data[names] - data.groupby("role")[names].transform("mean")
    return data


def rows_used(data: pd.DataFrame, missing: str) -> pd.Series[bool]:
    """Informants a fit rests on: complete ones, or with full information those with any indicator."""
    present = data.drop(columns=["unit", "firm", "role"]).notna()
    return present.all(axis=1) if missing == "listwise" else present.any(axis=1)


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


def _by_role(chosen: Focal, text: str, options: CfaOptions, labels: Labels) -> tuple[NamedFit, ...]:
    if not options.by_role or len(chosen.roles) < 2:
        return ()
    data = indicator_data(chosen, centred=False)
    fits = []
    for role in chosen.roles:
        mine = data[(data["role"] == role) & rows_used(data, "ml")]
        # A role has one informant per unit: nothing is clustered in units.
        fits.append(NamedFit(role, labels.role(role), options.fit(text, mine, cluster="none")))
    return tuple(fits)


def _values(fits: tuple[NamedFit, ...]) -> tuple[dict[str, float | bool], dict[str, str]]:
    values: dict[str, float | bool] = {}
    reasons: dict[str, str] = {}
    for named in fits:
        row = fit_row(named)
        for name in ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr"):
            value = float(str(row[name]))
            values[f"{named.key}_{name}"] = value
            if value != value:
                reasons[f"{named.key}_{name}"] = str(row["note"]) or "not defined for this model"
        values[f"{named.key}_converged"] = named.fit.converged
        values[f"{named.key}_admissible"] = named.fit.admissible
    return values, reasons


STEP = Step("cfa", "Measurement model", run, CfaOptions)
