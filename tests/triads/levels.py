"""Size and coverage of the tests and intervals of triads, by simulation.

``python tests/triads/levels.py [NAME ...] [RUNS]`` prints the figures of ``docs/triads.md``; the tests run few
replications of the same functions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

from comply_measure import triads
from comply_measure.statistics.multiplicity import holm
from comply_measure.triads import TriadData
from comply_measure.triads.congruence import (
    congruence_checklist,
    polynomial_regression,
    response_surface,
)

Rates = dict[str, float]
ROLES = ("marketing", "sales", "it")


def congruence_without_second_view(runs: int) -> Rates:
    """Share of studies called a broad congruence effect where z = 1 − .3x² + e, n = 240."""
    rng, broad = np.random.default_rng(17), 0
    for seed in range(runs):
        x = rng.normal(0, 1, 240)
        y = 0.4 * x + rng.normal(0, 0.9, 240)
        z = 1 - 0.3 * x * x + rng.normal(0, 1, 240)
        fit = polynomial_regression(pd.DataFrame({"x": x, "y": y, "z": z}), "x", "y", "z", centre=0)
        broad += congruence_checklist(fit, response_surface(fit, bootstrap=300, seed=seed)).broad is True
    return {"broad": broad / runs}


def polynomial_with_growing_error(runs: int) -> Rates:
    """Coverage of a3 and a4 where the error's SD is .5 + .6·|x − y|, n = 120."""
    rng = np.random.default_rng(1)
    covered = {f"{name} {kind}": 0 for kind in ("ols", "HC3") for name in ("a3", "a4")}
    for _ in range(runs):
        x = rng.normal(0, 1, 120)
        y = 0.4 * x + rng.normal(0, 0.9, 120)
        z = 1 - 0.2 * (x - y) ** 2 + rng.normal(0, 1, 120) * (0.5 + 0.6 * np.abs(x - y))
        data = pd.DataFrame({"x": x, "y": y, "z": z})
        for kind in ("ols", "HC3"):
            fit = polynomial_regression(data, "x", "y", "z", centre=0, covariance=kind)
            table = response_surface(fit, bootstrap=0).parameters.set_index("name")
            for name, truth in (("a3", 0.0), ("a4", -0.8)):
                covered[f"{name} {kind}"] += (
                    table.loc[name, "ci_lower"] <= truth <= table.loc[name, "ci_upper"]
                )
    return {name: count / runs for name, count in covered.items()}


def rematched_difference(runs: int) -> Rates:
    """Studies of 120 units that find more agreement than re-matched units where firms alone share something."""
    rng = np.random.default_rng(23)
    hits: dict[str, int] = {}
    for seed in range(runs):
        for within, share in (("firm", 0.0), ("all units", 0.0), ("firm", 0.5)):
            data = _rated(rng, share, by_firm=within == "firm")
            found = triads.rematched_agreement(
                data,
                {"A": ["a1", "a2", "a3", "a4"]},
                minimum=1,
                maximum=7,
                replications=20,
                seed=seed,
                firm="firm" if within == "firm" else None,
            ).iloc[0]
            name = f"{'unit' if share else 'no unit'} {within}"
            hits[name] = hits.get(name, 0) + int(found["p"] <= 0.05 and found["difference"] > 0)
            hits[f"{name} two-sided"] = hits.get(f"{name} two-sided", 0) + int(found["p"] <= 0.05)
    return {name: count / runs for name, count in hits.items()}


def _rated(rng: np.random.Generator, share: float, *, by_firm: bool) -> pd.DataFrame:
    """Four items of three roles, 40 firms of 2 to 4 units; firms share a fifth of the variance where they are known."""
    sizes = np.tile([2, 3, 4], 14)[:40]
    firm = np.repeat(np.arange(40), sizes)
    n = len(firm)
    of_unit = np.sqrt(share) * rng.normal(size=n)
    if by_firm:
        of_unit = of_unit + np.sqrt(0.2) * rng.normal(size=40)[firm]
    own = rng.normal(size=(n, 3)) * np.sqrt(0.8 - min(share, 0.6))
    view = np.repeat((of_unit[:, None] + own).ravel()[:, None], 4, axis=1)
    answers = np.clip(np.round(4.4 + view + 0.8 * rng.normal(size=view.shape)), 1, 7)
    data = pd.DataFrame(answers, columns=["a1", "a2", "a3", "a4"])
    ids = {"unit": np.repeat(np.arange(n), 3), "firm": np.repeat(firm, 3), "role": np.tile(ROLES, n)}
    return pd.concat([pd.DataFrame(ids), data], axis=1)


def polynomial_by_firm(runs: int) -> Rates:
    """Size of tests at .05 with 15 firms of 4 to 20 units, firm effects in views and outcome (ICC .3)."""
    rng = np.random.default_rng(2)
    hits = dict.fromkeys(("a1", "a2", "a3", "a4", "a5", "all six"), 0)
    for _ in range(runs):
        firm = np.repeat(np.arange(15), rng.integers(4, 21, 15))
        n = len(firm)
        common = rng.normal(0, 0.5, 15)[firm]
        x, y = (common + rng.normal(0, 0.9, n) for _ in range(2))
        z = rng.normal(0, 0.65, 15)[firm] + rng.normal(0, 1, n)
        data = pd.DataFrame({"x": x, "y": y, "z": z, "firm": firm})
        fit = polynomial_regression(data, "x", "y", "z", centre=0, cluster="firm")
        table = response_surface(fit, bootstrap=0).parameters.set_index("name")
        for name in ("a1", "a2", "a3", "a4", "a5"):
            hits[name] += table.loc[name, "p"] < 0.05
        hits["all six"] += fit.wald(np.eye(6)[1:])[2] < 0.05
    return {name: count / runs for name, count in hits.items()}


def gaps_by_firm(runs: int) -> Rates:
    """Tables of 12 gaps with a p (Holm) below .05: firms of 2 to 20 units, firm effects on every role's view."""
    rng, hits = np.random.default_rng(3), {}
    for firms in (10, 20, 40):
        for correlation in (0.1, 0.4):
            found = 0
            for _ in range(runs // 20):  # twenty replications with one set of firms
                firm = np.repeat(np.arange(firms), rng.integers(2, 21, firms))
                x = np.sqrt(correlation) * rng.normal(size=(firms, 3, 80))[firm]
                x = x + np.sqrt(1 - correlation) * rng.normal(size=(len(firm), 3, 80))
                p = triads.gap_tests(triad_data(x, firm), cluster=True).table["p"].to_numpy()
                found += int((holm(p, np.arange(240) // 12).reshape(20, 12) < 0.05).any(axis=1).sum())
            hits[f"{firms} firms, ICC {correlation}"] = found / (runs // 20 * 20)
    return hits


def contrasts_of_unlike_roles(runs: int) -> Rates:
    """Size at .05 of contrasts: roles with error SD .6, 1, 1.6; roles that differ by firm; 15 % absent informants."""
    rng, hits = np.random.default_rng(5), {}

    def score(name: str, x: np.ndarray, firm: np.ndarray | None = None) -> None:
        x[rng.random(x.shape[:2]) < 0.15] = np.nan
        p = triads.role_contrasts(triad_data(x, firm))["p"].to_numpy()
        for pair, rejected in zip(("1-2", "1-3", "2-3"), p < 0.05, strict=True):
            hits[f"{name}, {pair}"] = hits.get(f"{name}, {pair}", 0) + rejected / runs

    for _ in range(runs):
        spread = np.array([0.6, 1.0, 1.6])[:, None]
        score("unlike errors", 0.7 * rng.normal(size=(60, 1, 1)) + spread * rng.normal(size=(60, 3, 1)))
        for firms in (10, 20, 40):
            firm = np.repeat(np.arange(firms), rng.integers(2, 13, firms))
            x = 0.6 * rng.normal(size=(firms, 3, 1))[firm] + 0.7 * rng.normal(size=(len(firm), 1, 1))
            score(f"{firms} firms", x + rng.normal(size=(len(firm), 3, 1)), firm)
    return hits


def contrasts_with_few_firms(runs: int) -> Rates:
    """Size at .05 of one contrast, coverage of its interval; roles that differ by firm, 2 to 12 units, 15 % absent."""
    rng, found = np.random.default_rng(14), {}
    for firms in (10, 20, 40):
        for seed in range(runs):
            firm = np.repeat(np.arange(firms), rng.integers(2, 13, firms))
            x = 0.6 * rng.normal(size=(firms, 2, 1))[firm] + 0.7 * rng.normal(size=(len(firm), 1, 1))
            x = x + rng.normal(size=(len(firm), 2, 1)) + np.array([[0.4], [0.0]])
            x[rng.random(x.shape[:2]) < 0.15] = np.nan
            data = triad_data(x, firm)
            naive = triads.role_contrasts(triad_data(x)).iloc[0]
            kinds = {"units independent": naive, "CR2": triads.role_contrasts(data).iloc[0]}
            kinds["wild"] = triads.role_contrasts(data, inference="wild", replications=399, seed=seed).iloc[0]
            for kind, row in kinds.items():
                name = f"{firms} firms, {kind}, coverage"
                found[name] = found.get(name, 0.0) + (row["lower"] <= 0.4 <= row["upper"]) / runs
    return found


def flags_of_like_roles(runs: int) -> Rates:
    """Share of units flagged where the roles' true views are equal and errors have SD 1, 1 and 1.3 (240 units)."""
    rng, errors = np.random.default_rng(6), np.array([1.0, 1.0, 1.3])
    reliability = dict(zip(ROLES, 1 / (1 + errors**2), strict=True))
    gap = odd = 0.0
    for _ in range(runs):
        x = rng.normal(size=(240, 1)) + errors * rng.normal(size=(240, 3))
        data = triad_data(x[:, :, None])
        found = triads.gap_reliability(data, reliability)
        gap += (np.abs(found.z[:, :, 0]) > found.critical).any(axis=1).mean()
        odd += triads.odd_role_out(data, reliability).reliable.mean()
    return {"any gap of the unit": gap / runs, "the odd role": odd / runs}


def odd_role_of_unlike_errors(runs: int) -> Rates:
    """Size at .05 of the χ² test of odd roles: errors with SD 1, 1 and 1.3, own views of SD 0 and .5 (240 units)."""
    rng, errors, hits = np.random.default_rng(7), np.array([1.0, 1.0, 1.3]), {}
    for view in (0.0, 0.5):
        reliability = dict(zip(ROLES, (1 + view**2) / (1 + view**2 + errors**2), strict=True))
        rejected = 0
        for _ in range(runs):
            x = (
                rng.normal(size=(240, 1))
                + view * rng.normal(size=(240, 3))
                + errors * rng.normal(size=(240, 3))
            )
            rejected += (
                triads.odd_role_out(triad_data(x[:, :, None]), reliability).summary()["p"].iloc[0] < 0.05
            )
        hits[f"own views {view}"] = rejected / runs
    return hits


def components_of_few_levels(runs: int) -> Rates:
    """Coverage of 95 % intervals of a study of 40 units, 3 roles and 6 attributes."""
    rng = np.random.default_rng(8)
    truth = {"role": 0.3, "attribute": 0.2, "role:attribute": 0.1, "unit": 0.5, "residual": 1.0}
    covered = dict.fromkeys(truth, 0)
    for seed in range(runs):
        x = np.sqrt(0.3) * rng.normal(size=(1, 3, 1)) + np.sqrt(0.2) * rng.normal(size=(1, 1, 6))
        x = x + np.sqrt(0.1) * rng.normal(size=(1, 3, 6)) + np.sqrt(0.5) * rng.normal(size=(40, 1, 1))
        x = (
            x
            + 0.5 * rng.normal(size=(40, 3, 1))
            + 0.4 * rng.normal(size=(40, 1, 6))
            + rng.normal(size=(40, 3, 6))
        )
        found = triads.g_study(triad_data(x), bootstrap=100, seed=seed).tidy().set_index("component")
        for name, value in truth.items():
            covered[name] += found.loc[name, "lower"] <= value <= found.loc[name, "upper"]
    return {name: count / runs for name, count in covered.items()}


def matched_by_firm(runs: int) -> Rates:
    """Share below .05 where units of a firm are alike for the firm's sake only: 12 firms of 5 units."""
    rng, firm, hits = (
        np.random.default_rng(9),
        np.repeat(np.arange(12), 5),
        {"re-matched pairs": 0, "random groups": 0},
    )
    for seed in range(runs):
        data = triad_data(rng.normal(size=(12, 1, 1))[firm] + rng.normal(size=(60, 3, 1)), firm)
        pairs = triads.pseudo_baseline(data, replications=99, seed=seed, profiles=False)
        hits["re-matched pairs"] += pairs["p"].iloc[0] <= 0.05
        groups = triads.random_group_resampling(
            data.to_long(), ["v0"], replications=99, seed=seed, firm="firm"
        )
        hits["random groups"] += groups.table["p"].iloc[0] <= 0.05
    return {name: count / runs for name, count in hits.items()}


def triad_data(x: np.ndarray, firm: np.ndarray | None = None) -> TriadData:
    """Triads from an array unit × role × variable."""
    columns = tuple(f"v{j}" for j in range(x.shape[2]))
    return TriadData(np.arange(len(x)), firm, ROLES[: x.shape[1]], columns, x, ~np.isnan(x).all(axis=2))


SIMULATIONS: dict[str, tuple[Callable[[int], Rates], int]] = {
    "congruence_without_second_view": (congruence_without_second_view, 400),
    "polynomial_with_growing_error": (polynomial_with_growing_error, 4000),
    "polynomial_by_firm": (polynomial_by_firm, 2000),
    "gaps_by_firm": (gaps_by_firm, 2000),
    "flags_of_like_roles": (flags_of_like_roles, 1000),
    "odd_role_of_unlike_errors": (odd_role_of_unlike_errors, 2000),
    "components_of_few_levels": (components_of_few_levels, 400),
    "matched_by_firm": (matched_by_firm, 1000),
    "rematched_difference": (rematched_difference, 400),
    "contrasts_of_unlike_roles": (contrasts_of_unlike_roles, 2000),
    "contrasts_with_few_firms": (contrasts_with_few_firms, 1000),
}


def main(words: list[str]) -> None:
    names = [word for word in words if not word.isdigit()] or list(SIMULATIONS)
    given = [int(word) for word in words if word.isdigit()]
    for name in names:
        simulate, usual = SIMULATIONS[name]
        runs = given[0] if given else usual
        print(f"{name} ({runs} replications): {simulate.__doc__}")
        for what, rate in simulate(runs).items():
            print(f"    {what:32s} {rate:.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
