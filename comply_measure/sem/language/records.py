"""What a model text says, statement by statement, before any default is added."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from comply_measure.sem.language.expressions import Expression


class Product(str):
    """Name of a product of two columns, ``a:b``; a column that is itself called ``a:b`` is a plain string."""

    parts: tuple[str, str]

    def __new__(cls, first: str, second: str) -> Product:
        """Join the names of the two columns."""
        made = super().__new__(cls, f"{first}:{second}")
        made.parts = (first, second)
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """What a copy in another process is made of."""
        return self.parts


def columns_of(name: str) -> tuple[str, ...]:
    """Columns that a variable is made of: itself, or the two factors of a product."""
    return name.parts if isinstance(name, Product) else (name,)


@dataclass(frozen=True, slots=True)
class Modifiers:
    """What stands before a variable; each entry is one value, or one per group.

    Attributes
    ----------
    fixed : tuple of float
        Values at which the parameter is fixed; NaN = set free (``NA*``). Empty = nothing said.
    start, lower, upper : tuple of float
        Starting values and bounds.
    label : tuple of str
        Labels; equal labels mean equal parameters. An empty string gives no label to that group.
    """

    fixed: tuple[float, ...] = ()
    start: tuple[float, ...] = ()
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    label: tuple[str, ...] = ()


PLAIN = Modifiers()


@dataclass(frozen=True, slots=True)
class Term:
    """One parameter of the text: ``lhs op rhs`` (``rhs`` empty for ``~1``), with its modifiers and line."""

    lhs: str
    op: str
    rhs: str
    modifiers: Modifiers
    line: int
    block: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """A constraint (``==``, ``<``, ``>``) or a definition (``:=``).

    Attributes
    ----------
    lhs, rhs : str
        The two sides as written, without blanks.
    op : str
        ``==``, ``<``, ``>`` or ``:=``.
    left, right : Expression
        The two sides; for ``:=`` the left one is the name being defined.
    line : int
        Line of the model text; 0 for relations the program adds.
    """

    lhs: str
    op: str
    rhs: str
    left: Expression
    right: Expression
    line: int = 0


@dataclass(frozen=True, slots=True)
class ModelRecords:
    """A parsed model text.

    Attributes
    ----------
    terms : tuple of Term
        Parameters in the order of the text.
    relations : tuple of Relation
        Constraints and definitions in the order of the text.
    groups : tuple of str
        Names of ``group:`` blocks in order; empty when the text has none.
    levels : tuple of str
        Names of ``level:`` blocks in order; empty when the text has none.
    text : str
        The text itself.
    notes : tuple of str
        What a reader of the model should know about its text.
    """

    terms: tuple[Term, ...]
    relations: tuple[Relation, ...]
    groups: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    notes: tuple[str, ...] = ()

    @property
    def n_factors(self) -> int:
        """Factors with indicators, on the level that has most; 0 for a model of observed variables and composites."""
        found = {(term.level, term.lhs) for term in self.terms if term.op == "=~"}
        return max(Counter(level for level, _ in found).values(), default=0)
