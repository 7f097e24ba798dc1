"""Every table of the topics on small studies against stored numbers; some of them by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import trio
from pinned import CASES, KEPT, STUDIES, digest, tables as pinned_tables
from scipy import stats
from trio import SIZES

from comply_measure import evidence, sem
from comply_measure.pipeline import STEPS
from comply_measure.pipeline.step import Found
from comply_measure.report.cutoffs import Cutoffs
from comply_measure.report.labels import Labels
from comply_measure.report.parts import Block, Details
from comply_measure.report.tables import TableSpec
from comply_measure.responses import Responses


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@cache
def made(study: str, folder: Path) -> Responses:
    return STUDIES[study].make(folder)


@pytest.fixture(scope="module")
def responses(folder: Path) -> Responses:
    return made("small_study", folder)


@cache
def found(study: str, case: str, folder: Path) -> Any:
    return STUDIES[study].found(case, made(study, folder), folder)


def of_trio(case: str, folder: Path) -> Any:
    return found("trio", case, folder)


@cache
def stored(study: str) -> dict[str, dict[str, dict[str, list[float]]]]:
    return json.loads((KEPT / f"{study}.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.mark.filterwarnings(
    "ignore:Second order against Correlated dimensions"
)  # three dimensions: equivalent
@pytest.mark.parametrize(("study", "case"), CASES, ids=[" ".join(case) for case in CASES])
def test_every_table_holds_the_stored_numbers(study: str, case: str, folder: Path) -> None:
    now = digest(found(study, case, folder))
    kept = stored(study)[case]
    assert now.keys() == kept.keys()
    for path, columns in kept.items():
        assert now[path].keys() == columns.keys()
        for column, expected in columns.items():
            at = f"{study} {case}: {path}: {column} (python tests/evidence/pinned.py writes the numbers anew)"
            assert now[path][column] == pytest.approx(expected, rel=2e-5, abs=1e-6), at


def printed_tables(blocks: Iterable[Block]) -> Iterator[TableSpec]:
    """Tables of a chapter, folded ones too."""
    for block in blocks:
        if isinstance(block, Details):
            yield from printed_tables(block.blocks)
        elif isinstance(block, TableSpec):
            yield block


@pytest.mark.filterwarnings("ignore:Second order against Correlated dimensions")
@pytest.mark.parametrize("case", [case for study, case in CASES if study == "small_study"])
def test_tables_warn_of_few_firms(case: str, folder: Path) -> None:
    """Twelve firms, six in a half: a printed table whose errors or tests rest on them says so, below it or in it."""
    labels = Labels.of(made("small_study", folder).scales, "en")
    output = STEPS[case.split()[0]].print(Found(found("small_study", case, folder), ()), labels, Cutoffs())
    silent = []
    for table in printed_tables(output.section.blocks):
        said = " ".join((table.estimator, *table.notes, *table.warnings))
        rows = " ".join(table.data["note"].astype(str)) if "note" in table.data else ""
        by_firm = re.search(r"cluster\w* (by|in) firm|clusters: firms|CR2", said)
        if by_firm and not re.search(r"\b(12|6) (clusters|firms) are few", f"{said} {rows}"):
            silent.append(table.key)
    assert not silent


def test_numbers_of_the_small_study_by_hand(responses: Responses) -> None:
    scored, members = responses.scored(), responses.measurement("duo", "attribute")
    x = scored[[item for items in members.values() for item in items]]
    items = evidence.items(responses).tidy()
    pooled = items[items["group"] == "pooled"].set_index("item").loc[list(x)]
    np.testing.assert_allclose(pooled["mean"], x.mean())
    np.testing.assert_allclose(pooled["sd"], x.std())
    assert pooled["n_missing"].sum() == 5
    roles = evidence.sample(responses).roles.set_index("role")
    counts = responses.data["role"].value_counts()
    for role in ("buyer", "seller"):
        assert roles.loc[role, "n_informants"] == counts[role]
        assert roles.loc[role, "share"] == counts[role] / 60
    table = evidence.reliability(responses).scales[0].constructs
    alpha = table[table["group"] == "pooled"].set_index("construct")["alpha"]
    C = x[list(members["ease"])].cov().to_numpy()  # nothing is missing
    assert alpha["ease"] == pytest.approx(1.5 * (1 - np.trace(C) / C.sum()), rel=1e-9)
    scores = responses.scores("dimension", "duo")
    wide = scores.pivot_table(index="unit", columns="role", values="flow")
    d = (wide["buyer"] - wide["seller"]).dropna()
    gaps = evidence.gaps(responses).tidy()
    row = gaps[(gaps["kind"] == "dimension") & (gaps["column"] == "flow")].iloc[0]
    assert (row["n_units"], row["n_clusters"]) == (len(d), 12)
    expected = [d.mean(), d.std(), d.abs().mean(), d.mean() / d.std()]
    names = ["mean", "sd", "mean_absolute", "d_z"]
    np.testing.assert_allclose(row[names].to_numpy(float), expected, rtol=1e-9)
    icc = evidence.agreement(responses).icc.set_index("column").loc["flow"]
    groups = [part.dropna().to_numpy() for _, part in scores.groupby("unit")["flow"]]
    f, p = stats.f_oneway(*groups)
    np.testing.assert_allclose(icc[["f", "p"]].to_numpy(float), [f, p], rtol=1e-9)
    kept = wide.dropna().mean(axis=1)
    described = evidence.aggregation(responses).description.set_index("construct").loc["flow"]
    assert (described["n_units"], described["n_short"]) == (len(kept), 60 - len(kept))
    names = ["mean", "sd", "minimum", "maximum"]
    expected = [kept.mean(), kept.std(), kept.min(), kept.max()]
    np.testing.assert_allclose(described[names].to_numpy(float), expected, rtol=1e-9)


def raw() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers as they were given; answers and scores, reverse-keyed items turned."""
    table = trio.answers()
    x = table[trio.ITEMS].replace("", np.nan).astype(float).replace(-98.0, np.nan)
    x[list(trio.REVERSED)] = 8 - x[list(trio.REVERSED)]
    return table, pd.concat([table[["unit", "firm", "role"]], x, scored(x)], axis=1)


def scored(x: pd.DataFrame) -> pd.DataFrame:
    """Attributes and dimensions, where half of the parts are known."""
    scores = pd.DataFrame(index=x.index)
    for name, own in SIZES.items():
        for key, size in own.items():
            part = x[[f"{key}{k + 1}" for k in range(size)]]
            scores[key] = part.mean(axis=1).where(part.notna().mean(axis=1) >= 0.5)
        scores[name] = scores[list(own)].mean(axis=1).where(scores[list(own)].notna().mean(axis=1) >= 0.5)
    return scores


def seen() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of views, of several informants' mean answers; what is known of the units."""
    table, answers = raw()
    views = scored(answers.groupby(["unit", "role"])[trio.ITEMS].mean())[list(SIZES)]
    return views, table.drop_duplicates("unit").set_index("unit")


def test_sample_and_items_of_the_trio_by_hand(folder: Path) -> None:
    table, scores = raw()
    sample, items = of_trio("sample", folder), of_trio("items", folder).tidy()
    assert sample.values() == {
        "n_units": 120,
        "n_firms": 15,
        "n_informants": len(table),
        "n_complete_units": int((table.groupby("unit")["role"].nunique() == 3).sum()),
    }
    roles = sample.roles.set_index("role")
    assert roles["n_informants"].to_dict() == table["role"].value_counts().to_dict()
    assert roles["share"].to_dict() == (table.groupby("role")["unit"].nunique() / 120).to_dict()
    insight = table[list(trio.INSIGHT)].mean(axis=1).groupby(table["role"])
    told = sample.informants.set_index("role")
    assert told["mean"].to_dict() == pytest.approx(insight.mean().to_dict())
    assert told["sd"].to_dict() == pytest.approx(insight.std().to_dict())
    units = table.drop_duplicates("unit")
    variables = sample.units.set_index("variable")
    for name in ("growth", "turnover"):
        expected = [units[name].mean(), units[name].std(), units[name].min(), units[name].max()]
        assert variables.loc[name, ["mean", "sd", "minimum", "maximum"]].tolist() == pytest.approx(expected)
    pooled = items[items["group"].isin(["pooled", "all"])].set_index("item")
    for name in trio.ITEMS:
        x = scores[name].dropna()
        row = pooled.loc[name]
        assert (row["n_informants"] + row["n_missing"], row["n_missing"]) == (350, scores[name].isna().sum())
        expected = [x.mean(), x.std(), x.min(), x.max(), (x == 1).mean(), (x == 7).mean()]
        names = ["mean", "sd", "minimum", "maximum", "floor", "ceiling"]
        assert row[names].tolist() == pytest.approx(expected), name


def test_gaps_of_the_trio_by_hand(folder: Path) -> None:
    """Two buyers of a unit are one view; nobody's firm counts, as was asked."""
    views, _ = seen()
    gaps = of_trio("gaps", folder).tidy().set_index(["kind", "column", "pair"])
    p = {}
    for name in SIZES:
        wide = views.pivot_table(index="unit", columns="role", values=name)
        for first, second in (("buyer", "seller"), ("buyer", "user"), ("seller", "user")):
            d = (wide[first] - wide[second]).dropna()
            (row,) = (
                row
                for (kind, column, pair), row in gaps.iterrows()
                if kind == "dimension" and column == name and first in pair and second in pair
            )
            se = d.std() / np.sqrt(len(d))
            half = stats.t.ppf(0.975, len(d) - 1) * se
            p[row.name] = 2 * stats.t.sf(abs(d.mean() / se), len(d) - 1)
            names = ["n_units", "mean", "sd", "se", "t", "df", "p", "lower", "upper", "d_z", "mean_absolute"]
            expected = [len(d), d.mean(), d.std(), se, d.mean() / se, len(d) - 1, p[row.name]]
            expected += [d.mean() - half, d.mean() + half, d.mean() / d.std(), d.abs().mean()]
            np.testing.assert_allclose(row[names].to_numpy(float), expected, rtol=1e-9)
            assert row["n_clusters"] == len(d) and row["note"] == ""


def test_measures_of_the_trio_by_hand(folder: Path) -> None:
    _, scores = raw()
    names = [key for own in SIZES.values() for key in own]
    complete = scores[names].dropna()
    text = "\n".join(f"{name} =~ {' + '.join(own)}" for name, own in SIZES.items())
    direct = sem.fit(text, complete, estimator="ML")
    cfa = of_trio("cfa", folder)
    row = cfa.tidy().set_index("key").loc["correlated"]
    for name in ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "aic", "bic"):
        assert row[name] == pytest.approx(direct.fit_measures[name], rel=1e-6), name
    assert row["n"] == len(complete) == cfa.n_informants
    std = direct.standardized("all").set_index(["lhs", "op", "rhs"])["est_std"]
    validity = cfa.validity.set_index("key")
    for name, own in SIZES.items():
        loadings = np.array([std[name, "=~", key] for key in own])
        assert validity.loc[name, "ave"] == pytest.approx((loadings**2).mean(), rel=1e-6)
        rho = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
        assert validity.loc[name, "composite_reliability"] == pytest.approx(rho, rel=1e-6)
    phi = cfa.validity.set_index("key")["largest_correlation"]
    assert phi["trust"] == pytest.approx(
        max(abs(std["trust", "~~", name]) for name in ("flow", "focus")), rel=1e-6
    )
    alpha = of_trio("reliability", folder).scales[0].constructs
    pooled = alpha[alpha["group"] == "pooled"].set_index("construct")
    x = scores[["care1", "care2"]]
    C = np.array([[x[a].var() if a == b else x[a].cov(x[b]) for b in x] for a in x])
    assert pooled.loc["care", "n_items"] == 2
    assert pooled.loc["care", "alpha"] == pytest.approx(2 * (1 - np.trace(C) / C.sum()), rel=1e-3)


def test_unit_scores_of_the_trio_by_hand(folder: Path) -> None:
    """Scores of units with all three roles; what the whole adds to the controls in a regression by firm."""
    views, about = seen()
    scored = of_trio("aggregation", folder)
    n = views.groupby("unit").count()
    units = views.groupby("unit").mean().where(n >= 3)
    told = scored.scores.set_index("unit")[list(SIZES)]
    np.testing.assert_allclose(told.to_numpy(), units.loc[told.index].to_numpy(), rtol=1e-9)
    described = scored.description.set_index("construct")
    for name in SIZES:
        assert described.loc[name, "n_units"] == units[name].notna().sum()
        assert described.loc[name, "mean"] == pytest.approx(units[name].mean(), rel=1e-9)
    whole = told.mean(axis=1, skipna=False).rename("whole")
    data = about[["growth", "turnover", "branch"]].join(whole).dropna()
    z = data[["growth", "turnover", "whole"]].apply(lambda c: (c - c.mean()) / c.std())
    dummies = pd.get_dummies(data["branch"], dtype=float).iloc[:, 1:]
    known = np.column_stack([np.ones(len(z)), z["turnover"], dummies])
    shares = []
    for design in (known, np.column_stack([known, z["whole"]])):
        beta, *_ = np.linalg.lstsq(design, z["growth"], rcond=None)
        rest = z["growth"] - design @ beta
        shares.append(1 - (rest**2).sum() / ((z["growth"] - z["growth"].mean()) ** 2).sum())
    row = scored.criteria.iloc[0]
    assert (row["n_units"], row["n_clusters"]) == (len(data), data.index.map(about["firm"]).nunique())
    assert row[["r_squared_controls", "r_squared", "beta"]].tolist() == pytest.approx(
        [*shares, beta[-1]], rel=1e-6
    )
    assert row["delta_r_squared"] == pytest.approx(shares[1] - shares[0], rel=1e-6)


def test_equations_of_the_trio_by_hand(folder: Path) -> None:
    """Moderation and congruence are regressions of unit means, and of the views of two roles."""
    views, about = seen()
    row = of_trio("structure roles", folder).moderation.table.iloc[0]
    alike = views - views.groupby("role").transform("mean")  # roles' own levels are taken off
    enough = alike.groupby("unit").mean().where(alike.groupby("unit").count() >= 2)
    data = enough.join(about["growth"]).dropna()
    x, z, y = (data[name] - data[name].mean() for name in ("focus", "trust", "growth"))
    assert row["n_units"] == len(data)
    others = [data[name] - data[name].mean() for name in ("flow",)]
    beta, *_ = np.linalg.lstsq(np.column_stack([np.ones(len(y)), x, z, x * z, *others]), y, rcond=None)
    assert row["est"] == pytest.approx(beta[3], rel=1e-6)
    table = of_trio("congruence", folder).cases[0].fit.table.set_index("name")
    wide = views.pivot_table(index="unit", columns="role", values="flow")[["seller", "buyer"]]
    wide = wide.join(about["growth"]).dropna()
    first, second = wide["seller"] - 4.0, wide["buyer"] - 4.0
    design = np.column_stack([np.ones(len(wide)), first, second, first**2, first * second, second**2])
    beta, *_ = np.linalg.lstsq(design, wide["growth"], rcond=None)
    assert table["estimate"].tolist() == pytest.approx(beta.tolist(), rel=1e-6)
    assert set(table["n"]) == {len(wide)}


def test_content_of_the_trio_by_hand(folder: Path) -> None:
    """I-CVI, V and what most judges sorted an item into, from the files themselves."""
    files = {name: [line.split(",") for line in lines] for name, lines in trio.judgements().items()}
    rated = (
        pd.DataFrame(files["ratings"][1:], columns=files["ratings"][0])
        .set_index("expert")
        .replace("", np.nan)
    )
    x = rated.astype(float)
    tables = {path: table for path, table in pinned_tables(of_trio("content", folder), "") if "item" in table}
    ratings = next(table for table in tables.values() if "i_cvi" in table)
    told = ratings.set_index("item")
    for item in trio.ITEMS:
        known = x[item].dropna()
        assert told.loc[item, "i_cvi"] == pytest.approx((known >= 3).mean()), item
