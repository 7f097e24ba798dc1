"""Multiple imputation of informants' answers."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from comply_measure.errors import InputError, Problem
from comply_measure.measurement.frames import check_scales, item_values
from comply_measure.measurement.missingness.matching import Chain, impute_chain
from comply_measure.measurement.moments import Floats
from comply_measure.measurement.threads import single_threaded
from comply_measure.results import Result
from comply_measure.statistics.reasons import with_reasons
from comply_measure.statistics.words import counted

RoleUse = Literal["indicators", "within"]
CASES_PER_PREDICTOR = 2
NOTES = (
    "missing at random given the other answers and the role is assumed",
    "answers of the other informants of a unit are not used as predictors",
)


@dataclass(frozen=True)
class MultipleImputation(Result):
    """Completed data sets.

    Attributes
    ----------
    data : DataFrame
        As given.
    items : tuple of str
        Columns that were imputed.
    rows, columns : ndarray of int, shape (c,)
        Cells that were imputed: positions of row and item.
    imputed : ndarray, shape (m, c)
        Their values.
    trace : ndarray, shape (m, n_iterations, p)
        Means of the imputed values of every item after every pass.
    seed : int
    role : str or None
    role_use : str
    notes : tuple of str
        Assumptions, and what could not be imputed.
    """

    data: pd.DataFrame
    items: tuple[str, ...]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    imputed: Floats
    trace: Floats
    seed: int
    role: str | None
    role_use: str
    notes: tuple[str, ...]

    @property
    def n_imputations(self) -> int:
        """Number of completed data sets."""
        return len(self.imputed)

    def completed(self, number: int) -> pd.DataFrame:
        """The data with the cells of one imputation filled in; numbers count from 0."""
        values = item_values(self.data, self.items).T.copy()
        values[self.columns, self.rows] = self.imputed[number]
        completed: dict[Hashable, Floats] = dict(zip(self.items, values, strict=True))
        columns = [completed.get(name, column) for name, column in self.data.items()]
        return pd.DataFrame(dict(enumerate(columns)), index=self.data.index).set_axis(
            self.data.columns, axis=1
        )

    def frames(self) -> Iterator[pd.DataFrame]:
        """All completed data sets, one after the other."""
        return (self.completed(number) for number in range(self.n_imputations))

    def tidy(self) -> pd.DataFrame:
        """One row per item.

        Columns: item, n_missing, share_missing, n_imputed (cells of every data set), mean_observed, mean_imputed,
        rhat (Gelman & Rubin's reduction factor of the imputed means over the second half of the passes),
        n_informants, n_imputations, reason (why cells are empty).
        """
        values = item_values(self.data, self.items)
        rows = []
        for j, item in enumerate(self.items):
            gaps = np.isnan(values[:, j])
            mine = self.columns == j
            seen = values[~gaps, j]
            rows.append(
                {
                    "item": item,
                    "n_missing": int(gaps.sum()),
                    "share_missing": float(gaps.mean()),
                    "n_imputed": int(mine.sum()),
                    "mean_observed": float(seen.mean()) if len(seen) else math.nan,
                    "mean_imputed": float(self.imputed[:, mine].mean()) if mine.any() else math.nan,
                    "rhat": potential_scale_reduction(self.trace[:, :, j]),
                }
            )
        table = pd.DataFrame(rows).assign(n_informants=len(values), n_imputations=self.n_imputations)
        return with_reasons(
            table,
            {
                "mean_observed": "no answers",
                "mean_imputed": "nothing imputed",
                "rhat": "nothing imputed, fewer than 4 passes, or imputed means that do not vary",
            },
        )


def potential_scale_reduction(chains: Floats) -> float:
    """R̂ of Gelman & Rubin (1992) over the second half of m chains, shape (m, n_iterations).

    ``√[((L − 1)/L · W + B/L) / W]`` with W the mean variance within and B = L times the variance between chains;
    NaN for fewer than two chains or kept passes, or without variance.
    """
    kept = chains[:, chains.shape[1] // 2 :]
    m, length = kept.shape
    if m < 2 or length < 2 or not np.isfinite(kept).all():
        return math.nan
    within = float(kept.var(axis=1, ddof=1).mean())
    between = float(kept.mean(axis=1).var(ddof=1))
    if within <= 0:
        return math.nan
    return math.sqrt(((length - 1) / length * within + between) / within)


def multiple_imputation(
    data: pd.DataFrame,
    items: Sequence[str],
    *,
    seed: int,
    n_imputations: int = 20,
    n_iterations: int = 10,
    donors: int = 5,
    role: str | None = "role",
    role_use: RoleUse = "indicators",
    auxiliary: Sequence[str] = (),
    n_jobs: int = 1,
) -> MultipleImputation:
    """Impute missing answers several times by chained predictive mean matching.

    Imputed answers are answers that other informants gave, so the bounds and steps of the scale are kept. Every
    data set has its own stream of random numbers: the result depends on the seed, not on the number of workers.

    Parameters
    ----------
    data : DataFrame
        One row per informant.
    items : sequence of str
        Items to impute; each is predicted from all others.
    seed : int
    n_imputations, n_iterations, donors : int
        Data sets, passes over the items, candidates per missing answer.
    role : str, optional
        Column of the informants' roles; None for one kind of informant.
    role_use : {"indicators", "within"}
        ``indicators``: roles may differ in their means; ``within``: each role is imputed by itself, so that
        relations between items may differ too. Roles with fewer than two informants per predictor fall
        back on the former, and the notes say so.
    auxiliary : sequence of str
        Complete numeric columns that also predict; with them, informants without any answer are imputed, too.
    n_jobs : int
        Cores; −1 for all.

    Returns
    -------
    MultipleImputation
        Informants without any answer, items nobody answered and items no informant of a role answered stay
        missing; the notes count them.

    Raises
    ------
    InputError
        For absent or non-numeric columns, missing roles, incomplete auxiliary columns or impossible options.
    """
    _check(data, items, role, role_use, auxiliary, (n_imputations, n_iterations, donors))
    values = item_values(data, items)
    if np.isnan(values).all():
        fault = Problem("nobody answered any of the items", value=len(items))
        raise InputError("Answers cannot be imputed.", [fault])
    roles = pd.factorize(data[role])[0] if role else np.zeros(len(data), dtype=np.intp)
    extra = item_values(data, auxiliary) if auxiliary else np.empty((len(data), 0))
    plan = _Plan(values, roles, extra, role_use == "within", n_iterations, donors)
    seeds = np.random.SeedSequence(seed).spawn(n_imputations)
    if n_jobs == 1:
        chains = [plan.run(one) for one in seeds]
    else:
        from joblib import Parallel, delayed

        chains = Parallel(n_jobs=n_jobs)(delayed(plan.run)(one) for one in seeds)
    rows, columns = np.nonzero(plan.imputable)
    return MultipleImputation(
        data.copy(),
        tuple(items),
        rows,
        columns,
        np.array([chain.values[rows, columns] for chain in chains]),
        np.array([chain.trace for chain in chains]),
        seed,
        role,
        role_use,
        (*NOTES, *plan.remarks(list(items), list(pd.unique(data[role])) if role else [])),
    )


class _Plan:
    """Which cells are imputed, from which rows."""

    def __init__(
        self,
        values: Floats,
        roles: NDArray[np.intp],
        extra: Floats,
        within: bool,
        n_iterations: int,
        donors: int,
    ) -> None:
        self.values, self.roles, self.extra = values, roles, extra
        self.n_iterations, self.donors = n_iterations, donors
        answers = np.hstack([values, extra])
        self.present = np.asarray(np.isfinite(answers).any(axis=1), dtype=np.bool_)
        n_roles = int(roles.max(initial=0)) + 1
        members = [self.present & (roles == r) for r in range(n_roles)]
        answered = np.array([(~np.isnan(values[m])).any(axis=0) for m in members])
        self.imputable = np.isnan(values) & self.present[:, None] & answered[roles]
        self.unasked = np.argwhere(~answered)
        need = CASES_PER_PREDICTOR * (values.shape[1] + extra.shape[1])
        self.thin = bool(self.present.sum() < need)
        self.small = [r for r, m in enumerate(members) if within and m.sum() < need]
        own = [m for r, m in enumerate(members) if within and r not in self.small]
        self.parts = [(m, m) for m in own]
        rest = [m for r, m in enumerate(members) if not within or r in self.small]
        if rest:
            self.parts.append((self.present, np.any(rest, axis=0)))

    @single_threaded
    def run(self, seed: np.random.SeedSequence) -> Chain:
        """One completed data set."""
        rng = np.random.default_rng(seed)
        out = self.values.copy()
        traces = []
        for fitted, taken in self.parts:
            codes = np.unique(self.roles[fitted])
            flags = (self.roles[fitted, None] == codes[1:]).astype(np.float64)
            fixed = np.hstack([self.extra[fitted], flags])
            chain = impute_chain(self.values[fitted], fixed, self.n_iterations, self.donors, rng)
            out[taken] = chain.values[taken[fitted]]
            traces.append(chain.trace)
        known = np.isfinite(traces)
        total, count = np.where(known, traces, 0.0).sum(axis=0), known.sum(axis=0)
        return Chain(out, np.where(count > 0, total / np.maximum(count, 1), np.nan))

    def remarks(self, items: Sequence[str], roles: Sequence[object]) -> list[str]:
        """What could not be imputed, and which roles were too small."""
        found = []
        empty = int((~self.present).sum())
        if empty:
            found.append(
                counted(
                    empty,
                    "informant without any answer stays missing",
                    "informants without any answer stay missing",
                )
            )
        for r in np.unique(self.unasked[:, 0]):
            who = f"nobody in the role {roles[r]}" if len(roles) else "nobody"
            names = ", ".join(items[j] for j in self.unasked[self.unasked[:, 0] == r, 1])
            found.append(f"{who} answered, so that they stay missing: {names}")
        if self.small:
            names = ", ".join(str(roles[r]) for r in self.small)
            found.append(f"too few informants to be imputed by themselves: {names}")
        if self.thin:
            found.append("fewer than two informants per predictor: imputed values vary too little")
        return found


def _check(
    data: pd.DataFrame,
    items: Sequence[str],
    role: str | None,
    role_use: str,
    auxiliary: Sequence[str],
    sizes: tuple[int, int, int],
) -> None:
    check_scales(data, {"items": list(items)} | ({"auxiliary": list(auxiliary)} if auxiliary else {}), [role])
    problems = [
        Problem("too small", column=name, value=value, allowed=f"at least {least}")
        for name, value, least in zip(
            ("n_imputations", "n_iterations", "donors"), sizes, (2, 1, 1), strict=True
        )
        if value < least
    ]
    if role_use not in ("indicators", "within"):
        problems.append(
            Problem("unknown use of roles", column="role_use", value=role_use, allowed="indicators, within")
        )
    if role is not None and data[role].isna().any():
        without = counted(int(data[role].isna().sum()), "informant has", "informants have")
        problems.append(Problem(f"{without} no role", column=role))
    problems += [
        Problem("auxiliary columns must be complete", column=name)
        for name in auxiliary
        if data[name].isna().any()
    ]
    problems += [
        Problem("both an item and auxiliary", column=name) for name in auxiliary if name in set(items)
    ]
    if problems:
        raise InputError("The answers cannot be imputed.", problems)
