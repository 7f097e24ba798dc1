"""The mutation runner on a toy package: which changes are made, which tests are chosen, what is noticed."""

from __future__ import annotations

import ast
from pathlib import Path
from types import CodeType

import pytest
from calls import test_map as map_of_tests, without_comprehensions
from mutations import mutants, rooms, within
from runner import affordable, parts, run, sample

SOURCE = b'''"""Toy; 3 < 4 in a docstring is no code."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    UNUSED = 1 + 2

LIMIT = 10


def spread(values: list[int] | None, weight: float = 2.0) -> float:
    """Range times weight; min - max."""
    if not values:
        raise ValueError(f"no values, {1 + 1} needed" + "!")
    return (max(values) - min(values)) * weight


def tell(out, n):
    out.append("caf\xc3\xa9" if n > 0 and n < LIMIT else "?")


def unused(x):
    return x + 1 > 1e-9
'''
TESTS = """import pytest
from toy.room.sums import spread, tell

@pytest.fixture(scope="module")
def told():
    out = []
    tell(out, 3)
    return out

def test_spread():
    assert spread([1, 4, 6]) == 10.0

def test_told(told):
    assert told
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A tree with one room of one file, and tests that look at the range but not at what is told."""
    (tmp_path / "toy" / "room").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    for folder in ("toy", "toy/room"):
        (tmp_path / folder / "__init__.py").write_text("")
    (tmp_path / "toy" / "room" / "sums.py").write_bytes(SOURCE)
    (tmp_path / "tests" / "test_sums.py").write_text(TESTS)
    return tmp_path


def test_every_change_is_one_of_code_and_can_be_compiled() -> None:
    found = mutants(SOURCE, "room/sums.py")
    assert {(m.old, m.new) for m in found} == {
        ("10", "11"),
        ("2.0", "2.5"),
        ("not values", "(values)"),
        ('raise ValueError(f"no values, {1 + 1} needed" + "!")', "pass"),
        ("(max(values) - min(values)) * weight", "((max(values) - min(values)) / weight)"),
        ("max(values) - min(values)", "(max(values) + min(values))"),
        ("max(values)", "(min(values))"),
        ("min(values)", "(max(values))"),
        ('out.append("café" if n > 0 and n < LIMIT else "?")', "pass"),
        ("n > 0 and n < LIMIT", "(n > 0 or n < LIMIT)"),
        ("n > 0", "(n <= 0)"),
        ("n > 0", "(n >= 0)"),
        ("0", "1"),
        ("n < LIMIT", "(n >= LIMIT)"),
        ("x + 1 > 1e-9", "(x + 1 <= 1e-09)"),
        ("x + 1", "(x - 1)"),
        ("1", "2"),
    }
    for mutant in found:
        changed = mutant.applied(SOURCE)
        assert changed != SOURCE
        ast.parse(changed)
    places = {m.old: m.function for m in found}
    assert places["n < LIMIT"] == "tell"
    assert places["2.0"] == places["10"] == ""


def test_functions_go_by_the_names_that_the_interpreter_gives() -> None:
    text = "class A:\n  def m(self, n):\n    def inner(): return n - 1\n    return [(lambda: k + 1) for k in n or 2]"
    codes, waiting = set(), [compile(text, "a.py", "exec")]
    while waiting:
        code = waiting.pop()
        codes.add(without_comprehensions(code.co_qualname))
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    named = {m.old: m.function for m in mutants(text.encode(), "a.py")}
    assert named == {
        "n - 1": "A.m.<locals>.inner",
        "1": "A.m.<locals>.<lambda>",
        "k + 1": "A.m.<locals>.<lambda>",
        "n or 2": "A.m",
        "2": "A.m",
    }
    assert set(named.values()) <= codes


def test_a_sample_depends_on_its_seed() -> None:
    found = dict(rooms({"room/sums.py": SOURCE}))["room"]
    assert sample(found, 5, 1, "room") == sample(list(reversed(found)), 5, 1, "room")
    assert sample(found, 5, 1, "room") != sample(found, 5, 2, "room")
    assert sample(found, 99, 1, "room") == found


def test_tests_stay_with_their_file_and_come_in_parts() -> None:
    cost = {"a::1": 0.1, "b::1": 0.2, "a::2": 0.3, "c::1": 9.0, "b::2": 9.0}
    every = sorted(cost, key=lambda name: (cost[name], name))
    assert affordable(every, cost, {}, 1.0) == ["a::1", "a::2", "b::1"]
    assert affordable(["c::1"], cost, {"c": 9.0}, 1.0) == ["c::1"]
    assert affordable(every, cost, {}, 99.0) == ["a::1", "a::2", "b::1", "b::2", "c::1"]
    assert affordable(every, cost, {"b": 0.9}, 1.0) == [
        "a::1",
        "a::2",
    ]  # its fixtures alone take most of the time
    names = [f"{file}::{number}" for file in "abcdefghijk" for number in range(2)]
    found = list(parts(names))
    assert [len(part) for part in found] == [4, 12, 6]
    assert [name for part in found for name in part] == names


def test_survivors_are_what_no_test_looks_at(toy: Path) -> None:
    tests = map_of_tests(toy, "toy", [toy / "tests" / "test_sums.py"], toy / ".mutants", fresh=True)
    spread, told = "tests/test_sums.py::test_spread", "tests/test_sums.py::test_told"
    assert tests.of("room/sums.py", "spread") == [spread]
    assert set(tests.of("room/sums.py", "tell")) == {spread, told}
    assert set(tests.of("room/sums.py", "")) == {spread, told}
    found = {(m.old, m.new): m for m in mutants(SOURCE, "room/sums.py")}
    chosen = {
        ("max(values)", "(min(values))"): "killed",
        ('out.append("café" if n > 0 and n < LIMIT else "?")', "pass"): "killed",
        ("n > 0", "(n <= 0)"): "survived",
        ("x + 1", "(x - 1)"): "untested",
    }
    outcomes = run(toy, "toy", [found[key] for key in chosen], tests, jobs=2)
    assert [outcome.verdict for outcome in outcomes] == list(chosen.values())
    assert outcomes[0].test == spread
    assert (toy / "toy" / "room" / "sums.py").read_bytes() == SOURCE
    again = map_of_tests(toy, "toy", [toy / "tests" / "test_sums.py"], toy / ".mutants", fresh=True)
    assert again.calls == tests.calls and again.setups.keys() == {"tests/test_sums.py"}


def test_a_folder_or_a_file_of_a_room_can_be_named() -> None:
    files = ("room/a.py", "room/in/b.py", "room/inner.py", "c.py")
    found = dict(rooms(dict.fromkeys(files, b"x = 1")))
    for place, expected in (
        ("room/in", ["room/in/b.py"]),
        ("room/in/", ["room/in/b.py"]),
        ("room/a.py", ["room/a.py"]),
        ("c.py", ["c.py"]),
        ("d/e", []),
    ):
        assert [mutant.file for mutant in within(found, place)] == expected
