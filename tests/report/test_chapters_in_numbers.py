"""What chapters print of given evidence: sentences, remarks and columns follow from the numbers in it."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from chapter_texts import stored

from comply_measure import sem
from comply_measure.evidence.fits import NamedFit, fit_values
from comply_measure.evidence.levels import _correlations
from comply_measure.evidence.topics.method_variance import MethodVarianceEvidence
from comply_measure.report.chapters.agreement_units import indices_table
from comply_measure.report.chapters.cfa import chapter as cfa_chapter
from comply_measure.report.chapters.method_variance import chapter as method_variance_chapter
from comply_measure.report.chapters.rival_claims import general_table, general_text
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.fits import convention_sentence, fit_sentence
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Prose
from comply_measure.report.surfaces import _Surface
from comply_measure.report.tables import TableSpec

LABELS = Labels({"C": "Care", "top": "Alignment"}, {}, {"sales": "Sales", "it": "IT"}, {})


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    f = rng.normal(size=(300, 1))
    return pd.DataFrame(0.8 * f + rng.normal(size=(300, 4)), columns=list("abcd"))


def labels_of(table: TableSpec) -> list[str]:
    return [column.label for column in table.shown]


def test_marker_effects_by_role_are_printed_as_found() -> None:
    """Values stay; a role without a model is blank and says why; without reasons there is no remark."""
    found = pd.DataFrame(
        {
            "group": ["sales", "it"],
            "n_informants": [80, 75],
            "chisq": [7.25, math.nan],
            "df": [1.0, math.nan],
            "pvalue": [0.007, math.nan],
            "method_variance": [0.12, math.nan],
            "note": ["", "did not converge"],
        }
    )
    evidence = MethodVarianceEvidence(
        title="Scale",
        indicator_kind="items",
        marker=None,
        latent=None,
        single=None,
        left_out=(),
        indices=(),
        formed=(),
        by_role=found,
        power=pd.DataFrame(),
        effect=None,
        worth=math.nan,
        marker_correlation=math.nan,
        wording=None,
        obstacles={
            "marker": "none asked",
            "latent": "singular",
            "single": "no answers",
            "wording": "no reverse",
        },
        n_units=90,
        n_informants=155,
        estimator="ML",
        turned={},
    )
    from comply_measure.report.chapters.method_variance import _role_table

    table = _role_table(evidence, LABELS)
    pd.testing.assert_frame_equal(table.data[list(found)], found)
    assert table.data["label"].tolist() == ["Sales", "IT"]
    assert labels_of(table)[-1] == "Remark"
    bare = found[["group", "n_informants"]].assign(note="")
    table = _role_table(replace(evidence, by_role=bare), LABELS)
    assert table.data[["chisq", "df", "pvalue", "method_variance"]].isna().all(axis=None)
    assert "Remark" not in labels_of(table)
    texts = [
        getattr(block, "text", "")
        for block in method_variance_chapter(evidence, LABELS, Cutoffs()).section.blocks
    ]
    for reason in evidence.obstacles.values():
        assert any(reason in text for text in texts)


@pytest.mark.parametrize(
    ("source", "words"),
    [("bifactor", "bifactor model"), ("Schmid-Leiman", "second-order model (Schmid-Leiman)")],
)
def test_indices_of_the_general_factor_name_their_model(source: str, words: str) -> None:
    names = (
        "omega",
        "omega_hierarchical",
        "relative_omega",
        "ecv",
        "h",
        "determinacy",
        "puc",
        "relative_bias",
    )
    general = pd.DataFrame(
        {"factor": ["C", "top"], "source": source}
        | {n: [0.1 * k + 0.01, 0.1 * k + 0.02] for k, n in enumerate(names)}
    )
    facts = SimpleNamespace(top="top", title="Scale", n_units=9, n_informants=27, estimator="ML")
    text = general_text(facts, general, LABELS)
    assert text == (
        f"By the {words}, Alignment carries .12 of the variance of the total score (ω_h) and .32 of the common "
        "variance (ECV); .62 of the correlations lie between dimensions (PUC)."
    )
    table = general_table(facts, general, LABELS)
    assert table.data["by"].tolist() == [words[0].upper() + words[1:]] * 2
    assert table.data["label"].tolist() == ["Care", "Alignment"]
    assert (table.n_units, table.n_informants, table.group) == (9, 27, "by")


def agreement(indices: pd.DataFrame) -> Any:
    return SimpleNamespace(title="Scale", indices=indices, n_units=20, n_informants=55)


def test_undefined_indices_are_explained_where_there_are_any() -> None:
    summary = pd.DataFrame(
        {
            "scale": "C", "index": ["rwg_j", "awg_j"], "null": ["slight_skew", ""], "n_units": [20, 20],
            "n_defined": [20, 17], "mean": 0.5, "sd": 0.1, "q25": 0.4, "q75": 0.6, "share_agreeing": 0.3,
            "note": ["", "mean outside the range: 2; flat: 1"],
        }
    )  # fmt: skip
    table = indices_table(agreement(summary), LABELS)
    assert table.data["n_undefined"].tolist() == [0, 3]
    assert table.data["null_label"].tolist() == ["slight skew", ""]
    assert table.notes[-1] == "Undefined where: mean outside the range; flat."
    defined = indices_table(agreement(summary.iloc[:1]), LABELS)
    assert not any("Undefined where" in note for note in defined.notes)


def test_a_surface_has_the_height_of_its_polynomial() -> None:
    b, centre = np.array([1.0, 0.3, -0.2, 0.4, 0.5, -0.6]), 4.0
    side = np.linspace(2, 6, 5)
    gx, gy = np.meshgrid(side, side)
    corners = np.array([[2.0, 2.0], [6.0, 2.0], [6.0, 6.0]])
    surface = _Surface(b, centre, (2.0, 6.0), corners, corners, gx, gy)
    for i in range(5):
        for j in range(5):
            u, v = side[j] - centre, side[i] - centre
            height = 1 + 0.3 * u - 0.2 * v + 0.4 * u * u + 0.5 * u * v - 0.6 * v * v
            assert surface.grid[i, j] == pytest.approx(height, abs=1e-12)
            assert np.isnan(surface.shown[i, j]) == (v > u)  # outside the triangle
    np.testing.assert_array_equal(surface.outline, [*corners, corners[0]])


def test_conventions_are_met_or_missed_by_the_fit_at_hand(data: pd.DataFrame) -> None:
    fit = sem.fit("f =~ a + b + c + d", data)
    named = NamedFit("one", "One factor", fit)
    values, reasons = fit_values(named)
    assert reasons == {}
    for name in ("cfi", "tli", "rmsea", "srmr"):
        assert values[name] == fit.measures[name]
        easy = Cutoffs({name: 0.0 if name in ("cfi", "tli") else 1.0})
        hard = Cutoffs({name: 1.5 if name in ("cfi", "tli") else -1.0})
        assert name.upper() in convention_sentence(named, easy).partition("within:")[2].partition(";")[0]
        assert name.upper() in convention_sentence(named, hard).partition("outside:")[2]
    assert convention_sentence(named, Cutoffs()).startswith("One factor, against the conventions CFI ≥ .95")
    assert f"χ²({values['df']:.0f}, N = 300)" in fit_sentence(named)
    saturated = NamedFit("one", "One factor", sem.fit("f =~ a + b + c", data))
    assert convention_sentence(saturated, Cutoffs()).startswith("One factor has no degrees of freedom")


def test_undefined_measures_of_fit_have_their_reason(data: pd.DataFrame) -> None:
    fit = sem.fit("f =~ a + b + c", data)  # as many moments as parameters: χ² = 0 on 0 df has no p
    values, reasons = fit_values(NamedFit("one", "One factor", fit))
    assert {name for name, value in values.items() if value != value} == set(reasons)
    assert set(reasons.values()) <= {"not defined for this model"}
    assert math.isnan(values["pvalue"])
    record = replace(fit.record(), converged=False, has_optimum=False)
    values, reasons = fit_values(NamedFit("one", "One factor", record))
    assert math.isnan(values["cfi"]) and values["df"] == 0
    assert set(reasons.values()) == {"did not converge"}
    assert "did not converge" in fit_sentence(NamedFit("one", "One factor", record))
    bad = NamedFit("one", "One factor", replace(fit.record(), admissible=False))
    assert fit_sentence(bad).endswith("The solution is not admissible (see the table).")


@pytest.mark.parametrize(
    ("n", "named"), [(0, ""), (1, " (i0)"), (8, " (i0, i1, i2, i3, i4, i5, i6, i7)"), (9, "")]
)
def test_items_that_would_be_dropped_are_named_up_to_eight(n: int, named: str) -> None:
    from comply_measure.report.chapters.content import content_headline

    log = SimpleNamespace(dropped=[f"i{k}" for k in (*range(n), *range(min(n, 1)))])  # one is named twice
    summary = pd.DataFrame({"statistic": ["S-CVI/Ave", "other"], "value": [0.875, 0.5]})
    found = SimpleNamespace(summary=lambda: summary, log=log, tidy=lambda: pd.DataFrame(index=range(20)))
    facts: Any = SimpleNamespace(
        title="T",
        evidence=found,
        compared=pd.DataFrame({"x": [1.0]} if n else {}),
        verdicts=lambda conventions: (),
    )
    (told,) = content_headline(facts)
    assert f" of 20 items would be dropped{named}. The answers are analysed with all items" in told
    assert told.startswith("T, content validity: S-CVI/Ave = .88")
    assert ("a table shows what changes without these" in told) is bool(n)


def test_one_dimension_has_no_correlations_within_and_between_units() -> None:
    evidence = stored("cfa").evidence
    unknown: Any = SimpleNamespace(has_optimum=False, unreached="did not converge")
    none = _correlations(unknown, ["C"])
    assert none.empty
    assert {"first", "second", "within", "between_upper"} <= {*none.columns}
    levels = replace(evidence.levels, correlations=none)
    section = cfa_chapter(replace(evidence, levels=levels), LABELS, Cutoffs()).section
    told = [block.text for block in section.blocks if isinstance(block, Prose)]
    (within,) = [text for text in told if text.startswith("Pooled informants mix")]
    assert "N = 664" in within
    assert "Correlations of the dimensions" not in within
    assert "cfa_levels" not in {table.key for table in section.tables()}
