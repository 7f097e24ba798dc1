"""All one-token changes of a source file that should make some test fail.

Left out is what no number depends on: annotations, docstrings, text, messages of errors, decorators, blocks for
type checkers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
#: Only beside a whole number: of two measured numbers one is hardly ever equal to the other.
_EDGE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_FUNCTIONS = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "nanmin": "nanmax",
    "nanmax": "nanmin", "argmin": "argmax", "argmax": "argmin", "any": "all", "all": "any", "sqrt": "abs",
    "mean": "median", "median": "mean", "nanmean": "nanmedian", "std": "var", "var": "std", "floor": "ceil",
    "ceil": "floor", "isf": "ppf",
}  # fmt: skip
_WITHOUT_NUMBERS = frozenset(
    {"strict", "frozen", "slots", "eq", "repr", "stacklevel", "init", "indent", "width", "cache", "copy"}
)
#: Smaller numbers tell rounding from results: a quarter more or less of it makes no difference.
_TOLERANCE = 1e-6
_MESSAGES = frozenset({"warn", "Problem", "TypeVar", "Literal"})
Function = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, order=True, slots=True)
class Mutant:
    """One change: where it is (1-based line), which bytes it replaces, and the qualified name of its function."""

    file: str
    line: int
    start: int
    end: int
    new: str
    old: str
    function: str
    kind: str

    def applied(self, source: bytes) -> bytes:
        """The source with the change made."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants(source: bytes, file: str) -> list[Mutant]:
    """Every mutant of a file, in the order of the text."""
    finder = _Finder(source, file)
    finder.visit(ast.parse(source))
    return sorted(set(finder.found))


class _Finder(ast.NodeVisitor):
    def __init__(self, source: bytes, file: str) -> None:
        self.source, self.file = source, file
        self.found: list[Mutant] = []
        self.within: list[Function | ast.ClassDef] = []
        starts = [0]
        for line in source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self.starts = starts

    def _add(self, node: ast.AST, new: str, kind: str) -> None:
        start = self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        old = self.source[start:end].decode()
        self.found.append(
            Mutant(
                self.file,
                node.lineno,  # type: ignore[attr-defined]
                start,
                end,
                new,
                " ".join(old.split()),
                self._name(),
                kind,
            )
        )

    def _name(self) -> str:
        """Qualified name as the interpreter gives it; empty outside of functions."""
        if not self.within or isinstance(self.within[-1], ast.ClassDef):
            return ""
        parts: list[str] = []
        for scope in self.within:
            parts.append("<lambda>" if isinstance(scope, ast.Lambda) else scope.name)
            if not isinstance(scope, ast.ClassDef):
                parts.append("<locals>")
        return ".".join(parts[:-1])

    def _replace(self, node: ast.expr, changed: ast.expr, kind: str) -> None:
        text = ast.unparse(ast.fix_missing_locations(changed))
        self._add(node, f"({text})", kind)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)  # made where the function is, not in it
        self.within.append(node)
        self._statements(node.body)
        self.within.pop()

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.within.append(node)
        self.visit(node.body)
        self.within.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.within.append(node)
        self._statements(node.body)
        self.within.pop()

    def visit_Module(self, node: ast.Module) -> None:
        self._statements(node.body)

    def _statements(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if "__all__" not in names:
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Text; positions of what is in it are not told before Python 3.12."""

    def visit_Raise(self, node: ast.Raise) -> None:
        self._add(node, "pass", "statement")

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._add(node, "pass", "statement")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._add(node, "pass", "statement")
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" in ast.unparse(node.test):
            return
        self._condition(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def _condition(self, test: ast.expr) -> None:
        if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr):
            self._replace(test, ast.UnaryOp(ast.Not(), test), "not")

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for place, op in enumerate(node.ops):
            swaps = [_COMPARE[type(op)]]
            if any(_whole(side) for side in sides[place : place + 2]) and type(op) in _EDGE:
                swaps.append(_EDGE[type(op)])
            for swap in swaps:
                ops = [*node.ops[:place], swap(), *node.ops[place + 1 :]]
                self._replace(node, ast.Compare(node.left, ops, node.comparators), "comparison")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        swap = _ARITHMETIC.get(type(node.op))
        if swap is not None and not any(_text(side) for side in (node.left, node.right)):
            self._replace(node, ast.BinOp(node.left, swap(), node.right), "arithmetic")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        self._replace(node, ast.BoolOp(other, node.values), "boolean")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        self._replace(node, node.operand, "not" if isinstance(node.op, ast.Not) else "sign")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._add(node, str(not value), "constant")
        elif isinstance(value, int):
            self._add(node, str(value + 1), "constant")
        elif isinstance(value, float) and (value == 0.0 or abs(value) >= _TOLERANCE):
            self._add(node, repr(value * 1.25 if value else 0.5), "constant")

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in _WITHOUT_NUMBERS:
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _MESSAGES:
            return
        if name in _FUNCTIONS:
            swap = _FUNCTIONS[name]
            func: ast.expr = ast.Name(swap)
            if isinstance(node.func, ast.Attribute):
                func = ast.Attribute(node.func.value, swap)
            self._replace(node, ast.Call(func, node.args, node.keywords), "function")
        self.generic_visit(node)


def _whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def rooms(sources: dict[str, bytes]) -> Iterator[tuple[str, list[Mutant]]]:
    """Mutants by room: the first folder, or the file itself if it lies in none."""
    found: dict[str, list[Mutant]] = {}
    for file in sorted(sources):
        found.setdefault(file.split("/")[0].removesuffix(".py"), []).extend(mutants(sources[file], file))
    yield from sorted(found.items())


def within(found: Mapping[str, Sequence[Mutant]], place: str) -> list[Mutant]:
    """Mutants of one folder or file of a room, such as ``report/chapters`` or ``sem/power.py``."""
    room = place.partition("/")[0].removesuffix(".py")
    return [m for m in found.get(room, ()) if f"{m.file}/".startswith(f"{place.rstrip('/')}/")]
