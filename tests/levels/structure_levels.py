"""Kept simulation of the shipped population: indirect effects and latent products, estimated in several ways."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from unit_levels import OUTCOMES, PLANTED, POPULATION, PREDICTORS, Rates, role_views, views_of_roles

from comply_measure import sem
from comply_measure.evidence.moderated_mediation import moderated_mediations
from comply_measure.evidence.unit_variables import UnitVariables
from comply_measure.models import Hypothesis
from comply_measure.models.selling_center import MODERATIONS
from comply_measure.simulation import Population, load_population

DIMENSIONS = ["C", "O", "M", "P", "L", "Y"]
MEDIATORS = PREDICTORS[:4]
WAYS = ("means", "corrected", "sam")
STEPS = "products in two steps"


def true_indirect(population: Population) -> dict[tuple[str, str], float]:
    """Planted specific indirect effects of alignment, by mediator and outcome."""
    constructs = population.spec.constructs
    return {
        (mediator, outcome): constructs[mediator].paths["alignment"]
        * constructs[outcome].paths.get(mediator, 0.0)
        for mediator in MEDIATORS
        for outcome in OUTCOMES
    }


def unit_table(population: Population, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """Unit means, views ``name_m`` and ``name_s``, dimension scores and firms; error variances of the means."""
    first, second, _ = role_views(population, seed)
    score = (first + second) / 2
    errors = (score**2).mean() - (first * second).mean()
    dimensions, firms = views_of_roles(population, seed, "comply", DIMENSIONS, ["marketing", "sales", "it"])
    aligned = dimensions.T.groupby(level=0).mean().T[DIMENSIONS]
    views = [first.add_suffix("_m"), second.add_suffix("_s"), score.add_suffix("_mean"), aligned]
    return pd.concat(views, axis=1).assign(firm=firms), errors


def measured(names: list[str], way: str, errors: pd.Series) -> str:
    """Measurement of constructs by unit means, as they are or with known error, or by the views of both roles."""
    lines = {
        "means": "{0} =~ 1*{0}_mean\n{0}_mean ~~ 0*{0}_mean",
        "corrected": "{0} =~ 1*{0}_mean\n{0}_mean ~~ {1!r}*{0}_mean",
        "sam": "{0} =~ 1*{0}_m + 1*{0}_s",
    }
    return "\n".join(lines[way].format(name, float(errors[name])) for name in names)


def indirect_rows(table: pd.DataFrame, errors: pd.Series) -> list[dict[str, object]]:
    """Standardised specific indirect effects of alignment with Monte Carlo intervals."""
    structure = [f"alignment =~ {' + '.join(DIMENSIONS)}", *(f"{name} ~ alignment" for name in MEDIATORS)]
    structure += [f"{name} ~ {' + '.join(MEDIATORS)}" for name in OUTCOMES]
    for names in (MEDIATORS, OUTCOMES):
        structure += [f"{a} ~~ {' + '.join(names[k + 1 :])}" for k, a in enumerate(names[:-1])]
    rows: list[dict[str, object]] = []
    for way in WAYS:
        text = "\n".join(
            [*structure, *([] if way == "means" else [measured([*MEDIATORS, *OUTCOMES], way, errors)])]
        )
        data = (
            table.rename(columns={f"{n}_mean": n for n in (*MEDIATORS, *OUTCOMES)})
            if way == "means"
            else table
        )
        engine = sem.sam if way == "sam" else sem.fit
        fit = engine(text, data, estimator="MLR", missing="ml", cluster="firm")
        if not fit.has_optimum:
            continue
        effects = sem.indirect_effects(fit, "alignment", draws=2000).tidy()
        effects = effects[effects["kind"] == "specific"]
        for mediator, outcome, est, low, high in zip(
            effects["through"], effects["outcome"], effects["est_std"], effects["std_mc_lower"],
            effects["std_mc_upper"], strict=True,
        ):  # fmt: skip
            rows.append({"way": way, "cell": (mediator, outcome), "est": est, "lower": low, "upper": high})
    return rows


def product_rows(table: pd.DataFrame, errors: pd.Series) -> list[dict[str, object]]:
    """Standardised planted products: of unit means with known error, by product indicators and LMS; in two steps."""
    rows: list[dict[str, object]] = []
    for outcome in dict.fromkeys(name for name, _ in PLANTED):
        places = [place for name, place in PLANTED if name == outcome]
        products = [f"{MODERATIONS[place][0]}:{MODERATIONS[place][1]}" for place in places]
        equation, names = f"{outcome} ~ {' + '.join([*PREDICTORS, *products])}\n", [*PREDICTORS, outcome]
        for way in ("product", "lms", STEPS):
            if way == STEPS:
                text = equation + measured(names, "sam", errors)
                fit = sem.sam(text, table, estimator="MLR", cluster="firm")
            else:
                fit = sem.fit(
                    equation + measured(names, "corrected", errors), table, estimator="MLR", missing="ml",
                    cluster="firm", interactions=way, nodes=12 if way == "lms" else None,
                )  # fmt: skip
            if not fit.has_optimum:
                continue
            found = fit.standardized()
            found = found[(found["op"] == "~") & (found["lhs"] == outcome)].set_index("rhs")
            for place, product in zip(places, products, strict=True):
                est, se = found.loc[product, "est_std"], found.loc[product, "se"]
                rows.append(
                    {
                        "way": way,
                        "cell": (outcome, place),
                        "est": est,
                        "lower": est - 1.96 * se,
                        "upper": est + 1.96 * se,
                    }
                )
    return rows


def two_level_paths(runs: int) -> Rates:
    """Standardised path .5 between what informants share (30 % of variance), who say .4 alike in both beside it."""
    rows = []
    shared = np.array([[0.3, 0.15], [0.15, 0.3]])
    apart = np.array([[0.7, 0.28], [0.28, 0.7]])
    for n_units in (80, 240):
        for seed in range(runs):
            rng = np.random.default_rng([seed, n_units])
            unit = np.repeat(np.arange(n_units), 3)
            values = rng.multivariate_normal([0, 0], shared, n_units)[unit]
            values = values + rng.multivariate_normal([0, 0], apart, len(unit))
            kept = rng.random(len(unit)) > 0.15
            data = pd.DataFrame(values, columns=["x", "y"]).assign(unit=unit)[kept]
            means = data.groupby("unit")[["x", "y"]].mean()
            for way, fit in _ways(data, means).items():
                row = (
                    fit.standardized().query("op == '~'").iloc[0]
                    if fit.has_optimum and fit.admissible
                    else None
                )
                if row is not None:
                    rows.append((f"{n_units} {way}", row["est_std"], row["ci_lower"], row["ci_upper"]))
    found = pd.DataFrame(rows, columns=["way", "est", "lower", "upper"])
    rates: Rates = {}
    for way, mine in found.groupby("way", sort=False):
        rates[f"{way}, share with a result"] = len(mine) / runs
        rates[f"{way}, mean"] = mine["est"].mean()
        rates[f"{way}, SD"] = mine["est"].std()
        rates[f"{way}, coverage"] = ((mine["lower"] <= 0.5) & (mine["upper"] >= 0.5)).mean()
    return rates


def _ways(data: pd.DataFrame, means: pd.DataFrame) -> dict[str, sem.Fit]:
    """The path by unit means, by these with known error, and on two levels."""
    size = data.groupby("unit").size()
    rest = data[["x", "y"]] - data.groupby("unit")[["x", "y"]].transform("mean")
    error = (rest**2).sum() / (len(data) - len(size)) * (1 / size).mean()
    lines = [f"{v.upper()} =~ 1*{v}\n{v} ~~ {float(error[v])!r}*{v}" for v in "xy"]
    return {
        "unit means": sem.fit("y ~ x", means, estimator="MLR", fixed_x=False),
        "corrected means": sem.fit("\n".join([*lines, "Y ~ X"]), means, estimator="MLR"),
        "two levels": sem.fit(
            "level: 1\nx ~~ y\nlevel: 2\ny ~ x",
            data,
            estimator="MLR",
            missing="ml",
            cluster="unit",
            fixed_x=False,
        ),
    }


def unit_structures(runs: int) -> Rates:
    """Indirect effects and planted products of the shipped population: bias, SD, coverage and power."""
    population = load_population(POPULATION)
    rows: list[dict[str, object]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sem.SemWarning)
        for seed in range(1, runs + 1):
            table, errors = unit_table(population, seed)
            rows += indirect_rows(table, errors) + product_rows(table, errors)
    found = pd.DataFrame(rows)
    truth = {**true_indirect(population), **PLANTED}
    found["true"] = found["cell"].map(truth)
    return summary(found, runs)


def summary(found: pd.DataFrame, runs: int) -> Rates:
    """Mean, SD, coverage, power and share of fits with an optimum, by way and effect."""
    found["covers"] = (found["lower"] <= found["true"]) & (found["true"] <= found["upper"])
    found["rejects"] = (found["lower"] > 0) | (found["upper"] < 0)
    rates: Rates = {}
    for (way, cell), mine in found.groupby(["way", "cell"]):
        true = float(mine["true"].iloc[0])
        name = f"{way} {cell[0]} {MODERATIONS[cell[1]][1] if isinstance(cell[1], int) else cell[1]}"
        rates[f"{name} true"] = true
        rates[f"{name} mean"] = float(mine["est"].mean())
        rates[f"{name} SD"] = float(mine["est"].std())
        rates[f"{name} coverage"] = float(mine["covers"].mean())
        rates[f"{name} rejects"] = float(mine["rejects"].mean())
        rates[f"{name} found"] = len(mine) / runs
    for way, mine in found[~found["way"].isin(["product", "lms", STEPS])].groupby("way"):
        for word, part in (("nonzero", mine[mine["true"] != 0]), ("zero", mine[mine["true"] == 0])):
            rates[f"{way} {word} bias"] = float((part["est"] - part["true"]).mean())
            rates[f"{way} {word} coverage"] = float(part["covers"].mean())
            rates[f"{way} {word} rejects"] = float(part["rejects"].mean())
    return rates


class Drawn(UnitVariables):
    """Unit scores of a simulated study: means of the views of the roles, whose disagreement is their error."""

    def __init__(self, views: dict[str, pd.DataFrame]) -> None:
        self.tables = views

    @property
    def constructs(self) -> dict[str, Any]:  # type: ignore[override]
        """Every score has views."""
        return dict.fromkeys(self.tables)

    @property
    def overall(self) -> dict[str, tuple[str, ...]]:  # type: ignore[override]
        """None: alignment is the mean of what roles say of it."""
        return {}

    def score(self, name: str) -> pd.Series:
        """Mean over roles."""
        return self.tables[name].mean(axis=1, skipna=False)

    def _view_table(self, name: str) -> pd.DataFrame:
        return self.tables[name]


def drawn(population: Population, seed: int) -> tuple[Drawn, pd.Series]:
    """A simulated study and its firms."""
    first, second, _ = role_views(population, seed)
    dimensions, firms = views_of_roles(population, seed, "comply", DIMENSIONS, ["marketing", "sales", "it"])
    views = {name: pd.DataFrame({"m": first[name], "s": second[name]}) for name in first}
    views["alignment"] = dimensions.T.groupby(level=1).mean().T
    return Drawn(views), firms


def moderated_indirect(runs: int) -> Rates:
    """Indices of moderated mediation of the shipped population: alignment through what facilitators moderate."""
    population = load_population(POPULATION)
    paths = population.spec.constructs
    stated, truth = [], []
    for (outcome, place), coefficient in PLANTED.items():
        mediator, moderator = MODERATIONS[place]
        stated.append(Hypothesis(outcome, "alignment", 1, moderator, "", (mediator,)))
        truth.append(paths[mediator].paths["alignment"] * coefficient)
        stated += [Hypothesis(outcome, name, 1) for name in MEDIATORS]
    rows = []
    for seed in range(1, runs + 1):
        variables, firms = drawn(population, seed)
        for corrected in (False, True):
            found = moderated_mediations(stated, variables, corrected=corrected, clusters=firms, seed=seed)
            assert found is not None
            index = found[found["kind"] == "index"]
            low, high, est = (
                index[name].to_numpy(dtype=float) for name in ("std_lower", "std_upper", "est_std")
            )
            rows.append(
                pd.DataFrame({"corrected": corrected, "est": est, "low": low, "high": high, "true": truth})
            )
    table = pd.concat(rows)
    rates: Rates = {}
    for corrected, mine in table.groupby("corrected"):
        way = "corrected" if corrected else "means"
        sign = np.sign(mine["true"])
        rates[f"{way} share of planted"] = float((mine["est"] * sign).mean() / mine["true"].abs().mean())
        rates[f"{way} coverage"] = float(
            ((mine["low"] <= mine["true"]) & (mine["true"] <= mine["high"])).mean()
        )
        rates[f"{way} rejects"] = float(((mine["low"] > 0) | (mine["high"] < 0)).mean())
    return rates


SIMULATIONS = {
    "unit_structures": (unit_structures, 200),
    "moderated_indirect": (moderated_indirect, 200),
    "two_level_paths": (two_level_paths, 500),
}
