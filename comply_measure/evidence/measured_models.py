"""A structural model under each way to measure its constructs, and what changes with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from comply_measure import sem
from comply_measure.errors import InputError, NotApplicableError, Problem
from comply_measure.evidence.attempt import attempt
from comply_measure.evidence.estimation import Cluster, Estimation
from comply_measure.evidence.fits import NamedFit, standardized, value_of
from comply_measure.evidence.unit_variables import MEASUREMENTS, Measurement, UnitVariables
from comply_measure.sem import quoted
from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.language.records import ModelRecords, Product, columns_of

if TYPE_CHECKING:
    from comply_measure.sem import Fit

#: Estimators of two steps, and of two levels.
_LIKELIHOODS = ("ML", "MLR")


@dataclass(frozen=True, eq=False)
class UnitModel:
    """A model of units whose constructs can be measured in several ways.

    Parameters
    ----------
    text : str
        Structure, with the measurement the user wrote, if any.
    names : tuple of str
        Columns, constructs and what stands above dimensions, as the text names them outside its own measurement.
    indicators : tuple of str
        Columns that measure a latent variable of the text; they stay as they are.
    products : bool
        Whether an equation has a product.
    """

    text: str
    names: tuple[str, ...]
    indicators: tuple[str, ...]
    products: bool

    @classmethod
    def of(cls, text: str) -> UnitModel:
        """Read a model text."""
        records = parse_model(text)
        latent = latent_names(records)
        named = named_columns(records)
        indicators = {
            part for term in records.terms if term.op in ("=~", "<~") for part in columns_of(term.rhs)
        } - latent
        return cls(
            text,
            tuple(name for name in named if name not in latent and name not in indicators),
            tuple(name for name in named if name in indicators),
            any(isinstance(side, Product) for term in records.terms for side in (term.lhs, term.rhs)),
        )

    def measured(self, variables: UnitVariables, measurement: Measurement) -> tuple[str, tuple[str, ...]]:
        """Model text and columns.

        Raises
        ------
        NotApplicableError
            With the reason why a construct cannot be measured so.
        """
        found = [variables.measured(name, measurement) for name in self.names]
        lines = [line for each in found for line in each.lines]
        columns = [column for each in found for column in each.columns]
        return "\n".join((self.text, *lines)), tuple(dict.fromkeys([*self.indicators, *columns]))

    def has_constructs(self, variables: UnitVariables) -> bool:
        """Whether there is anything to be measured in another way."""
        return any(name in variables.constructs for name in self.names)


def latent_names(records: ModelRecords) -> set[str]:
    """What the text measures."""
    return {term.lhs for term in records.terms if term.op in ("=~", "<~")}


def named_columns(records: ModelRecords) -> tuple[str, ...]:
    """Every variable that the text names, once."""
    sides = (name for term in records.terms for side in (term.lhs, term.rhs) for name in columns_of(side))
    return tuple(dict.fromkeys(name for name in sides if name))


def _require_variables(names: Sequence[str], variables: UnitVariables) -> None:
    """Every name is one of the units; views and items are too many to be listed."""
    known = variables.names
    listed = ", ".join(name for name in known if name not in variables.items and name not in variables.views)
    allowed = f"{listed}, their items, and what one role says (name@role)"
    problems = [
        Problem("no variable of the units", column=name, allowed=allowed)
        for name in dict.fromkeys(names)
        if name not in known
    ]
    if problems:
        raise InputError("The model of units cannot be fitted.", problems)


@dataclass(frozen=True, eq=False)
class UnitFit:
    """A fit with what it was made of: a row of data per unit, or per informant where ``data`` has ``unit``."""

    fit: Fit
    text: str
    data: pd.DataFrame
    cluster: Cluster
    missing: Literal["ml", "listwise"]

    @property
    def n_units(self) -> int:
        """Units the fit rests on."""
        return int(self.data["unit"].nunique()) if self.by_informants else self.fit.n

    @property
    def by_informants(self) -> bool:
        """Whether informants are the cases."""
        return self.cluster == "unit"


def fit_units(
    model: UnitModel,
    variables: UnitVariables,
    measurement: Measurement,
    options: Estimation,
    cluster: Cluster,
    **search: Any,
) -> UnitFit:
    """Fit a model of units with one way to measure its constructs.

    Raises
    ------
    NotApplicableError
        When a construct cannot be measured so, or no unit has what the model needs.
    InputError
        When the model names variables that the units do not have.
    """
    if measurement == "two_level":
        return _two_levels(model, variables, options, **search)
    in_two = measurement == "sam"
    if in_two and (options.engine != "comply" or options.estimator not in _LIKELIHOODS):
        raise NotApplicableError("structural-after-measurement estimates with ML or MLR of this package")
    missing = (
        "listwise" if in_two and model.products else options.missing
    )  # two-step products need complete cases
    interactions = {} if in_two else _interactions(model, options)
    text, columns = model.measured(variables, measurement)
    if not columns:
        raise NotApplicableError("the model names no variable of the units")
    _require_variables((*model.names, *model.indicators), variables)
    table = variables.frame(columns)
    rows = table[list(columns)].notna()
    kept = table[rows.all(axis=1) if missing == "listwise" else rows.any(axis=1)]
    if kept.empty:
        raise NotApplicableError("no unit has the scores that the model needs")
    data = kept[[*columns, "firm"]] if cluster == "firm" else kept[list(columns)]
    if in_two or search or interactions:
        engine: Callable[..., Fit] = sem.sam if in_two else sem.fit
        fit = engine(
            text,
            data,
            estimator=options.estimator,
            missing=missing,
            cluster=None if cluster == "none" else cluster,
            **interactions,
            **search,
        )
    else:
        fit = options.fit(text, data, cluster=cluster)
    return UnitFit(fit, text, data, cluster, missing)


def _two_levels(model: UnitModel, variables: UnitVariables, options: Estimation, **search: Any) -> UnitFit:
    """Informants in units: the model of the between parts of what they say, their within parts free to covary.

    ``y_ij = μ + b_j + w_ij`` with ``b_j`` following the model and ``w_ij ~ N(0, Σ_W)``, Σ_W saturated (Muthén, 1994):
    the share of the informant is taken off as in a latent aggregation (Lüdtke et al., 2008), with as many informants as
    a unit has. Cases are informants, clusters are units.
    """
    if options.engine != "comply" or options.estimator not in _LIKELIHOODS:
        raise NotApplicableError("two levels are estimated with ML or MLR of this package")
    if model.products:
        raise NotApplicableError("two levels have no products: the parts of units are latent")
    structure, columns = model.measured(variables, "two_level")
    _require_variables((*model.names, *model.indicators), variables)
    data, own = variables.informants(columns)
    if options.missing == "listwise":
        data = data.dropna(subset=list(columns))
    if data["unit"].nunique() < 2:
        raise NotApplicableError("fewer than two units have the scores that the model needs")
    names = [quoted(name) for name in own]
    pairs = [
        f"{name} ~~ {' + '.join(names[place:])}" for place, name in enumerate(names, start=1) if names[place:]
    ]
    within = "\n".join(pairs or [f"{names[0]} ~~ {names[0]}"])
    text = f"level: 1\n{within}\nlevel: 2\n{structure}"
    kept = data[["unit", *columns]]
    fit = sem.fit(
        text,
        kept,
        estimator=options.estimator,
        missing=options.missing,
        cluster="unit",
        fixed_x=False,
        **search,
    )
    return UnitFit(fit, text, kept, "unit", options.missing)


def _interactions(model: UnitModel, options: Estimation) -> dict[str, Any]:
    """How products of factors are estimated, where the step asks for a likelihood of them."""
    how = getattr(options, "interactions", "product")
    return {"interactions": how} if how != "product" and model.products else {}


def paths_of(fit: Fit) -> list[tuple[str, str]]:
    """Outcome and predictor of every path."""
    table = fit.estimates
    table = table[table["op"] == "~"]
    return list(dict.fromkeys(zip(table["lhs"].map(str), table["rhs"].map(str), strict=True)))


def comparison(
    model: UnitModel,
    variables: UnitVariables,
    options: Estimation,
    cluster: Cluster,
    chosen: Measurement,
    main: UnitFit,
) -> pd.DataFrame | None:
    """The same paths under each way to measure.

    Returns
    -------
    DataFrame or None
        ``outcome, predictor, measurement, est_std, ci_lower, ci_upper, n_units, note``; None where no variable is
        a construct. A fit without finite optimum has no estimates; of one that is not admissible the note says so.
    """
    if not model.has_constructs(variables):
        return None
    paths = paths_of(main.fit)
    rows = []
    formed = any(variables.formed(name) for name in model.names)
    for measurement in MEASUREMENTS:
        if measurement == "reflective" and not formed and chosen != "reflective":
            continue  # the same as by items
        fit, why = main if measurement == chosen else None, ""
        if fit is None and model.products and measurement != "means":
            why = "products of factors are estimated only where this measurement is chosen"
        elif fit is None:
            fit, why = attempt(lambda m=measurement: fit_units(model, variables, m, options, cluster))  # type: ignore[misc]
        rows += _rows(paths, measurement, fit, why)
    return pd.DataFrame(rows)


def _rows(
    paths: Sequence[tuple[str, str]], measurement: Measurement, unit: UnitFit | None, why: str
) -> list[dict[str, Any]]:
    obstacle, fit = why, None if unit is None else unit.fit
    if fit is not None:
        obstacle = NamedFit(measurement, measurement, fit).obstacle
        obstacle = f"the model {obstacle}" if obstacle else ""
    usable = fit is not None and not obstacle
    table = standardized(fit) if usable and fit is not None else None
    note = obstacle or ("" if fit is None or fit.admissible else "solution not admissible")
    rows: list[dict[str, Any]] = []
    for outcome, predictor in paths:
        row: Mapping[str, float] = {
            name: math.nan if table is None else value_of(table, outcome, "~", predictor, column)
            for name, column in (("est_std", "est_std"), ("ci_lower", "ci_lower"), ("ci_upper", "ci_upper"))
        }
        about = {"outcome": outcome, "predictor": predictor, "measurement": measurement}
        rows.append(about | dict(row) | {"n_units": 0 if unit is None else unit.n_units, "note": note})
    return rows


def remedies(
    model: UnitModel,
    variables: UnitVariables,
    options: Estimation,
    cluster: Cluster,
    measurement: Measurement,
    main: Fit,
) -> tuple[tuple[NamedFit, ...], tuple[str, ...]]:
    """Estimates beside a solution that cannot be used: with bounds, and measured first; and why one is absent."""
    if main.has_optimum and main.admissible and not main.unidentified:
        return (), ()
    if options.engine != "comply":
        return (), ("Bounds and two steps need the engine comply.",)
    found, absent = [], []
    ways: tuple[tuple[str, str, Measurement, dict[str, Any]], ...] = (
        ("bounds", "Parameters in bounds", measurement, {"bounds": "standard"}),
        ("sam", "Structural after measurement", "sam", {}),
    )
    for key, label, how, search in ways:
        if how == "sam" and measurement == "sam":
            continue
        unit, why = attempt(lambda h=how, s=search: fit_units(model, variables, h, options, cluster, **s))  # type: ignore[misc]
        named = None if unit is None else NamedFit(key, label, unit.fit)
        if named is None or named.obstacle:
            absent.append(f"{label}: {why or (named and named.obstacle)}.")
        else:
            found.append(named)
    return tuple(found), tuple(absent)
