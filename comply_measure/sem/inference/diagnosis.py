"""Named problems of a fit: what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from comply_measure.sem.implied import Implied
from comply_measure.sem.language.expressions import why_undefined
from comply_measure.sem.language.records import Product
from comply_measure.sem.model import Model
from comply_measure.sem.optimise import Optimum
from comply_measure.sem.table.namespace import Namespace

LOWER_ELSEWHERE = 0.01  # difference in χ² by which a search that found no optimum must have gone lower
TOLERANCE = 1.8e-12  # eigenvalues above minus this count as not negative (as lavaan: ε^¾)


@dataclass(frozen=True)
class Finding:
    """One problem.

    Attributes
    ----------
    code : str
        Short key, such as ``heywood`` or ``not_converged``.
    message : str
        What was found, with the names concerned.
    advice : str
        What a user can do.
    serious : bool
        Whether estimates or tests should not be trusted because of it.
    """

    code: str
    message: str
    advice: str = ""
    serious: bool = True

    def __str__(self) -> str:
        return f"{self.message}; {self.advice}" if self.advice else self.message


def few_clusters(n_clusters: int, n_parameters: int, of: str = "") -> Finding | None:
    """A finding when robust standard errors of so many parameters rest on fewer clusters; None otherwise.

    The outer product of C cluster scores has rank C − 1 at most, so that a covariance matrix of q ≥ C parameters is
    singular and joint tests do not exist.

    Parameters
    ----------
    n_clusters, n_parameters : int
        Clusters that were drawn independently; free parameters, less equality constraints.
    of : str
        Which parameters, where these are not all.
    """
    if n_clusters > n_parameters:
        return None
    return Finding(
        "few_clusters",
        f"{n_clusters} clusters for {n_parameters} parameters{of}",
        "standard errors and tests that rest on clusters cannot be trusted: fit smaller models",
    )


def cluster_findings(model: Model) -> Iterator[Finding]:
    """Too few clusters for inference that rests on them (models of one level)."""
    codes = [group.cluster for group in model.sample.groups if group.cluster is not None]
    if codes:
        found = few_clusters(sum(len(np.unique(code)) for code in codes), model.n_parameters)
        if found is not None:
            yield found


def no_fit_findings(model: Model, reason: str, unidentified: Sequence[int]) -> Iterator[Finding]:
    """Why a model has no test of fit, and no standard errors where it is not identified."""
    if unidentified:
        names = model.free_names()
        involved = ", ".join(names[i] for i in unidentified[:8])
        of_products = ""
        if any(isinstance(name, Product) for names in model.table.variables for name in names.latent):
            of_products = " when covariances of products with other variables are zero, as of normal ones"
        yield Finding(
            "not_identified",
            f"the information matrix is singular{of_products}; the data do not separate: {involved}",
            "fix a loading or variance per factor, or drop parameters; no standard errors and no fit are given",
        )
    if model.df < 0:
        message = f"{model.n_parameters} parameters for {model.n_moments} moments"
        yield Finding("negative_df", message, "fix or equate parameters; no fit is given")
    elif reason and not unidentified:
        yield Finding("no_test", f"no test of fit: {reason}", "more cases or fewer variables are needed")


def error_findings(model: Model, vcov: np.ndarray | None) -> Iterator[Finding]:
    """Free parameters of an identified model that have no standard error."""
    if vcov is None:
        word = "outer product of the scores" if model.options.se == "first.order" else "information matrix"
        yield Finding(
            "no_standard_errors",
            f"no standard errors: the {word} is singular",
            "fewer parameters, more cases or clusters, or another kind of standard errors",
        )
        return
    bad = np.flatnonzero(~(vcov.diagonal() >= 0.0))
    if len(bad):
        names = model.free_names()
        yield Finding(
            "no_standard_errors",
            f"no standard error (its square is negative): {', '.join(names[i] for i in bad[:8])}",
            "the information matrix is not positive definite at the estimates: check the model",
        )


def definition_findings(model: Model, theta: np.ndarray) -> Iterator[Finding]:
    """Defined parameters without a value or a standard error, with the reason."""
    relations = [relation for relation in model.table.relations if relation.op == ":="]
    if not relations:
        return
    values = Namespace(model.table, model.fixed_values).at(theta)
    for relation in relations:
        found = values[relation.lhs]
        if not np.isfinite(found.value):
            reason = why_undefined(relation.right, values, len(found.gradient)) or "not a finite number"
            yield Finding("undefined", f"{relation.lhs} := {relation.rhs} is not defined: {reason}")
        elif not np.isfinite(found.gradient).all():
            message = f"{relation.lhs} := {relation.rhs} has no standard error: no finite derivative there"
            yield Finding("undefined", message)


def remedy_finding(n: float, optimum: Optimum) -> Finding:
    """What led to an optimum that the first search did not find, and whether another search went below it.

    Parameters
    ----------
    n : int
        Number of cases.
    optimum : Optimum
        With its remedy.
    """
    message = "beside the optimum"
    if optimum.remedy:
        what = "this end was reached" if optimum.endless else "the optimum was found"
        message = f"the first search failed or ended higher; {what} with {optimum.remedy}"
    below = n * optimum.below
    if not is_lower_elsewhere(n, optimum):
        return Finding("search_remedy", message, serious=False)
    message += f", a search without end went {below:.2f} below its χ²"
    advice = "a variance may fall without bound; consider bounds='pos.var' or a simpler model"
    return Finding("search_remedy", message, advice)


def admissible_finding(n: float, optimum: Optimum) -> Iterator[Finding]:
    """That an admissible optimum lies above this inadmissible one, and by how much; nothing where none was found."""
    above = n * optimum.admissible_above
    if above >= LOWER_ELSEWHERE:
        yield Finding(
            "inadmissible_optimum",
            f"the optimum with the lowest χ² is inadmissible; χ² is {above:.2f} higher at an admissible one",
            "the data hardly determine the model: a larger sample or a simpler model decides between them; "
            "bounds='pos.var' keeps variances possible",
            serious=False,
        )


def is_lower_elsewhere(n: float, optimum: Optimum) -> bool:
    """Whether a search that found no optimum went below this one by more than rounding."""
    return n * optimum.below >= LOWER_ELSEWHERE


def endless_finding(optimum: Optimum) -> Finding:
    """That the search found no minimum, which parameters are held, and what was tried.

    Parameters
    ----------
    optimum : Optimum
        With ``endless``.
    """
    verdict = (
        f"there is no finite optimum: {optimum.proof}" if optimum.proof else "no finite optimum was found"
    )
    message = (
        f"{verdict}: χ² falls without end, by less and less, as parameters grow; "
        f"held where it falls no further: {', '.join(optimum.binding)}"
    )
    if optimum.searched:
        message += f"; tried: {optimum.searched}"
    found = "" if optimum.proof else "this is what the search found, no proof that there is none; "
    advice = (
        f"{found}no standard errors are given, and estimates mean little: simplify the model, or fit it with "
        "bounds='pos.var' or 'wide'"
    )
    return Finding("no_finite_optimum", message, advice)


def admissibility(model: Model, implied: list[Implied]) -> Iterator[Finding]:
    """Negative variances and covariance matrices that are not positive definite.

    Parameters
    ----------
    model : Model
        The model.
    implied : list of Implied
        Moments at the optimum, one per group.
    """
    for number, at in enumerate(implied):
        group = model.sample.groups[number].name
        place = f" in group '{group}'" if group else ""
        yield from _negative_variances(model, at, number, place)
        yield from _latent_matrix(at, place)
        yield from _residual_matrix(at, place)


def _negative_variances(model: Model, at: Implied, number: int, place: str) -> Iterator[Finding]:
    table = model.table
    values = at.theta
    latent = set(table.variables[number].latent)
    found: dict[bool, list[str]] = {True: [], False: []}
    for row in np.flatnonzero((table.group == number + 1) & (table.free > 0)):
        if table.op[row] != "~~" or table.lhs[row] != table.rhs[row]:
            continue
        value = values[table.free[row] - 1 - at.layout.first]
        if value < 0.0:
            found[table.lhs[row] in latent].append(f"{table.lhs[row]} ({value:.3g})")
    if found[False]:
        names = ", ".join(found[False])
        advice = "a Heywood case: the model may be wrong or the sample too small for it"
        yield Finding("heywood", f"negative residual variance{place}: {names}", advice)
    if found[True]:
        names = ", ".join(found[True])
        advice = "check the model, or whether a factor is needed at all"
        yield Finding("negative_latent_variance", f"negative latent variance{place}: {names}", advice)


def _latent_matrix(at: Implied, place: str) -> Iterator[Finding]:
    layout = at.layout
    keep = [i for i, name in enumerate(layout.sources) if name not in layout.observed]
    if not keep:
        return
    V = at.V[np.ix_(keep, keep)]
    smallest = float(np.linalg.eigvalsh(V)[0])
    if smallest < -TOLERANCE:
        names = _involved(V, [layout.sources[i] for i in keep])
        yield Finding(
            "latent_covariance",
            f"covariance matrix of the latent variables{place} is not positive definite "
            f"(eigenvalue {smallest:.3g}; {names})",
            "look for correlations above 1 between latent variables, or negative variances",
        )


def _residual_matrix(at: Implied, place: str) -> Iterator[Finding]:
    theta = at.layout.residuals.at(at.theta)
    off = np.count_nonzero(theta) - np.count_nonzero(theta.diagonal())
    if not off:
        return
    keep = np.flatnonzero(np.any(theta, axis=1))
    block = theta[np.ix_(keep, keep)]
    smallest = float(np.linalg.eigvalsh(block)[0])
    if smallest < -TOLERANCE and block.diagonal().min() >= 0.0:
        names = _involved(block, [at.layout.observed[i] for i in keep])
        yield Finding(
            "residual_covariance",
            f"residual covariance matrix{place} is not positive definite "
            f"(eigenvalue {smallest:.3g}; {names})",
            "look for residual correlations above 1",
        )


def _involved(matrix: np.ndarray, names: list[str]) -> str:
    _, vectors = np.linalg.eigh(matrix)
    weights = np.abs(vectors[:, 0])
    return ", ".join(name for name, w in zip(names, weights, strict=True) if w > 0.3 * weights.max())
