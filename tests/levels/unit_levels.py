"""Kept simulation of the shipped population: bias, coverage and power of its planted moderations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t

from comply_measure.instrument import load_scale
from comply_measure.models.selling_center import MODERATIONS, selling_center_hypotheses
from comply_measure.simulation import Population, load_population, simulate
from comply_measure.statistics.moderated_regression import moderated_regression

Rates = dict[str, float]
POPULATION = Path(__file__).parents[2] / "datasets" / "msi_triads" / "population.yaml"
PREDICTORS = [path.outcome for path in selling_center_hypotheses() if path.predictor == "alignment"]
PREDICTORS += list(dict.fromkeys(moderator for _, moderator in MODERATIONS))
OUTCOMES = list(
    dict.fromkeys(path.outcome for path in selling_center_hypotheses() if path.predictor != "alignment")
)
PRODUCTS = [(PREDICTORS.index(a), PREDICTORS.index(b)) for a, b in MODERATIONS]
TERMS = [*((place,) for place in range(len(PREDICTORS))), *PRODUCTS]
PLANTED = {
    ("salesperson_benefits", 0): 0.20, ("salesperson_benefits", 1): 0.15, ("marketer_benefits", 3): 0.15,
    ("customer_drawbacks", 0): -0.20, ("salesperson_drawbacks", 2): -0.15,
}  # fmt: skip


def views_of_roles(
    population: Population, seed: int, scale: str, names: list[str], roles: list[str]
) -> tuple[pd.DataFrame, pd.Series]:
    """What each role of a simulated study says of each construct, role means taken off, and the firms of the units."""
    rows = simulate(population, seed).responses
    rows = rows[rows["role"].isin(roles)]
    items = [item for item in load_scale(scale).items if item.id in rows.columns]
    answers = rows[[item.id for item in items]].astype(float)
    answers = answers.where(answers.ge(1) & answers.le(7))
    for item in items:
        if item.keying == -1:
            answers[item.id] = 8 - answers[item.id]
    scores = pd.DataFrame(
        {
            name: answers[[item.id for item in items if name in (item.construct, item.id[:1])]].mean(axis=1)
            for name in names
        }
    ).assign(unit=rows["unit"], role=rows["role"])
    # the answers of second informants are averaged with those of the first
    wide = scores.groupby(["unit", "role"]).mean().unstack("role")  # noqa: PD010
    firms = rows.drop_duplicates("unit").set_index("unit")["firm"].reindex(wide.index)
    return wide - wide.mean(), firms


def role_views(population: Population, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """What marketing and sales say of each construct of their selling center, and the firms of the units."""
    wide, firms = views_of_roles(population, seed, "smsc", [*PREDICTORS, *OUTCOMES], ["marketing", "sales"])
    first, second = (wide.xs(role, axis=1, level=1) for role in ("marketing", "sales"))
    return first, second, firms.to_numpy()


def one_study(population: Population, seed: int) -> list[tuple[bool, str, int, float, float, int]]:
    """Standardised products of each outcome with their errors, as they are and with measurement error off."""
    first, second, firms = role_views(population, seed)
    score = (first + second) / 2
    error = (score**2).mean() - (first * second).mean()
    influence = score**2 - first * second - error
    found = []
    for outcome in OUTCOMES:
        known = score[[*PREDICTORS, outcome]].notna().all(axis=1).to_numpy()
        X, y = score.loc[known, PREDICTORS].to_numpy(), score.loc[known, outcome].to_numpy()
        codes = pd.factorize(firms[known])[0]
        for corrected in (False, True):
            more = {
                "errors": error[PREDICTORS].to_numpy(),
                "influences": influence.loc[known, PREDICTORS].to_numpy(),
            }
            fit = moderated_regression(X, y, TERMS, codes, **(more if corrected else {}))
            spread = y.var() - corrected * float(error[outcome])
            for place, (a, b) in enumerate(PRODUCTS, start=len(PREDICTORS)):
                scale = np.sqrt(fit.variances[a] * fit.variances[b] / spread)
                se = np.sqrt(fit.covariance[place, place])
                found.append(
                    (
                        corrected,
                        outcome,
                        place - len(PREDICTORS),
                        fit.coefficients[place] * scale,
                        se * scale,
                        fit.df,
                    )
                )
    return found  # fmt: skip


def unit_moderations(runs: int) -> Rates:
    """Planted moderations of the shipped population from unit means, as they are and corrected."""
    population = load_population(POPULATION)
    rows = [row for seed in range(1, runs + 1) for row in one_study(population, seed)]
    table = pd.DataFrame(rows, columns=["corrected", "outcome", "product", "beta", "se", "df"])
    table["true"] = [PLANTED.get(key, 0.0) for key in zip(table["outcome"], table["product"], strict=True)]
    half = t.ppf(0.975, table["df"]) * table["se"]
    table["coverage"] = (table["beta"] - table["true"]).abs() <= half
    table["rejects"] = table["beta"].abs() > half
    table["cell"] = [
        f"{outcome} {MODERATIONS[product][1]}" if true else "others"
        for outcome, product, true in zip(table["outcome"], table["product"], table["true"], strict=True)
    ]
    found: Rates = {}
    for (corrected, cell), mine in table.groupby(["corrected", "cell"]):
        name = f"{'corrected' if corrected else 'means'} {cell}"
        found[f"{name} mean"] = float(mine["beta"].mean())
        found[f"{name} SD"] = float(mine["beta"].std())
        found[f"{name} coverage"] = float(mine["coverage"].mean())
        found[f"{name} rejects"] = float(mine["rejects"].mean())
    return found


SIMULATIONS = {"unit_moderations": (unit_moderations, 100)}
