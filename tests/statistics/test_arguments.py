"""What the doors accept for every kind of annotation, what becomes of it, and what is allowed instead."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike, NDArray

from comply_measure.errors import CallError, InputError
from comply_measure.statistics.argument_kinds import Refused, _shown, accepted
from comply_measure.statistics.arguments import checked, checks_itself

if TYPE_CHECKING:
    import datetime as dates
    from fractions import Fraction as Share

T = TypeVar("T")


class Named(Protocol):
    """Has a name and can be called up."""

    name: str

    def call(self) -> None: ...


class Item:
    name = "item"

    def call(self) -> None: ...


class Other: ...


def kinds(
    truth: bool,
    whole: int,
    number: float,
    text: str,
    path: Path,
    path_or_text: Path | str,
    maybe: int | None,
    either: int | str,
    word: Literal["ml", "uls", 2],
    frame: pd.DataFrame,
    names: Sequence[str],
    chosen: Set[str],
    anything: Iterable[str],
    pair: tuple[int, str],
    many: tuple[float, ...],
    table: Mapping[str, float],
    function: Callable[[], None],
    named: Named,
    item: Item,
    other: Other | None,
    hashable: Hashable,
    free: Any,
    same: T,
    share: Share,
    day: dates.date,
    x: ArrayLike,
    either_array: ArrayLike | Mapping[str, ArrayLike],
    loadings: ArrayLike,
    correlation: ArrayLike,
    covariances: NDArray[np.float64],
    labels: NDArray[Any],
) -> None: ...


KINDS = accepted(kinds)
FRAME = pd.DataFrame({"a": [1.0]})
ITEM, OTHER = Item(), Other()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("truth", np.True_, True),
        ("whole", np.int64(3), 3),
        ("number", Decimal("0.5"), 0.5),
        ("number", np.float32(0.25), 0.25),
        ("number", 10**400, 10**400),
        ("text", "a", "a"),
        ("text", np.int64(7), "7"),
        ("path", "a.csv", "a.csv"),
        ("path", PurePosixPath("a"), PurePosixPath("a")),
        ("maybe", None, None),
        ("maybe", 4, 4),
        ("either", "a", "a"),
        ("either", 5, 5),
        ("word", "uls", "uls"),
        ("word", 2, 2),
        ("names", ["a", 1], ("a", "1")),
        ("names", pd.Index(["a", "b"]), ("a", "b")),
        ("names", np.array(["a", "b"], dtype=object), ("a", "b")),
        ("names", {"a": 1}.keys(), {"a"}),
        ("chosen", {"a"}, {"a"}),
        ("anything", (n for n in "ab"), ["a", "b"]),
        ("pair", [1, 2], (1, "2")),
        ("many", [1, Decimal(2)], (1, 2.0)),
        ("table", {1: Decimal("0.5")}, {"1": 0.5}),
        ("named", ITEM, ITEM),
        ("item", ITEM, ITEM),
        ("other", None, None),
        ("hashable", "a", "a"),
        ("free", [object], [object]),
        ("same", None, None),
        ("share", Fraction(1, 2), Fraction(1, 2)),
        ("function", len, len),
    ],
)
def test_what_is_accepted_arrives_as_its_kind(name: str, value: Any, expected: Any) -> None:
    found = KINDS[name](value)
    if isinstance(expected, list) and not isinstance(value, list):
        found = list(found)
    assert found == expected
    assert type(found) is type(expected) or isinstance(value, type(found))


def test_lists_that_need_no_change_stay_themselves() -> None:
    given = ["a", "b"]
    assert KINDS["names"](given) is given
    assert KINDS["frame"](FRAME) is FRAME
    assert KINDS["x"](array := np.array([1.0])) is array


A_LIST, NUMBERS = "a list", "an array of real numbers"


@pytest.mark.parametrize(
    ("name", "value", "message", "allowed"),
    [
        ("truth", 1, "cannot be used", "True or False"),
        ("whole", True, "cannot be used", "a whole number"),
        ("whole", 1.0, "cannot be used", "a whole number"),
        ("number", True, "cannot be used", "a number"),
        ("number", np.True_, "cannot be used", "a number"),
        ("number", "1", "cannot be used", "a number"),
        ("text", 1.5, "cannot be used", "text"),
        ("path", 3, "cannot be used", "a path"),
        ("path_or_text", 3, "cannot be used", "a path"),
        ("maybe", "4", "cannot be used", "a whole number"),
        ("either", 0.5, "cannot be used", "a whole number or text"),
        ("word", "ulz", "is unknown; did you mean 'uls'?", "ml, uls, 2"),
        ("word", ["ml"], "is unknown", "ml, uls, 2"),
        ("word", 7, "is unknown", "ml, uls, 2"),
        ("frame", [1], "cannot be used", "a data frame"),
        ("frame", pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), "cannot be used",
         "a data frame with one row of column names"),
        ("frame", pd.DataFrame([[1, 2]], columns=[1, "1"]), "cannot be used",
         "a data frame without a column 1 beside a column '1'"),
        ("names", "ab", "cannot be used", A_LIST),
        ("names", {"a": 1}, "cannot be used", A_LIST),
        ("names", {"a"}, "cannot be used", A_LIST),
        ("names", FRAME, "cannot be used", A_LIST),
        ("names", np.array([["a"]]), "cannot be used", A_LIST),
        ("names", ["a", None], "a member cannot be used", "a list, each text"),
        ("chosen", b"ab", "cannot be used", A_LIST),
        ("anything", "ab", "cannot be used", A_LIST),
        ("anything", 3, "cannot be used", A_LIST),
        ("pair", [1], "cannot be used", "2 values"),
        ("pair", ["1", "a"], "cannot be used", "a whole number"),
        ("table", [("a", 1.0)], "cannot be used", "a mapping (dict)"),
        ("table", {"a": "x"}, "an entry cannot be used", "a mapping to a number"),
        ("function", 3, "cannot be used", "a function"),
        ("named", OTHER, "cannot be used", "a Named, with call, name"),
        ("item", OTHER, "cannot be used", "an Item"),
        ("other", ITEM, "cannot be used", "an Other"),
        ("share", 0.5, "cannot be used", "a Fraction"),
        ("day", 0.5, "cannot be used", "a date"),
        ("x", "12", "cannot be used", "an array of numbers"),
        ("x", None, "cannot be used", "an array of numbers"),
        ("x", {"a": 1}, "cannot be used", "an array of numbers"),
        ("x", ["1"], "holds <U1", NUMBERS),
        ("x", [1j], "holds complex128", NUMBERS),
        ("x", [[1.0], [1.0, 2.0]], "cannot be used", NUMBERS),
        ("x", np.array([1, "a"], dtype=object), "cannot be used", NUMBERS),
        ("x", [np.inf], "holds infinite values", "numbers up to 1e+75"),
        ("x", [np.nan, -1e76], "holds values too large to be raised to powers", "numbers up to 1e+75"),
        ("loadings", [[[1.0]]], "cannot be used", "an array of 1 or 2 dimensions"),
        ("correlation", [1.0], "cannot be used", "a square matrix"),
        ("correlation", [[1.0, 2.0]], "cannot be used", "a square matrix"),
        ("correlation", np.empty((0, 0)), "cannot be used", "a square matrix"),
        ("covariances", [[1.0]], "cannot be used", "an array of 3 dimensions"),
        ("labels", np.array([["a"]]), "cannot be used", A_LIST),
        ("labels", np.array(["a", 1], dtype=object), "cannot be used",
         "labels that are all text or all numbers"),
        ("labels", np.array([None, ("a",)], dtype=object), "cannot be used",
         "labels that are all text or all numbers"),
        ("either_array", {"a": "x"}, "cannot be used",
         "an array of numbers or a mapping to an array of numbers"),
    ],
)  # fmt: skip
def test_what_is_refused_says_what_is_allowed(name: str, value: Any, message: str, allowed: str) -> None:
    with pytest.raises(Refused) as caught:
        KINDS[name](value)
    assert (caught.value.message, caught.value.allowed) == (message, allowed)


def test_arrays_are_floats_with_nan_where_missing() -> None:
    for value in (
        [1, None],
        pd.Series([1, pd.NA], dtype="Int64"),
        np.array([Decimal(1), pd.NA], dtype=object),
    ):
        found = KINDS["x"](value)
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, [1.0, np.nan])
    np.testing.assert_array_equal(KINDS["x"](pd.DataFrame({"a": [1, 2]})), [[1.0], [2.0]])
    np.testing.assert_array_equal(KINDS["x"]([True, False]), [1.0, 0.0])
    assert KINDS["correlation"](np.zeros((4, 2, 2))).shape == (4, 2, 2)
    assert KINDS["either_array"]({"a": [1]})["a"].dtype == np.float64


def test_labels_of_frames_become_text_and_labels_of_rows_keep_their_kind() -> None:
    assert list(KINDS["frame"](pd.DataFrame([[1, 2]], columns=[1, "b"])).columns) == ["1", "b"]
    assert list(KINDS["frame"](pd.DataFrame([[1, 2]], columns=[1.5, 2])).columns) == [1.5, 2.0]
    assert KINDS["labels"](["a", "b"]).tolist() == ["a", "b"]
    given = np.array([1, 2.5, None, np.nan], dtype=object)
    assert KINDS["labels"](given) is given


def test_values_are_shown_short() -> None:
    assert repr(_shown("a")) == "'a'"
    assert repr(_shown("a" * 59)) == f"'{'a' * 59}…"
    assert repr(_shown("a" * 58)) == f"'{'a' * 58}'"
    assert repr(_shown([1, 2])) == "a list of 2"
    assert repr(_shown(OTHER)) == "a Other"
    assert repr(_shown(None)) == "None"


def test_all_faults_of_a_call_come_at_once_and_defaults_pass() -> None:
    def estimate(
        n: int, *names: str, seed: int = 1, n_jobs: int = 1, level: float = "auto", **rest: int
    ) -> Any:  # type: ignore[assignment]
        return n, names, seed, n_jobs, level, rest

    through = checked(estimate)
    assert through(2, 3, "a", level="auto", other="x") == (2, ("3", "a"), 1, 1, "auto", {"other": "x"})
    assert through(2, seed=0, n_jobs=-1, level=Decimal(1))[2:5] == (0, -1, 1.0)
    assert through(2, n_jobs=3)[3] == 3
    assert checked(through) is through
    with pytest.raises(InputError, match="estimate cannot be called like this") as caught:
        through("2", 1.5, seed=-1, n_jobs=0, level="high")
    assert [(p.column, p.allowed) for p in caught.value.problems] == [
        ("n", "a whole number"),
        ("names", "text"),
        ("seed", "a whole number from 0"),
        ("n_jobs", "a whole number from 1, or -1 for all cores"),
        ("level", "a number"),
    ]
    for jobs in (True, 1.0, -2):
        with pytest.raises(InputError, match="n_jobs"):
            through(2, n_jobs=jobs)
    own = checks_itself(lambda n: n)
    assert checked(own) is own
    assert own([object]) == [object]


def test_calls_of_the_wrong_form_name_the_arguments_and_what_they_take() -> None:
    def estimate(frame: pd.DataFrame, names: Sequence[str], *, level: float = 0.95, free: Any) -> None: ...

    for door in (checked(estimate), checks_itself(estimate)):
        with pytest.raises(CallError) as caught:
            door(FRAME, ["a"], 3, frame=FRAME, levl=0.9)
        found = [(p.column, p.message, p.value, p.allowed) for p in caught.value.problems]
        assert found == [
            (None, "arguments without a name", 3, "2 (frame, names); others by name"),
            ("frame", "is given twice", None, None),
            ("levl", "is not an argument; did you mean 'level'?", None, "frame, names, level, free"),
            ("free", "is missing", None, None),
        ]
        with pytest.raises(TypeError, match="'names': is missing; allowed: a list"):
            door(FRAME, free=1)
