"""What a file declares of its codes, and firms that are blank or written in two ways."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from comply_measure.errors import InputError
from comply_measure.instrument import load_scale
from comply_measure.report.translation.translator import translator
from comply_measure.responses import ColumnMapping, read_responses

SCALE = load_scale(Path(__file__).with_name("small_scale.yaml"))


def answers(n: int = 8) -> pd.DataFrame:
    items = [item.id for item in SCALE.items]
    roles = list(SCALE.roles)
    table = pd.DataFrame({"unit": [f"U{k // 2}" for k in range(n)], "role": [roles[k % 2] for k in range(n)]})
    table[items] = 3.0
    return table


def read(table: pd.DataFrame, path: Path, mapping: dict[str, object] | None = None, **of_spss: object):
    pyreadstat.write_sav(table, path, **of_spss)
    return read_responses(path, [SCALE], ColumnMapping(inapplicable="ignore", **(mapping or {})))


def test_texts_declared_missing_are_missing(tmp_path):
    table = answers().assign(region=["n", "n", "XX", "XX", "s", "s", "n", "n"])
    mapping: dict[str, object] = {"units": ["region"]}
    given = read(table, tmp_path / "a.sav", mapping)
    assert given.units["region"].tolist() == ["n", "XX", "s", "n"]
    declared = read(table, tmp_path / "b.sav", mapping, missing_ranges={"region": ["XX"]})
    assert declared.units["region"].isna().tolist() == [False, True, False, False]
    with pytest.raises(InputError, match="row 3, 'unit': the unit is missing"):
        read(table, tmp_path / "c.sav", mapping, missing_ranges={"unit": ["U1"]})


def test_two_codes_under_one_label_are_no_role(tmp_path):
    table = answers()
    first, second = list(SCALE.roles)[:2]
    table["role"] = [1.0, 2.0] * 4
    right = read(table, tmp_path / "a.sav", variable_value_labels={"role": {1.0: first, 2.0: second}})
    assert right.data["role"].tolist() == [first, second] * 4
    doubled = {"role": {1.0: first, 2.0: f"{first.upper()} "}}
    with pytest.raises(InputError, match="two codes have the same value label") as told:
        read(table, tmp_path / "b.sav", variable_value_labels=doubled)
    assert "is that of 1, too" in str(told.value)
    stated = {"roles": {"1": first, "2": second}}
    named = read(table, tmp_path / "c.sav", stated, variable_value_labels=doubled)
    assert named.data["role"].tolist() == [first, second] * 4


def test_firms_that_are_blank_or_written_in_two_ways_are_noted(tmp_path):
    """Both change how many clusters there are."""
    firms = ["ACME", "ACME", "Acme ", "Acme ", "01", "01", "1", "1"]
    told = read(answers().assign(firm=firms), tmp_path / "a.sav").notes
    assert "firms 'ACME' and 'Acme' differ only in case or blanks" in told
    assert "firms '01' and '1' are one number" in told
    told = read(answers().assign(firm=["A", "A", "", "", "B", "B", "B", "B"]), tmp_path / "b.sav").notes
    note = "1 of 4 units have no firm; each is a firm of its own where firms are clusters"
    assert note in told
    told = read(answers().assign(firm=""), tmp_path / "d.sav").notes
    blank = "the column of firms is blank in every row"
    assert blank in told
    german = translator("de")
    assert german(blank) == "Die Spalte der Firmen ist in jeder Zeile leer"
    assert german(note).startswith("1 von 4 Einheiten haben keine Firma")
    assert german("firms '01' and '1' are one number") == "Die Firmen '01' und '1' sind dieselbe Zahl"
    assert not [line for line in read(answers(), tmp_path / "c.sav").notes if "firm" in line]
