from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

FOLDER = Path(__file__).parent.parent / "reference" / "sem_extras"

CFA = "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3 + c4\n"
STRUCTURE = "A ~ x1 + x2\nB ~ A\nC ~ B\ny ~ C\n"
MODELS = SimpleNamespace(
    CFA=CFA,
    SEM=CFA + STRUCTURE,
    SECOND=CFA + "G =~ A + B + C\n",
    LABEL="A =~ a1 + p*a2 + p*a3 + a4\nB =~ b1 + q*b2 + r*b3\nC =~ c1 + c2 + c3 + c4\n"
    "a1 ~~ u*a1\na2 ~~ v*a2\nq == r + 0.2\nu == v\n",
    MEDIATION=CFA + "A ~ x1 + x2\nB ~ a*A\nC ~ b*B + c*A\ny ~ d*C\nab := a*b\n",
)


@pytest.fixture(scope="session")
def models() -> SimpleNamespace:
    return MODELS


@pytest.fixture(scope="session")
def simulated() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "simulated.csv")


@pytest.fixture(scope="session")
def incomplete() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "incomplete.csv")


@pytest.fixture(scope="session")
def ordinal() -> pd.DataFrame:
    return pd.read_csv(FOLDER.parent / "sem_ordinal" / "ordinal.csv")


@pytest.fixture(scope="session")
def reference():
    def read(name: str) -> dict:
        return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))

    return read
