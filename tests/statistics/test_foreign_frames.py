"""Tables of other libraries arrive with their numbers: decimals, batches, matrices without names of rows."""

from __future__ import annotations

from decimal import Decimal

import narwhals
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.statistics.foreign_frames import as_pandas

MODEL = "f =~ x0 + x1 + x2 + x3"


def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    f = rng.normal(size=200)
    return pd.DataFrame({f"x{i}": f + rng.normal(size=200) for i in range(4)}).round(4)


def test_decimal_numbers_are_numbers():
    """A column of decimals holds objects, which an engine takes for text."""
    frame = data()
    right = sem.fit(MODEL, frame).fit_measures["chisq"]
    decimals = frame.map(lambda value: Decimal(f"{value:.4f}"))
    table = pa.Table.from_pandas(frame).cast(pa.schema([(name, pa.decimal128(12, 4)) for name in frame]))
    within = frame.astype(pd.ArrowDtype(pa.decimal128(12, 4)))
    for given in (
        decimals,
        within,
        table,
        table.to_batches()[0],
        pa.Table.from_pandas(frame).to_batches()[0],
    ):
        assert sem.fit(MODEL, given).fit_measures["chisq"] == pytest.approx(right, rel=1e-9)
    decimals.iloc[0, 0] = None
    frame.iloc[0, 0] = np.nan
    assert sem.fit(MODEL, decimals).fit_measures["chisq"] == sem.fit(MODEL, frame).fit_measures["chisq"]
    mixed = pd.DataFrame({"a": [Decimal("1.5"), "x"], "b": [1, 2]}, index=["r", "s"])
    assert as_pandas(mixed) is mixed
    doubled = pd.DataFrame([[Decimal("1.5"), 2]], columns=["a", "a"], index=["r"])
    right_one = pd.DataFrame([[1.5, 2.0]], columns=["a", "a"], index=["r"])
    pd.testing.assert_frame_equal(as_pandas(doubled), right_one, check_dtype=False)


def test_moments_without_names_of_rows():
    cov = data().cov()
    right = sem.from_moments(MODEL, cov, nobs=200).fit_measures["chisq"]
    given = pa.Table.from_pandas(cov, preserve_index=False)
    assert sem.from_moments(MODEL, given, nobs=200).fit_measures["chisq"] == pytest.approx(right, rel=1e-12)
    with pytest.raises(
        InputError, match=r"not square \(found '3 rows and 4 columns'\); allowed: a row per column"
    ):
        sem.from_moments(MODEL, given.slice(0, 3), nobs=200)


def test_numbered_rows_have_the_names_of_the_columns():
    """Through the check of arguments tables of other libraries arrive as data frames with numbered rows."""
    cov = data().cov()
    right = sem.model_power(f"{MODEL}\nx0 ~~ 0.5*x0", cov, n=100).power
    for given in (cov.reset_index(drop=True), pa.Table.from_pandas(cov, preserve_index=False)):
        assert sem.model_power(f"{MODEL}\nx0 ~~ 0.5*x0", given, n=100).power == pytest.approx(
            right, rel=1e-12
        )
    shifted = cov.set_axis(range(1, 5))
    with pytest.raises(InputError, match="not the same names"):
        sem.from_moments(MODEL, shifted, nobs=200)


def test_decimals_of_arrow_keep_what_is_missing():
    column = pd.Series([Decimal("1.5"), None, Decimal("2.25")], dtype=pd.ArrowDtype(pa.decimal128(12, 4)))
    found = as_pandas(pd.DataFrame({"a": column}))
    assert found is not None and found["a"].dtype == float
    np.testing.assert_array_equal(found["a"], [1.5, np.nan, 2.25])


def test_types_that_pandas_has_not_are_named(monkeypatch):
    def to_pandas(self):
        raise pa.ArrowInvalid("Invalid format string: '_pli128'\nmore")

    monkeypatch.setattr(narwhals.DataFrame, "to_pandas", to_pandas)
    with pytest.raises(InputError, match=r"a type of column that pandas has not: .*_pli128.*x: Int64"):
        as_pandas(pa.table({"x": [1]}))
