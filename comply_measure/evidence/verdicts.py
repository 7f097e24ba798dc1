"""What a study concludes: typed verdicts, each by a registered rule from numbers and conventions.

A rule says what is asked, when the answer is yes or no, and when the data cannot say. It decides from numbers and
conventions alone; the sentences follow its answer, so that no sentence of the report says more than its rule. How often
a rule is right is measured by simulation (``docs/calibration.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from types import MappingProxyType
from typing import Literal, TypeAlias

from comply_measure.errors import ComplyError
from comply_measure.statistics.multiplicity import rejects

Answer = Literal["supported", "not supported", "cannot say"]
ANSWERS: tuple[Answer, ...] = ("supported", "not supported", "cannot say")
Number: TypeAlias = float | int | str | tuple[float, float] | tuple[str, ...]
LabelKind = Literal[
    "construct", "item", "role", "pair", "text", "reason", "variable", "compared", "stage", "test"
]


@dataclass(frozen=True, slots=True)
class Words:
    """A text in the languages of reports."""

    en: str
    de: str

    def of(self, language: str) -> str:
        """The text in a language; in English where there is no other."""
        return self.de if language == "de" else self.en


#: How many tests at once are dealt with, said once for all verdicts.
MULTIPLICITY = Words(
    "One policy for many tests: tests that answer one question of one chapter are a family, named with "
    "each rule; "
    "within a family p values are corrected after Holm (1979) unless the rule names another correction. "
    "Intervals that "
    "exclude a size worth having, and those that are held against a convention, have 95% each unless the "
    "rule calls them "
    "simultaneous. Tests of different "
    "questions are not corrected for each other.",
    "Eine Regel für viele Tests: Tests, die eine Frage eines Kapitels beantworten, sind eine Familie, die "
    "bei jeder "
    "Regel genannt ist; in einer Familie werden p-Werte nach Holm (1979) korrigiert, wenn die Regel nichts "
    "anderes "
    "nennt. Intervalle, die eine nennenswerte Größe ausschließen, und solche, die an einer Konvention "
    "gemessen werden, "
    "haben je 95 %, wenn die Regel sie nicht simultan nennt. Tests verschiedener Fragen werden nicht "
    "füreinander korrigiert.",
)


#: Whose answers verdicts rest on, said once for all of them.
EVERYONE = Words(
    "Unless a rule says otherwise all informants of the data file count, those flagged as careless among them.",
    "Wenn eine Regel nichts anderes sagt, zählen alle Informanten der Datei, auch als unachtsam erkannte.",
)


@dataclass(frozen=True, slots=True)
class VerdictRule:
    """How one question is answered.

    Parameters
    ----------
    key : str
        Unique name, ``topic.question``; also that of its entry in ``docs/calibration.md``.
    question : Words
        What is asked.
    decides : Words
        When it is supported, when not; conventions as ``{key:convention}``.
    cannot_say : Words
        When the data cannot say, and what that means.
    says : mapping of str to Words
        Answer, or ``answer: case``, -> sentence. Fields are ``{subject}`` and the verdict's numbers,
        ``{name:format}`` with a format of the report (``bounded``, ``p_phrase``, ``interval``, ...), ``construct``,
        ``constructs``, ``role``, ``pair``, ``pairs`` for keys, ``structure`` for its name, ``convention`` (in words)
        and ``limit`` (its value) for conventions.
    listed : mapping of str to Words
        Answer -> one sentence for all verdicts with it, where there are many; fields ``n``, ``of``, ``subjects``;
        ``{n:is|are}`` chooses its word by number.
    subject : tuple of str
        Kinds of label of the parts of a subject.
    joined : str or tuple of str
        What stands between these parts in print: everywhere, or after each but the last.
    source : str
        Citation of the statistic or the convention.
    conventions : tuple of str
        Keys of the conventions it reads.
    family : Words, optional
        Which tests are corrected together.
    headline : bool
        Whether its sentences stand in the overview.
    number : (Words, str, str), optional
        Symbol, key among the verdict's numbers, and format of the number it decides by, for the first page.
    """

    key: str
    question: Words
    decides: Words
    cannot_say: Words
    says: Mapping[str, Words]
    source: str
    listed: Mapping[str, Words] = field(default_factory=lambda: MappingProxyType({}))
    subject: tuple[LabelKind, ...] = ()
    joined: str | tuple[str, ...] = ", "
    conventions: tuple[str, ...] = ()
    family: Words | None = None
    headline: bool = False
    number: tuple[Words, str, str] | None = None

    def __post_init__(self) -> None:
        answers = {text.partition(":")[0] for text in self.says}
        if answers != set(ANSWERS):
            raise ComplyError(f"rule '{self.key}' needs a sentence for every answer: {', '.join(ANSWERS)}")
        for words in self.says.values():
            if _fields(words.en) != _fields(words.de):
                raise ComplyError(f"rule '{self.key}': a sentence has other fields in German: {words.en}")

    def sentence(self, answer: Answer, case: str) -> Words:
        """The sentence of an answer."""
        return self.says[f"{answer}: {case}" if case else answer]

    def verdict(
        self,
        answer: Answer,
        *subject: str,
        numbers: Mapping[str, Number] | None = None,
        case: str = "",
        n_family: int = 1,
    ) -> Verdict:
        """A verdict by this rule."""
        return Verdict(self.key, subject, answer, MappingProxyType(dict(numbers or {})), case, n_family)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answered question.

    Parameters
    ----------
    rule : str
        Key of the registered :class:`VerdictRule`.
    subject : tuple of str
        Keys of what it is about, such as a dimension and a pair of roles; empty for the study as a whole.
    answer : {"supported", "not supported", "cannot say"}
        What the rule decided.
    numbers : mapping
        What it decided from, at full precision; texts are keys that the report labels, two floats an interval.
    case : str
        Which sentence of the answer, where the rule has several.
    n_family : int
        How many tests were corrected together; 1 where nothing was.

    Raises
    ------
    ComplyError
        If the rule is not registered, has no such sentence, or the sentence needs numbers that are not there.
    """

    rule: str
    subject: tuple[str, ...]
    answer: Answer
    numbers: Mapping[str, Number]
    case: str = ""
    n_family: int = 1

    def __post_init__(self) -> None:
        rule = rule_of(self.rule)
        if len(self.subject) != len(rule.subject):
            raise ComplyError(f"a verdict of '{self.rule}' names {len(rule.subject)} parts of a subject")
        name = f"{self.answer}: {self.case}" if self.case else self.answer
        if name not in rule.says:
            raise ComplyError(f"rule '{self.rule}' has no sentence for '{name}'")
        needed = _fields(rule.says[name].en) - {"subject", *rule.conventions}
        if missing := sorted(needed - set(self.numbers)):
            raise ComplyError(f"a verdict of '{self.rule}' lacks numbers: {', '.join(missing)}")

    @property
    def key(self) -> str:
        """Unique in a study: the rule and the subject."""
        return ".".join((self.rule, *self.subject))

    @property
    def question(self) -> Words:
        """What is asked."""
        return rule_of(self.rule).question

    @property
    def family(self) -> Words | None:
        """Which tests are corrected together."""
        return rule_of(self.rule).family

    @property
    def calibration(self) -> str:
        """Entry of ``docs/calibration.md``."""
        return self.rule


_RULES: dict[str, VerdictRule] = {}


def register_rule(rule: VerdictRule) -> VerdictRule:
    """Make a rule known, from this package or another.

    Raises
    ------
    ComplyError
        If another rule has its key.
    """
    if _RULES.setdefault(rule.key, rule) != rule:
        raise ComplyError(f"two rules of verdicts have the key '{rule.key}'")
    return rule


def rule_of(key: str) -> VerdictRule:
    """The registered rule.

    Raises
    ------
    ComplyError
        If there is none.
    """
    if key not in _RULES:
        raise ComplyError(f"no rule of verdicts has the key '{key}'")
    return _RULES[key]


def registered_rules() -> Mapping[str, VerdictRule]:
    """All rules known so far: those of the topics that were imported."""
    return MappingProxyType(_RULES)


def by_interval(lower: float, upper: float, threshold: float, *, above: bool = True) -> Answer:
    """An answer by an interval: supported where all of it lies beyond the threshold, not supported where none does.

    Parameters
    ----------
    lower, upper : float
        The interval; an undefined bound cannot say.
    threshold : float
        What the claim is about.
    above : bool
        Whether the claim is that the quantity is at least the threshold (else: at most).
    """
    if not (lower <= upper) or threshold != threshold:
        return "cannot say"
    if (lower >= threshold and above) or (upper <= threshold and not above):
        return "supported"
    return "not supported" if (upper < threshold if above else lower > threshold) else "cannot say"


def by_test(p: float, level: float, *, excluded: bool) -> Answer:
    """An answer by a test: supported where it rejects, not supported where an effect worth having is excluded.

    Parameters
    ----------
    p : float
        Corrected for the tests of its family; an undefined one rejects nothing.
    level : float
        Of the test.
    excluded : bool
        Whether the interval holds no effect worth having (:func:`lies_within`).
    """
    if rejects(p, level):
        return "supported"
    return "not supported" if excluded else "cannot say"


def lies_within(lower: float, upper: float, margin: float) -> bool:
    """Whether an interval lies inside ±margin; an undefined one does not."""
    return bool(-margin < lower and upper < margin)


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
