"""The measurement tree that is fitted for a scale, drawn in text, and where it is not what it may seem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comply_measure.instrument.scale import Scale


@dataclass(frozen=True, slots=True)
class FittedTree:
    """Factors of a scale as the models have them.

    Parameters
    ----------
    factors : mapping
        Factor → its indicators: scores of attributes, or items.
    by_scores : bool
        Whether the indicators are scores.
    lines : tuple of str
        The tree, a line per factor, score and item.
    notes : tuple of str
        Where the tree is not what a reader of the file may expect.
    """

    factors: Mapping[str, tuple[str, ...]]
    by_scores: bool
    lines: tuple[str, ...]
    notes: tuple[str, ...]


def fitted_tree(scale: Scale, attribute_set: str | None = None, form: str = "full") -> FittedTree:
    """The tree that models of a scale fit.

    Parameters
    ----------
    scale : Scale
        The instrument.
    attribute_set, form : str, optional
        As in :meth:`Scale.items_for`.

    Returns
    -------
    FittedTree

    Raises
    ------
    ComplyError
        If set or form is unknown.
    """
    factors = scale.factors(attribute_set, form)
    by_scores = scale.factors_by_scores(attribute_set, form)
    items = scale.measurement("attribute" if by_scores else "dimension", attribute_set, form)
    lines = []
    for factor, indicators in factors.items():
        lines.append(f"{factor}: factor of {_count(indicators, 'score' if by_scores else 'item')}")
        lines += _branches([_leaf(name, items) if by_scores else name for name in indicators])
    left_out = [key for key in items if by_scores and all(key not in names for names in factors.values())]
    for key in left_out:
        lines.append(f"{key}: in no factor, score of {_count(items[key], 'item')}")
        lines += _branches(items[key])
    return FittedTree(factors, by_scores, tuple(lines), tuple(_notes(factors, by_scores, left_out)))


def _leaf(name: str, items: Mapping[str, Sequence[str]]) -> str:
    return f"{name}: mean of {', '.join(items[name])}"


def _branches(names: Sequence[str]) -> list[str]:
    return [f"{'└─' if place == len(names) - 1 else '├─'} {name}" for place, name in enumerate(names)]


def _count(names: Sequence[str], noun: str) -> str:
    return f"{len(names)} {noun}{'s' if len(names) != 1 else ''}"


def _notes(factors: Mapping[str, tuple[str, ...]], by_scores: bool, left_out: Sequence[str]) -> list[str]:
    notes = []
    if by_scores and len(factors) == 1:
        ((top, scores),) = factors.items()
        notes.append(
            f"as written, {top} is a dimension and {', '.join(scores)} are its attributes: models fit a single factor "
            f"on {_count(scores, 'score')}, not factors of items. Leave {top} out if {', '.join(scores)} are to be "
            "the factors"
        )
    for name, indicators in factors.items():
        if len(indicators) < 3:
            what = "score" if by_scores else "item"
            notes.append(f"{name} has {_count(indicators, what)}: alone, such a factor is not identified")
    if left_out:
        notes.append(f"models of dimensions leave out {', '.join(left_out)}: no dimension stands above")
    return notes
