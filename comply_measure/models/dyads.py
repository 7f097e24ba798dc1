"""Dyads of two roles: what was measured in both, as a row per unit, and the actor-partner model as text.

With predictors x and an outcome y as roles 1 and 2 see or report them,

    y₁ = i₁ + Σ a₁ x₁ + Σ p₁ x₂ + ε₁,    y₂ = i₂ + Σ a₂ x₂ + Σ p₂ x₁ + ε₂,

a the actor, p the partner effects, Cov(ε₁, ε₂) free (Kenny, Kashy & Cook, 2006, ch. 7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from comply_measure.errors import InputError, Problem
from comply_measure.sem.language.quoting import quoted
from comply_measure.statistics.words import did_you_mean
from comply_measure.tables.numbers import number_problems
from comply_measure.tables.wide import wide_column, wide_frame

HEADLINE = "The actor-partner model cannot be fitted."


@dataclass(frozen=True, slots=True)
class Measure:
    """A variable with what measures it in each role: one column, or several indicators of a factor."""

    name: str
    items: tuple[str, ...]

    @property
    def latent(self) -> bool:
        """Whether it is a factor."""
        return len(self.items) > 1

    def of(self, role: str) -> str:
        """Its name in one role, for model text."""
        return quoted(wide_column(self.name if self.latent else self.items[0], role))


@dataclass(frozen=True, eq=False)
class Dyads:
    """Units with two roles.

    Attributes
    ----------
    table : DataFrame
        A row per unit with a value, ``column.role``.
    roles : tuple of str
        The two roles.
    predictors : tuple of Measure
    outcome : Measure
    n_pairs : int
        Units with values of both roles.
    notes : tuple of str
    """

    table: pd.DataFrame
    roles: tuple[str, str]
    predictors: tuple[Measure, ...]
    outcome: Measure
    n_pairs: int
    notes: tuple[str, ...] = ()


def measures(given: str | Sequence[str] | Mapping[str, Sequence[str]], what: str) -> tuple[Measure, ...]:
    """Variables as a caller writes them: a column, several, or names with their columns.

    Raises
    ------
    InputError
        When nothing is named.
    """
    if isinstance(given, Mapping):
        found = tuple(
            Measure(str(name), (columns,) if isinstance(columns, str) else tuple(columns))
            for name, columns in given.items()
        )
    else:
        found = tuple(Measure(name, (name,)) for name in ([given] if isinstance(given, str) else given))
    if not found or not all(each.items for each in found):
        allowed = "a column, or a mapping of a name to its items"
        raise InputError(HEADLINE, [Problem("nothing is named", column=what, allowed=allowed)])
    return found


def dyads(
    data: pd.DataFrame,
    predictors: tuple[Measure, ...],
    outcome: Measure,
    roles: Sequence[str] | None,
    keep: Sequence[str] = (),
) -> Dyads:
    """Units with two roles from a row per informant.

    Several informants of a role in one unit count as their mean.

    Raises
    ------
    InputError
        For missing or other than numeric columns, roles that are not two of the data, a role without answers, a
        column without variance in one role, and fewer units with both roles than the model has variables plus two.
    """
    names = list(dict.fromkeys(item for each in (*predictors, outcome) for item in each.items))
    _require_columns(data, names, keep)
    pair = _two(roles, data["role"])
    rows = data[data["role"].isin(pair)]
    double = rows.duplicated(["unit", "role"], keep=False)
    notes = []
    if double.any():
        n = len(rows[double].drop_duplicates(["unit", "role"]))
        notes.append(f"several informants of one role in {n} places: their mean is taken")
        how = dict.fromkeys(names, "mean") | dict.fromkeys(keep, "first")
        rows = rows.groupby(["unit", "role"], sort=False, as_index=False).agg(how)
    wide = wide_frame(rows, names, pair, keep)
    wide = wide[[*(wide_column(name, role) for role in pair for name in names), *keep]]
    blocks = {role: wide[[wide_column(name, role) for name in names]] for role in pair}
    present = {role: block.notna().any(axis=1) for role, block in blocks.items()}
    problems = [
        Problem("no informant of this role has a value", column="role", value=role)
        for role in pair
        if not present[role].any()
    ]
    problems += [
        Problem("no variance", column=str(column), allowed="two different values or more")
        for role, block in blocks.items()
        for column in block
        if present[role].any() and block[column].nunique() < 2
    ]
    both = int((present[pair[0]] & present[pair[1]]).sum())
    least = 2 * len(names) + 2
    if not problems and both < least:
        problems = [Problem("units with both roles", value=both, allowed=f"{least} or more for this model")]
    if problems:
        raise InputError(HEADLINE, problems)
    table = wide[present[pair[0]] | present[pair[1]]].reset_index(drop=True)
    return Dyads(table, pair, predictors, outcome, both, tuple(notes))


def _require_columns(data: pd.DataFrame, names: Sequence[str], keep: Sequence[str]) -> None:
    wanted = ("unit", "role", *names, *keep)
    missing = [Problem("column is missing", column=name) for name in wanted if name not in data.columns]
    problems = missing or number_problems(data, names)
    if problems:
        raise InputError(HEADLINE, problems)


def _two(roles: Sequence[str] | None, column: pd.Series) -> tuple[str, str]:
    known = [str(role) for role in dict.fromkeys(column.dropna())]
    if roles is None:
        if len(known) != 2:
            problem = Problem("say which two roles", column="roles", allowed=", ".join(known) or "two roles")
            raise InputError(HEADLINE, [problem])
        return known[0], known[1]
    asked = [roles] if isinstance(roles, str) else [str(role) for role in roles]
    problems = [
        Problem(
            f"no such role{did_you_mean(role, known)}", column="roles", value=role, allowed=", ".join(known)
        )
        for role in asked
        if role not in known
    ]
    if not problems and len(set(asked)) != 2:
        problems = [
            Problem("not two roles", column="roles", value=", ".join(asked), allowed=", ".join(known))
        ]
    if problems:
        raise InputError(HEADLINE, problems)
    return asked[0], asked[1]


@dataclass(frozen=True, slots=True)
class DyadModel:
    """Text of the model of two roles, its parts labelled.

    Labels end with the number of the role (of the outcome, for effects) and the place of the predictor: ``a1_2`` is
    the actor effect of the third predictor on the outcome of role 1. ``p`` partner effect, ``m`` mean, ``v`` variance,
    ``w`` covariance of two predictors within a role, ``c`` between roles; ``i`` intercept and ``e`` residual variance
    of the outcome.
    """

    dyads: Dyads

    def text(self, *, paths: bool = True, loadings: bool = True, intercepts: bool = True) -> str:
        """The model: with paths, or with means and covariances alone; factors with equal loadings and intercepts."""
        measured = [each for each in (*self.dyads.predictors, self.dyads.outcome) if each.latent]
        lines = [line for each in measured for line in self._measurement(each, loadings, intercepts)]
        lines += self._moments(intercepts)
        lines += self._paths(intercepts) if paths else self._outcome_moments(intercepts)
        return "\n".join(lines)

    def _measurement(self, each: Measure, loadings: bool, intercepts: bool) -> Iterator[str]:
        """A factor per role; the first loading 1, residuals of one item covary between roles."""
        first, second = self.dyads.roles
        for r, role in enumerate((first, second), start=1):
            sides = []
            for j, item in enumerate(each.items):
                name = quoted(wide_column(item, role))
                label = f"l_{each.name}_{j}" if loadings else f"l{r}_{each.name}_{j}"
                sides.append(f"1*{name}" if j == 0 else f"{_label(label)}*{name}")
                level = f"t_{each.name}_{j}" if intercepts else f"t{r}_{each.name}_{j}"
                yield f"{name} ~ {_label(level)}*1"
            yield f"{each.of(role)} =~ {' + '.join(sides)}"
        for item in each.items:
            yield f"{quoted(wide_column(item, first))} ~~ {quoted(wide_column(item, second))}"

    def _moments(self, intercepts: bool) -> Iterator[str]:
        """Means, variances and covariances of the predictors."""
        predictors, (first, second) = self.dyads.predictors, self.dyads.roles
        for k, each in enumerate(predictors):
            for r, role in enumerate((first, second), start=1):
                yield f"{each.of(role)} ~~ v{r}_{k}*{each.of(role)}"
                yield f"{each.of(role)} ~ {self._mean(each, r, f'm{r}_{k}', intercepts)}*1"
            yield f"{each.of(first)} ~~ {each.of(second)}"
        for (k, one), (l, other) in combinations(enumerate(predictors), 2):
            yield f"{one.of(first)} ~~ w1_{k}_{l}*{other.of(first)}"
            yield f"{one.of(second)} ~~ w2_{k}_{l}*{other.of(second)}"
            yield f"{one.of(first)} ~~ c1_{k}_{l}*{other.of(second)}"
            yield f"{one.of(second)} ~~ c2_{k}_{l}*{other.of(first)}"

    @staticmethod
    def _mean(each: Measure, r: int, label: str, intercepts: bool) -> str:
        """Label of a mean; of a factor 0 for role 1, and for both where intercepts of items differ."""
        return "0" if each.latent and (r == 1 or not intercepts) else label

    def _paths(self, intercepts: bool) -> Iterator[str]:
        y, roles = self.dyads.outcome, self.dyads.roles
        for r, role in enumerate(roles, start=1):
            partner = roles[2 - r]
            sides = []
            for k, each in enumerate(self.dyads.predictors):
                sides += [f"a{r}_{k}*{each.of(role)}", f"p{r}_{k}*{each.of(partner)}"]
            yield f"{y.of(role)} ~ {' + '.join(sides)}"
            yield f"{y.of(role)} ~ {self._mean(y, r, f'i{r}', intercepts)}*1"
            yield f"{y.of(role)} ~~ e{r}*{y.of(role)}"
        yield f"{y.of(roles[0])} ~~ {y.of(roles[1])}"

    def _outcome_moments(self, intercepts: bool) -> Iterator[str]:
        y, roles = self.dyads.outcome, self.dyads.roles
        for r, role in enumerate(roles, start=1):
            yield f"{y.of(role)} ~~ e{r}*{y.of(role)}"
            yield f"{y.of(role)} ~ {self._mean(y, r, f'i{r}', intercepts)}*1"
            for each in self.dyads.predictors:
                yield f"{y.of(role)} ~~ {each.of(roles[0])} + {each.of(roles[1])}"
        yield f"{y.of(roles[0])} ~~ {y.of(roles[1])}"

    def equalities(self) -> dict[str, tuple[str, ...]]:
        """What roles may have in common, each as constraints on the labels."""
        predictors = self.dyads.predictors
        each = range(len(predictors))
        pairs = list(combinations(each, 2))
        means = tuple(f"m2_{k} == " + ("0" if predictors[k].latent else f"m1_{k}") for k in each)
        found = {
            "actor": tuple(f"a1_{k} == a2_{k}" for k in each),
            "partner": tuple(f"p1_{k} == p2_{k}" for k in each),
            "means": means,
            "variances": tuple(f"v1_{k} == v2_{k}" for k in each),
            "covariances": tuple(f"{s}1_{k}_{l} == {s}2_{k}_{l}" for k, l in pairs for s in "wc"),
            "intercepts": ("i2 == 0" if self.dyads.outcome.latent else "i1 == i2",),
            "residual_variances": ("e1 == e2",),
        }
        return {name: constraints for name, constraints in found.items() if constraints}


def _label(text: str) -> str:
    """A label without characters that the model language reads as something else."""
    return "".join(letter if letter.isalnum() or letter == "_" else f"_{ord(letter)}_" for letter in text)
