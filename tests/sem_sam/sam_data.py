"""Data and models of the tests, also written out for R (``python tests/sem_sam/sam_data.py FOLDER``)."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

FEW = 41
FACTORS = tuple(f"f{number}" for number in range(1, 13))
MEASUREMENT = "\n".join(
    f"{name} =~ " + " + ".join(f"{name}_{item}" for item in range(1, 4)) for name in FACTORS
)
PATHS = """
f5 ~ f1 + f2
f6 ~ f2 + f3 + f4
f7 ~ f5 + f1
f8 ~ f5 + f6
f9 ~ f7 + f8
f10 ~ f8 + f4
f11 ~ f9 + f10
f12 ~ f11 + f9 + f3
"""
SHORT = "\n".join(MEASUREMENT.split("\n")[:4]) + "\nf3 ~ f1 + f2\nf4 ~ f3 + f1"
PRODUCT = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nM =~ m1 + m2 + m3\nY =~ y1 + y2 + y3\n"
MODELS = {
    "product": PRODUCT + "M ~ X\nY ~ M + X + Z + X:Z",
    "several": PRODUCT + "M ~ X\nY ~ M + X + Z + w + X:Z + M:w + X:X",
    "twelve": MEASUREMENT + PATHS,
    "short": SHORT,
    "observed": SHORT + "\nf4 ~ age\nf3 ~ age + size",
    "stated": SHORT
    + "\nf4 ~ age\nf3 ~ age + size\nf1 ~~ age + size\nf2 ~~ age + size\nage ~~ age + size\nsize ~~ size",
    "pair": SHORT.replace("f1_1 + f1_2 + f1_3", "f1_1 + 1*f1_2"),
    "same": "a =~ f1_1 + f1_2 + f1_3\nb =~ f1_4 + f1_5 + f1_6\nc =~ f5_1 + f5_2 + f5_3\nc ~ a + b",
    "labels": SHORT.replace("f1 + f2", "a*f1 + b*f2").replace("f3 + f1", "c*f3 + f1") + "\na == b\nac := a*c",
}


def twelve(n: int = 240, seed: int = 12) -> pd.DataFrame:
    """Twelve factors with three indicators each, two observed variables and a group."""
    rng = np.random.default_rng(seed)
    f = dict(zip(FACTORS[:4], rng.multivariate_normal(np.zeros(4), 0.3 + 0.7 * np.eye(4), n).T, strict=True))
    for line in PATHS.strip().split("\n"):
        outcome, right = line.split(" ~ ")
        f[outcome] = sum(0.35 * f[name] for name in right.split(" + ")) + 0.7 * rng.standard_normal(n)
    columns = {}
    for name in FACTORS:
        for item, loading in enumerate((1.0, 0.8, 0.9), start=1):
            columns[f"{name}_{item}"] = 3.0 + loading * f[name] + 0.7 * rng.standard_normal(n)
    columns["age"] = 0.4 * f["f1"] + rng.standard_normal(n)
    columns["size"] = 0.5 * columns["age"] + rng.standard_normal(n)
    for item in (4, 5, 6):
        columns[f"f1_{item}"] = 3.0 + f["f1"] + 0.7 * rng.standard_normal(n)
    columns["school"] = np.where(np.arange(n) % 2, 1.0, 2.0)
    return pd.DataFrame(columns).round(4)


def products(n: int = 300, seed: int = 7) -> pd.DataFrame:
    """Two factors, a mediator and an outcome with a product, a square and a product with a column of mean zero."""
    rng = np.random.default_rng(seed)
    X, Z = rng.multivariate_normal(np.zeros(2), 0.3 + 0.7 * np.eye(2), n).T
    w = rng.standard_normal(n)
    M = 0.5 * X + 0.7 * rng.standard_normal(n)
    Y = 0.4 * M + 0.3 * Z + 0.2 * w + 0.3 * X * Z + 0.25 * M * w + 0.15 * X**2 + 0.7 * rng.standard_normal(n)
    columns = {}
    for name, values in (("x", X), ("z", Z), ("m", M), ("y", Y)):
        for item, loading in enumerate((1.0, 0.8, 0.9), start=1):
            columns[f"{name}{item}"] = 3.0 + loading * values + 0.6 * rng.standard_normal(n)
    columns["w"] = w - w.round(4).mean()
    columns["half"] = np.where(np.arange(n) % 2, 1.0, 2.0)
    columns["firm"] = np.arange(n) // 10
    return pd.DataFrame(columns).round(4)


def few() -> pd.DataFrame:
    """Thirty cases: residual variances and factors that are hardly distinct."""
    return twelve(30, FEW)


def incomplete() -> pd.DataFrame:
    """The same with a tenth of the values missing."""
    data = twelve()
    rng = np.random.default_rng(1)
    gone = rng.random(data.shape) < 0.1
    gone[:, -1] = False
    return data.mask(gone)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    twelve().to_csv(folder / "twelve.csv", index=False)
    products().to_csv(folder / "products.csv", index=False)
    few().to_csv(folder / "few.csv", index=False)
    incomplete().to_csv(folder / "incomplete.csv", index=False)
    for name, text in MODELS.items():
        (folder / f"{name}.txt").write_text(text + "\n")
