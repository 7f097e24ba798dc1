"""Every public function of every room, driven through one list of bad arguments.

A call ends in a result or in a ComplyError with words; a traceback of any other kind is a fault. A new public function
needs a call that works in ``tests/doors/good_calls.py``.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence, measurement as m
from comply_measure.errors import CallError, InputError
from comply_measure.responses import ColumnMapping, FileFormat, load_dataset
from comply_measure.triads import TriadData

sys.path.insert(0, str(Path(__file__).parent / "doors"))
from bad_arguments import faults
from good_calls import SCALES, answers, calls, numbers, prepared, public_functions

FUNCTIONS = public_functions()
COSTLY = [
    "multiple_imputation",
    "compare_rivals",
    "explore_and_confirm",
    "latent_method_factor",
    "marker_analysis",
    "dynamic_cutoffs",
    "reliability_table",
    "exploratory_sem",
    "validity_matrices",
    "latent_polynomial",
    "edwards_tests",
    "explore",
    "partial_invariance",
    "item_analysis",
    "invariance_ladder",
    "pattern_homogeneity",
]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    return calls(prepared(tmp_path_factory.mktemp("doors")))


def test_every_public_function_has_a_call(good: dict[str, dict]) -> None:
    assert sorted(good) == sorted(FUNCTIONS)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_bad_arguments_end_in_words(
    name: str, good: dict[str, dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not list(faults(FUNCTIONS[name], good[name], costly=name.split(".")[-1] in COSTLY))


# look-ups of the framework take one key or none and read no data: Python's own words do
DOORS = sorted(name for name in FUNCTIONS if not name.startswith("framework."))


@pytest.mark.parametrize("name", DOORS)
def test_what_is_left_out_is_named_with_what_it_takes(name: str) -> None:
    function = FUNCTIONS[name]
    kinds = inspect.signature(function).parameters.values()
    options = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    required = [k.name for k in kinds if k.default is k.empty and k.kind not in options]
    known = {"nonsense": 1} if not any(k.kind is k.VAR_KEYWORD for k in kinds) else {}
    if not (required or known):
        return
    with pytest.raises(CallError, match="cannot be called like this") as caught:
        function(**known)
    assert [problem.column for problem in caught.value.problems] == [*known, *required]


def methods() -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Constructors, and methods that no door hands out, each with a call that works."""
    long = pd.DataFrame({"unit": [1, 1, 2, 2], "role": list("abab"), "x": [1.0, 2.0, 3.0, 4.0]})
    wide = pd.DataFrame({"key": [1, 2], "x@a": [1.0, 2.0], "x@b": [2.0, 3.0]})
    everything = load_dataset("msi_triads")
    read = everything.subset(units=list(everything.units.index[:4]))
    return {
        "TriadData.from_long": (
            TriadData.from_long,
            {"data": long, "columns": ["x"], "minimum": 1, "maximum": 4},
        ),
        "TriadData.from_wide": (TriadData.from_wide, {"data": wide, "unit": "key", "roles": ("a", "b")}),
        "ColumnMapping": (ColumnMapping, {}),
        "FileFormat": (FileFormat, {}),
        "GapOptions": (evidence.GapOptions, {}),
        "Responses.scores": (read.scores, {"level": "dimension", "scale_key": "comply"}),
        "Responses.items": (read.items, {"scale_key": "comply"}),
        "Responses.measurement": (read.measurement, {"scale_key": "comply"}),
        "Responses.wide": (read.wide, {"columns": ["C_dig_1"]}),
        "Responses.subset": (read.subset, {"role": "sales"}),
        "Responses.to_frame": (read.to_frame, {"layout": "long"}),
    }


@pytest.mark.parametrize("name", sorted(methods()))
def test_bad_arguments_of_methods_end_in_words(name: str) -> None:
    function, good = methods()[name]
    function(**good)
    assert not list(faults(function, good))


def test_constructors_name_every_bad_value_at_once() -> None:
    with pytest.raises(InputError) as caught:
        FileFormat(delimiter="ab", decimal="x", sheeet="1")
    found = {problem.column: problem.allowed for problem in caught.value.problems}
    assert set(found) == {"delimiter", "decimal", "sheeet"}
    assert found["decimal"] == "'auto', '.' or ','"
    assert "did you mean 'sheet'" in str(caught.value)
    with pytest.raises(InputError, match=r"'alpha': .*less than 1"):
        evidence.GapOptions(alpha=2)


def test_a_wide_table_says_once_what_its_unit_is() -> None:
    wide = pd.DataFrame({"unit": [1, 2], "x@a": [1.0, 2.0], "x@b": [2.0, 3.0]})
    with pytest.raises(InputError, match="is it the unit, or the index"):
        TriadData.from_wide(wide)
    assert list(TriadData.from_wide(wide, unit="unit").units) == [1, 2]


def test_all_wrong_arguments_come_in_one_error() -> None:
    with pytest.raises(InputError) as caught:
        m.explore(answers(), "a1", 1.5, method="mle", seed=-1)
    found = {problem.column: (problem.message, problem.allowed) for problem in caught.value.problems}
    assert found == {
        "items": ("cannot be used", "a list"),
        "n_factors": ("cannot be used", "a whole number"),
        "method": ("is unknown; did you mean 'ml'?", "ml, minres, paf"),
        "seed": ("cannot be used", "a whole number from 0"),
    }


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.astype(np.float32),
        lambda x: x.astype(int).tolist(),
        lambda x: pd.DataFrame(x).astype("Int64"),
        lambda x: np.vectorize(lambda v: Decimal(str(v)), otypes=[object])(x),
    ],
    ids=["float32", "list", "Int64", "Decimal"],
)
def test_numbers_of_any_real_kind_give_the_same_result(convert) -> None:
    expected = m.cronbach_alpha(numbers()[:, :3])
    assert m.cronbach_alpha(convert(numbers()[:, :3])) == expected


def test_missing_whole_numbers_are_missing() -> None:
    frame = answers()[SCALES["A"]].astype("Int64")
    frame.iloc[0, 0] = pd.NA
    plain = answers()[SCALES["A"]].astype(float)
    plain.iloc[0, 0] = np.nan
    assert m.cronbach_alpha(frame) == m.cronbach_alpha(plain.to_numpy())
    scales = {"A": SCALES["A"]}
    pd.testing.assert_frame_equal(
        m.item_analysis(frame, scales, by=None).tidy(), m.item_analysis(plain, scales, by=None).tidy()
    )


def test_whole_numbers_name_columns() -> None:
    data = answers()[SCALES["A"]].set_axis([1, 2, 3], axis=1)
    found = m.item_analysis(data, {"A": [1, 2, 3]}, by=None).tidy()
    assert found["item"].tolist() == ["1", "2", "3"]
    with pytest.raises(InputError, match="a column 1 beside a column '1'"):
        m.item_analysis(data.assign(**{"1": 1.0}), {"A": [1, 2]}, by=None)
