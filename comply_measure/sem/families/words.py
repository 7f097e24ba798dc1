"""The words of the front door that a family of estimation can honour."""

from __future__ import annotations

from dataclasses import dataclass

SECOND_ORDER = ("mean.var.adjusted", "scaled.shifted")
INDEPENDENT = ("standard", "robust.sem.nt")  # errors that take cases for independent
INFORMATION = ("expected", "observed", "first.order")


@dataclass(frozen=True, slots=True)
class Words:
    """The words that go with a family.

    Attributes
    ----------
    place : str
        How a message names it, after "not with".
    missing, se, test, information : tuple of str
        What it can honour.
    robust : str
        What ``se="robust"`` means for an estimator that has no robust errors of its own.
    usual_information : str or None
        Its information unless asked; None leaves the choice to the estimator and its errors.
    own : tuple of str or None
        Standard errors and test that come with it whatever the estimator's are.
    estimators : tuple of str
        The only estimators it takes; empty where every one with its discrepancy will do.
    clustered_second_order : bool
        Whether tests that need tr((UΓ)²) go with clusters.
    no_clusters : tuple of str
        Treatments of missing values that do not go with clusters.
    weights : bool
        Whether sampling weights can be had.
    weighs_by_gamma : bool
        Whether the inverse of Γ, sampling weights counted in, weighs the moments: nothing is left to correct.
    own_gamma : bool
        Whether the covariance of its sample statistics is no normal-theory one, so that an estimator whose usual
        test rests on that has the standard one here.
    """

    place: str
    missing: tuple[str, ...]
    se: tuple[str, ...]
    test: tuple[str, ...]
    information: tuple[str, ...]
    robust: str = "robust.sem"
    usual_information: str | None = None
    own: tuple[str, str] | None = None
    estimators: tuple[str, ...] = ()
    clustered_second_order: bool = False
    no_clusters: tuple[str, ...] = ()
    weights: bool = False
    weighs_by_gamma: bool = False
    own_gamma: bool = False
