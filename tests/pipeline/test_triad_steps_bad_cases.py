"""The steps about triads on odd studies: sections come out, or one clear error; nothing else."""

from __future__ import annotations

import dataclasses

import pytest

from comply_measure.errors import ComplyError, InputError, Problem
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


def run(step: str, responses: Responses) -> StepOutput:
    entry = REGISTRY[step]
    context = Context(lambda: responses, {}, Cutoffs(), "en", 7)
    return entry.output(context, entry.options(**STEPS[step]))


def equal_answers(study: Responses) -> Responses:
    few = study.subset(units=study.units.index[:40].tolist())
    same = dict.fromkeys(few.missing_reason.columns, 4.0)
    return dataclasses.replace(few, data=few.data.assign(**same))


# models of twelve units take long to fail; two units show it too
FEW = [(step, units) for step in STEPS for units in (1, 2, 12) if (step, units) != ("informants", 12)]


@pytest.mark.parametrize(("step", "units"), FEW)
def test_few_units(step: str, units: int, study: Responses) -> None:
    output = run(step, study.subset(units=study.units.index[:units].tolist()))
    assert output.section.blocks
    if step == "congruence" and units < 3:
        assert any("too few" in text for text in output.problems)


@pytest.mark.parametrize("step", list(STEPS))
def test_equal_answers_of_everybody(step: str, study: Responses) -> None:
    output = run(step, equal_answers(study))
    assert output.section.blocks
    if step == "informants":
        assert any("no variance" in text for text in output.problems)


@pytest.mark.parametrize(
    "step", [name for name in STEPS if name not in ("agreement", "aggregation", "informants")]
)
def test_dyads(step: str, study: Responses) -> None:
    pair = study.subset(role=["marketing", "sales"], units=study.units.index[:60].tolist())
    assert run(step, pair).section.tables()


@pytest.mark.parametrize("step", [name for name in STEPS if name != "aggregation"])
def test_one_role_is_refused(step: str, study: Responses) -> None:
    with pytest.raises(ComplyError, match="compares at least 2"):
        run(step, study.subset(role="sales"))


def test_errors_fit_on_one_line() -> None:
    assert one_line(ComplyError("It does not work.")) == "It does not work"
    text = one_line(InputError("Unusable.", [Problem("no variance", column=c) for c in "abcd"]))
    assert text.startswith("Unusable: ")
    assert text.endswith("; 2 more")
