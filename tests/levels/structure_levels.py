"""Kept simulation of the shipped population: indirect effects and latent products, estimated in several ways."""

from __future__ import annotations

import warnings

import pandas as pd
from unit_levels import OUTCOMES, PLANTED, POPULATION, PREDICTORS, Rates, role_views, views_of_roles

from comply_measure import sem
from comply_measure.models.selling_center import MODERATIONS
from comply_measure.simulation import Population, load_population

DIMENSIONS = ["C", "O", "M", "P", "L", "Y"]
MEDIATORS = PREDICTORS[:4]
WAYS = ("means", "corrected", "sam")


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
    """Standardised planted products, by product indicators and LMS, of unit means with known error."""
    rows: list[dict[str, object]] = []
    for outcome in dict.fromkeys(name for name, _ in PLANTED):
        places = [place for name, place in PLANTED if name == outcome]
        products = [f"{MODERATIONS[place][0]}:{MODERATIONS[place][1]}" for place in places]
        text = f"{outcome} ~ {' + '.join([*PREDICTORS, *products])}\n"
        text += measured([*PREDICTORS, outcome], "corrected", errors)
        for way in ("product", "lms"):
            fit = sem.fit(
                text, table, estimator="MLR", missing="ml", cluster="firm", interactions=way,
                nodes=12 if way == "lms" else None,
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
    for way, mine in found[~found["way"].isin(["product", "lms"])].groupby("way"):
        for word, part in (("nonzero", mine[mine["true"] != 0]), ("zero", mine[mine["true"] == 0])):
            rates[f"{way} {word} bias"] = float((part["est"] - part["true"]).mean())
            rates[f"{way} {word} coverage"] = float(part["covers"].mean())
            rates[f"{way} {word} rejects"] = float(part["rejects"].mean())
    return rates


SIMULATIONS = {"unit_structures": (unit_structures, 200)}
