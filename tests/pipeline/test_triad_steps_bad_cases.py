"""The steps about triads on odd studies: sections come out, or one clear error; nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.evidence import score_reliability
from comply_measure.evidence.texts import one_line
from comply_measure.pipeline.registry import STEPS as REGISTRY
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.responses import Responses, load_dataset

STEPS = {
    "agreement": {"bootstrap": 0},
    "aggregation": {},
    "triads": {"replications": 200, "bootstrap": 0},
    "gaps": {},
    "actions": {"replications": 100},
    "informants": {"estimator": "ML"},
    "congruence": {"outcomes": ("customer_satisfaction",), "bootstrap": 200},
}


@pytest.fixture(scope="module")
def study() -> Responses:
    return load_dataset("msi_triads")


@pytest.fixture(scope="module", autouse=True)
def each_reliability_is_computed_once() -> Iterator[None]:
    """Triads and gaps rest on the same reliabilities, whose models take long where units are few."""
    plain, known = score_reliability.congeneric_reliability, dict[Any, Any]()

    def kept(data: pd.DataFrame, scales: Mapping[str, Sequence[str]], *more: Any, **named: Any) -> Any:
        columns = [*dict.fromkeys(item for items in scales.values() for item in items)]
        rows = data[columns].to_numpy(dtype=float)
        key = (rows.tobytes(), str(dict(scales)), str(more), str(named))
        if key not in known:
            known[key] = plain(data, scales, *more, **named)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score_reliability, "congeneric_reliability", kept)
        yield


def run(step: str, responses: Responses) -> StepOutput:
    entry = REGISTRY[step]
    context = Context(lambda: responses, {}, Cutoffs(), "en", 7)
    return entry.output(context, entry.options(**STEPS[step]))


def equal_answers(study: Responses) -> Responses:
    informants = study.data.groupby("unit")["role"].nunique()
    units = [unit for unit in study.units.index if informants.get(unit, 0) > 1]
    few = study.subset(units=units[:40])
    same = dict.fromkeys(few.missing_reason.columns, 4.0)
    return dataclasses.replace(few, data=few.data.assign(**same))


# models of twelve units take long to fail; two units show it too
FEW = [(step, units) for step in STEPS for units in (1, 2, 12) if (step, units) != ("informants", 12)]


@pytest.mark.parametrize(("step", "units"), FEW)
def test_few_units(step: str, units: int, study: Responses) -> None:
    few = study.subset(units=study.units.index[:units].tolist())
    output = run(step, few)
    assert output.tables or output.problems
    for table in output.tables.values():
        assert table.n_units is None or table.n_units <= units, table.key
        assert table.n_informants is None or table.n_informants <= len(few.data), table.key
        for column in ("n_units", "n_clusters", "n_defined", "n_tested"):
            assert (table.data.get(column, pd.Series([0])).dropna() <= units).all(), (table.key, column)
    if step == "congruence" and units < 3:
        assert any("too few" in text for text in output.problems)


NAN = float("nan")
#: What forty units say of whom everybody answered 4 to everything: agreement is perfect, what needs variance undefined.
EQUAL = {
    "agreement_rwg": {"mean": 1, "sd": 0, "q25": 1, "share_agreeing": 1, "n_defined": 40},
    "agreement_ad": {"mean": 0, "maximum": 0, "share_agreeing": 1},
    "agreement_tests": {"share_significant": 1, "n_tested": 40, "p_share": 0},
    "agreement_units": {"rwg_j": 1, "ad_mean": 0},
    "agreement_icc": {"icc1": NAN, "icc2": NAN, "p": NAN, "df1": 39, "df2": 71, "msb": 0, "msw": 0},
    "agreement_icc_twoway": {"icc": NAN, "lower": NAN, "p": NAN, "n_informants": 111},
    "aggregation_description": {"mean": 4, "sd": 0, "minimum": 4, "maximum": 4},
    "aggregation_correlations": {"r": NAN, "n_units": 40},
    "triads_icc_reml": {"icc1": NAN, "icc2": NAN, "variance_between": NAN, "n_units": 40},
    "triads_resampling": {"variance": 0, "variance_random": 0, "z_published": NAN, "p": NAN},
    "triads_units": {"score": 4, "sd": 0, "range": 0, "blup": NAN, "common_fate": NAN},
    "triads_profiles": {"d_mean": 0, "correlation": NAN},
    "triads_odd": {"n_odd": 0, "n_ties": 31, "n_reliable": 0, "share": NAN, "p": NAN},
    "gaps_dimensions": {"mean": 0, "sd": 0, "se": NAN, "t": NAN, "p": NAN, "lower": NAN},
    "gaps_mixed": {"estimate": NAN, "se": NAN, "p": NAN, "n_clusters": 13},
    "gaps_attributes": {"mean": 0, "t": NAN, "p_holm": NAN},
    "actions_priorities": {
        "level": 4,
        "level_lower": 4,
        "level_upper": 4,
        "distance": NAN,
        "disputed_p": NAN,
        "low_p": NAN,
    },
}


@pytest.mark.parametrize("step", list(STEPS))
def test_equal_answers_of_everybody(step: str, study: Responses) -> None:
    output = run(step, equal_answers(study))
    assert step in ("informants", "congruence") or any(key in output.tables for key in EQUAL)
    for key, values in EQUAL.items():
        for name, expected in values.items() if key in output.tables else ():
            found = output.tables[key].data[name].to_numpy(dtype=float)
            np.testing.assert_allclose(found, expected, atol=1e-9, err_msg=f"{key}: {name}")
    if step == "actions":
        calls = output.tables["actions_priorities"].data
        assert set(calls["disputed"]) == set(calls["low"]) == {"cannot say"}
        assert set(calls["note"]) == {"no latent model of the items: step invariance"}
    if step == "informants":
        assert any("no variance" in text for text in output.problems)


@pytest.mark.parametrize(
    "step", [name for name in STEPS if name not in ("agreement", "aggregation", "informants")]
)
def test_dyads(step: str, study: Responses) -> None:
    pair = study.subset(role=["marketing", "sales"], units=study.units.index[:60].tolist())
    assert run(step, pair).section.tables()


@pytest.mark.parametrize("step", [name for name in STEPS if name not in ("agreement", "aggregation")])
def test_one_role_is_refused(step: str, study: Responses) -> None:
    with pytest.raises(ComplyError, match="compares at least 2"):
        run(step, study.subset(role="sales"))


def test_agreement_needs_two_informants_of_a_unit(study: Responses) -> None:
    with pytest.raises(ComplyError, match="no unit has two informants"):
        run("agreement", study.subset(role="sales"))


def test_errors_fit_on_one_line() -> None:
    assert one_line(ComplyError("It does not work.")) == "It does not work"
    text = one_line(InputError("Unusable.", [Problem("no variance", column=c) for c in "abcd"]))
    assert text.startswith("Unusable: ")
    assert text.endswith("; 2 more")
