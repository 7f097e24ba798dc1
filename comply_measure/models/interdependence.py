"""The actor-partner interdependence model of two distinguishable roles (Kenny, Kashy & Cook, 2006)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.models.dyads import HEADLINE, DyadModel, Dyads, dyads, measures
from comply_measure.results import Result
from comply_measure.sem import Fit
from comply_measure.statistics.bootstrap import percentile_interval, two_tails

DRAWS = 20_000
CLEAR = 1.96  # standard errors that an actor effect is from zero before a ratio is formed


@dataclass(frozen=True, eq=False)
class ActorPartner(Result):
    """Actor and partner effects of two roles.

    Attributes
    ----------
    effects : DataFrame
        ``outcome_role, effect (actor, partner), predictor, predictor_role, est, se, z, pvalue, ci_lower, ci_upper,
        est_std, std_lower, std_upper, rating``; ``rating`` is ``self`` for the owner's outcome, ``other`` for the other
        role's, empty without an owner.
    tests : DataFrame
        ``test, df, statistic, pvalue, method, note``: χ² differences to the model without the equality.
        ``distinguishability`` is the omnibus test; ``loadings`` and ``item_intercepts`` are of factors.
    ratios : DataFrame
        ``outcome_role, predictor, k, lower, upper, note``: ``k = p/a`` with its Monte Carlo interval.
    views : DataFrame
        ``variable, mean_1, mean_2, difference, se, pvalue, sd_1, sd_2, correlation, lower, upper``: what both roles say
        of the same variable; of factors, means are differences to role 1's.
    fit : Fit
        The model without equalities.
    roles : tuple of str
    n_units, n_pairs : int
        Units with one role or both, with both.
    notes : tuple of str
    """

    effects: pd.DataFrame
    tests: pd.DataFrame
    ratios: pd.DataFrame
    views: pd.DataFrame
    fit: Fit
    roles: tuple[str, str]
    n_units: int
    n_pairs: int
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """The effects."""
        return self.effects.copy()


def actor_partner(
    data: pd.DataFrame,
    predictors: str | Sequence[str] | Mapping[str, Sequence[str]],
    outcome: str | Mapping[str, Sequence[str]],
    roles: Sequence[str] | None = None,
    *,
    owner: str | None = None,
    estimator: Literal["ML", "MLR"] = "ML",
    missing: Literal["ml", "listwise"] = "ml",
    cluster: str | None = None,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 1,
) -> ActorPartner:
    """Effects of one's own and of the partner's predictor on the outcome of each of two roles.

    Roles are distinguishable: each has means, variances and effects of its own. The omnibus test of distinguishability
    sets means and variances of predictors (with several, their covariances within roles and across them), actor
    and partner effects, and intercepts and residual variances of the outcome equal; χ² difference with six degrees of
    freedom for one predictor (Kenny, Kashy & Cook, 2006, ch. 7). Where items measure a variable it is a factor in each
    role, with equal loadings and intercepts, which are tested too, and residuals that covary between roles.

    ``k = p/a`` (Kenny & Ledermann, 2010) is 1 for a couple, −1 for a contrast, 0 for an actor-only pattern; it is told
    where the actor effect is clearly not 0.

    Parameters
    ----------
    data : DataFrame
        A row per informant with ``unit``, ``role`` and the columns. Several informants of a role count as their mean.
    predictors : str, sequence of str, or mapping
        Columns, or names with their items (``{"trust": ["t1", "t2", "t3"]}``).
    outcome : str or mapping
        As predictors, one of them. It may be each role's own, or the same thing as both see it.
    roles : sequence of str, optional
        Two roles; those of the data where these are two.
    owner : str, optional
        The role whom an outcome that both rate is about.
    estimator, missing, cluster
        As for :func:`comply_measure.sem.fit`; a cluster (``firm``) needs MLR. ``ml`` keeps units with one role.
    level : float
        Confidence level.
    draws, seed : int
        Of the Monte Carlo intervals of k.

    Returns
    -------
    ActorPartner

    Raises
    ------
    InputError
        For wrong columns or roles, a role without answers, columns without variance, too few units with both roles.
    ComplyError
        When the model without equalities cannot be estimated.
    """
    found = measures(outcome, "outcome")
    given = measures(predictors, "predictors")
    _require_distinct(given, found)
    if cluster is not None and estimator != "MLR":
        raise InputError(HEADLINE, [Problem("needs estimator MLR", column="cluster", value=cluster)])
    table = dyads(data, given, found[0], roles, () if cluster is None else (cluster,))
    if owner is not None and owner not in table.roles:
        problem = Problem(
            "not one of the two roles", column="owner", value=owner, allowed=", ".join(table.roles)
        )
        raise InputError(HEADLINE, [problem])
    model = DyadModel(table)

    def fit(text: str) -> Fit:
        return sem.fit(
            text, table.table, estimator=estimator, missing=missing, cluster=cluster, meanstructure=True
        )

    base = fit(model.text())
    if not base.has_optimum:
        raise ComplyError(f"the actor-partner model {base.unreached}")
    return ActorPartner(
        effects=_effects(base, table, owner, level),
        tests=pd.DataFrame(_tests(base, model, fit)),
        ratios=pd.DataFrame(_ratios(base, table, level, draws, seed)),
        views=pd.DataFrame(_views(model, fit, level)),
        fit=base,
        roles=table.roles,
        n_units=base.n,
        n_pairs=table.n_pairs,
        notes=(*table.notes, *(each.message for each in base.problems if each.serious)),
    )


def _require_distinct(given: Sequence[Any], found: Sequence[Any]) -> None:
    """One outcome, and no column in two variables."""
    problems = []
    if len(found) != 1:
        problems.append(Problem("more than one outcome", column="outcome", allowed="one"))
    items = [item for each in (*given, *found) for item in each.items]
    names = [each.name for each in (*given, *found)]
    twice = dict.fromkeys(x for x in items + names if items.count(x) > 1 or names.count(x) > 1)
    problems += [Problem("stands in two places", column=str(name)) for name in twice]
    if problems:
        raise InputError(HEADLINE, problems)


def _numbers(table: pd.DataFrame, labels: Sequence[str]) -> dict[str, dict[str, float]]:
    """Numeric columns of a table by label."""
    found: dict[str, dict[str, float]] = {}
    for label, row in zip(labels, table.to_dict("records"), strict=True):
        if label:
            found.setdefault(label, {str(k): v for k, v in row.items() if isinstance(v, float | int)})
    return found


def _effects(fit: Fit, table: Dyads, owner: str | None, level: float) -> pd.DataFrame:
    from comply_measure.sem.tables import normal_quantile

    labels = fit.estimates["label"].tolist()
    plain, standard = (_numbers(table, labels) for table in (fit.estimates, fit.standardized("all")))
    half = normal_quantile(level)
    rows = []
    for r, role in enumerate(table.roles, start=1):
        for effect, source in (("actor", role), ("partner", table.roles[2 - r])):
            for k, each in enumerate(table.predictors):
                label = f"{effect[0]}{r}_{k}"
                one, std = plain[label], standard[label]
                numbers = {name: one[name] for name in ("est", "se", "z", "pvalue")}
                numbers |= {
                    "ci_lower": numbers["est"] - half * numbers["se"],
                    "ci_upper": numbers["est"] + half * numbers["se"],
                    "est_std": std["est_std"],
                    "std_lower": std["est_std"] - half * std["se"],
                    "std_upper": std["est_std"] + half * std["se"],
                }
                about = {
                    "outcome_role": role,
                    "effect": effect,
                    "predictor": each.name,
                    "predictor_role": source,
                }
                rating = "" if owner is None else ("self" if role == owner else "other")
                rows.append(about | numbers | {"rating": rating})
    return pd.DataFrame(rows)


def _tests(base: Fit, model: DyadModel, fit: Any) -> Iterator[dict[str, Any]]:
    """The omnibus test, tests of effects, and of what else may differ."""
    equal = model.equalities()
    everything = tuple(text for texts in equal.values() for text in texts)
    asked = {"distinguishability": everything}
    asked |= {
        "effects": (*equal["actor"], *equal["partner"]),
        **equal,
    }
    for name, constraints in asked.items():
        text = "\n".join((model.text(), *constraints))
        yield _difference(name, base, lambda t=text: fit(t), len(constraints))
    if any(each.latent for each in (*model.dyads.predictors, model.dyads.outcome)):
        yield from _measurement_tests(model, fit)


def _measurement_tests(model: DyadModel, fit: Any) -> Iterator[dict[str, Any]]:
    """Equal loadings against none, equal intercepts of items against equal loadings."""
    latent = [each for each in (*model.dyads.predictors, model.dyads.outcome) if each.latent]
    df = sum(len(each.items) - 1 for each in latent)
    steps = (("loadings", {"loadings": False, "intercepts": False}, {"intercepts": False}),)
    steps += (("item_intercepts", {"intercepts": False}, {}),)  # type: ignore[assignment]
    for name, wide, narrow in steps:
        try:
            free = fit(model.text(**wide))
        except ComplyError as error:
            yield _no_test(name, df, " ".join(str(error).split()))
            continue
        yield _difference(name, free, lambda n=narrow: fit(model.text(**n)), df)


def _difference(name: str, free: Fit, make: Any, df: int) -> dict[str, Any]:
    """χ² difference of a model with equalities to the one without; NaN with the reason."""
    if not free.has_optimum:
        return _no_test(name, df, f"the model without equalities {free.unreached}")
    try:
        equal = make()
        if not equal.has_optimum:
            return _no_test(name, df, f"the model with equalities {equal.unreached}")
        found = sem.compare(free, equal, names=("free", "equal"))
    except ComplyError as error:
        return _no_test(name, df, " ".join(str(error).split()))
    statistic, difference, p = (
        float(found[column].to_numpy()[-1]) for column in ("Chisq diff", "Df diff", "Pr(>Chisq)")
    )
    return {
        "test": name, "df": int(difference), "statistic": statistic, "pvalue": p,
        "method": str(found.attrs["method"]), "note": "; ".join(found.attrs["notes"]),
    }  # fmt: skip


def _no_test(name: str, df: int, why: str) -> dict[str, Any]:
    return {"test": name, "df": df, "statistic": math.nan, "pvalue": math.nan, "method": "", "note": why}


def _ratios(fit: Fit, table: Dyads, level: float, draws: int, seed: int) -> Iterator[dict[str, Any]]:
    plain = _numbers(fit.estimates, fit.estimates["label"].tolist())
    vcov = fit.vcov_array
    rng = np.random.default_rng(seed)
    for r, role in enumerate(table.roles, start=1):
        for k, each in enumerate(table.predictors):
            actor, partner = f"a{r}_{k}", f"p{r}_{k}"
            a, p = plain[actor]["est"], plain[partner]["est"]
            about: dict[str, Any] = {"outcome_role": role, "predictor": each.name}
            lost = {"k": math.nan, "lower": math.nan, "upper": math.nan}
            if vcov is None or not np.isfinite(vcov).all():
                yield about | lost | {"note": "no covariance matrix of the estimates"}
                continue
            at = [int(plain[name]["free"]) - 1 for name in (actor, partner)]
            V = vcov[np.ix_(at, at)]
            if abs(a) < CLEAR * math.sqrt(V[0, 0]):
                yield about | lost | {"note": "the actor effect is not clearly different from zero"}
                continue
            drawn = rng.multivariate_normal([a, p], V, size=draws, method="eigh")
            low, high = percentile_interval(drawn[:, 1] / drawn[:, 0], two_tails(level))
            yield about | {"k": p / a, "lower": float(low), "upper": float(high), "note": ""}


def _views(model: DyadModel, fit: Any, level: float) -> Iterator[dict[str, Any]]:
    """Means, spread and correlation of what both roles say, from the model of moments alone."""
    from comply_measure.sem.tables import normal_quantile

    table = model.dyads
    variables = [
        (each, f"m1_{k}", f"m2_{k}", f"v1_{k}", f"v2_{k}") for k, each in enumerate(table.predictors)
    ]
    variables.append((table.outcome, "i1", "i2", "e1", "e2"))
    definitions = [
        f"d_{k} := {'0 - ' if each.latent else f'{first} - '}{second}"
        for k, (each, first, second, _, _) in enumerate(variables)
    ]
    found = fit("\n".join((model.text(paths=False), *definitions)))
    rows = _numbers(found.estimates, found.estimates["label"].tolist())
    standard = found.standardized("all")
    half = normal_quantile(level)
    for k, (each, first, second, v1, v2) in enumerate(variables):
        ends = [name.strip("`") for name in (each.of(table.roles[0]), each.of(table.roles[1]))]
        between = standard[(standard["op"] == "~~") & standard["lhs"].isin(ends) & standard["rhs"].isin(ends)]
        (r,) = _numbers(between[between["lhs"] != between["rhs"]], ["r"]).values()
        difference = rows[f"d_{k}"]
        yield {
            "variable": each.name,
            "mean_1": 0.0 if each.latent else rows[first]["est"],
            "mean_2": rows[second]["est"],
            "difference": difference["est"],
            "se": difference["se"],
            "pvalue": difference["pvalue"],
            "sd_1": math.sqrt(max(rows[v1]["est"], 0.0)),
            "sd_2": math.sqrt(max(rows[v2]["est"], 0.0)),
            "correlation": r["est_std"],
            "lower": r["est_std"] - half * r["se"],
            "upper": r["est_std"] + half * r["se"],
        }
