"""Test of product terms: the fit against the same model without effects of the products.

The products stay variables of the smaller model, so that both describe the same data; only their coefficients are 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from comply_measure.errors import Problem
from comply_measure.results import Result
from comply_measure.sem.comparison.compare import compare
from comply_measure.sem.errors import InputError, ModelError
from comply_measure.sem.inference.tests import TestStatistic
from comply_measure.sem.interactions.equation import product_of, require_groups
from comply_measure.sem.language.expressions import Name, Number
from comply_measure.sem.language.records import Product, Relation

if TYPE_CHECKING:
    import pandas as pd

    from comply_measure.sem.result import Fit


@dataclass(frozen=True)
class ProductTest(Result):
    """Likelihood-ratio test of product terms and what they add to the explained variance.

    Attributes
    ----------
    terms : tuple of str
        The products tested, ``Y ~ X:Z``.
    statistic, df, pvalue : float
        Of the difference; scaled where the fit's own test is.
    method : str
        How the difference was taken (:func:`comply_measure.sem.compare`).
    r2 : DataFrame
        lhs, group, r2, r2_without, change for every outcome with a product among those tested.
    without : Fit
        The model without their effects.
    notes : tuple of str
    """

    terms: tuple[str, ...]
    statistic: float
    df: float
    pvalue: float
    method: str
    r2: pd.DataFrame
    without: Fit
    notes: tuple[str, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """One row: terms, statistic, df, pvalue, method."""
        import pandas as pd

        row = {"terms": ", ".join(self.terms), "statistic": self.statistic, "df": self.df}
        return pd.DataFrame([row | {"pvalue": self.pvalue, "method": self.method}])


def product_test(fit: Fit, terms: str | Sequence[str] | None = None) -> ProductTest:
    """Test product terms together, and tell what they add to R².

    Parameters
    ----------
    fit : Fit
        Any fit with products in structural equations.
    terms : str or sequence of str, optional
        Products to test, such as ``"Y ~ X:Z"``; all of the model otherwise. In a model of several groups a product is
        tested in all of them.

    Returns
    -------
    ProductTest

    Raises
    ------
    InputError
        When the fit has no such product.
    ModelError
        When the fit, or that of the model without the products, reached no finite optimum.
    """
    require_groups(fit, "tests of products")
    if not fit.has_optimum:
        raise ModelError(f"the fit {fit.unreached}: there is nothing to test")
    rows = _rows(fit, terms)
    test, without = _against_zero(fit, rows)
    table = fit.model.table
    names = dict.fromkeys(f"{table.lhs[i]} ~ {table.rhs[i]}" for i in rows)
    return ProductTest(
        tuple(names),
        test.statistic,
        float(test.df),
        test.pvalue,
        test.name,
        _change(fit, without, {table.lhs[i] for i in rows}),
        without,
        (test.note,) if test.note else (),
    )


def _against_zero(fit: Fit, rows: Sequence[int]) -> tuple[TestStatistic, Fit]:
    """Test of the difference from the same model with coefficients of zero, and that model's fit."""
    table = fit.model.table
    zeros = [Relation(p, "==", "0", Name(p), Number(0.0)) for p in (table.plabel[row] for row in rows)]
    smaller = replace(table, relations=(*table.relations, *zeros))
    without = fit.restricted(smaller)
    if not without.has_optimum:
        raise ModelError(f"the model without the products {without.unreached}: there is no test")
    own = fit.difference_of_products(without, rows)
    if own is not None:
        return own, without
    row = compare(fit, without, names=("with products", "without"))
    statistic, df, p = (float(row[name].to_numpy()[-1]) for name in ("Chisq diff", "Df diff", "Pr(>Chisq)"))
    method = str(row.attrs["method"])
    return TestStatistic(method, statistic, df, p, note="; ".join(row.attrs["notes"])), without


def _rows(fit: Fit, terms: str | Sequence[str] | None) -> list[int]:
    """Rows of the products asked for, free ones.

    Raises
    ------
    InputError
        When there are none, or one of the names is no product of the fit.
    """
    table = fit.model.table
    known: dict[tuple[str, frozenset[str]], list[int]] = {}
    for i in np.flatnonzero(table.free).tolist():
        product = table.rhs[i]
        if table.op[i] == "~" and isinstance(product, Product):
            known.setdefault((table.lhs[i], frozenset(product.parts)), []).append(i)
    if not known:
        problem = Problem("no free coefficient of a product", allowed="Y ~ X + Z + X:Z")
        raise InputError("There is no product to test.", [problem])
    if terms is None:
        return [i for rows in known.values() for i in rows]
    asked = [product_of(text) for text in ([terms] if isinstance(terms, str) else terms)]
    allowed = ", ".join(f"{table.lhs[rows[0]]} ~ {table.rhs[rows[0]]}" for rows in known.values())
    problems = [
        Problem("no product of the fit", column="terms", value=f"{lhs} ~ {':'.join(parts)}", allowed=allowed)
        for lhs, parts in asked
        if (lhs, frozenset(parts)) not in known
    ]
    if problems or not asked:
        raise InputError("There is no product to test.", problems or [Problem("no terms", allowed=allowed)])
    return [i for lhs, parts in asked for i in known[lhs, frozenset(parts)]]


def _change(fit: Fit, without: Fit, outcomes: set[str]) -> pd.DataFrame:
    """R² of the outcomes with and without the products."""
    full, less = fit.r2(), without.r2()
    table = full.loc[full["lhs"].isin(outcomes), ["lhs", "group", "r2"]].reset_index(drop=True)
    known = dict(zip(zip(less["lhs"], less["group"], strict=True), less["r2"].to_numpy(float), strict=True))
    keys = zip(table["lhs"], table["group"], strict=True)
    table["r2_without"] = [known.get(key, math.nan) for key in keys]
    table["change"] = table["r2"] - table["r2_without"]
    return table
