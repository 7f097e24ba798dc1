"""Written and read back, or turned to wide and back: nothing changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings, strategies as st

from comply_measure.framework.frozen import FrozenMap
from comply_measure.responses import (
    ColumnMapping,
    load_dataset,
    read_responses,
    responses_from_frame,
    write_csv,
    write_xlsx,
)

ITEMS = ["F_1", "F_2", "F_3", "S_1", "S_2", "S_3", "K_1", "K_2", "K_3"]
ASKED = {"marketing": set(ITEMS) - {"K_3"}, "sales": set(ITEMS), "it": set(ITEMS[:6])}
MAPPING = ColumnMapping(units=["size", "branch"], informants=["tenure"])
MAPPING_TENURE = ColumnMapping(informants=["tenure"])

# Text that survives: no surrounding blanks, none of the words that mean "nothing", no look-alike numbers.
words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf", "Cn")),
    min_size=1,
    max_size=6,
).map(lambda text: "n" + text)
answer = st.one_of(st.none(), st.integers(1, 5), st.just(9), st.just("user_missing"))


@st.composite
def tables(draw):
    """A long table of 1 to 6 units with any pattern of roles, answers and missing answers."""
    names = draw(st.lists(words, min_size=1, max_size=4, unique=True))
    rows = []
    for name in names:
        firm = draw(st.one_of(st.none(), words))
        size, branch = draw(st.floats(-1e6, 1e6)), draw(words)
        roles = draw(st.lists(st.sampled_from(sorted(ASKED)), min_size=1, max_size=3, unique=True))
        for role in roles:
            row = {"unit": name, "firm": firm, "role": role, "informant": f"{name}/{role}"}
            row |= {item: draw(answer) if item in ASKED[role] else None for item in ITEMS}
            rows.append(row | {"size": size, "branch": branch, "tenure": draw(st.integers(0, 40))})
    return pd.DataFrame(rows)


slow = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def same_after_sorting(one, two):
    """Wide tables list the informants of a unit in the order of the roles."""
    order = [
        np.lexsort((table.data["role"].to_numpy(str), pd.factorize(table.data["unit"])[0]))
        for table in (one, two)
    ]
    frames = ("data", "missing_reason", "informants")
    for name in frames:
        left, right = (
            getattr(table, name).iloc[places].reset_index(drop=True)
            for table, places in zip((one, two), order, strict=True)
        )
        pd.testing.assert_frame_equal(left, right)
    pd.testing.assert_frame_equal(one.units, two.units)


@slow
@given(table=tables())
def test_long_wide_long(table, small):
    long = responses_from_frame(table, small, MAPPING)
    wide = responses_from_frame(long.to_frame("wide"), small, MAPPING, layout="wide")
    same_after_sorting(long, wide)
    again = responses_from_frame(wide.to_frame("long"), small, MAPPING)
    assert again.same_answers(wide)


@slow
@given(table=tables())
def test_csv_and_back(table, small, tmp_path):
    long = responses_from_frame(table, small, MAPPING)
    write_csv(long.to_frame(), tmp_path / "a.csv")
    assert read_responses(tmp_path / "a.csv", small, MAPPING).same_answers(long)
    write_csv(long.to_frame("wide"), tmp_path / "w.csv")
    same_after_sorting(long, read_responses(tmp_path / "w.csv", small, MAPPING, layout="wide"))


@settings(slow, max_examples=10)
@given(table=tables())
def test_xlsx_and_parquet_and_back(table, small, tmp_path):
    long = responses_from_frame(table, small, MAPPING)
    write_xlsx(long.to_frame(), tmp_path / "a.xlsx")
    assert read_responses(tmp_path / "a.xlsx", small, MAPPING).same_answers(long)
    long.to_frame().astype(dict.fromkeys(ITEMS, "str")).to_parquet(tmp_path / "a.parquet")
    assert read_responses(tmp_path / "a.parquet", small, MAPPING).same_answers(long)


@slow
@given(table=tables(), order=st.randoms(use_true_random=False))
def test_the_order_of_columns_does_not_matter(table, small, order):
    names = list(table.columns)
    order.shuffle(names)
    expected = responses_from_frame(table, small, MAPPING)
    assert responses_from_frame(table[names], small, MAPPING).same_answers(expected)


@slow
@given(table=tables())
def test_counts_agree(table, small):
    read = responses_from_frame(table, small, MAPPING)
    patterns = read.completeness()
    assert patterns["n_units"].sum() == read.n_units == table["unit"].nunique()
    assert patterns["n_informants"].sum() == read.n_informants == len(table)
    assert patterns["n_without_answers"].sum() == read.without_answers().sum()
    assert abs(patterns["share"].sum() - 1) < 1e-12


def test_roles_that_hold_the_separator(frame, small):
    new = {"marketing": "s@west", "sales": "s@east", "it": "it"}
    scale = replace(
        small,
        roles=tuple(new.values()),
        role_labels=FrozenMap({new[role]: labels for role, labels in small.role_labels.items()}),
        items=tuple(replace(item, roles=tuple(new[role] for role in item.roles)) for item in small.items),
    )
    long = responses_from_frame(frame.replace({"role": new}), scale)
    wide = long.to_frame("wide")
    assert {"F_1@s@west", "informant@s@east", "K_3@s@east"} <= set(wide.columns)
    same_after_sorting(long, responses_from_frame(wide, scale, layout="wide"))
    assert long.wide(["F_1"]).shape == (3, 3)


def test_informants_without_answers_are_kept_and_counted_in_every_layout(frame, small, tmp_path):
    silent = frame.copy()
    silent.loc[[1, 5], ITEMS] = None
    long = responses_from_frame(silent, small)
    assert long.n_informants == 8
    assert "2 of 8 informants answered no item; they are kept" in long.notes
    wide = long.to_frame("wide")
    back = responses_from_frame(wide, small, layout="wide")
    same_after_sorting(long, back)
    assert back.completeness()["n_without_answers"].sum() == 2
    # Without ids, any other cell shows that there was someone.
    bare = responses_from_frame(silent.drop(columns="informant").assign(tenure=3), small, MAPPING_TENURE)
    plain = bare.to_frame("wide").drop(columns=[f"informant@{role}" for role in small.roles])
    again = responses_from_frame(plain, small, MAPPING_TENURE, layout="wide")
    assert again.n_informants == 8
    assert again.informants["tenure"].tolist() == [3.0] * 8
    nobody = plain.drop(columns=[f"tenure@{role}" for role in small.roles])
    assert responses_from_frame(nobody, small, layout="wide").n_informants == 6


def test_written_and_read_are_inverse(frame, small, problems, tmp_path):
    table = frame.assign(
        size=[1.125] * 3 + [10.5] * 3 + [None] * 2,
        code=["007"] * 3 + ["12"] * 3 + ["=1+1"] * 2,
        tenure=[1, 2, 3, 4, 5, 6, 7, None],
        remark=["'=x", "-", "@a", "12", "nan", "1.200", None, 'x, "y"'],
    ).drop(columns=["S_3"])
    mapping = ColumnMapping(
        units=["size", "code"],
        informants=["tenure", "remark"],
        as_text=("code", "remark"),
        not_asked=("S_3",),
        firm="firm",
    )
    read = responses_from_frame(table.replace({"unit": {"u1": "=1", "u2": "1.200"}}), small, mapping)
    long, wide = tmp_path / "long.csv", tmp_path / "wide.csv"
    read.write_csv(long)
    read.write_csv(wide, "wide")
    back = read_responses(long, small)
    assert back.same_answers(read)
    assert back.notes[0] == "read as long.csv.yaml describes the file"
    same_after_sorting(read, read_responses(wide, small))
    assert (back.form, back.attribute_set) == (read.form, read.attribute_set)
    found = problems(read_responses, long, small, ColumnMapping(not_asked=("S_3",)))
    assert {p.column for p in found} == {"size", "code", "tenure", "remark"}
    (tmp_path / "long.csv.yaml").write_text("format: comply-measure responses 1\nlayot: wide\n")
    (problem,) = problems(read_responses, long, small)
    assert (problem.row, problem.column) == (2, "layot")


@slow
@given(table=tables())
def test_written_and_read_are_inverse_whatever_the_table(table, small, tmp_path):
    read = responses_from_frame(table, small, MAPPING)
    read.write_csv(tmp_path / "a.csv")
    assert read_responses(tmp_path / "a.csv", small).same_answers(read)


def test_shipped_answers_are_inverse_too(tmp_path):
    read = load_dataset("msi_triads")
    read = read.subset(units=read.units.index[:5].tolist())
    read.write_csv(tmp_path / "a.csv")
    assert read_responses(tmp_path / "a.csv", read.scales).same_answers(read)
