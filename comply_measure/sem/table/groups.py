"""Several groups: what equality across groups frees and which rows it ties together."""

from __future__ import annotations

from collections.abc import Sequence

from comply_measure.sem.language.records import Product
from comply_measure.sem.table.parameter_table import Row, TableOptions
from comply_measure.sem.table.variables import Variables


def free_for_equality(
    rows: Sequence[Row], variables: Variables, options: TableOptions, with_means: bool = True
) -> None:
    """Free in a later group what its equalities with the first make estimable.

    Equal intercepts free the latent means, equal loadings under ``std_lv`` the latent variances. Equal
    thresholds free the intercepts of ordered variables, and of those with three or more categories the scaling
    factors (delta) or residual variances (theta), so that thresholds can be tested by themselves (Wu & Estabrook,
    2016); equal intercepts then fix the intercepts again. As lavaan from 0.6-20.

    Parameters
    ----------
    rows : sequence of Row
        Rows of one group after the first; changed in place.
    variables : Variables
        Names of that group.
    options : TableOptions
        Options of the table.
    with_means : bool
        Whether the block has latent means: not within clusters.
    """
    equal = set(options.group_equal)
    latent = set(variables.latent)
    levels = options.model_type != "growth"
    means = with_means and levels and "intercepts" in equal and "means" not in equal
    variances = options.std_lv and "loadings" in equal and "lv.variances" not in equal
    thresholds = "thresholds" in equal
    for row in rows:
        if row.user and row.op != "~*~":
            continue
        name, own = row.lhs, row.lhs == row.rhs
        if isinstance(name, Product):
            continue  # its mean is 0, or follows from a covariance
        if row.op == "~1" and name in latent:
            release = means
        elif row.op == "~1" and name in options.thresholds:
            release = thresholds and levels
        elif row.op == "~~" and own and name in latent:
            release = variances
        elif row.op == "~~" and own and options.thresholds.get(name, 0) > 1:
            release = thresholds and options.parameterization == "theta"
        elif row.op == "~*~" and options.thresholds.get(name, 0) > 1:
            release = thresholds and options.parameterization == "delta"
        else:
            continue
        if release:
            row.free, row.value = True, float("nan")


def is_tied(row: Row, variables: Variables, equal: frozenset[str]) -> bool:
    """Whether ``group_equal`` ties this row across groups.

    Parameters
    ----------
    row : Row
        A row of the first group.
    variables : Variables
        Names of the first group.
    equal : frozenset of str
        Words of ``group_equal``.
    """
    latent = row.lhs in variables.latent
    exogenous = row.lhs in variables.exogenous
    match row.op:
        case "=~":
            return "loadings" in equal
        case "<~":
            return "composite.loadings" in equal
        case "|":
            return "thresholds" in equal
        case "~":
            return "regressions" in equal
        case "~1":
            return ("means" if latent else "intercepts") in equal and not exogenous
        case "~~":
            if exogenous:
                return False
            if latent:
                word = "lv.variances" if row.lhs == row.rhs else "lv.covariances"
            else:
                word = "residuals" if row.lhs == row.rhs else "residual.covariances"
            return word in equal
    return False
