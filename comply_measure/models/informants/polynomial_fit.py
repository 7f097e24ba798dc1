"""Latent polynomial regression: the fit, its response surface, intervals and checklist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from comply_measure.errors import ComplyError
from comply_measure.models.informants.polynomial_model import (
    COEFFICIENTS,
    latent_polynomial_model,
    product_indicators,
)
from comply_measure.results import Result
from comply_measure.statistics.bootstrap import percentile_interval, two_tails
from comply_measure.statistics.checks import is_share
from comply_measure.tables.wide import wide_column
from comply_measure.triads.congruence.checklist import CongruenceChecklist, congruence_checklist
from comply_measure.triads.congruence.surface import (
    LEAST_DRAWS,
    LINEAR,
    NONLINEAR,
    ResponseSurface,
    pooled_spread,
    shares_by_side,
    surface_notes,
    surface_parameters,
    surface_shape,
    with_surface_reasons,
)

if TYPE_CHECKING:
    from comply_measure.sem import Fit

Floats = npt.NDArray[np.float64]
Interval = Literal["montecarlo", "bootstrap"]


@dataclass(frozen=True)
class LatentPolynomial(Result):
    """A fitted latent polynomial.

    Attributes
    ----------
    fit : Fit
        The engine's result; ``fit.problems`` says what is wrong with it.
    coefficients : DataFrame
        ``name, estimate, se, z, p, ci_lower, ci_upper, n_units`` of b0 … b5, on the answer scale about ``centre``.
    surface : ResponseSurface
        a1 … a5 with delta-method errors; stationary point and axes with ``boot_lower, boot_upper``.
    checklist : CongruenceChecklist
    x, y : ndarray, shape (n,)
        Observed role scores about the centre (units with both): the region of the data.
    centre : float
    interval : {"montecarlo", "bootstrap"}
        Where ``boot_lower`` and ``boot_upper`` come from.
    n_units, n_informants, n_clusters, n_failed : int
        Units in the fit; informants with any indicator; clusters; replications that could not be fitted.
    problems : tuple of str
        Findings of the engine, in words.
    """

    fit: Fit
    coefficients: pd.DataFrame
    surface: ResponseSurface
    checklist: CongruenceChecklist
    x: Floats
    y: Floats
    centre: float
    interval: Interval
    n_units: int
    n_informants: int
    n_clusters: int
    n_failed: int
    problems: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Return one row per surface parameter, with the counts."""
        return self.surface.parameters.assign(
            n_units=self.n_units,
            n_informants=self.n_informants,
            n_clusters=self.n_clusters,
            note_fit="; ".join(self.problems),
        )


def latent_polynomial(
    wide: pd.DataFrame,
    factor: str,
    items: Sequence[str],
    roles: Sequence[str],
    outcome: str,
    centre: float,
    outcome_items: Sequence[str] = (),
    controls: Sequence[str] = (),
    cluster: str | None = None,
    interval: Interval = "montecarlo",
    replications: int = 2000,
    seed: int = 1,
    level: float = 0.95,
) -> LatentPolynomial:
    """Fit the latent polynomial by robust full-information maximum likelihood.

    Parameters
    ----------
    wide : DataFrame
        One row per unit: ``item.role``, the outcome and the controls. Incomplete units stay in.
    factor, items, roles, outcome, outcome_items, controls
        As for :func:`latent_polynomial_model`.
    centre : float
        Middle of the scale, or another value that both views are measured from.
    cluster : str, optional
        Column of the higher-level unit: cluster-robust errors, and clusters are resampled.
    interval : {"montecarlo", "bootstrap"}
        Intervals of all surface parameters: from draws of the coefficients' normal sampling distribution
        (Preacher & Selig 2012), or from refits to resampled units with the products made anew.
    replications : int
        Draws or refits.
    seed : int
    level : float

    Returns
    -------
    LatentPolynomial

    Raises
    ------
    ComplyError
        If the model cannot be built, or does not converge.

    Notes
    -----
    Unconstrained product-indicator approach (Marsh, Wen & Hau 2004) with matched pairs and double mean centring
    (Lin et al. 2010). Products are not normal: estimator MLR. Stationary point and axes have no delta-method
    errors (meaningless near a ridge).
    """
    if interval not in ("montecarlo", "bootstrap"):
        raise ComplyError(f"interval {interval!r} is unknown; allowed: montecarlo, bootstrap")
    if not is_share(level):
        raise ComplyError(f"level is {level}; it must lie between 0 and 1")
    if replications < 0:
        raise ComplyError(f"the number of replications is {replications}; it must be 0 or more")
    used = [wide_column(i, r) for r in roles for i in items]
    columns = [*used, *(outcome_items or [outcome]), *controls, *([cluster] if cluster else [])]
    absent = [c for c in columns if c not in wide.columns]
    if absent:
        raise ComplyError(f"column {absent[0]!r} is not in the data")
    text = latent_polynomial_model(factor, items, roles, outcome, outcome_items, controls)
    # a unit without any value adds nothing
    data = wide[list(dict.fromkeys(columns))].dropna(
        how="all", subset=columns[: len(columns) - bool(cluster)]
    )
    fit = _fitted(text, product_indicators(data, items, roles, centre), cluster, "robust")
    table = _defined(fit, level)
    if interval == "bootstrap":
        draws, failed = _refits(text, data, items, roles, centre, cluster, replications, seed)
    else:
        draws, failed = _draws(fit, replications, seed), 0
    x, y = _observed(data, items, roles, centre)
    n_clusters = int(data[cluster].nunique()) if cluster else 0
    surface = _surface(table, draws, (x, y), fit.n, n_clusters, level)
    coefficients = table.loc[list(COEFFICIENTS)].reset_index().assign(n_units=fit.n)
    return LatentPolynomial(
        fit=fit,
        coefficients=coefficients,
        surface=surface,
        checklist=congruence_checklist(None, surface, 1 - level),
        x=x,
        y=y,
        centre=centre,
        interval=interval,
        n_units=fit.n,
        n_informants=_informants(data, items, roles),
        n_clusters=n_clusters,
        n_failed=failed,
        problems=tuple(str(finding) for finding in fit.problems),
    )


def _fitted(text: str, data: pd.DataFrame, cluster: str | None, errors: str) -> Fit:
    from comply_measure import sem

    robust = errors == "robust"
    fit: Fit = sem.fit(
        text, data, estimator="MLR" if robust else "ML", missing="ml", meanstructure=True,
        cluster=cluster if robust else None, se=None if robust else "none", test=None if robust else "none",
    )  # fmt: skip
    if fit.unreached:
        raise ComplyError(f"the latent polynomial {fit.unreached}")
    return fit


def _defined(fit: Fit, level: float) -> pd.DataFrame:
    """b0 … b5 and a1 … a5, delta-method errors: estimate, se, z, p, ci_lower, ci_upper by name."""
    from scipy import stats

    rows = fit.estimates[fit.estimates["op"] == ":="].set_index("lhs").loc[[*COEFFICIENTS, *LINEAR]]
    half = stats.norm.ppf(0.5 + level / 2) * rows["se"]
    return pd.DataFrame(
        {
            "estimate": rows["est"],
            "se": rows["se"],
            "z": rows["z"],
            "p": rows["pvalue"],
            "ci_lower": rows["est"] - half,
            "ci_upper": rows["est"] + half,
        }
    ).rename_axis("name")


def _draws(fit: Fit, replications: int, seed: int) -> Floats:
    """Coefficients b0 … b5 drawn from their normal sampling distribution, shape (R, 6)."""
    V = coefficient_covariance(fit)
    if not replications or not np.isfinite(V).all():
        return np.zeros((0, len(COEFFICIENTS)))
    estimates = fit.estimates[fit.estimates["op"] == ":="].set_index("lhs")["est"]
    b = estimates.loc[list(COEFFICIENTS)].to_numpy(dtype=float)
    rng = np.random.default_rng(seed)
    return np.asarray(rng.multivariate_normal(b, V, size=replications, method="eigh"))


def coefficient_covariance(fit: Fit) -> Floats:
    """Delta-method covariance of b0 … b5, ``J V J'``, shape (6, 6); NaN without a covariance of the estimates."""
    from comply_measure.sem.table.namespace import Namespace

    defined = set(fit.estimates.loc[fit.estimates["op"] == ":=", "lhs"])
    if absent := [name for name in COEFFICIENTS if name not in defined]:
        raise ComplyError(
            f"the fit is no latent polynomial regression: it does not define {', '.join(absent)}"
        )
    V = fit.vcov_array
    if V is None:
        return np.full((len(COEFFICIENTS),) * 2, np.nan)
    known = Namespace(fit.model.table, fit.model.fixed_values).at(fit.theta)
    J = np.array([known[name].gradient for name in COEFFICIENTS])
    return np.asarray(J @ V @ J.T)


def _refits(
    text: str,
    data: pd.DataFrame,
    items: Sequence[str],
    roles: Sequence[str],
    centre: float,
    cluster: str | None,
    replications: int,
    seed: int,
) -> tuple[Floats, int]:
    """Coefficients in resampled units (or clusters), and how many refits failed."""
    rng = np.random.default_rng(seed)
    codes = pd.factorize(data[cluster])[0] if cluster else np.arange(len(data))
    members = [np.flatnonzero(codes == c) for c in range(int(codes.max()) + 1)]
    found = []
    for _ in range(replications):
        drawn = rng.integers(0, len(members), size=len(members))
        rows = np.concatenate([members[c] for c in drawn])
        try:
            sample = product_indicators(data.iloc[rows].reset_index(drop=True), items, roles, centre)
            estimates = _fitted(text, sample, None, "none").estimates
        except ComplyError:
            continue  # counted as failed
        defined = estimates[estimates["op"] == ":="].set_index("lhs")["est"]
        found.append(defined.loc[list(COEFFICIENTS)].to_numpy(dtype=float))
    values = np.array(found).reshape(-1, len(COEFFICIENTS))
    return values, replications - len(values)


def _surface(
    table: pd.DataFrame, draws: Floats, points: tuple[Floats, Floats], n: int, n_clusters: int, level: float
) -> ResponseSurface:
    b = table["estimate"].loc[list(COEFFICIENTS)].to_numpy(dtype=float)
    estimate = surface_parameters(b)
    linear = table.loc[list(LINEAR)].reset_index().rename(columns={"z": "t"})
    linear.insert(4, "df", np.inf)
    curved = pd.DataFrame({"name": NONLINEAR, "estimate": estimate[len(LINEAR) :]})
    parameters = pd.concat([linear, curved], ignore_index=True)
    parameters["boot_lower"], parameters["boot_upper"], parameters["n_boot"] = np.nan, np.nan, 0
    if len(draws):
        values = surface_parameters(draws)
        defined = np.isfinite(values).sum(axis=0)
        lower, upper = percentile_interval(values, two_tails(level), least=LEAST_DRAWS)
        parameters["boot_lower"], parameters["boot_upper"] = lower, upper
        parameters["n_boot"] = defined
    parameters["note"] = surface_notes(estimate)
    x, y = points
    near, over, under = shares_by_side(x, y) if len(x) > 1 else (np.nan, np.nan, np.nan)
    x0, y0 = estimate[5], estimate[6]
    inside = float("nan")
    if np.isfinite(x0 + y0) and len(x):
        inside = float(x.min() <= x0 <= x.max() and y.min() <= y0 <= y.max())
    return ResponseSurface(
        with_surface_reasons(parameters, len(draws)),
        surface_shape(b), near, over, under, inside, n, n_clusters, len(draws),
        pooled_spread(x, y) if len(x) > 1 else float("nan"),
    )  # fmt: skip


def _observed(
    data: pd.DataFrame, items: Sequence[str], roles: Sequence[str], centre: float
) -> tuple[Floats, Floats]:
    """Role means of the items about the centre, for units in which both are known."""
    scores = [data[[wide_column(i, r) for i in items]].mean(axis=1).to_numpy() - centre for r in roles]
    known = np.isfinite(scores[0]) & np.isfinite(scores[1])
    return scores[0][known], scores[1][known]


def _informants(data: pd.DataFrame, items: Sequence[str], roles: Sequence[str]) -> int:
    return sum(int(data[[wide_column(i, r) for i in items]].notna().any(axis=1).sum()) for r in roles)
