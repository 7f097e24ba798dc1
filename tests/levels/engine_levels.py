"""Size and coverage of what the engine infers, by simulation (figures in ``docs/engine.md``)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from comply_measure import sem

Rates = dict[str, float]


def cluster_robust_least_squares(runs: int) -> Rates:
    """Coverage of 95 % intervals of loadings and size of the scaled test: 80 clusters of 8, `cluster=` or not."""
    truth, hits = np.array([1.0, 0.8, 0.9, 0.7]), {}
    cluster = np.repeat(np.arange(80), 8)
    for estimator in ("GLS", "ULS", "DWLS", "WLS"):
        rng = np.random.default_rng(7)
        counts = dict.fromkeys(("coverage", "coverage without cluster", "size"), 0.0)
        for _ in range(runs):
            f = 0.7 * rng.normal(size=80)[cluster] + 0.7 * rng.normal(size=640)
            x = f[:, None] * truth + 0.5 * rng.normal(size=(80, 4))[cluster] + 0.6 * rng.normal(size=(640, 4))
            data = pd.DataFrame(x, columns=list("abcd")).assign(cluster=cluster)
            robust = sem.fit("f =~ a + b + c + d", data, estimator=estimator, cluster="cluster")
            naive = sem.fit("f =~ a + b + c + d", data, estimator=estimator)
            counts["size"] += robust.measures["pvalue.scaled"] < 0.05
            for name, fit in (("coverage", robust), ("coverage without cluster", naive)):
                rows = fit.estimates.iloc[1:4]
                counts[name] += ((rows["ci_lower"] < truth[1:]) & (truth[1:] < rows["ci_upper"])).mean()
        hits |= {f"{estimator} {name}": value / runs for name, value in counts.items()}
    return hits


MODERATED = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\nY ~ X + Z + X:Z"
PRODUCT_INDICATORS: dict[str, dict[str, object]] = {
    "double": {},
    "double MLR": {"estimator": "MLR"},
    "matched": {"match": True},
    "matched MLR": {"match": True, "estimator": "MLR"},
    "residual": {"product_indicators": "residual_centred"},
}


def moderated(rng: np.random.Generator, n: int, product: float = 0.25) -> pd.DataFrame:
    """Two factors correlated .3 with unit variance, 0.4 X + 0.3 Z + b XZ, nine indicators of reliability .75 to .78."""
    x, z = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.3], [0.3, 1.0]], n).T
    return moderated_with(rng, x, z, product)[0]


def moderated_with(
    rng: np.random.Generator, x: np.ndarray, z: np.ndarray, product: float = 0.25
) -> tuple[pd.DataFrame, np.ndarray]:
    """The indicators, and the outcome that they measure."""
    n = len(x)
    y = 0.4 * x + 0.3 * z + product * x * z + 0.75 * rng.normal(size=n)
    factors = {"x": x, "z": z, "y": y}
    data = {
        f"{name}{i}": loading * factor + 0.6 * loading * rng.normal(size=n) / np.sqrt(1.0 + 0.1 * i)
        for name, factor in factors.items()
        for i, loading in enumerate((1.0, 0.8, 0.9), start=1)
    }
    return pd.DataFrame(data), y


def product_indicators(runs: int) -> Rates:
    """Bias and 95 % coverage of a product (0.25) and of the simple slope at Z = 1; size of the test of no product."""
    found = {}
    for n in (200, 400):
        counts = {name: np.zeros(4) for name in PRODUCT_INDICATORS}
        for seed in range(runs):
            data, null = (moderated(np.random.default_rng([seed, n]), n, b) for b in (0.25, 0.0))
            for name, options in PRODUCT_INDICATORS.items():
                fit = sem.fit(MODERATED, data, **options)  # type: ignore[arg-type]
                row = fit.estimates.query("op == '~' and rhs == 'X:Z'").iloc[0]
                slope = sem.simple_slopes(fit, at=[1.0]).tidy().iloc[0]
                test = sem.product_test(sem.fit(MODERATED, null, **options))  # type: ignore[arg-type]
                counts[name] += [
                    row["est"] - 0.25,
                    row["ci_lower"] < 0.25 < row["ci_upper"],
                    slope["ci_lower"] < 0.65 < slope["ci_upper"],
                    test.pvalue < 0.05,
                ]
        for name, sums in counts.items():
            labels = ("bias", "coverage", "coverage of slope", "size")
            found |= {f"{n} {name} {w}": v / runs for w, v in zip(labels, sums, strict=True)}
    return found


PLANTED = 0.25  # coefficient of the product


def one_product(rng: np.random.Generator, n: int, skewed: bool) -> pd.DataFrame:
    """Two correlated factors (.3), normal or χ² with 3 df, and their product; nine indicators, reliability .6 to .7."""
    e = (rng.chisquare(3, (n, 2)) - 3.0) / np.sqrt(6.0) if skewed else rng.standard_normal((n, 2))
    x, z = e[:, 0], 0.3 * e[:, 0] + np.sqrt(0.91) * e[:, 1]
    y = 0.4 * x + 0.3 * z + PLANTED * x * z + np.sqrt(0.6) * rng.standard_normal(n)
    loadings = np.array([1.0, 0.9, 0.8])
    parts = [each[:, None] * loadings + 0.6 * rng.standard_normal((n, 3)) for each in (x, z, y)]
    return pd.DataFrame(np.hstack(parts), columns=[f"{name}{i}" for name in "xzy" for i in (1, 2, 3)])


def latent_products(runs: int) -> Rates:
    """Bias of the coefficient of X:Z, its spread over mean standard error, and coverage of 95 % intervals."""
    found: Rates = {}
    for n, skewed, how, estimator in (
        (200, False, "lms", "ML"),
        (200, False, "qml", "MLR"),
        (400, False, "lms", "ML"),
        (400, False, "qml", "MLR"),
        (400, True, "lms", "ML"),
        (400, True, "lms", "MLR"),
        (200, False, "sam", "ML"),
        (400, False, "sam", "ML"),
        (400, True, "sam", "ML"),
    ):
        rng = np.random.default_rng(11)
        rows = []
        for _ in range(runs):
            data = one_product(rng, n, skewed)
            fit = (
                sem.sam(MODERATED, data)
                if how == "sam"
                else sem.fit(MODERATED, data, interactions=how, estimator=estimator, nodes=10)
            )
            if fit.converged:
                rows.append(fit.estimates.query("op == '~' and rhs == 'X:Z'").iloc[0])
        table = pd.DataFrame(rows)
        name = f"{how} {estimator} {n}{' skewed' if skewed else ''}"
        found[f"{name} converged"] = len(rows) / runs
        found[f"{name} bias"] = float(table["est"].mean()) - PLANTED
        found[f"{name} sd / se"] = float(table["est"].std() / table["se"].mean())
        inside = (table["ci_lower"] < PLANTED) & (table["ci_upper"] > PLANTED)
        found[f"{name} coverage"] = float(inside.mean())
    return found


def indirect_effects(runs: int) -> Rates:
    """95 % coverage of X → M → Y: a = .39, b = .39 or 0, by delta, Monte Carlo, percentiles and BCa (500 draws)."""
    found = {}
    for n in (60, 240):
        for b in (0.39, 0.0):
            hits = dict.fromkeys(("ci", "mc", "perc", "bca"), 0.0)
            for seed in range(runs):
                rng = np.random.default_rng([seed, n, b > 0])
                x, e = rng.normal(size=n), rng.normal(size=(2, n))
                m = 0.39 * x + e[0]
                data = pd.DataFrame({"x": x, "m": m, "y": 0.2 * x + b * m + e[1]})
                fit = sem.fit("m ~ x\ny ~ x + m", data)
                row = sem.indirect_effects(fit, draws=5000, bootstrap=500, seed=seed).of("specific").iloc[0]
                for kind in hits:
                    hits[kind] += row[f"{kind}_lower"] <= 0.39 * b <= row[f"{kind}_upper"]
            found |= {f"{n}, b = {b:g}: {kind}": value / runs for kind, value in hits.items()}
    return found


def moderated_mediation(runs: int) -> Rates:
    """Index .25 · .4 of X (moderated by Z) → Y → v, 240 cases: bias, coverage (200 draws)."""
    found: Rates = {}
    text = f"{MODERATED}\nv ~ Y + X"
    for estimator in ("ML", "MLR"):
        hits = dict.fromkeys(("ci", "mc", "perc", "bca"), 0.0)
        bias = 0.0
        for seed in range(runs):
            rng = np.random.default_rng([seed, 240])
            x, z = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.3], [0.3, 1.0]], 240).T
            data, y = moderated_with(rng, x, z)
            data["v"] = 0.4 * y + 0.2 * x + 0.8 * rng.normal(size=240)
            fit = sem.fit(text, data, estimator=estimator, interactions="product")
            effects = sem.indirect_effects(fit, "X", "v", draws=5000, bootstrap=200, seed=seed)
            row = effects.of("index").iloc[0]
            bias += (row["est"] - 0.1) / runs
            for kind in hits:
                hits[kind] += row[f"{kind}_lower"] <= 0.1 <= row[f"{kind}_upper"]
        found[f"{estimator} bias"] = bias
        found |= {f"{estimator} {kind}": value / runs for kind, value in hits.items()}
    return found


def resampled_index(runs: int) -> Rates:
    """The same index in two steps, 240 cases: bias, coverage (200 draws)."""
    return _resampled(runs, sem.sam, 200)


def resampled_likelihoods(runs: int) -> Rates:
    """The same index by LMS (10 nodes) and QML: bias, coverage (100 draws)."""
    found: Rates = {}
    options: dict[str, dict[str, Any]] = {"lms": {"nodes": 10}, "qml": {}}
    for how, more in options.items():
        rates = _resampled(runs, partial(sem.fit, interactions=how, **more), 100)
        found |= {f"{how} {name}": rate for name, rate in rates.items()}
    return found


def _resampled(runs: int, fitted: Callable[[str, pd.DataFrame], sem.Fit], draws: int) -> Rates:
    hits = dict.fromkeys(("bias", "ci", "mc", "perc", "bca"), 0.0)
    for seed in range(runs):
        rng = np.random.default_rng([seed, 240])
        x, z = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.3], [0.3, 1.0]], 240).T
        data, y = moderated_with(rng, x, z)
        data["v"] = 0.4 * y + 0.2 * x + 0.8 * rng.normal(size=240)
        fit = fitted(f"{MODERATED}\nv ~ Y + X", data)
        effects = sem.indirect_effects(fit, "X", "v", draws=5000, bootstrap=draws, seed=seed)
        row = effects.of("index").iloc[0]
        hits["bias"] += row["est"] - 0.1
        for kind in ("ci", "mc", "perc", "bca"):
            hits[kind] += row[f"{kind}_lower"] <= 0.1 <= row[f"{kind}_upper"]
    return {name: value / runs for name, value in hits.items()}


SIMULATIONS = {
    "cluster_robust_least_squares": (cluster_robust_least_squares, 200),
    "product_indicators": (product_indicators, 300),
    "latent_products": (latent_products, 200),
    "indirect_effects": (indirect_effects, 200),
    "moderated_mediation": (moderated_mediation, 200),
    "resampled_index": (resampled_index, 150),
    "resampled_likelihoods": (resampled_likelihoods, 60),
}
