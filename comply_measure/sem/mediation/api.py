"""``sem.indirect_effects``: what leads to what, and through what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from comply_measure.errors import Problem
from comply_measure.sem.arguments import check_arguments, confidence_level, whole_number
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.interactions.slopes import chosen_values
from comply_measure.sem.language.records import columns_of
from comply_measure.sem.mediation.effects import Effect, Pieces, combination
from comply_measure.sem.mediation.intervals import Estimated
from comply_measure.sem.mediation.plan import GroupPlan, differences, require_few
from comply_measure.sem.mediation.result import IndirectEffects
from comply_measure.sem.mediation.routes import Graph, graph_of
from comply_measure.sem.tables import wald_columns
from comply_measure.statistics.words import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.bootstrap.fit import BootstrapFit
    from comply_measure.sem.result import Fit

NO_ROUTE = "no route of two steps or more"
DRAWS = 20_000
SEED = 1


def indirect_effects(
    fit: Fit,
    predictor: str | None = None,
    outcome: str | None = None,
    through: str | None = None,
    at: float | Sequence[float] | Mapping[str, Any] | None = None,
    level: float = 0.95,
    draws: int = DRAWS,
    bootstrap: int = 0,
    seed: int = SEED,
    n_jobs: int = 1,
) -> IndirectEffects:
    """Indirect effects of a fit, found from its paths.

    A specific indirect effect is the product of the paths along one route, the total indirect effect the sum over all
    routes, the total effect that with the direct path. Where a product ``X:W`` moderates a step, the step is
    ``b_X + b_XW (w − c)``, and effects are told at values of W (Preacher, Rucker & Hayes, 2007; Edwards & Lambert,
    2007). The index of moderated mediation is the change of the effect with one unit of W (Hayes, 2015).

    Parameters
    ----------
    fit : Fit
        Any fit whose paths form no loop; also from :func:`comply_measure.sem.sam`. Of models of two levels, the effects
        of each level that has any; ``group`` names it (``within``, ``between``).
    predictor, outcome, through : str, optional
        Only effects of, on, and through these variables; all of them by default.
    at : float, sequence or mapping, optional
        Values of moderators, by moderator where there are several: numbers, or numbers by name. By default the mean
        and one standard deviation to both sides, or both values of one that has two. They are taken as given.
    level : float
        Confidence level.
    draws : int
        Of the Monte Carlo method, 100 or more.
    bootstrap : int
        Replications; 0: none, unless the fit has been bootstrapped, whose replications are then used.
    seed : int
        Of draws and replications.
    n_jobs : int
        Cores of the bootstrap.

    Returns
    -------
    IndirectEffects
        With ``tidy()``, ``of(kind)`` and ``suppression()``.

    Raises
    ------
    InputError
        When a name is not in the model or an argument is not valid.
    ModelError
        When the model has no indirect effect, loops, products on two levels, or no finite optimum.
    """
    _check(draws, seed, bootstrap, n_jobs)
    confidence = confidence_level(level)
    if not fit.has_optimum:
        raise ModelError(f"the fit {fit.unreached}: there are no effects to tell")
    table, values = fit.model.table, fit.model.values(fit.theta)
    graphs = [graph_of(table, values, number) for number in range(1, table.n_groups + 1)]
    _require_one_level_of_products(fit)
    sources, targets = _asked(graphs, predictor, outcome, through)
    chosen = _chosen(fit, at)
    pieces, effects, notes = Pieces(), cast("list[Effect]", []), cast("dict[str, None]", {})
    names = [block.name for block in fit.model.sample.groups]
    for graph, name in zip(graphs, names, strict=True):
        require_few(graph, sources, targets)
        plan = GroupPlan(fit, graph, chosen, pieces, name)
        effects += plan.effects(sources, targets, through)
        notes |= plan.notes
    if not effects:
        raise ModelError(f"{NO_ROUTE} leads from one variable to another")
    told, levels = tuple(effects), table.options.levels
    for place in range(levels if len(graphs) > levels else 0):
        effects += differences(told, names[place::levels])
    estimated = Estimated(fit, pieces, combination(effects, len(pieces.pieces)), fit.vcov_array)
    resampled = _resampled(fit, bootstrap, seed, n_jobs)
    frame = _frame(effects, estimated, confidence, draws, seed, resampled)
    done = None if resampled is None else resampled.naive
    if fit.vcov_array is None or not np.isfinite(fit.vcov_array).all():
        notes["the fit has no covariance matrix of its estimates: no delta and no Monte Carlo intervals"] = (
            None
        )
    if done is not None and done.failed:
        notes[f"{done.failed} of {done.asked} replications could not be fitted and are left out"] = None
    return IndirectEffects(
        frame, confidence, draws, 0 if done is None else len(done.good), seed, tuple(notes)
    )


def _require_one_level_of_products(fit: Fit) -> None:
    table = fit.model.table
    moderated = any(
        op == "~" and len(columns_of(rhs)) > 1 for op, rhs in zip(table.op, table.rhs, strict=True)
    )
    if moderated and table.options.levels > 1:
        raise ModelError(f"moderated effects are not available for {fit.model.family.name}")


def _check(draws: Any, seed: Any, bootstrap: Any, n_jobs: Any) -> None:
    problems = [
        whole_number("draws", draws, 100, "a whole number, 100 or more"),
        whole_number("seed", seed, 0, "a whole number, 0 or more"),
    ]
    found = [problem for problem in problems if problem is not None]
    if found:
        raise InputError("The effects cannot be told.", found)
    if not (type(bootstrap) is int and bootstrap == 0):
        check_arguments(
            "The effects cannot be told.", bootstrap=(bootstrap, "replications"), n_jobs=(n_jobs, "workers")
        )


def _asked(
    graphs: Sequence[Graph], predictor: str | None, outcome: str | None, through: str | None
) -> tuple[list[str], list[str]]:
    """Predictors and outcomes, every name checked."""
    sources = list(dict.fromkeys(name for graph in graphs for name in graph.sources))
    targets = list(dict.fromkeys(name for graph in graphs for name in graph.outcomes))
    middle = [name for name in targets if name in sources]
    problems = []
    for column, name, known in (
        ("predictor", predictor, sources),
        ("outcome", outcome, targets),
        ("through", through, middle),
    ):
        if name is not None and name not in known:
            said = f"not such a variable of the model{did_you_mean(name, known)}"
            problems.append(Problem(said, column=column, value=name, allowed=", ".join(known)))
    if problems:
        raise InputError("The model has no such effect.", problems)
    return ([predictor] if predictor else sources), ([outcome] if outcome else targets)


def _chosen(fit: Fit, at: Any) -> dict[str, dict[str, float]]:
    """Values of moderators by moderator and name."""
    if at is None:
        return {}
    table = fit.model.table
    parts = [columns_of(rhs) for rhs, op in zip(table.rhs, table.op, strict=True) if op == "~"]
    known = list(dict.fromkeys(name for each in parts if len(each) == 2 for name in each))
    if not known:
        raise InputError(
            "The effects cannot be told.", [Problem("the model has no moderator", column="at", value=at)]
        )
    if not (isinstance(at, Mapping) and any(name in known for name in at)):
        moderators = list(dict.fromkeys(each[1] for each in parts if len(each) == 2))
        if len(moderators) > 1 or isinstance(at, Mapping):
            wrong = Problem("say which moderator is meant", column="at", value=at, allowed=", ".join(known))
            raise InputError("The effects cannot be told.", [wrong])
        at = {moderators[0]: at}
    strange = [
        Problem("no moderator", column="at", value=n, allowed=", ".join(known)) for n in at if n not in known
    ]
    if strange:
        raise InputError("The effects cannot be told.", strange)
    return {str(name): cast("dict[str, float]", chosen_values(values)) for name, values in at.items()}


def _resampled(fit: Fit, bootstrap: int, seed: int, n_jobs: int) -> BootstrapFit | None:
    from comply_measure.sem.bootstrap.fit import BootstrapFit

    if bootstrap:
        return fit.bootstrap(bootstrap, "ordinary", seed, n_jobs)
    return fit if isinstance(fit, BootstrapFit) and fit.naive is not None else None


def _frame(
    effects: Sequence[Effect],
    estimated: Estimated,
    level: float,
    draws: int,
    seed: int,
    resampled: BootstrapFit | None,
) -> pd.DataFrame:
    import pandas as pd

    names = ("kind", "predictor", "through", "outcome", "moderator", "at", "group", "name")
    columns: dict[str, Any] = {
        name: np.array([getattr(effect, name) for effect in effects], dtype=object) for name in names
    }
    (est, est_std), (se, se_std) = estimated.points(), estimated.errors()
    columns |= wald_columns(est, se, level)
    plain, scaled, columns["mc_pvalue"] = estimated.monte_carlo(draws, seed, level)
    columns["mc_lower"], columns["mc_upper"] = plain
    own = resampled is not None and resampled.naive is not None
    limits = estimated.bootstrap(resampled, resampled.naive, level) if own else {}  # type: ignore[arg-type,union-attr]
    for kind in ("perc", "bca"):
        if kind in limits:
            columns[f"{kind}_lower"], columns[f"{kind}_upper"] = limits[kind]
    columns |= {"est_std": est_std, "se_std": se_std}
    columns["std_mc_lower"], columns["std_mc_upper"] = scaled
    if "std_perc" in limits:
        columns["std_perc_lower"], columns["std_perc_upper"] = limits["std_perc"]
    return pd.DataFrame(columns)
