"""Results in a notebook: broom's tables, views of every result, summaries instead of definitions, foreign tables."""

from __future__ import annotations

import importlib
import inspect
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import comply_measure
from comply_measure import evidence, load_dataset, load_scale, sem, triads
from comply_measure.errors import ComplyError, InputError
from comply_measure.report import views
from comply_measure.results import Result

MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ b*f\nindirect := b*2"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    f = rng.normal(size=150)
    g = 0.6 * f + 0.8 * rng.normal(size=150)
    columns = {f"x{j}": (f if j < 4 else g) + 0.7 * rng.normal(size=150) for j in range(1, 7)}
    return pd.DataFrame(columns, index=[f"r{i}" for i in range(150)])


@pytest.fixture(scope="module")
def fit(data: pd.DataFrame) -> sem.Fit:
    return sem.fit(MODEL, data)


def test_tidy_has_brooms_terms_and_the_fits_numbers(fit: sem.Fit) -> None:
    tidy, own = fit.tidy().set_index("term"), fit.estimates
    assert list(tidy.columns) == ["op", "label", "estimate", "std.error", "statistic", "p.value", "conf.low",
                                  "conf.high", "std.all"]  # fmt: skip
    assert tidy.index[:3].tolist() == ["f =~ x1", "f =~ x2", "f =~ x3"]
    for new, old in (("estimate", "est"), ("std.error", "se"), ("statistic", "z"), ("p.value", "pvalue"),
                     ("conf.low", "ci_lower"), ("conf.high", "ci_upper")):  # fmt: skip
        np.testing.assert_array_equal(tidy[new].to_numpy(), own[old].to_numpy())
    solution = fit.standardized("all")
    loading = solution.loc[(solution["lhs"] == "g") & (solution["rhs"] == "x5"), "est_std"].item()
    assert tidy.loc["g =~ x5", "std.all"] == loading
    assert tidy.loc["g ~ f", "label"] == "b"
    assert tidy.loc["indirect := b*2", "estimate"] == pytest.approx(
        2 * tidy.loc["g ~ f", "estimate"], rel=1e-12
    )
    assert "fixed parameters" in fit.tidy().attrs["undefined"]


def test_groups_stand_in_tidy_where_there_are_some(data: pd.DataFrame) -> None:
    grouped = sem.fit("f =~ x1 + x2 + x3", data.assign(half=["a", "b"] * 75), group="half")
    tidy = grouped.tidy()
    assert sorted(set(tidy["group"])) == [1, 2]
    assert grouped.glance()["ngroups"].item() == 2


def test_glance_is_one_row_with_every_measure(data: pd.DataFrame, fit: sem.Fit) -> None:
    holed = data.mask(np.arange(150)[:, None] + np.arange(6) == 7)
    row = sem.fit("f =~ x1 + x2 + x3", holed).glance()
    assert len(row) == 1
    assert (row["norig"].item(), row["nobs"].item(), row["nexcluded"].item()) == (150, 147, 3)
    assert row["missing_method"].item() == "listwise"
    glance = fit.glance().iloc[0]
    assert glance["estimator"] == "ML"
    assert glance["AIC"] == fit.measures["aic"]
    assert glance["rmsea.conf.high"] == fit.measures["rmsea.ci.upper"]
    assert glance["p.value"] == fit.measures["pvalue"]
    assert glance["srmr"] == fit.measures["srmr"]


def test_augment_keeps_rows_and_labels(data: pd.DataFrame, fit: sem.Fit) -> None:
    beside = fit.augment(data)
    assert list(beside.columns) == [*data.columns, ".f", ".g"]
    scores = fit.predict()
    np.testing.assert_allclose(beside[".f"], scores["f"], rtol=1e-12)
    assert beside.index.equals(data.index)
    part = fit.augment(data.iloc[40:50], se=True)
    np.testing.assert_allclose(part[".g"], scores["g"].iloc[40:50], rtol=1e-12)
    assert ".g_se" in part
    assert list(fit.augment().columns) == [".f", ".g"]
    holed = data.copy()
    holed.iloc[3, 0] = np.nan
    listwise = fit.augment(holed)
    assert np.isnan(listwise[".f"].iloc[3])
    assert 3 in next(iter(listwise.attrs["no score"].values()))
    with pytest.raises(InputError, match="column of this name"):
        fit.augment(data.assign(**{".f": 1.0}))


def test_fits_without_scores_of_new_cases_take_only_their_own_rows(data: pd.DataFrame) -> None:
    unit = np.repeat([f"u{i}" for i in range(30)], 5)
    nested = data.assign(unit=unit)
    model = "level: 1\nf =~ x1 + x2 + x3\nlevel: 2\ng =~ x1 + x2 + x3"
    found = sem.fit(model, nested, cluster="unit")
    np.testing.assert_array_equal(found.augment(nested)[".f"], found.predict()["f"])
    with pytest.raises(InputError, match="other rows"):
        found.augment(nested.iloc[:20])
    assert set(found.tidy()["level"]) >= {1, 2}


def test_steps_and_bootstraps_are_fits_too(data: pd.DataFrame) -> None:
    steps = sem.sam("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f", data)
    assert set(steps.tidy()["step"]) == {1, 2}
    assert list(steps.augment(data).columns[-2:]) == [".f", ".g"]
    drawn = sem.fit("f =~ x1 + x2 + x3", data).bootstrap(20, seed=1)
    np.testing.assert_array_equal(drawn.tidy()["std.error"], drawn.estimates["se"])
    record = steps.record()
    np.testing.assert_array_equal(record.tidy()["estimate"], steps.tidy()["estimate"])


def test_every_result_with_a_tidy_table_has_the_views() -> None:
    without = []
    for path in sorted(Path(comply_measure.__file__).parent.rglob("*.py")):
        if "def tidy(" not in path.read_text(encoding="utf-8") or path.name in ("results.py", "views.py"):
            continue
        name = ".".join(("comply_measure", *path.relative_to(Path(comply_measure.__file__).parent).parts))
        module = importlib.import_module(name.removesuffix(".py"))
        classes = [
            c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == module.__name__
        ]
        without += [
            f"{c.__module__}.{c.__name__}" for c in classes if "tidy" in vars(c) and not issubclass(c, Result)
        ]
    assert not without


@dataclass(frozen=True)
class _Shown(Result):
    """A toy: shown."""

    table: pd.DataFrame
    n_units: int = 7
    notes: tuple[str, ...] = ("a <note>",)

    def tidy(self) -> pd.DataFrame:
        return self.table


EVIL = "<script>alert(1)</script>"


def test_views_escape_texts_and_print_numbers() -> None:
    toy = _Shown(
        pd.DataFrame(
            {
                "what": [EVIL, "b"],
                "est": [0.12345, np.nan],
                "ci_lower": [0.1, np.nan],
                "ci_upper": [0.2, np.nan],
            }
        )
    )
    page = toy._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "a &lt;note&gt;" in page
    assert "7 units" in page
    assert ">0.123<" in page
    assert ">—<" in page
    assert r"\textless{}script" in toy.to_latex()
    figure = toy.plot()
    assert figure.svg.startswith(b"<?xml")
    with pytest.raises(ComplyError, match="nothing to draw"):
        _Shown(pd.DataFrame({"what": ["a"]})).plot()


def test_rows_without_texts_are_drawn_by_their_number() -> None:
    drawn = _Shown(pd.DataFrame({"est": [0.2, 0.3, 0.4]})).plot().svg.decode()
    labels = [text for text in re.findall(r"<!-- (.*?) -->", drawn) if text.isdigit()]
    assert sorted(labels) == ["1", "2", "3"]


def test_a_text_under_the_name_of_a_quantity_stays_a_text() -> None:
    toy = _Shown(pd.DataFrame({"score": ["A", "B"], "alpha": [0.5, 0.25]}))
    assert ">A<" in toy._repr_html_() and ">.50<" in toy._repr_html_()
    assert "A & " in toy.to_latex() and toy.plot().svg.startswith(b"<?xml")


def test_long_tables_are_cut_in_notebooks_only(tmp_path: Path) -> None:
    toy = _Shown(pd.DataFrame({"row": [f"row{i}" for i in range(100)], "value": np.arange(100) / 7}))
    assert "60 of 100 rows" in toy._repr_html_()
    assert "row99" not in toy._repr_html_()
    assert "row99" in toy.to_latex()
    written = toy.to_word(tmp_path / "t.docx")
    with zipfile.ZipFile(written) as archive:
        assert "row99" in archive.read("word/document.xml").decode()
    with pytest.raises(ComplyError, match="must end in"):
        toy.to_word(tmp_path / "t.txt")


def test_fits_draw_paths_and_say_their_problems(fit: sem.Fit, tmp_path: Path) -> None:
    shown = views.table(fit)
    assert shown.data["term"].tolist()[0] == "f =~ x1"
    assert "150 cases." in shown.notes
    drawn = fit.plot()
    assert drawn.save(tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ComplyError, match="not as"):
        drawn.save(tmp_path / "f.gif")
    few = sem.fit("f =~ x1 + x2 + x3 + x4 + x5 + x6", pd.DataFrame(np.eye(7)[:, :6] + 0.1,
                  columns=[f"x{j}" for j in range(1, 7)]))  # fmt: skip
    serious = [str(problem) for problem in few.problems if problem.serious]
    assert serious
    assert list(views.table(few).warnings) == serious


def test_evidence_shows_its_verdicts() -> None:
    found = evidence.sample(load_dataset("msi_triads"))
    page = found._repr_html_()
    assert page.count("<li") >= 1
    assert "upported" in page
    assert found.plot().png.startswith(b"\x89PNG")


def test_scales_and_responses_show_a_summary() -> None:
    scale, responses = load_scale("comply"), load_dataset("msi_triads")
    assert len(repr(scale)) < 600
    assert f"{len(scale.items)} items" in repr(scale)
    shown = repr(responses)
    assert len(shown) < 2500
    assert f"{responses.n_informants} informants in {responses.n_units} units" in shown


def test_tables_of_arrow_are_read_as_pandas_are(data: pd.DataFrame, fit: sem.Fit) -> None:
    arrow = pa.Table.from_pandas(data, preserve_index=False)
    np.testing.assert_array_equal(sem.fit(MODEL, arrow).estimates["est"], fit.estimates["est"])  # type: ignore[arg-type]
    long = data.assign(unit=np.repeat(np.arange(50), 3))
    table = pa.Table.from_pandas(long)
    expected = triads.icc_oneway(long, ["x1", "x2"]).tidy()
    pd.testing.assert_frame_equal(triads.icc_oneway(table, ["x1", "x2"]).tidy(), expected)  # type: ignore[arg-type]
    holed = pa.table({"x1": [1, None, 3], "unit": ["a", "a", "b"]})
    from comply_measure.statistics.foreign_frames import as_pandas

    found = as_pandas(holed)
    assert found is not None
    assert np.isnan(found["x1"].iloc[1])
    assert as_pandas([1, 2]) is None


def test_the_package_completes_to_few_documented_names() -> None:
    names = [name for name in dir(comply_measure) if not name.startswith("__")]
    assert len(names) <= 40
    assert {"run_study", "load_dataset", "sem", "evidence"} <= set(names)
    assert not [name for name in names if not (getattr(comply_measure, name).__doc__ or "").strip()]
