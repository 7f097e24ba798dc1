"""Size of the tests of measurement, by simulation (figures in ``docs/measurement.md``)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from comply_measure import measurement as m
from comply_measure.evidence.topics.items import redundancy

Rates = dict[str, float]
KINDS = ("normal", "likert5", "skewed5", "lognormal")


def drawn(rng: np.random.Generator, n: int, p: int, kind: str) -> np.ndarray:
    """Answers with one factor: normal, five points, five points piled up at the lowest, or lognormal."""
    x = 0.7 * rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, p))
    if kind == "likert5":
        return np.clip(np.round(3 + 1.1 * x), 1, 5)
    if kind == "skewed5":
        return np.digitize(x, [0.6, 1.1, 1.6, 2.1]) + 1.0
    return np.exp(x) if kind == "lognormal" else x


def named(x: np.ndarray) -> tuple[pd.DataFrame, list[str]]:
    """A frame with a column per item, and their names."""
    names = [f"i{j}" for j in range(x.shape[1])]
    return pd.DataFrame(x, columns=names), names


def little_mcar(runs: int) -> Rates:
    """Size at .05 of Little's test: 5 % of the answers missing completely at random."""
    hits = {}
    for n, p in ((200, 6), (200, 20)):
        for kind in KINDS:
            rng = np.random.default_rng(1)
            rejected = 0
            for _ in range(runs):
                x = drawn(rng, n, p, kind)
                x[rng.uniform(size=x.shape) < 0.05] = np.nan
                rejected += m.little_mcar(*named(x)).pvalue < 0.05
            hits[f"{n} x {p} {kind}"] = rejected / runs
    return hits


def pattern_homogeneity(runs: int) -> Rates:
    """Size at .05: 70 % complete, three patterns of 10 % without one item, 99 exchanges."""
    hits = {}
    for n in (200, 600):
        for kind in KINDS:
            rng = np.random.default_rng(3)
            rejected = 0
            for seed in range(runs):
                x = drawn(rng, n, 6, kind)
                pattern = rng.choice(4, p=[0.7, 0.1, 0.1, 0.1], size=n)
                for k in (1, 2, 3):
                    x[pattern == k, k] = np.nan
                found = m.pattern_homogeneity(*named(x), seed=seed, n_permutations=99)
                rejected += found.pvalue <= 0.05
            hits[f"{n} x 6 {kind}"] = rejected / runs
    return hits


def careless_flags(runs: int) -> Rates:
    """Share of attentive informants flagged: 200 informants, four scales of three items, and twenty of them."""
    cuts = {"binary": [0.6], "skewed5": [0.6, 1.1, 1.6, 2.1], "likert7": list(np.arange(-2.5, 3) / 1.3)}
    shares = {}
    for n_scales in (4, 20):
        scales = {f"s{k}": [f"i{3 * k + j}" for j in range(3)] for k in range(n_scales)}
        for kind, cut in cuts.items():
            rng = np.random.default_rng(1)
            flagged = alone = 0.0
            for _ in range(runs):
                common = 0.5 * rng.normal(size=(200, 1)) if n_scales == 20 else 0.0
                of_scale = common + 0.7 * rng.normal(size=(200, n_scales))
                x = np.repeat(of_scale, 3, axis=1) + 0.7 * rng.normal(size=(200, 3 * n_scales))
                data, _names = named(np.digitize(x, cut) + 1.0)
                found = m.careless_indices(data, data, scales, 1, len(cut) + 1)
                table = m.careless_flags(found).table
                flagged += table["flagged"].mean()
                alone += table["extreme"].ne("").mean()
            name = kind if n_scales == 4 else f"{kind} 60 items"
            shares[name] = flagged / runs
            if n_scales == 20:
                shares[f"{name} extreme"] = alone / runs
    return shares


def missing_depends(runs: int) -> Rates:
    """Size at .05 of tests of 60 firms of 2 to 6 units with three informants each, 12 columns in the model."""
    rng, hits = np.random.default_rng(5), {"number": 0, "category": 0, "dependence": 0}
    for _ in range(runs):
        firm = np.repeat(np.arange(60), rng.integers(2, 7, size=60))
        n = len(firm)
        of_unit = np.sqrt(0.4) * rng.normal(size=(60, 5))[firm] + np.sqrt(0.6) * rng.normal(size=(n, 5))
        known = pd.DataFrame(np.repeat(of_unit, 3, axis=0), columns=list("abcde"))
        known["industry"] = np.repeat(np.array(list("uvwx"))[rng.integers(0, 4, 60)][firm], 3)
        known["role"] = np.tile(["m", "s", "i"], n)
        known["competence"] = rng.normal(size=3 * n)
        own = 0.8 * rng.normal(size=3 * n) + np.repeat(0.4 * rng.normal(size=60)[firm], 3)
        p = 1 / (1 + np.exp(4.0 + 0.45 * known["competence"].to_numpy() + own))
        counts = rng.binomial(100, p).astype(float)
        kind = m.MissingCounts("x", counts, np.full(3 * n, 100.0), np.repeat(firm, 3), known)
        found = m.missingness_predictors([kind]).set_index("predictor")["p"]
        hits["number"] += int(found["a"] <= 0.05)
        hits["category"] += int(found["industry"] <= 0.05)
        hits["dependence"] += int(found["competence"] <= 0.05)
    return {name: count / runs for name, count in hits.items()}


CUTS = {"symmetric": [-1.5, -0.5, 0.5, 1.5], "skewed": [0.2, 0.8, 1.3, 1.9]}
SIZES = (150, 300, 600)


def population(rng: np.random.Generator) -> tuple[int, np.ndarray]:
    """1 to 6 factors of 3 to 6 items, loadings .45 to .8, one correlation of .2 to .5 between all factors."""
    k = int(rng.integers(1, 7))
    members = rng.integers(3, 7, size=k)
    p = int(members.sum())
    loadings = np.zeros((p, k))
    loadings[np.arange(p), np.repeat(np.arange(k), members)] = rng.uniform(0.45, 0.8, size=p)
    phi = np.full((k, k), rng.uniform(0.2, 0.5))
    np.fill_diagonal(phi, 1.0)
    sigma = loadings @ phi @ loadings.T
    np.fill_diagonal(sigma, 1.0)
    return k, sigma


def number_of_factors(runs: int) -> Rates:
    """How often each criterion finds the number of factors in five-point items; a population per replication."""
    rng = np.random.default_rng(7)
    hits: dict[str, list[bool]] = {}
    for run in range(runs):
        k, sigma = population(rng)
        n = SIZES[run % len(SIZES)]
        x = rng.standard_normal((n, len(sigma))) @ np.linalg.cholesky(sigma).T
        for kind, cuts in CUTS.items():
            found = m.correlate(*named(np.digitize(x, cuts) + 1.0))
            parallel = m.parallel_analysis(found, seed=run, n_replications=50)
            partial = m.minimum_average_partial(found)
            numbers = dict(zip(parallel.variants, parallel.n_by_percentile, strict=True))
            numbers |= {"map": partial.n_squared, "map4": partial.n_fourth}
            numbers["kaiser"] = m.empirical_kaiser(found).n_empirical
            for name, number in numbers.items():
                hits.setdefault(f"{name} {kind}", []).append(number == k)
                hits.setdefault(f"{name} {kind} n={n}", []).append(number == k)
    return {name: float(np.mean(values)) for name, values in sorted(hits.items())}


def index_redundancy(runs: int) -> Rates:
    """Coverage of the 95 % interval of VIF in 240 units of three informants, half of an item's variance the unit's."""
    rng = np.random.default_rng(1995)
    names = {"index": ("a", "b", "c", "d")}
    found = {}
    for r in (0.0, 0.3, 0.6, 0.85):
        correlation = np.full((4, 4), r) + (1 - r) * np.eye(4)
        truth = float(np.linalg.inv(correlation)[0, 0])
        root = np.linalg.cholesky(correlation).T
        hits = []
        for _ in range(runs):
            unit, own = rng.standard_normal((240, 1, 4)), rng.standard_normal((240, 3, 4))
            answers = pd.DataFrame(
                (np.sqrt(0.5) * (unit + own) @ root).reshape(-1, 4), columns=names["index"]
            ).assign(unit=np.repeat(np.arange(240), 3), firm=None)
            table = redundancy(answers, names)
            hits.append(table["vif_lower"].le(truth) & table["vif_upper"].ge(truth))
        found[f"VIF {truth:.2f}"] = float(np.mean(hits))
    return found


SIMULATIONS = {
    "index_redundancy": (index_redundancy, 400),
    "number_of_factors": (number_of_factors, 600),
    "little_mcar": (little_mcar, 400),
    "pattern_homogeneity": (pattern_homogeneity, 200),
    "careless_flags": (careless_flags, 60),
    "missing_depends": (missing_depends, 400),
}
