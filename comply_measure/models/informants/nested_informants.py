"""Interchangeable informants within structurally different roles: the multilevel CT-C(M−1) model in wide form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from comply_measure.errors import ComplyError, InputError, Problem
from comply_measure.measurement.frames import check_estimates
from comply_measure.models.informants.shares import negative_note
from comply_measure.models.informants.wide import check_design, wide_term
from comply_measure.sem.language.quoting import quoted
from comply_measure.statistics.reasons import undefined_because
from comply_measure.tables.wide import wide_column, wide_frame

_SHARES = (
    "variable", "role", "consistency", "common_method", "unique_method", "reliability", "error", "consistency_true",
    "note",
)  # fmt: skip


def slot(role: str, number: int) -> str:
    """Name of one informant of a role: the role's first, second, … in the unit."""
    return f"{role}_{number}"


def informants_wide(
    data: pd.DataFrame,
    variables: Sequence[str],
    numbers: Mapping[str, int],
    keep: Sequence[str] = (),
) -> pd.DataFrame:
    """One row per unit with a column per variable, role and informant (``variable.role_1``, ``variable.role_2``, …).

    Parameters
    ----------
    data : DataFrame
        One row per informant with ``unit`` and ``role``, any number of them in a unit and role.
    variables : sequence of str
    numbers : mapping of str to int
        Role -> informants to take of it in a unit, the first ones of the table; they must not be ordered by what they
        answer. Units with fewer have missing values.
    keep : sequence of str
        Columns of the unit to keep, such as the firm.

    Raises
    ------
    InputError
        Unusable table, no variables, numbers below one, informants without a unit, or nobody of the roles.
    """
    absent = [Problem("column is missing", column=c) for c in ("unit", "role") if c not in data.columns]
    twice = dict.fromkeys(data.columns[data.columns.duplicated()])
    absent += [Problem("two columns have one name", column=str(c)) for c in twice]
    few = [r for r, n in numbers.items() if n < 1]
    absent += [
        Problem("informants of a role", column="numbers", value=numbers[r], allowed=f"1 or more of {r!r}")
        for r in few
    ]
    absent += [] if len(variables) else [Problem("no variables were named")]
    if absent:
        raise InputError("The wide format cannot be made.", absent)
    rows = data[data["role"].isin(list(numbers))]
    problems = [
        Problem("informant without unit", row=str(row), column="unit")
        for row in rows.index[rows["unit"].isna()]
    ]
    if numbers and not len(rows):
        problems.append(
            Problem("nobody has one of the roles", column="role", allowed=", ".join(map(str, numbers)))
        )
    if problems:
        raise InputError("The wide format cannot be made.", problems)
    place = rows.groupby(["unit", "role"], sort=False).cumcount().to_numpy() + 1
    has_place = place <= rows["role"].map(numbers).to_numpy()
    taken = rows[has_place]
    names = [slot(str(r), int(k)) for r, k in zip(taken["role"], place[has_place], strict=True)]
    order = [slot(r, k) for r, n in numbers.items() for k in range(1, n + 1)]
    wide: pd.DataFrame = wide_frame(taken.assign(role=names), variables, order, list(keep))
    return wide


def interchangeable_ct_cm1_model(
    trait: str, variables: Sequence[str], numbers: Mapping[str, int], reference: str
) -> str:
    r"""Model text of the multilevel CT-C(M−1) model for one trait, an informant of a role in each group of columns.

    For variable i and informant k of role r in unit t

    ``y_irtk = τ_ir + λ_ir T_t + γ_ir M_rt + δ_ir U_rtk + ε_irtk``

    with the trait T as the informants of the reference role see it on average (γ = 0 there), M_r what the informants
    of another role share beyond the trait, U what one informant of a role sees alone, uncorrelated with all else and of
    one variance for all informants of the role. Informants of one role are interchangeable: τ, λ, γ, δ and the variance
    of ε are the same for each. Method factors of different roles correlate. In the two-level form (Eid et al. 2008) T
    and M lie between units and U within; with informants in columns the same model takes all roles together, full
    information over units with different numbers.

    Parameters
    ----------
    trait : str
        Name of the trait.
    variables : sequence of str
        Its variables (names without role), at least two; three for a role with one informant only.
    numbers : mapping of str to int
        Role -> informants in columns (:func:`informants_wide`). U is left out for a role with one.
    reference : str
        Role that defines the trait.

    Returns
    -------
    str

    Raises
    ------
    ComplyError
        Fewer than two roles or variables, an unknown reference, or no role with two informants.

    References
    ----------
    Eid, M., Nussbeck, F. W., Geiser, C., Cole, D. A., Gollwitzer, M., & Lischetzke, T. (2008). Psychological Methods,
    13. Koch, T., Schultze, M., Burrus, J., Roberts, R. D., & Eid, M. (2015). Journal of Educational and Behavioral
    Statistics, 40.
    """
    check_design({trait: list(variables)}, list(numbers))
    problems = []
    if reference not in numbers:
        problems.append(f"reference role {reference!r} is not among: {', '.join(numbers)}")
    if len(variables) < 2:
        problems.append("two variables at least tell trait and method from error")
    if any(n < 1 for n in numbers.values()) or max(numbers.values()) < 2:
        problems.append("one role at least needs two informants, and every role one")
    if problems:
        raise ComplyError("; ".join(problems))
    others = [role for role in numbers if role != reference]
    ordered = {role: numbers[role] for role in (reference, *others)}
    lines = [f"{quoted(f'{trait}.trait')} =~ {_terms('l', variables, ordered)}"]
    methods = []
    for role in others:
        method = quoted(f"{trait}.method.{role}")
        lines += [f"{method} =~ {_terms('g', variables, {role: numbers[role]})}"]
        lines += [f"{quoted(f'{trait}.trait')} ~~ 0*{method}"]
        methods.append(method)
    for role, number in numbers.items():
        lines += _own_views(trait, variables, role, number)
    people = [quoted(_own(trait, r, k)) for r, n in numbers.items() if n > 1 for k in range(1, n + 1)]
    shared = [quoted(f"{trait}.trait"), *methods]
    lines += [f"{one} ~~ 0*{two}" for one in shared for two in people]
    lines += [f"{one} ~~ 0*{two}" for one, two in combinations(people, 2)]
    return "\n".join(lines)


def _own(trait: str, role: str, number: int) -> str:
    return f"{trait}.own.{slot(role, number)}"


def _terms(letter: str, variables: Sequence[str], numbers: Mapping[str, int]) -> str:
    """Loadings of columns, the same for all informants of a role; that of the first variable and role is 1."""
    terms = []
    for place, (role, number) in enumerate(numbers.items()):
        for i, variable in enumerate(variables):
            fixed = place == 0 and i == 0
            label = "1" if fixed else f"{letter}.{_safe(role)}.{i + 1}"
            terms += [f"{label}*{wide_term(variable, slot(role, k))}" for k in range(1, number + 1)]
    return " + ".join(terms)


def _own_views(trait: str, variables: Sequence[str], role: str, number: int) -> list[str]:
    """Factors of single informants, and intercepts and error variances that are the same for each."""
    lines, name = [], _safe(role)
    if number > 1:
        for k in range(1, number + 1):
            own = quoted(_own(trait, role, k))
            loadings = [
                f"{'1' if i == 0 else f'd.{name}.{i + 1}'}*{wide_term(variable, slot(role, k))}"
                for i, variable in enumerate(variables)
            ]
            lines += [f"{own} =~ {' + '.join(loadings)}", f"{own} ~~ v.{name}*{own}"]
    for i, variable in enumerate(variables):
        for k in range(1, number + 1):
            column = wide_term(variable, slot(role, k))
            lines += [f"{column} ~ t.{name}.{i + 1}*1", f"{column} ~~ e.{name}.{i + 1}*{column}"]
    return lines


def _safe(role: str) -> str:
    """A role as part of a label: letters, digits and points of it, others by their number."""
    return "".join(c if c.isascii() and c.isalnum() else f".{ord(c)}" for c in role)


def interchangeable_shares(
    estimates: pd.DataFrame, trait: str, variables: Sequence[str], numbers: Mapping[str, int]
) -> pd.DataFrame:
    """Consistency, method specificity and unique parts of every variable, as one informant of the role answers it.

    ``consistency = λ²φ_T/Var(y)``, ``common_method = γ²φ_M/Var(y)`` (what the informants of the role share beyond the
    trait), ``unique_method = δ²φ_U/Var(y)`` (what one of them sees alone), ``reliability`` their sum, ``error`` the
    rest; ``consistency_true`` is the share of the trait in what is reliable (Eid et al. 2008, true scores).

    Parameters
    ----------
    estimates : DataFrame
        ``fit.estimates`` of :func:`interchangeable_ct_cm1_model`.
    trait, variables, numbers
        As in the model.

    Returns
    -------
    DataFrame
        variable, role, consistency, common_method, unique_method, reliability, error, consistency_true (NaN where
        nothing is reliable), note (negative variances, whose parts are no shares).

    Raises
    ------
    InputError
        No table of estimates, or one without the trait's loading or the error variance of a variable and role.
    """
    check_estimates(estimates)
    table = {(r["lhs"], r["op"], r["rhs"]): float(r["est"]) for r in estimates.to_dict("records")}
    columns = [wide_column(v, slot(r, 1)) for r in numbers for v in variables]
    problems = [
        Problem(
            "not among the estimates",
            value=f"{lhs} {op} {column}",
            allowed="the model of the trait, variables and roles",
        )
        for column in columns
        for lhs, op in ((f"{trait}.trait", "=~"), (column, "~~"))
        if (lhs, op, column) not in table
    ]
    if problems or not columns:
        problems = problems or [Problem("no variables or no roles were named")]
        raise InputError("The shares cannot be computed.", problems)

    def part(factor: str, column: str) -> float:
        loading = table.get((factor, "=~", column), 0.0)
        return loading**2 * table.get((factor, "~~", factor), 0.0)

    rows = []
    for role in numbers:
        for variable in variables:
            column = wide_column(variable, slot(role, 1))
            factors = (f"{trait}.trait", f"{trait}.method.{role}", _own(trait, role, 1))
            parts = [part(factor, column) for factor in factors]
            error = table[column, "~~", column]
            total = sum(parts) + error
            true = sum(parts)
            rows.append(
                (
                    variable,
                    role,
                    *(p / total if total else np.nan for p in parts),
                    true / total if total else np.nan,
                    error / total if total else np.nan,
                    parts[0] / true if true > 0 else np.nan,
                    negative_note({name: table.get((name, "~~", name), 0.0) for name in (*factors, column)}),
                )
            )
    return undefined_because(
        pd.DataFrame(rows, columns=list(_SHARES)),
        "nothing of the variable is reliable, or it has no variance",
    )
