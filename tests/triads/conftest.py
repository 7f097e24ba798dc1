"""Data and stored R output of the triads tests (tests/reference/triads)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from comply_measure.triads import TriadData

FOLDER = Path(__file__).parent.parent / "reference" / "triads"
ROLES = ("marketing", "sales", "it")
ITEMS = [f"a{a}_{i}" for a in range(1, 5) for i in (1, 2)]
ATTRIBUTES = [f"a{a}" for a in range(1, 5)]


@pytest.fixture(scope="session")
def r() -> dict:
    return json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def informants() -> pd.DataFrame:
    """Items, attribute scores and their mean, one row per informant."""
    data = pd.read_csv(FOLDER / "triads.csv", na_values="NA")
    for a in ATTRIBUTES:
        data[a] = data[[f"{a}_1", f"{a}_2"]].mean(axis=1)
    data["all"] = data[ATTRIBUTES].mean(axis=1)
    return data


@pytest.fixture(scope="session")
def triad_data(informants) -> TriadData:
    return TriadData.from_long(informants, [*ITEMS, *ATTRIBUTES, "all"], firm="firm", roles=ROLES)
