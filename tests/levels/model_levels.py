"""Kept simulations of models: coverage and size where a method factor is planted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from comply_measure import models
from comply_measure.models.method_variance import wording_factor

Rates = dict[str, float]
FACTORS = {"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3", "c4"]}
REVERSED = ("a3", "b3", "c4")
ITEMS = [item for items in FACTORS.values() for item in items]
AGREEING = 0.2


def wording_covariance(wording: float, agreeing: float = AGREEING) -> np.ndarray:
    """Population of ten items of three factors, three of them reverse-keyed, variances 1."""
    loadings = np.zeros((10, 3))
    for column, items in enumerate(FACTORS.values()):
        for place, item in enumerate(items):
            loadings[ITEMS.index(item), column] = 0.8 - 0.05 * place - 0.1 * (item in REVERSED)
    factors = np.array([[1, 0.5, 0.4], [0.5, 1, 0.6], [0.4, 0.6, 1]])
    turned = np.array([item in REVERSED for item in ITEMS], dtype=float)
    implied = loadings @ factors @ loadings.T
    implied += np.outer(1 - 2 * turned, 1 - 2 * turned) * agreeing**2 + np.outer(turned, turned) * wording**2
    np.fill_diagonal(implied, 1.0)
    return implied


def wording_factors(runs: int) -> Rates:
    """Coverage of 95 % intervals of the variances by wording (.09) and agreeing (.04); sizes of tests of no wording."""
    found: Rates = {}
    for n in (300, 600):
        rng = np.random.default_rng(23)
        covered, agreed, rejected, above, fitted = [], [], [], [], 0
        for _ in range(runs):
            data = pd.DataFrame(
                rng.multivariate_normal(np.zeros(10), wording_covariance(0.3), n), columns=ITEMS
            )
            fit = wording_factor(data, FACTORS, REVERSED, estimator="ML", missing="listwise")
            row = fit.effects.set_index("model").loc["both"]
            if "both" in fit.fits:
                fitted += 1
                covered.append(abs(row["wording_variance"] - 0.09) < 1.96 * row["wording_variance_se"])
                agreed.append(
                    abs(row["agreeing_variance"] - AGREEING**2) < 1.96 * row["agreeing_variance_se"]
                )
            none = pd.DataFrame(
                rng.multivariate_normal(np.zeros(10), wording_covariance(0.0), n), columns=ITEMS
            )
            test = wording_factor(none, FACTORS, REVERSED, estimator="ML", missing="listwise")
            difference = test.differences["agreeing", "both"]
            if difference.pvalue == difference.pvalue:
                rejected.append(difference.pvalue < 0.05)
                above.append(test.effects["wording_variance_p"].iloc[-1] < 0.025)
        found[f"{n} fitted"] = fitted / runs
        found[f"{n} coverage of wording"] = float(np.mean(covered))
        found[f"{n} coverage of agreeing"] = float(np.mean(agreed))
        found[f"{n} size"] = float(np.mean(rejected))
        found[f"{n} size, one-sided"] = float(np.mean(above))
    return found


def actor_partner(runs: int) -> Rates:
    """Size of tests of equal roles (all equal: a = .5, p = .25), coverage of a partner effect and of k = .5."""
    found: Rates = {}
    for n in (40, 120):
        names = ("distinguishability", "actor", "partner", "coverage of p", "told", "coverage of k")
        counts = dict.fromkeys(names, 0.0)
        for seed in range(runs):
            rng = np.random.default_rng([seed, n])
            x = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.4], [0.4, 1.0]], n)
            e = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.3], [0.3, 1.0]], n)
            y = 0.5 * x + 0.25 * x[:, ::-1] + e
            data = pd.DataFrame(
                {
                    "unit": np.repeat(np.arange(n), 2),
                    "role": ["a", "b"] * n,
                    "x": x.ravel(),
                    "y": y.ravel(),
                }
            )
            model = models.actor_partner(data, "x", "y", draws=2000, seed=seed)
            p = model.tests.set_index("test")["pvalue"]
            for name in ("distinguishability", "actor", "partner"):
                counts[name] += p[name] < 0.05
            partner = model.effects[model.effects["effect"] == "partner"].iloc[0]
            counts["coverage of p"] += partner["ci_lower"] <= 0.25 <= partner["ci_upper"]
            ratio = model.ratios.iloc[0]
            counts["told"] += np.isfinite(ratio["k"])
            counts["coverage of k"] += ratio["lower"] <= 0.5 <= ratio["upper"]
        told = counts["told"]
        found |= {f"{n} {name}": count / runs for name, count in counts.items()}
        found[f"{n} coverage of k"] = counts["coverage of k"] / told
    return found


def role_paths(runs: int) -> Rates:
    """Size of tests of paths by role: three roles see what is there, each with an error of its own, both of variance 1.

    Nothing depends on who rates; a quarter of what is there and of residuals is shared in firms of four units, a third
    of residuals by roles; residual SDs are 1, 1.5 and 2; a tenth of the outcomes are missing.
    """
    found: Rates = {}
    for n in (40, 120, 240):
        counts = dict.fromkeys(("role", "two roles", "source", "owner", "coverage of a path"), 0.0)
        for seed in range(runs):
            rng = np.random.default_rng([seed, n, 14])
            firm = np.repeat(np.arange(n // 4), 4)
            firms, units = rng.normal(size=(2, n // 4))[:, firm] * 0.5, rng.normal(size=(2, n))
            there = firms[0] + units[0] * 0.75**0.5
            own = rng.normal(size=(n, 3)) * (1 - 0.25 - 1 / 3) ** 0.5
            e = (firms[1] + units[1] * (1 / 3) ** 0.5)[:, None] + own
            x, y = (
                there[:, None] + rng.normal(size=(n, 3)),
                0.6 * there[:, None] + e * np.array([1.0, 1.5, 2.0]),
            )
            rows = {
                "unit": np.repeat(np.arange(n), 3),
                "role": ["a", "b", "c"] * n,
                "firm": np.repeat(firm, 3),
            }
            data = pd.DataFrame(rows | {"x": x.ravel(), "y": y.ravel()})
            data.loc[rng.random(len(data)) < 0.1, "y"] = np.nan
            model = models.role_paths(data, "x", "y", owner="c", cluster="firm")
            counts["role"] += model.tests.loc[0, "pvalue"] < 0.05
            kinds = model.differences.drop_duplicates("kind").set_index("kind")["pvalue"]
            for name, kind in (("two roles", "role"), ("source", "source"), ("owner", "owner")):
                counts[name] += kinds[kind] < 0.05
            first = model.paths.iloc[0]
            counts["coverage of a path"] += first["lower"] <= 0.3 <= first["upper"]
        found |= {f"{n} {name}": count / runs for name, count in counts.items()}
    return found


SIMULATIONS = {
    "wording_factors": (wording_factors, 200),
    "actor_partner": (actor_partner, 200),
    "role_paths": (role_paths, 500),
}
