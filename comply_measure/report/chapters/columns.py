"""Labels and notes that several chapters share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


#: Which AVE it is, in the chapters that have it from one model of all dimensions; takes what the indicators are.
AVE_NOTE = (
    "AVE from standardised loadings of the {} in the model of correlated dimensions; the chapter on reliability "
    "takes one construct at a time."
)

#: Under tables of AVE and CR.
CONSTRUCT_NOTE = (
    f"CR and {AVE_NOTE} Fornell and Larcker (1981) compare √AVE with the largest correlation of a "
    "dimension with another."
)

#: Under tables of single units or informants.
SINGLE_UNITS = (
    "For the research team: the shipped questionnaire promises informants that results of a single business unit, or "
    "of its functions, stay there. What is published or given to a company goes without this table and its file."
)


def labelled(data: pd.DataFrame, place: int = 0, **labels: tuple[Callable[[str], str], str]) -> pd.DataFrame:
    """A copy with columns of names in print from `place` on.

    Parameters
    ----------
    data : DataFrame
        Evidence, with keys.
    place : int
        Position of the first new column.
    **labels : (callable, str)
        New column = what gives the name, such as ``labels.construct``, and the column of keys.
    """
    found = data.copy()
    for position, (name, (shown, keys)) in enumerate(labels.items(), start=place):
        found.insert(position, name, each(data[keys], shown))
    return found


def each(keys: pd.Series[Any], shown: Callable[[Any], Any]) -> pd.Series[Any]:
    """The name in print of every key; each different one is looked up once, for there may be millions."""
    import pandas as pd

    codes, levels = pd.factorize(keys, use_na_sentinel=False)
    names = pd.Series([shown(key) for key in levels.tolist()])
    return names.take(codes).set_axis(keys.index)


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop; empty stays empty."""
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""


def sentences(texts: Iterable[str]) -> tuple[str, ...]:
    """Each text with a capital letter and a full stop."""
    return tuple(sentence(text) for text in texts if text)
