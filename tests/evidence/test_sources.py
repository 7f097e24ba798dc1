"""Paths with one rater and with different raters: what one informant's view adds, on the shipped study and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import evidence, sem
from comply_measure.errors import NotApplicableError
from comply_measure.evidence.focal import focal
from comply_measure.evidence.sources import assignments, source_comparison
from comply_measure.evidence.topics.structure import StructureOptions
from comply_measure.models.hypothesised import Hypothesis
from comply_measure.responses import load_dataset


@pytest.fixture(scope="module")
def responses():
    return load_dataset("msi_triads")


@pytest.fixture(scope="module")
def found(responses):
    return evidence.structure(responses)


def test_no_path_has_one_rater_twice() -> None:
    assert assignments(("m", "s", "i"), ("m", "s")) == [(("i",), "m", "s"), (("i",), "s", "m")]
    assert assignments(("m", "s"), ("m", "s")) == [(("s",), "m", "s"), (("m",), "s", "m")]
    assert assignments(("a", "b", "m", "s"), ("m", "s"))[0] == (("a", "b"), "m", "s")
    assert assignments(("i",), ("m",)) == []
    assert assignments(("m",), ("m", "s")) == [(("m",), "s", "m")]


def test_alignment_and_preparation_of_the_shipped_study(found) -> None:
    """Rated by one informant the paths from alignment are about twice those from another's view."""
    sources = found.sources
    assert sources.failures == ()
    assert sources.different_raters == (("it", "marketing", "sales"), ("it", "sales", "marketing"))
    assert sources.same_raters == (("marketing",) * 3, ("sales",) * 3)
    paths = sources.paths.set_index(["outcome", "predictor"])
    assert len(paths) == 24
    joint = paths.loc[("joint_preparation", "alignment")]
    assert joint["same"] == pytest.approx(0.373, abs=0.002)
    assert joint["different"] == pytest.approx(0.209, abs=0.002)
    assert joint["lower"] > 0
    upper = paths.xs("alignment", level="predictor")
    assert (upper["same"] > 1.4 * upper["different"]).all()
    assert (upper["different"] > 0).all()  # planted paths of .4 to .6


def test_a_path_with_different_raters_is_the_mean_of_its_fits(found, responses) -> None:
    """By hand: IT's view of alignment on what marketing, then sales, says of joint preparation."""
    it = responses.scores("dimension", "comply")
    rated = responses.scores("dimension", "smsc")
    dimensions = list("COMPLY")
    betas, errors = [], []
    for role, other in (("marketing", "sales"), ("sales", "marketing")):
        parts = [
            it[it["role"] == "it"].set_index("unit")[dimensions],
            rated[rated["role"] == role].set_index("unit")[
                ["marketing_preparation", "salesperson_preparation", "joint_preparation", "joint_follow_up"]
            ],
            rated[rated["role"] == other].set_index("unit").filter(regex="benefits|drawbacks"),
        ]
        table = pd.concat(parts, axis=1)
        table["firm"] = responses.data.drop_duplicates("unit").set_index("unit")["firm"]
        fit = sem.fit(found.model, table, estimator="MLR", missing="ml", cluster="firm")
        row = (
            fit.standardized("all")
            .set_index(["lhs", "op", "rhs"])
            .loc[("joint_preparation", "~", "alignment")]
        )
        betas.append(row["est_std"])
        errors.append(row["se"])
    mine = found.sources.paths.set_index(["outcome", "predictor"]).loc[("joint_preparation", "alignment")]
    assert mine["different"] == pytest.approx(np.mean(betas), abs=1e-6)
    assert mine["different"] - mine["lower"] == pytest.approx(mine["upper"] - mine["different"], rel=1e-9)
    assert mine["upper"] - mine["different"] == pytest.approx(1.959964 * np.mean(errors), rel=1e-4)


def test_other_models_have_no_such_paths(responses) -> None:
    own = evidence.structure(responses, StructureOptions(model="customer_satisfaction ~ joint_preparation"))
    assert own.sources is None


def test_a_fit_that_cannot_be_made_leaves_its_kind_of_path_out(responses) -> None:
    """By hand: one correlation per pair of raters; of the different ones the second is refused."""
    focal_scale, other = (
        focal(responses, responses.scale("comply")),
        focal(responses, responses.scale("smsc")),
    )
    path = Hypothesis("salesperson_benefits", "joint_preparation", 1)
    sizes = []

    def fit(table: pd.DataFrame, refused: int = 0) -> sem.Fit:
        sizes.append(len(table[["joint_preparation", "salesperson_benefits"]].dropna()))
        if len(sizes) == refused:
            raise NotApplicableError("too few raters")
        return sem.fit("salesperson_benefits ~ joint_preparation", table)

    asked = (focal_scale, other, ["joint_preparation"], ["salesperson_benefits"], [path])
    whole = source_comparison(*asked, fit)
    assert whole is not None and (whole.n_units, whole.failures) == (min(sizes[2:]), ())
    assert len(set(sizes)) > 1
    sizes.clear()
    part = source_comparison(*asked, lambda table: fit(table, refused=4))
    assert part is not None and part.failures == ("it / sales / marketing: too few raters",)
    assert part.n_units == sizes[2]
    row = part.paths.iloc[0]
    assert np.isnan(row[["different", "lower", "upper"]].to_numpy(float)).all()
    assert row["same"] == whole.paths["same"].iloc[0] and row["note"] == "a fit could not be made"
    assert whole.paths["note"].tolist() == [""]
