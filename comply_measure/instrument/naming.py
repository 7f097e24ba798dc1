"""Names that a scale file takes, made of names that people give."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from comply_measure.instrument.text_checks import RESERVED

_LONGEST: Final = 40
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


class Names:
    """Makes names of letters, digits and ``_`` that differ in more than case from all it made before.

    Parameters
    ----------
    taken : iterable of str
        Names that are not given again, besides the columns of response tables.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in (*RESERVED, *taken)}

    def take(self, wanted: str, otherwise: str) -> str:
        """The name itself where it can be used, else one like it; one like `otherwise` where nothing of it is left."""
        base = plain_name(wanted) or otherwise
        name, number = base, 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name.casefold())
        return name


def plain_name(text: str) -> str:
    """A text in letters, digits and ``_``, beginning with a letter; empty where nothing of it is left."""
    ascii_text = unicodedata.normalize("NFKD", text.translate(_UMLAUTS)).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", ascii_text).strip("_")
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", text):
        return text
    name = name.lstrip("0123456789_") if not re.match(r"\d+_*$", name) else ""
    return name[:_LONGEST].rstrip("_")
