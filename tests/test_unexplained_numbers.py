"""No number of any public result is undefined or infinite without a word beside it, on good and degenerate answers.

Every public function is called as in ``tests/doors/good_calls.py``, and with every degenerate variant of the answers it
was given; whatever comes back is walked (frames, results and their methods, mappings, bare numbers), and results are
shown: as HTML, LaTeX, Word and a chart. With COMPLY_FULL=1 all variants, else a few, and each class is drawn once.
"""

from __future__ import annotations

import inspect
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError, ComplyWarning
from comply_measure.sem.families.registry import ESTIMATORS, FAMILIES

sys.path.insert(0, str(Path(__file__).parent / "doors"))
from degenerate import VARIANTS
from good_calls import calls, prepared, public_functions, spread
from recipes import remade
from shown import faults, latex_faults, results
from silences import silences

FULL = os.environ.get("COMPLY_FULL") == "1"
FUNCTIONS = public_functions()
FEW = ("constant item", "a missing role", "two units", "one item")
#: Functions that take a second or more on every variant.
COSTLY = (
    "measurement.explore_and_confirm",
    "models.congeneric_reliability",
    "models.cross_validate",
    "models.cutoffs.dynamic_cutoffs",
    "models.informants.latent_polynomial",
    "models.method_variance.latent_method_factor",
    "models.method_variance.marker_analysis",
    "models.method_variance.wording_factor",
    "models.rivals.compare_rivals",
    "models.rivals.composite_weights",
    "models.rivals.edwards_tests",
)
#: Answers and descriptions that come back: what is empty in them was not answered, or does not apply.
NO_RESULTS = {
    "instrument.codebook": "",
    "measurement.multiple_imputation": ".data",
    "models.informants.long_frame": "",
    "models.informants.informants_wide": "",
    "models.informants.wide_frame": "",
    "models.invariance.collapse_categories": "",
    "models.invariance.group_design": ".data",
    "models.invariance.invariance_ladder": ".design",
    "models.invariance.ordinal_group_design": ".base.data",
    "models.invariance.role_design": ".wide",
    "models.invariance.stage_design": ".wide",
    "responses.load_dataset": "",
    "responses.variable_table": "",
    "simulation.simulate": ".responses",
    "simulation.simulate_journey": ".responses",
    "simulation.simulate_pairs": ".responses",
    "triads.pseudo_triads": ".to_",
}
#: Classes of results that were shown, with the answers they came from.
SHOWN: set[tuple[type, str]] = set()
#: What another column of the row says: the first model has no method factor, only structures of a higher order have a
#: target, and nested pairs need no Vuong test.
SAID: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    **dict.fromkeys(("substantive", "method", "method_of_common"), lambda t: t["model"] == "traits"),
    "target_coefficient": lambda t: t["structure"] != "second_order",
    **dict.fromkeys(("z", "pvalue_vuong"), lambda t: t["relation"] != "not nested"),
}


@pytest.fixture(autouse=True)
def what_is_registered_is_taken_back() -> Iterator[None]:
    """Estimators that a call makes known are known to this test alone."""
    estimators, families = dict(ESTIMATORS), list(FAMILIES)
    yield
    ESTIMATORS.clear()
    ESTIMATORS.update(estimators)
    FAMILIES[:] = families


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return calls(prepared(tmp_path_factory.mktemp("unexplained")))


def variants(name: str, arguments: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The good call, and those of the degenerate answers that the function can be given."""
    yield "as is", arguments
    for variant in VARIANTS if FULL else (() if name in COSTLY else FEW):
        try:
            changed = {key: remade(value, VARIANTS[variant]) for key, value in arguments.items()}
        except ComplyError:  # what the argument is made of is refused in words
            continue
        if any(changed[key] is not arguments[key] for key in arguments):
            yield variant, changed


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_number_is_undefined_without_a_word(
    name: str, good: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    function, found = FUNCTIONS[name], list[str]()
    told, kept = inspect.getdoc(function) or "", NO_RESULTS.get(name)
    for variant, arguments in _quiet(variants(name, good[name])):
        args, named = spread(function, arguments)
        try:
            result = function(*args, **named)
        except ComplyError as error:
            if variant == "as is" or not str(error).strip():
                raise
            continue
        places = silences(result, told, SAID)
        found += [f"{variant}: {place}" for place in places if kept is None or not place.startswith(kept)]
        for shown in results(result):
            if FULL or (type(shown), variant) not in SHOWN:
                drawn = FULL or not any(kind is type(shown) for kind, _ in SHOWN)
                SHOWN.add((type(shown), variant))
                found += [f"{variant}, shown: {fault}" for fault in faults(shown, tmp_path, drawn)]
    assert not found


def _quiet(calls: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ComplyWarning)
        yield from calls


@dataclass(frozen=True)
class Told:
    """A result.

    Attributes
    ----------
    share : float
        NaN where nobody answered.
    count : float
        Answers.
    """

    share: float
    count: float = np.nan
    note: str = ""


Told.__module__ = "comply_measure.made_here"


@pytest.mark.parametrize(
    ("result", "told", "found"),
    [
        (np.nan, "", [""]),
        (np.nan, "NaN without answers.", []),
        ((1.0, np.inf), "", ["[1]"]),
        ({"a": np.array([1.0, np.nan])}, "", ["[a]"]),
        (Told(np.nan, 1.0), "", []),
        (Told(1.0), "", [".count"]),
        (Told(1.0, note="nobody answered"), "", []),
        (pd.DataFrame({"x": [np.nan], "note": ["none"]}), "", []),
        (pd.DataFrame({"x": [np.nan], "note": [""]}), "NaN", ["[x]"]),
        (pd.Series([np.nan]), "", [""]),
    ],
)
def test_the_walk_finds_what_is_silent(result: object, told: str, found: list[str]) -> None:
    assert list(silences(result, told)) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (r"a\_b & 50\% & $-$1.2 \\", 0),
        (r"a_b & 50\% & 1.2 \\", 1),
        (r"a\_b & 50% & 1.2 \\", 1),
        (r"{a & 50\% & 1.2 \\", 1),
        (r"a & b & 50\% & 1.2 \\", 1),
        (r"\textbf{a} & \textless{}b & \{ \\", 0),
    ],
)
def test_what_latex_would_take_for_itself_is_found(line: str, found: int) -> None:
    table = ["% t", r"\begin{tabular}{@{}lrr@{}}", r"Head & Two & Three \\", line, r"\end{tabular}"]
    assert len(list(latex_faults("\n".join(table)))) == found


def test_reasons_of_an_attribute_stand_in_attrs() -> None:
    table = pd.DataFrame({"x": [np.nan]})
    table.attrs["undefined"] = "nobody answered"
    assert not list(silences(table))
