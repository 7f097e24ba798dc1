"""Numbers of topics against the answers they are made from, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from comply_measure.errors import ComplyError
from comply_measure.evidence import informant_tables
from comply_measure.evidence.fits import NamedFit
from comply_measure.evidence.focal import chosen_focal
from comply_measure.evidence.topics.aggregation import aggregation
from comply_measure.evidence.topics.structure import StructureOptions, structure
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Context, StepOutput
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.parts import Prose
from comply_measure.responses import Responses, load_dataset


@pytest.fixture(scope="module")
def responses() -> Responses:
    everything = load_dataset("msi_triads")
    return everything.subset(units=list(everything.units.index[:80]))


def output(responses: Responses, step: str, **options: object) -> StepOutput:
    context = Context(lambda: responses, {}, Cutoffs(), "en", 7)
    return STEPS[step].output(context, STEPS[step].options(**options))


def prose(found: StepOutput) -> str:
    return " ".join(block.text for block in found.section.blocks if isinstance(block, Prose))


def test_items_are_described_as_they_were_answered(responses: Responses) -> None:
    found = output(responses, "items")
    for scale in responses.scales:
        table = found.tables[f"items_{scale.key}_pooled"].data
        items = responses.items(scale.key)
        reverse = sum(item.keying < 0 for item in items)
        assert f"{len(table)} items ({reverse} reverse-keyed)" in prose(found)
        assert found.values[f"n_items_{scale.key}"] == len(table)
    comply = next(scale for scale in responses.scales if scale.key == "comply")
    assert any(item.keying < 0 for item in responses.items("comply"))
    table = found.tables["items_comply_pooled"].data.set_index("item")
    roles = found.tables["items_comply_by_role"].data.set_index(["item", "group"])
    scored, members = responses.scored(), responses.measurement("comply", "attribute")
    text = prose(found)
    text = text[text.index("COMPLY: ") : text.index("Sales-marketing selling center: ")]
    for construct, names in list(members.items())[:4]:
        x = scored[list(names)]
        for item in names:
            row = table.loc[item]
            assert row["mean"] == pytest.approx(x[item].mean(), rel=1e-12), construct
            assert row["sd"] == pytest.approx(x[item].std(), rel=1e-12)
            assert row["skewness"] == pytest.approx(x[item].skew(), rel=1e-9)
            assert row["kurtosis"] == pytest.approx(x[item].kurt(), rel=1e-9)
            assert row["n_informants"] == x[item].notna().sum()
            low, high = comply.response.minimum, comply.response.maximum
            assert row["floor"] == pytest.approx((x[item] == low).sum() / x[item].notna().sum())
            assert row["ceiling"] == pytest.approx((x[item] == high).sum() / x[item].notna().sum())
            for role in responses.roles:
                mine = responses.data["role"] == role
                assert roles.loc[(item, role), "mean"] == pytest.approx(x.loc[mine, item].mean(), rel=1e-12)
                assert roles.loc[(item, role), "n_missing"] == x.loc[mine, item].isna().sum()
            assert row["n_missing"] == x[item].isna().sum()
    assert f"Item means range from {table['mean'].min():.2f} to {table['mean'].max():.2f}" in text
    low = [item for item, r in table["item_rest_r"].items() if r < 0.30]
    assert ("no item lies below" in text) == (not low)
    words = {item.id: item.text("en", item.roles[0]) for item in responses.items("comply")}
    for item, shown in table["text"].items():
        assert words[item] in shown, item
    scores = found.tables["items_scores_comply"].data.set_index("construct")
    construct, names = next(iter(members.items()))
    mine = scored.loc[responses.data["role"] == "sales", list(names)].mean(axis=1)
    assert scores.loc[construct, "mean_sales"] == pytest.approx(mine.mean(), rel=1e-9)
    assert scores.loc[construct, "sd_sales"] == pytest.approx(mine.std(), rel=1e-9)
    assert scores.loc[construct, "n_sales"] == mine.notna().sum()


def test_unit_scores_of_dimensions_and_attributes(responses: Responses) -> None:
    found = output(responses, "aggregation", min_roles=2, centring="none")
    attributes = found.tables["aggregation_description_attributes"].data.set_index("construct")
    others = found.tables["aggregation_description"].data.set_index("construct")
    assert len(attributes) == 20 and set(attributes["level"]) == {"attribute"}
    assert "attribute" not in set(others["level"])
    scores = responses.scores("dimension", "comply")
    means = scores.groupby("unit")["C"].agg(["mean", "count"])
    kept = means.loc[means["count"] >= 2, "mean"]
    row = others.loc["C"]
    assert (row["n_units"], row["n_short"]) == (len(kept), (means["count"] < 2).sum())
    assert row["mean"] == pytest.approx(kept.mean(), rel=1e-12)
    assert row["sd"] == pytest.approx(kept.std(), rel=1e-12)
    assert (row["minimum"], row["maximum"]) == pytest.approx((kept.min(), kept.max()))
    pair = found.tables["aggregation_correlations"].data.set_index(["first", "second"]).loc[("C", "O")]
    other = scores.groupby("unit")["O"].agg(["mean", "count"])
    both = pd.concat([kept, other.loc[other["count"] >= 2, "mean"]], axis=1, join="inner")
    assert pair["n_units"] == len(both)
    assert pair["r"] == pytest.approx(np.corrcoef(both.T)[0, 1], rel=1e-9)
    every = pd.concat([attributes["mean"], others["mean"]])
    assert f"range from {every.min():.2f} to {every.max():.2f}" in prose(found)


@pytest.mark.parametrize("missing", ["listwise", "ml"])
def test_units_of_the_structural_model(responses: Responses, missing: str) -> None:
    """Complete units for listwise, those with the fixed predictor for full information; the path by least squares."""
    scores = aggregation(responses)
    table = scores.scores.copy()
    table.loc[:7, "C"] = np.nan
    table.loc[6:9, "O"] = np.nan
    known = table[["C", "O"]].notna()
    kept = int(known.all(axis=1).sum() if missing == "listwise" else known["O"].sum())
    assert known.all(axis=1).sum() < known.any(axis=1).sum() < len(table)
    options = StructureOptions(model="C ~ O", missing=missing, estimator="ML", cluster="none")
    found = structure(responses, options, scores=replace(scores, scores=table))
    assert found.n_units == kept == found.named.fit.n
    if missing == "listwise":
        complete = table.loc[known.all(axis=1), ["C", "O"]]
        slope = np.polyfit(complete["O"], complete["C"], 1)[0]
        estimate = found.tidy().query("op == '~'")["est"].iloc[0]
        assert estimate == pytest.approx(slope, abs=1e-6)
    undefined = {
        name for name, value in found.values().items() if isinstance(value, float) and math.isnan(value)
    }
    assert undefined == set(found.reasons())


def test_solutions_that_cannot_be_trusted_are_marked(responses: Responses) -> None:
    chosen = chosen_focal(responses, "comply")
    name, items = next(iter(chosen.factors.items()))
    from comply_measure import sem
    from comply_measure.models.informants import latent_congruence_model, wide_frame

    wide = wide_frame(chosen.indicators(), list(items), chosen.roles).reset_index(drop=True)
    fit = sem.fit(latent_congruence_model(name, items, chosen.roles), wide, missing="ml")
    record = fit.record()
    for part, note in (
        ({"admissible": True, "converged": True}, ""),
        ({"admissible": False, "converged": True}, "solution not admissible"),
        ({"admissible": False, "converged": False, "has_optimum": False}, "did not converge"),
    ):
        named = NamedFit(name, name, replace(record, **part))
        contrasts = informant_tables.contrast_table([named], chosen.roles)
        assert set(contrasts["note"]) == {note}
        assert contrasts["mean"].isna().all() == (note == "did not converge")
        if part["converged"]:
            table = record.estimates.set_index(["lhs", "op", "rhs"])
            level = contrasts[contrasts["level"]].iloc[0]
            assert level["mean"] == table.loc[(f"{name}.level", "~1", ""), "est"]
            variance = table.loc[(f"{name}.level", "~~", f"{name}.level")]
            assert (level["variance"], level["variance_lower"]) == (variance["est"], variance["ci_lower"])


def test_one_dimension_cannot_be_told_apart(responses: Responses) -> None:
    alone = replace(responses, scales=(responses.scale("marker"),))
    with pytest.raises(ComplyError, match="one dimension"):
        output(alone, "validity")


def test_treatments_of_missing_answers_differ_by_what_the_headline_says(responses: Responses) -> None:
    found = output(responses, "missing_data", dimensions=("C",), imputations=3, iterations=1)
    table = found.tables["missing_data_C_estimates"].data
    used = [c for c in table if c.endswith("(MLR)") and not c.startswith(("listwise", "se "))]
    assert len(used) == 2
    largest = (table[used[0]] - table[used[1]]).abs().max()
    assert f"at most {largest:.3f}".replace("0.", ".") in found.headline[0]


def test_the_conventions_are_held_against_the_second_order_model(responses: Responses) -> None:
    found = output(responses, "cfa", by_role=False)
    table = found.tables["cfa_fit"].data.set_index("key")
    assert {"cfa_second_order_loadings", "cfa_validity", "cfa_correlations"} <= set(found.tables)
    sentence = next(b.text for b in found.section.blocks if isinstance(b, Prose) and "conventions" in b.text)
    assert sentence.startswith(table.loc["second_order", "model"])
    for name, met in (
        ("cfi", table.loc["second_order", "cfi"] >= 0.95),
        ("srmr", table.loc["second_order", "srmr"] <= 0.08),
    ):
        assert (name.upper() in sentence.partition("within:")[2].partition(";")[0]) == met
