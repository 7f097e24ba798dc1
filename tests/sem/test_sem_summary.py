"""The printed summary: the columns and cells that lavaan prints, and nothing where lavaan prints nothing."""

from __future__ import annotations

import pandas as pd
import pytest
from semopy.examples import holzinger39

from comply_measure import sem

MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def hs() -> pd.DataFrame:
    return holzinger39.get_data()


def cells(text: str, head: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.strip().startswith(head))
    return line.strip().removeprefix(head).split()


def test_robust_fits_print_standard_scaled_and_robust_columns(hs: pd.DataFrame) -> None:
    text = sem.fit(MODEL, hs, estimator="MLR").summary()
    assert "Standard        Scaled        Robust" in text
    # lavaan 0.6-14, summary(cfa(..., estimator = "MLR"), fit.measures = TRUE)
    assert cells(text, "χ²") == ["85.306", "87.132"]
    assert cells(text, "df") == ["24", "24"]
    assert cells(text, "Scaling factor") == ["0.979"]
    assert cells(text, "CFI") == ["0.931", "0.925", "0.930"]
    assert cells(text, "TLI") == ["0.896", "0.888", "0.895"]
    assert cells(text, "RMSEA") == ["0.092", "0.093", "0.092"]
    assert cells(text, "SRMR") == ["0.065"]


def test_fixed_parameters_have_no_error_and_the_others_have_all_cells(hs: pd.DataFrame) -> None:
    text = sem.fit(MODEL, hs).summary()
    assert cells(text, "visual =~ x1") == ["1.000"]
    # lavaan's tutorial
    assert cells(text, "visual =~ x2") == ["0.554", "0.100", "5.554", "0.000"]
    assert cells(text, "speed =~ x9") == ["1.082", "0.151", "7.155", "0.000"]
    assert cells(text, "x1 ~~ x1") == ["0.549", "0.114", "4.833", "0.000"]
