"""Kenny & Judd (1984): the moments of products of normal indicators in closed form, and the model that has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from comply_measure import sem

LOADINGS = np.array([1.0, 0.8, 1.2])
PHI = np.array([[1.1, 0.4], [0.4, 0.9]])
ERRORS = {"x": np.array([0.5, 0.4, 0.6]), "z": np.array([0.3, 0.5, 0.45]), "y": np.array([0.4, 0.3, 0.5])}
B, RESIDUAL = np.array([0.5, 0.3, 0.25]), 0.6
FIRST = [f"{name}{i}" for name in "xz" for i in (1, 2, 3)]


def first_order() -> np.ndarray:
    """Covariances of x1 … z3."""
    loadings = np.zeros((6, 2))
    loadings[:3, 0] = loadings[3:, 1] = LOADINGS
    return loadings @ PHI @ loadings.T + np.diag(np.concatenate([ERRORS["x"], ERRORS["z"]]))


def population(pairs: list[tuple[str, str]]) -> pd.DataFrame:
    """Covariances of indicators, products and y1 … y3: ``Cov(ab, cd) = σ_ac σ_bd + σ_ad σ_bc``, odd moments are 0."""
    s, place = first_order(), {name: i for i, name in enumerate(FIRST)}
    k = len(pairs)
    names = [*FIRST, *(f"{a}.{b}" for a, b in pairs), "y1", "y2", "y3"]
    cov = np.zeros((9 + k, 9 + k))
    cov[:6, :6] = s
    for i, (a, b) in enumerate(pairs):
        for j, (c, d) in enumerate(pairs):
            a_, b_, c_, d_ = (place[n] for n in (a, b, c, d))
            cov[6 + i, 6 + j] = s[a_, c_] * s[b_, d_] + s[a_, d_] * s[b_, c_]
    factor = np.repeat([0, 1], 3)
    with_first = np.array([LOADINGS[i % 3] * (PHI[:, factor[i]] @ B[:2]) for i in range(6)])
    product_variance = PHI[0, 0] * PHI[1, 1] + PHI[0, 1] ** 2
    with_product = [
        B[2] * LOADINGS[place[a] % 3] * LOADINGS[place[b] % 3] * product_variance for a, b in pairs
    ]
    with_y = np.outer(np.concatenate([with_first, with_product]), LOADINGS)
    cov[: 6 + k, 6 + k :], cov[6 + k :, : 6 + k] = with_y, with_y.T
    variance = B[:2] @ PHI @ B[:2] + B[2] ** 2 * product_variance + RESIDUAL
    cov[6 + k :, 6 + k :] = variance * np.outer(LOADINGS, LOADINGS) + np.diag(ERRORS["y"])
    return pd.DataFrame(cov, index=names, columns=names)


def generated(products: pd.DataFrame, **options: object) -> tuple[str, list[tuple[str, str]]]:
    """The model of product indicators as it is made for ``Y ~ X:Z``, with plain names, and its columns."""
    text = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\nY ~ X + Z + X:Z"
    rows = sem.fit(text, products, **options).estimates  # type: ignore[arg-type]
    plain = rows[(rows["op"] != "~1") & ~((rows["op"] == "~~") & (rows["lhs"] == rows["rhs"]))]
    lines = [
        f"{lhs.replace(':', '.')} {op} {rhs.replace(':', '.')}"
        for lhs, op, rhs in zip(plain["lhs"], plain["op"], plain["rhs"], strict=True)
    ]
    columns = rows.loc[(rows["lhs"] == "X:Z") & (rows["op"] == "=~"), "rhs"]
    return "\n".join(lines), [tuple(name.split(":")) for name in columns]  # type: ignore[misc]


@pytest.mark.parametrize("match", [False, True])
def test_the_generated_model_has_the_moments_of_normal_products(products: pd.DataFrame, match: bool) -> None:
    """χ² = 0 at the true coefficients; residual (co)variances are those of the closed form."""
    text, pairs = generated(products, match=match)
    assert len(pairs) == (3 if match else 9)
    fitted = sem.from_moments(text, population(pairs), nobs=1000, rescale=False)
    assert fitted.measures["chisq"] == pytest.approx(0.0, abs=1e-7)
    est = fitted.estimates.set_index(["lhs", "op", "rhs"])["est"]
    assert [est["Y", "~", name] for name in ("X", "Z", "X.Z")] == pytest.approx(B, abs=1e-6)
    product_variance = PHI[0, 0] * PHI[1, 1] + PHI[0, 1] ** 2
    assert est["X.Z", "~~", "X.Z"] == pytest.approx(product_variance, abs=1e-6)
    assert est["X", "~~", "X.Z"] == pytest.approx(0.0, abs=1e-6)
    for a, b in pairs:
        i, j = int(a[1]) - 1, int(b[1]) - 1
        error_x, error_z = ERRORS["x"][i], ERRORS["z"][j]
        residual = (
            LOADINGS[i] ** 2 * PHI[0, 0] * error_z
            + LOADINGS[j] ** 2 * PHI[1, 1] * error_x
            + error_x * error_z
        )
        assert est["X.Z", "=~", f"{a}.{b}"] == pytest.approx(LOADINGS[i] * LOADINGS[j], abs=1e-6)
        assert est[f"{a}.{b}", "~~", f"{a}.{b}"] == pytest.approx(residual, abs=1e-6)
    if not match:
        shared = LOADINGS[0] * LOADINGS[1] * PHI[1, 1] * ERRORS["x"][0]
        assert est["x1.z1", "~~", "x1.z2"] == pytest.approx(shared, abs=1e-6)
