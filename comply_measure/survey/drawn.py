"""One drawn order for tools that cannot give every informant an own one."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from comply_measure.survey.sheet import Page, Sheet


def drawn(sheet: Sheet) -> Sheet:
    """The sheet with its random orders drawn once, from the plan's seed, the role and the form.

    Pages of one block change places among themselves, ratings of a page among theirs; all keep their keys.
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


def _mixed(page: Page, generator: object) -> Page:
    rated = [place for place, entry in enumerate(page.fields) if entry.kind == "rating"]
    fields = list(page.fields)
    order = generator.permutation(len(rated))  # type: ignore[attr-defined]
    for place, number in zip(rated, order, strict=True):
        fields[place] = page.fields[rated[number]]
    return replace(page, fields=tuple(fields))
