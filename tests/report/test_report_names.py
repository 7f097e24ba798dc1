"""Keys of tables and figures: different names, different files, everywhere safe."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from comply_measure.errors import ComplyError
from comply_measure.report.canvas import draw
from comply_measure.report.latex import render_latex
from comply_measure.report.names import file_names, key_of, require_key, shortened
from comply_measure.report.parts import Report, Section
from comply_measure.report.tables import TableSpec
from comply_measure.report.word import render_word

NAMES = st.text(st.sampled_from("aB_-1ß\n$\\%é日 ."), max_size=6) | st.text(max_size=300)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=2, max_size=8, unique=True))
def test_different_names_have_different_safe_keys(pairs: list[tuple[str, str]]) -> None:
    keys = [key_of("t", *pair) for pair in pairs]
    assert len(set(keys)) == len(pairs)
    for key in keys:
        require_key(key)
    files = file_names(keys)
    assert len({name.casefold() for name in files.values()}) == len(pairs)


def test_a_key_stays_readable_where_it_is_safe_and_clear() -> None:
    assert key_of("surface", "it", "sales", "customer_value") == "surface_it_sales_customer_value"
    assert key_of("reliability", "my_scale", after="general") == "reliability_my_scale_general"
    # The same letters from other names, a name that looks like a digested one, a device of Windows, a taken word.
    apart = [
        key_of("s", "a_b", "c"),
        key_of("s", "a", "b_c"),
        key_of(key_of("s", "a_b", "c")),
        key_of("con"),
        key_of("s", "a", digest=True),
        key_of("s", "größe"),
        key_of("s", "gräße"),
        key_of("s", "x" * 300),
    ]
    assert apart[1] == "s_a_b_c"
    assert len(set(apart)) == 8
    assert max(map(len, apart)) < 100


def test_capitals_are_told_apart_where_the_file_system_does_not() -> None:
    files = file_names(["t_M", "t_x", "t_m"])
    assert files["t_x"] == "t_x"
    assert files["t_M"].casefold() != files["t_m"].casefold()
    assert file_names(["t_M", "t_x"])["t_M"] == "t_M"


@pytest.mark.parametrize("key", ["", "a b", "ä", "a\nb", "../x", "nul", "x" * 101, "-x"])
def test_a_table_refuses_a_key_that_is_no_file_name(key: str) -> None:
    with pytest.raises(ComplyError, match="key of a table or figure"):
        TableSpec(key, "T", pd.DataFrame({"a": [1.0]}))


def test_names_with_line_breaks_stay_inside_their_comment() -> None:
    evil = "sat\n\\input{/etc/passwd}%"
    table = TableSpec(key_of("t", evil), f"Table of {evil}", pd.DataFrame({evil: [1.0]}), notes=(evil,))
    text = render_latex(table)
    assert r"\input" not in text
    assert r"\textbackslash{}input\{/etc/passwd\}\%" in text


def test_dollar_signs_are_text_in_figures() -> None:
    def paint(figure: object) -> None:
        figure.text(0.5, 0.5, "$100 and 50% of $200^2")  # type: ignore[attr-defined]

    assert draw("f", "F", paint, size=(2, 1), alt="").svg.startswith(b"<?xml")


def test_long_titles_are_shortened_with_a_digest_only_where_they_must_be() -> None:
    one, other = shortened("x" * 300, 255), shortened("x" * 299 + "y", 255)
    assert (len(one), len(other)) == (255, 255)
    assert one != other
    assert shortened("x" * 255, 255) == "x" * 255
    report = Report("T" * 300, (Section("s", "S", (TableSpec("t", "T", pd.DataFrame({"a": [1.0]})),)),))
    import io

    from docx import Document

    document = Document(io.BytesIO(render_word(report, {"t": 1})))
    assert document.paragraphs[0].text == "T" * 300
    assert len(document.core_properties.title) == 255
