"""Path diagrams: layers, places, labels that never overlap, and their three written forms."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import InputError
from comply_measure.sem.diagram.detours import MARGIN, cuts, detour
from comply_measure.sem.diagram.diagram import Diagram, diagram_of_table
from comply_measure.sem.diagram.graph import graph_of, in_print
from comply_measure.sem.diagram.labels import Box, placed
from comply_measure.sem.diagram.layers import is_waypoint, layers_of
from comply_measure.sem.diagram.layout import panel_of
from comply_measure.sem.diagram.lettering import width, wrapped
from comply_measure.sem.diagram.shapes import Panel
from comply_measure.sem.errors import ModelError
from comply_measure.sem.language.parser import parse_model

ROLES = ("marketing", "sales", "it", "service", "product management", "finance", "logistics", "legal")


def table_of_model(text: str, seed: int = 1) -> pd.DataFrame:
    """A parameter table with invented values, and the covariances that a fit would add."""
    rng = np.random.default_rng(seed)
    terms = [term for term in parse_model(text).terms if term.op in ("=~", "<~", "~", "~~")]
    rows = [(term.lhs, term.op, str(term.rhs)) for term in terms]
    values = rng.uniform(-0.99, 0.99, len(rows))
    table = pd.DataFrame(rows, columns=["lhs", "op", "rhs"]).assign(est_std=values)
    half = rng.uniform(0.0, 0.3, len(rows))
    return table.assign(ci_lower=values - half, ci_upper=values + half)


def factors(names: list[str], items: int = 3) -> str:
    return "\n".join(f"{name} =~ " + " + ".join(f"{name}_{k}" for k in range(1, items + 1)) for name in names)


def covariances(names: list[str]) -> str:
    return "\n".join(f"{a} ~~ {b}" for a, b in itertools.combinations(names, 2))


def model_texts() -> dict[str, str]:
    """Models of every kind that the package has."""
    texts: dict[str, str] = {}
    for n in range(1, 13):
        names = [f"F{k}" for k in range(1, n + 1)]
        texts[f"{n} factors"] = f"{factors(names, 2 + n % 4)}\n{covariances(names)}"
        texts[f"second order over {n}"] = f"{factors(names)}\nG =~ {' + '.join(names)}"
        means, ends = names[: n // 2], names[n // 2 :]
        paths = [f"{mean} ~ X" for mean in means]
        paths += [f"{end} ~ {' + '.join(['X', *means])}" for end in ends]
        texts[f"mediated by {len(means)}, observed"] = "\n".join(paths)
        texts[f"mediated by {len(means)}"] = "\n".join(
            [factors(["X", *names]), *paths, covariances(means), covariances(ends)]
        )
    for n in range(2, 9):
        views = {dim: [f"{dim}_{k}" for k in range(n)] for dim in "COMPLY"}
        traits = [f"T{dim} =~ {' + '.join(items)}" for dim, items in views.items()]
        methods = [f"M{k} =~ {' + '.join(items[k] for items in views.values())}" for k in range(1, n)]
        texts[f"CT-C(M-1), {n} roles"] = "\n".join(
            [*traits, *methods, covariances([f"T{dim}" for dim in "COMPLY"])]
        )
    texts["bifactor"] = (
        f"G =~ {' + '.join(f'{s}_{k}' for s in 'ABC' for k in (1, 2, 3))}\n{factors(list('ABC'))}"
    )
    texts["second order and paths"] = f"{factors(list('ABCD'))}\nG =~ A + B + C\nD ~ G\nY ~ D + G"
    texts["products"] = f"{factors(list('XZWY'))}\nY ~ X + Z + W + X:Z + X:X + Z:W\nV ~ Y + X:Z"
    texts["loop"] = "A ~ B + X\nB ~ C + Z\nC ~ A\nY ~ A + B + C"
    texts["composite"] = "C <~ x1 + x2 + x3\nF =~ y1 + y2 + y3\nF ~ C"
    texts["cross-loading and residuals"] = f"{factors(list('AB'))}\nA =~ B_1\nA_1 ~~ A_2\nA_1 ~~ B_2\nB ~ A"
    texts["shared items"] = (
        "A =~ i0 + i1 + i3 + i6\nB =~ i1 + i4 + i7 + i0\nC =~ i2 + i5 + i8 + i1\nC ~ A + B"
    )
    texts["factor of an outcome"] = f"{factors(list('AB'))}\nH =~ B + z1 + z2\nB ~ A\nq ~ B"
    return texts


TEXTS = model_texts()


def overlaps(panel: Panel) -> list[tuple[str, str]]:
    """Pairs of labels and shapes, or of two of a kind, that meet."""
    shapes = [(node.name, node.box) for node in panel.nodes]
    labels = [
        (f"{line.arrow.source} {line.arrow.way} {line.arrow.target}", line.label)
        for line in panel.lines
        if line.label is not None
    ]
    pairs = [
        *itertools.combinations(labels, 2),
        *itertools.product(labels, shapes),
        *itertools.combinations(shapes, 2),
    ]
    return [(a, b) for (a, one), (b, other) in pairs if one.overlaps(other)]


def touches(point: tuple[float, float], box: Box) -> bool:
    """Whether a point lies in a box, or on its edge."""
    x, y = point
    return box.left - 1e-6 <= x <= box.right + 1e-6 and box.bottom - 1e-6 <= y <= box.top + 1e-6


def crossed(panel: Panel) -> list[tuple[str, str, str]]:
    """Loadings that run through a shape they neither leave nor enter."""
    return [
        (line.arrow.source, line.arrow.target, node.name)
        for line in panel.lines
        for node in panel.nodes
        if line.arrow.way == "loading"
        and node.name not in (line.arrow.source, line.arrow.target)
        and any(cuts(a, b, node.box) for a, b in itertools.pairwise(line.points))
    ]


def test_a_way_around_is_the_shortest_one() -> None:
    """One box between two points: along its nearer edge; none where nothing stands between."""
    box = Box(0.0, 0.1, 2.0, 1.0)
    assert detour((-3.0, 0.0), (3.0, 0.0), [box]) == [
        pytest.approx((-1.0 - MARGIN, -0.4 - MARGIN)),
        pytest.approx((1.0 + MARGIN, -0.4 - MARGIN)),
    ]
    assert detour((-3.0, 2.0), (3.0, 2.0), [box]) == []
    walls = [Box(0.0, y, 0.5, 2.0) for y in (-2.0, 0.0, 2.0)]
    way = detour((-1.0, 0.1), (1.0, 0.1), walls)
    assert all(point[1] == pytest.approx(3.0 + MARGIN) for point in way)
    assert cuts((-1.0, 0.0), (1.0, 0.0), Box(0.0, 0.0, 1.0, 1.0))
    assert not cuts((-1.0, 0.5), (1.0, 0.5), Box(0.0, 0.0, 1.0, 1.0))  # along its edge


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("long_names", [False, True])
def test_nothing_overlaps_and_every_value_has_a_place(name: str, long_names: bool) -> None:
    table = table_of_model(TEXTS[name])
    given = {
        n: f"{n}: a long name of {ROLES[k % 8]}, as printed"
        for k, n in enumerate(set(table["lhs"]) | set(table["rhs"]))
    }
    graph = graph_of(table, "est_std", labels=dict(sorted(given.items())) if long_names else None)
    panel = panel_of(graph)
    assert overlaps(panel) == []
    assert panel.dropped == 0
    assert len(panel.lines) == len(graph.arrows)
    assert {node.name for node in panel.nodes} == {variable.name for variable in graph.variables}
    assert crossed(panel) == []
    boxes = {node.name: node.box for node in panel.nodes}
    for line in panel.lines:
        assert bool(line.arrow.value) == (line.label is not None)
        for end, name in ((line.points[0], line.arrow.source), (line.points[-1], line.arrow.target)):
            assert touches(end, boxes[name]), (line.arrow, end)
        assert all(0 <= x <= panel.width and 0 <= y <= panel.height for x, y in line.points), line.arrow
    for box in (*(node.box for node in panel.nodes), *(line.label for line in panel.lines if line.label)):
        assert box.left >= 0
        assert box.bottom >= 0
        assert box.right <= panel.width
        assert box.top <= panel.height


def test_the_test_of_overlaps_can_fail() -> None:
    panel = panel_of(graph_of(table_of_model(TEXTS["6 factors"]), "est_std"))
    first = panel.lines[0]
    moved = Panel("", panel.nodes, (first, first), panel.width, panel.height)
    assert overlaps(moved)
    assert Box(0, 0, 2, 1).overlaps(Box(1.9, 0.9, 2, 1))
    assert not Box(0, 0, 2, 1).overlaps(Box(2, 0, 2, 1))


def test_labels_that_have_no_room_are_left_out() -> None:
    line = [(0.0, 0.0), (1.0, 0.0)]
    boxes = placed([line, line, line], [(0.5, 0.1)] * 3, [])
    assert [box is None for box in boxes] == [False, True, True]
    assert placed([line], [(0.4, 0.1)], [Box(0.5, 0, 1, 0.2)]) == [None]
    assert placed([line], [None], []) == [None]


def test_labels_keep_off_the_lines_of_others() -> None:
    """The middle is crossed: the label stands beside it."""
    line, other = [(0.0, 0.0), (2.0, 0.0)], [(1.0, -1.0), (1.0, 1.0)]
    (box, _) = placed([line, other], [(0.3, 0.12), None], [])
    assert box is not None
    assert abs(box.x - 1.0) > 0.15
    (alone,) = placed([line], [(0.3, 0.12)], [])
    assert alone is not None
    assert (alone.x, alone.y) == (1.0, 0.0)


def columns(text: str) -> list[set[str]]:
    found = layers_of(graph_of(table_of_model(text), "est_std"))
    return [{name for name in column if not is_waypoint(name)} for column in found.columns]


def test_columns_are_depths_of_the_paths() -> None:
    assert columns("M ~ X\nN ~ M\nY ~ N + X\nQ ~ X") == [{"X"}, {"M"}, {"N"}, {"Y", "Q"}]
    assert columns("Y ~ X + Z + X:Z") == [{"X", "Z"}, {"X:Z"}, {"Y"}]
    assert columns(f"{factors(['A', 'B'])}\nA ~~ B") == [{"A", "B"}]
    assert columns(f"{factors(['A', 'B', 'C'])}\nG =~ A + B + C") == [{"G"}, {"A", "B", "C"}]


def test_circles_are_opened_and_every_arrow_is_drawn() -> None:
    graph = graph_of(table_of_model(TEXTS["loop"]), "est_std")
    layers = layers_of(graph)
    assert len(layers.ways) == len(graph.arrows)
    panel = panel_of(graph)
    by_name = {node.name: node for node in panel.nodes}
    for line in panel.lines:
        ends = by_name[line.arrow.source].box, by_name[line.arrow.target].box
        for (x, y), box in zip((line.points[0], line.points[-1]), ends, strict=True):
            assert box.left - 1e-9 <= x <= box.right + 1e-9
            assert box.bottom - 1e-9 <= y <= box.top + 1e-9


def test_indicators_stand_outward() -> None:
    panel = panel_of(graph_of(table_of_model(f"{factors(['X', 'M', 'Y'])}\nM ~ X\nY ~ M"), "est_std"))
    at = {node.name: node for node in panel.nodes}
    assert all(at[f"X_{k}"].x < at["X"].x for k in (1, 2, 3))
    assert all(at[f"Y_{k}"].x > at["Y"].x for k in (1, 2, 3))
    assert at["X"].x < at["M"].x < at["Y"].x
    assert len({at[f"M_{k}"].y for k in (1, 2, 3)}) == 1
    middle = (at["X_1"].y + at["X_3"].y) / 2
    assert at["X"].y == pytest.approx(middle)


def test_method_factors_stand_beyond_the_items_they_share() -> None:
    text = "T1 =~ a1 + a2 + a3\nT2 =~ b1 + b2 + b3\nM2 =~ a2 + b2\nM3 =~ a3 + b3"
    at = {node.name: node for node in panel_of(graph_of(table_of_model(text), "est_std")).nodes}
    assert at["T1"].x < at["a2"].x < at["M2"].x
    assert layers_of(graph_of(table_of_model(text), "est_std")).beyond == ("M2", "M3")


def test_widths_are_those_of_the_font_or_more() -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family="DejaVu Sans", size=8)
    for text in (
        "−.45",
        "joint preparation",
        "WWWWMMMM@%",
        "C@sales",
        "ÄÖÜß éè",
        "illicit",
        "0123456789",
        "αβγ",
    ):
        true = TextToPath().get_text_width_height_descent(text, font, ismath=False)[0] / 72
        assert true <= width(text, 8) <= 1.6 * true, text


def test_names_are_broken_without_loss() -> None:
    for text in (
        "a_very_long_variable_name",
        "ohneleerzeichenundpunkte" * 3,
        "two words",
        "x",
        "C@sales manager",
    ):
        lines = wrapped(text, 12)
        assert all(len(line) <= 12 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("value", "zero", "text"),
    [(0.454, False, ".45"), (-0.456, False, "−.46"), (1.234, False, "1.23"), (-0.001, False, ".00"),
     (0.454, True, "0.45"), (-12.5, True, "−12.50"), (float("nan"), False, "")],
)  # fmt: skip
def test_values_in_print(value: float, zero: bool, text: str) -> None:
    assert in_print(value, 2, zero) == text


def data(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=(2, n))
    m = 0.5 * x + rng.normal(size=n)
    y = 0.4 * m + 0.3 * x + 0.3 * x * z + rng.normal(size=n)
    columns = {
        f"{name}{k}": eta + 0.6 * rng.normal(size=n)
        for name, eta in zip("xzmy", (x, z, m, y), strict=True)
        for k in (1, 2, 3)
    }
    return pd.DataFrame(columns).assign(country=np.where(np.arange(n) % 2, "AT", "DE & CH_1"))


TEXT = "X =~ x1 + x2 + x3\nM =~ m1 + m2 + m3\nY =~ y1 + y2 + y3\nM ~ X\nY ~ M + X"


def values(found: Diagram) -> dict[tuple[str, str], str]:
    return {(line.arrow.source, line.arrow.target): line.arrow.value for line in found.panels[0].lines}


def test_values_of_a_fit_are_those_of_its_tables() -> None:
    fit = sem.fit(TEXT, data())
    table = fit.standardized().set_index(["lhs", "op", "rhs"])["est_std"]
    shown = values(fit.diagram())
    assert shown["X", "M"] == in_print(table["M", "~", "X"], 2, leading_zero=False)
    assert shown["X", "x2"] == in_print(table["X", "=~", "x2"], 2, leading_zero=False)
    assert len(shown) == 12
    plain = values(fit.diagram(standardized=False, digits=3))
    estimate = fit.estimates.set_index(["lhs", "op", "rhs"])["est"]["Y", "~", "M"]
    assert plain["M", "Y"] == f"{estimate:.3f}"
    assert set(values(fit.diagram(loadings=False))) == {("X", "M"), ("M", "Y"), ("X", "Y")}
    assert values(fit.record().diagram()) == shown


def test_groups_are_panels() -> None:
    fit = sem.fit(TEXT, data(), group="country")
    found = fit.diagram()
    assert [panel.title for panel in found.panels] == ["DE & CH_1", "AT"]
    (one,) = fit.diagram(group="AT").panels
    assert one.lines == found.panels[1].lines
    assert found.size[1] > 2 * one.height
    with pytest.raises(InputError, match="DE & CH_1, AT"):
        fit.diagram(group="FR")


def test_products_are_diamonds_whatever_estimates_them() -> None:
    text = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\nY ~ X + Z + X:Z"
    for way in ("product", "lms"):
        fit = sem.fit(text, data(), interactions=way)
        found = fit.diagram()
        (diamond,) = [node for node in found.panels[0].nodes if node.kind == "product"]
        shown = values(found)
        table = fit.standardized().set_index(["lhs", "op", "rhs"])["est_std"]
        assert shown["X:Z", "Y"] == in_print(table["Y", "~", "X:Z"], 2, leading_zero=False)
        assert shown["X", "X:Z"] == shown["Z", "X:Z"] == ""
        assert diamond.name == "X:Z"
        drawn = [line.arrow for line in found.panels[0].lines if line.arrow.way == "covariance"]
        assert [(arrow.source, arrow.target) for arrow in drawn] == [("X", "Z")]
        if way == "product":  # covariances of the product are estimated, too, and stand in the table
            assert abs(table["X", "~~", "X:Z"]) > 1e-3
        assert len(found.panels[0].nodes) == 13
        assert any("diamonds" in note for note in found.notes)


def test_measured_first_and_two_levels() -> None:
    shown = values(sem.sam(TEXT, data()).diagram())
    assert len(shown) == 12
    rng = np.random.default_rng(2)
    unit = np.repeat(np.arange(40), 5)
    common = rng.normal(size=40)[unit] + rng.normal(size=200)
    rows = pd.DataFrame({f"x{k}": common + rng.normal(size=200) for k in range(4)}).assign(unit=unit)
    text = "level: 1\n f =~ x0 + x1 + x2 + x3\nlevel: 2\n h =~ x0 + x1 + x2 + x3"
    assert [p.title for p in sem.fit(text, rows, cluster="unit").diagram().panels] == ["within", "between"]


def test_dashes_say_that_the_interval_includes_zero() -> None:
    rows = {"lhs": ["y", "y", "y"], "op": ["~"] * 3, "rhs": ["a", "b", "c"], "est_std": [0.5, 0.1, 1.0],
            "ci_lower": [0.2, -0.1, 1.0], "ci_upper": [0.8, 0.3, 1.0]}  # fmt: skip
    found = diagram_of_table(pd.DataFrame(rows), "est_std")
    assert {line.arrow.source: line.arrow.uncertain for line in found.panels[0].lines} == {
        "a": False,
        "b": True,
        "c": False,
    }
    assert "dashed: the interval includes zero" in found.notes


def test_covariances_of_zero_are_no_lines_and_many_are_counted() -> None:
    rows = [("A", "=~", "a1", 0.7), ("B", "=~", "b1", 0.7), ("A", "~~", "B", 0.0)]
    table = pd.DataFrame(rows, columns=["lhs", "op", "rhs", "est_std"])
    assert {line.arrow.way for line in diagram_of_table(table, "est_std").panels[0].lines} == {"loading"}
    many = diagram_of_table(table_of_model(TEXTS["12 factors"]), "est_std")
    assert "66 covariances are not drawn" in many.notes


def test_the_same_fit_gives_the_same_picture(tmp_path: Path) -> None:
    fit = sem.fit(TEXT, data())
    found = fit.diagram(labels={"X": "Alignment <of> all", "Y": "Benefits & more"})
    assert found.svg() == fit.diagram(labels={"X": "Alignment <of> all", "Y": "Benefits & more"}).svg()
    assert found.svg().lstrip().startswith("<?xml")
    for ending, head in (
        (".svg", b"<?xml"),
        (".png", b"\x89PNG"),
        (".pdf", b"%PDF"),
        (".dot", b"digraph"),
        (".tex", b"\\begin{tikz"),
    ):
        assert found.save(tmp_path / f"model{ending}").read_bytes().startswith(head)
    with pytest.raises(InputError, match=r"\.svg, \.png, \.pdf, \.dot, \.tex"):
        found.save(tmp_path / "model.docx")
    assert found._repr_svg_() == found.svg()
    assert "12 variables" in repr(found)


def test_what_cannot_be_drawn_is_told() -> None:
    fit = sem.fit(TEXT, data())
    with pytest.raises(InputError, match="digits"):
        fit.diagram(digits=7)
    with pytest.raises(InputError, match="labels"):
        fit.diagram(labels={"X": 1})  # type: ignore[dict-item]
    empty = pd.DataFrame({"lhs": ["x"], "op": ["~~"], "rhs": ["x"], "est_std": [1.0]})
    with pytest.raises(ModelError, match="nothing to draw"):
        diagram_of_table(empty, "est_std")


def test_a_level_without_paths_is_left_out_and_named() -> None:
    rows = [("x", "~~", "y", 1, 1, 0.3), ("x", "~~", "x", 1, 1, 1.0), ("y", "~", "x", 1, 2, 0.5)]
    table = pd.DataFrame(rows, columns=["lhs", "op", "rhs", "group", "level", "est_std"])
    found = diagram_of_table(table.assign(ci_lower=0.1, ci_upper=0.9), "est_std", loadings=False)
    assert len(found.panels) == 1
    assert any("neither paths nor factors, not drawn" in note for note in found.notes)


NASTY = {"X": r'50 % of "A & B_1" \alpha {#$}~^<|>', "M": "Übergröße × α → 数 ≤ €", "Y": "line\nbreak"}


def test_dot_has_every_variable_and_arrow_once() -> None:
    text = sem.fit(TEXT, data()).diagram(labels=NASTY).dot()
    assert len(re.findall(r"^  n1_\d+ \[", text, re.MULTILINE)) == 12
    assert len(re.findall(r"^  n1_\d+ -> n1_\d+", text, re.MULTILINE)) == 12
    assert r"\"A & B_1\"" in text
    assert r"\\alpha" in text
    assert text.count("{") - text.count("{#$}") == text.count("}") - text.count("{#$}")
    groups = sem.fit(TEXT, data(), group="country").diagram().dot()
    assert groups.count("subgraph cluster_") == 2
    assert 'label="DE & CH_1"' in groups


@pytest.mark.skipif(
    shutil.which("pdflatex") is None,
    reason="pdflatex (Debian: texlive-latex-extra) is not installed, which compiles the TikZ that tests above read",
)
def test_tikz_compiles(tmp_path: Path) -> None:
    text = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\nY ~ X + Z + X:Z"
    found = sem.fit(text, data(), interactions="lms", group=None).diagram(labels=NASTY)
    (tmp_path / "model.tex").write_text(found.tikz(standalone=True), encoding="utf-8")
    (tmp_path / "groups.tex").write_text(
        sem.fit(TEXT, data(), group="country").diagram(labels=NASTY).tikz(standalone=True), encoding="utf-8"
    )
    for name in ("model", "groups"):
        run = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
            cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout[-2000:]
        assert "Overfull" not in run.stdout
