"""One drawn order for tools that cannot give every informant an own one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from comply_measure.survey.sheet import Page, Sheet

if TYPE_CHECKING:
    from numpy.random import Generator


def drawn(sheet: Sheet) -> Sheet:
    """The sheet with its random orders drawn once, from the plan's seed, the role and the form.

    Pages of one block change places among themselves, ratings of a table among theirs; all keep their names.
    """
    if not any(page.block or page.shuffled for page in sheet.pages):
        return sheet
    import numpy as np

    words = hashlib.sha256(f"{sheet.survey}/{sheet.role}/{sheet.form}".encode()).digest()[:8]
    generator = np.random.default_rng([sheet.seed, int.from_bytes(words, "big")])
    pages = list(sheet.pages)
    for block in dict.fromkeys(page.block for page in pages if page.block):
        places = [place for place, page in enumerate(pages) if page.block == block]
        mixed = [pages[places[number]] for number in generator.permutation(len(places))]
        for place, page in zip(places, mixed, strict=True):
            pages[place] = page
    return replace(sheet, pages=tuple(_mixed(page, generator) if page.shuffled else page for page in pages))


def _mixed(page: Page, generator: Generator) -> Page:
    """Ratings change places inside the tables they stand in, so that no opening is torn from its items."""
    fields = []
    for group in page.grids():
        order = generator.permutation(len(group)) if group[0].kind == "rating" else range(len(group))
        fields += [group[number] for number in order]
    return replace(page, fields=tuple(fields))
