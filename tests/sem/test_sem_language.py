"""The model language: tables that read as its specification, and rubbish that must fail clearly."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from comply_measure import sem
from comply_measure.sem.errors import ModelSyntaxError
from comply_measure.sem.language.expressions import FUNCTIONS, Dual, constant, evaluate, parse_expression
from comply_measure.sem.language.parser import parse_model
from comply_measure.sem.language.quoting import quoted
from comply_measure.sem.language.records import ModelRecords, columns_of
from comply_measure.sem.language.tokens import tokenize

NAN = math.nan


def term(text: str) -> tuple[str, str, str]:
    (only,) = parse_model(text).terms
    return only.lhs, only.op, only.rhs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f =~ x1", ("f", "=~", "x1")),
        ("y ~ x", ("y", "~", "x")),
        ("y ~ 1", ("y", "~1", "")),
        ("x1 ~~ x1", ("x1", "~~", "x1")),
        ("u1 | t1", ("u1", "|", "t1")),
        ("u1 ~*~ u1", ("u1", "~*~", "u1")),
        ("c <~ x1", ("c", "<~", "x1")),
        ("y ~ x:z", ("y", "~", "x:z")),
        ("größe =~ x_1.a", ("größe", "=~", "x_1.a")),
        ("f=~x1 # a comment", ("f", "=~", "x1")),
        ("f=~x1 ! another", ("f", "=~", "x1")),
        ("\n\n  f\n =~\n x1 ;;\n", ("f", "=~", "x1")),
    ],
)
def test_operators(text: str, expected: tuple[str, str, str]) -> None:
    assert term(text) == expected


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("f =~ 1*x", "fixed", (1.0,)),
        ("f =~ -0.5*x", "fixed", (-0.5,)),
        ("f =~ 1e-3*x", "fixed", (0.001,)),
        ("f =~ (2/3)*x", "fixed", (2 / 3,)),
        ("f =~ sqrt(2)^2*x", "fixed", (2.0,)),
        ("f =~ c(1, NA)*x", "fixed", (1.0, NAN)),
        ("f =~ NA*x", "fixed", (NAN,)),
        ("y ~ 0", "fixed", (0.0,)),
        ("f =~ a*x", "label", ("a",)),
        ("f =~ c(a, b)*x", "label", ("a", "b")),
        ('f =~ c("a", "b")*x', "label", ("a", "b")),
        ("f =~ c(a, NA)*x", "label", ("a", "")),
        ('f =~ label("a")*x', "label", ("a",)),
        ('f =~ equal("f=~x1")*x', "label", ("f=~x1",)),
        ("f =~ start(0.5)*x", "start", (0.5,)),
        ("f =~ 0.5?x", "start", (0.5,)),
        ("f =~ start(c(1, 2))*x", "start", (1.0, 2.0)),
        ("f =~ lower(0)*x", "lower", (0.0,)),
        ("f =~ upper(c(1, Inf))*x", "upper", (1.0, math.inf)),
    ],
)
def test_modifiers(text: str, field: str, expected: tuple[object, ...]) -> None:
    (only,) = parse_model(text).terms
    found = getattr(only.modifiers, field)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a == b or (isinstance(a, float) and np.isclose(a, b, equal_nan=True))


def test_modifiers_of_a_repeated_variable_are_joined() -> None:
    (only,) = parse_model("f =~ x + a*x + start(0.3)*x").terms
    assert only.modifiers.label == ("a",) and only.modifiers.start == (0.3,)
    (only,) = parse_model("f =~ NA*a*start(0.3)*x").terms
    assert only.modifiers.label == ("a",) and math.isnan(only.modifiers.fixed[0])


@pytest.mark.parametrize(
    "text",
    [
        "f =~ x1 + x2; g =~ y1",
        "f =~ x1 +\n   x2\ng =~ y1",
        "f =~ x1\n  + x2\n\n# between\ng =~ y1",
        "f =~ x1 + # first\n x2 ! second\ng =~\n y1",
        "f =~ (1\n)*x1 + x2\ng =~ y1",
    ],
)
def test_statements_end_where_lavaan_ends_them(text: str) -> None:
    found = [(t.lhs, t.rhs) for t in parse_model(text).terms]
    assert found == [("f", "x1"), ("f", "x2"), ("g", "y1")]


def test_several_names_on_the_left() -> None:
    found = [(t.lhs, t.rhs) for t in parse_model("y1 + y2 ~ x1 + x2").terms]
    assert found == [("y1", "x1"), ("y1", "x2"), ("y2", "x1"), ("y2", "x2")]


def test_blocks_are_recognised() -> None:
    records = parse_model("group: Grant-White\nf =~ x1\nlevel: 2\ng =~ x2\ngroup: 7\nf =~ x1")
    assert records.groups == ("Grant-White", "7")
    assert records.levels == ("2",)


@pytest.mark.parametrize(
    ("text", "message", "marked"),
    [
        ("f = x1", "no meaning", "="),
        ("f =~ `item 1 + x2", "a backtick without its partner", "`item 1"),
        ("f =~ x1`", "a backtick without its partner", "`"),
        ("`` =~ x1", "nothing between", "` =~ x1"),
        ("f =~ x1 x2", "not expected here", "x2"),
        ("f =~ x1 +", "nothing stands after", "+"),
        ("f =~ + + x1", "nothing stands before", "+"),
        ("f =~ *x1", "nothing stands before", "*"),
        ("f =~ x1 - x2", "not expected here", "-"),
        ("f ~~ 3", "not a variable", "3"),
        ("=~ x1", "nothing stands before", "=~"),
        ("f =~ ", "nothing stands after", "=~"),
        ("f =~ (x1", "parenthesis is not closed", "x1"),
        ("f =~ x1)", "without '('", ")"),
        ("f =~ x1 =~ x2", "second operator", "=~ x2"),
        ("f =~ c(1, a)*x1", "cannot be mixed", "c(1"),
        ("f =~ foo(2)*x1", "unknown function", "foo"),
        ("f =~ f", "measured by itself", "f"),
        ("y ~ y", "regressed on itself", "y"),
        ("u ~*~ v", "names one variable twice", "v"),
        ("f =~ a*b*x1", "two different modifiers", "b"),
        ("f =~ 1*0.5*x1", "two different modifiers", "0.5"),
        ("f =~ prior(2)*x1", "Bayesian", "prior"),
        ('f =~ x1\nefa("b")*g =~ x2', "exploratory", "efa"),
        ("x1", "no operator", "x1"),
        ("class: 2", "unknown block", "class"),
        ("a + b := c", "defines one name", "a"),
        ("f =~ x1\na == ", "nothing stands after", "=="),
        ("f =~ x1\na == 2 *", "ends too early", ""),
    ],
)
def test_faults_quote_the_line_and_mark_the_place(text: str, message: str, marked: str) -> None:
    with pytest.raises(sem.ModelSyntaxError, match="cannot be read") as caught:
        parse_model(text)
    shown = str(caught.value)
    assert message in shown
    *_, line, mark = [part for part in shown.splitlines() if part.strip()][-2:]
    assert line.strip() in text
    if marked:
        assert line[mark.index("^") :].startswith(marked)


def test_all_faults_are_listed_with_their_lines() -> None:
    with pytest.raises(sem.ModelSyntaxError) as caught:
        parse_model("f =~ x1 x2\ng =~ y1\nh =~ 3\nf =~ x1\ng =~ y1")
    assert [problem.row for problem in caught.value.problems] == [1, 3, 5]
    assert "already in line 2" in str(caught.value)


@pytest.mark.parametrize("pair", ["x1 ~~ x2\nx2 ~~ x1", "f =~ x1\nf =~ a*x1", "y ~ 1\ny ~ 0*1"])
def test_a_parameter_stands_once(pair: str) -> None:
    with pytest.raises(sem.ModelSyntaxError, match="already in line 1"):
        parse_model(pair)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3*4", 14.0),
        ("(2 + 3)*4", 20.0),
        ("-2^2", -4.0),
        ("2^-1", 0.5),
        ("2^3^2", 512.0),
        ("8/4/2", 1.0),
        ("2**3", 8.0),
        ("exp(log(5))", 5.0),
        ("max(1, 7, 3) - min(4, 2)", 5.0),
        ("mean(1, 2, 3) + sum(1, 2)", 5.0),
        ("abs(-3)*sqrt(4)", 6.0),
        ("1/0", NAN),
        ("log(-1)", NAN),
        ("(-8)^(1/3)", NAN),
    ],
)
def test_arithmetic_is_rs(text: str, value: float) -> None:
    found = constant(parse_expression(tokenize(text), len(text)))
    assert found is not None
    assert np.isclose(found, value, equal_nan=True)


_numbers = st.floats(0.2, 3.0).map(lambda x: round(x, 3))


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.one_of(st.sampled_from(["a", "b", "c"]), _numbers.map(str)))
    kind = draw(st.sampled_from(["+", "-", "*", "/", "^2", "exp", "sqrt", "neg", "mean"]))
    left = draw(expressions(depth=depth - 1))
    if kind in ("+", "-", "*", "/"):
        return f"({left} {kind} {draw(expressions(depth=depth - 1))})"
    if kind == "^2":
        return f"({left})^2"
    if kind == "neg":
        return f"-({left})"
    if kind == "mean":
        return f"mean({left}, {draw(expressions(depth=depth - 1))})"
    inner = f"({left})/10" if kind == "exp" else f"({left})^2 + 1"
    return f"{kind}({inner})"


@given(expressions(), st.tuples(_numbers, _numbers, _numbers))
@settings(max_examples=150, deadline=None)
def test_gradients_are_derivatives(text: str, point: tuple[float, float, float]) -> None:
    tree = parse_expression(tokenize(text), len(text))

    def at(values: np.ndarray) -> Dual:
        unit = np.eye(3)
        names = dict(zip("abc", (Dual(float(v), unit[i]) for i, v in enumerate(values)), strict=True))
        return evaluate(tree, names, 3)

    x = np.array(point)
    found = at(x)
    if not np.isfinite(found.value) or np.abs(found.gradient).max() > 1e6:
        return
    step = 1e-6
    for i in range(3):
        shift = np.zeros(3)
        shift[i] = step
        slope = (at(x + shift).value - at(x - shift).value) / (2 * step)
        if np.isfinite(slope):
            assert found.gradient[i] == pytest.approx(slope, rel=1e-3, abs=1e-4)


_names = st.from_regex(r"[A-Za-z][A-Za-z0-9_.]{0,6}", fullmatch=True).filter(
    lambda name: (
        name not in ("NA", "c", "start", "label", "equal", "lower", "upper", "efa", "rv", "prior", "Inf")
    )
)
_modifiers = st.one_of(
    st.just(""),
    _numbers.map(lambda x: f"{x}*"),
    st.just("NA*"),
    _names.map(lambda n: f"{n}*"),
    _numbers.map(lambda x: f"start({x})*"),
)


@given(st.lists(_names, min_size=2, max_size=8, unique=True), st.lists(_modifiers, min_size=8, max_size=8))
@settings(max_examples=100, deadline=None)
def test_written_models_are_read_back(names: list[str], modifiers: list[str]) -> None:
    latent, *items = names
    text = f"{latent} =~ " + " + ".join(m + i for m, i in zip(modifiers, items, strict=False))
    records = parse_model(text)
    assert [t.rhs for t in records.terms] == items
    assert all(t.lhs == latent and t.op == "=~" for t in records.terms)
    spread = text.replace(" + ", "\n  +\n ").replace("*", " * ") + " # end"
    again = parse_model(spread)
    assert repr([(t.lhs, t.op, t.rhs, t.modifiers) for t in again.terms]) == repr(
        [(t.lhs, t.op, t.rhs, t.modifiers) for t in records.terms]
    )


def read(text: str) -> ModelRecords | sem.ModelSyntaxError:
    try:
        return parse_model(text)
    except sem.ModelSyntaxError as error:
        return error


@given(st.text(alphabet="fgxy12 ~=|*+-/^(),:;<>#!\n\"'?.c NA", max_size=60))
@settings(max_examples=400, deadline=None)
def test_rubbish_is_read_or_refused_but_never_crashes(text: str) -> None:
    found = read(text)
    assert found.problems if isinstance(found, sem.ModelSyntaxError) else found.terms


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_safe(text: str) -> None:
    found = read("f =~ x1\n" + text)
    assert found.problems if isinstance(found, sem.ModelSyntaxError) else found.terms


ODD_NAMES = ("item 1", "2nd-item", "a&b [x]", "Ünïcode", "x`y:z", 7)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("x1", "x1"),
        (".x", ".x"),
        ("größe", "größe"),
        ("item 1", "`item 1`"),
        ("1st", "`1st`"),
        (3, "`3`"),
        ("a`b", "`a``b`"),
        ("NA", "`NA`"),
        ("(", "`(`"),
        ("a\nb", "`a\nb`"),
        ("x:z", "`x:z`"),
        ("名", "名"),
    ],
)
def test_quoted_names_are_read_back(name: object, written: str) -> None:
    assert quoted(name) == written
    assert term(f"{written} ~ y")[0] == str(name)
    assert term(f"f =~ {written}")[2] == str(name)
    assert parse_model(f"f =~ {written}*x").terms[0].modifiers.label == (str(name),)


@pytest.mark.parametrize(
    "text", ["y ~ p + `p:q` + p:q", "y ~ p:q \n z ~ `p:q`", "`p:q` ~ x \n y ~ p:q", "y ~ p:q \n `p:q` ~~ x"]
)
def test_a_column_named_like_a_product_is_refused_beside_it(text: str) -> None:
    with pytest.raises(ModelSyntaxError, match="'p:q' is a column here and a product of two columns there"):
        parse_model(text)
    assert [term.rhs for term in parse_model("y ~ p:q \n z ~ p:q").terms] == ["p:q", "p:q"]


def test_quoted_punctuation_is_a_name_and_a_quoted_colon_no_product() -> None:
    terms = parse_model("f =~ `+` + `a*b` + `=~` \n y ~ `p:q` + p:`r s`").terms
    assert [t.rhs for t in terms] == ["+", "a*b", "=~", "p:q", "p:r s"]
    assert [columns_of(t.rhs) for t in terms[3:]] == [("p:q",), ("p", "r s")]


def _odd_data() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(1)
    f = rng.normal(size=(300, 2)) @ np.array([[1.0, 0.5], [0.0, 0.8]])
    values = 0.8 * f[:, [0, 0, 0, 1, 1, 1]] + 0.6 * rng.normal(size=(300, 6))
    plain = pd.DataFrame(values, columns=[f"x{i}" for i in range(1, 7)])
    odd = pd.DataFrame(values, columns=pd.Index(ODD_NAMES, dtype=object))
    plain["g"] = odd[5] = np.repeat(["a", "b"], 150)
    return plain, odd


@pytest.mark.parametrize(
    "options",
    [{}, {"group": True}, {"missing": "ml"}, {"engine": "semopy"}, {"ordered": True}],
    ids=lambda options: "".join(options) or "plain",
)
def test_odd_names_give_the_numbers_of_plain_ones(options: dict[str, object]) -> None:
    plain, odd = _odd_data()
    first, second = dict(options), dict(options)
    if "group" in options:
        first |= {"group": "g", "group_equal": "loadings", "group_partial": ["f =~ x2"]}
        second |= {"group": 5, "group_equal": "loadings", "group_partial": ["`f a` =~ `2nd-item`"]}
    if "ordered" in options:
        for frame in (plain, odd):
            frame[frame.columns[:6]] = np.digitize(frame[frame.columns[:6]], [-0.5, 0.5])
        first["ordered"], second["ordered"] = [f"x{i}" for i in range(1, 7)], list(ODD_NAMES)
    a = sem.fit("f =~ x1 + x2 + x3 \n g =~ x4 + x5 + x6 \n g ~ b*f \n d := 2*b", plain, **first)  # type: ignore[arg-type]
    q = [quoted(name) for name in ODD_NAMES]
    text = f"`f a` =~ {' + '.join(q[:3])}\n`g-` =~ {' + '.join(q[3:])}\n`g-` ~ `b b`*`f a`\nd := 2*`b b`"
    b = sem.fit(text, odd, **second)  # type: ignore[arg-type]
    np.testing.assert_array_equal(a.estimates[["est", "se"]], b.estimates[["est", "se"]])
    assert b.estimates["rhs"].tolist()[:6] == [str(name) for name in ODD_NAMES]
    assert "f a =~ a&b [x]" in b.summary()
    if options in ({}, {"missing": "ml"}):
        assert list(b.predict()) == ["f a", "g-"]


def test_names_that_join_to_the_same_text_are_two_parameters() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "a~", "b"])
    fit = sem.fit("a ~~ b \n `a~` ~ b", frame, fixed_x=False)
    both = fit.estimates.query("free > 0 and lhs != rhs")
    assert both["op"].tolist() == ["~~", "~"]
    assert both["free"].nunique() == 2 and both["est"].nunique() == 2


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("x", [-0.6, 0.3, 0.7])
def test_slope_of_every_function(function: str, x: float) -> None:
    """Derivative at points within every function's domain, against central differences."""
    if x < 0 and function in ("log", "sqrt"):
        return
    tree = parse_expression(tokenize(f"{function}(a)"), len(function) + 3)

    def at(value: float) -> Dual:
        return evaluate(tree, {"a": Dual(value, np.ones(1))}, 1)

    slope = (at(x + 1e-6).value - at(x - 1e-6).value) / 2e-6
    assert at(x).gradient[0] == pytest.approx(slope, rel=1e-7)
    own = getattr(math, function, None)
    if own is not None:
        assert at(x).value == own(x)


@pytest.mark.parametrize("function", ["sum", "mean", "min", "max"])
def test_functions_of_several_arguments(function: str) -> None:
    text = f"{function}(a, b, 2*a)"
    values = {"a": Dual(0.4, np.array([1.0, 0.0])), "b": Dual(0.5, np.array([0.0, 1.0]))}
    found = evaluate(parse_expression(tokenize(text), len(text)), values, 2)
    expected = {"sum": (1.7, 3.0, 1.0), "mean": (1.7 / 3, 1.0, 1 / 3), "min": (0.4, 1, 0), "max": (0.8, 2, 0)}
    assert (found.value, *found.gradient) == pytest.approx(expected[function])


def test_a_text_that_was_read_before_has_the_same_records() -> None:
    first = parse_model("f =~ x1 + x2 + a*x3\nf ~~ 1*f")
    assert parse_model("f =~ x1 + x2 + b*x3\nf ~~ 1*f") != first
    assert parse_model("f =~ x1 + x2 + a*x3\nf ~~ 1*f") == first
    for _ in range(2):
        with pytest.raises(ModelSyntaxError):
            parse_model("f =~ ")
        with pytest.raises(ModelSyntaxError):
            parse_model(["f =~ x1"])  # type: ignore[arg-type]


def test_a_leading_plus_is_read_over_and_a_plus_alone_is_not() -> None:
    assert [t.rhs for t in parse_model("f =~ + a + b").terms] == ["a", "b"]
    with pytest.raises(ModelSyntaxError):
        parse_model("f =~ +")
