"""Every option of ``sem.sam`` is honoured, refused or its override stated: alone and in all pairs."""

from __future__ import annotations

import inspect
import math
import re
import warnings
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError

MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f\n"
VALUES: dict[str, tuple[Any, ...]] = {
    "method": ("global",),
    "mapping": ("gls", "uls"),
    "measurement_blocks": ((("f", "g"),),),
    "estimator": ("MLR",),
    "missing": ("ml",),
    "group": ("half",),
    "group_equal": ("loadings",),
    "group_partial": ("f=~x2",),
    "cluster": ("firm",),
    "effect_coding": (True,),
    "meanstructure": (True, False),
    "information": ("observed",),
    "se": ("standard", "robust.huber.white", "none"),
}
SINGLE = [(name, value) for name, values in VALUES.items() for value in values]
# A word that says the default beside the other option: standard errors but with MLR or clusters, robust ones of MLR and
# (in their form with clusters) of clusters, means where something needs them, observed information of robust errors
# and of incomplete data.
OTHERS = (None, *VALUES)
DEFAULT = {(("se", "standard"), name) for name in OTHERS if name not in ("estimator", "cluster")}
DEFAULT |= {(("se", "robust.huber.white"), name) for name in ("estimator", "cluster")}
DEFAULT |= {(("estimator", "MLR"), name) for name in ("se", "cluster")}
DEFAULT |= {(("meanstructure", True), name) for name in ("missing", "group", "cluster")}
DEFAULT |= {(("information", "observed"), name) for name in ("estimator", "missing", "se", "cluster")}
DEFAULT |= {(("meanstructure", False), name) for name in OTHERS}


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    factors = np.repeat(rng.normal(size=(300, 2)) @ np.array([[1.0, 0.5], [0.0, 0.8]]), 3, axis=1)
    shared = 0.4 * rng.normal(size=(50, 6))[np.arange(300) % 50]
    frame = pd.DataFrame(factors + shared + rng.normal(size=(300, 6)), columns=[f"x{i}" for i in range(1, 7)])
    frame.loc[:11, "x3"] = np.nan
    firm = np.arange(300) % 50
    return frame.assign(firm=firm, half=np.where(firm < 25, "a", "b"))


@cache
def outcome(options: tuple[tuple[str, Any], ...]) -> tuple[str, str, tuple[float, ...]]:
    """Refused with its text, or fitted with notes and all numbers."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit = sem.sam(MODEL, data(), **dict(options))
            numbers = [*fit.estimates["est"], *fit.estimates["se"], *fit.measures.values(), float(fit.npar)]
    except ComplyError as error:
        return "refused", str(error), ()
    notes = " | ".join(str(problem) for problem in fit.problems if problem.code == "note")
    return "fitted", notes, tuple(round(v, 9) if math.isfinite(v) else math.inf for v in map(float, numbers))


def silent(option: tuple[str, Any], other: tuple[str, Any] | None) -> bool:
    """Whether an option changes no number, is neither refused nor stated by name, and is not the default there."""
    others = () if other is None else (other,)
    (state, text, numbers), alone = outcome((*others, option)), outcome(others)
    if state == "refused":
        return not any(re.search(rf"\b{name}\b", text) for name, _ in (option, *others))
    if alone[0] == "refused" or numbers != alone[2]:
        return False
    new = "|".join(set(text.split(" | ")) - set(alone[1].split(" | ")))
    return not re.search(rf"\b{option[0]}\b", new) and (option, other and other[0]) not in DEFAULT


def test_every_option_is_in_the_list() -> None:
    assert set(inspect.signature(sem.sam).parameters) - {"model", "data"} == set(VALUES)


@pytest.mark.parametrize("option", SINGLE)
def test_options_alone_and_in_pairs_are_honoured_refused_or_stated(option: tuple[str, Any]) -> None:
    others = [None, *(other for other in SINGLE if other[0] != option[0])]
    assert [other for other in others if silent(option, other)] == []


def test_a_mapping_that_the_global_way_has_no_use_for_is_stated() -> None:
    fit = sem.sam(MODEL, data(), method="global", mapping="gls")
    assert "mapping='gls' has no effect: method='global' maps nothing" in fit.summary()
    assert fit.mapping == ""
    local = [sem.sam(MODEL, data(), mapping=mapping) for mapping in ("gls", "uls")]
    assert [fit.mapping for fit in local] == ["gls", "uls"]
    assert not any("no effect" in fit.summary() for fit in local)
