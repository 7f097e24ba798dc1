"""The selling-center model holds the paths the framework suggests, and recovers paths of data made from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError
from comply_measure.framework import smsc_constructs
from comply_measure.models import FOCAL, selling_center_hypotheses, selling_center_model

BEFORE = [c.key for c in smsc_constructs() if c.block in ("preparation", "follow_up")]
AFTER = [c.key for c in smsc_constructs() if c.block.endswith("outcome")]


def test_hypotheses_follow_the_blocks_of_the_framework() -> None:
    paths = {(path.outcome, path.predictor): path.sign for path in selling_center_hypotheses()}
    assert set(paths) == {(name, FOCAL) for name in BEFORE} | {(a, b) for a in AFTER for b in BEFORE}
    for construct in smsc_constructs():
        if construct.block.endswith("outcome"):
            assert {paths[construct.key, name] for name in BEFORE} == {construct.direction}
    blocks = selling_center_hypotheses("blocks")
    assert [(p.outcome, p.predictor, p.sign) for p in blocks] == [
        ("preparation", FOCAL, 1),
        ("follow_up", FOCAL, 1),
        ("positive_outcome", "preparation", 1),
        ("positive_outcome", "follow_up", 1),
        ("negative_outcome", "preparation", -1),
        ("negative_outcome", "follow_up", -1),
    ]


def test_unknown_forms_and_missing_items_are_refused() -> None:
    with pytest.raises(ComplyError, match="did you mean 'blocks'"):
        selling_center_model(["C"], "block")  # type: ignore[arg-type]
    with pytest.raises(ComplyError, match="follow-up by items"):
        selling_center_model(["C"], "blocks")


def test_the_model_of_blocks_as_it_stands() -> None:
    assert selling_center_model(["C", "O"], "blocks", follow_up_items=["a", "b"]).splitlines() == [
        "alignment =~ C + O",
        "preparation =~ marketing_preparation + salesperson_preparation + joint_preparation",
        "follow_up =~ a + b",
        "positive_outcome =~ salesperson_benefits + marketer_benefits",
        "negative_outcome =~ customer_drawbacks + marketer_drawbacks + salesperson_drawbacks",
        "preparation ~ a1*alignment",
        "follow_up ~ a2*alignment",
        "positive_outcome ~ b1_1*preparation + b1_2*follow_up",
        "negative_outcome ~ b2_1*preparation + b2_2*follow_up",
        "preparation ~~ follow_up",
        "positive_outcome ~~ negative_outcome",
        "indirect_positive_outcome := a1*b1_1 + a2*b1_2",
        "indirect_negative_outcome := a1*b2_1 + a2*b2_2",
    ]


def made_data(n: int = 4000) -> tuple[pd.DataFrame, dict[tuple[str, str], float]]:
    """Unit scores that follow the model with known coefficients; alignment has unit variance."""
    rng = np.random.default_rng(8)
    truth: dict[tuple[str, str], float] = {}
    alignment = rng.normal(size=n)
    data = {name: 0.8 * alignment + 0.6 * rng.normal(size=n) for name in "COMPLY"}
    for place, name in enumerate(BEFORE):
        truth[name, FOCAL] = 0.2 + 0.1 * place
        data[name] = truth[name, FOCAL] * alignment + 0.8 * rng.normal(size=n)
    for row, name in enumerate(AFTER):
        data[name] = rng.normal(size=n)
        for column, source in enumerate(BEFORE):
            truth[name, source] = 0.1 * ((row + column) % 4 - 1)
            data[name] += truth[name, source] * data[source]
    return pd.DataFrame(data), truth


def test_paths_and_indirect_effects_are_recovered() -> None:
    data, truth = made_data()
    fit = sem.fit(selling_center_model(list("COMPLY")), data, std_lv=True)
    assert fit.converged
    estimates = fit.estimates.set_index(["lhs", "op", "rhs"])
    paths = [(estimates.loc[(a, "~", b)], value) for (a, b), value in truth.items()]
    deviations = np.array([(row["est"] - value) / row["se"] for row, value in paths])
    # 24 standardised deviations: mean square near 1, none beyond 4 standard errors.
    assert np.abs(deviations).max() < 4
    assert np.sqrt((deviations**2).mean()) < 1.6
    defined = fit.estimates[fit.estimates["op"] == ":="].set_index("lhs")["est"]
    for name in AFTER:
        product = sum(
            estimates.loc[(source, "~", FOCAL), "est"] * estimates.loc[(name, "~", source), "est"]
            for source in BEFORE
        )
        assert defined[f"indirect_{name}"] == pytest.approx(product, abs=1e-12)
