"""The model language: text → records.

One statement per line or ``;``. A line that ends with an operator, ``+``, ``*``, a comma or an open
parenthesis goes on in the next; so does one whose successor starts with such a sign.

========  =====================================  ==========================
operator  meaning                                example
========  =====================================  ==========================
``=~``    is measured by                         ``f =~ x1 + x2 + x3``
``<~``    is composed of                         ``c <~ x1 + x2 + x3``
``~``     is regressed on (``~ 1``: intercept)   ``y ~ a*f + x``
``~~``    (co)variance                           ``x1 ~~ x2``
``|``     thresholds                             ``u1 | t1 + t2``
``~*~``   scaling factor                         ``u1 ~*~ u1``
``:=``    defined parameter                      ``ab := a*b``
``==``    constraint (also ``<`` and ``>``)      ``a == 2*b``
========  =====================================  ==========================

A name with blanks, hyphens or any other character stands between backticks, ```item 1```; a backtick in it is
doubled (:func:`comply_measure.sem.language.quoted` writes any name so). ``a:b`` on a right side is a product of two
columns, or of factors (:mod:`comply_measure.sem.interactions.model`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from comply_measure.errors import Problem
from comply_measure.sem.errors import ModelSyntaxError, fault
from comply_measure.sem.language.expressions import ExpressionError, Name, parse_expression
from comply_measure.sem.language.modifiers import Variable, merge, read_product
from comply_measure.sem.language.records import PLAIN, ModelRecords, Modifiers, Product, Relation, Term
from comply_measure.sem.language.tokens import OPERATORS, Source, Token, tokenize
from comply_measure.statistics.words import character_name

_RELATIONS = ("==", "<", ">", ":=")
_GOES_ON_AFTER = frozenset({*OPERATORS, "+", "-", "*", "/", "^", ",", "(", "?"})
_GOES_ON_BEFORE = frozenset({*OPERATORS, "+", "*", "/", "^", ",", ")", "?"})
MAX_SIZE = 5_000  # lines, plus signs and semicolons: more terms than any model that can be estimated
_BLOCKS = ("group", "level")


@dataclass(slots=True)
class _Draft:
    """Records under construction and the faults met so far."""

    source: Source
    terms: list[Term] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    seen: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    group: str = ""
    level: str = ""
    faults: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    products: dict[str, bool] = field(default_factory=dict)

    def one_meaning(self, name: str, at: int) -> None:
        """Refuse a column called ``a:b`` beside the product of a and b: tables could not tell them apart."""
        product = isinstance(name, Product)
        if self.products.setdefault(str(name), product) != product:
            raise ExpressionError(
                f"'{name}' is a column here and a product of two columns there",
                at,
                "another name for the column",
            )

    def repeat(self, lhs: str, op: str, variable: Variable) -> None:
        """Note a term that stands twice in one formula with nothing new about it."""
        if variable.modifiers == PLAIN:
            line, _ = self.source.place(variable.at)
            self.notes.append(
                f"'{lhs} {op} {variable.name or 1}' stands twice in line {line}; it counts once"
            )

    def report(self, message: str, at: int, allowed: str | None = None) -> None:
        line, column = self.source.place(at)
        self.faults.append(fault(message, line, self.source.line(line), column, allowed))


def parse_model(text: str) -> ModelRecords:
    """Records of a model text.

    Parameters
    ----------
    text : str
        Model in lavaan's language.

    Returns
    -------
    ModelRecords
        Terms and relations in the order of the text.

    Raises
    ------
    ModelSyntaxError
        Listing every fault with its line quoted and the place marked.
    """
    return _parsed(text) if isinstance(text, str) else _parsed.__wrapped__(text)


@lru_cache(maxsize=64)
def _parsed(text: str) -> ModelRecords:
    """Records of a text; one text is often fitted to many data."""
    draft = _read(text)
    if not draft.faults and not draft.terms:
        draft.faults.append(Problem("the model text holds no formula", allowed="f =~ x1 + x2 + x3"))
    if draft.faults:
        raise ModelSyntaxError("The model text cannot be read.", draft.faults)
    return ModelRecords(
        tuple(draft.terms),
        tuple(draft.relations),
        tuple(draft.groups),
        tuple(draft.levels),
        text,
        tuple(draft.notes),
    )


def parse_relations(text: str) -> tuple[Relation, ...]:
    """Constraints and definitions by themselves, for tests on a fitted model.

    Parameters
    ----------
    text : str
        Such as ``a == b; c == 0``.

    Raises
    ------
    ModelSyntaxError
        Listing every fault; a formula among the relations is one.
    """
    draft = _read(text)
    for term in draft.terms:
        line = draft.source.line(term.line)
        draft.faults.append(fault("only constraints are meant here", term.line, line, 1, "a == b"))
    if not draft.faults and not draft.relations:
        draft.faults.append(Problem("the text holds no constraint", allowed="a == b"))
    if draft.faults:
        raise ModelSyntaxError("The constraints cannot be read.", draft.faults)
    return tuple(draft.relations)


def _read(text: object) -> _Draft:
    """Records and faults of a text."""
    if not isinstance(text, str):
        problem = Problem("not a text", value=type(text).__name__, allowed="f =~ x1 + x2 + x3")
        raise ModelSyntaxError("The model text cannot be read.", [problem])
    draft = _Draft(Source(text))
    if text.count("\n") + text.count("+") + text.count(";") > MAX_SIZE:
        problem = Problem(f"more than {MAX_SIZE} lines and terms", allowed="a model in parts")
        raise ModelSyntaxError("The model text is too long.", [problem])
    tokens = tokenize(text)
    for token in tokens:
        if token.kind == "bad" and token.text == "`":
            allowed = "names between two backticks, `my item`; a backtick inside a name is written twice"
            draft.report("a backtick without its partner, or with nothing between", token.at, allowed)
        elif token.kind == "bad":
            shown = f"'{token.text}'" if token.text.isprintable() else character_name(token.text)
            marks = unicodedata.category(token.text) in ("Mn", "Mc", "Me")
            draft.report(
                f"the character {shown} has no meaning here",
                token.at,
                "names with such marks between backticks" if marks else None,
            )
    if not draft.faults:
        for statement in _statements(tokens):
            try:
                _read_statement(draft, statement)
            except ExpressionError as problem:
                draft.report(problem.message, problem.at, problem.allowed)
    return draft


def _statements(tokens: Sequence[Token]) -> list[list[Token]]:
    """Tokens cut into statements."""
    statements: list[list[Token]] = []
    current: list[Token] = []
    depth = 0
    for index, token in enumerate(tokens):
        kind = token.kind
        if kind == "newline":
            if current and not depth and not _goes_on(current[-1], tokens, index + 1):
                statements.append(current)
                current = []
            continue
        if kind == "end":
            if current:
                statements.append(current)
            current, depth = [], 0
            continue
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth = max(depth - 1, 0)
        current.append(token)
    if current:
        statements.append(current)
    return statements


def _goes_on(last: Token, tokens: Sequence[Token], index: int) -> bool:
    if last.text in _GOES_ON_AFTER and last.kind != "string":
        return True
    while index < len(tokens) and tokens[index].kind == "newline":
        index += 1
    return index < len(tokens) and tokens[index].kind != "string" and tokens[index].text in _GOES_ON_BEFORE


def _read_statement(draft: _Draft, tokens: list[Token]) -> None:
    places = [index for index, token in enumerate(tokens) if token.kind == "op"]
    if not places:
        _read_block(draft, tokens)
        return
    place = places[0]
    operator = tokens[place]
    if len(places) > 1:
        second = tokens[places[1]]
        raise ExpressionError(f"a second operator '{second.text}' in one statement", second.at)
    if place == 0:
        raise ExpressionError(f"nothing stands before '{operator.text}'", operator.at)
    if place == len(tokens) - 1:
        raise ExpressionError(f"nothing stands after '{operator.text}'", operator.at)
    if operator.text in _RELATIONS:
        _read_relation(draft, tokens[:place], operator, tokens[place + 1 :])
    else:
        _read_formula(draft, tokens[:place], operator, tokens[place + 1 :])


def _read_block(draft: _Draft, tokens: list[Token]) -> None:
    """``group: name`` or ``level: name``."""
    first = tokens[0]
    if len(tokens) < 2 or tokens[1].text != ":":
        raise ExpressionError("no operator in this statement", first.at, " ".join(OPERATORS))
    kind = first.text.lower()
    if kind not in _BLOCKS:
        raise ExpressionError(f"unknown block '{first.text}:'", first.at, "group: , level:")
    if len(tokens) < 3:
        raise ExpressionError(f"'{kind}:' needs one name or number", tokens[1].at)
    last = tokens[-1]
    written = draft.source.text[tokens[2].at : last.at + len(last.text)]
    name = last.name if len(tokens) == 3 else written.strip("\"'")
    if kind == "group":
        draft.group, draft.level = name, ""
        if name not in draft.groups:
            draft.groups.append(name)
    else:
        draft.level = name
        if name not in draft.levels:
            draft.levels.append(name)


def _read_relation(draft: _Draft, left: list[Token], operator: Token, right: list[Token]) -> None:
    after = operator.at + len(operator.text)
    lhs = parse_expression(left, operator.at)
    rhs = parse_expression(right, right[-1].at + len(right[-1].text) if right else after)
    if operator.text == ":=" and not isinstance(lhs, Name):
        raise ExpressionError("':=' defines one name", left[0].at, "name := expression")
    line, _ = draft.source.place(operator.at)
    defined = lhs.name if isinstance(lhs, Name) else _text(left)
    draft.relations.append(Relation(defined, operator.text, _text(right), lhs, rhs, line))


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)


def _read_formula(draft: _Draft, left: list[Token], operator: Token, right: list[Token]) -> None:
    targets = [_left_name(piece, operator) for piece in _split(left, operator.at)]
    if right and right[0].text == "+" and len(right) > 1:
        right = right[1:]
    variables = [read_product(piece, operator.text) for piece in _split(right, right[-1].at)]
    for name, at in targets:
        gathered: dict[str, tuple[Variable, Modifiers]] = {}
        draft.one_meaning(name, at)
        for variable in variables:
            draft.one_meaning(variable.name, variable.at)
            known = gathered.get(variable.name)
            modifiers = variable.modifiers
            if known is not None:
                draft.repeat(name, operator.text, variable)
                modifiers = merge(known[1], modifiers, variable.at)
                variable = known[0]
            gathered[variable.name] = (variable, modifiers)
        for variable, modifiers in gathered.values():
            _add_term(draft, name, at, operator.text, variable, modifiers)


def _left_name(piece: list[Token], operator: Token) -> tuple[str, int]:
    if len(piece) == 1 and piece[0].kind == "name":
        return piece[0].name, piece[0].at
    if any(token.text == "efa" for token in piece):
        raise ExpressionError("exploratory blocks (efa) are not part of this engine", piece[0].at)
    raise ExpressionError(f"one variable name expected before '{operator.text}'", piece[0].at)


def _split(tokens: list[Token], end: int) -> list[list[Token]]:
    """Pieces between top-level plus signs."""
    pieces: list[list[Token]] = []
    current: list[Token] = []
    depth = 0
    for token in tokens:
        if token.text == "(" and token.kind == "punct":
            depth += 1
        elif token.text == ")" and token.kind == "punct":
            depth -= 1
            if depth < 0:
                raise ExpressionError("')' without '('", token.at)
        if token.text == "+" and depth == 0 and token.kind == "punct":
            if not current:
                raise ExpressionError("nothing stands before '+'", token.at)
            pieces.append(current)
            current = []
        else:
            current.append(token)
    if depth > 0:
        raise ExpressionError("a parenthesis is not closed", tokens[-1].at)
    if not current:
        raise ExpressionError("nothing stands after '+'", tokens[-1].at if tokens else end)
    return [*pieces, current]


def _add_term(draft: _Draft, lhs: str, at: int, op: str, variable: Variable, modifiers: Modifiers) -> None:
    rhs = variable.name
    line, _ = draft.source.place(variable.at)
    if op == "~" and not rhs:
        op = "~1"
    elif op in ("=~", "~", "<~") and lhs == rhs:
        verb = {"=~": "be measured by", "~": "be regressed on", "<~": "be composed of"}[op]
        raise ExpressionError(f"'{lhs}' cannot {verb} itself", variable.at)
    elif op == "~*~" and lhs != rhs:
        raise ExpressionError("a scaling factor names one variable twice", variable.at, f"{lhs} ~*~ {lhs}")
    key = (draft.group + "\n" + draft.level, op, lhs, rhs)
    if op == "~~" and rhs < lhs:
        key = (key[0], op, rhs, lhs)
    if key in draft.seen:
        first = draft.seen[key]
        raise ExpressionError(
            f"'{lhs} {op} {rhs}'".replace("~1 ", "~1") + f" stands already in line {first}", at
        )
    draft.seen[key] = line
    draft.terms.append(Term(lhs, op, rhs, modifiers or PLAIN, line, draft.group, draft.level))
