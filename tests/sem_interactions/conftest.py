"""Data with planted products, and what lavaan says of product indicators formed by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

REFERENCE = Path(__file__).parent.parent / "reference" / "sem_interactions"


@pytest.fixture(scope="session")
def products() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "products.csv")


@pytest.fixture(scope="session")
def lavaan() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "results.json").read_text())
    return found
