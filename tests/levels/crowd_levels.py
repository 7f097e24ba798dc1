"""Kept simulation: interchangeable informants within roles, by the number of units that have two of a role."""

from __future__ import annotations

import numpy as np
import pandas as pd

from comply_measure import sem
from comply_measure.models.informants import informants_wide, interchangeable_ct_cm1_model

Rates = dict[str, float]
ITEMS = ["a", "b", "c"]
ROLES = ("marketing", "sales", "it")
TRAIT = {"marketing": (1.0, 0.9, 1.1), "sales": (0.8, 0.8, 0.9), "it": (0.8, 0.7, 0.8)}
OWN = (1.0, 0.9, 1.1)
METHOD = {"sales": OWN, "it": OWN}  # in proportion: with one informant of a role the two are one factor
VARIANCES = {"trait": 0.45, "method": 0.2, "own": 0.25, "error": 0.3}
UNITS = (30, 50, 80, 120)


def crowd(rng: np.random.Generator, units: int, several: int, roles: tuple[str, ...]) -> pd.DataFrame:
    """Answers of one informant of every role in `units` units, of two of `roles` in the first `several`."""
    sd = {name: np.sqrt(value) for name, value in VARIANCES.items()}
    trait = rng.normal(0, sd["trait"], units)
    method = rng.multivariate_normal([0, 0], VARIANCES["method"] * np.array([[1, 0.3], [0.3, 1]]), units)
    tables = []
    for role in ROLES:
        for place in range(2):
            n = units if place == 0 else several if role in roles else 0
            own = rng.normal(0, sd["own"], n)
            y = np.outer(trait[:n], TRAIT[role]) + np.outer(own, OWN) + rng.normal(0, sd["error"], (n, 3))
            if role in METHOD:
                y = y + np.outer(method[:n, list(METHOD).index(role)], METHOD[role])
            tables.append(pd.DataFrame(y, columns=ITEMS).assign(unit=np.arange(n), role=role))
    return pd.concat(tables, ignore_index=True)


def planted(numbers: dict[str, int]) -> dict[tuple[str, str, str], tuple[str, float]]:
    """Parameter -> kind and true value; one of each that is held equal."""
    found = {("x.trait", "~~", "x.trait"): ("trait", VARIANCES["trait"])}
    for role in ROLES:
        if role in METHOD:
            mine = VARIANCES["method"] + (VARIANCES["own"] if numbers[role] == 1 else 0)
            found[f"x.method.{role}", "~~", f"x.method.{role}"] = ("method", mine)
            found |= {
                ("x.trait", "=~", f"{v}.{role}_1"): ("trait", TRAIT[role][i]) for i, v in enumerate(ITEMS)
            }
        if numbers[role] > 1:
            found[f"x.own.{role}_1", "~~", f"x.own.{role}_1"] = ("own", VARIANCES["own"])
    return found


def design(name: str, several: int) -> tuple[int, tuple[str, ...]]:
    """Units of a study, and the roles that have two informants in `several` of them."""
    return {
        "one role, 240 units": (240, ("marketing",)),
        "two roles, 240 units": (240, ("marketing", "sales")),
    }.get(name, (several, ROLES))


def interchangeable_informants(runs: int, counts: tuple[int, ...] = UNITS) -> Rates:
    """Admissible solutions of the CT-C(M−1) model of informants within roles, coverage in these (MLR)."""
    rates: Rates = {}
    for place, name in enumerate(("one role, 240 units", "two roles, 240 units", "three roles, no others")):
        for several in counts:
            rng = np.random.default_rng([several, place])
            units, roles = design(name, several)
            numbers = {role: 2 if role in roles else 1 for role in ROLES}
            text = interchangeable_ct_cm1_model("x", ITEMS, numbers, "marketing")
            kept, hits = 0, {}
            for _ in range(runs):
                wide = informants_wide(crowd(rng, units, several, roles), ITEMS, numbers).reset_index(
                    drop=True
                )
                fit = sem.fit(text, wide, estimator="MLR", missing="ml", meanstructure=True)
                if not (fit.has_optimum and fit.admissible):
                    continue
                kept += 1
                rows = fit.estimates.set_index(["lhs", "op", "rhs"])
                for key, (kind, truth) in planted(numbers).items():
                    row = rows.loc[key]
                    hits.setdefault(kind, []).append(abs(row["est"] - truth) <= 1.96 * row["se"])
            head = f"{name}, {several} with two"
            rates[f"{head}: admissible"] = kept / runs
            rates |= {f"{head}: coverage, {kind}": float(np.mean(each)) for kind, each in hits.items()}
    return rates


SIMULATIONS = {"interchangeable_informants": (interchangeable_informants, 100)}
