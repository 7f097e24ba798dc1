"""A structural model from a list of hypotheses: regressions, and what outcomes have in common besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from comply_measure.sem.language.quoting import quoted


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One expected path, moderation of a path, indirect effect, or moderated indirect effect.

    Parameters
    ----------
    outcome, predictor : str
        Names in the model.
    sign : {1, -1}
        Expected direction; of a moderation, that of the product; of an indirect effect, that of the product of its
        paths; with a moderator, that of its index (the change with the moderator).
    moderator : str
        What is expected to change the path; empty for a path.
    label : str
        Name in print, such as ``H1``.
    through : tuple of str
        Mediators on the way, in order; empty for a path or moderation.
    step : int
        Of an indirect effect with a moderator, which step it changes, from 1; 0: the last.
    """

    outcome: str
    predictor: str
    sign: Literal[1, -1]
    moderator: str = ""
    label: str = ""
    through: tuple[str, ...] = ()
    step: int = 0

    @property
    def moderated_step(self) -> int:
        """Place of the step that a moderator changes, from 0."""
        return self.step - 1 if self.step else len(self.through)

    @property
    def parts(self) -> tuple[Hypothesis, ...]:
        """Paths of the steps, and the moderation of one where an indirect effect has a moderator."""
        if not (self.through and self.moderator):
            return self.steps
        chain, place = (self.predictor, *self.through, self.outcome), self.moderated_step
        return (*self.steps, Hypothesis(chain[place + 1], chain[place], 1, self.moderator))

    @property
    def steps(self) -> tuple[Hypothesis, ...]:
        """Paths of an indirect effect: each variable on all before it, so that no step holds what another explains."""
        chain = (self.predictor, *self.through, self.outcome)
        if not self.through:
            return (self,)
        return tuple(
            Hypothesis(name, before, 1) for place, name in enumerate(chain) for before in chain[:place]
        )


def hypothesised_paths(hypotheses: Sequence[Hypothesis]) -> str:
    """Regressions of all paths, and residual covariances, as model text without measurement.

    A moderated path is in the model as a path; its product is estimated by an equation of its own. Disturbances of two
    outcomes covary unless one of them leads to the other: what else they have in common is not part of the hypotheses.
    An indirect effect brings the paths of its steps, and those from every variable on the way to all later ones.

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
    """What is wrong with a list of hypotheses: place, key (of the entry, or empty), message."""
    seen: dict[tuple[str, frozenset[str], tuple[str, ...]], int] = {}
    for place, each in enumerate(hypotheses):
        if each.predictor == each.outcome:
            yield place, "to", f"'{each.outcome}' cannot lead to itself"
        if each.moderator and each.moderator in (each.predictor, each.outcome):
            end = "predictor" if each.moderator == each.predictor else "outcome"
            yield place, "moderator", f"'{each.moderator}' is the {end} of the path it should moderate"
        parts = frozenset((each.predictor, each.moderator))
        yield from ((place, "through", message) for message in _chain_faults(each))
        yield from ((place, "step", message) for message in _step_faults(each))
        first = seen.setdefault((each.outcome, parts, each.through), place)
        if first != place:
            yield place, "", f"says of the same variables what hypothesis {first + 1} says"
    sources = _sources(hypotheses)
    for outcome in sources:
        if any(_leads(outcome, name, sources) for name in sources[outcome] if name != outcome):
            places = [
                place for place, each in enumerate(hypotheses) if outcome in (each.outcome, *each.through)
            ]
            yield (
                places[0],
                "",
                f"'{outcome}' leads to itself through other outcomes: the paths form a circle",
            )
            break


def _chain_faults(each: Hypothesis) -> Iterator[str]:
    """What is wrong with the mediators of a hypothesis."""
    for name in dict.fromkeys(each.through):
        if name in (each.predictor, each.outcome):
            yield f"'{name}' is an end of the path it should mediate"
        elif each.through.count(name) > 1:
            yield f"'{name}' stands twice on the way"
    if each.through and each.moderator in each.through:
        yield f"'{each.moderator}' is on the way that it should moderate"


def _step_faults(each: Hypothesis) -> Iterator[str]:
    """What is wrong with the number of the moderated step."""
    if each.step and not (each.through and each.moderator):
        yield "only an indirect effect with a moderator has a moderated step"
    elif each.step > len(each.through) + 1:
        yield f"the way has {len(each.through) + 1} steps"


def _sources(hypotheses: Sequence[Hypothesis]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in (step for stated in hypotheses for step in stated.steps):
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
