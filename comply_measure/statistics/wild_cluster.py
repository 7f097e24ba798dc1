r"""Wild cluster bootstrap of contrasts of least squares: tests and intervals for few clusters.

Under ``ℓ'β = θ`` the restricted fit β̃ leaves residuals ũ; every cluster's residuals are multiplied by one random
weight of mean 0 and variance 1, the model is fitted to ``Xβ̃ + wũ``, and ``t* = (ℓ'β̂* − θ)/se*`` is put beside t
(Cameron, Gelbach & Miller 2008), both with CR2 errors. Weights are ±1 (Rademacher), below 12 clusters Webb's six points
(Webb 2023), since 2^(C − 1) patterns are then too few. The interval holds every θ that the test does not reject.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from comply_measure.statistics.arrays import Floats, group_sums
from comply_measure.statistics.cluster_robust import ClusterRobust, Codes, cluster_robust

#: Below this many clusters the weights are Webb's.
_FEW = 12
_WEBB = np.sqrt([0.5, 1.0, 1.5])
_STEPS = 40


@dataclass(frozen=True, slots=True)
class WildContrast:
    """Test and interval of one contrast.

    Attributes
    ----------
    estimate, se, p, lower, upper : float
        CR2 error; p and interval of the bootstrap. NaN where the error is zero.
    weights : str
        ``Rademacher`` or ``Webb``.
    """

    estimate: float
    se: float
    p: float
    lower: float
    upper: float
    weights: str


def wild_cluster(
    X: Floats,
    y: Floats,
    codes: Codes,
    contrasts: Floats,
    *,
    replications: int = 999,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> tuple[WildContrast, ...]:
    """Test ``ℓ'β = 0`` for every contrast by the restricted wild cluster bootstrap.

    Parameters
    ----------
    X : ndarray, shape (n, k)
        Design of full column rank (multiplied by the root of the weights, if there are any).
    y : ndarray, shape (n,)
        Multiplied alike.
    codes : ndarray of int, shape (n,)
        Cluster of every row, 0 to C − 1, each used.
    contrasts : ndarray, shape (m, k)
    replications : int
        The same weights serve all contrasts.
    rng : Generator
    confidence : float
        Level of the intervals.

    Returns
    -------
    tuple of WildContrast
        ``p = (1 + #{|t*| ≥ |t|})/(1 + replications)``.

    References
    ----------
    Cameron, A. C., Gelbach, J. B., & Miller, D. L. (2008). Review of Economics and Statistics, 90. Webb, M. D. (2023).
    Canadian Journal of Economics, 56. MacKinnon, J. G., Nielsen, M. Ø., & Webb, M. D. (2023). Journal of Econometrics.
    """
    beta = np.asarray(np.linalg.lstsq(X, y, rcond=None)[0], dtype=np.float64)
    robust = cluster_robust(X, y - X @ beta, codes)
    Z = X @ robust.root
    C = robust.n_clusters
    own = group_sums(Z * (y - X @ beta)[:, None], codes, C)
    webb = C < _FEW
    weights = (
        rng.choice(np.concatenate([-_WEBB, _WEBB]), (replications, C))
        if webb
        else rng.choice(np.array([-1.0, 1.0]), (replications, C))
    )
    return tuple(
        _contrast(row, beta, robust, own, weights, confidence, "Webb" if webb else "Rademacher")
        for row in contrasts
    )


def _contrast(
    contrast: Floats,
    beta: Floats,
    robust: ClusterRobust,
    own: Floats,
    weights: Floats,
    confidence: float,
    kind: str,
) -> WildContrast:
    estimate = float(contrast @ beta)
    se = float(np.sqrt(max(float(contrast @ robust.covariance @ contrast), 0.0)))
    if not se > 0:
        return WildContrast(estimate, se, *(float("nan"),) * 3, kind)
    h = contrast @ robust.root  # the contrast in coordinates in which (Z'Z) is the identity
    reach = np.einsum("ckl,l->ck", robust.adjusted, h)
    pull = np.einsum("ckl,cl->ck", robust.leverage, reach)

    def exceeding(theta: float) -> float:
        """P of ``ℓ'β = θ``."""
        shift = h * (estimate - theta) / float(h @ h)  # β̂ − β̃ in these coordinates
        scores = own + np.einsum("ckl,l->ck", robust.leverage, shift)
        move = weights @ scores
        own_scores = weights * np.einsum("ck,ck->c", reach, scores)
        t = (move @ h) / np.sqrt(((own_scores - move @ pull.T) ** 2).sum(axis=1))
        least = abs(estimate - theta) / se * (1.0 - 1e-12)
        return float((1.0 + (np.abs(t) >= least).sum()) / (1.0 + len(t)))

    ends = [_end(exceeding, estimate, side * se, 1.0 - confidence) for side in (-1.0, 1.0)]
    return WildContrast(estimate, se, exceeding(0.0), ends[0], ends[1], kind)


def _end(p: Callable[[float], float], estimate: float, step: float, alpha: float) -> float:
    """Where p falls to α on one side of the estimate, by bisection; infinite where it does not."""
    near, far = estimate, estimate + 2.0 * step
    for _ in range(10):
        if p(far) <= alpha:
            break
        near, far = far, estimate + 2.0 * (far - estimate)
    else:
        return float(np.copysign(np.inf, step))
    for _ in range(_STEPS):
        middle = 0.5 * (near + far)
        near, far = (near, middle) if p(middle) <= alpha else (middle, far)
        if abs(far - near) < 1e-6 * abs(step):
            break
    return float(0.5 * (near + far))
