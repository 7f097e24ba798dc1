"""Word tables of the shipped study fit their pages, as LibreOffice sets them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from test_latex_pages import tables

from comply_measure.report import Report, Section
from comply_measure.report.html import number_blocks
from comply_measure.report.word import render_word

PROGRAMS = ("soffice", "pdftotext")
LANGUAGES = ("en", "de")
MARGIN = 42.5  # points
_WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.-]+)" yMax="[\d.-]+">(.*?)</word>')


def beyond(pdf: Path) -> list[tuple[int, float, str]]:
    """Page, points beyond the margin, word; of every word that stands more than two points outside."""
    text = subprocess.run(
        ["pdftotext", "-bbox", pdf, "-"], capture_output=True, check=True, encoding="utf-8"
    ).stdout
    found = []
    for number, page in enumerate(text.split("<page ")[1:], start=1):
        width = re.match(r'width="([\d.]+)"', page)
        assert width is not None
        for left, right, word in _WORD.findall(page):
            over = max(float(right) - (float(width[1]) - MARGIN), MARGIN - float(left))
            found += [(number, over, word)] if over > 2 else []
    return found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the pages in English and German, which LibreOffice sets in one start."""
    if not all(map(shutil.which, PROGRAMS)):
        pytest.skip("LibreOffice, which lays pages out, or poppler, which measures them, is not installed")
    folder = tmp_path_factory.mktemp("pages")
    files = []
    for language in LANGUAGES:
        wide = [replace(each, language=language) for each in tables().values()]
        sections = tuple(Section(f"s{k}", f"S{k}", (each,)) for k, each in enumerate(wide))
        files.append(folder / f"{language}.docx")
        files[-1].write_bytes(render_word(Report("R", sections, language=language), number_blocks(sections)))
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, *files]
    subprocess.run(command, capture_output=True, check=True, timeout=300)
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_a_table_stands_beyond_its_page(language: str, pages: Path) -> None:
    assert beyond(pages / f"{language}.pdf") == []
