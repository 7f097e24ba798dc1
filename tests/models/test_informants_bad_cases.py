"""Odd designs: every public function of the latent multi-informant models gives a clear error or says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem
from comply_measure.errors import ComplyError, InputError
from comply_measure.models import informants as room
from comply_measure.models.informants import (
    common_fate_model,
    contrast_names,
    ct_cm1_model,
    ct_cm_model,
    ct_cu_model,
    effects_table,
    informants_wide,
    interchangeable_ct_cm1_model,
    interchangeable_shares,
    joint_tests,
    latent_congruence_model,
    latent_gaps,
    latent_polynomial,
    latent_polynomial_model,
    long_frame,
    mtmm_table,
    pair_states_model,
    product_indicators,
    role_contrasts,
    role_invariance_model,
    trifactor_model,
    variance_shares,
    wide_column,
    wide_frame,
)

ITEMS = {"C": ["c1", "c2", "c3"], "O": ["o1", "o2", "o3"], "L": ["l1", "l2", "l3"]}
NAMES = [i for items in ITEMS.values() for i in items]
ROLES = ["m", "s", "i", "f", "g"]


def drawn(units: int, roles: int, points: int = 7, seed: int = 5) -> pd.DataFrame:
    """One row per informant: answers of all items, dimension scores, an outcome and a predictor of the unit."""
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((units, 1))
    rows = []
    outcome = shared[:, 0] + rng.standard_normal(units)
    for role in ROLES[:roles]:
        view = shared + 0.8 * rng.standard_normal((units, 1))
        middle = (points + 1) / 2
        x = np.clip(np.round(middle + (points - 1) / 6 * (view + rng.standard_normal((units, 9)))), 1, points)
        frame = pd.DataFrame(x, columns=NAMES)
        frame.insert(0, "unit", np.arange(units))
        frame.insert(1, "role", role)
        rows.append(
            frame.assign(z=outcome, size=rng.permutation(units).astype(float) if not rows else np.nan)
        )
    data = pd.concat(rows, ignore_index=True)
    data["size"] = data.groupby("unit")["size"].transform("first")
    return scored(data)


def scored(data: pd.DataFrame) -> pd.DataFrame:
    return data.assign(**{d: data[items].mean(axis=1) for d, items in ITEMS.items()})


def blank(data: pd.DataFrame, role: str, items: list[str]) -> pd.DataFrame:
    out = data.copy()
    out.loc[out["role"] == role, items] = np.nan
    return scored(out)


def constant(data: pd.DataFrame) -> pd.DataFrame:
    return scored(data.assign(**dict.fromkeys(NAMES, 4.0)))


# case -> (data, number of roles)
CASES: dict[str, tuple[Callable[[], pd.DataFrame], int]] = {
    "dyads": (lambda: drawn(60, 2), 2),
    "one informant": (lambda: drawn(60, 1), 1),
    "four roles": (lambda: drawn(80, 4), 4),
    "five roles": (lambda: drawn(80, 5), 5),
    "a role missing everywhere": (lambda: blank(drawn(60, 3), "i", NAMES), 3),
    "one unit": (lambda: drawn(1, 3), 3),
    "two units": (lambda: drawn(2, 3), 3),
    "all answers equal": (lambda: constant(drawn(60, 3)), 3),
    "2 points": (lambda: drawn(80, 3, points=2), 3),
    "11 points": (lambda: drawn(80, 3, points=11), 3),
    "unequal item sets": (lambda: blank(blank(drawn(60, 3), "i", ["c1", "o1"]), "m", ["c3"]), 3),
}


def texts(roles: list[str]) -> dict[str, Callable[[], str]]:
    """Every builder of model text, with outcomes and predictors where it takes them."""
    scores = list(ITEMS)
    pair = {"polynomial": lambda: latent_polynomial_model("C", ITEMS["C"], roles[:2], "z")}
    return (pair if len(roles) < 4 else {}) | {
        "common fate": lambda: common_fate_model(scores, roles, ["z"], ["size"]),
        "common fate, one dimension": lambda: common_fate_model(["C"], roles),
        "congruence": lambda: latent_congruence_model("C", ITEMS["C"], roles),
        "congruence, outcome": lambda: latent_congruence_model("C", ITEMS["C"], roles, ["z"], ["size"]),
        "ct-c(m-1)": lambda: ct_cm1_model(
            {"C": ITEMS["C"]}, roles, roles[0], outcomes=["z"], covariates=["size"]
        ),
        "ct-cm": lambda: ct_cm_model(scores, roles),
        "ct-cu": lambda: ct_cu_model(scores, roles),
        "trifactor": lambda: trifactor_model(
            [*ITEMS["C"], "o1"], roles, ["size"], {roles[-1]: ["size"]}, ["z"]
        ),
        "invariance": lambda: role_invariance_model({"C": ITEMS["C"]}, roles, "strict").text,
    }


def fitted(text: str, wide: pd.DataFrame, polynomial: bool, roles: list[str]) -> sem.Fit:
    data = product_indicators(wide, ITEMS["C"], roles[:2], 4.0) if polynomial else wide
    return sem.fit(text, data, missing="ml", meanstructure=True)


def attempt(call: Callable[[], Any]) -> tuple[Any, str]:
    """The result, or the first line of the error; any other exception fails the test."""
    try:
        return call(), ""
    except ComplyError as problem:
        return None, str(problem).splitlines()[0]


@pytest.mark.parametrize("case", list(CASES))
def test_models_fit_or_say_what_is_wrong(case: str) -> None:
    make, n_roles = CASES[case]
    roles = ROLES[:n_roles]
    wide = wide_frame(make(), [*NAMES, *ITEMS], roles, keep=["z", "size"]).reset_index(drop=True)
    for name, build in texts(roles).items():
        fit, error = attempt(lambda b=build, n=name: fitted(b(), wide, n == "polynomial", roles))
        if fit is None:
            assert 10 < len(error) < 400, f"{case}: {name}: {error}"
            continue
        wrong = not fit.converged or not fit.admissible
        assert not wrong or fit.problems, f"{case}: {name} is wrong without a word"
        effects = effects_table(fit)
        assert effects["n_units"].eq(fit.n).all()
        if not fit.converged:
            assert effects["estimate"].isna().all()
            assert (effects["note"] != "").all()
        elif fit.admissible:
            assert np.isfinite(effects["estimate"]).all()
        if name.startswith("congruence"):
            check_congruence(fit, roles, name)


def check_congruence(fit: sem.Fit, roles: list[str], name: str) -> None:
    if name == "congruence":
        gaps = latent_gaps(fit, "C", roles)
        assert len(gaps) == len(roles) * (len(roles) - 1) // 2
        assert fit.converged or gaps["gap"].isna().all()
        assert (gaps["gap"].notna() | (gaps["note"] != "")).all()
    else:
        tests = joint_tests(fit, contrast_names("C", roles)[1:], ["z"])
        assert (tests["chisq"].notna() | (tests["note"] != "")).all()


@pytest.mark.parametrize("case", list(CASES))
def test_tables_and_surfaces_of_odd_data(case: str) -> None:
    make, n_roles = CASES[case]
    roles = ROLES[:n_roles]
    wide = wide_frame(make(), [*NAMES, *ITEMS], roles, keep=["z"]).reset_index(drop=True)
    result = mtmm_table(wide, list(ITEMS), roles)
    assert len(result.matrix) == 3 * n_roles
    assert not np.isinf(result.pairs["correlation"]).any()
    surface, error = attempt(
        lambda: latent_polynomial(wide, "C", ITEMS["C"], roles[:2], "z", 4.0, replications=100)
    )
    if surface is None:
        assert 10 < len(error) < 400
    else:
        assert surface.n_units <= len(wide)
        assert len(surface.tidy()) == 11
        assert surface.problems or np.isfinite(surface.coefficients["se"]).all()


def test_shares_of_a_model_without_a_solution_are_not_numbers_that_mislead() -> None:
    spread = wide_frame(drawn(12, 2), NAMES, ["m", "s"])
    assert len(long_frame(spread, NAMES, ["m", "s"])) == 24
    wide = spread.reset_index(drop=True)
    fit = sem.fit(trifactor_model(ITEMS["C"], ["m", "s"]), wide, missing="ml", meanstructure=True)
    shares = variance_shares(fit.estimates)
    assert len(shares) == 18
    assert fit.admissible or fit.problems


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_contrasts_are_invertible_for_any_number_of_roles(n: int) -> None:
    if n == 1:
        with pytest.raises(ComplyError, match="at least 2"):
            role_contrasts(n)
        return
    matrix = role_contrasts(n)
    assert np.linalg.matrix_rank(matrix) == n
    np.testing.assert_allclose(matrix[1:].sum(axis=1), 0, atol=1e-15)


PAIRS = pd.concat([drawn(80, 2), drawn(80, 2, seed=6)], ignore_index=True)
TWO = {"m": 2, "s": 2}


@pytest.mark.parametrize(
    ("data", "variables", "numbers", "keep", "fault"),
    [
        (PAIRS.drop(columns=["unit", "role"]), ["c1"], TWO, [], "'unit': column is missing\n.*'role': column"),
        (PAIRS, ["c9"], TWO, [], "'c9': column is missing"),
        (PAIRS, ["c1"], TWO, ["firm"], "'firm': column is missing"),
        (PAIRS, ["c1"], TWO, ["c2"], "'c2': varies within the unit"),
        (pd.concat([PAIRS, PAIRS[["c1"]]], axis=1), ["c1"], TWO, [], "'c1': two columns have one name"),
        (PAIRS, [], TWO, [], "no variables were named"),
        (PAIRS, ["c1"], {}, [], "no roles were named"),
        (PAIRS, ["c1"], {"m": 2, "s": 0}, [], r"informants of a role \(found 0\); allowed: 1 or more of 's'"),
        (PAIRS, ["c1"], {"m": 1.5}, [], "'numbers': an entry cannot be used"),
        (PAIRS, ["c1"], {"x": 2}, [], "nobody has one of the roles; allowed: x"),
        (PAIRS.head(0), ["c1"], TWO, [], "nobody has one of the roles"),
        (PAIRS.assign(role=np.nan), ["c1"], TWO, [], "nobody has one of the roles"),
        (PAIRS.assign(unit=PAIRS["unit"].where(PAIRS.index != 7)), ["c1"], TWO, [], "row 7, 'unit': .*without unit"),
    ],
)  # fmt: skip
def test_tables_of_several_informants_that_cannot_be_spread(
    data: pd.DataFrame, variables: list[str], numbers: dict[str, Any], keep: list[str], fault: str
) -> None:
    with pytest.raises(InputError, match=fault):
        informants_wide(data, variables, numbers, keep)


def test_more_informants_than_there_are_leave_empty_columns() -> None:
    wide = informants_wide(PAIRS, ["c1"], {"m": 3})
    assert list(wide.columns) == ["c1.m_1", "c1.m_2", "c1.m_3"]
    assert wide.notna().sum().tolist() == [80, 80, 0]


@pytest.mark.parametrize(
    ("variables", "numbers", "reference", "fault"),
    [
        (["c1", "c2"], TWO, "x", "reference role 'x' is not among: m, s"),
        (["c1"], TWO, "m", "two variables at least"),
        ([], TWO, "m", "at least one variable"),
        (["c1", "c1"], TWO, "m", "in several: c1"),
        (["c1", "c2"], {}, "m", "at least 2 different roles"),
        (["c1", "c2"], {"m": 2}, "m", "at least 2 different roles"),
        (["c1", "c2"], {"m": 1, "s": 1}, "m", "one role at least needs two informants"),
        (["c1", "c2"], {"m": 2, "s": 0}, "m", "and every role one"),
        (["c1", "c2"], {"m": 2, "s": -1}, "m", "and every role one"),
        (["c1", "c2"], {"m": 2, "s": 1.5}, "m", "'numbers': an entry cannot be used"),
        ("c1", TWO, "m", "'variables': cannot be used"),
    ],
)
def test_models_of_interchangeable_informants_that_cannot_be(
    variables: Any, numbers: dict[str, Any], reference: str, fault: str
) -> None:
    with pytest.raises(ComplyError, match=fault):
        interchangeable_ct_cm1_model("C", variables, numbers, reference)


def solution(trait: float, own: float, error: float) -> pd.DataFrame:
    """Estimates of two variables of two roles, all loadings 1 and the method factor of ``s`` without variance."""
    text = interchangeable_ct_cm1_model("C", ["c1", "c2"], TWO, "m")
    loadings = [line.split(" =~ ") for line in text.replace('"', "").splitlines() if " =~ " in line]
    rows = [(f, "=~", term.split("*")[1], 1.0) for f, terms in loadings for term in terms.split(" + ")]
    variances = {f: trait if f.endswith(".trait") else own if ".own." in f else 0.0 for f, _ in loadings}
    rows += [(f, "~~", f, variance) for f, variance in variances.items()]
    rows += [(c, "~~", c, error) for c in dict.fromkeys(row[2] for row in rows if row[1] == "=~")]
    return pd.DataFrame(rows, columns=["lhs", "op", "rhs", "est"])


@pytest.mark.parametrize(
    ("changed", "trait", "variables", "numbers", "fault"),
    [
        (lambda t: t, "X", ["c1"], TWO, "not among the estimates .*X.trait =~ c1.m_1"),
        (lambda t: t, "C", ["c1", "o1"], TWO, "C.trait =~ o1.m_1(.|\n)*o1.s_1 ~~ o1.s_1"),
        (lambda t: t, "C", ["c1"], {"i": 2}, "C.trait =~ c1.i_1"),
        (lambda t: t, "C", [], TWO, "no variables or no roles were named"),
        (lambda t: t, "C", ["c1"], {}, "no variables or no roles were named"),
        (lambda t: t[t["op"] == "=~"], "C", ["c1"], TWO, "c1.m_1 ~~ c1.m_1"),
        (lambda t: t.drop(columns="rhs"), "C", ["c1"], TWO, "'rhs': column is absent"),
        (lambda t: t.assign(est=np.nan), "C", ["c1"], TWO, "'est'"),
        (lambda t: t.assign(est="a"), "C", ["c1"], TWO, "'est': column holds no numbers"),
    ],
)
def test_shares_are_taken_from_the_estimates_of_their_model_only(
    changed: Callable[[pd.DataFrame], pd.DataFrame],
    trait: str,
    variables: list[str],
    numbers: dict[str, int],
    fault: str,
) -> None:
    with pytest.raises(InputError, match=fault):
        interchangeable_shares(changed(solution(0.5, 0.3, 0.2)), trait, variables, numbers)


def test_shares_without_variance_have_their_reason() -> None:
    parts = ["consistency", "common_method", "unique_method", "reliability", "error", "consistency_true"]
    good = interchangeable_shares(solution(0.5, 0.3, 0.2), "C", ["c1", "c2"], TWO)
    np.testing.assert_allclose(good[parts], [[0.5, 0, 0.3, 0.8, 0.2, 0.625]] * 4, atol=1e-12)
    assert not good.attrs
    unreliable = interchangeable_shares(solution(0.0, 0.0, 0.2), "C", ["c1"], TWO)
    np.testing.assert_array_equal(unreliable[parts], [[0, 0, 0, 0, 1, np.nan]] * 2)
    empty = interchangeable_shares(solution(0.0, 0.0, 0.0), "C", ["c1"], TWO)
    assert empty[parts].isna().all(axis=None)
    for table in (unreliable, empty):
        assert table.attrs["undefined"] == "nothing of the variable is reliable, or it has no variance"


def test_shares_of_negative_variances_are_noted() -> None:
    """φ = -0.1 of what one informant sees alone: its part is below 0, and the row says why."""
    table = interchangeable_shares(solution(0.5, -0.1, 0.2), "C", ["c1"], TWO)
    np.testing.assert_allclose(table["unique_method"], -0.1 / 0.6, atol=1e-12)
    assert table["note"].str.fullmatch(r"negative variance of .+ \(-0\.1\): the parts are no shares").all()
    assert not interchangeable_shares(solution(0.5, 0.1, 0.2), "C", ["c1"], TWO)["note"].any()
    rows = [("f", "=~", x, value) for x, value in (("a", 1.0), ("b", 0.8), ("c", 0.6))]
    rows += [("f", "~~", "f", 1.0), ("a", "~~", "a", -0.25), ("b", "~~", "b", 0.36), ("c", "~~", "c", 0.64)]
    shares = variance_shares(pd.DataFrame(rows, columns=["lhs", "op", "rhs", "est"]))
    np.testing.assert_allclose(shares["share"], [1 / 0.75, 0.64, 0.36], atol=1e-12)
    assert list(shares["note"]) == ["negative variance of a (-0.25): the parts are no shares", "", ""]


def test_pairs_without_variance_ratings_or_units_are_told() -> None:
    pairs, roles = {"x": ("m", "s"), "y": ("m", "i")}, ("m", "s", "i")
    text = pair_states_model(pairs, roles)
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        rng.normal(size=(60, 1)) + rng.normal(size=(60, 6)),
        columns=[f"{p}.{r}" for p in pairs for r in roles],
    )
    assert sem.fit(text, table, missing="ml", meanstructure=True).converged
    for broken in (table.assign(**{"x.m": 4.0}), table.drop(columns="y.i"), table.assign(**{"y.s": np.nan})):
        with pytest.raises(ComplyError, match=r"x\.m|y\.i|y\.s"):
            sem.fit(text, broken, missing="ml", meanstructure=True)
    few = sem.fit(text, table.head(5), missing="ml", meanstructure=True)
    assert any(finding.serious for finding in few.problems)


def test_every_public_function_is_here() -> None:
    functions = {name for name in room.__all__ if name[0].islower()}
    assert functions <= set(globals()), f"without bad cases: {functions - set(globals())}"
    assert wide_column("a", "m") == "a.m"
