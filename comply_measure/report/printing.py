"""HTML pages as PDF, through a Chromium that is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_SECONDS = 300
# Contents of a report, and its links to chapters.
_CONTENTS = re.compile(r"<nav .*?</nav>", re.DOTALL)
_LINK = re.compile(r'<a href="#([\w.-]+)">.*?</a>', re.DOTALL)
# Holds the place of a number, so that the numbers change no line.
_UNKNOWN = "000"


def browser() -> str | None:
    """The program that prints; None where there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def print_pdf(page: Path, target: Path) -> bool:
    """Print an HTML file; False where no browser is installed or it fails."""
    program = browser()
    if program is None:
        return False
    with TemporaryDirectory() as profile:
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
                   "--no-pdf-header-footer", f"--print-to-pdf={target}", page.resolve().as_uri()]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0 and target.is_file()


def print_report(report: Path, target: Path) -> bool:
    """Print a report with its contents and the page of each chapter; False where it cannot be printed.

    It is printed twice: the first copy tells on which page each chapter begins.
    """
    text = report.read_text(encoding="utf-8")
    with TemporaryDirectory() as aside:
        page, first = Path(aside) / "report.html", Path(aside) / "first.pdf"
        page.write_text(paged(text, {}), encoding="utf-8")
        if not print_pdf(page, first):
            return False
        page.write_text(paged(text, pages_of(first)), encoding="utf-8")
        return print_pdf(page, target)


def pages_of(pdf: Path) -> dict[str, int]:
    """Anchor -> page, counted from one; anchors that nothing links to have no place in a PDF."""
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    found = (
        (name, reader.get_destination_page_number(place)) for name, place in reader.named_destinations.items()
    )
    return {name.removeprefix("/"): page + 1 for name, page in found if page is not None}


def paged(html: str, pages: Mapping[str, int]) -> str:
    """The report with its contents in print, after the first page: chapters, and their pages where they are known."""

    def numbered(found: re.Match[str]) -> str:
        page = pages.get(found[1], "" if pages else _UNKNOWN)
        return f'{found[0]}<span class="at-page">{page}</span>'

    contents = _CONTENTS.search(html)
    start = html.find('<section id="section-')
    if contents is None or start < contents.end():
        return html
    nav = _LINK.sub(numbered, contents[0]).replace("<nav ", '<nav class="paged" ', 1)
    before = html[: contents.start()] + html[contents.end() : start]
    return before + nav.replace("<details>", "<details open>") + html[start:]
