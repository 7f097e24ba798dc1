"""Bad cases of measurement: answers in which something cannot be computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from comply_measure import measurement as m
from comply_measure.measurement.dimensionality.correlations import ItemCorrelation

Scales = Mapping[str, list[str]]
ITEMS = {key: [f"{key.lower()}{j}" for j in range(1, 5)] for key in "ABC"}
ALL = [item for items in ITEMS.values() for item in items]
ROLES = ("marketing", "sales", "it")


@dataclass(frozen=True)
class Case:
    """Answers of all informants, and of those a function without groups is given."""

    data: pd.DataFrame
    some: pd.DataFrame
    scales: Scales
    says: tuple[str, ...]


def answers(n_units: int = 45) -> pd.DataFrame:
    """Three correlated constructs of four five-point items; three roles per unit, three units per firm."""
    rng = np.random.default_rng(4)
    shared = np.repeat(rng.normal(size=(n_units, 3)), 3, axis=0)
    factors = 0.6 * shared + 0.8 * rng.normal(size=shared.shape)
    latent = 0.8 * np.repeat(factors, 4, axis=1) + 0.6 * rng.normal(size=(3 * n_units, 12))
    data = pd.DataFrame(np.clip(np.round(3 + 1.1 * latent), 1, 5), columns=ALL)
    unit = np.repeat(np.arange(n_units), 3)
    data.insert(0, "unit", [f"u{u}" for u in unit])
    data.insert(1, "firm", [f"f{u // 3}" for u in unit])
    data.insert(2, "role", list(ROLES) * n_units)
    return data


def cases() -> dict[str, Case]:
    data = answers()
    it = data["role"] == "it"
    nine = data[~it | data["unit"].isin([f"u{u}" for u in range(9)])].reset_index(drop=True)
    four = data.assign(a1=data["a1"].where(~(it & (data["a1"] == 5)), 4.0))

    def same(d: pd.DataFrame, scales: Scales, *says: str) -> Case:
        return Case(d, d, scales, says)

    return {
        "one item": same(data, ITEMS | {"A": ["a1"]}, "one item", "not identified", "fewer than", "left out"),
        "two items": same(data, ITEMS | {"A": ["a1", "a2"]}, "two items", "fewer than 3 items", "identified"),
        "nine informants": Case(nine, nine[nine["role"] == "it"], ITEMS, ()),
        "constant item": same(data.assign(a1=4.0), ITEMS, "a1", "item does not vary"),
        "unused category": Case(four, four[it], ITEMS, ()),
        "unanswered item": same(data.assign(a1=np.nan), ITEMS, "a1", "undefined", "complete"),
        "forgotten reversal": same(data.assign(a3=6.0 - data["a3"]), ITEMS, "a3"),
        "perfect correlation": same(data.assign(a2=data["a1"]), ITEMS, "a1", "determine", "singular"),
    }


CASES = cases()


def items(scales: Scales) -> list[str]:
    return [item for members in scales.values() for item in members]


def values(case: Case) -> np.ndarray:
    return case.some[case.scales["A"]].to_numpy()


def covariance(case: Case) -> np.ndarray:
    return case.some[case.scales["A"]].cov().to_numpy()


def correlation(case: Case, kind: str = "pearson", scale: str | None = None) -> ItemCorrelation:
    return m.correlate(case.some, case.scales[scale] if scale else items(case.scales), kind=kind)
