"""Method and results as text: every sentence of the main part, with links to the tables that hold its numbers."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from comply_measure.report.manuscript.latex import render_paper, render_sections
from comply_measure.report.manuscript.markdown import escape, render_markdown
from comply_measure.report.manuscript.sources import sources
from comply_measure.report.manuscript.text import Paragraph, manuscript
from comply_measure.report.manuscript.word import render_document
from comply_measure.report.parts import (
    Conclusion,
    Conclusions,
    Elsewhere,
    Figure,
    FirstPage,
    Heading,
    Notice,
    Prose,
    Reference,
    Report,
    Section,
)
from comply_measure.report.tables import TableSpec

EVIL = "A_1 & 50% <b> [x](y) `c` \\input{z} α ≥ .70"


def table(key: str, estimator: str = "MLR") -> TableSpec:
    return TableSpec(key, f"Title of {key}", pd.DataFrame({"item": ["i"]}), ("item",), estimator=estimator)


def figure(key: str) -> Figure:
    return Figure(key, f"Title of {key}", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", "alt")


def report() -> Report:
    said = Conclusion("Supported", "It fits.", "rule", "page")
    cfa = Section(
        "cfa",
        "Measurement model",
        (
            Notice("Few firms.", "warning"),
            Conclusions((said, Conclusion("Cannot say", "It stays open.", "rule", "page"))),
            Prose(EVIL),
            table("t1"),
            figure("f1"),
            Elsewhere("More", ("a1", "a2", "a3"), ()),
            Heading("By role"),
            Reference("Fit", "t1"),
            Heading("Empty"),
        ),
    )
    sample = Section("sample", "Sample", (Prose("240 units."), table("t0")))
    details = Section("cfa_details", "Measurement model", (table("a1"), table("a2", "ML."), table("a3")))
    first = FirstPage(("Measured: A.", "240 units."), (), (), (), ())
    return Report("T & t", (sample, cfa, details), first_page=first, n_main=2)


NUMBERS = {"t0": 1, "t1": 2, "a1": 3, "a2": 4, "a3": 5, "f1": 1}


def test_passages_hold_every_sentence_of_the_main_part_in_the_order_of_a_paper() -> None:
    made = manuscript(report(), ("Software.",))
    assert [(passage.level, passage.title) for passage in made] == [
        (1, "Method"), (2, "Participants and quality of the answers"), (2, "Measures"), (2, "Analysis"),
        (1, "Results"), (2, "Measurement model"), (3, "By role"),
    ]  # fmt: skip
    assert made[1].paragraphs == (Paragraph("240 units.", ("t0",)),)
    assert made[2].paragraphs == (Paragraph("Measured: A."),)
    methods = "Measurement model: MLR (“Title of t1”, “Title of a1”, and “Title of a3”); ML (“Title of a2”)."
    assert made[3].paragraphs == (Paragraph(methods, ("t1",), (), ("a1", "a2", "a3")), Paragraph("Software."))
    assert made[5].paragraphs == (
        Paragraph("Few firms."),
        Paragraph(EVIL, ("t1",), ("f1",), ("a1", "a2", "a3")),
        Paragraph("It fits. It stays open."),
    )
    assert made[6].paragraphs == (Paragraph("", ("t1",)),)
    many = replace(report(), language="de", sections=tuple(
        Section("cfa", "Modell", tuple(table(f"t{n}") for n in range(n_tables))) for n_tables in (2, 5)
    ), n_main=2)  # fmt: skip
    assert [p.text for p in manuscript(many, ())[-4].paragraphs] == [
        "Modell: MLR („Title of t0“ und „Title of t1“).",
        "Modell: MLR („Title of t0“, „Title of t1“, „Title of t2“ und 2 weitere).",
    ]
    cited = manuscript(report(), ("After Holm (1979).",))[-1]
    assert (cited.level, cited.title) == (1, "References")
    assert [paragraph.text[:33] for paragraph in cited.paragraphs] == ["Holm, S. (1979). A simple sequent"]


@pytest.mark.parametrize(
    ("tables", "appendix", "language", "said"),
    [
        (("t0",), (), "en", "Table 1"),
        (("t0", "t1"), (), "en", "Tables 1, 2"),
        (("t0", "t1", "a1"), (), "en", "Tables 1–3"),
        (("a3", "t0", "t0"), (), "de", "Tabellen 1, 5"),
        ((), ("a1", "a2", "a3"), "en", "appendix: Tables 3–5"),
        (("t0",), ("a3",), "de", "Tabelle 1; Anhang: Tabelle 5"),
        ((), (), "en", ""),
    ],
)
def test_tables_in_a_row_are_named_by_the_first_and_the_last(
    tables: tuple[str, ...], appendix: tuple[str, ...], language: str, said: str
) -> None:
    found = sources(Paragraph("x", tables, (), appendix), NUMBERS, language)
    assert "".join(source.before + source.label for source in found) == said


def test_markdown_prints_texts_as_they_are_and_links_numbers() -> None:
    made = render_markdown("T*", manuscript(report(), ()), NUMBERS, report="../report.html", language="en")
    assert made.startswith("# T\\*\n\n## Method\n")
    assert "A\\_1 \\& 50% \\<b\\> \\[x\\](y) \\`c\\` \\\\input{z} α ≥ .70" in made
    assert (
        "(Table [2](../report.html#table-t1); Figure [1](../report.html#figure-f1); "
        "appendix: Tables [3–5](../report.html#table-a1))" in made
    )
    assert [escape(text) for text in ("1. a", "- a", "# a", "2 b", "a\n- b", "US$ to US$")] == [
        "1\\. a", "\\- a", "\\# a", "2 b", "a - b", "US\\$ to US\\$",
    ]  # fmt: skip


def test_word_holds_headings_paragraphs_and_links() -> None:
    from docx import Document

    made = render_document("T", manuscript(report(), ()), NUMBERS, report="../report.html", language="en")
    document = Document(io.BytesIO(made))
    texts = [(p.style.name, p.text) for p in document.paragraphs if p.style is not None]
    assert ("Heading 1", "Results") in texts and ("Heading 3", "By role") in texts
    assert any(text.startswith(EVIL + " (Table 2; Figure 1; appendix: Tables 3–5)") for _, text in texts)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        links = archive.read("word/_rels/document.xml.rels").decode()
    assert 'Target="../report.html#table-a1"' in links and 'TargetMode="External"' in links
    assert made == render_document(
        "T", manuscript(report(), ()), NUMBERS, report="../report.html", language="en"
    )


def test_latex_refers_to_tables_of_the_main_part_and_names_those_of_the_appendix() -> None:
    made = render_sections(manuscript(report(), ()), NUMBERS, "en")
    assert r"\subsubsection{By role}" in made
    assert r"(Table \ref{tab:t1}; Figure \ref{fig:f1}; appendix: Tables 3--5)" in made
    assert r"\input{z}" not in made and r"50\%" in made


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_paper_compiles_with_every_reference_resolved(tmp_path: Path, language: str) -> None:
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("pdflatex is not installed; the text of the paper is tested above")
    from PIL import Image

    from comply_measure.report.latex import render_latex

    (tmp_path / "text.tex").write_text(
        render_sections(manuscript(report(), ()), NUMBERS, language), encoding="utf-8"
    )
    places = {key: key for key in NUMBERS}
    for key in ("t0", "t1"):
        (tmp_path / f"{key}.tex").write_text(render_latex(table(key)), encoding="utf-8")
    Image.new("RGB", (20, 10)).save(tmp_path / "f1.png")
    named = [table("t0"), table("t1")]
    paper = render_paper("T & t", named, [figure("f1")], places, text="text.tex", language=language)
    (tmp_path / "paper.tex").write_text(paper, encoding="utf-8")
    command = [program, "-interaction=nonstopmode", "-no-shell-escape", "paper.tex"]
    for _ in range(2):
        subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / "paper.log").read_text(encoding="utf-8", errors="replace")
    assert [line for line in log.splitlines() if line.startswith("!") or "undefined" in line] == []
    german = (
        "babel-german.tex" in log or "ngerman.ldf" in log
    )  # its hyphens, or none where they are not installed
    assert german == (language == "de")
    assert not re.search(r"Overfull \\hbox \((?!0\.|1\.)", log)
