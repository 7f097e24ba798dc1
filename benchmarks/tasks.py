"""The tasks: data made from a fixed seed and lavaan model text, the same for every engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

ATTRIBUTES_PER_DIMENSION = (3, 3, 3, 3, 4, 4)
ROLES = ("m", "s", "i")


@dataclass(frozen=True)
class Task:
    """One piece of work.

    Attributes
    ----------
    make : callable
        Returns (data, model text).
    kind : str
        What is timed: ``fit`` (estimates, standard errors, test and all fit measures), ``polychoric``,
        ``saturated``, ``bootstrap``, ``sam`` (estimates and two-step errors) or ``modification``.
    options : dict
        Options of ``sem.fit``; the R side translates them.
    peers : tuple of str
        Which peers can do the task at all.
    share : float
        Share of the work a slow peer is given; its time is divided by it and marked as scaled.
    """

    name: str
    title: str
    make: Callable[[], tuple[pd.DataFrame, str]]
    kind: str = "fit"
    options: dict[str, object] = field(default_factory=dict)
    peers: tuple[str, ...] = ("lavaan", "semopy")
    share: float = 1.0


def _names(n: int) -> list[str]:
    return [f"x{i + 1}" for i in range(n)]


def correlated_factors(
    items: int = 60, factors: int = 6, n: int = 500, seed: int = 1
) -> tuple[pd.DataFrame, str]:
    """Continuous items of correlated factors (loading .7, factor correlation .5)."""
    rng = np.random.default_rng(seed)
    per = items // factors
    common = np.sqrt(0.5) * rng.standard_normal((n, 1))
    eta = common + np.sqrt(0.5) * rng.standard_normal((n, factors))
    y = 0.7 * np.repeat(eta, per, axis=1) + np.sqrt(0.51) * rng.standard_normal((n, per * factors))
    names = _names(per * factors)
    model = "\n".join(f"f{k + 1} =~ " + " + ".join(names[k * per : (k + 1) * per]) for k in range(factors))
    return pd.DataFrame(y, columns=names), model


def third_order(n: int = 500, seed: int = 2) -> tuple[pd.DataFrame, str]:
    """60 items → 20 attributes → 6 dimensions → alignment."""
    rng = np.random.default_rng(seed)
    alignment = rng.standard_normal((n, 1))
    lines, columns, attribute, item = [], [], 0, 0
    for d, count in enumerate(ATTRIBUTES_PER_DIMENSION):
        dimension = 0.8 * alignment + 0.6 * rng.standard_normal((n, 1))
        members = []
        for _ in range(count):
            attribute += 1
            score = 0.8 * dimension + 0.6 * rng.standard_normal((n, 1))
            columns.append(0.8 * score + 0.6 * rng.standard_normal((n, 3)))
            lines.append(f"a{attribute} =~ " + " + ".join(f"x{item + i + 1}" for i in range(3)))
            item += 3
            members.append(f"a{attribute}")
        lines.append(f"d{d + 1} =~ " + " + ".join(members))
    lines.append("g =~ " + " + ".join(f"d{d + 1}" for d in range(6)))
    return pd.DataFrame(np.hstack(columns), columns=_names(60)), "\n".join(lines)


def ordinal(items: int = 60, n: int = 500, seed: int = 3) -> tuple[pd.DataFrame, str]:
    """The correlated-factor items cut into five categories."""
    data, model = correlated_factors(items, 6, n, seed)
    cut = np.digitize(data.to_numpy(), [-1.3, -0.4, 0.4, 1.3]) + 1
    return pd.DataFrame(cut, columns=data.columns), model


def incomplete(n: int = 500, seed: int = 4) -> tuple[pd.DataFrame, str]:
    """The correlated-factor items with 10 % of the answers missing at random."""
    data, model = correlated_factors(60, 6, n, seed)
    holes = np.random.default_rng(seed + 1).random(data.shape) < 0.10
    return data.mask(holes), model


def wide_triads(n: int = 300, seed: int = 5) -> tuple[pd.DataFrame, str]:
    """300 triads × 60 columns (20 attributes, 3 roles), 18 factors, equal loadings and intercepts over roles.

    Same-attribute residuals correlate across roles; the first role's factors are standardised.
    """
    rng = np.random.default_rng(seed)
    consensus = np.sqrt(0.4) * rng.standard_normal((n, 1)) + np.sqrt(0.3) * rng.standard_normal((n, 6))
    attributes = sum(ATTRIBUTES_PER_DIMENSION)
    dimension_of = np.repeat(np.arange(6), ATTRIBUTES_PER_DIMENSION)
    specific = 0.3 * rng.standard_normal((n, attributes))
    loading = rng.uniform(0.7, 1.0, attributes)
    columns: dict[str, np.ndarray] = {}
    lines: list[str] = []
    for role in ROLES:
        eta = consensus + np.sqrt(0.3) * rng.standard_normal((n, 6))
        for a in range(attributes):
            noise = 0.6 * rng.standard_normal(n)
            columns[f"y{a + 1}{role}"] = loading[a] * eta[:, dimension_of[a]] + specific[:, a] + noise
        for d in range(6):
            members = np.flatnonzero(dimension_of == d)
            terms = [f"l{a + 1}*y{a + 1}{role}" for a in members]
            marker = f"NA*y{members[0] + 1}{role}"
            lines.append(f"f{d + 1}{role} =~ " + " + ".join([marker, *terms]))
            free = "1" if role == ROLES[0] else "NA"
            lines.append(f"f{d + 1}{role} ~~ {free}*f{d + 1}{role}")
            lines.append(f"f{d + 1}{role} ~ {'0' if role == ROLES[0] else 'NA'}*1")
        lines += [f"y{a + 1}{role} ~ t{a + 1}*1" for a in range(attributes)]
    for a in range(attributes):
        for i, first in enumerate(ROLES):
            lines += [f"y{a + 1}{first} ~~ y{a + 1}{second}" for second in ROLES[i + 1 :]]
    return pd.DataFrame(columns), "\n".join(lines)


def clustered_groups(
    groups: int = 8, clusters: int = 80, size: int = 5, seed: int = 6
) -> tuple[pd.DataFrame, str]:
    """Six items of cases in clusters, the between part of one factor: Σ_B is close to singular."""
    rng = np.random.default_rng(seed)
    total = groups * clusters
    cluster = np.repeat(np.arange(total), size)
    between = 0.6 * rng.standard_normal((total, 1)) + 0.1 * rng.standard_normal((total, 6))
    within = 0.7 * rng.standard_normal((len(cluster), 1)) + 0.7 * rng.standard_normal((len(cluster), 6))
    data = pd.DataFrame(within + between[cluster], columns=_names(6))
    items = " + ".join(_names(6))
    return data.assign(
        cluster=cluster, group=cluster // clusters
    ), f"level: 1\nw =~ {items}\nlevel: 2\nb =~ {items}"


def moderated_mediation(n: int = 240, seed: int = 7) -> tuple[pd.DataFrame, str]:
    """X → M → Y with M:Z in the equation of Y: twelve items, nine products of items."""
    rng = np.random.default_rng(seed)
    x, z = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.3], [0.3, 1.0]], n).T
    m = 0.5 * x + 0.8 * rng.standard_normal(n)
    y = 0.4 * m + 0.3 * z + 0.25 * m * z + 0.7 * rng.standard_normal(n)
    columns = {
        f"{name}{i}": loading * factor + 0.6 * rng.standard_normal(n)
        for name, factor in {"x": x, "m": m, "z": z, "y": y}.items()
        for i, loading in enumerate((1.0, 0.8, 0.9), start=1)
    }
    measured = "\n".join(f"{f.upper()} =~ {f}1 + {f}2 + {f}3" for f in "xmzy")
    return pd.DataFrame(columns), f"{measured}\nM ~ a*X\nY ~ b*M + X + Z + c*M:Z\nab := a*b"


def moderated(n: int = 300, seed: int = 6) -> tuple[pd.DataFrame, str]:
    """Two factors and their product, nine indicators."""
    rng = np.random.default_rng(seed)
    x, e = rng.standard_normal(n), rng.standard_normal(n)
    z = 0.3 * x + np.sqrt(0.91) * e
    y = 0.5 * x + 0.4 * z + 0.3 * x * z + 0.7 * rng.standard_normal(n)
    loadings = np.array([1.0, 0.9, 0.8])
    parts = [each[:, None] * loadings + 0.5 * rng.standard_normal((n, 3)) for each in (x, z, y)]
    names = [f"{name}{i}" for name in "xzy" for i in (1, 2, 3)]
    model = "\n".join(f"{name.upper()} =~ {name}1 + {name}2 + {name}3" for name in "xzy")
    return pd.DataFrame(np.hstack(parts), columns=names), f"{model}\nY ~ X + Z + X:Z"


def constructs(factors: int = 12, n: int = 240, seed: int = 1) -> tuple[pd.DataFrame, str]:
    """Factors with three indicators each, every factor but the first predicted by the two before it."""
    rng = np.random.default_rng(seed)
    eta = np.zeros((n, factors))
    for k in range(factors):
        eta[:, k] = 0.4 * eta[:, max(k - 2, 0) : k].sum(axis=1) + rng.standard_normal(n)
    y = np.repeat(eta, 3, axis=1) + 0.7 * rng.standard_normal((n, 3 * factors))
    names = _names(3 * factors)
    lines = [f"f{k + 1} =~ " + " + ".join(names[3 * k : 3 * k + 3]) for k in range(factors)]
    lines += [
        f"f{k + 1} ~ " + " + ".join(f"f{j + 1}" for j in range(max(k - 2, 0), k)) for k in range(1, factors)
    ]
    return pd.DataFrame(y, columns=names), "\n".join(lines)


TASKS = (
    Task("ml60", "60 items, 6 factors, N = 500, ML", correlated_factors),
    Task("third60", "third-order CFA, 60 items, N = 500, ML", third_order),
    Task("mlr60", "60 items, MLR", correlated_factors, options={"estimator": "MLR"}, peers=("lavaan",)),
    Task(
        "wlsmv60",
        "60 ordered items, WLSMV",
        ordinal,
        options={"estimator": "WLSMV", "ordered": True},
        peers=("lavaan",),
    ),
    Task("poly60", "polychoric matrix, 60 items", ordinal, kind="polychoric", peers=("lavaan", "semopy")),
    Task("sam12", "SAM, 12 constructs, N = 240", constructs, kind="sam", peers=("lavaan",)),
    Task("fiml60", "60 items, 10 % missing, FIML", incomplete, options={"missing": "fiml"}, peers=()),
    Task("wide", "wide triads, 300 × 60, 18 factors, equalities", wide_triads, peers=("lavaan",)),
    Task(
        "modindices60", "all modification indices", correlated_factors, kind="modification", peers=("lavaan",)
    ),
    Task(
        "twolevel8",
        "two-level saturated moments, 8 groups of 80 clusters × 5",
        clustered_groups,
        kind="saturated",
        peers=("em",),
    ),
    Task(
        "bootstrap60",
        "1,000 bootstrap fits, 60 items, ML",
        correlated_factors,
        kind="bootstrap",
        peers=("lavaan",),
        share=0.02,
    ),
    Task(
        "products1000",
        "1,000 bootstrap fits of a mediated model with product indicators, N = 240",
        moderated_mediation,
        kind="bootstrap",
        peers=(),
    ),
    Task(
        "products1000sam",
        "1,000 bootstrap fits of the same model in two steps",
        moderated_mediation,
        kind="resampled",
        peers=(),
    ),
    Task(
        "lms1000",
        "1,000 bootstrap fits by LMS, nine indicators, N = 300",
        moderated,
        kind="resampled",
        options={"interactions": "lms"},
        peers=(),
    ),
    Task(
        "lms300",
        "LMS, nine indicators, N = 300",
        moderated,
        options={"interactions": "lms"},
        peers=("modsem",),
    ),
    Task(
        "lms2000",
        "LMS, nine indicators, N = 2,000",
        partial(moderated, 2000),
        options={"interactions": "lms"},
        peers=("modsem",),
    ),
    Task(
        "qml300",
        "QML, nine indicators, N = 300",
        moderated,
        options={"interactions": "qml"},
        peers=("modsem",),
    ),
    Task(
        "qml2000",
        "QML, nine indicators, N = 2,000",
        partial(moderated, 2000),
        options={"interactions": "qml"},
        peers=("modsem",),
    ),
)
