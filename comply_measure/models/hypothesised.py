"""A structural model from a list of hypotheses: regressions, and what outcomes have in common besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from comply_measure.sem.language.quoting import quoted


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One expected path, or one expected moderation of a path.

    Parameters
    ----------
    outcome, predictor : str
        Names in the model.
    sign : {1, -1}
        Expected direction; of a moderation, that of the product.
    moderator : str
        What is expected to change the path; empty for a path.
    label : str
        Name in print, such as ``H1``.
    """

    outcome: str
    predictor: str
    sign: Literal[1, -1]
    moderator: str = ""
    label: str = ""


def hypothesised_paths(hypotheses: Sequence[Hypothesis]) -> str:
    """Regressions of all paths, and residual covariances, as model text without measurement.

    A moderated path is in the model as a path; its product is estimated by an equation of its own. Disturbances of two
    outcomes covary unless one of them leads to the other: what else they have in common is not part of the hypotheses.

    Parameters
    ----------
    hypotheses : sequence of Hypothesis
        At least one, without circles.
    """
    sources = _sources(hypotheses)
    lines = [f"{quoted(outcome)} ~ {' + '.join(map(quoted, names))}" for outcome, names in sources.items()]
    for first, second in combinations(sources, 2):
        if not (_leads(first, second, sources) or _leads(second, first, sources)):
            lines.append(f"{quoted(first)} ~~ {quoted(second)}")
    return "\n".join(lines)


def hypothesis_faults(hypotheses: Sequence[Hypothesis]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with a list of hypotheses: place, key (``from``, ``to``, ``moderator`` or empty), message."""
    seen: dict[tuple[str, frozenset[str]], int] = {}
    for place, each in enumerate(hypotheses):
        if each.predictor == each.outcome:
            yield place, "to", f"'{each.outcome}' cannot lead to itself"
        if each.moderator and each.moderator in (each.predictor, each.outcome):
            end = "predictor" if each.moderator == each.predictor else "outcome"
            yield place, "moderator", f"'{each.moderator}' is the {end} of the path it should moderate"
        parts = frozenset((each.predictor, each.moderator))
        first = seen.setdefault((each.outcome, parts), place)
        if first != place:
            yield place, "", f"says of the same variables what hypothesis {first + 1} says"
    sources = _sources(hypotheses)
    for outcome in sources:
        if any(_leads(outcome, name, sources) for name in sources[outcome] if name != outcome):
            places = [place for place, each in enumerate(hypotheses) if each.outcome == outcome]
            yield (
                places[0],
                "",
                f"'{outcome}' leads to itself through other outcomes: the paths form a circle",
            )
            break


def _sources(hypotheses: Sequence[Hypothesis]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in hypotheses:
        names = found.setdefault(each.outcome, [])
        if each.predictor not in names:
            names.append(each.predictor)
    return found


def _leads(first: str, second: str, sources: dict[str, list[str]]) -> bool:
    """Whether paths lead from the first to the second."""
    open_, known = list(sources.get(second, ())), {second}
    while open_:
        name = open_.pop()
        if name == first:
            return True
        if name not in known:
            known.add(name)
            open_ += sources.get(name, ())
    return False
