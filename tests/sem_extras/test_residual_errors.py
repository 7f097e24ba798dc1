"""Normalized and standardized residuals against lavaan 0.7-2 (tests/reference/sem_lavaan07/residuals.R).

Parameters that groups share carry the sampling error of every group into a group's residuals. Tolerance 2e-4: a z
value moves by about 100 times the distance of lavaan's estimates from the optimum (1e-6); with incomplete data 5e-4.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from semopy.examples import holzinger39

from comply_measure import sem

FILE = Path(__file__).parent.parent / "reference" / "sem_lavaan07" / "residuals.json"
LAVAAN: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
LINEAR = (
    "A =~ a1 + p*a2 + q*a3 + a4\nB =~ b1 + b2 + r*b3\nC =~ c1 + c2 + c3 + c4\nq == p + 0.2*r\n"
    "a1 ~~ u*a1\na2 ~~ v*a2\nu == v\n"
)
ORDINAL = "f =~ u1 + u2 + u3 + u4\ng =~ u5 + u6 + u7\n"
GROUPS = {"group": "region", "group_equal": ("loadings", "intercepts")}
ORDERED = {"ordered": True, "group": "region"}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ml": ("CFA", "simulated", GROUPS),
    "mlr": ("CFA", "simulated", {**GROUPS, "estimator": "MLR"}),
    "gls": ("CFA", "simulated", {**GROUPS, "estimator": "GLS"}),
    "uls": ("CFA", "simulated", {**GROUPS, "estimator": "ULS"}),
    "fiml": ("CFA", "incomplete", {**GROUPS, "missing": "ml"}),
    "fiml_mlr": ("CFA", "incomplete", {**GROUPS, "missing": "ml", "estimator": "MLR"}),
    "linear": (LINEAR, "simulated", {}),
    "linear_mlr": (LINEAR, "simulated", {"estimator": "MLR"}),
    "cluster": ("CFA", "simulated", {"cluster": "unit"}),
    "cluster_fiml": ("CFA", "incomplete", {"cluster": "unit", "missing": "ml"}),
    "mlf": ("CFA", "simulated", {"estimator": "MLF"}),
    "mlf_sem": ("SEM", "simulated", {"estimator": "MLF"}),
    "ordinal": (ORDINAL, "ordinal", {**ORDERED, "group_equal": "loadings"}),
    "ordinal_thresholds": (ORDINAL, "ordinal", {**ORDERED, "group_equal": ("loadings", "thresholds")}),
}


@pytest.mark.parametrize("case", CASES)
def test_against_lavaan(case: str, models, request: pytest.FixtureRequest) -> None:
    model, data, options = CASES[case]
    fit = sem.fit(getattr(models, model, model), request.getfixturevalue(data), **options)
    tolerance = 5e-4 if "fiml" in case else 2e-4
    for kind, groups in LAVAAN[case].items():
        found = fit.residuals(kind)
        for name, expected in groups.items():
            mine = found if name == "all" else found[name]
            cov = mine["cov"].to_numpy()
            theirs = np.array(expected["cov"], dtype=float)
            assert_allclose(
                cov.T[np.triu_indices(len(cov))], theirs, atol=tolerance, err_msg=f"{kind} {name}"
            )
            for part in {"mean", "th"} & set(mine) & set(expected):
                if len(expected[part]) == len(mine[part]):
                    assert_allclose(mine[part], np.array(expected[part], float), atol=tolerance, err_msg=part)


def test_equal_groups_carry_each_others_error() -> None:
    """Scalar invariance of Holzinger and Swineford's schools; a group's own error alone gave z = −3.43."""
    model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
    data = holzinger39.get_data()
    fit = sem.fit(model, data, group="school", group_equal=("loadings", "intercepts"))
    found = fit.residuals("standardized")
    assert found["Grant-White"]["cov"].loc["x7", "x7"] == pytest.approx(-1.9900, abs=2e-4)
    # equal intercepts and free factor means: the groups' mean residuals cancel, so their z values do
    assert_allclose(found["Grant-White"]["mean"], -found["Pasteur"]["mean"], atol=1e-6)
    assert found["Pasteur"]["mean"]["x3"] == pytest.approx(4.5754, abs=2e-4)


def test_standardized_residuals_are_standard_normal_across_tied_groups() -> None:
    """Two groups, one model: variance of z over 100 samples within three Monte Carlo errors (0.14) of one."""
    random = np.random.default_rng(8)
    z = []
    for _ in range(100):
        factor = random.normal(size=(240, 1))
        data = pd.DataFrame(0.8 * factor + 0.6 * random.normal(size=(240, 4)), columns=list("abcd"))
        data["g"] = np.repeat(["u", "v"], [80, 160])
        fit = sem.fit(
            "f =~ a + b + c + d", data, group="g", group_equal=("loadings", "intercepts", "residuals")
        )
        found = fit.residuals("standardized")["u"]
        z.append([found["cov"].loc["a", "a"], found["cov"].loc["a", "c"], found["mean"]["b"]])
    assert np.var(np.array(z), axis=0) == pytest.approx(np.ones(3), abs=0.42)
