"""Bad data, arguments and model texts: one clear error each, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError

MODEL = "f =~ x1 + x2 + x3 + x4"
ITEMS = ["x1", "x2", "x3", "x4"]
N = 300


def _items() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    latent = rng.normal(size=(N, 1)) + 0.8 * rng.normal(size=(N, 4))
    return pd.DataFrame(np.digitize(latent, [-1.0, 0.0, 1.0]).astype(float), columns=ITEMS)


def _with_x1(change: Callable[[np.ndarray], Any]) -> pd.DataFrame:
    frame = _items()
    frame["x1"] = change(frame["x1"].to_numpy())
    return frame


REFUSED: dict[str, tuple[Callable[[np.ndarray], Any], str]] = {
    "infinite": (lambda x: np.where(np.arange(N) == 3, np.inf, x), "infinite"),
    "complex": (lambda x: x + 1j, "complex128"),
    "dates": (lambda x: pd.to_datetime(x, unit="D"), "datetime64"),
    "durations": (lambda x: pd.to_timedelta(x, unit="D"), "timedelta64"),
    "periods": (lambda x: pd.period_range("2000", periods=N), "period"),
    "lists": (lambda x: pd.Series([[1]] * N), "x1"),
    "constant": (lambda x: 0 * x, "x1"),
    "empty": (lambda x: np.nan * x, "complete cases|too few cases"),
}


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("kind", list(REFUSED))
def test_columns_that_are_no_answers_are_refused(kind: str, ordered: bool) -> None:
    change, message = REFUSED[kind]
    with pytest.raises(ComplyError, match=message):
        sem.fit(MODEL, _with_x1(change), ordered=ITEMS if ordered else ())


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.astype("uint8"),
        lambda x: x.astype("float32"),
        lambda x: pd.array(x.astype(int), dtype="Int64"),
        lambda x: [Decimal(int(v)) for v in x],
        lambda x: [str(int(v)) for v in x],
        lambda x: pd.Categorical(x, ordered=True),
    ],
)
def test_the_same_answers_in_another_type_give_the_same_numbers(change: Callable[[np.ndarray], Any]) -> None:
    plain = sem.fit(MODEL, _items(), ordered=ITEMS).measures["chisq.scaled"]
    assert sem.fit(MODEL, _with_x1(change), ordered=ITEMS).measures["chisq.scaled"] == plain


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x: pd.Series([str(int(v)) if i % 2 else int(v) for i, v in enumerate(x)], dtype=object),
            "two ways",
        ),
        (lambda x: [Decimal("Infinity") if i == 3 else Decimal(int(v)) for i, v in enumerate(x)], "infinite"),
        (lambda x: pd.Categorical(np.where(np.arange(N) == 3, np.inf, x)), "infinite"),
        (lambda x: np.arange(N) % 200 + 0.5, "200 categories"),
    ],
)
def test_categories_that_are_none_are_refused(change: Callable[[np.ndarray], Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sem.fit(MODEL, _with_x1(change), ordered=ITEMS)


@pytest.mark.parametrize("ordered", [False, True])
def test_a_doubled_column_is_refused_where_it_is_used(ordered: bool) -> None:
    frame = _items().assign(g=np.arange(N) % 2, z=1.0)
    options: dict[str, Any] = {"ordered": ITEMS if ordered else ()}
    for name in ("x1", "g"):
        with pytest.raises(InputError, match="stands twice"):
            sem.fit(MODEL, pd.concat([frame, frame[[name]]], axis=1), group="g", **options)
    twice = pd.concat([frame, frame[["z"]]], axis=1)
    pd.testing.assert_series_equal(
        sem.fit(MODEL, twice, **options).fit_measures, sem.fit(MODEL, frame, **options).fit_measures, rtol=0
    )


@pytest.mark.parametrize("text", ["x1 ~~ 0.5*x1", "x1 ~~ a*x1", "x1 ~~ x1"])
def test_residual_variances_are_no_parameters_under_delta(text: str) -> None:
    with pytest.raises(sem.ModelError, match="no parameter with parameterization='delta'"):
        sem.fit(f"{MODEL}\n{text}", _items(), ordered=ITEMS)
    fixed = sem.fit(f"{MODEL}\nx1 ~~ 0.5*x1", _items(), ordered=ITEMS, parameterization="theta")
    row = fixed.estimates.query("op == '~~' and lhs == 'x1' and rhs == 'x1'")
    assert row["est"].tolist() == [0.5]


@pytest.mark.parametrize(
    ("factor", "message"), [(1e300, "too large to square"), (1e-300, "varies too little to square")]
)
def test_values_without_a_square_are_refused(factor: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        sem.fit(MODEL, _with_x1(lambda x: factor * x))


@pytest.mark.parametrize(
    "data",
    [
        None,
        [1, 2],
        3,
        "x1",
        np.zeros((3, 4)),
        {"x1": 1},
        {"x1": [1, 2], "x2": [1], "x3": [1], "x4": [1]},
        pd.Series([1]),
    ],
)
def test_what_is_no_table_is_refused(data: Any) -> None:
    with pytest.raises(InputError):
        sem.fit(MODEL, data)


BAD: list[dict[str, Any]] = [
    {"seed": -1, "bootstrap": 2},
    {"seed": 1.5, "bootstrap": 2},
    {"seed": "1", "bootstrap": 2},
    {"seed": True, "bootstrap": 2},
    {"n_jobs": 0, "bootstrap": 2},
    {"n_jobs": 1.5, "bootstrap": 2},
    {"n_jobs": "2", "bootstrap": 2},
    {"bootstrap": -5},
    {"bootstrap": 1.5},
    {"bootstrap": 1},
    {"bootstrap": True},
    {"estimator": 3},
    {"estimator": None},
    {"missing": None},
    {"se": 1},
    {"test": ["standard"]},
    {"information": 2},
    {"std_lv": "yes"},
    {"meanstructure": "auto"},
    {"fixed_x": 2},
    {"group": 1.5},
    {"group": ["x1"]},
    {"group": "nowhere"},
    {"cluster": "nowhere"},
    {"cluster": {"x1"}},
    {"ordered": 1.5},
    {"ordered": [None]},
    {"ordered": {"x1": True}},
    {"group_equal": 1},
    {"group_equal": ["loading"]},
    {"group_partial": [1]},
    {"engine": None},
    {"model_type": "path"},
    {"parameterization": 1},
]


@pytest.mark.parametrize("options", BAD, ids=repr)
def test_bad_arguments_of_fit_are_one_error_that_names_them(options: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        sem.fit(MODEL, _items(), **options)
    assert any(
        name in str(caught.value) or str(value) in str(caught.value) for name, value in options.items()
    )


def test_all_bad_arguments_stand_in_one_error() -> None:
    with pytest.raises(InputError) as caught:
        sem.fit(MODEL, _items(), seed=-1, n_jobs=0, std_lv="no", engine="lisrel")
    assert {problem.column for problem in caught.value.problems} == {"seed", "n_jobs", "std_lv", "engine"}


@pytest.mark.parametrize("model", [None, 1, b"f =~ x1", ["f =~ x1"], "", "   ", "# nothing"])
def test_what_is_no_model_text_is_refused(model: Any) -> None:
    with pytest.raises(InputError):
        sem.fit(model, _items())


@pytest.mark.parametrize("cluster", ["one", "g"])
def test_one_cluster_in_a_group_is_refused(cluster: str) -> None:
    frame = _items().assign(one=1, g=np.arange(N) % 2)
    with pytest.raises(InputError, match="one cluster only"):
        sem.fit(MODEL, frame, cluster=cluster, group="g")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a := " + "(" * 500 + "1" + ")" * 500, "symbols"),
        ("a := " + "(" * 60 + "1" + ")" * 60, "more than 50 nested parentheses"),
        ("a := " + "-" * 500 + "1", "signs in a row"),
        ("a := " + "exp(" * 300 + "1" + ")" * 300, "symbols"),
        ("\n".join(f"x1 ~~ u{i}" for i in range(10_000)), "more than 5000 lines and terms"),
        ("g =~ " + " + ".join(f"u{i}" for i in range(10_000)), "more than 5000 lines and terms"),
        ("g =~ h\nh =~ g", "measure each other in a circle: g, h"),
        ("g =~ h + x1\nh =~ i\ni =~ g", "measure each other in a circle: g, h, i"),
        ("x3 ~ 1*x4\nx4 ~ 1*x3", "I - A is singular|measure"),
    ],
)
def test_texts_that_cannot_be_estimated_are_refused(text: str, message: str) -> None:
    with pytest.raises(ComplyError, match=message):
        sem.fit(f"{'f =~ x1 + x2' if text.startswith('x3') else MODEL}\n{text}", _items())


def test_a_model_of_latent_variables_alone_is_refused() -> None:
    with pytest.raises(InputError, match="no observed variable"):
        sem.fit("f =~ g\ng =~ f", _items())


def test_unknown_names_are_listed_up_to_twenty_and_counted() -> None:
    text = "y ~ " + " + ".join(f"item_{i}" for i in range(2_000))
    with pytest.raises(InputError) as caught:
        sem.fit(text, _items())
    assert len(caught.value.problems) == 21
    assert str(caught.value.problems[-1]) == "and 1981 more names that are not columns of the data"


def test_messages_quote_a_part_of_long_lines_and_names() -> None:
    with pytest.raises(InputError) as caught:
        sem.fit("f =~ x1 + x2 + " + "u" * 10_000, _items())
    assert len(str(caught.value)) < 400
    with pytest.raises(sem.ModelSyntaxError) as caught:
        sem.fit("f =~ x1 + " + " " * 5_000 + "$" + " + x2" * 1_000, _items())
    quoted, mark = str(caught.value).split("\n")[-2:]
    assert len(quoted) < 200 and quoted[mark.index("^")] == "$"


WRONG: tuple[Any, ...] = (
    None,
    1.5,
    -1,
    0,
    "",
    "nowhere",
    [],
    {},
    float("nan"),
    float("inf"),
    object(),
    b"x",
    1e300,
)


def _fits() -> tuple[sem.Fit, sem.Fit, pd.DataFrame]:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(120, 4)) + rng.normal(size=(120, 1)), columns=ITEMS)
    grouped = sem.fit(MODEL, frame.assign(g=np.arange(120) % 2), group="g", group_equal="loadings")
    return sem.fit(MODEL, frame), grouped, frame


FIT, GROUPED, FRAME = _fits()
COV = FRAME.cov()
# Calls of one argument, and the bad values that happen to be good for it.
CALLS: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...]]] = {
    "from_moments cov": (lambda v: sem.from_moments(MODEL, v, 120), ()),
    "from_moments nobs": (lambda v: sem.from_moments(MODEL, COV, v), (1e300,)),
    "from_moments mean": (lambda v: sem.from_moments(MODEL, COV, 120, mean=v), (None,)),
    "from_moments sd": (lambda v: sem.from_moments(MODEL, COV, 120, sd=v), (None,)),
    "from_moments rescale": (lambda v: sem.from_moments(MODEL, COV, 120, rescale=v), (None,)),
    "from_moments estimator": (lambda v: sem.from_moments(MODEL, COV, 120, estimator=v), ()),
    "compare": (lambda v: sem.compare(FIT, v), ()),
    "compare method": (lambda v: sem.compare(FIT, FIT, method=v), ()),
    "compare names": (lambda v: sem.compare(FIT, FIT, names=v), (None,)),
    "rmsea_power n": (lambda v: sem.rmsea_power(v, 5), ()),
    "rmsea_power df": (lambda v: sem.rmsea_power(100, v), ()),
    "rmsea_power true": (lambda v: sem.rmsea_power(100, 5, rmsea_true=v), (0, 1.5)),
    "rmsea_power alpha": (lambda v: sem.rmsea_power(100, 5, alpha=v), ()),
    "rmsea_sample_size df": (lambda v: sem.rmsea_sample_size(v), ()),
    "rmsea_sample_size power": (lambda v: sem.rmsea_sample_size(5, v), ()),
    "model_power model": (lambda v: sem.model_power(v, COV, 100), ()),
    "model_power population": (lambda v: sem.model_power(MODEL, v, 100), ()),
    "model_power n": (lambda v: sem.model_power(MODEL, COV, v), ()),
    "model_power alpha": (lambda v: sem.model_power(MODEL, COV, 100, alpha=v), ()),
    "parse_model": (sem.parse_model, ()),
    "standardized": (FIT.standardized, ()),
    "residuals": (FIT.residuals, ()),
    "modification_indices sort": (lambda v: FIT.modification_indices(sort=v), ()),
    "modification_indices minimum": (lambda v: FIT.modification_indices(minimum=v), (1.5, -1, 0, 1e300)),
    "modification_indices op": (lambda v: FIT.modification_indices(op=v), (None, "", "nowhere", [])),
    "score_test add": (lambda v: FIT.score_test(add=v), ()),
    "score_test release": (lambda v: GROUPED.score_test(release=v), (None, [])),
    "wald": (FIT.wald, ()),
    "predict data": (FIT.predict, (None,)),
    "predict method": (lambda v: FIT.predict(method=v), ()),
    "predict se": (lambda v: FIT.predict(se=v), ()),
    "predict group": (lambda v: GROUPED.predict(FRAME, group=v), ()),
    "bootstrap replications": (FIT.bootstrap, ()),
    "bootstrap kind": (lambda v: FIT.bootstrap(2, kind=v), ()),
    "bootstrap seed": (lambda v: FIT.bootstrap(2, seed=v), (None, 0)),
    "bootstrap n_jobs": (lambda v: FIT.bootstrap(2, n_jobs=v), (-1,)),
}


@pytest.mark.parametrize("call", list(CALLS))
def test_every_call_refuses_bad_values_with_one_clear_error(call: str) -> None:
    function, good = CALLS[call]
    for value in WRONG:
        if any(value is other or (type(value) is type(other) and value == other) for other in good):
            continue
        with pytest.raises(ComplyError) as caught:
            function(value)
        assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f =~ x1 + lower(2)*upper(1)*x2 + x3 + x4", "'f =~ x2': no value lies between the bounds 2 and 1"),
        ("f =~ x1 + lower(Inf)*x2 + x3 + x4", "'f =~ x2': no value lies between the bounds inf and inf"),
        ("f =~ x1 + upper(-Inf)*x2 + x3 + x4", "'f =~ x2': no value lies between the bounds -inf and -inf"),
        ("f =~ 1*x1 + lower(2)*x1 + x2 + x3 + x4", "'f =~ x1': fixed at 1, outside its bounds 2 and inf"),
        ("f =~ lower(2)*x1 + x2 + x3 + x4", "'f =~ x1': fixed at 1, outside its bounds 2 and inf"),
        ("f =~ x1 + 1e300*x2 + x3 + x4", "'f =~ x2': fixed 1e+300 is too large"),
        ("f =~ x1 + start(-1e300)*x2 + x3 + x4", "'f =~ x2': start -1e+300 is too large"),
        ("f =~ x1 + lower(1e300)*x2 + x3 + x4", "'f =~ x2': lower 1e+300 is too large"),
    ],
)
def test_values_in_the_text_that_nothing_can_have_are_refused(text: str, said: str) -> None:
    with pytest.raises(sem.ModelSyntaxError, match="cannot be met") as caught:
        sem.fit(text, _items())
    assert len(caught.value.problems) == 1 and said in str(caught.value)


def test_bounds_that_a_fixed_value_keeps_are_no_fault() -> None:
    fit = sem.fit("f =~ lower(0)*x1 + lower(0.1)*upper(0.1)*x2 + x3 + x4", _items())
    assert fit.converged and fit.estimates["est"].tolist()[:2] == pytest.approx([1.0, 0.1], abs=1e-9)


def test_a_definition_that_overflows_is_undefined_in_words() -> None:
    fit = sem.fit("f =~ x1 + a*x2 + x3 + x4\nq := a*1e308*10", _items())
    assert fit.estimates.set_index("lhs").loc["q", "est"] == np.inf or np.isnan(fit.estimates["est"].iloc[-1])
    assert any("q := a*1e308*10 is not defined" in str(problem) for problem in fit.problems)


@pytest.mark.parametrize(
    ("weight", "said"), [(1e308, "too large to add up"), (1e-308, "too small to divide by")]
)
def test_weights_whose_sums_are_no_numbers_are_refused(weight: float, said: str) -> None:
    with pytest.raises(InputError, match=said):
        sem.fit(MODEL, _items().assign(w=weight), sampling_weights="w")
