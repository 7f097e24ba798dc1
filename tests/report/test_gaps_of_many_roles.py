"""Role gaps of dozens of roles: what is printed and drawn is bounded, what is exported is whole."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from comply_measure.evidence.topics import gaps as topic
from comply_measure.evidence.topics.gaps import GapEvidence, gaps
from comply_measure.report.chapters.columns import each
from comply_measure.report.chapters.gaps import gaps_section
from comply_measure.report.chapters.triads_units import gap_units_table
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Details, Figure, Section
from comply_measure.report.tables import TableSpec
from comply_measure.report.translation.translator import translator
from comply_measure.responses import load_dataset
from comply_measure.triads import TriadData, gap_reliability


def evidence(n_roles: int) -> GapEvidence:
    rng = np.random.default_rng(1)
    roles = tuple(f"r{number:02d}" for number in range(n_roles))
    pairs = [f"{one} - {other}" for one, other in combinations(roles, 2)]
    n = len(pairs)
    mean = rng.normal(size=n)
    common = {"column": "d", "pair": pairs, "n_units": 40, "n_clusters": 0, "note": ""}
    numbers = dict.fromkeys(("lower", "upper", "sd", "t", "df", "p", "d_z_hedges", "mean_absolute"), 0.1)
    tests = pd.DataFrame({**common, "mean": mean, **numbers, "p_holm": 0.5})
    mixed = pd.DataFrame(
        {
            **common,
            "estimate": mean,
            **numbers,
            "se": 1.0,
            "n_informants": 80,
            "p_holm": 0.5,
            "kind": "dimension",
        }
    )
    means = pd.DataFrame(
        {"column": "d", "role": roles, "n_informants": 40, "mean": np.arange(n_roles, dtype=float)}
    ).assign(lower=0.0, upper=1.0)
    return GapEvidence(
        title="S", n_units=40, n_informants=40 * n_roles, roles=roles, dimensions=tests,
        attributes=tests.assign(column="a"), means=means, reliability=None, units=None, unit_gaps=0, contrasts=mixed,
        latent=pd.DataFrame(columns=["factor", "pair", "gap", "p_holm"]), clustered=False, replications=0,
        alpha=0.05, limits=(1.0, 7.0), turned={},
    )  # fmt: skip


def labels() -> Labels:
    return Labels(
        *(MappingProxyType({"d": "Dimension", "r00": "Role 0"}) for _ in range(3)), MappingProxyType({})
    )


def parts(section: Section) -> tuple[dict[str, TableSpec], dict[str, Figure]]:
    blocks = [
        *section.blocks,
        *(inner for b in section.blocks if isinstance(b, Details) for inner in b.blocks),
    ]
    tables = {block.key: block for block in blocks if isinstance(block, TableSpec)}
    return tables, {block.key: block for block in blocks if isinstance(block, Figure)}


def test_the_largest_gaps_of_very_many_are_printed_and_all_exported() -> None:
    facts = evidence(30)  # 435 pairs
    tables, figures = parts(gaps_section(facts, labels()))
    for key, size in (("gaps_dimensions", "mean"), ("gaps_attributes", "mean"), ("gaps_mixed", "estimate")):
        table = tables[key]
        assert table.rows_shown == 400 and table.group is None
        assert table.columns[0].label == "Construct"
        shown = table.data[size].abs().to_numpy()
        assert (np.diff(shown) <= 0).all()
        assert sorted(table.data[size]) == sorted(facts.dimensions["mean"])
        assert "Largest gaps first." in table.notes
    assert figures["gaps_profile"].notes[-1] == "The 12 roles of 30 with the highest and lowest means."
    assert figures["gaps_heat_map"].notes[-1] == "The 20 pairs of 435 with the largest gaps."


def test_few_roles_are_shown_whole_and_in_order() -> None:
    facts = evidence(4)
    tables, figures = parts(gaps_section(facts, labels()))
    table = tables["gaps_dimensions"]
    assert table.rows_shown is None and table.group == "label"
    assert table.data["pair"].tolist() == facts.dimensions["pair"].tolist()
    assert table.data["pair_label"][0] == "Role 0 – r01"
    assert all("with the" not in note for figure in figures.values() for note in figure.notes)


def test_a_bootstrap_is_named_and_has_no_degrees_of_freedom() -> None:
    facts = evidence(4)
    facts = replace(
        facts, replications=999, clustered=True, contrasts=facts.contrasts.assign(n_clusters=12, df=np.nan)
    )
    table = parts(gaps_section(facts, labels()))[0]["gaps_mixed"]
    told = "Tests and intervals by the restricted wild cluster bootstrap (999 replications), 12 clusters."
    assert told in table.notes and not any("are few" in note for note in table.notes)
    assert "df" not in [column.name for column in table.columns]
    assert translator("de")(told) == (
        "Tests und Intervalle nach dem restringierten Wild-Cluster-Bootstrap (999 Wiederholungen), 12 Cluster."
    )
    plain = parts(gaps_section(replace(facts, replications=0), labels()))[0]["gaps_mixed"]
    assert any("12 clusters are few" in note for note in plain.notes)


@pytest.mark.parametrize("index", [None, [5, 7, 9, 11]])
def test_each_label_is_that_of_its_name(index: list[int] | None) -> None:
    asked: list[str] = []

    def label(name: str) -> str:
        asked.append(name)
        return name.upper()

    found = each(pd.Series(["b", "a", "b", "b"], index=index), label)
    assert found.tolist() == ["B", "A", "B", "B"]
    assert asked == ["b", "a"]
    assert found.index.tolist() == (index or [0, 1, 2, 3])


def test_of_very_many_gaps_of_units_the_reliable_ones_are_kept_and_it_says_so() -> None:
    rng = np.random.default_rng(3)
    roles = ("r00", "r01", "r02")
    values = np.round(4 + rng.normal(size=(40, 1, 1)) + rng.normal(size=(40, 3, 1)), 2)
    values[0, 1] = np.nan
    data = TriadData(np.arange(40), None, roles, ("d",), values, ~np.isnan(values[:, :, 0]))
    found = gap_reliability(data, 0.9)
    whole, kept = found.flags(), found.flags(reliable_only=True)
    expected = whole[whole["reliable"].fillna(False).astype(bool)].reset_index(drop=True)
    assert 0 < len(kept) < len(whole) == found.signed.size == 120
    pd.testing.assert_frame_equal(kept, expected)

    def table(flags: pd.DataFrame) -> TableSpec:
        facts = replace(evidence(3), reliability=found.table, units=flags, unit_gaps=120)
        return gap_units_table(facts, flags, labels())

    assert table(kept).title == "S: reliable gaps of units"
    left_out = "those left out are not reliable, or a role is absent."
    kept_only = f"Only reliable gaps are kept, {len(kept)} of 120: {left_out}"
    assert kept_only in table(kept).notes
    assert table(whole).title == "S: gaps of every unit"
    assert not any("Only reliable" in note for note in table(whole).notes)
    assert len(table(kept.iloc[:0]).data) == 0


def test_the_limit_stands_where_evidence_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = load_dataset("msi_triads")
    whole = gaps(answers)
    assert whole.units is not None and len(whole.units) == whole.unit_gaps
    monkeypatch.setattr(topic, "MOST_UNIT_GAPS", whole.unit_gaps - 1)
    kept = gaps(answers)
    assert kept.units is not None and kept.unit_gaps == whole.unit_gaps
    assert len(kept.units) == whole.units["reliable"].sum() > 0
    assert kept.units["reliable"].all()
