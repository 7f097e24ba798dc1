"""No number of a table of models is empty without a reason in its row."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import models, sem
from comply_measure.errors import ComplyError
from comply_measure.models import cutoffs, informants, invariance, method_variance, rivals

sys.path.insert(0, str(Path(__file__).parent.parent / "doors"))
from good_calls import SCALES, answers

ITEMS = [item for items in SCALES.values() for item in items]
ROLES = ("marketing", "sales", "it")


@cache
def cases() -> dict[str, pd.DataFrame]:
    data = answers(60).assign(z=np.repeat(np.random.default_rng(2).normal(size=60), 3))
    it = data["role"] == "it"
    heywood = data.assign(a1=3 * data["a2"] + 0.4 * data["a1"])
    return {
        "ordinary": data,
        "constant item": data.assign(a1=4.0),
        "two informants a unit": data[~it].reset_index(drop=True),
        "one role silent": data.assign(**{item: data[item].mask(it) for item in ITEMS}),
        "one role without an item": data.assign(a1=data["a1"].mask(it)),
        "Heywood": heywood,
    }


def wide(data: pd.DataFrame) -> pd.DataFrame:
    frame = data.assign(**{key: data[items].mean(axis=1) for key, items in SCALES.items()})
    roles = [role for role in ROLES if (frame["role"] == role).any()]
    return informants.wide_frame(frame, [*ITEMS, *SCALES], roles, keep=["z"])


def roles_of(data: pd.DataFrame) -> list[str]:
    return [role for role in ROLES if (data["role"] == role).any()]


def fitted(text: str, data: pd.DataFrame, **options: Any) -> sem.Fit:
    return sem.fit(text, data, missing="ml", **options)


def congruence(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    roles = roles_of(data)
    text = informants.latent_congruence_model("A", SCALES["A"], roles)
    fit = fitted(text, wide(data), meanstructure=True)
    yield informants.latent_gaps(fit, "A", roles)
    yield informants.variance_shares(
        fitted(informants.trifactor_model(SCALES["A"], roles), wide(data)).estimates
    )
    text = informants.latent_congruence_model("A", SCALES["A"], roles, outcomes=["z"])
    fit = fitted(text, wide(data), meanstructure=True)
    yield informants.effects_table(fit)
    yield informants.joint_tests(fit, list(informants.contrast_names("A", roles)), ["z"])


def polynomial(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    yield informants.latent_polynomial(
        wide(data), "A", SCALES["A"], roles_of(data)[:2], "z", centre=4.0, replications=50
    ).tidy()


def ladder(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    factors = {key: SCALES[key] for key in "AB"}
    for make in (
        lambda: invariance.group_design(data, factors, "role"),
        lambda: invariance.role_design(data, {"A": SCALES["A"]}, roles_of(data)),
    ):
        found = invariance.invariance_ladder(make(), levels=["configural", "metric", "scalar"])
        yield found.tidy()
        yield found.rule_table()
        for step in found.steps:
            if step.level == "scalar" and step.fit is not None:
                effects = invariance.invariance_effects(found.design, step.fit)
                yield effects.tidy()
                yield effects.gap_table()


def partial(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    found = invariance.partial_invariance(invariance.group_design(data, {"A": SCALES["A"]}, "role"))
    yield found.tidy()
    yield found.steps()
    yield found.ladder.tidy()


def ordinal(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    coarse = data.assign(**{item: np.clip(np.round(data[item] / 2), 1, 3) for item in SCALES["A"]})
    design = invariance.ordinal_group_design(coarse, {"A": SCALES["A"]}, "role")
    found = invariance.invariance_ladder(design)
    yield found.tidy()
    for step in found.steps[-1:]:
        if step.fit is not None:
            effects = invariance.invariance_effects(found.design, step.fit)
            yield effects.tidy()
            yield effects.gap_table()


def compared(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    keys = ["one_factor", "correlated", "second_order"]
    found = rivals.compare_rivals(data, SCALES, keys=keys)
    yield found.tidy()
    yield found.pairs()


def general(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    yield rivals.general_factor_indices(fitted(rivals.bifactor(SCALES), data), SCALES).tidy()


def edwards(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    found = rivals.edwards_tests(data, SCALES, {"z": ["z"]})
    yield found.tidy()
    yield found.r_squared


def marker(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    factors = {key: SCALES[key] for key in "AB"}
    found = method_variance.marker_analysis(data, factors, SCALES["C"])
    yield found.tidy()
    yield found.difference_table()
    yield found.reliability_table()
    yield found.sensitivity_table()


def method(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    found = method_variance.latent_method_factor(data, SCALES)
    yield found.tidy()
    yield found.difference_table()
    yield found.shares
    yield method_variance.single_factor_share(data, ITEMS).tidy()


def several(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    yield models.congeneric_reliability(data, SCALES).tidy()
    yield models.congeneric_reliability(data, {"A": SCALES["A"][:1], "B": SCALES["B"][:2]}).tidy()
    matrix = informants.mtmm_table(wide(data), list(SCALES), roles_of(data))
    yield matrix.tidy()
    yield matrix.summary
    yield matrix.criteria


def simulated(data: pd.DataFrame) -> Iterator[pd.DataFrame]:
    fit = sem.fit(models.correlated_factors(SCALES), data)
    yield cutoffs.dynamic_cutoffs(fit, n_replications=100, seed=1, max_levels=1).tidy()


TASKS: dict[str, Callable[[pd.DataFrame], Iterator[pd.DataFrame]]] = {
    task.__name__: task
    for task in (
        congruence, polynomial, ladder, partial, ordinal, compared, general, edwards, marker, method, several,
        simulated,
    )
}  # fmt: skip


# said by another column of the row: the first model has nothing to be compared with, a model without a method
# factor has no shares, only structures of a higher order have a target, nested pairs need no Vuong test, and what
# speaks of the whole model stands in the general factor's row
SAID: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "chisq_difference": lambda t: t["against"] == "",
    "df_difference": lambda t: t["against"] == "",
    "pvalue_difference": lambda t: t["against"] == "",
    "substantive": lambda t: t["model"] == "traits",
    "method": lambda t: t["model"] == "traits",
    "method_of_common": lambda t: t["model"] == "traits",
    "target_coefficient": lambda t: t["structure"] != "second_order",
    "z": lambda t: t["relation"] != "not nested",
    "pvalue_vuong": lambda t: t["relation"] != "not nested",
    "puc": lambda t: t["factor"] != t["factor"].iloc[0],
    "relative_bias": lambda t: t["source"] == "bifactor",  # no one-factor model was given
}


# fits that take a second or more
COSTLY = {
    "edwards": ("ordinary",),
    "general": ("two informants a unit",),
    "method": ("constant item", "two informants a unit"),
    "polynomial": ("two informants a unit", "constant item"),
    "compared": ("ordinary", "constant item"),
}


def silent(table: pd.DataFrame) -> list[str]:
    """Columns with an empty number in a row without a note."""
    spoken = pd.Series(False, index=table.index)
    for name in ("note", "reason"):
        if name in table:
            spoken |= table[name].fillna("").ne("")
    found = []
    for column in table.select_dtypes("number"):
        empty = table[column].isna() & ~spoken
        if empty.any() and column in SAID:
            empty &= ~SAID[column](table)
        if empty.any():
            found.append(str(column))
    return found


def attempt(
    task: Callable[[pd.DataFrame], Iterator[pd.DataFrame]], data: pd.DataFrame
) -> tuple[list[pd.DataFrame], str]:
    """The tables made before the first error, and the error; any other exception fails the test."""
    tables: list[pd.DataFrame] = []
    try:
        tables.extend(task(data))
    except ComplyError as error:
        return tables, str(error)
    return tables, ""


@pytest.mark.parametrize("task", TASKS)
def test_no_number_is_empty_without_a_reason(task: str) -> None:
    """Ordinary and degenerate answers: a note in the row, or one clear error."""
    for case, data in cases().items():
        if case not in COSTLY.get(task, cases()):
            continue
        tables, refused = attempt(TASKS[task], data)
        assert not refused or case != "ordinary", refused
        for place, table in enumerate(tables):
            assert not silent(table), (case, place, silent(table))


def test_shares_without_a_method_model_say_why() -> None:
    shares = method_variance.latent_method_factor(cases()["constant item"], SCALES).shares
    assert shares["substantive"].isna().all()
    assert shares["note"].str.contains("a1").all()
